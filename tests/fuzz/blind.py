"""``python -m tests.fuzz.blind TARGET PLACE``: one fuzzer that does not look at the code.

Without instrumentation an input costs what it costs a user, so that many more are tried: changes of
the seeds and of what the guided fuzzer has kept in PLACE/corpus, in a sequence that the seed alone
decides. A finding is written to PLACE; ``--again FILE`` tries one file and nothing else.
"""

import argparse
import asyncio
import contextlib
import gc
import mmap
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from hashlib import sha1
from pathlib import Path
from typing import Final

from tests.fuzz.havoc import havoc
from tests.fuzz.seeds import genuine, more
from tests.fuzz.targets import FIRST, LARGEST, MUTATORS, REFUSALS, TARGETS, USUAL, Target
from tests.fuzz.watch import Watch

CURRENT: Final = "current"
"""The file with the input that is tried, after its length: what is left where a process dies."""
_SIZE: Final = 4
_ROOM: Final = 1 << 17
_BATCH: Final = 64
_HANGS_S: Final = 20
"""Of processor for a batch, whose inputs may take a third of it. Then the system ends the process,
whether the code is ours or a library's in C."""
_MOST_MEMORY: Final = 2 << 30
FOUND: Final = 77
"""The exit code that libFuzzer has for a finding."""


def inputs(target: str, pool: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Changes of what is in ``pool``, without end, the same for the same seed."""
    chance = random.Random(f"{target} {seed}")
    chances, mutator = chance.random, MUTATORS.get(target)
    most = LARGEST.get(target, USUAL)
    while True:
        first = pool[int(chances() * len(pool))]
        second = pool[int(chances() * len(pool))]
        data = first if len(first) < len(second) else second  # a short one is read sooner
        found = mutator(data, most, chance.getrandbits(32)) if mutator is not None else None
        yield havoc(data, most, chance, pool) if found is None else found


def pool(target: str, corpus: Path) -> list[bytes]:
    """The seeds, then what the guided fuzzer has kept, in the order of its names."""
    kept = sorted(corpus.glob("*")) if corpus.is_dir() else []
    most = LARGEST.get(target, USUAL)
    found = dict.fromkeys((genuine()[target], *more(target), *(f.read_bytes() for f in kept)))
    return [one[:most] for one in found]


def fuzz(target: str, place: Path, *, seconds: float, runs: int, seed: int) -> int:
    """Try inputs for so long, or so many; 0, or `FOUND`. Says how many on standard output."""
    tried: Target = TARGETS[target]
    for first in FIRST:
        with contextlib.suppress(*REFUSALS):
            tried(first)
    watch, begun = Watch(tried, place / "worst"), time.monotonic()
    made = inputs(target, pool(target, place / "corpus"), seed)
    with (place / CURRENT).open("w+b") as file:
        file.truncate(_SIZE + _ROOM)
        current = mmap.mmap(file.fileno(), _SIZE + _ROOM)
    found = 0
    with contextlib.closing(current), contextlib.closing(asyncio.new_event_loop()) as loop:
        try:
            while watch.calls < runs and time.monotonic() - begun < seconds:
                signal.setitimer(signal.ITIMER_PROF, _HANGS_S)
                count = min(_BATCH, runs - watch.calls)
                loop.run_until_complete(_batch(watch, made, current, count))
        except (Exception, SystemExit) as exc:
            found = FOUND
            _tell(exc, place, left(place))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    took = time.monotonic() - begun
    print(f"stat::number_of_executed_units: {watch.calls}")
    print(f"stat::average_exec_per_sec: {int(watch.calls / max(took, 1e-3))}")
    return found


async def _batch(watch: Watch, made: Iterator[bytes], current: mmap.mmap, count: int) -> None:
    """In a running loop, so that targets whose deadlines need one do not start it each time."""
    for _ in range(count):
        data = next(made)
        size = len(data)
        current[:_SIZE] = size.to_bytes(_SIZE)
        current[_SIZE : _SIZE + size] = data
        watch(data)


def left(place: Path) -> bytes:
    """The input that was tried last, empty where none was."""
    if not (place / CURRENT).exists():
        return b""
    data = (place / CURRENT).read_bytes()
    return data[_SIZE : _SIZE + int.from_bytes(data[:_SIZE])]


def keep(place: Path, data: bytes) -> Path:
    """Write the input of a finding."""
    file = place / f"blind-{sha1(data).hexdigest()}"
    file.write_bytes(data)
    return file


def _tell(exc: BaseException, place: Path, data: bytes) -> None:
    traceback.print_exception(exc)
    print(f"the input is in {keep(place, data)}", file=sys.stderr)


def main(argv: list[str]) -> int:
    """0 nothing found, `FOUND` a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.blind", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("place", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--runs", type=int, default=1 << 62)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    if options.again is not None:
        watch = Watch(TARGETS[options.target], options.place / "worst")
        for _ in range(200):  # once for the answer, the others for the time
            watch(options.again.read_bytes())
        return 0
    gc.collect()
    gc.freeze()
    return fuzz(
        options.target,
        options.place,
        seconds=options.seconds,
        runs=options.runs,
        seed=options.seed,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
