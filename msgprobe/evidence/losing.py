"""Transfers whose way loses so much that they are slow, and for how long that was seen.

A way that is crowded for some seconds loses as much as one that is made to (see `lasting`).
"""

from collections.abc import Iterable, Sequence
from math import inf

from msgprobe.evidence.facts import OWN_ARMS
from msgprobe.evidence.kinds import Kind
from msgprobe.evidence.lasting import LASTING
from msgprobe.evidence.losses import exceeds, share, surely_bad, upwards
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.evidence.transfer_pairs import OTHER_SERVER
from msgprobe.evidence.transfer_samples import Sample
from msgprobe.model.task import Arm

_AGAIN = 1e-2
"""Fisher's p for what was seen before, and is to be seen once more."""


def losing(paired: PairedTransfers) -> Iterable[Sample]:
    """Transfers that lose far more than neutral sources do, and a second kind agrees: slower than
    those of three networks, or every other conversation with the service loses as much. Paths
    are imperfect: losses of the kind that they have accuse nobody."""
    if paired.poisoned or not _far_more(paired):
        return ()
    lossy = [p for p in paired.peers if p.lossy and not paired.lossy]
    more = [s for p in lossy for s in (*p.own, *p.sources)]
    return (*paired.own, *paired.sources, *more)


def _far_more(paired: PairedTransfers) -> bool:
    """Some object's transfers lose more than an imperfect path does, and a second kind agrees."""
    if Kind.LOSS not in paired.kinds or not paired.kinds & {Kind.NEUTRAL, Kind.SPREAD}:
        return False
    lossy = [p.own for p in (paired, *paired.peers) if p.lossy]
    if not any(surely_bad(s.info for s in own) for own in lossy):
        return False
    return Kind.NEUTRAL in paired.kinds or _more_than_one(paired)


def _more_than_one(paired: PairedTransfers) -> bool:
    """Of all transfers from the service's own servers, whatever the name and the object, those
    without the worst lose more than neutral ones as well: a queue that runs over hits one transfer,
    and conversations at the same moment."""
    return _again(paired, without_worst(_own_servers(paired)))


def _again(paired: PairedTransfers, samples: Iterable[Sample]) -> bool:
    """These lose more than neutral transfers do, either way, as others were seen to."""
    # Objects that are fetched the same way share their neutral transfers.
    sources = {s.conversation.task.id: s for p in (paired, *paired.peers) for s in p.sources}
    return exceeds(
        (s.info for s in samples), (s.info for s in sources.values()), _AGAIN, bursts=True
    )


def _own_servers(paired: PairedTransfers) -> list[Sample]:
    """Transfers of every object from the service's own servers, whatever the name."""
    return [s for p in (paired, *paired.peers) for s in (*p.own, *p.neutral)]


def without_worst(own: Sequence[Sample]) -> list[Sample]:
    """All but the one that lost the most: a burst of losses hits one."""
    worst = max(own, key=lambda s: upwards(s.info)[0] if s.info is not None else 0)
    return [s for s in own if s is not worst]


def since(paired: PairedTransfers) -> float:
    """Seconds since the run began when the first of the service's conversations began."""
    own = paired.facts.arm(*OWN_ARMS, Arm.TRANSFER, subject=paired.service.name)
    return min((t.dialled for t in own if t.dialled), default=0.0)


def late(paired: PairedTransfers) -> list[Sample]:
    """Transfers from the service's own servers, whatever the name, that began when an accident
    would be over."""
    return [s for s in _own_servers(paired) if s.start >= since(paired) + LASTING]


def _over(paired: PairedTransfers) -> bool:
    """Those that began after the last one that lost anything lose far less than those before:
    servers that were begun again, however long it took."""
    counts = [(s.start, upwards(s.info)) for s in _own_servers(paired) if s.info is not None]
    last = max((start for start, (lost, _) in counts if lost), default=inf)
    before = share(count for start, count in counts if start <= last)
    since = share(count for start, count in counts if start > last)
    return fisher_greater(*before, *since) < _AGAIN


def lasting(paired: PairedTransfers) -> bool:
    """The late ones lose as much again; or all of its own are as slow again, for what is lost on
    its way here shows in nothing else. Not what is over at last."""
    slow = [p for p in paired.wide_pairs if p.target.start >= since(paired) + LASTING]
    if slow and all(p.corrected > OTHER_SERVER for p in slow):
        return True
    return _again(paired, late(paired)) and not _over(paired)
