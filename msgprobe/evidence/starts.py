"""First packets: what opens something on this line, and when it was answered."""

from collections.abc import Iterable, Sequence

from msgprobe.evidence.statistics import fisher_greater
from msgprobe.model.dataclass import dataclass
from msgprobe.model.task import Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The first packet of something: a question to the system's resolver, or a TCP connection.

    ``took`` are the seconds until it was answered, so far where it has not been (``heard`` false).
    ``repeated``: it had to be sent again.
    """

    at: float
    lookup: bool
    neutral: bool
    heard: bool
    took: float
    repeated: bool = False


def usual_start(flow: Flow) -> bool:
    """One of a kind: over IPv4, to the port of the web, which may be the only one that passes."""
    return ":" not in flow.address and flow.port == 443


SHUT_P = 1e-2
"""Fisher's p below which one service's servers alone lose first packets by more than chance."""

SHUT_AMONG_P = 1e-4
"""The same where some first packets to others are lost, too."""


def shut_alone(starts: Iterable[tuple[str, Start]]) -> frozenset[str]:
    """The services whose servers let nobody in for a while: first packets to them had to be sent
    again, and those to others that were sent meanwhile not, or far less often than chance explains.
    A crowd that is too much keeps out whoever comes. ``starts`` bear the services' names, neutral
    ones none."""
    left, found = list(starts), set[str]()
    while (one := _shut(left)) is not None:
        found.add(one)
        left = [(of, start) for of, start in left if of != one]
    return frozenset(found)


def _shut(every: Sequence[tuple[str, Start]]) -> str | None:
    """The one of which that is surest; None: there is no such service."""
    lost: dict[str, list[float]] = {}
    for of, start in every:
        if start.repeated:
            lost.setdefault(of, []).append(start.at)
    least = SHUT_P if len(lost) == 1 else SHUT_AMONG_P
    chances = {of: _by_chance(every, of, moments) for of, moments in lost.items() if of}
    surest = min(chances, key=chances.__getitem__, default=None)
    return surest if surest is not None and chances[surest] < least else None


def _by_chance(every: Sequence[tuple[str, Start]], mine: str, lost: Sequence[float]) -> float:
    """Fisher's p of so many first packets to one service lost beside those to others."""
    between = [(of, s.repeated) for of, s in every if min(lost) <= s.at <= max(lost)]
    others = [again for of, again in between if of != mine]
    return fisher_greater(len(lost), len(between) - len(others), sum(others), len(others))
