"""``python -m tests.lab facts [PART…]``: no single fact of the catalogue convicts.

On a line on which nothing else is wrong each fact that a default run relies on is contradicted by
the lab's world, in each way that fits it; then three at a time, then many by one cause. Each run's
document is kept as soon as it is made; a run that is kept is not made again. Runs come in an order
that leaves some of each sort wherever it is cut short.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.lab import whole_exam
from tests.lab.exam_record import OWN, Kept, path_of, read, save
from tests.lab.exam_text import arguments, publish, without_lab
from tests.lab.facts_cases import Case, covering, every_case
from tests.lab.facts_table import failures, table
from tests.lab.facts_truth import Record, judge
from tests.lab.rejudge import rejudged

KEEP: Final = Path(".lab/facts")
OUT: Final = Path("tests/lab/facts_exam.txt")
IN_CI: Final = 80
"""Runs where time is short, as many as have every kind and every sort of fact: about four minutes
with five labs on two processors."""


def main(argv: Sequence[str]) -> int:
    """Run, sum up, print: 0 passed, 1 not, 2 bad arguments or no lab in CI."""
    options = _options(argv)
    whole = every_case()
    cases = [c for c in whole if not options.part or any(p in c.id for p in options.part)]
    if not cases:
        print(f"facts: no run is like {' '.join(options.part)!r}; see --list", file=sys.stderr)
        return 2
    if options.ci:
        cases = list(covering(cases, IN_CI))
    if options.most is not None:
        cases = cases[: options.most]
    if options.list:
        for case in cases:
            print(f"{case.id:<64} {case.seed:>7}  {case.told}")
        return 0
    if not options.sum_up and (status := without_lab(f"facts: {len(cases)} runs")) is not None:
        return status
    if not options.ci:
        return _examine(cases, options.keep, options, whole=len(cases) == len(whole))
    with tempfile.TemporaryDirectory(prefix="msgprobe-facts-ci-") as folder:
        return _examine(cases, options.keep or Path(folder), options, whole=False)


def _examine(
    cases: Sequence[Case], keep: Path | None, options: argparse.Namespace, *, whole: bool
) -> int:
    records = _go(cases, keep or KEEP, options)
    if options.ci:
        records = _once_more(records)
    text = table(records, whole=whole, missing=len(cases) - len(records))
    return publish(text, failures(records, whole=whole, every=options.ci), options.out)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = arguments("facts", __doc__, "part", 180.0)
    parser.add_argument("--most", type=int, help="the first so many runs alone")
    parser.add_argument("--keep", type=Path, help=f"where runs are kept (default {KEEP})")
    parser.add_argument("--ci", action="store_true", help="a part of them for a short time")
    parser.add_argument("--sum-up", action="store_true", help="only what is kept; run nothing")
    parser.add_argument(
        "--rejudge", action="store_true", help="today's rules over what was measured then"
    )
    return parser.parse_args(argv)


def _go(cases: Sequence[Case], keep: Path, options: argparse.Namespace) -> list[Record]:
    """Make the runs that are not kept yet, as far as time allows; all records in order."""
    deadline = time.monotonic() + 60 * options.minutes
    commit = whole_exam.commit_name()

    def one(case: Case) -> Record | None:
        kept = read(path_of(keep, case.id, OWN, case.seed))
        if kept is not None:
            return judge(case, rejudged(kept) if options.rejudge else kept)
        if options.sum_up or time.monotonic() > deadline:
            return None
        made = attempt(case, commit)
        if isinstance(made, Kept):
            save(keep, made)
            record = judge(case, made)
        else:
            record = Record(case=case, fault=made)
        print(line(record), flush=True)
        return record

    with ThreadPoolExecutor(options.jobs) as pool:
        found = [r for r in pool.map(one, cases) if r is not None]
    return sorted(found, key=lambda r: ("stc".index(r.case.id[0]), r.case.id))


def _once_more(records: Sequence[Record]) -> list[Record]:
    """What was not right beside other labs, alone: two processors that share four labs are late at
    times. Not what accused somebody or called him down: that is an error however it came about."""
    found = []
    for record in records:
        if not record.right and not record.bad:
            made = attempt(record.case, whole_exam.commit_name())
            if isinstance(made, Kept) and (again := judge(record.case, made)).right:
                print(f"right when tried again alone: {record.case.id}", flush=True)
                record = again
        found.append(record)
    return found


def attempt(case: Case, commit: str) -> Kept | str:
    """One run in a lab of its own; why there is none where there is nothing to judge."""
    return whole_exam.attempt((case.scenario(), OWN, case.seed), commit)


def line(record: Record) -> str:
    """One run as a line."""
    mark = "right"
    for word, holds in (
        ("void ", record.fault),
        ("ALARM", record.alarms),
        ("DOWN ", record.downs),
        ("not ok", record.missed),
        ("WRONG", record.wrong),
    ):
        if holds:
            mark = word
            break
    why = "; ".join((record.fault, *record.alarms, *record.downs, *record.missed, *record.wrong))
    said = ", ".join(f"{key} {word}" for key, word in record.emptied.items())
    cost = f"{record.seconds:.1f} s {record.octets / 1000:.0f} kB"
    unmet = "" if record.met else "not met "
    return f"{mark} {record.case.id}  {cost}  {unmet}{why.strip('; ')}  [{said}]".rstrip(" []")
