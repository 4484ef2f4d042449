"""What this device did to a conversation: it stood still, or had nothing left to hold it with."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from msgprobe.model.failure import Failure
from msgprobe.model.observation import Observation, TransferObservation

FRESH = 0.05
"""Seconds between two looks at the clock."""

STOOD_STILL = 0.5
"""Seconds by which a look at the clock is late when this process, not the network, stood still."""


@dataclass(slots=True)
class Watch:
    """Tells by the clock that nothing of this process ran for a while: it was stopped (SIGSTOP, a
    suspended machine), got no processor, or did something long itself."""

    _looked_at: float | None = None

    def look(self, now: float) -> float:
        """Seconds for which it stood still until ``now``, 0 where that was too short to matter."""
        late = now - (now if self._looked_at is None else self._looked_at) - FRESH
        self._looked_at = now
        return late if late >= STOOD_STILL else 0.0


def spoiled(observations: Iterable[Observation], still_since: float | None) -> bool:
    """Some of it tells of this device, not of the network (see `voided`)."""
    return any(_late(o, still_since) for o in observations)


def voided(
    observations: Iterable[Observation], still_since: float | None
) -> tuple[Observation, ...]:
    """The observations, where those that failed after ``still_since`` (None: it never stood still)
    no longer blame anybody, nor do transfers that stood still tell of speed.

    An answer that waited for us in the kernel is lost to whoever looks at the clock first, and a
    peer whose patience ended meanwhile hangs up: neither is the network's doing.
    """
    return tuple(
        replace(o, failure=Failure.INTERRUPTED) if _late(o, still_since) else o
        for o in observations
    )


def _late(seen: Observation, still_since: float | None) -> bool:
    if still_since is None or seen.window.end < still_since:
        return False
    return seen.failure is not None or isinstance(seen, TransferObservation)
