"""What the line has room for: how many transfers at a time, of how many bytes, and is there time
for them?"""

from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.speeds import BURST
from msgprobe.evidence.transfer_pairs import LONG_WAY, ORDINARY, abreast, growing, length
from msgprobe.evidence.transfer_samples import Sample
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.timetable import (
    FAST_PATIENCE,
    LEAST_TRANSFER_PATIENCE,
    SHOWN,
    TRANSFER_PATIENCE,
)

CONTEST_BYTES = {Direction.DOWN: 48 * 1024, Direction.UP: 32 * 1024}
MOST_CONTEST_BYTES = 80 * 1024
"""Those of a transfer of the longest way."""

SHOWN_RATE = 140_000 / 8
"""Bytes per second of a limit that pairs are to show (Twitter in Russia, 2021: 130 to 150 kbit/s,
techniques), by taking `SHOWN` times as long."""


@remembered
def side_by_side(context: PlanningContext, direction: Direction) -> int:
    """Transfers that the line carries at the same time, by the neutral ones of the first look."""
    return 1 if alone(context) else _room(context, direction)


def _room(context: PlanningContext, direction: Direction) -> int:
    return abreast(neutral_moved(context, direction))


@remembered
def takes_long(context: PlanningContext) -> bool:
    """The way is so long that few transfers can be made: what is slow is looked into at once."""
    return length_of_way(context) >= LONG_WAY


@remembered
def filled_by_one(context: PlanningContext) -> bool:
    """The way is long, and one transfer fills the line."""
    return takes_long(context) and _room(context, Direction.DOWN) == 1


@remembered
def alone(context: PlanningContext) -> bool:
    """One transfer after another, whichever way they go: where one fills the line, none tells
    beside another how fast it would be. Only ``--throttle`` has the time."""
    return context.request.throttle and (context.pace > 0.0 or filled_by_one(context))


def hurried(context: PlanningContext) -> bool:
    """Few transfers can be made before the time is over."""
    return takes_long(context) and not context.request.throttle


def comes_late(context: PlanningContext) -> bool:
    """Transfers begin late and are few: the way is long, or few flows are let in at a time."""
    return takes_long(context) or context.crowded


@remembered
def contest_bytes(context: PlanningContext, direction: Direction) -> int:
    """Bytes of each transfer of a pair: the longer the way, the less a second more tells there, so
    that more must be moved; and what passes while a window grows anyway tells nothing."""
    way, least = length_of_way(context), CONTEST_BYTES[direction]
    seconds = (SHOWN - 1) * (ORDINARY + way) + growing(least) * way
    return max(least, min(MOST_CONTEST_BYTES, round(BURST + seconds * SHOWN_RATE)))


def at_half_rate(context: PlanningContext, direction: Direction) -> float:
    """Seconds in which a comparison's bytes come at half of what the line gives, once a limiter has
    let its burst pass: what takes longer is looked into, and need not be waited for."""
    rates = [s.plateau_kbit * 1000 / 8 for s in neutral_moved(context, direction)]
    if not rates or not max(rates):
        return TRANSFER_PATIENCE
    waits = (1 + growing(BURST)) * length_of_way(context)
    least = 2 * (contest_bytes(context, direction) - BURST) / max(rates) + waits
    return min(TRANSFER_PATIENCE, max(LEAST_TRANSFER_PATIENCE, least))


@remembered
def length_of_way(context: PlanningContext) -> float:
    """Seconds of the way to the nearest neutral server and back."""
    return min((length(s) for d in Direction for s in neutral_moved(context, d)), default=0.0)


def neutral_moved(context: PlanningContext, direction: Direction) -> list[Sample]:
    """The finished neutral transfers of the first look."""
    moved = [Sample(conversation=t) for t in context.facts.arm(Arm.TRANSFER_SOURCE)]
    first = [s for s in moved if not s.conversation.flow.option("asset")]
    return [s for s in first if s.finished and s.direction is direction]


def leaves_room(context: PlanningContext, task: Task, direction: Direction) -> bool:
    """An own transfer that takes far longer than neutral ones did: it is slow whatever becomes of
    it, and the line carries others beside it."""
    begun = context.started(task.id)
    if task.arm is not Arm.TRANSFER or begun is None or takes_long(context):
        return False
    quick = any(s.elapsed * 4 < FAST_PATIENCE for s in neutral_moved(context, direction))
    return quick and context.due(begun, FAST_PATIENCE)


def held_up(context: PlanningContext, task: Task) -> bool:
    """A transfer on a line that is known to be quick goes on for so long that somebody holds it:
    it occupies no line."""
    begun = context.started(task.id)
    late = begun is not None and context.due(begun, FAST_PATIENCE)
    return late and known_to_be_quick(context)


def stalls(context: PlanningContext, task: Task) -> bool:
    """The same of a neutral one: another can go beside it."""
    return task.arm is Arm.TRANSFER_SOURCE and held_up(context, task)


def known_to_be_quick(context: PlanningContext) -> bool:
    """Some neutral transfer took no time to speak of, either way."""
    if takes_long(context):
        return False
    return any(s.elapsed * 4 < FAST_PATIENCE for d in Direction for s in neutral_moved(context, d))


def took(context: PlanningContext, task: Task) -> float | None:
    """Seconds that a neutral transfer took, handshake included and six round trips left out, which
    handshake and slow start need on any line; None: it gave nothing, or was broken off."""
    conversation = context.conversation(task.id)
    if conversation is None:
        return None
    sample = Sample(conversation=conversation)
    whole = sample.served and sample.ending is None
    return max(0.0, sample.elapsed - 6 * (sample.min_rtt or 0.0)) if whole else None
