"""Transfers whose way loses so much that they are slow, and for how long that was seen.

A way that is crowded for some seconds loses as much as one that is made to (see `lasting`).
"""

from collections.abc import Iterable, Sequence

from msgprobe.evidence.facts import OWN_ARMS
from msgprobe.evidence.lasting import LASTING
from msgprobe.evidence.losses import exceeds, surely_bad, upwards
from msgprobe.evidence.paired_transfers import Kind, PairedTransfers
from msgprobe.evidence.transfer_pairs import OTHER_SERVER
from msgprobe.evidence.transfer_samples import Sample
from msgprobe.model.task import Arm

_AGAIN = 1e-2
"""Fisher's p for what was seen before, and is to be seen once more."""


def losing(paired: PairedTransfers) -> Iterable[Sample]:
    """Transfers that lose far more than neutral sources do, and a second kind agrees: slower than
    those of three networks, or every other conversation with the service loses as much. Paths
    are imperfect: losses of the kind that they have accuse nobody."""
    if Kind.LOSS not in paired.kinds or not paired.kinds & {Kind.NEUTRAL, Kind.SPREAD}:
        return ()
    moved = [p.own for p in (paired, *paired.peers) if p.lossy]
    slow = Kind.NEUTRAL in paired.kinds
    if paired.poisoned or not any(_bad(own, paired.sources, slow=slow) for own in moved):
        return ()
    lossy = [p for p in paired.peers if p.lossy and not paired.lossy]
    more = [s for p in lossy for s in (*p.own, *p.sources)]
    return (*paired.own, *paired.sources, *more)


def _bad(own: Sequence[Sample], sources: Sequence[Sample], *, slow: bool) -> bool:
    """They lose more than an imperfect path does. Where it is not ``slow`` beside three networks as
    well, so do those without the worst of them: a queue that runs over hits one transfer, and
    conversations at the same moment."""
    if not surely_bad(s.info for s in own):
        return False
    rest = (s.info for s in without_worst(own))
    return slow or exceeds(rest, (s.info for s in sources), _AGAIN, bursts=True)


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
    every = [s for p in (paired, *paired.peers) for s in (*p.own, *p.neutral)]
    return [s for s in every if s.start >= since(paired) + LASTING]


def lasting(paired: PairedTransfers) -> bool:
    """The late ones lose as much again; or all of its own are as slow again, for what is lost on
    its way here shows in nothing else."""
    infos = [s.info for s in late(paired)]
    slow = [p for p in paired.wide_pairs if p.target.start >= since(paired) + LASTING]
    if slow and all(p.corrected > OTHER_SERVER for p in slow):
        return True
    return exceeds(infos, (s.info for s in paired.sources), _AGAIN, bursts=True)
