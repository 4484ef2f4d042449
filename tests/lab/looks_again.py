"""``python -m tests.lab.looks_again KIND TIMES FOLDER watch ...``: the command line, with a watch
that makes the same look so many times, whatever came of it, and keeps each run's document."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgprobe import chronicle
from msgprobe.cli import main as command
from msgprobe.cli import watch
from msgprobe.cli.watch_loop import Watcher
from msgprobe.history.store import unpacked
from msgprobe.model.history import TickKind
from msgprobe.watch import surprises
from msgprobe.watch.reason import Reason
from msgprobe.watch.state import Look, Words

BETWEEN: Final = 3.0
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which looks, how many of them, and where their documents go."""

    kind: TickKind
    times: int
    folder: Path


class Again(Watcher):
    """Looks as often as is wanted, and at all services, be they blocked."""

    wanted: Wanted

    async def run(self) -> None:
        words = await self._again(TickKind.QUICK, 0, {})
        for turn in range(1, self.wanted.times + 1):
            await asyncio.sleep(BETWEEN)
            words = await self._again(self.wanted.kind, turn, words)

    async def _again(self, kind: TickKind, turn: int, before: Words) -> Words:
        """The words of one look. The one before the first is not kept: a watch begins with a look
        that tells it of this device."""
        look = Look(
            kind=kind,
            reason=Reason.PULSE,
            at=0.0,
            services=tuple(self.schedule.services),
            turn=turn,
            dead=not surprises.usable(before),
            quick=kind is not TickKind.RUN,
        )
        run, fault = await self._measured(look)
        if fault is not None:
            return before
        tick = chronicle.tick(run, look.kind)
        self._learn(tick)
        if turn:
            path = self.wanted.folder / f"{turn}.json"
            path.write_text(unpacked(path, tick.packed), encoding="utf-8")
        return {subject: said.word for subject, said in tick.words.items()}


def main(words: Sequence[str]) -> None:
    kind, times, folder, *rest = words
    Again.wanted = Wanted(kind=TickKind(kind), times=int(times), folder=Path(folder))
    vars(watch)["Watcher"] = Again
    command.main(rest)


if __name__ == "__main__":
    main(sys.argv[1:])
