"""First packets: what opens something on this line, and when it was answered."""

from dataclasses import dataclass

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
