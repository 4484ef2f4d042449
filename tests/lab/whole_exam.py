"""``python -m tests.lab exam [SCENARIO…]``: every scenario, with every seed, on every line.

Each run's document is kept as soon as it is made; a run that is kept is not made again, so that an
exam that was cut short can be gone on with. Jobs are spread so that a cut still covers everything.
"""

import argparse
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.lab import exam
from tests.lab.exam_record import OWN, PROFILES, Kept, Record, judge, on_line, path_of, read, save
from tests.lab.exam_table import LEAST_AMBIGUOUS, failures, table
from tests.lab.exam_text import arguments, publish, without_lab
from tests.lab.netns import LabError
from tests.lab.rejudge import rejudged
from tests.lab.scenario import Scenario
from tests.lab.scenarios import SCENARIOS, find

Job = tuple[Scenario, str, int]
"""A scenario as it is on its line, that line's name, and a seed."""

KEEP: Final = Path(".lab/exam")
OUT: Final = Path("tests/lab/exam.txt")


def main(argv: Sequence[str]) -> int:
    """Run, sum up, print: 0 passed, 1 not, 2 bad arguments or no lab in CI."""
    options = _options(argv)
    try:
        chosen = find(*options.scenario)
        seeds, profiles = _seeds(options.seeds), _profiles(options.profiles)
        jobs = schedule(chosen, seeds, profiles, options.line_seeds)
    except KeyError as exc:
        print(f"no scenario is called {exc.args[0]!r}; see --list", file=sys.stderr)
        return 2
    except ValueError as exc:
        print(f"exam: {exc}", file=sys.stderr)
        return 2
    if options.list:
        for scenario, profile, seed in jobs:
            print(path_of(Path(), scenario.id, profile, seed).name.removesuffix(".json.gz"))
        return 0
    if not options.sum_up and (status := without_lab("exam:")) is not None:
        return status
    records = _go(jobs, options)
    whole = len(chosen) == len(SCENARIOS)
    text = table(records, whole=whole, missing=len(jobs) - len(records))
    return publish(text, failures(records, whole=whole), options.out)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = arguments("exam", __doc__, "scenario", 120.0)
    parser.add_argument("--seeds", default="5", help="how many, or which: 5, or 1,2,7 (default 5)")
    parser.add_argument(
        "--profiles", default=OWN, help=f"lines, with commas, or all: {', '.join(PROFILES)}"
    )
    parser.add_argument(
        "--line-seeds", type=int, default=1, help="how many of them on lines but its own (1)"
    )
    parser.add_argument("--keep", type=Path, default=KEEP, help=f"where runs are kept ({KEEP})")
    parser.add_argument("--sum-up", action="store_true", help="only what is kept; run nothing")
    parser.add_argument(
        "--rejudge", action="store_true", help="today's rules over what was measured then"
    )
    return parser.parse_args(argv)


def _seeds(text: str) -> list[int]:
    numbers = text.split(",")
    if not all(n.isdecimal() and int(n) for n in numbers):
        raise ValueError(f"--seeds {text!r}: how many (5), or which (1,2,7)")
    return list(range(1, int(text) + 1)) if len(numbers) == 1 else [int(n) for n in numbers]


def _profiles(text: str) -> list[str]:
    names = list(PROFILES) if text == "all" else text.split(",")
    if unknown := [n for n in names if n not in PROFILES]:
        raise ValueError(f"no line is called {unknown[0]!r}; known: all, {', '.join(PROFILES)}")
    return names


def schedule(
    chosen: Sequence[Scenario], seeds: Sequence[int], profiles: Sequence[str], line_seeds: int = 1
) -> list[Job]:
    """Every run, seed after seed, so that a cut leaves fewer of each and not some without any.

    On lines but the scenario's own only the first ``line_seeds``. Look-alikes come with more
    seeds, on their own lines, so that they are a tenth of all runs.
    """
    jobs = [
        (seen, profile, seed)
        for number, seed in enumerate(seeds)
        for profile in profiles
        if profile == OWN or number < line_seeds
        for scenario in chosen
        if (seen := on_line(scenario, profile)) is not None
    ]
    alike = [s for s in chosen if s.look_alike and OWN in profiles]
    unequal = [s for s, _, _ in jobs if not s.look_alike]
    if not alike or not unequal:
        return jobs
    wanted = math.ceil(LEAST_AMBIGUOUS / (1 - LEAST_AMBIGUOUS) * len(unequal))
    missing = wanted - (len(jobs) - len(unequal))
    more = range(max(seeds) + 1, max(seeds) + 1 + math.ceil(missing / len(alike)))
    return jobs + [(scenario, OWN, seed) for seed in more for scenario in alike]


def _go(jobs: Sequence[Job], options: argparse.Namespace) -> list[Record]:
    """Make the runs that are not kept yet, as far as time allows; all records in order."""
    deadline = time.monotonic() + 60 * options.minutes
    commit = commit_name()

    def one(job: Job) -> Record | None:
        scenario, profile, seed = job
        kept = read(path_of(options.keep, scenario.id, profile, seed))
        if kept is None and (options.sum_up or time.monotonic() > deadline):
            return None
        new = kept is None
        record: Record
        if kept is None:
            made = attempt(job, commit)
            if isinstance(made, Kept):
                save(options.keep, made)
                record = judge(scenario, made)
            else:
                record = Record(scenario=scenario, profile=profile, seed=seed, fault=made)
        else:
            record = judge(scenario, rejudged(kept) if options.rejudge else kept)
        if new:
            print(_line(record), flush=True)
        return record

    with ThreadPoolExecutor(options.jobs) as pool:
        found = [r for r in pool.map(one, jobs) if r is not None]
    order = {scenario.id: n for n, scenario in enumerate(SCENARIOS)}
    lines = {profile: n for n, profile in enumerate(PROFILES)}
    return sorted(found, key=lambda r: (lines[r.profile], order[r.scenario.id], r.seed))


def attempt(job: Job, commit: str) -> Kept | str:
    """One run in a lab of its own; why there is none where there is nothing to judge."""
    scenario, profile, seed = job
    with tempfile.TemporaryDirectory(prefix="msgprobe-exam-") as folder:
        try:
            result = exam.run(scenario, seed, Path(folder))
        except (LabError, subprocess.TimeoutExpired) as exc:
            return f"no lab: {exc}"
    if not result.document:
        return "; ".join(result.faults)
    return Kept(
        scenario=scenario.id,
        seed=seed,
        profile=profile,
        fired=dict(result.fired),
        commit=commit,
        document=result.document,
    )


def commit_name() -> str:
    """The short name of the commit that is examined, with ``+`` where files were changed."""
    said: Mapping[str, str] = {
        name: subprocess.run(
            ["git", *words], capture_output=True, text=True, check=False, cwd=Path(__file__).parent
        ).stdout.strip()
        for name, words in (
            ("head", ["rev-parse", "--short", "HEAD"]),
            ("dirty", ["status", "--porcelain", "--untracked-files=no"]),
        )
    }
    return said["head"] + ("+" if said["dirty"] else "")


def _line(record: Record) -> str:
    if record.fault:
        mark = "void "
    elif record.accused:
        mark = "ALARM"
    elif record.fine:
        mark = "FINE? "
    else:
        mark = "right" if record.right else "WRONG"
    cost = f"{record.seconds:.1f} s {record.octets / 1000:.0f} kB"
    said = record.said
    why = "; ".join((record.fault, *said.faults, *said.mechanism_faults)).strip("; ")
    return f"{mark} {record.name:<20} {record.seed:>2} {said.state:<14} {cost}  {why}".rstrip()
