"""Whose turn it is: starts are spread, so that a line and its routers are not overrun."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import field
from math import inf

from msgprobe.model.dataclass import dataclass
from msgprobe.model.task import Task
from msgprobe.runner.kinds import asks_system, transfers

SOON = 0.02
"""Seconds after which to look again whether another conversation may begin."""

OVERDUE = 0.1
"""Seconds after which a turn has passed: this process stood still, and so did all who waited."""

Clock = Callable[[], float]


Room = Callable[[int], bool]
"""Whether one more may begin beside so many that begin at this moment."""


@dataclass(slots=True, eq=False)
class _One:
    """Somebody who waits, ``since`` when; told True when he is the first, False when it is his
    turn. ``moved``: his turn was long over, and he was given another one."""

    since: float
    room: Room
    told: asyncio.Future[bool]
    moved: bool = False


@dataclass(slots=True)
class _Queue:
    """Who waits, in order. The first one watches the clock; whose turn has come as well when it
    wakes goes with it, for on a busy machine it wakes late."""

    _last: float = -inf
    _waiting: deque[_One] = field(default_factory=deque)

    async def take(self, pace: Clock, now: Clock, latest: Clock, room: Room) -> None:
        """Waits until ``pace`` seconds after the one before, and until there is room; not beyond
        ``latest``."""
        mine = _One(now(), room, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        try:
            if self._waiting[0] is mine or await mine.told:
                await self._watch(mine, pace, now, latest)
        finally:
            self._leave(mine)

    async def _watch(self, mine: _One, pace: Clock, now: Clock, latest: Clock) -> None:
        while (at := now()) < latest():
            turn = self._turn(mine, pace())
            if turn > at:
                await asyncio.sleep(min(turn, latest()) - at)
            elif mine.room(0):
                break
            else:
                await asyncio.sleep(SOON)
        self._shift(pace(), at)
        self._waiting.popleft()
        self._last = self._turn(mine, pace())
        begun = 1
        while self._waiting and (turn := self._turn(self._waiting[0], pace())) <= at:
            other = self._waiting[0]
            if not other.told.done():  # else it is withdrawn
                if not other.room(begun):
                    break
                other.told.set_result(False)
                self._last, begun = turn, begun + 1
            self._waiting.popleft()
        self._hand_on()

    def _shift(self, pace: float, at: float) -> None:
        """Whoever finds his turn long over takes another one, once: all those whose turn passed
        while this process stood still would else begin at once and overrun the line."""
        first = self._waiting[0]
        if first.moved or at - self._turn(first, pace) < OVERDUE:
            return
        turn = self._last
        for one in self._waiting:
            turn = max(turn + pace, one.since)
            if turn > at:
                break
            one.moved = True
        self._last = at - pace

    def _turn(self, one: _One, pace: float) -> float:
        return max(self._last + pace, one.since)

    def _leave(self, mine: _One) -> None:
        """One that is withdrawn leaves no gap."""
        if mine in self._waiting:
            first = self._waiting[0] is mine
            self._waiting.remove(mine)
            if first:
                self._hand_on()

    def _hand_on(self) -> None:
        while self._waiting and self._waiting[0].told.done():
            self._waiting.popleft()
        if self._waiting:
            self._waiting[0].told.set_result(True)


@dataclass(slots=True)
class Turns:
    """``pace`` are seconds between starts, ``asking`` those between questions to the system's
    resolver. While ``few`` conversations wait for a first answer nothing that is paced begins (0:
    any number may).

    Whoever waits holds no time of his own: where he is withdrawn, the next one begins so much
    sooner. What is learned of a line while he waits makes him no slower; it may make him faster.
    """

    pace: float = 0.0
    asking: float = 0.0
    few: int = 0
    _starts: _Queue = field(default_factory=_Queue)
    _questions: _Queue = field(default_factory=_Queue)

    async def take(
        self,
        task: Task,
        now: Clock,
        least: float,
        latest: Clock,
        unanswered: Callable[[], int],
        held: Room = lambda _: False,
    ) -> None:
        """Waits for the task's turn, which leaves ``least`` seconds to the one before; not beyond
        ``latest``, for whose turn comes later is refused then. A conversation waits as well while
        it is ``held``, for a line has still to carry others."""
        asks = asks_system(task)
        heeds = not asks and not transfers(task)

        def room(begun: int) -> bool:
            return not self.few or unanswered() + begun < self.few

        def starts(begun: int) -> bool:
            if heeds and held(begun):
                return False
            return asks or self.pace <= 0.0 or room(begun)

        def questions(begun: int) -> bool:
            return (self.pace <= 0.0 and self.asking <= 0.0) or room(begun)

        came = max(least, self.pace)
        await self._starts.take(lambda: min(came, max(least, self.pace)), now, latest, starts)
        if asks:
            asked = self.asking
            await self._questions.take(lambda: min(asked, self.asking), now, latest, questions)
