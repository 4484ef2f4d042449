"""Losses that follow the name: transfers in blocks that name the service, beside their pairs.

A pair has all in common but the name in the ClientHello, at the service's own servers or at neutral
ones: what the line loses, and the way to a server, both lose.
"""

from collections.abc import Iterable, Sequence

from msgprobe.evidence.losses import FLOOR, disturbed, exceeds, share, upwards
from msgprobe.evidence.statistics import fisher_greater, rank_sum_greater
from msgprobe.evidence.transfer_pairs import compare
from msgprobe.evidence.transfer_samples import Sample

UNLIKELY = 1e-3
"""The p of transfers that lost anything (Fisher's test), or of how much each did (on ranks), below
which the name decides it."""

LIKELY = 1e-2
"""The same, below which nobody can say that it does not."""

PERHAPS = 0.05
"""The p up to which further blocks may show that the name decides. It accuses nobody: where a
queue runs over, or a tariff ends, half of one transfer is lost, and of its pair nothing."""

AT_HOME = 0.05
"""The p of as much at its own servers alone, at most."""

OCCASIONS = 0.75
"""Share of the segments of what names it that what stands beside it must have sent."""

Count = tuple[int, int]
"""Segments lost, and sent."""

Couple = tuple[Sample, Sample]
"""What names the service, and what does not."""

Sides = tuple[Sequence[Couple], Sequence[Couple]]
"""Couples at the service's own servers, and at neutral ones."""


def tell_losses(each: Iterable[tuple[Sample, Sample | None]]) -> tuple[Couple, ...]:
    """Those that can be compared. Of what was cut, no speed is known, but whether it lost anything
    is, if what stands beside it moved no less: it had as many occasions to."""
    couples = ((mine, plain) for mine, plain in each if plain is not None)
    return tuple((m, p) for m, p in couples if compare(m, p) or _as_many_occasions(m, p))


def _as_many_occasions(mine: Sample, plain: Sample) -> bool:
    return mine.begun and plain.begun and plain.moved >= mine.moved


def loses_by_name(named: Sequence[Sample], sides: Sides, unlikely: float = UNLIKELY) -> bool:
    """Whether anything is lost, or how much, follows the name."""
    more = _loses_more(sides, unlikely) and _at_home(sides)
    return more or _disturbed(named, sides, unlikely)


def _disturbed(named: Iterable[Sample], sides: Sides, unlikely: float) -> bool:
    """``named``, beside something or not, lose something far oftener than what stands beside them
    (Fisher's exact test on transfers, for segments behind a hole are no losses)."""
    mine = [disturbed(s.info) for s in named if s.usable or s.begun]
    plain = [disturbed(p.info) for side in sides for _, p in side]
    if not mine or not plain or sum(mine) < 0.8 * len(mine) or 2 * sum(plain) > len(plain):
        return False
    return fisher_greater(sum(mine), len(mine), sum(plain), len(plain)) < unlikely


def _loses_more(sides: Sides, unlikely: float) -> bool:
    """What names the service loses much upwards, and larger shares than what had as many occasions
    to (an exact test on transfers' ranks, for a burst of losses hits one). A line that loses
    something of nearly everything shows it no other way."""
    counts = _counted(sides)
    lost, sent = share(mine for mine, _ in counts)
    return sent > 0 and lost >= FLOOR * sent and _by_luck(counts) < unlikely


def _at_home(sides: Sides) -> bool:
    """So at its own servers as well, if those can be compared: there the order is drawn by lot.
    Elsewhere its name is said last at first, and who comes second meets what the first one left of
    a rate."""
    counts = _counted((sides[0], ()))
    return not counts or _by_luck(counts) <= AT_HOME


def _by_luck(counts: Iterable[tuple[Count, Count]]) -> float:
    """The chance that what names it loses such shares."""
    named, plain = ([gone / of for gone, of in side] for side in zip(*counts, strict=True))
    return rank_sum_greater(named, plain)


def _counted(sides: Sides) -> list[tuple[Count, Count]]:
    """What was lost and sent upwards, of those that had as many occasions to lose."""
    each = (c for side in sides for c in side)
    known = ((m.info, p.info) for m, p in each if m.info is not None and p.info is not None)
    counts = ((upwards(mine), upwards(plain)) for mine, plain in known)
    return [(m, p) for m, p in counts if OCCASIONS * _fresh(m) <= _fresh(p)]


def _fresh(count: Count) -> int:
    lost, sent = count
    return sent - lost


def may_lose_by_name(sides: Sides) -> bool:
    """What names the service seems to lose far more segments upwards than what stands beside it,
    more each time, or something far oftener, on both sides together, and some on each: who minds
    the name minds it everywhere."""
    named = [[mine for mine, _ in side] for side in sides]
    every = [mine for side in named for mine in side]
    on_each = all(any(disturbed(s.info) for s in side) for side in named)
    if on_each and (_disturbed(every, sides, PERHAPS) or _loses_more(sides, PERHAPS)):
        return True
    if not all(map(_lost, named)):
        return False
    plain = (p.info for side in sides for _, p in side)
    return exceeds((s.info for s in every), plain, PERHAPS)


def _lost(named: Iterable[Sample]) -> int:
    return share(upwards(s.info) for s in named if s.info is not None)[0]
