"""What holds each input of a fuzzer to its limits: refusals in words, time and memory."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.fuzz.targets import REFUSALS, Target

LONGEST_S: Final = 0.1
"""Processor time of one input."""
MOST_GROWTH: Final = 64 * 1024
"""KiB by which one input may raise the most memory that was ever in use."""

_SUSPICIOUS_S: Final = 0.02
"""While caches are still filled: from there on an input is timed."""
_WARM: Final = 100
"""Inputs until they are."""
_SLOW_S: Final = 100e-6
"""Of a usual input. From there on the processor's clock, which the system has to be asked for (a
microsecond), costs less than trying again what only a busy machine held up."""


class TooSlow(Exception):
    """An input that takes longer than `LONGEST_S`."""


class TooBig(Exception):
    """An input that takes more memory than `MOST_GROWTH`."""


class Watch:
    """Tries inputs on one target, and holds them to their limits.

    The worst time of an input, in milliseconds of processor, is kept in the file ``worst``.
    """

    def __init__(self, target: Target, worst: Path) -> None:
        self._target = target
        self._file = worst
        self._worst = 0.0
        self._most = 0
        self._clock: Callable[[], float] = time.perf_counter
        self._begun = 0.0
        self.calls = 0

    def __call__(self, data: bytes) -> None:
        """Raises what is a finding."""
        clock = self._clock
        begun = clock()
        try:
            self._target(data)
        except REFUSALS as exc:
            assert str(exc)
        took = clock() - begun
        self.calls += 1
        if took > self._worst and (took > _SUSPICIOUS_S or self.calls > _WARM):
            self._time(data)
        if not self.calls & 63:
            self._weigh()

    def _time(self, data: bytes) -> None:
        """Processor time, the least of three: caches are filled, garbage is collected."""
        least = self._processor(data)
        if least <= self._worst:
            return
        least = min(least, self._processor(data), self._processor(data))
        if least > self._worst:
            self._worst = least
            self._file.write_text(f"{least * 1000:.3f}\n")
        if least > LONGEST_S:
            raise TooSlow(f"{least:.3f} s of processor for {len(data)} octets")

    def _processor(self, data: bytes) -> float:
        begun = time.thread_time()
        try:
            self._target(data)
        except REFUSALS:
            pass
        return time.thread_time() - begun

    def _weigh(self) -> None:
        """Of 64 inputs together, so that asking costs nothing."""
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if self._most and most > self._most + MOST_GROWTH:
            raise TooBig(f"{most - self._most} KiB more")
        self._most = most
        if self.calls <= 2 * _WARM:
            now = time.thread_time()
            slow = self._begun and now - self._begun > 64 * _SLOW_S
            self._clock = time.thread_time if slow else time.perf_counter
            self._begun = now
