"""Keeps the newest run of each service, and makes new ones: one at a time, not too often."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import field
from datetime import datetime

from msgprobe.model.dataclass import dataclass
from msgprobe.model.run import Run

Measure = Callable[[str], Awaitable[Run]]
"""Measures one service by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The newest run of a service, when it ended (seconds of the loop's clock), and since when each
    function's word is the same, as far as this process knows (seconds since 1970)."""

    run: Run
    at: float
    onsets: dict[tuple[str, str], float]


@dataclass(slots=True)
class Keeper:
    """``interval`` is the least time between two runs of one service, in seconds."""

    measure: Measure
    interval: float
    kept: dict[str, Kept] = field(default_factory=dict)
    faults: int = 0
    """Runs that broke."""
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _tried: dict[str, float] = field(default_factory=dict)

    def fresh(self, service: str) -> bool:
        """It was tried less than the interval ago, whatever came of it."""
        tried = self._tried.get(service)
        return tried is not None and asyncio.get_running_loop().time() - tried < self.interval

    async def probe(self, service: str, group: asyncio.TaskGroup, patience: float) -> Kept | None:
        """The newest run of ``service``, a new one where the interval has passed.

        Whoever asks while it is under way waits for it, for ``patience`` seconds at most; the run
        goes on. None: nothing is known yet.
        """
        if not self.fresh(service) and service not in self._tasks:
            self._tasks[service] = group.create_task(self._run(service))
        under_way = self._tasks.get(service)
        if under_way is not None:
            await asyncio.wait({under_way}, timeout=patience)
        return self.kept.get(service)

    async def _run(self, service: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with self._alone:
                self._tried[service] = loop.time()
                run = await self.measure(service)
                self._tried[service] = loop.time()
                before = self.kept.get(service)
                self.kept[service] = Kept(run=run, at=loop.time(), onsets=_onsets(run, before))
        except Exception:  # a fault of ours or of this device must not end the exporter
            self.faults += 1
        finally:
            del self._tasks[service]


def _onsets(run: Run, before: Kept | None) -> dict[tuple[str, str], float]:
    """Since when the words are what they are: only those that were seen to begin."""
    began = _seconds(run)
    if before is None or began is None:
        return {}
    words = _words(before.run)
    found = {}
    for key, word in _words(run).items():
        if key in words and words[key] != word:
            found[key] = began
        elif key in before.onsets and words.get(key) == word:
            found[key] = before.onsets[key]
    return found


def _words(run: Run) -> dict[tuple[str, str], str]:
    return {
        (s.service, f.function.value): f.outcome.value
        for s in run.verdict.services
        for f in s.functions
    }


def _seconds(run: Run) -> float | None:
    try:
        return datetime.fromisoformat(run.started_at).timestamp()
    except ValueError:
        return None
