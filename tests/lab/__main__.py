"""``python -m tests.lab [SCENARIO…]``: the exam, in parallel labs, with a table at the end."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Final, get_args

from tests.lab import exam, one_file
from tests.lab.exam_text import without_lab
from tests.lab.netns import LabError
from tests.lab.scenario import Kind, Scenario
from tests.lab.scenarios import SCENARIOS, find
from tests.lab.subset import subset
from tests.lab.table import line, once_more, passed, summary

AGAIN = (101, 102)
"""Seeds beside its own with which CI tries a wrong run again."""


def main(argv: list[str]) -> int:
    """Run scenarios and print the table. 0 passed, 1 not, 2 bad arguments or no lab in CI."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parser.add_argument("scenario", nargs="*", help="ids; all without any")
    parser.add_argument("--seeds", default="1", help="seeds, with commas (default 1)")
    parser.add_argument("--jobs", type=int, default=4, help="labs at the same time (default 4)")
    parser.add_argument("--keep", type=Path, help="keep every lab's files below this folder")
    parser.add_argument("--ci", action="store_true", help="a part of them for a short time")
    parser.add_argument("--audit", action="store_true", help="also hold runs to their promises")
    parser.add_argument(
        "--pyz",
        type=Path,
        metavar="FILE",
        help="run this file instead, without site-packages and HOME, where nothing can be written",
    )
    parser.add_argument(
        "--processor", type=float, metavar="SHARE", help="of one processor, for the program alone"
    )
    parser.add_argument("--kind", choices=get_args(Kind), help="of these scenarios those of a kind")
    parser.add_argument("--list", action="store_true", help="list the scenarios and stop")
    options = parser.parse_args(argv)
    try:
        chosen = _chosen(options)
    except KeyError as exc:
        known = ", ".join(s.id for s in SCENARIOS)
        print(f"no scenario is called {exc.args[0]!r}; known: {known}", file=sys.stderr)
        return 2
    left_out: list[str] = []
    unfit: list[str] = []
    if options.pyz is not None:
        unfit = [f"{s.id} ({extra})" for s in chosen if (extra := one_file.wants(s))]
        chosen = tuple(s for s in chosen if one_file.wants(s) is None)
    if options.ci:
        every, chosen = chosen, subset(chosen, options.jobs)
        left_out = [s.id for s in every if s not in chosen]
    if options.list:
        for scenario in chosen:
            print(f"{scenario.id:<12} {scenario.kind:<10} {scenario.row:<24} {scenario.title}")
        return 0
    if (status := without_lab(f"lab: {len(chosen)} scenarios")) is not None:
        return status
    seeds = [int(s) for s in options.seeds.split(",")]
    with tempfile.TemporaryDirectory(prefix="msgprobe-lab-") as folder:
        where = options.keep or Path(folder)
        run = partial(_run, audited=options.audit, pyz=options.pyz)
        status = _exam(chosen, seeds, options.jobs, where, run, retry=options.ci)
    if unfit:
        print(f"left out for want of an extra: {', '.join(unfit)}")
    if options.ci:
        print(f"left out for want of time: {len(left_out)} scenarios: {', '.join(left_out) or '-'}")
    return status


def _chosen(options: argparse.Namespace) -> tuple[Scenario, ...]:
    """Those that are asked for, as they are to be run. Raises KeyError: none has that id."""
    chosen = find(*options.scenario)
    if options.kind is not None:
        chosen = tuple(s for s in chosen if s.kind == options.kind)
    if options.processor is not None:
        part = {"processor": options.processor}
        chosen = tuple(replace(s, lab={**s.lab, **part}) for s in chosen)
    return chosen


def _exam(
    chosen: tuple[Scenario, ...],
    seeds: list[int],
    jobs: int,
    folder: Path,
    run: Callable[[Scenario, int, Path], exam.Result],
    *,
    retry: bool,
) -> int:
    def one(job: tuple[int, Scenario]) -> exam.Result:
        seed, scenario = job
        workdir = folder / f"{scenario.id}-{seed}"
        try:
            result = run(scenario, seed, workdir)
        except LabError as exc:
            result = exam.Result(scenario=scenario, seed=seed, faults=(f"no lab: {exc}",))
        print(line(result), flush=True)
        return result

    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(one, product(seeds, chosen)))
    again = once_more(results) if retry else []
    if again:
        print("\nonce more, alone and with more seeds, what was wrong beside other labs:")
    for wrong in again:
        alone = [one((seed, wrong.scenario)) for seed in (wrong.seed, *AGAIN)]
        if all(r.right for r in alone):
            results[results.index(wrong)] = alone[0]
    print()
    print(summary(results))
    print(f"wrong at first, right every time when tried again alone: {_names(again, results)}")
    for result in results:
        if not result.right:
            print(line(result))
    return 0 if passed(results) else 1


def _run(
    scenario: Scenario, seed: int, workdir: Path, *, audited: bool, pyz: Path | None
) -> exam.Result:
    if pyz is None:
        return exam.run(scenario, seed, workdir, audited=audited)
    command = one_file.read_only_and_bare(pyz, workdir)
    return exam.run(scenario, seed, workdir, audited=audited, command=command)


def _names(again: Sequence[exam.Result], results: Sequence[exam.Result]) -> str:
    forgiven = [r.scenario.id for r in again if r not in results]
    return ", ".join(forgiven) or "-"


COMMANDS: Final = {
    "demo": ("tests.lab.demo", "demo"),
    "bench": ("tests.lab.bench", "bench"),
    "costs": ("tests.lab.bench_costs", "costs"),
    "throttle": ("tests.lab.throttle_exam", "main"),
    "exam": ("tests.lab.whole_exam", "main"),
    "mischief": ("tests.lab.mischief_exam", "main"),
    "drawn": ("tests.lab.drawn_exam", "main"),
    "facts": ("tests.lab.facts_exam", "main"),
    "calibrate": ("tests.lab.calibrate", "main"),
    "confusion": ("tests.lab.confusion", "main"),
    "repeats": ("tests.lab.repeats", "main"),
    "watch": ("tests.lab.watch_exam", "main"),
    "soak": ("tests.lab.watch_soak", "main"),
}
"""The module and function of each first word that is not a scenario."""


def command(argv: list[str]) -> int:
    """What the first word asks for, which alone is loaded; otherwise `main`."""
    if not argv or argv[0] not in COMMANDS:
        return main(argv)
    module, function = COMMANDS[argv[0]]
    status: int = getattr(import_module(module), function)(argv[1:])
    return status


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:]))
