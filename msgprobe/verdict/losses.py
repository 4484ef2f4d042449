"""Losses on the way, as the kernel counts them: how many segments, and more than elsewhere?

Downwards a loss before us shows as segments out of order; upwards as our own retransmissions
(Linux ``tcp_info``; absent elsewhere, and then nothing is claimed).
"""

from collections.abc import Iterable
from math import ceil

from msgprobe.model.observation import TcpInfo
from msgprobe.verdict.sequential import fisher_greater

FLOOR = 0.08
"""Share of lost segments below which a path is merely imperfect (transit at its worst hour)."""

TIMES = 5.0
"""How many times the neutral share it must be."""

UNLIKELY = 5e-4
"""Fisher's p below which the difference is no accident; two directions are looked at."""

SEGMENT = 1448
GREETING = 3


def downwards(info: TcpInfo) -> tuple[int, int]:
    """(segments that came out of order, segments that came)."""
    return min(info.out_of_order, info.segs_in), info.segs_in


def upwards(info: TcpInfo) -> tuple[int, int]:
    """(segments sent again for a reason, segments with data sent, the repeated ones included).

    Greeting and request are segments of their own, however small.
    """
    lost = max(0, info.total_retrans - info.needless)
    sent = max(ceil(info.bytes_sent / SEGMENT), GREETING + info.total_retrans)
    return lost, sent


def share(counts: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Losses and segments together."""
    every = list(counts)
    return sum(c[0] for c in every), sum(c[1] for c in every)


def exceeds(
    mine: Iterable[TcpInfo | None], others: Iterable[TcpInfo | None], unlikely: float = UNLIKELY
) -> bool:
    """``mine`` lose far more than ``others``, in one direction at least."""
    a = [i for i in mine if i is not None]
    b = [i for i in others if i is not None]
    for way in (downwards, upwards):
        lost, sent = share(way(i) for i in a)
        other, total = share(way(i) for i in b)
        if not sent or not total or lost < FLOOR * sent or lost * total < TIMES * other * sent:
            continue
        if fisher_greater(lost, sent, other, total) < unlikely:
            return True
    return False


def worst_share(infos: Iterable[TcpInfo | None]) -> float:
    """The larger share of the two directions."""
    known = [i for i in infos if i is not None]
    found = [share(way(i) for i in known) for way in (downwards, upwards)]
    return max((lost / sent for lost, sent in found if sent), default=0.0)
