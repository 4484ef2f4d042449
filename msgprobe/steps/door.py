"""The doors to the outside, as protocols: everything that a step touches goes through one of them.

Every method that waits may be cancelled, and raises ``OSError`` with errno intact.
"""

from dataclasses import field
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from msgprobe.model.dataclass import dataclass
from msgprobe.model.observation import TcpInfo
from msgprobe.model.reach import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The user's own proxy, a second vantage. ``scheme`` is ``socks5`` or ``http``.

    Neither where it is nor who may use it is ever recorded or shown.
    """

    scheme: str
    host: str = field(repr=False)
    port: int = field(repr=False)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


class Clock(Protocol):
    """Time. ``monotonic`` for durations and deadlines, in seconds; ``utcnow`` for dates."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def utcnow(self) -> datetime:
        """This machine's wall clock, aware, in UTC."""
        ...


class ConnectError(OSError):
    """A connect that failed; ``__cause__`` is the ``OSError`` (``TimeoutError``: our deadline).

    ``info`` and ``source_port`` are what the kernel still knew about the attempt.
    """

    def __init__(self, cause: OSError, info: TcpInfo | None, source_port: int) -> None:
        super().__init__(*cause.args)
        self.__cause__ = cause
        self.info = info
        self.source_port = source_port


class NotAllowed(OSError):
    """We do not send that there: see `msgprobe.model.reach`. Nothing has left this device."""


class Licence(IntEnum):
    """What may be said to a peer at a special address to which only an answer of the network led.

    Elsewhere everything may, and nobody needs to ask.
    """

    NOTHING = 0
    """It has proved nothing, and was not asked to."""
    OPENING = 1
    """The first words of a protocol in which the peer proves itself, or what a sentinel is for."""
    EVERYTHING = 2
    """It has proved itself."""


class Stream(Protocol):
    """A connected byte stream to one address.

    ``sent`` and ``received`` count payload bytes at TCP level.
    """

    @property
    def address(self) -> str:
        """The peer's IP literal."""
        ...

    @property
    def port(self) -> int:
        """The peer's port."""
        ...

    @property
    def source_port(self) -> int:
        """Our port; 0 when it is not known."""
        ...

    @property
    def licence(self) -> Licence:
        """What may be sent; `Licence.EVERYTHING` where nothing is in doubt."""
        ...

    def allow(self, licence: Licence) -> None:
        """Whoever speaks a protocol says what its first words, and then the peer's proof, allow.

        Without effect where nothing is in doubt.
        """
        ...

    @property
    def sent(self) -> int:
        """Payload bytes handed to the kernel."""
        ...

    @property
    def received(self) -> int:
        """Payload bytes read."""
        ...

    async def send(self, data: bytes) -> None:
        """Hand all of ``data`` to the kernel. Raises OSError (`NotAllowed`: see ``licence``)."""
        ...

    async def receive(self, limit: int) -> bytes:
        """At most ``limit`` bytes, as soon as there are any; empty at the end. Raises OSError."""
        ...

    async def finish(self, timeout: float) -> None:
        """Say goodbye: send FIN, then read what is left until the peer's FIN, or ``timeout``.

        Keeps the close from turning into a reset. Never raises for the network.
        """
        ...

    def tcp_info(self) -> TcpInfo | None:
        """What the kernel knows now (at the end, once closed); None where it does not tell."""
        ...

    def close(self, *, abort: bool = False) -> None:
        """Release the socket; with ``abort`` by a reset, so that the kernel retries nothing."""
        ...


async def exactly(stream: Stream, size: int) -> bytes:
    """``size`` bytes of the stream. Raises EOFError when there are fewer, and OSError."""
    found = b""
    while len(found) < size:
        more = await stream.receive(size - len(found))
        if not more:
            raise EOFError
        found += more
    return found


class Datagrams(Protocol):
    """An unconnected UDP socket that asks one address and hears whoever answers."""

    @property
    def licence(self) -> Licence:
        """As of a `Stream`."""
        ...

    def allow(self, licence: Licence) -> None:
        """As of a `Stream`."""
        ...

    async def send(self, data: bytes) -> None:
        """Send one datagram to the address asked. Raises OSError."""
        ...

    async def receive(self) -> tuple[bytes, str, int]:
        """The next datagram, its source address and port. Raises OSError (ICMP refusal too)."""
        ...

    def close(self) -> None:
        """Release the socket."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpOptions:
    """What a TCP socket is told before it connects.

    ``source_port`` 0 lets the kernel choose; ``mss`` clamps the segment size (0: no clamp),
    ``window`` is the receive buffer in bytes (0: the kernel's own).
    """

    source_port: int = 0
    mss: int = 0
    window: int = 0


USUAL = TcpOptions()
"""Everything is the kernel's to choose."""


class Network(Protocol):
    """The only door to the network. `NotAllowed` is the guard's, before any socket is made."""

    async def connect_tcp(
        self, address: str, port: int, *, timeout: float, options: TcpOptions = USUAL
    ) -> Stream:
        """Connect to one IP literal within ``timeout`` seconds. Raises ConnectError."""
        ...

    def open_udp(self, address: str, port: int) -> Datagrams:
        """A socket on a fresh random port for asking ``address``. Raises OSError."""
        ...

    def open_ping(self, address: str) -> Datagrams:
        """A socket for ICMP echoes to an IPv4 ``address``. Raises OSError where that is not for
        everybody."""
        ...

    async def lookup(
        self, name: str, families: tuple[int, ...], *, timeout: float
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Addresses and aliases as the system's resolver gives them.

        Raises socket.gaierror, UnicodeError for a name it refuses, and TimeoutError.
        """
        ...

    def reach(self, address: str) -> Reach:
        """What may be done with ``address``, as far as this door knows what led to it."""
        ...

    def route(self, address: str) -> str:
        """Source address the kernel would use towards ``address``; sends nothing. OSError: none."""
        ...


class Machine(Protocol):
    """What this machine knows about itself without asking anybody."""

    def interfaces_up(self) -> int:
        """Network interfaces besides loopback that are up."""
        ...

    def tunnel(self) -> bool:
        """Whether a default route is known to lead into a tunnel."""
        ...

    def system_resolvers(self) -> tuple[str, ...]:
        """Addresses of the DNS servers that are asked, in order; none where they are hidden."""
        ...

    def conversations(self) -> int:
        """How many it can hold at the same time, 1 at least."""
        ...

    def proxy_variables(self) -> tuple[str, ...]:
        """Names of the proxy variables that are set."""
        ...

    def own_addresses(self) -> tuple[str, ...]:
        """This device's addresses, with the lengths of their networks' prefixes where neighbours
        may live (``192.0.2.7/24``)."""
        ...
