"""The whole exam summed up: false alarms and misses first, one row a scenario, the totals."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from tests.lab.exam_record import OWN, Nodes, Record, Side
from tests.lab.exam_text import grid, reasons, share, summed_up, written
from tests.lab.scenario import CORE, Scenario
from tests.lab.throttle_table import upper_bound

LEAST_RECALL: Final = 0.99
LEAST_PRECISION_OF_MECHANISM: Final = 0.98
LEAST_RECALL_OF_MECHANISM: Final = 0.98
MOST_UNCLEAR: Final = 0.05
MOST_SECONDS: Final = 45.0
LONG_SECONDS: Final = 30.0
"""Runs of blocking that take longer are counted."""

MOST_MEDIAN_SECONDS: Final = 10.0
MOST_PLAIN_OCTETS: Final = 1_000_000
LEAST_SCENARIOS: Final = 120
LEAST_SEEDS: Final = 5
LEAST_AMBIGUOUS: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The numbers that decide; runs unless they say something else."""

    runs: int
    scenarios: int
    innocent: int
    """Runs of innocent scenarios and of those about the connection itself."""
    innocent_accused: int
    blocking: int
    bystander_accused: int
    censored_fine: int
    """Runs of blocking in which something that is hit is called ok."""
    blocked: int
    """Runs in which something must be called blocked."""
    blocked_called: int
    connection: int
    """Runs about the connection itself, and those whose state is a true one."""
    connection_right: int
    nodes: Nodes
    judged: int
    """Services judged on usable lines, look-alikes left out."""
    unclear: int
    ambiguous: int
    seconds: tuple[float, float]
    """The median and the most, as for octets."""
    blocking_seconds: tuple[float, float]
    long: int
    """Runs of blocking that took more than `LONG_SECONDS`."""
    idle: tuple[float, float]
    octets: tuple[float, float]
    plain_octets: tuple[float, float]
    """Without transfers, in runs that ask about the core services alone."""

    @property
    def recall(self) -> float:
        return self.blocked_called / self.blocked if self.blocked else 1.0

    @property
    def unclear_share(self) -> float:
        return self.unclear / self.judged if self.judged else 0.0


def distinct(scenarios: Iterable[Scenario]) -> int:
    """How many differ in what the middlebox or the environment does, not only in how it is looked
    at: other arguments, another vantage, or the same line under another name count once."""
    return len({_deed(s) for s in scenarios})


def _deed(scenario: Scenario) -> str:
    world = sorted((k, repr(v)) for k, v in scenario.world.items() if k != "extra")
    lab = sorted((k, repr(v)) for k, v in scenario.lab.items())
    shell = (sorted(scenario.env.items()), scenario.wrapper)
    return repr((tuple(scenario.actions), world, lab, scenario.link, shell))


def totals(records: Iterable[Record]) -> Totals:
    """Summed up, void runs left out."""
    good = [r for r in records if not r.fault]
    innocent = [r for r in good if r.scenario.kind != "blocking"]
    blocking = [r for r in good if r.scenario.kind == "blocking"]
    must = [r for r in blocking if r.must]
    connection = [r for r in innocent if r.scenario.kind == "connection"]
    clear = [r for r in good if r.scenario.usable and not r.scenario.look_alike]
    return Totals(
        runs=len(good),
        scenarios=distinct(r.scenario for r in good if r.profile == OWN),
        innocent=len(innocent),
        innocent_accused=sum(bool(r.accused) for r in innocent),
        blocking=len(blocking),
        bystander_accused=sum(bool(r.accused) for r in blocking),
        censored_fine=sum(bool(r.fine) for r in blocking),
        blocked=len(must),
        blocked_called=sum(r.blocked == r.must for r in must),
        connection=len(connection),
        connection_right=sum(r.said.state in r.scenario.states for r in connection),
        nodes=sum((r.nodes for r in good), Nodes()),
        judged=sum(r.judged for r in clear),
        unclear=sum(len(r.unclear) for r in clear),
        ambiguous=sum(r.scenario.look_alike for r in good),
        seconds=_middle([r.seconds for r in good]),
        blocking_seconds=_middle([r.seconds for r in blocking]),
        long=sum(r.seconds > LONG_SECONDS for r in blocking),
        idle=_middle([r.idle for r in good]),
        octets=_middle([r.octets for r in good]),
        plain_octets=_middle([r.plain_octets for r in good if r.scenario.services == CORE]),
    )


