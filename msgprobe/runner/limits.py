"""How much a run may do: at once, in bytes, and until when."""

from msgprobe.model.dataclass import dataclass

GRACE = 1.0
"""Seconds after a task's own deadline when the runner cuts it: inner deadlines end first."""

MOVING = 10.0
"""Seconds after ``Limits.latest`` when the last transfer ends: what moved until then tells."""

LAST_MOVING = 7.0
"""Seconds after ``Limits.latest`` until which transfers may begin, so that they have three."""


LEAST = 8.0
"""Seconds that any other conversation may take: three SYN retransmissions and the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``at_once`` conversations at a time, ``pace`` seconds between starts, ``max_bytes`` on the
    wire for all of them; ``deadline`` is in seconds since the run began, and nothing but
    transfers begins after ``latest``.

    Conversations that wait for silence cost nothing, so many may; what protects a slow line is the
    pace, which ``Runner.slow_down`` sets once the line has been measured.
    """

    at_once: int = 150
    pace: float = 0.004
    max_bytes: int = 5_000_000
    deadline: float = 60.0
    latest: float = float("inf")

    def until(self, moving: bool) -> float:
        """Until when a task may begin; ``moving``: a transfer."""
        return self.latest + LAST_MOVING * moving

    def over(self, began: float, timeout: float, *, moving: bool) -> float:
        """When a task that began then, and may take ``timeout`` seconds, is over at the latest."""
        least, more = (MOVING - LAST_MOVING, MOVING) if moving else (LEAST, LEAST)
        return began + min(timeout, max(least, self.latest + more - began))

    def left(self, now: float) -> float:
        """Seconds from ``now`` on within which the last conversation is over, whatever happens."""
        return max(0.0, min(self.deadline, self.latest + MOVING + GRACE) - now)
