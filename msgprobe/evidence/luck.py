"""What may have come about by luck: ends that came too early once, and deaths on a line on which
neutral conversations die as well."""

from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.earliness import early
from msgprobe.evidence.facts import Facts, networks
from msgprobe.evidence.shares import ALPHA, shares
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.evidence.tallies import FLOOR

PLACES_TOO_EARLY = TWICE_TOO_EARLY = 2
"""Ends that came too early before anybody is accused: so many at one address, or one each at
addresses in so many networks. Any one alone may be an accident of this device's clocks."""


def too_early(facts: Facts, places: Iterable[Iterable[Conversation]]) -> tuple[Conversation, ...]:
    """Of the ends at each of these addresses those that came sooner than the way there allows, if
    they are enough for a claim, and not what this line does to everybody."""
    there = [tuple(place) for place in places]
    ends = sum(map(len, there))
    if by_luck(facts, ends, ends, silent=False):
        return ()
    found = [[t for t in place if early(facts, t)] for place in there]
    twice = [t for place in found if len(place) >= TWICE_TOO_EARLY for t in place]
    every = [t for place in found for t in place]
    return tuple(every if len(networks(every)) >= PLACES_TOO_EARLY else twice)


def by_luck(facts: Facts, died: int, tried: int, *, silent: bool | None) -> bool:
    """Neutral conversations die as well before they are secured, in silence or broken off (None:
    either), so often that so many of those ``tried`` may have died by luck: an exact test, with the
    errors allowed shared by all pools of the run. What our own naming of a target did to them does
    not count, nor what is cut off later, like transfers at some size."""
    neutral = shares(facts).neutral
    unsecured = (t for t in neutral.failed if t.tls is None or t.tls.failure is not None)
    alike = [t for t in unsecured if silent is None or t.met_silence is silent]
    lost = sum(t.task.id not in facts.silenced for t in alike)
    if lost < FLOOR * neutral.tried or not lost:
        return False
    pools = sum(len(service.pools) for service in facts.services)
    return fisher_greater(died, tried, lost, neutral.tried) * pools > ALPHA
