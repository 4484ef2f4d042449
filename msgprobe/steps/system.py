"""The real clock and the real network: raw sockets to one address, errno intact."""

import asyncio
import contextlib
import errno
import os
import socket
import struct
import time
from datetime import UTC, datetime
from functools import partial

from msgprobe.model.observation import TcpInfo
from msgprobe.model.reach import Reach
from msgprobe.steps.accounts.own import system_name
from msgprobe.steps.aside import SMALL, begin
from msgprobe.steps.door import USUAL, ConnectError, Licence, TcpOptions
from msgprobe.steps.tcp_info import read_tcp_info

_DRAIN = 16 * 1024
"""Most bytes that are still read after we said goodbye."""

_MANY = 16 * 1024
"""Bytes of one stream after which others get their turn before each read."""

_ADDRESSES = 32
"""Addresses that are taken from one lookup."""

# Linux in6.h/in.h; Python does not name them. With it an unconnected socket hears ICMP errors.
_IP_RECVERR, _IPV6_RECVERR = 11, 25

_SYSTEM = system_name()

_LINUX = ("linux", "android")
"""Systems with Linux's kernel."""

_SLEEPLESS = {"darwin": "CLOCK_MONOTONIC"}.get(_SYSTEM, "CLOCK_BOOTTIME")
"""The clock that counts the seconds in which the machine slept; Windows' usual one does."""

_BOOT_CLOCK: int | None = getattr(time, _SLEEPLESS, None)

_SLOW = 0.5
"""Seconds of a lookup that nobody else has waited for without harm."""

