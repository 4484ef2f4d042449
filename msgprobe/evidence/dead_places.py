"""Places that answered nobody: so many of a pool's, or of its service's, may be dead by luck, where
neutral conversations fail as well."""

from collections.abc import Collection, Hashable, Iterable, Sequence

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES, grouped
from msgprobe.evidence.halves import FailingHalf
from msgprobe.evidence.luck import places_by_luck
from msgprobe.evidence.pool import PoolFacts

_CONNECTING = ("tcp", "ip")
"""How symptoms begin of attempts that do not connect, and so say no name."""


def dead_by_luck(p: PoolFacts, *ways: str) -> bool:
    """The places of the pool where every attempt ended in one of these ways may have done so by
    luck, and so may those of the whole service: who hits it seldom hits one function of it."""
    whole = p.whole if isinstance(p, FailingHalf) else p
    return all(_by_luck(some, ways) for some in ((whole,), (whole, *whole.beside)))


def _by_luck(pools: Sequence[PoolFacts], ways: Collection[str]) -> bool:
    connecting = all(way.startswith(_CONNECTING) for way in ways)
    tried = grouped(_own(pools), lambda t: _place(t, connecting=connecting))
    dead = []
    for there in tried.values():
        failed = [t for t in there if t.symptom in ways]
        if failed and not any(t.failure is None or (connecting and t.connected) for t in there):
            dead.append(failed)
    if len(dead) < len(tried):  # a few attempts at some of many show nothing
        dead = [there for there in dead if len(there) >= TRIES]
    return bool(dead) and places_by_luck(pools[0].facts, dead, len(tried), ways)


def _own(pools: Iterable[PoolFacts]) -> Iterable[Conversation]:
    """Attempts to speak to the pools' servers as the messenger would."""
    for pool in pools:
        for member in pool.members:
            for e in member.endpoints:
                yield from (t for a in (*e.addresses, *e.elsewhere) for t in a.own)


def _place(conversation: Conversation, *, connecting: bool) -> Hashable:
    """A connection says no name before it stands."""
    named = None if connecting else conversation.flow.host
    return named, conversation.address, conversation.flow.port
