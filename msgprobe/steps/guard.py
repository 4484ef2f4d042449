"""The last guard before the network: no mistake of a plan, a check or a plug-in passes it.

What may go where is `msgprobe.model.reach`. Here the door itself holds to it: for an address of
which nothing is known but that an answer named it, no socket is made where none may, and where the
peer has to prove itself first, nothing is sent but what asks for that proof.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from msgprobe.model.observation import HttpObservation, TlsObservation
from msgprobe.model.reach import Reach, reach
from msgprobe.steps.door import (
    USUAL,
    ConnectError,
    Datagrams,
    Licence,
    Network,
    NotAllowed,
    Stream,
    TcpOptions,
)
from msgprobe.steps.layered import LayeredStream

Seen = TypeVar("Seen", TlsObservation, HttpObservation)


def retained(stream: Stream, seen: Seen) -> Seen:
    """What is kept of what the peer of ``stream`` said: all, or of a stranger at a special address,
    which may be anybody's device, only of which kind it was."""
    if stream.licence is Licence.EVERYTHING:
        return seen
    if isinstance(seen, TlsObservation):
        return replace(seen, chain=(), plain=None if seen.plain is None else "")
    return replace(seen, headers=(), body="", links=(), date=None, clock_offset=None)


class GuardedNetwork:
    """A network behind the guard.

    ``given`` are addresses that the user or the catalogue names, to which the way is open. ``own``
    tells this device's addresses of now (see `Machine.own_addresses`).
    """

    def __init__(
        self, network: Network, given: frozenset[str], own: Callable[[], tuple[str, ...]]
    ) -> None:
        self._network = network
        self._given = given
        self._own = own

    async def connect_tcp(
        self, address: str, port: int, *, timeout: float, options: TcpOptions = USUAL
    ) -> Stream:
        """As the network's own. Raises ConnectError, also with `NotAllowed` as its cause."""
        try:
            free = self._is_free(address)
        except NotAllowed as exc:
            raise ConnectError(exc, None, options.source_port) from exc
        stream = await self._network.connect_tcp(address, port, timeout=timeout, options=options)
        return stream if free else GuardedStream(stream)

    def open_udp(self, address: str, port: int) -> Datagrams:
        """As the network's own. Raises OSError."""
        free = self._is_free(address)
        door = self._network.open_udp(address, port)
        return door if free else GuardedDatagrams(door)

    def open_ping(self, address: str) -> Datagrams:
        """As the network's own. Raises OSError."""
        free = self._is_free(address)
        door = self._network.open_ping(address)
        return door if free else GuardedDatagrams(door)

    async def lookup(
        self, name: str, families: tuple[int, ...], *, timeout: float
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """As the network's own."""
        return await self._network.lookup(name, families, timeout=timeout)

    def reach(self, address: str) -> Reach:
        """What may be done with ``address``."""
        return Reach.FREE if address in self._given else reach(address, self._own())

    def route(self, address: str) -> str:
        """As the network's own."""
        return self._network.route(address)

    def _is_free(self, address: str) -> bool:
        """Whether everything may be said there. Raises NotAllowed where nobody may go."""
        found = self.reach(address)
        if found is Reach.NEVER:
            raise NotAllowed
        return found is Reach.FREE


class GuardedStream(LayeredStream):
    """A stream to a peer that has yet to prove itself."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._licence = Licence.NOTHING

    @property
    def licence(self) -> Licence:
        """What may be sent."""
        return self._licence

    def allow(self, licence: Licence) -> None:
        """From now on this much may be sent; a proof once given is not undone by an opening."""
        if licence is not Licence.OPENING or self._licence is Licence.NOTHING:
            self._licence = licence

    async def send(self, data: bytes) -> None:
        """Hand all of ``data`` to the kernel. Raises OSError, `NotAllowed` without a licence."""
        if self._licence is Licence.NOTHING:
            raise NotAllowed
        await self._stream.send(data)

    async def receive(self, limit: int) -> bytes:
        """At most ``limit`` bytes; empty at the end. Raises OSError."""
        return await self._stream.receive(limit)


class GuardedDatagrams:
    """The same for datagrams."""

    def __init__(self, door: Datagrams) -> None:
        self._door = door
        self._licence = Licence.NOTHING

    @property
    def licence(self) -> Licence:
        """What may be sent."""
        return self._licence

    def allow(self, licence: Licence) -> None:
        """From now on this much may be sent."""
        self._licence = max(self._licence, licence)

    async def send(self, data: bytes) -> None:
        """Send one datagram to the address asked. Raises OSError, `NotAllowed` without a
        licence."""
        if self._licence is Licence.NOTHING:
            raise NotAllowed
        await self._door.send(data)

    async def receive(self) -> tuple[bytes, str, int]:
        """The next datagram with its source. Raises OSError."""
        return await self._door.receive()

    def close(self) -> None:
        """Release the socket."""
        self._door.close()
