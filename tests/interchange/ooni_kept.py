"""``python -m tests.interchange.ooni_kept FOLDER... [--oonidata PYTHON]``: kept runs as OONI's.

Exports every run that was saved in the folders, holds the keys against the oracle of OONI's rules
(`tests.interchange.ooni_oracle`) over the entries, and with ``--oonidata`` (the Python of an
environment that has oonidata 0.3.0) has their own classes read every measurement.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgprobe.interchange.ooni.out import NoStart, measurements
from msgprobe.model.run import Run
from msgprobe.report.document import SavedRunError, run_of
from msgprobe.report.messages import told
from tests.interchange.ooni_oracle import expected

VALIDATE = Path(__file__).with_name("ooni_validate.py")


def kept(path: Path) -> Run:
    """The run in a file; the lab's keep it as ``document``, beside its truth."""
    data = path.read_bytes()
    try:
        found = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    except ValueError:
        raise SavedRunError("is not JSON") from None
    return run_of(found.get("document", found) if isinstance(found, dict) else found)


def exported(folders: Sequence[Path], skipped: Counter[str]) -> Iterator[tuple[Path, Any]]:
    """Every measurement of every run, as it would be written."""
    for folder in folders:
        for path in sorted((*folder.rglob("*.json"), *folder.rglob("*.json.gz"))):
            try:
                found = list(measurements(kept(path), told))
            except (SavedRunError, NoStart) as error:
                skipped[str(error).removeprefix(f"{path}: ")[:60]] += 1
                continue
            for one in found:
                yield path, json.loads(json.dumps(one))


def main(argv: Sequence[str]) -> int:
    """Print the counts; 1 where a key or a measurement is not theirs."""
    parser = argparse.ArgumentParser(prog="python -m tests.interchange.ooni_kept")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--oonidata", type=Path, metavar="PYTHON")
    options = parser.parse_args(argv)
    skipped: Counter[str] = Counter()
    runs: set[Path] = set()
    keys = odd = 0
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="ascii") as lines:
        for path, one in exported(options.folders, skipped):
            runs.add(path)
            want = expected(one)
            wrong = {k: one["test_keys"].get(k) for k in want if one["test_keys"].get(k) != want[k]}
            keys, odd = keys + len(want), odd + len(wrong)
            if wrong:
                print(f"{path}: {one['test_name']}: {wrong} where the rules make {want}")
            lines.write(json.dumps(one) + "\n")
        lines.flush()
        print(f"{len(runs)} runs, {keys} keys, {odd} of them not what the rules make")
        for why, count in skipped.items():
            print(f"left out: {count}: {why}")
        status = int(bool(odd))
        if options.oonidata is not None:
            command = [str(options.oonidata), str(VALIDATE), lines.name]
            status |= subprocess.run(command, check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
