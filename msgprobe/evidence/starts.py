"""First packets: what opens something on this line, and when it was answered."""

from collections.abc import Iterable

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


def shut_alone(starts: Iterable[tuple[str, Start]]) -> str | None:
    """The service whose servers alone let nobody in for a while: first packets to it had to be sent
    again, none to others, and more than chance spares others that were sent between those. A crowd
    that is too much keeps out whoever comes. ``starts`` bear the services' names, neutral ones
    none. None: there is no such service."""
    every = list(starts)
    lost = [(of, s.at) for of, s in every if s.repeated]
    services = {of for of, _ in lost}
    if len(services) != 1 or "" in services:
        return None
    (only,), moments = services, [at for _, at in lost]
    between = [of for of, s in every if min(moments) <= s.at <= max(moments)]
    own = between.count(only)
    return only if fisher_greater(len(lost), own, 0, len(between) - own) < SHUT_P else None
