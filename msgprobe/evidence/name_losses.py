"""Losses that follow the name: transfers in blocks that name the service, beside their pairs.

A pair has all in common but the name in the ClientHello, at the service's own servers or at neutral
ones: what the line loses, and the way to a server, both lose.
"""

from collections.abc import Iterable, Sequence

from msgprobe.evidence.losses import disturbed, exceeds, share, upwards
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.evidence.transfer_pairs import Pair
from msgprobe.evidence.transfer_samples import Sample

UNLIKELY = 1e-3
"""Fisher's p of transfers that lost anything below which the name decides it."""

PERHAPS = 0.05
"""Fisher's p up to which further blocks may show that the name decides. It accuses nobody: where a
queue runs over, or a tariff ends, half of one transfer is lost, and of its pair nothing."""

Sides = tuple[Sequence[Pair], Sequence[Pair]]
"""Pairs at the service's own servers, and at neutral ones."""


def disturbed_by_name(named: Iterable[Sample], sides: Sides, unlikely: float = UNLIKELY) -> bool:
    """``named``, with a pair or without, lose something far oftener than what stands beside them in
    pairs (Fisher's exact test on transfers, for segments behind a hole are no losses)."""
    mine = [disturbed(s.info) for s in named if s.usable]
    plain = [disturbed(p.control.info) for side in sides for p in side]
    if not mine or not plain or sum(mine) < 0.8 * len(mine) or 2 * sum(plain) > len(plain):
        return False
    return fisher_greater(sum(mine), len(mine), sum(plain), len(plain)) < unlikely


def may_lose_by_name(sides: Sides) -> bool:
    """What names the service seems to lose far more segments upwards than its pairs do, or
    something far oftener, on both sides together, and some on each: who minds the name minds it
    everywhere."""
    pairs = [p for side in sides for p in side]
    on_each = all(any(disturbed(p.target.info) for p in side) for side in sides)
    if on_each and disturbed_by_name([p.target for p in pairs], sides, PERHAPS):
        return True
    if not all(_lost(side) for side in sides):
        return False
    return exceeds((p.target.info for p in pairs), (p.control.info for p in pairs), PERHAPS)


def _lost(side: Sequence[Pair]) -> int:
    infos = [p.target.info for p in side]
    return share(upwards(i) for i in infos if i is not None)[0]