_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _endpoint(address: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    """What the socket calls want; a link-local address carries its interface after ``%``."""
    host, _, zone = address.partition("%")
    if not zone:
        return host, port
    return host, port, 0, int(zone) if zone.isdigit() else socket.if_nametoindex(zone)


class SystemClock:
    """The machine's own clocks."""

    sees_sleep = _BOOT_CLOCK is not None
    """One clock runs on in sleep and another stands, as far as is known."""

    def monotonic(self) -> float:
        """Seconds on the monotonic clock, those in which the machine slept included.

        Linux leaves them out of CLOCK_MONOTONIC: a conversation that a suspended phone was in the
        middle of would seem to fail at once.
        """
        if _BOOT_CLOCK is None:
            return time.monotonic()
        return time.clock_gettime(_BOOT_CLOCK)

    def awake(self) -> float:
        """Seconds on a clock that stands while the machine sleeps, if it has one that does."""
        return time.monotonic()

    def utcnow(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.now(UTC)


class SystemStream:
    """A connected TCP socket."""

    licence = Licence.EVERYTHING

    def __init__(self, sock: socket.socket, address: str, port: int) -> None:
        self._sock = sock
        self._last: TcpInfo | None = None
        self._closed = False
        self.address = address
        self.port = port
        self.source_port = _source_port(sock)
        self.sent = 0
        self.received = 0

    def allow(self, licence: Licence) -> None:
        """Nothing: see `msgprobe.steps.guard` for who restricts."""

    async def send(self, data: bytes) -> None:
        """Hand all of ``data`` to the kernel. Raises OSError."""
        await asyncio.get_running_loop().sock_sendall(self._sock, data)
        self.sent += len(data)

    async def receive(self, limit: int) -> bytes:
        """At most ``limit`` bytes; empty at the end. Raises OSError."""
        if self.received > _MANY:
            # A socket that always has something to read never lets the loop look at the clock.
            await asyncio.sleep(0)
        data = await asyncio.get_running_loop().sock_recv(self._sock, limit)
        self.received += len(data)
        return data

    async def finish(self, timeout: float) -> None:
        """FIN, then read until the peer's, ``timeout`` or 16 KiB."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(timeout):
                left = _DRAIN
                while left > 0:
                    data = await self.receive(4096)
                    if not data:
                        break
                    left -= len(data)

    def tcp_info(self) -> TcpInfo | None:
        """The kernel's view now, or the last one before the close."""
        if not self._closed:
            self._last = read_tcp_info(self._sock)
        return self._last

    def close(self, *, abort: bool = False) -> None:
        """Release the socket, with a reset when ``abort``."""
        if self._closed:
            return
        self.tcp_info()
        self._closed = True
        if abort:
            _reset_on_close(self._sock)
        self._sock.close()


class SystemDatagrams:
    """A UDP socket that hears everybody where ICMP errors can still be heard, else (``connected``)
    one address."""

    licence = Licence.EVERYTHING

    def __init__(
        self, sock: socket.socket, address: str, port: int, *, connected: bool = False
    ) -> None:
        self._sock = sock
        self._peer = _endpoint(address, port)
        self._connected = connected

    def allow(self, licence: Licence) -> None:
        """Nothing: see `msgprobe.steps.guard` for who restricts."""

    async def send(self, data: bytes) -> None:
        """Send one datagram to the address asked. Raises OSError."""
        loop = asyncio.get_running_loop()
        if self._connected:  # where macOS refuses to be told whom (EISCONN)
            await loop.sock_sendall(self._sock, data)
        else:
            await loop.sock_sendto(self._sock, data, self._peer)

    async def receive(self) -> tuple[bytes, str, int]:
        """The next datagram with its source. Raises OSError."""
        try:
            data, source = await asyncio.get_running_loop().sock_recvfrom(self._sock, 4096)
        except ConnectionResetError as exc:
            # Windows' word for "no such port" (WSAECONNRESET); datagrams know no reset.
            raise ConnectionRefusedError(errno.ECONNREFUSED, str(exc)) from exc
        if source is None:  # ... as its event loop says it (ERROR_PORT_UNREACHABLE)
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        return data, source[0], source[1]

    def close(self) -> None:
        """Release the socket."""
        self._sock.close()


class SystemNetwork:
    """The real network."""

    _slow = False

    async def connect_tcp(
        self, address: str, port: int, *, timeout: float, options: TcpOptions = USUAL
    ) -> SystemStream:
        """Connect to one IP literal. Raises ConnectError."""
        try:
            sock = socket.socket(_family(address), socket.SOCK_STREAM)
        except OSError as exc:
            raise ConnectError(exc, None, options.source_port) from exc
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if options.mss and hasattr(socket, "TCP_MAXSEG"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, options.mss)
            if options.window:  # before the SYN: what was offered once cannot be taken back
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.window)
            # A port can be used again only if whoever had it before allowed that, too.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if options.source_port:
                sock.bind(("", options.source_port))
            async with asyncio.timeout(timeout):
                await asyncio.get_running_loop().sock_connect(sock, _endpoint(address, port))
            return SystemStream(sock, address, port)
        except OSError as exc:
            port_used = _source_port(sock) or options.source_port
            failed = ConnectError(exc, read_tcp_info(sock), port_used)
            sock.close()
            raise failed from exc
        except BaseException:
            sock.close()
            raise

    def open_udp(self, address: str, port: int) -> SystemDatagrams:
        """A socket on a fresh random port. Raises OSError."""
        family = _family(address)
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            if _SYSTEM not in _LINUX:
                sock.connect(_endpoint(address, port))
            elif family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
            else:
                sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        except OSError:
            sock.close()
            raise
        return SystemDatagrams(sock, address, port, connected=_SYSTEM not in _LINUX)

    def open_ping(self, address: str) -> SystemDatagrams:
        """An unprivileged ICMP socket. Raises OSError without the right to one (Linux:
        ``net.ipv4.ping_group_range``), and on systems whose sockets give more than the message."""
        if _SYSTEM not in _LINUX:
            raise OSError(errno.EPROTONOSUPPORT, os.strerror(errno.EPROTONOSUPPORT))
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
        sock.setblocking(False)
        return SystemDatagrams(sock, address, 0)

    async def lookup(
        self, name: str, families: tuple[int, ...], *, timeout: float
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ask getaddrinfo in a daemon thread, which may outlive us but holds nobody up."""
        family = _FAMILIES[families[0]] if len(families) == 1 else socket.AF_UNSPEC
        try:
            answer = begin(partial(_getaddrinfo, name, family), stack=SMALL)
        except RuntimeError:
            return self._lookup_here(name, family)
        asked = time.monotonic()
        async with asyncio.timeout(timeout):
            try:
                return await answer
            except socket.gaierror as exc:
                raise denial(exc, time.monotonic() - asked, _SYSTEM) from exc

    def _lookup_here(
        self, name: str, family: socket.AddressFamily
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Without a thread it holds up every conversation: a slow one is the last. Raises OSError.

        resolv.conf(5): the variable outweighs the file, and is read when a resolver is set up.
        """
        if self._slow:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"
        begun = time.monotonic()
        try:
            return _getaddrinfo(name, family)
        finally:
            self._slow = time.monotonic() - begun > _SLOW

    def reach(self, address: str) -> Reach:
        """Everything: see `msgprobe.steps.guard` for who restricts."""
        return Reach.FREE

    def route(self, address: str) -> str:
        """Source address towards ``address``: a UDP connect sends nothing. Raises OSError."""
        with socket.socket(_family(address), socket.SOCK_DGRAM) as sock:
            sock.connect((address, 53))
            return str(sock.getsockname()[0])


_SECOND_QUESTION = 1.0
"""Seconds of silence after which resolvers ask again, those of macOS and Windows the soonest."""


def denial(exc: socket.gaierror, seconds: float, system: str) -> socket.gaierror:
    """What getaddrinfo's error says. That of glibc and musl tells a denial from silence; that of
    other systems calls both "no such name", and a denial does not take ``seconds`` such as these.
    """
    exact = system == "linux" or seconds < _SECOND_QUESTION
    return exc if exact else socket.gaierror(socket.EAI_AGAIN, str(exc))


def _getaddrinfo(
    name: str, family: socket.AddressFamily
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = socket.getaddrinfo(  # noqa: TID251  (the one place behind steps.resolve)
        name, None, family=family, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME
    )
    addresses = tuple(dict.fromkeys(str(row[4][0]) for row in found))
    canonical = {row[3].rstrip(".").lower() for row in found if row[3]}
    return addresses[:_ADDRESSES], tuple(sorted(canonical - {name.rstrip(".").lower()}))


def _source_port(sock: socket.socket) -> int:
    try:
        return int(sock.getsockname()[1])
    except OSError:
        return 0


def _reset_on_close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
