"""Where transfers end, and whether servers of several owners end them at one place.

A server may stop after so many bytes; servers of owners who have nothing to do with one another do
not stop at the same one. Who cuts connections to whole networks of hosters after so many bytes, for
everybody (Russia since 2025: net4people/bbs issues 490 and 662), is known by that.
"""

from collections.abc import Iterable, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.facts import Facts, grouped
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.losses import SEGMENT
from msgprobe.evidence.transfer_samples import MOVING, Ending, Sample
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm

TWICE = 2
"""Transfers that must end at the same byte, and networks that must show it."""

SAME_PLACE = 2 * 1460
"""Bytes by which two ends may differ and still be the same place: two segments."""


def together(samples: Sequence[Sample]) -> bool:
    """All may have ended at the same place."""
    return max(s.place for s in samples) - min(s.place_at_most for s in samples) <= SAME_PLACE


def beyond(samples: Iterable[Sample], ended: Sequence[Sample]) -> tuple[Sample, ...]:
    """Those that went further than any of ``ended``."""
    place = max((s.place for s in ended), default=0)
    return tuple(s for s in samples if s.place > place + SAME_PLACE)


def networks(samples: Iterable[Sample]) -> set[str]:
    """Where their servers are."""
    return set(grouped(samples, lambda s: ips.network(s.conversation.address)))


@remembered
def of_other_services(facts: Facts, service: str, direction: Direction) -> tuple[Sample, ...]:
    """What other services' own transfers moved that way, whole: the line carries it."""
    every = (Sample(conversation=t) for t in facts.arm(Arm.TRANSFER))
    others = (s for s in every if s.conversation.task.subject != service)
    return tuple(s for s in others if s.finished and s.direction is direction)


def moved_so(facts: Facts, direction: Direction) -> list[Sample]:
    """All transfers of a run that way, whoever's, but those in small segments."""
    arms = (arm for arm in MOVING if arm is not Arm.TRANSFER_SMALL)
    every = (Sample(conversation=t) for t in facts.arm(*arms))
    return [s for s in every if s.direction is direction]


@remembered
def stopped_alike(facts: Facts, direction: Direction) -> tuple[Sample, ...]:
    """Neutral transfers from networks of two owners at least that were ended at one place in one
    way, those in silence waited for longer than anybody paused who went on; none otherwise. An
    upload tells in silence alone: servers close what they did not ask for."""
    ended = [s for s in moved_so(facts, direction) if _source(s) and surely_ended(facts, s)]
    groups = [[s for s in ended if ended_alike(s, (first,))] for first in ended]
    group = max(filter(together, groups), key=lambda g: len(networks(g)), default=[])
    owners = {s.conversation.task.subject for s in group}
    return tuple(group) if len(networks(group)) >= TWICE and len(owners) >= TWICE else ()


@remembered
def _longest(facts: Facts, direction: Direction) -> float:
    """Seconds of the longest pause after which any transfer that way went on."""
    return max((s.longest for s in moved_so(facts, direction)), default=0.0)


def surely_ended(facts: Facts, sample: Sample) -> bool:
    """Amid its content, and not merely late: see `stopped_alike`. An upload of which no segment of
    full size ever arrived tells of the size of packets, not of how many bytes may pass."""
    if sample.ending is None or not sample.amid_content:
        return False
    if sample.direction is Direction.UP and sample.moved < SEGMENT:
        return False
    if sample.ending is Ending.SILENCE:
        return sample.pause > _longest(facts, sample.direction)
    return sample.direction is Direction.DOWN


def not_stopped(facts: Facts, samples: Sequence[Sample]) -> list[Sample]:
    """Those that are none of `stopped_alike`: what is cut tells nothing about a line's speed."""
    ways = {s.direction for s in samples}
    cut = {s.conversation.transaction for way in ways for s in stopped_alike(facts, way)}
    return [s for s in samples if s.conversation.transaction not in cut]


def ended_alike(sample: Sample, others: Sequence[Sample]) -> bool:
    """It ended at the place of those, and in their way."""
    return sample.ending is others[0].ending and together((*others, sample))


@remembered
def cut_alike(facts: Facts, direction: Direction) -> tuple[Sample, ...]:
    """The same where two transfers from other networks went beyond that place: it is not the
    line."""
    group = stopped_alike(facts, direction)
    there = networks(group)
    past = beyond(moved_so(facts, direction), group) if group else ()
    elsewhere = [s for s in past if s.finished and not networks([s]) & there]
    return group if len(elsewhere) >= TWICE else ()


@remembered
def all_cut(facts: Facts, direction: Direction) -> tuple[Sample, ...]:
    """The same where nothing went beyond that place, whoever it came from: it is the line."""
    group = stopped_alike(facts, direction)
    return group if group and not beyond(moved_so(facts, direction), group) else ()


def _source(sample: Sample) -> bool:
    return sample.conversation.task.arm is Arm.TRANSFER_SOURCE
