"""Losses on the way, as the kernel counts them: how many segments, and more than elsewhere?

Upwards every loss is a retransmission of ours (Linux ``tcp_info``; absent elsewhere, and then
nothing is claimed). Downwards only that something was lost can be seen: one lost segment puts all
that follow it out of order, so their number counts nothing.
"""

from collections.abc import Iterable
from math import ceil, comb, sqrt

from msgprobe.evidence.statistics import fisher_greater
from msgprobe.model.observation import TcpInfo

FLOOR = 0.08
"""Share of lost segments below which a path is merely imperfect (transit at its worst hour)."""

TIMES = 5.0
"""How many times the neutral share it must be."""

NO_TRANSIT = 0.2
"""Share lost behind the line, of what the line lets through, that no transit loses."""

RANKED = 5e-3
"""Chance below which the worst transfers being a service's own, one and all, is no accident."""

UNLIKELY = 5e-4
"""Fisher's p below which the difference is no accident."""

SEGMENT = 1448
HANDSHAKE = 3


def upwards(info: TcpInfo) -> tuple[int, int]:
    """(segments sent again for a reason, segments with data sent, the repeated ones included).

    ClientHello and request are segments of their own, however small. What is still being repeated
    at the end counts neither way: it may be late, not lost.
    """
    lost = max(0, info.total_retrans - info.needless - info.retransmits)
    sent = max(ceil(info.bytes_sent / SEGMENT), HANDSHAKE + info.total_retrans)
    return lost, sent


def share(counts: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Losses and segments together."""
    every = list(counts)
    return sum(c[0] for c in every), sum(c[1] for c in every)


def exceeds(
    mine: Iterable[TcpInfo | None],
    others: Iterable[TcpInfo | None],
    unlikely: float = UNLIKELY,
    *,
    bursts: bool = False,
) -> bool:
    """``mine`` lose far more upwards than ``others``, and not all in one burst, unless ``bursts``
    count."""
    counts = [upwards(i) for i in mine if i is not None]
    line = [upwards(i) for i in others if i is not None]
    lost, sent = share(counts if bursts else _evened(counts))
    other, total = share(line)
    if not sent or not total or lost < FLOOR * sent:
        return False
    if lost * total < TIMES * other * sent and not _each_far_more(counts, line):
        return False
    return fisher_greater(lost, sent, other, total) < unlikely


def each_exceeds(mine: Iterable[TcpInfo | None], others: Iterable[TcpInfo | None]) -> bool:
    """Every single one of ``mine`` loses far more upwards than each of ``others``, and too many do
    for that to be luck."""
    counts, line = ([upwards(i) for i in infos if i is not None] for infos in (mine, others))
    return bool(counts and line) and _each_far_more(counts, line)


def _each_far_more(counts: list[tuple[int, int]], line: list[tuple[int, int]]) -> bool:
    """Whatever fills a line makes it lose so much that nothing loses some times as much. Then every
    one of ``counts`` must lose more than the worst on the ``line``, by what no transit loses, for
    a queue that runs over hits one transfer and spares the next."""
    least = min(lost / sent for lost, sent in counts)
    worst = max(lost / sent for lost, sent in line)
    lucky = 1.0 / comb(len(counts) + len(line), len(counts))
    (lost, sent), (other, total) = share(counts), share(line)
    beyond = 1.0 - (1.0 - lost / sent) / max(1.0 - other / total, 1e-9)
    return least > worst and beyond >= NO_TRANSIT and lucky < RANKED


def surely_bad(infos: Iterable[TcpInfo | None], roots: float = 2.0) -> bool:
    """They lost more upwards than a merely imperfect path does, also if that many were lost by bad
    luck: counts differ by chance by twice their root, two times in three by no more than one."""
    lost, sent = share(upwards(i) for i in infos if i is not None)
    return lost - roots * sqrt(lost) >= FLOOR * sent > 0


def _evened(counts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The worst one loses no more than goes with the next, as counts by chance differ (by twice
    their root): segments are not lost one by one, and a burst of losses hits one connection. Of a
    single one nobody can tell."""
    if len(counts) < 2:
        return counts
    (most, sent), second, *rest = sorted(counts, reverse=True)
    spare = max(0, most - second[0] - int(2 * sqrt(second[0])))
    return [(most - spare, sent - spare), second, *rest]


def lost_share(infos: Iterable[TcpInfo | None]) -> float:
    """The share lost upwards."""
    lost, sent = share(upwards(i) for i in infos if i is not None)
    return lost / sent if sent else 0.0


def disturbed(info: TcpInfo | None) -> bool:
    """Something was lost on the way, in either direction."""
    return info is not None and (info.out_of_order > 0 or upwards(info)[0] > 0)
