"""Where transfers end, and whether servers of several owners end them at one place.

A server may stop after so many bytes; servers of owners who have nothing to do with one another do
not stop at the same one. Who cuts connections to whole networks of hosters after so many bytes, for
everybody (Russia since 2025: net4people/bbs issues 490 and 662), is known by that.
"""

from collections.abc import Iterable, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.facts import Facts, grouped
from msgprobe.evidence.ledger import remembered
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


def downloads(facts: Facts) -> list[Sample]:
    """All of a run, whoever's, but those in small segments."""
    arms = (arm for arm in MOVING if arm is not Arm.TRANSFER_SMALL)
    every = (Sample(conversation=t) for t in facts.arm(*arms))
    return [s for s in every if s.direction is Direction.DOWN]


@remembered
def stopped_alike(facts: Facts) -> tuple[Sample, ...]:
    """Neutral downloads from networks of two owners at least that fell silent at one place, waited
    for longer than anybody paused who went on; none otherwise."""
    down = downloads(facts)
    longest = max((s.longest for s in down), default=0.0)
    silent = [s for s in down if _source(s) and _fell_silent(s) and s.pause > longest]
    group: list[Sample] = []
    for first in silent:
        mates = [s for s in silent if together((first, s))]
        if together(mates) and len(networks(mates)) > len(networks(group)):
            group = mates
    owners = {s.conversation.task.subject for s in group}
    return tuple(group) if len(networks(group)) >= TWICE and len(owners) >= TWICE else ()


@remembered
def cut_alike(facts: Facts) -> tuple[Sample, ...]:
    """The same where two downloads from other networks went beyond that place: it is not the
    line."""
    group = stopped_alike(facts)
    there = networks(group)
    past = [s for s in beyond(downloads(facts), group) if s.finished] if group else []
    elsewhere = [s for s in past if not networks([s]) & there]
    return group if len(elsewhere) >= TWICE else ()


@remembered
def all_cut(facts: Facts) -> tuple[Sample, ...]:
    """The same where nothing went beyond that place, whoever it came from: it is the line."""
    group = stopped_alike(facts)
    return group if group and not beyond(downloads(facts), group) else ()


def _source(sample: Sample) -> bool:
    return sample.conversation.task.arm is Arm.TRANSFER_SOURCE


def _fell_silent(sample: Sample) -> bool:
    return sample.ending is Ending.SILENCE and sample.amid_content