def _middle(values: Sequence[float]) -> tuple[float, float]:
    return (median(values), max(values)) if values else (0.0, 0.0)


def failures(records: Sequence[Record], *, whole: bool) -> list[str]:
    """Why the exam is not passed; ``whole``: it was run in full and must be large enough."""
    found = totals(records)
    slow = found.seconds[1] > MOST_SECONDS or found.seconds[0] > MOST_MEDIAN_SECONDS
    precise = found.nodes.precision >= LEAST_PRECISION_OF_MECHANISM
    why = reasons(
        (found.innocent_accused, f"{found.innocent_accused} innocent runs with an accusation"),
        (found.bystander_accused, f"{found.bystander_accused} runs that accuse a bystander"),
        (
            found.recall < LEAST_RECALL,
            f"recall of blocking {found.recall:.3f}, wanted {LEAST_RECALL}",
        ),
        (not precise, f"precision of mechanisms {found.nodes.precision:.3f}"),
        (
            found.nodes.recall < LEAST_RECALL_OF_MECHANISM,
            f"recall of mechanisms {found.nodes.recall:.3f}",
        ),
        (
            found.unclear_share > MOST_UNCLEAR,
            f"{100 * found.unclear_share:.1f} % inconclusive on usable lines",
        ),
        (slow, f"seconds: median {found.seconds[0]:.1f}, most {found.seconds[1]:.1f}"),
        (
            found.plain_octets[1] > MOST_PLAIN_OCTETS,
            f"{found.plain_octets[1] / 1e6:.2f} MB without transfers",
        ),
    )
    return [*why, *_too_small(records, found)] if whole else why


def often_enough(records: Sequence[Record]) -> int:
    """Distinct scenarios that were run, on their own line, with as many seeds as are wanted."""
    own = [r for r in records if not r.fault and r.profile == OWN]
    seeds = Counter(r.scenario.id for r in own)
    return distinct(
        {r.scenario.id: r.scenario for r in own if seeds[r.scenario.id] >= LEAST_SEEDS}.values()
    )


def _too_small(records: Sequence[Record], found: Totals) -> list[str]:
    why = []
    often = often_enough(records)
    if often < LEAST_SCENARIOS:
        why.append(
            f"only {often} distinct scenarios with {LEAST_SEEDS} runs or more, "
            f"wanted {LEAST_SCENARIOS}"
        )
    if found.ambiguous < LEAST_AMBIGUOUS * found.runs:
        why.append(f"only {found.ambiguous} of {found.runs} runs are look-alikes")
    return why


# --- text ---------------------------------------------------------------------------------------


def table(records: Sequence[Record], *, whole: bool, missing: int = 0) -> str:
    """All of it as text; ``missing`` runs were wanted and not made."""
    body: list[str] = []
    if good := [r for r in records if not r.fault]:
        body = [*grid(_HEAD, _rows(good)), ""]
        body += [*_two_judges(good), "", *_by_profile(good), *_sums(good)]
    lines = summed_up("Exam", records, troubles=_troubles(records), body=body, missing=missing)
    return written(lines, failures(records, whole=whole), whole=whole)


