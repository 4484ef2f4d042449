"""What this device did to a conversation: it stood still, or had nothing left to hold it with."""

from collections.abc import Iterable
from dataclasses import replace

from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Observation, TcpObservation, TransferObservation
from msgprobe.steps.context import ESTABLISHED

FRESH = 0.05
"""Seconds between two looks at the clock."""

PEERS_PATIENCE = 3.0
"""Seconds that anybody waits for us; who stood still for longer may have been given up."""

AWAKE = 0.5
"""Seconds of running in which all that waited in the kernel has been read."""

STOOD_STILL = 0.5
"""Seconds by which a look at the clock is late when this process, not the network, stood still."""


@dataclass(slots=True)
class Watch:
    """Tells by the clock that nothing of this process ran for a while: it was stopped (SIGSTOP, a
    suspended machine), got no processor, or did something long itself."""

    _looked_at: float | None = None

    def look(self, now: float) -> float:
        """Seconds for which nothing was looked at until ``now``, 0 where that is as usual."""
        late = now - (now if self._looked_at is None else self._looked_at) - FRESH
        self._looked_at = now
        return max(0.0, late)


@dataclass(slots=True)
class Stops:
    """For how long this process stood still during one conversation, in ``seconds``; ``late`` are
    all that it was late by, however short."""

    seconds: float = 0.0
    late: float = 0.0
    _since: float | None = None
    _until: float = 0.0
    _longest: float = 0.0

    def add(self, now: float, late: float) -> None:
        """Nothing was looked at for ``late`` seconds until ``now``."""
        self.late += late
        if late < STOOD_STILL:
            return
        self._since = now - late if self._since is None else self._since
        self._until, self._longest = now, max(late, self._longest)
        self.seconds += late

    def spoiled(self, observations: Iterable[Observation]) -> bool:
        """Some of it tells of this device, not of the network (see `voided`)."""
        return any(map(self._late, observations))

    def voided(self, observations: Iterable[Observation]) -> tuple[Observation, ...]:
        """The observations, where those that failed for our standing still no longer blame anybody,
        nor do transfers that stood still tell of speed.

        An answer that waited for us in the kernel is lost to whoever looks at the clock first, and
        a peer whose patience ended meanwhile hangs up: neither is the network's doing. But what
        came while we stood still for a moment is read as soon as we run again: who was silent for
        long enough after that was silent.
        """
        return tuple(
            replace(o, failure=Failure.INTERRUPTED) if self._late(o) else o for o in observations
        )

    def _late(self, seen: Observation) -> bool:
        if self._since is None or seen.window.end < self._since:
            return False
        if isinstance(seen, TransferObservation):
            return True
        if seen.failure is None:
            return False
        if self._longest >= PEERS_PATIENCE:
            return True
        return seen.window.end < self._until + AWAKE and not _nothing_came(seen)


def _nothing_came(seen: Observation) -> bool:
    """The kernel, which did not stand still, had nothing from the peer either."""
    info = getattr(seen, "info", None)
    if info is None or seen.failure is not Failure.TIMED_OUT:
        return False
    return bool(
        info.state != ESTABLISHED if isinstance(seen, TcpObservation) else not info.bytes_received
    )
