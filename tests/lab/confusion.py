"""``python -m tests.lab confusion DIR…``: how often each true word was told as which.

Counts the words of services and functions, and of connections, in kept runs whose truth is known,
judged by today's rules; with ``--write`` makes the table that ``msgprobe.timeline`` ships. Only
what has a single true word is counted, and of looks that are no whole runs only what they can see.
Of looks that were made several times in one scenario (by ``repeats``, or whole runs of several
seeds) it counts how often a wrong word came twice running.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final

from msgprobe.hypotheses.rule import RULES_VERSION
from msgprobe.judging.judge import judge
from msgprobe.model.history import CONNECTION, TickKind
from msgprobe.model.verdict import Outcome, State
from msgprobe.report.document import SavedRunError, run_of
from msgprobe.timeline import confusion_table
from msgprobe.timeline.hmm import APART, BLIND_TO, LINE_ERRORS, PULSES, SERVICE_ERRORS
from msgprobe.watch.surprises import SHUNNED
from tests.lab.calibrate import truth_of
from tests.lab.exam_record import Kept, kept_in, on_line, read
from tests.lab.scenario import Scenario
from tests.lab.scenarios import SCENARIOS

WHERE: Final = Path(confusion_table.__file__)
Pair = tuple[str, str]
"""What is true and what was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look told: by service and function, and of the connection (None: more than one word
    is true of it). ``usable``: it said that services can be judged."""

    place: tuple[str, str, str, str]
    """Folder, scenario, line and kind: whatever is looked at once more."""
    seed: int
    date: str
    words: Mapping[str, Pair]
    line: Pair | None
    usable: bool

    @property
    def kind(self) -> TickKind:
        """How was looked."""
        return TickKind(self.place[-1])

    @property
    def counted(self) -> tuple[Pair, ...]:
        """What it says of how true words are told, where it could tell them: no small look sees
        speed, and no pulse is made of what was found blocked."""
        if self.kind is TickKind.RUN:
            return tuple(self.words.values())
        if not self.usable:
            return ()
        unseen = (*BLIND_TO, *(SHUNNED if self.kind is TickKind.PULSE else ()))
        return tuple(pair for pair in self.words.values() if pair[0] not in unseen)


def said(kept: Kept, scenario: Scenario, folder: str = "") -> Look:
    """What one look told, beside what was true.

    Raises SavedRunError for a document that is no run.
    """
    verdict = judge(run_of(kept.document).evidence)
    found: dict[str, Pair] = {}
    for service in verdict.services:
        names = {service.service: service.outcome}
        names |= {f"{service.service}.{f.function.value}": f.outcome for f in service.functions}
        for key, outcome in names.items():
            truth = truth_of(scenario, key)
            single = truth is not None and len(truth.words) == 1 and not scenario.look_alike
            if truth is not None and single and outcome is not Outcome.NOT_TESTED:
                found[key] = truth.words[0], outcome.value
    states, state = scenario.states, verdict.connection.state
    return Look(
        place=(folder, kept.scenario, kept.profile, kept.kind),
        seed=kept.seed,
        date=str(kept.document["started_at"])[:10],
        words=found,
        line=(states[0], state.value) if len(states) == 1 else None,
        usable=state.usable,
    )


def _one(path: Path) -> Look | None:
    known = {s.id: s for s in SCENARIOS}
    kept = read(path)
    plain = None if kept is None else known.get(kept.scenario)
    scenario = None if kept is None or plain is None else on_line(plain, kept.profile)
    if kept is None or scenario is None:
        return None
    try:
        return said(kept, scenario, str(path.parent))
    except SavedRunError:
        return None


SEVERAL: Final = 5
"""Looks in one place, of which it can be seen whether an error comes and goes."""

Repeats = Mapping[tuple[str, str], tuple[int, int]]
"""By whose error it is and by how was looked: wrong words that another look followed, and those of
them that it repeated."""


def repeats(looks: Iterable[Look]) -> Repeats:
    """Wrong words that came twice running. What is told wrongly by every look of a place is no
    error that comes and goes: a timeline has it from its beginning to its end, and no event."""
    counts: Counter[tuple[str, str, bool]] = Counter()
    ordered = sorted(looks, key=lambda one: (one.place, one.seed))
    for _, some in groupby(ordered, key=lambda one: one.place):
        several = list(some)
        if len(several) < SEVERAL:
            continue
        standing = _standing(several)
        for one, following in pairwise(several):
            kind = PULSES if one.kind is TickKind.PULSE else APART
            for key, wrong, again in _wrong(one, following):
                if key not in standing:
                    whose = LINE_ERRORS if key == CONNECTION else SERVICE_ERRORS
                    counts[whose, kind, wrong == again] += 1
    return {
        (whose, kind): (counts[whose, kind, True] + counts[whose, kind, False], same)
        for whose in (SERVICE_ERRORS, LINE_ERRORS)
        for kind in (PULSES, APART)
        for same in [counts[whose, kind, True]]
    }


def _standing(looks: Sequence[Look]) -> frozenset[str]:
    """The subjects of which every look tells the same word, and it is wrong."""
    told: dict[str, set[Pair]] = {}
    for one in looks:
        words = one.words if one.line is None else {**one.words, CONNECTION: one.line}
        for key, pair in words.items():
            told.setdefault(key, set()).add(pair)
    return frozenset(
        key for key, pairs in told.items() if len(pairs) == 1 and any(t != w for t, w in pairs)
    )


def _wrong(one: Look, following: Look) -> Iterator[tuple[str, str, str]]:
    """Each subject of which a look told a wrong word, that word, and what the next look told. A
    line that does not work explains its services, whose words the timeline then leaves out."""
    if one.line is not None and following.line is not None and one.line[0] != one.line[1]:
        yield CONNECTION, one.line[1], following.line[1]
    if not (one.usable and following.usable):
        return
    for key, (true, told) in one.words.items():
        if "." in key and key in following.words and _is_error(true, told, one.kind):
            yield key, told, following.words[key][1]


def _is_error(true: str, told: str, kind: TickKind) -> bool:
    """Not what such a look cannot see, nor what a pulse would not have asked."""
    if told == true or (kind is TickKind.PULSE and true in SHUNNED):
        return False
    return kind.sees_speed or told != Outcome.OK.value or true not in BLIND_TO


def module(
    services: Mapping[Pair, int],
    connections: Mapping[Pair, int],
    again: Repeats,
    runs: int,
    looks: int,
    date: str,
) -> str:
    """The table as the source of the module that is shipped."""
    parts = [
        '"""Counted in the lab\'s exam. Written by ``python -m tests.lab confusion``; don\'t edit.'
        "\n\nSource: the services, functions and connections of which one word alone was true in "
        f"{runs} kept\nruns of the lab's scenarios (the last of {date}), under the rules of "
        f"version {RULES_VERSION};\nfor what came twice running {looks} looks.\n"
        '"""\n\nfrom collections.abc import Mapping\n\n'
        "Counts = Mapping[str, Mapping[str, int]]\n"
        '"""By the word that was true and the one that was told, how often."""\n'
    ]
    orders = (("OUTCOMES", services, Outcome), ("STATES", connections, State))
    for name, counts, words in orders:
        rows = [
            f'    "{true.value}": {{{", ".join(cells)}}},\n'
            for true in words
            if (cells := [f'"{w.value}": {n}' for w in words if (n := counts.get((true, w), 0))])
        ]
        parts.append(f"\n{name}: Counts = {{\n{''.join(rows)}}}\n")
    rows = [f'    ("{whose}", "{kind}"): {counts},\n' for (whose, kind), counts in again.items()]
    parts.append(
        "\nREPEATED: Mapping[tuple[str, str], tuple[int, int]] = {\n" + "".join(rows) + "}\n"
        '"""By whose error it is and by how was looked: wrong words that another look followed, '
        'and\nthose of them that it repeated."""\n'
    )
    return "".join(parts)


def main(argv: Sequence[str]) -> int:
    """Count and print: 0 done, 2 nothing to count."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab confusion", description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="+", help="where `make exam` or `make repeats` kept its runs"
    )
    parser.add_argument("--write", action="store_true", help=f"make {WHERE.name} anew")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(argv)
    places = [p for f in options.folder for p in (f, *(f / kind.value for kind in TickKind))]
    paths = [path for place in places for path in kept_in(place)]
    with ProcessPoolExecutor(options.jobs) as pool:
        found = [one for one in pool.map(_one, paths, chunksize=8) if one is not None]
    whole = [one for one in found if one.kind is TickKind.RUN]
    if not found:
        print("confusion: no runs there; make some with: make exam", file=sys.stderr)
        return 2
    text = module(
        Counter(pair for one in found for pair in one.counted),
        Counter(one.line for one in whole if one.line is not None),
        repeats(found),
        len(whole),
        len(found),
        max(one.date for one in found),
    )
    print(text)
    if options.write:
        if not whole:
            print("confusion: no whole runs there: nothing is written", file=sys.stderr)
            return 2
        WHERE.write_text(text, encoding="utf-8")
    return 0
