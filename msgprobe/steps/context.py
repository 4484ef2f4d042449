"""What a step is given, and how it ends."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import field, replace
from typing import Generic, TypeVar

from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import Observation, TcpObservation, Window
from msgprobe.model.reach import is_own
from msgprobe.model.target import Key, Root
from msgprobe.steps.accounting import stream_bytes
from msgprobe.steps.door import Stream
from msgprobe.steps.world import World

T = TypeVar("T")

ESTABLISHED = 1
"""The state of a TCP connection that stands (Linux ``tcp_states.h``)."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The step did what it was asked to; ``value`` is what the next one needs."""

    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    """The network did not allow it. The observation says the rest."""

    failure: Failure
    operation: Operation


class Recorder:
    """Collects what one task saw and what it cost on the wire, IP headers included."""

    def __init__(self) -> None:
        self._observations: list[Observation] = []
        self._open: list[Stream] = []
        self._sent = 0
        self._received = 0

    @property
    def observations(self) -> tuple[Observation, ...]:
        """What was seen so far, in the order in which it ended."""
        return tuple(self._observations)

    @property
    def octets(self) -> tuple[int, int]:
        """Bytes sent and received so far, open streams included: each is a question to the
        kernel."""
        open_ones = [stream_bytes(stream) for stream in self._open]
        sent, received = (sum(one[way] for one in open_ones) for way in (0, 1))
        return self._sent + sent, self._received + received

    @property
    def bytes_sent(self) -> int:
        """Bytes sent so far, open streams included."""
        return self.octets[0]

    @property
    def bytes_received(self) -> int:
        """Bytes received so far, open streams included."""
        return self.octets[1]

    def record(self, observation: Observation) -> None:
        """Keep one observation. What came in time and was read too late blames nobody: this device
        was busy with something else when the answer lay in the kernel and our patience ended."""
        late = observation.failure is Failure.TIMED_OUT and (
            _stands(observation) or any(_holds(s, observation) for s in self._open)
        )
        seen = replace(observation, failure=Failure.INTERRUPTED) if late else observation
        self._observations.append(seen)

    def count(self, *, sent: int = 0, received: int = 0) -> None:
        """Add bytes on the wire that belong to no stream."""
        self._sent += sent
        self._received += received

    def opened(self, stream: Stream) -> None:
        """Watch what ``stream`` costs."""
        self._open.append(stream)

    def watches(self, stream: Stream) -> bool:
        """``stream`` was opened and not yet settled."""
        return stream in self._open

    def closing(self, stream: Stream, *, aborted: bool) -> None:
        """Settle what ``stream`` cost, just before it is closed. A stranger is ignored."""
        if stream not in self._open:
            return
        self._open.remove(stream)
        sent, received = stream_bytes(stream, aborted=aborted)
        self.count(sent=sent, received=received)


def _stands(seen: Observation) -> bool:
    """A connect whose answer the kernel had."""
    info = seen.info if isinstance(seen, TcpObservation) else None
    return info is not None and info.state == ESTABLISHED


def _holds(stream: Stream, seen: Observation) -> bool:
    """The kernel has more from the peer of ``seen`` than was read of ``stream``."""
    # a question to a resolver does not say where it went, and is asked by a task of its own
    if (
        isinstance(seen, TcpObservation)
        or getattr(seen, "address", stream.address) != stream.address
    ):
        return False
    info = stream.tcp_info()
    return info is not None and info.bytes_received > stream.received


class Patience:
    """How long something is waited for; whoever holds it may end that early."""

    def __init__(self) -> None:
        self._limit: asyncio.Timeout | None = None

    @asynccontextmanager
    async def within(self, seconds: float | None) -> AsyncIterator[None]:
        """As `asyncio.timeout`, which raises TimeoutError after so many seconds; None: not by
        itself."""
        try:
            async with asyncio.timeout(seconds) as self._limit:
                yield
        finally:
            self._limit = None

    def end(self) -> None:
        """What is being waited for with this, if anything is, has had its time."""
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time())


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """One conversation's share of the world.

    ``deadline`` is when the conversation must have ended, in seconds since the run began (as
    ``now()``); ``patience`` is that of its connect and handshake. ``roots`` maps a service's name
    to its own certificate authorities, ``keys`` to the public keys that it proves itself with.
    """

    world: World
    transaction: int
    deadline: float
    recorder: Recorder = field(default_factory=Recorder)
    patience: Patience = field(default_factory=Patience)
    roots: Mapping[str, tuple[Root, ...]] = field(default_factory=dict)
    keys: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)

    def now(self) -> float:
        """Seconds since the run began."""
        return self.world.now()

    def remaining(self, cap: float | None = None) -> float:
        """Seconds left until the deadline, at most ``cap``, never negative."""
        left = max(0.0, self.deadline - self.now())
        return left if cap is None else min(cap, left)

    def inside(self, addresses: tuple[str, ...]) -> tuple[str, ...]:
        """Those of ``addresses`` that lie in a network of this device's own."""
        own = self.world.machine.own_addresses() if addresses else ()
        return tuple(address for address in addresses if is_own(address, own))

    def window(self, start: float) -> Window:
        """From ``start`` until now."""
        return Window(start=start, end=self.now())

    def record(self, observation: Observation) -> None:
        """Keep one observation."""
        self.recorder.record(observation)
