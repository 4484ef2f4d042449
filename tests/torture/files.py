"""Target files of a stranger: each is refused, or its run ends in time; every override is told.

Refused ones are tried in an empty network namespace, those that are taken in the lab's clean world,
where the line is open and all that the file names is asked for.
"""

import argparse
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from msgprobe.catalog.faults import MOST
from tests.lab import exam
from tests.lab.network import Finished
from tests.lab.scenario import Scenario
from tests.torture.hostile_files import Case, cases

MAX_TIME_S: Final = 3.0
GRACE_S: Final = 3.0
"""What a run may take beyond its own limit."""
_PLACE: Final = Path(__file__).parents[2] / ".lab" / "torture"
_ENDED: Final = (0, 1, 3, 4)
_UNPRINTABLE: Final = re.compile("[^\\n\\x20-\\x7e\\xa0-\\uffff]|[\\u200b-\\u202e]")

Call = Callable[..., Finished]
"""Runs msgprobe with these arguments."""


def words(case: Case, path: Path) -> tuple[str, ...]:
    """The arguments that a run and its plan share."""
    return (case.service, "--targets", str(path), "--max-time", str(MAX_TIME_S), *case.flags)


def refused(case: Case, call: Call, path: Path) -> Iterator[str]:
    """What is wrong with how the file is refused."""
    for command in ("run", "plan"):
        done = call(command, *words(case, path))
        if done.timed_out or done.seconds > MAX_TIME_S + GRACE_S:
            yield f"{command} took {done.seconds:.1f} s"
        if done.rc != 2 or done.stdout:
            yield f"{command}: exit {done.rc}: {done.stderr.strip()[:200]}"
        elif not 0 < len(done.stderr.splitlines()) <= MOST:
            yield f"{command}: {len(done.stderr.splitlines())} faults told: {done.stderr[:300]!r}"
        for line in done.stderr.splitlines():
            if "; " not in line:
                yield f"{command}: a fault without a remedy: {line[:300]!r}"
            if str(path) not in line:
                yield f"{command}: does not name the file: {line[:300]!r}"
        if _UNPRINTABLE.search(done.stderr):
            yield f"{command}: something unprintable: {done.stderr[:300]!r}"


def taken(case: Case, call: Call, path: Path) -> Iterator[str]:
    """What is wrong with a run of the file, and with its plan."""
    for command in ("plan", "run"):
        done = call(command, *words(case, path), "--json")
        if done.timed_out or done.seconds > MAX_TIME_S + GRACE_S:
            yield f"{command} took {done.seconds:.1f} s"
        if done.rc not in (_ENDED if command == "run" else (0,)):
            yield f"{command}: exit {done.rc}: {done.stderr.strip()[:300]}"
            continue
        if _UNPRINTABLE.search(done.stdout + done.stderr):
            yield f"{command}: something unprintable"
        found: dict[str, Any] = json.loads(done.stdout)
        told = tuple((one["kind"], one["name"]) for one in found["overrides"])
        if told != case.overrides:
            yield f"{command}: overrides in JSON: {told}"
        for kind, name in case.overrides:
            line = next((n for n in done.stderr.splitlines() if str(path) in n), "")
            if name not in line or (kind != "title" and kind not in line):
                yield f"{command}: {kind} {name} is not told: {done.stderr[:200]!r}"


def made(case: Case, folder: Path) -> Path:
    """The case's file, anew, in a folder of its own."""
    own = folder / re.sub(r"[^a-z0-9]+", "-", case.name.lower())[:60]
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    return case.make(own)


def tried(wanted: Sequence[Case], keep: Path, seed: int) -> tuple[list[str], list[str]]:
    """Sums in words, and faults.

    Every file is tried in one lab, and ``results.txt`` tells of each at once. What has a fault is
    tried once more, lest another program's load count as ours.
    """
    scenario = Scenario(id="torture", title="", kind="innocent", row="-")
    scene = exam.stage(scenario, seed, keep)
    faults: list[str] = []
    slowest, what, busiest = 0.0, "-", 0.0

    def call(*args: str) -> Finished:
        nonlocal slowest, what, busiest
        before = os.times()
        done: Finished = scene.run(*args, timeout=60.0)
        after = os.times()
        own = after.children_user + after.children_system
        busiest = max(busiest, own - before.children_user - before.children_system)
        if done.seconds > slowest:
            slowest, what = done.seconds, " ".join(args)[:80]
        return done

    with scene.lab, (keep / "results.txt").open("w", encoding="utf-8") as told:
        for number, case in enumerate(wanted):
            folder = keep.resolve() / f"{number:03}"
            way = refused if case.refused else taken
            for _ in range(2):
                found = [f"{case.name}: {f}" for f in way(case, call, made(case, folder))]
                if not found:
                    break
            faults += found
            told.write(f"{case.name}: {'; '.join(found) or 'as promised'}\n")
            told.flush()
    sums = [
        f"{len(wanted)} files: {sum(c.refused for c in wanted)} refused, "
        f"{sum(not c.refused for c in wanted)} taken, "
        f"{sum(len(c.overrides) for c in wanted)} overrides told",
        f"longest command: {slowest:.1f} s of {MAX_TIME_S + GRACE_S:.0f} s ({what}); at most "
        f"{busiest:.1f} s of processor, where others keep the machine busy",
    ]
    return sums, faults


def main(argv: list[str]) -> int:
    """Try the files; print sums and faults. 0 without faults, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture files", description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="cases with this in their name")
    parser.add_argument("--keep", type=Path, default=_PLACE, help="folder for what is made")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    only = options.only
    wanted = [case for case in cases() if not only or any(word in case.name for word in only)]
    options.keep.mkdir(parents=True, exist_ok=True)
    sums, faults = tried(wanted, options.keep, options.seed)
    print("\n".join([*sums, *(f"FAULT {fault}" for fault in faults)]))
    return 1 if faults else 0
