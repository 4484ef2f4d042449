"""Whose turn it is: starts are spread, so that a line and its routers are not overrun."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

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
    any number may).

    Whoever waits holds no time of his own: where he is withdrawn, the next one begins so much
    sooner, and at the pace that holds then.
    """

    pace: float = 0.0
    asking: float = 0.0
    few: int = 0
    _started: float = -inf
    _asked: float = -inf
    _starts: asyncio.Lock = field(default_factory=asyncio.Lock)
    _questions: asyncio.Lock = field(default_factory=asyncio.Lock)

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

        Where a turn is long over, the next one is reckoned from now: all those whose turn passed
        while this process stood still would else begin at once and overrun the line.
        """

        async def answered() -> None:
            while True:
                if not self.few or unanswered() < self.few or now() >= latest():
                    return
                await asyncio.sleep(SOON)

        async with self._starts:
            at = now()
            turn = max(self._started + max(least, self.pace), at)
            await _until(min(turn, latest()), at)
            if self.pace > 0.0 and not asks_system(task):
                await answered()
            self._started = turn if now() - turn < OVERDUE else now()
        if asks_system(task):
            async with self._questions:
                turn = max(self._asked + self.asking, now())
                await _until(min(turn, latest()), now())
                if self.pace > 0.0 or self.asking > 0.0:
                    await answered()
                self._asked = turn if now() - turn < OVERDUE else now()


async def _until(turn: float, now: float) -> None:
    if turn > now:
        await asyncio.sleep(turn - now)
