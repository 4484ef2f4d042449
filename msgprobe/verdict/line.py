"""How fast the line itself is, as the neutral transfers show it: here, and inside the country."""

from statistics import median

from msgprobe.model.target import Direction
from msgprobe.model.task import Arm
from msgprobe.verdict.facts import Facts
from msgprobe.verdict.transfers import Sample

SLOW_LINE = 300.0
"""kbit/s below which a line is slow for a person, and hides any limit that is not far below it."""

FASTER_INSIDE = 3.0
"""How many times faster than abroad the country's own sites must be for a remark."""


def _downloads(facts: Facts, *, domestic: bool) -> list[Sample]:
    """Neutral downloads of the first look."""
    inside = {s.name for s in facts.controls.sources if s.country is not None}
    every = (Sample(talk=t) for t in facts.arm(Arm.TRANSFER_SOURCE))
    return [
        s
        for s in every
        if s.usable
        and s.direction is Direction.DOWN
        and s.talk.flow.option("asset") is None
        and (s.talk.task.subject in inside) is domestic
    ]


def _rate(samples: list[Sample]) -> float | None:
    return median(s.plateau_kbit for s in samples) if len(samples) >= 2 else None


def slow_line(facts: Facts) -> tuple[int, ...]:
    """The transactions that show neutral sources in two networks slow; empty when they are not."""
    samples = _downloads(facts, domestic=False)
    rate = _rate(samples)
    if rate is None or rate >= SLOW_LINE or len({s.talk.task.subject for s in samples}) < 2:
        return ()
    return tuple(sorted(s.talk.transaction for s in samples))


def slow_abroad(facts: Facts) -> tuple[int, ...]:
    """The transactions that show foreign sources slow and domestic ones fast."""
    inside = _downloads(facts, domestic=True)
    rate, abroad = _rate(inside), _rate(_downloads(facts, domestic=False))
    if not slow_line(facts) or rate is None or abroad is None or rate < FASTER_INSIDE * abroad:
        return ()
    return (*slow_line(facts), *sorted(s.talk.transaction for s in inside))
