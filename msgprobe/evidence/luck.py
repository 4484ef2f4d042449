"""What may have come about by luck: ends that came too early once, and deaths on a line on which
neutral conversations die as well."""

from collections.abc import Collection, Iterable, Sequence
from math import comb

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.earliness import early
from msgprobe.evidence.facts import Facts, networks
from msgprobe.evidence.shares import ALPHA, shares
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.evidence.tallies import FLOOR, Tally

PLACES_TOO_EARLY = TWICE_TOO_EARLY = 2
"""Ends that came too early before anybody is accused: so many at one address, or one each at
addresses in so many networks. Any one alone may be an accident of this device's clocks."""


def too_early(facts: Facts, places: Iterable[Iterable[Conversation]]) -> tuple[Conversation, ...]:
    """Of the ends at each of these addresses those that came sooner than the way there allows, if
    they are enough for a claim, and not what this line does to everybody."""
    there = [tuple(place) for place in places]
    ends = [t for place in there for t in place]
    if by_luck(facts, ends, ends, silent=False):
        return ()
    found = [[t for t in place if early(facts, t)] for place in there]
    twice = [t for place in found if len(place) >= TWICE_TOO_EARLY for t in place]
    every = [t for place in found for t in place]
    return tuple(every if len(networks(every)) >= PLACES_TOO_EARLY else twice)


def by_luck(
    facts: Facts,
    died: Collection[Conversation],
    tried: Collection[Conversation],
    *,
    silent: bool | None,
) -> bool:
    """Neutral conversations die as well before they are secured, in silence or broken off (None:
    either), so often that so many of those ``tried`` may have died by luck: an exact test, with the
    errors allowed shared by all pools of the run. What our own naming of a target did to them does
    not count, nor what is cut off later, like transfers at some size. Where all that died had
    connected, what lets no connection stand explains none of it: only those that did count."""
    neutral = shares(facts).neutral
    connected = all(t.connected for t in died)
    unsecured = (t for t in _unsecured(facts, neutral) if t.connected or not connected)
    lost = sum(silent is None or t.met_silence is silent for t in unsecured)
    beside, ends = _standing(neutral.every, connected), _standing(tried, connected)
    if lost < FLOOR * beside or not lost:
        return False
    return fisher_greater(len(died), ends, lost, beside) * _pools(facts) > ALPHA


def places_by_luck(
    facts: Facts, dead: Sequence[Sequence[Conversation]], places: int, ways: Collection[str]
) -> bool:
    """At ``dead`` ones of so many ``places`` all attempts ended in one of these ``ways``, which
    neutral conversations do so often that it may be luck, no matter which places these are: they
    are picked by what came of them. Where they are of one family (IPv4 or IPv6), what that does to
    neutral ones is enough. Of these there may be few: by Laplace's rule of succession."""
    every = [t for there in dead for t in there]
    connected, versions = all(t.connected for t in every), {ips.family(t.address) for t in every}
    counted = [shares(facts).neutral]
    counted += map(shares(facts).neutral_over, versions if len(versions) == 1 else ())
    for neutral in counted:
        lost = sum(t.symptom in ways for t in _unsecured(facts, neutral))
        beside = _standing(neutral.every, connected)
        each = (lost + 1) / (beside + 2)
        often = lost >= FLOOR * beside and lost > 0
        if often and comb(places, len(dead)) * each ** len(every) * _pools(facts) > ALPHA:
            return True
    return False


def _standing(conversations: Iterable[Conversation], connected: bool) -> int:
    """How many there are, or how many of them connected."""
    return sum(t.connected or not connected for t in conversations)


def lost_alike(facts: Facts, ways: Collection[str]) -> tuple[Conversation, ...]:
    """Neutral conversations, over either family, that ended in one of these ways."""
    every = (t for v in (4, 6) for t in _unsecured(facts, shares(facts).neutral_over(v)))
    return tuple(t for t in every if t.symptom in ways)


def _unsecured(facts: Facts, neutral: Tally) -> list[Conversation]:
    """Those that died before they were secured, and by no name of ours."""
    unsecured = (t for t in neutral.failed if t.tls is None or t.tls.failure is not None)
    return [t for t in unsecured if t.task.id not in facts.silenced]


def _pools(facts: Facts) -> int:
    return sum(len(service.pools) for service in facts.services)
