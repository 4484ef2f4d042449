"""Whose turn it is: starts are spread, so that a line and its routers are not overrun."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from msgprobe.model.task import Task
from msgprobe.runner.kinds import asks_system

SOON = 0.02
"""Seconds after which to look again whether another conversation may begin."""

OVERDUE = 0.1
"""Seconds after which a turn has passed: this process stood still, and so did all who waited."""


@dataclass(slots=True)
class Turns:
    """``pace`` are seconds between starts, ``asking`` those between questions to the system's
    resolver. While ``few`` conversations wait for a first answer nothing that is paced begins (0:
    any number may)."""

    pace: float = 0.0
    asking: float = 0.0
    few: int = 0
    _next_start: float = 0.0
    _next_question: float = 0.0

    async def take(
        self,
        task: Task,
        now: Callable[[], float],
        least: float,
        latest: Callable[[], float],
        unanswered: Callable[[], int],
    ) -> None:
        """Waits for the task's turn, which leaves ``least`` seconds to the one before; not beyond
        ``latest``, for whose turn comes later is refused then.

        Whoever finds its turn long over takes another one: all those whose turn passed while this
        process stood still would else begin at once and overrun the line.
        """
        for _ in range(2):
            at = now()
            turn = self._next_start = max(self._next_start + max(least, self.pace), at)
            await _until(min(turn, latest()), at)
            if now() - turn < OVERDUE:
                break
        if asks_system(task):
            self._next_question = max(self._next_question + self.asking, now())
            await _until(min(self._next_question, latest()), now())
        paced = self.pace > 0.0 or (self.asking > 0.0 and asks_system(task))
        while True:
            if not paced or not self.few or unanswered() < self.few or now() >= latest():
                return
            await asyncio.sleep(SOON)


async def _until(turn: float, now: float) -> None:
    if turn > now:
        await asyncio.sleep(turn - now)