def _troubles(records: Sequence[Record]) -> list[str]:
    """The two errors that cannot be forgiven, then whatever else is wrong, all of it."""
    good = [r for r in records if not r.fault]
    accused = [f"{r.name} seed {r.seed}: {', '.join(r.accused)}" for r in good if r.accused]
    fine = [f"{r.name} seed {r.seed}: {', '.join(r.fine)} ok" for r in good if r.fine]
    missed = [
        f"{r.name} seed {r.seed}: " + ", ".join(f"{k} {r.said.words.get(k, '-')}" for k in r.must)
        for r in good
        if r.must != r.blocked
    ]
    other = [f"{r.name} seed {r.seed}: {'; '.join(r.said.faults)}" for r in good if r.said.faults]
    mechanism = [
        f"{r.name} seed {r.seed}: {'; '.join(r.said.mechanism_faults)}"
        for r in good
        if r.said.mechanism_faults
    ]
    void = [f"{r.name} seed {r.seed}: {r.fault}" for r in records if r.fault]
    lines = []
    for title, found in (
        ("False alarms", accused),
        ("Censored, called fine", fine),
        ("Blocking missed", missed),
        ("Wrong in any way", other),
        ("Mechanism not as labelled", mechanism),
        ("Void", void),
    ):
        lines += [f"{title}: {len(found)}", *(f"  {one}" for one in found)]
    return lines


_HEAD: Final = (
    "scenario",
    "kind",
    "truth",
    "verdict",
    "mechanism",
    "right",
    "s",
    "most",
    "kB",
    "most",
    "accused",
    "OONI",
    "fine",
    "OONI",
)
_WIDEST: Final = 46


def _rows(records: Sequence[Record]) -> list[tuple[str, ...]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.name, []).append(record)
    return [_row(runs) for runs in groups.values()]


def _row(runs: Sequence[Record]) -> tuple[str, ...]:
    first = runs[0]
    keys = _shown(first.scenario)
    seconds = _middle([r.seconds for r in runs])
    octets = _middle([r.octets for r in runs])
    kind = f"{first.scenario.kind}{' ?' if first.scenario.look_alike else ''}"
    return (
        first.name,
        kind,
        _short(_truth(first.scenario, keys)),
        _short(_most([_said(r, keys) for r in runs])),
        _short(_most([_found(r, keys) for r in runs])),
        f"{sum(r.right for r in runs)}/{len(runs)}",
        *(f"{s:.1f}" for s in seconds),
        *(f"{o / 1000:.0f}" for o in octets),
        *_columns(runs),
    )


def _columns(runs: Sequence[Record]) -> tuple[str, ...]:
    """Core services of innocents accused and of the censored called fine, by either judge."""

    def share(hits: int, trials: int) -> str:
        return f"{hits}/{trials}" if trials else "-"

    judges: tuple[Callable[[Record], Side], ...] = (lambda r: r.mine, lambda r: r.ooni)
    innocent = [
        share(sum(len(side(r).accused) for r in runs), sum(side(r).innocent for r in runs))
        for side in judges
    ]
    censored = [
        share(sum(len(side(r).called_fine) for r in runs), sum(side(r).censored for r in runs))
        for side in judges
    ]
    return (*innocent, *censored)


def _shown(scenario: Scenario) -> list[str]:
    """What has a truth of its own: services, or functions where no service has one."""
    services = [key for key in scenario.truths if "." not in key]
    return services or list(scenario.truths)


def _truth(scenario: Scenario, keys: Sequence[str]) -> str:
    state = [] if "online" in scenario.states else ["|".join(scenario.states)]
    named = [f"{key} {'|'.join(scenario.truths[key].words)}" for key in keys]
    return ", ".join([*state, *named]) or f"all {'|'.join(scenario.others.words)}"


def _said(record: Record, keys: Sequence[str]) -> str:
    state = [] if "online" in record.scenario.states else [record.said.state]
    if keys:
        return ", ".join([*state, *(f"{key} {record.said.words.get(key, '-')}" for key in keys)])
    words = {record.said.words.get(s, "-") for s in record.scenario.expected()}
    return ", ".join([*state, f"all {'|'.join(sorted(words))}"])


