"""``python -m tests.lab throttle [FILTER…]``: the exam of throttling.

Runs come to a file of JSON lines as they are made, so that an exam that was cut short can be summed
up and gone on with (``--resume FILE``). Jobs are spread so that a cut still covers every cell.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from threading import Lock
from typing import Any, Final

from tests.lab import exam, rivals
from tests.lab.exam_text import arguments, publish, without_lab
from tests.lab.netns import LabError
from tests.lab.rejudge import judged_again
from tests.lab.scenario import CORE
from tests.lab.throttle_cells import CELLS, Cell, chosen
from tests.lab.throttle_table import Record, failures, table

Job = tuple[Cell, int]

_RESULTS: Final = Path(".lab/throttle.jsonl")


def main(argv: Sequence[str]) -> int:
    """Run, sum up, print: 0 passed, 1 not, 2 bad arguments or no lab in CI."""
    options = _options(argv)
    cells = chosen(*options.cell)
    if not cells:
        print(f"no cell is like {options.cell}; see --list", file=sys.stderr)
        return 2
    if options.list:
        for cell in cells:
            print(f"{cell.id:<28} {'innocent' if cell.innocent else 'throttled'}")
        return 0
    jobs = schedule(cells, options.seeds, options.innocent)
    if options.rejudge is None:
        if (status := without_lab("throttle:")) is not None:
            return status
        records = _go(jobs, _results(options), options)
    else:
        records = again(jobs, options.rejudge)
    whole = len(cells) == len(CELLS)
    text = table(records, whole=whole, missing=len(jobs) - len(records))
    return publish(text, failures(records, whole=whole), options.out)


def _results(options: argparse.Namespace) -> Path:
    """The file to which results come, begun anew unless it is to be gone on with."""
    results: Path = options.resume or _RESULTS
    results.parent.mkdir(parents=True, exist_ok=True)
    if options.resume is None:
        results.write_text("", encoding="utf-8")
    return results


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = arguments("throttle", __doc__, "cell", 150.0)
    parser.add_argument("--seeds", type=int, default=5, help="runs of a throttled cell (default 5)")
    parser.add_argument(
        "--innocent", type=int, default=20, help="runs of an innocent cell (default 20)"
    )
    parser.add_argument("--keep", type=Path, help="keep every run's document below this folder")
    parser.add_argument(
        "--rejudge",
        type=Path,
        metavar="FOLDER",
        help="run nothing: today's rules over what was kept below this folder",
    )
    parser.add_argument(
        "--resume", type=Path, help=f"go on with this file of results (else {_RESULTS}, anew)"
    )
    return parser.parse_args(argv)


def schedule(cells: Iterable[Cell], seeds: int, innocent: int) -> list[Job]:
    """Every cell's runs, spread evenly over the whole exam."""
    jobs = []
    for cell in cells:
        count = innocent if cell.innocent else seeds
        jobs += [(seed / count, cell, seed) for seed in range(1, count + 1)]
    return [(cell, seed) for _, cell, seed in sorted(jobs, key=lambda job: job[0])]


def read(path: Path) -> list[Record]:
    """The records of a results file; a line that was cut off is none."""
    found = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(Record(**json.loads(line)))
            except ValueError:
                continue
    return found


def _go(jobs: Sequence[Job], results: Path, options: argparse.Namespace) -> list[Record]:
    """Make the runs that ``results`` lacks, as far as time allows; all records in order."""
    known = {(r.cell, r.seed): r for r in read(results) if not r.fault}
    deadline = time.monotonic() + 60 * options.minutes
    lock = Lock()

    def one(job: Job) -> None:
        cell, seed = job
        if (cell.id, seed) in known or time.monotonic() > deadline:
            return
        record = attempt(cell, seed, options.keep)
        with lock:
            known[cell.id, seed] = record
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(record)) + "\n")
            print(_line(record), flush=True)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(one, jobs))
    order = {cell.id: n for n, cell in enumerate(CELLS)}
    wanted = [known[cell.id, seed] for cell, seed in jobs if (cell.id, seed) in known]
    return sorted(wanted, key=lambda r: (order[r.cell], r.seed))


def again(jobs: Iterable[Job], folder: Path) -> list[Record]:
    """The records of kept documents under today's rules, in order; a run that is not there has
    none."""
    order = {cell.id: n for n, cell in enumerate(CELLS)}
    found = []
    for cell, seed in sorted(jobs, key=lambda job: (order[job[0].id], job[1])):
        kept = folder / _kept(cell, seed)
        if kept.exists():
            measured = json.loads(kept.read_text(encoding="utf-8"))
            found.append(judge(cell, seed, judged_again(measured)))
    return found


def _kept(cell: Cell, seed: int) -> str:
    return f"{cell.id.replace('/', '_')}-{seed}.json"


def attempt(cell: Cell, seed: int, keep: Path | None) -> Record:
    """One run in a lab of its own; a void record where there is nothing to judge."""
    void = Record(cell=cell.id, seed=seed, innocent=cell.innocent, service=cell.service(seed))
    with tempfile.TemporaryDirectory(prefix="msgprobe-throttle-") as folder:
        workdir = Path(folder)
        try:
            result = exam.run(cell.scenario(seed), seed, workdir)
        except LabError as exc:
            return Record(**{**asdict(void), "fault": f"no lab: {exc}"})
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(workdir / "run.json", keep / _kept(cell, seed))
        if not result.document:
            return Record(**{**asdict(void), "fault": "; ".join(result.faults)})
    return judge(cell, seed, result.document)


