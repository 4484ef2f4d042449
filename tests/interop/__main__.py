"""``python -m tests.interop [CLIENT…]``: real clients against the lab's servers, as one table.

Each client must complete its handshake when it pins the lab's key, and must refuse the same
servers when it pins the key that it was shipped with, and servers that do not hold the lab's key.
msgprobe's own client has to see the same.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgprobe
from tests.interop.bench import CASES, Bench, Case
from tests.interop.install import Clients, InstallError, install
from tests.interop.own import OWN, OwnRow
from tests.interop.patch import PatchError
from tests.interop.rows import ROWS, Row
from tests.lab.netns import LabError, why_not

_HEADS = ("client", "version", "transport", "lab key", "real key", "impostor")


def main(argv: list[str]) -> int:
    """Print the table: 0 all right, 1 a row is wrong, 2 bad arguments or nothing can run here."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop", description=__doc__)
    parser.add_argument("client", nargs="*", help="words in clients' names; all without any")
    parser.add_argument("--keep", type=Path, help="keep every run's output below this new folder")
    options = parser.parse_args(argv)
    wanted = [word.lower() for word in options.client]
    rows: list[Row | OwnRow] = [
        row for row in (*ROWS, *OWN) if not wanted or any(w in _name(row).lower() for w in wanted)
    ]
    if not rows:
        print(f"interop: no client is called {' or '.join(options.client)}", file=sys.stderr)
        return 2
    if options.keep is not None and options.keep.exists():
        print(f"interop: --keep {options.keep} exists: name a new folder", file=sys.stderr)
        return 2
    reason = why_not()
    if reason is not None:
        print(f"interop: {reason}", file=sys.stderr)
        return 2
    try:
        clients = install()
        with tempfile.TemporaryDirectory(prefix="msgprobe-interop-") as folder:
            faults = _table(rows, clients, options.keep or Path(folder))
    except (InstallError, PatchError, LabError) as exc:
        print(f"interop: {exc}", file=sys.stderr)
        return 2
    for fault in faults:
        print(f"WRONG {fault}")
    print(f"{len(rows)} clients, {len(faults)} wrong")
    return 1 if faults else 0


def _name(row: Row | OwnRow) -> str:
    return row.client if isinstance(row, Row) else f"msgprobe ({row.protocol})"


def _table(rows: Sequence[Row | OwnRow], clients: Clients, folder: Path) -> list[str]:
    """Run everything, printing a line for each row; what is wrong."""
    lines = [
        [
            _name(row),
            clients.version(row.package) if isinstance(row, Row) else msgprobe.__version__,
            f"{row.protocol}: {row.transport}",
        ]
        for row in rows
    ]
    widths = [max(len(line[at]) for line in [list(_HEADS[:3]), *lines]) for at in range(3)]
    widths += [20, 8, 8]

    def show(cells: Sequence[str]) -> None:
        texts = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        print("  ".join(texts).rstrip(), flush=True)

    faults = []
    with ExitStack() as stack:
        benches: dict[Case, Bench] = {}
        for impostors in (False, True):
            bench = Bench(clients, folder / ("impostors" if impostors else "genuine"), impostors)
            stack.enter_context(bench.stage.lab)
            benches |= dict.fromkeys(bench.cases, bench)
        show(_HEADS)
        for row, line in zip(rows, lines, strict=True):
            cells = []
            for case in CASES:
                words, fault = _cell(row, case, benches[case])
                cells.append(words)
                if fault is not None:
                    faults.append(f"{line[0]}, {line[2]}, {case}: {fault}")
            show([*line, *cells])
    return faults


def _cell(row: Row | OwnRow, case: Case, bench: Bench) -> tuple[str, str | None]:
    if isinstance(row, Row):
        name = f"{row.client}-{row.transport}-{case}".replace(" ", "-")
        seen = bench.run(name, *row.command(bench, case))
    else:
        seen = row.run(bench, case)
    fault = row.fault(case, seen)
    return (row.words(case, seen), None) if fault is None else ("WRONG", fault)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