def _found(record: Record, keys: Sequence[str]) -> str:
    found = dict.fromkeys(m for key in keys for m in record.said.mechanisms.get(key, ()))
    return ",".join(found) or "-"


def _most(said: Sequence[str]) -> str:
    """What most of the runs say, and in how many it was something else."""
    ((most, count), *_) = Counter(said).most_common(1)
    return most if count == len(said) else f"{most} (else {len(said) - count})"


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _two_judges(records: Sequence[Record]) -> list[str]:
    """The core services of the same runs, by msgprobe and by OONI's plain rules."""
    judges: tuple[tuple[str, Callable[[Record], Side]], ...] = (
        ("msgprobe", lambda r: r.mine),
        ("OONI's rules", lambda r: r.ooni),
    )
    rows = []
    for kind in ("innocent", "connection", "blocking"):
        runs = [r for r in records if r.scenario.kind == kind]
        for name, side in judges:
            sides = [side(r) for r in runs]
            rows.append(
                (
                    kind,
                    name,
                    share(sum(len(s.accused) for s in sides), sum(s.innocent for s in sides)),
                    share(sum(len(s.called_fine) for s in sides), sum(s.censored for s in sides)),
                )
            )
    head = ("core services in runs of", "judge", "innocent accused, 95 %", "censored called fine")
    return grid(head, rows)


def _by_profile(records: Sequence[Record]) -> list[str]:
    profiles = list(dict.fromkeys(r.profile for r in records))
    if profiles == [OWN]:
        return []
    rows = []
    for profile in profiles:
        found = totals([r for r in records if r.profile == profile])
        rows.append(
            (
                profile,
                str(found.runs),
                str(found.innocent_accused + found.bystander_accused),
                str(found.censored_fine),
                share(found.blocked_called, found.blocked),
                share(found.unclear, found.judged),
                f"{found.seconds[0]:.1f}",
                f"{found.seconds[1]:.1f}",
            )
        )
    head = ("line", "runs", "accused", "called fine", "recall", "inconclusive", "s", "most")
    return [*grid(head, rows), ""]


def _sums(records: Sequence[Record]) -> list[str]:
    found = totals(records)
    worst = 100 * upper_bound(found.innocent_accused, found.innocent)
    mechanism = found.nodes
    return [
        f"runs {found.runs}, of look-alikes {found.ambiguous}; distinct scenarios "
        f"{found.scenarios} (of {len({r.scenario.id for r in records})}), with {LEAST_SEEDS} seeds "
        f"or more {often_enough(records)}",
        f"innocent runs {found.innocent}, with an accusation {found.innocent_accused} "
        f"(at most {worst:.2f} % at 95 %)",
        f"runs of blocking {found.blocking}: a bystander accused in {found.bystander_accused}, "
        f"something hit called fine in {found.censored_fine}",
        f"recall of blocking {share(found.blocked_called, found.blocked)}",
        f"state of the connection right {share(found.connection_right, found.connection)}",
        f"mechanisms, hierarchical: precision {mechanism.precision:.3f} "
        f"({mechanism.shared}/{mechanism.found}), recall {mechanism.recall:.3f} "
        f"({mechanism.shared}/{mechanism.true})",
        f"services inconclusive on usable lines, look-alikes left out: "
        f"{share(found.unclear, found.judged)}",
        f"seconds: median {found.seconds[0]:.1f}, most {found.seconds[1]:.1f}; of blocking median "
        f"{found.blocking_seconds[0]:.1f}, most {found.blocking_seconds[1]:.1f}, more than "
        f"{LONG_SECONDS:.0f} in {found.long}; at the end with nothing under way median "
        f"{found.idle[0]:.1f}, most {found.idle[1]:.1f}",
        f"kB: median {found.octets[0] / 1000:.0f}, most {found.octets[1] / 1000:.0f}; of the core "
        f"services without transfers median {found.plain_octets[0] / 1000:.0f}, most "
        f"{found.plain_octets[1] / 1000:.0f}",
    ]
