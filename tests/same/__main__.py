"""``python -m tests.same [record|cost]``: does this tree plan and judge as the recorded one did?

``record`` keeps, in ``.lab/same``, runs of the lab with every look of the planner, the plans of
every kind of request, the rules, and digests of what the rules say about saved runs (those of
``--documents`` too). Without it all of that is made anew, but for the runs, and compared.
``cost`` says what planning and judging some of the runs costs (see `tests.same.cost`).
"""

import argparse
import gc
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

from msgprobe import session
from msgprobe.model.codec import to_json
from tests.lab.netns import why_not
from tests.lab.scenarios import SCENARIOS, find
from tests.same import compare
from tests.same.cost import costs
from tests.same.recorded import AGENDA, DOCUMENT, record

KEEP: Final = Path(".lab/same")
SHOWN: Final = 40
"""Differences that are printed, at most."""


def main(argv: list[str]) -> int:
    """0 all the same, 1 something differs, 2 nothing is recorded, or no lab to record in."""
    parser = argparse.ArgumentParser(prog="python -m tests.same", description=__doc__)
    parser.add_argument(
        "what", nargs="*", help="record [SCENARIO...], cost RUN..., or nothing, to compare"
    )
    parser.add_argument("--keep", type=Path, default=KEEP, help=f"where it is kept ({KEEP})")
    parser.add_argument("--documents", type=Path, nargs="*", default=[], help="more saved runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    if options.what[:1] == ["record"]:
        return _record(options)
    if options.what[:1] == ["cost"]:
        for name in options.what[1:]:
            print(costs(options.keep / "runs", name))
        return 0
    if options.what:
        parser.error(f"unknown: {options.what[0]}")
    return _compare(options.keep, options.jobs)


def _record(options: argparse.Namespace) -> int:
    reason = why_not()
    if reason is not None:
        print(f"same: nothing recorded: {reason}", file=sys.stderr)
        return 2
    keep: Path = options.keep
    chosen = find(*options.what[1:]) if options.what[1:] else SCENARIOS
    faults = record(chosen, options.seed, options.jobs, keep / "runs")
    for fault in faults:
        print(f"not recorded: {fault}")
    _write(keep / "plans.gz", dict(_plans_to_keep()))
    _write(keep / "rules.gz", to_json(session.rules()))
    folders = [keep / "runs", *(d.resolve() for d in options.documents)]
    paths = [p for folder in folders for p in sorted(folder.glob(f"*{DOCUMENT}"))]
    with ProcessPoolExecutor(options.jobs) as pool:
        verdicts = dict(zip(map(str, paths), pool.map(_digest, paths, chunksize=8), strict=True))
    _write(keep / "verdicts.gz", verdicts)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    (keep / "commit").write_text(f"{commit}\n", encoding="utf-8")
    print(f"recorded at {commit}: {len(verdicts)} verdicts in {keep}")
    return 0


def _plans_to_keep() -> Iterator[tuple[str, Any]]:
    """Digests, and the lines too of those that no seed changes, to tell what differs."""
    for of in compare.asked():
        lines = to_json(compare.plan(of))
        whole = {} if of.seeded else {"lines": lines}
        yield of.key, {"digest": compare.digest(lines), **whole}


def _digest(path: Path) -> str:
    return compare.digest(compare.verdict(compare.read_document(path)))


def _compare(keep: Path, jobs: int) -> int:
    if not (keep / "commit").exists():
        print(f"same: nothing is recorded in {keep}; see: make same-record", file=sys.stderr)
        return 2
    print(f"beside what was recorded at {(keep / 'commit').read_text('utf-8').strip()}:")
    differing = 0
    recorded = _read(keep / "verdicts.gz")
    looks = sorted((keep / "runs").glob(f"*{AGENDA}"), key=lambda p: (-p.stat().st_size, p.name))
    with ProcessPoolExecutor(jobs, initializer=_without_collecting) as pool:
        for title, found in (
            ("rules", _rules(keep)),
            ("plans", pool.map(_plan, _plans_to_make(keep), chunksize=30)),
            ("agendas", pool.map(_agenda, looks)),
            ("verdicts", pool.map(_verdict, recorded.items(), chunksize=8)),
        ):
            faults = list(found)
            bad = sorted(f for f in faults if f)  # the longest agendas began first
            print(f"{title}: {len(faults) - len(bad)} of {len(faults)} the same", flush=True)
            for fault in bad[:SHOWN]:
                print(f"  {fault}")
            differing += len(bad)
    return 1 if differing else 0


def _rules(keep: Path) -> Iterator[str | None]:
    recorded, now = _read(keep / "rules.gz"), to_json(session.rules())
    yield None if len(recorded) == len(now) else f"{len(recorded)} rules became {len(now)}"
    for was, rule in zip(recorded, now, strict=False):
        yield f"{was} became {rule}" if compare.lacking(was, rule) else None


def _without_collecting() -> None:
    """Looking for garbage takes a tenth of the time: what is made here has no cycles to speak of,
    and a process that compares ends soon."""
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)


PlanJob = tuple[compare.Asked, dict[str, Any], frozenset[str]]
"""What a plan is made for, what was recorded of it, and the keys of a contact that were."""


def _plans_to_make(keep: Path) -> Iterator[PlanJob]:
    recorded = _read(keep / "plans.gz")
    keys = frozenset(key for was in recorded.values() for key in was.get("lines", [{}])[0])
    return ((of, recorded[of.key], keys) for of in compare.asked())


def _plan(job: PlanJob) -> str | None:
    of, was, keys = job
    contacts = compare.plan(of)
    if compare.plan_digest(contacts, keys) == was["digest"]:
        return None
    if "lines" not in was:
        return f"{of.key}: differs"
    now = [{k: v for k, v in x.items() if k in keys} for x in to_json(contacts)]
    lost = [x for x in was["lines"] if x not in now]
    new = [x for x in now if x not in was["lines"]]
    told = f"lost {lost[:2]}, new {new[:2]}" if lost or new else "other order"
    return f"{of.key}: {told}"


def _agenda(path: Path) -> str | None:
    fault = compare.agenda_fault(path)
    return f"{path.name.removesuffix(AGENDA)}: {fault}" if fault else None


def _verdict(job: tuple[str, str]) -> str | None:
    path, was = Path(job[0]), job[1]
    document = compare.read_document(path)
    found = compare.verdict(document)
    if compare.digest(found) == was:
        return None
    return f"{path.name}: {compare.verdict_fault(document, found) or 'differs'}"


def _write(path: Path, value: Any) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=5) as file:
        file.write(json.dumps(value, separators=(",", ":")))


def _read(path: Path) -> Any:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
