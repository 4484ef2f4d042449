"""``python -m tests.fuzz.harness TARGET WORST [libFuzzer's arguments]``: one fuzzer.

With a file as the last argument it tries that alone, so that a finding is seen again. The worst
time of an input, in milliseconds of processor, is kept in the file WORST.
"""

import contextlib
import gc
import resource
import sys
import time
from pathlib import Path
from typing import Final

import atheris

_NAME: Final = sys.argv[1]
_WATCHED: Final = {
    "dns": ["dns.message", "dns.name", "dns.rdata", "dns.wire"],
    "http1": ["h11"],
    "http2": ["msgprobe.steps.http2", "h2", "hpack", "hyperframe"],
    "proxy": ["msgprobe.steps.proxy", "python_socks"],
    "quic handshake": ["msgprobe.steps.quic_handshake", "aioquic.quic", "aioquic.tls"],
    "saved run": ["msgprobe.model.codec", "msgprobe.report.document", "cattrs"],
    "target file": ["msgprobe.catalog", "tomli"],
    "websocket": ["msgprobe.steps.websocket", "h11", "wsproto"],
}
"""Where the fuzzer looks which lines an input reaches, besides the codecs; by a target's beginning.

Watching costs time at each start and at each line, so it is what reads the input and no more."""

with atheris.instrument_imports(
    include=["msgprobe.wire", *(m for k, v in _WATCHED.items() if _NAME.startswith(k) for m in v)]
):
    from tests.fuzz.targets import MUTATORS, REFUSALS, TARGETS

    # What is imported only where it is needed: an upgrade that is taken, a page, an empty file.
    for _first in (b"", b"\0" * 99, b"HTTP/1.1 200 OK\r\n\r\n", b"{}"):
        with contextlib.suppress(*REFUSALS):
            TARGETS[_NAME](_first)

LONGEST_S: Final = 0.1
"""Processor time of one input."""
MOST_GROWTH: Final = 64 * 1024
"""KiB by which one input may raise the most memory that was ever in use."""

_SUSPICIOUS_S: Final = 0.02
"""On the clock, which a busy machine stretches: from there on processor time is looked at."""


class TooSlow(Exception):
    """An input that takes longer than `LONGEST_S`."""


class TooBig(Exception):
    """An input that takes more memory than `MOST_GROWTH`."""


class Watch:
    """Tries inputs on one target, and holds them to their limits."""

    def __init__(self, target: str, worst: Path) -> None:
        self._target = TARGETS[target]
        self._file = worst
        self._worst = 0.0
        self._calls = 0
        self._most = 0

    def __call__(self, data: bytes) -> None:
        """Raises what is a finding."""
        begun = time.perf_counter()
        self._try(data)
        took = time.perf_counter() - begun
        self._calls += 1
        if took > self._worst and (took > _SUSPICIOUS_S or self._calls > 100):
            self._time(data)
        if not self._calls & 63:
            self._weigh()

    def _try(self, data: bytes) -> None:
        try:
            self._target(data)
        except REFUSALS as exc:
            assert str(exc)

    def _time(self, data: bytes) -> None:
        """Processor time, the least of three: caches are filled, garbage is collected."""
        least = min(self._processor(data) for _ in range(3))
        if least > self._worst:
            self._worst = least
            self._file.write_text(f"{least * 1000:.3f}\n")
        if least > LONGEST_S:
            raise TooSlow(f"{least:.3f} s of processor for {len(data)} octets")

    def _processor(self, data: bytes) -> float:
        begun = time.thread_time()
        self._try(data)
        return time.thread_time() - begun

    def _weigh(self) -> None:
        """Of 64 inputs together, so that asking costs nothing."""
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if self._most and most > self._most + MOST_GROWTH:
            raise TooBig(f"{most - self._most} KiB more")
        self._most = most


def main() -> None:
    """Fuzz for ever, or as the arguments say."""
    target, worst = sys.argv.pop(1), Path(sys.argv.pop(1))
    watch = Watch(target, worst)
    mutator = MUTATORS.get(target)

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        found = mutator(data, most, seed) if mutator is not None else None
        return atheris.Mutate(data, most) if found is None else found

    more = {} if mutator is None else {"custom_mutator": mutated}
    atheris.Setup(sys.argv, watch, **more)
    gc.collect()
    gc.freeze()
    atheris.Fuzz()


if __name__ == "__main__":
    main()
