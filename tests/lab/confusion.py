"""``python -m tests.lab confusion DIR…``: how often each true word was told as which.

Counts the words of services and functions, and of connections, in kept runs whose truth is known,
judged by today's rules; with ``--write`` makes the table that ``msgprobe.timeline`` ships. Only
what has a single true word is counted.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from msgprobe.hypotheses.rule import RULES_VERSION
from msgprobe.judging.judge import judge
from msgprobe.model.verdict import Outcome, State
from msgprobe.report.document import SavedRunError, run_of
from msgprobe.timeline import confusion_table
from tests.lab.calibrate import truth_of
from tests.lab.exam_record import Kept, kept_in, on_line, read
from tests.lab.scenario import Scenario
from tests.lab.scenarios import SCENARIOS

WHERE: Final = Path(confusion_table.__file__)
Pair = tuple[str, str]
"""What is true and what was said."""


def said(kept: Kept, scenario: Scenario) -> tuple[list[Pair], list[Pair]]:
    """The pairs of the services and functions of one run, and that of its connection.

    Raises SavedRunError for a document that is no run.
    """
    verdict = judge(run_of(kept.document).evidence)
    found: list[Pair] = []
    for service in verdict.services:
        names = {service.service: service.outcome}
        names |= {f"{service.service}.{f.function.value}": f.outcome for f in service.functions}
        for key, outcome in names.items():
            truth = truth_of(scenario, key)
            single = truth is not None and len(truth.words) == 1 and not scenario.look_alike
            if truth is not None and single and outcome is not Outcome.NOT_TESTED:
                found.append((truth.words[0], outcome.value))
    states = scenario.states
    return found, [(states[0], verdict.connection.state.value)] if len(states) == 1 else []


def _one(path: Path) -> tuple[list[Pair], list[Pair], str] | None:
    known = {s.id: s for s in SCENARIOS}
    kept = read(path)
    plain = None if kept is None else known.get(kept.scenario)
    scenario = None if kept is None or plain is None else on_line(plain, kept.profile)
    if kept is None or scenario is None:
        return None
    try:
        return (*said(kept, scenario), str(kept.document["started_at"])[:10])
    except SavedRunError:
        return None


def module(
    services: Mapping[Pair, int], connections: Mapping[Pair, int], runs: int, date: str
) -> str:
    """The table as the source of the module that is shipped."""
    parts = [
        '"""Counted in the lab\'s exam. Written by ``python -m tests.lab confusion``; don\'t edit.'
        "\n\nSource: the services, functions and connections of which one word alone was true in "
        f"{runs} kept\nruns of the lab's scenarios (the last of {date}), under the rules of "
        f'version {RULES_VERSION}.\n"""\n\nfrom collections.abc import Mapping\n\n'
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
    return "".join(parts)


def _sums(found: Iterable[Sequence[Pair]]) -> Counter[Pair]:
    total: Counter[Pair] = Counter()
    for pairs in found:
        total.update(pairs)
    return total


def main(argv: Sequence[str]) -> int:
    """Count and print: 0 done, 2 nothing to count."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab confusion", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="+", help="where `make exam` kept its runs")
    parser.add_argument("--write", action="store_true", help=f"make {WHERE.name} anew")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(argv)
    paths = [path for folder in options.folder for path in kept_in(folder)]
    with ProcessPoolExecutor(options.jobs) as pool:
        found = [one for one in pool.map(_one, paths, chunksize=8) if one is not None]
    if not found:
        print("confusion: no runs there; make some with: make exam", file=sys.stderr)
        return 2
    text = module(
        _sums(f[0] for f in found),
        _sums(f[1] for f in found),
        len(found),
        max(f[2] for f in found),
    )
    print(text)
    if options.write:
        WHERE.write_text(text, encoding="utf-8")
    return 0
