"""How long whoever plans waits between two looks at a run."""

import asyncio
from typing import Final

from msgprobe.runner.engine import Runner

TICK: Final = 0.02
"""Seconds to let several results arrive before planning anew, ..."""

LOOKS: Final = 3
"""... and to leave between two looks at least so many times as long as the first of them took: a
slow processor is to spend most of its time on the conversations, ..."""

FEW: Final = 4
"""... unless no more than so many conversations are under way: those are awaited one by one."""

TOGETHER: Final = 0.1
"""Seconds between looks for which there is no reason but the clock, while so many are under way:
where dozens are not answered, each has moments of its own at which it counts as overdue."""

BUDGET_CHECK: Final = 0.5
"""Seconds after which the budgets are looked at, whether or not anything happened."""


async def pause(runner: Runner, *, begun: float, until: float) -> None:
    """Wait for a result, at most ``until`` then, after a look that began at ``begun``; both are in
    seconds since the run began."""
    looked = runner.world.now()
    rest = max(0.0, until - begun) + 0.001
    many = len(runner.running) > FEW
    await runner.change(min(max(rest, TOGETHER) if many else rest, BUDGET_CHECK))
    if many:
        rested = runner.world.now() - looked
        await asyncio.sleep(max(TICK, LOOKS * (looked - begun) - rested))