def _line(record: Record) -> str:
    if record.fault:
        mark = "void "
    elif record.wrongly:
        mark = "WRONG"
    elif record.innocent or record.called:
        mark = "right"
    else:
        mark = "MISS " if record.visible or not record.claims else "below"
    found = ",".join(record.mechanisms)
    floor = f"{record.limit_kbit:.0f}/{record.floor_kbit:.0f} kbit/s"
    words = " ".join(f"{k[:2]}={v}" for k, v in record.words.items())
    head = f"{mark} {record.cell:<24} {record.seed:>2} {record.service:<9} {record.state:<10}"
    rivals_said = f"naive {len(record.naive)} wehe {len(record.wehe)}"
    cost = f"{record.seconds:.1f} s {record.octets / 1e6:.2f} MB"
    return f"{head} {words} {found} {floor} {rivals_said} {cost} {record.fault}".rstrip()


# --- judging ------------------------------------------------------------------------------------


def judge(cell: Cell, seed: int, document: Mapping[str, Any]) -> Record:
    """What a run's document says, beside the truth of its cell."""
    service = cell.service(seed)
    words = {s["service"]: s["outcome"] for s in document["services"]}
    hit = next(s for s in document["services"] if s["service"] == service)
    others = [s for s in CORE if cell.innocent or s != service]
    moved = rivals.transfers(document)
    floor, limit, visible = _sight(cell, service, document, moved)
    kind = cell.kind
    mechanisms = sorted({m for f in hit["functions"] for m in f["mechanisms"]})
    called = any(w in kind.words for w in (words[service], *_function_words(hit, kind.claims)))
    if kind.not_before:
        called &= all(s["moved"] < kind.not_before for s in _speeds(hit))
    sent = document["bytes"]
    return Record(
        cell=cell.id,
        seed=seed,
        innocent=cell.innocent,
        service=service,
        claims=kind.claims,
        state=document["connection"]["state"],
        words=words,
        mechanisms=mechanisms,
        why=_reasons(document, service),
        called=called,
        mechanism_right=bool(kind.mechanism) and any(_below(m, kind.mechanism) for m in mechanisms),
        visible=visible and kind.claims and not cell.innocent,
        floor_kbit=round(floor, 1),
        limit_kbit=round(limit, 1),
        throttled=[s for s in others if words[s] == "throttled"],
        blocked=[s for s in others if words[s] == "blocked"],
        naive=list(rivals.accused(moved, CORE, rivals.naive)),
        wehe=list(rivals.accused(moved, CORE, rivals.wehe)),
        seconds=document["duration_s"],
        octets=sent["sent"] + sent["received"],
        version=f"msgprobe {document['tool']['version']} rules {document['tool']['rules_version']}",
        date=document["started_at"],
    )


def _function_words(service: Mapping[str, Any], claims: bool) -> list[str]:
    """A claim may be made about one function; without one the whole service must be right."""
    return [f["outcome"] for f in service["functions"]] if claims else []


def _speeds(*services: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [speed for s in services for f in s["functions"] for speed in f["speeds"]]


def _below(mechanism: str, node: str) -> bool:
    return mechanism == node or mechanism.startswith(node + ".")


def _reasons(document: Mapping[str, Any], service: str) -> list[str]:
    """Why the service's functions, and whatever is accused or degraded, got their words."""
    return [
        f"{s['service']}.{f['function']} {f['outcome']}: {f['why']}"
        for s in document["services"]
        for f in s["functions"]
        if f["outcome"] not in ("ok", "not_tested") or (s["service"] == service and f["speeds"])
    ]


def _sight(
    cell: Cell, service: str, document: Mapping[str, Any], moved: Sequence[rivals.Transfer]
) -> tuple[float, float, bool]:
    """(floor, limit, visible) in kbit/s, of the direction in which they are farthest apart.

    The floor is the printed one of the service, else the best of the others. The limit is that of
    the kind, else what the transfers under the service's name really got, on the average.
    """
    own = next(s for s in document["services"] if s["service"] == service)
    sights = []
    for direction in cell.kind.directions:
        every = [s for s in _speeds(*document["services"]) if s["direction"] == direction]
        mine = [s for s in _speeds(own) if s["direction"] == direction]
        floor = max((float(s["floor_kbit"]) for s in mine or every), default=0.0)
        got = [t.kbit for t in moved if t.direction == direction and _suffers(t, service)]
        if not got and not cell.kind.kbit:
            continue  # nothing of the service went this way: no floor speaks of it
        limit = cell.kind.kbit or mean(got)
        sights.append((floor, limit, floor > limit))
    return max(
        sights or [(0.0, 0.0, False)],
        key=lambda sight: (sight[2], sight[0] > 0, sight[0] - sight[1]),
    )


def _suffers(transfer: rivals.Transfer, service: str) -> bool:
    return transfer.subject == service and transfer.arm == rivals.OWN
