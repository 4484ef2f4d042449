"""INT, TERM and HUP at every moment of a run, by both ways to call it.

From the command's first line on it ends with 130, 143 or 129 alone, within 3 s, without a
traceback; before it, with the interpreter's own death. Saved files are whole or not there.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

from tests.torture.place import ENTRIES, Ended, Silence, silence

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LONGEST_S = 3.0


def fault(ended: Ended, number: signal.Signals, saved: bytes | None) -> str | None:
    """What is wrong with that end; None: nothing."""
    if ended.hung:
        return "hangs"
    if not ended.reached:
        return None  # the interpreter's own
    if ended.status != 128 + number:
        return f"status {ended.status}"
    if ended.traced:
        return "traceback"
    if saved is not None:
        try:
            if json.loads(saved)["interrupted"] != number.name:
                return "the file does not say that it was interrupted"
        except ValueError:
            return "a torn file"
    return None


def one(
    place: Silence, entry: str, number: signal.Signals, delay_ms: int
) -> tuple[Ended, bytes | None]:
    """One run that is sent ``number`` after so long, and what it saved."""
    path = place.workdir / f"{entry.strip('-')}-{number.name}-{delay_ms}.json"
    words = (*ENTRIES[entry], "run", "--json", "-o", str(path))
    ended = place.call(*words, number=number, after=delay_ms / 1000)
    saved = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    return ended, saved


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture signals", description=__doc__)
    parser.add_argument("--step", type=int, default=5, help="milliseconds between moments")
    parser.add_argument("--since", type=int, default=0, help="the first moment in milliseconds")
    parser.add_argument("--until", type=int, default=2000, help="the last moment in milliseconds")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    options = parser.parse_args(argv)
    moments = range(options.since, options.until + 1, options.step)
    cases = list(product(moments, ENTRIES, SIGNALS))
    statuses: Counter[tuple[str, int, bool]] = Counter()
    faults: list[str] = []
    slowest, with_file = 0.0, 0
    with silence(Path(tempfile.mkdtemp(prefix="msgprobe-signals-"))) as place:

        def try_one(case: tuple[int, str, signal.Signals]) -> tuple[Ended, bytes | None]:
            delay, entry, number = case
            return one(place, entry, number, delay)

        with ThreadPoolExecutor(options.jobs) as pool:
            for (delay, entry, number), (ended, saved) in zip(
                cases, pool.map(try_one, cases), strict=True
            ):
                statuses[number.name, ended.status, ended.reached] += 1
                why = fault(ended, number, saved)
                if ended.reached:
                    slowest = max(slowest, ended.seconds)
                    with_file += saved is not None
                    if why is None and ended.seconds > LONGEST_S:
                        why = f"took {ended.seconds:.1f} s"
                if why is not None:
                    faults.append(f"{entry} {number.name} at {delay} ms: {why}")
                    print(faults[-1], ended.err.decode(errors="replace")[-500:], flush=True)
        left = [p.name for p in place.workdir.iterdir() if p.name not in ("site",)]
    for (name, status, reached), count in sorted(statuses.items()):
        print(f"{name:8} {status:4} {'' if reached else 'before our first line':24} {count:5}")
    print(f"{len(cases)} runs, {with_file} with a file, slowest end {slowest:.2f} s, left: {left}")
    print(f"{len(faults)} faults")
    return 1 if faults or left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
