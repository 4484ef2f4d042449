"""The exam of facts summed up: what is never forgiven first, then shares with their bounds, one row
a kind, and every run that is not as it should be."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from tests.lab.exam_text import grid, reasons, share, summed_up, written
from tests.lab.facts_cases import Group
from tests.lab.facts_truth import Record
from tests.lab.throttle_table import upper_bound

LEAST_OK: Final[dict[Group, float]] = {"single": 0.99, "triple": 0.95, "cause": 0.95}
"""Share of the runs that leave everything what it needs in which every service is ok."""
TITLES: Final[dict[Group, str]] = {
    "single": "each fact alone",
    "triple": "three at random",
    "cause": "one cause, many rows",
}
_SLOWEST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Numbers of runs, but for ``emptied`` and what follows, which are functions left with too few:
    what was said of them, and of how many the sentence says that facts may be out of date."""

    runs: int
    alarms: int
    downs: int
    wrong: int
    whole: int
    """Runs that leave every function what it needs and enough controls."""
    whole_ok: int
    due: int
    """Services of which that can be said, in whichever run."""
    missed: int
    emptied: Counter[str]
    outdated: int
    emptied_open: int
    """Those that are inconclusive or degraded, which is where the sentence belongs."""


_OPEN: Final = ("inconclusive", "degraded")


def sums(records: Sequence[Record]) -> Sums:
    """Void runs left out."""
    good = [r for r in records if not r.fault]
    whole = [r for r in good if r.whole]
    words = Counter(word for r in good for word in r.emptied.values())
    return Sums(
        runs=len(good),
        alarms=sum(bool(r.alarms) for r in good),
        downs=sum(bool(r.downs) for r in good),
        wrong=sum(bool(r.wrong) for r in good),
        whole=len(whole),
        whole_ok=sum(not r.missed for r in whole),
        due=sum(len(r.due) for r in good),
        missed=sum(len(r.missed) for r in good),
        emptied=words,
        outdated=sum(r.emptied[key] in _OPEN for r in good for key in r.outdated),
        emptied_open=sum(words[word] for word in _OPEN),
    )


def of_group(records: Sequence[Record], group: Group) -> list[Record]:
    return [r for r in records if r.case.group == group]


def failures(records: Sequence[Record], *, whole: bool, every: bool = False) -> list[str]:
    """Why the exam is not passed. ``whole``: it was run in full; ``every``: no run may be wrong."""
    found = sums(records)
    why = reasons(
        (found.alarms, f"{found.alarms} runs with an accusation"),
        (found.downs, f"{found.downs} runs that say down where the service answers"),
        (found.wrong, f"{found.wrong} runs with a stronger word than is due"),
    )
    for group, least in LEAST_OK.items():
        own = sums(of_group(records, group))
        if own.whole and own.whole_ok < least * own.whole:
            why.append(f"{TITLES[group]}: ok as due in {own.whole_ok}/{own.whole}, wanted {least}")
    void = sum(bool(r.fault) for r in records)
    if every and (missed := sum(bool(r.missed) for r in records)):
        why.append(f"{missed} runs in which a service that should be ok is not")
    if void and (every or whole):
        why.append(f"{void} void runs")
    return why


def table(records: Sequence[Record], *, whole: bool, missing: int = 0) -> str:
    """All of it as text; ``missing`` runs were wanted and not made."""
    good = [r for r in records if not r.fault]
    body = [*_groups(good), "", *_kinds(good), "", *_more(good)] if good else []
    title, troubles = "Facts contradicted", _troubles(records)
    lines = summed_up(title, records, troubles=troubles, body=body, missing=missing)
    whole = whole and not missing
    return written(lines, failures(records, whole=whole), whole=whole)


def _troubles(records: Sequence[Record]) -> list[str]:
    good = [r for r in records if not r.fault]
    lines = []
    for title, found in (
        ("Accused", [(r, r.alarms) for r in good if r.alarms]),
        ("Down, though the primary function answers", [(r, r.downs) for r in good if r.downs]),
        ("Not ok, though it keeps what it needs", [(r, r.missed) for r in good if r.missed]),
        ("A stronger word than is due", [(r, r.wrong) for r in good if r.wrong]),
        ("Void", [(r, (r.fault,)) for r in records if r.fault]),
    ):
        lines.append(f"{title}: {len(found)}")
        lines += [f"  {r.case.id} seed {r.case.seed}: {'; '.join(why)}" for r, why in found]
    return lines


def _none(hits: int, trials: int) -> str:
    """A count that should be 0, with what it is at most."""
    return f"{hits}/{trials} (<= {100 * upper_bound(hits, trials):.2f} %)" if trials else "-"


def _groups(records: Sequence[Record]) -> list[str]:
    head = ("runs of", "accused", "down", "stronger than due", "all ok as due, 95 %", "services ok")
    rows = []
    for group, title in TITLES.items():
        found = sums(of_group(records, group))
        rows.append(_group_row(title, found))
    return grid(head, [*rows, _group_row("all", sums(records))])


def _group_row(title: str, found: Sums) -> tuple[str, ...]:
    return (
        title,
        _none(found.alarms, found.runs),
        _none(found.downs, found.runs),
        str(found.wrong),
        share(found.whole_ok, found.whole),
        share(found.due - found.missed, found.due),
    )


_HEAD: Final = (
    "kind",
    "runs",
    "accused",
    "down",
    "too strong",
    "ok as due",
    "too few left",
    "ok",
    "inconclusive",
    "degraded",
    "down",
    "not tested",
    "out of date",
    "s",
    "most",
)


def _kinds(records: Sequence[Record]) -> list[str]:
    """Triples count for each of their kinds."""
    tags = dict.fromkeys(tag for r in records for tag in r.case.tags)
    order = sorted(tags, key=lambda tag: (tag.startswith("cause"), tag.startswith("status"), tag))
    rows = []
    for tag in order:
        own = [r for r in records if tag in r.case.tags]
        found = sums(own)
        rows.append(
            (
                tag,
                str(found.runs),
                str(found.alarms),
                str(found.downs),
                str(found.wrong),
                f"{found.whole_ok}/{found.whole}",
                str(sum(found.emptied.values())),
                *(
                    str(found.emptied[word])
                    for word in ("ok", "inconclusive", "degraded", "down", "not_tested")
                ),
                f"{found.outdated}/{found.emptied_open}",
                f"{median(r.seconds for r in own):.1f}",
                f"{max(r.seconds for r in own):.1f}",
            )
        )
    return grid(_HEAD, rows)


def _more(records: Sequence[Record]) -> list[str]:
    found = sums(records)
    slow = sorted(records, key=lambda r: -r.seconds)[:_SLOWEST]
    notes = Counter(note for r in records for note in r.notes)
    unmet = [r.case.id for r in records if not r.met]
    return [
        f"functions left with too few: {sum(found.emptied.values())}; open or degraded "
        f"{found.emptied_open}, of which the sentence says that facts may be out of date: "
        f"{share(found.outdated, found.emptied_open)}",
        f"notes: {', '.join(f'{note} {count}' for note, count in notes.most_common()) or '-'}",
        f"seconds: median {median(r.seconds for r in records):.1f}, "
        f"most {max(r.seconds for r in records):.1f}; "
        f"kB: median {median(r.octets for r in records) / 1000:.0f}, "
        f"most {max(r.octets for r in records) / 1000:.0f}",
        "slowest: " + ", ".join(f"{r.case.id} {r.seconds:.1f} s" for r in slow),
        f"never met what was contradicted: {len(unmet)} ({', '.join(unmet[:_SLOWEST]) or '-'})",
    ]
