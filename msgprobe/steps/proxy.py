"""One connect through the user's proxy: another vantage than this connection's own.

SOCKS5 (RFC 1928, RFC 1929) and HTTP CONNECT (RFC 9110 §9.3.6) are python-socks' business, over the
stream that we opened. What is recorded is about the way from the proxy onwards: never where the
proxy is, and nothing that the kernel knows, for that is about the way to the proxy.
"""

import asyncio
import importlib.util
import ipaddress
from typing import Any

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import TcpInfo
from msgprobe.model.reach import Reach
from msgprobe.steps.accounting import lookup_bytes, unconnected_bytes
from msgprobe.steps.classify import classify
from msgprobe.steps.connect import connect_seen
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import ConnectError, Proxy, Stream, exactly
from msgprobe.steps.layered import LayeredStream

EXTRA = "via"
"""The extra of this package that brings the library."""

_HEADER_CAP = 16 * 1024
"""Most bytes of a proxy's own answer."""

_UNREACHED = {
    1: Failure.HOST_UNREACHABLE,  # "general failure": what most proxies say when a dial fails
    3: Failure.NETWORK_UNREACHABLE,
    4: Failure.HOST_UNREACHABLE,
    5: Failure.CONNECTION_REFUSED,
    6: Failure.TIMED_OUT,
}
"""RFC 1928 §6: replies about the target. Any other is about the proxy and what it allows."""

_GATEWAY = {
    404: Failure.HOST_UNREACHABLE,
    500: Failure.HOST_UNREACHABLE,
    502: Failure.HOST_UNREACHABLE,
    503: Failure.HOST_UNREACHABLE,
    504: Failure.TIMED_OUT,
}
"""Statuses by which HTTP proxies say that they could not reach the target."""


def available() -> bool:
    """The library that speaks to proxies is installed."""
    return importlib.util.find_spec("python_socks") is not None


class ProxiedStream(LayeredStream):
    """A stream to the target as if there were no proxy; ``below`` is the one to the proxy."""

    def __init__(self, below: Stream, address: str, port: int) -> None:
        super().__init__(below)
        self.below = below
        self._target = address
        self._target_port = port
        self._early = b""

    @property
    def address(self) -> str:
        """What the proxy was told to dial."""
        return self._target

    @property
    def port(self) -> int:
        """The target's port."""
        return self._target_port

    def tcp_info(self) -> TcpInfo | None:
        """Nothing: the kernel only knows the way to the proxy."""
        return None

    async def send(self, data: bytes) -> None:
        """Hand all of ``data`` to the kernel. Raises OSError."""
        await self.below.send(data)

    async def receive(self, limit: int) -> bytes:
        """At most ``limit`` bytes; empty at the end. Raises OSError."""
        if self._early:
            data, self._early = self._early[:limit], self._early[limit:]
            return data
        return await self.below.receive(limit)

    # -- what python-socks asks of a stream

    async def write(self, data: bytes) -> None:
        """As ``send``."""
        await self.below.send(data)

    async def read(self, max_bytes: int = 0) -> bytes:
        """A whole HTTP head, however it is cut; what comes behind it is kept for ``receive``."""
        head = b""
        while b"\r\n\r\n" not in head:
            data = await self.below.receive(4096)
            if not data or len(head) > _HEADER_CAP:
                raise EOFError
            head += data
        end = head.index(b"\r\n\r\n") + 4
        head, self._early = head[:end], head[end:]
        return head

    async def read_exactly(self, n: int) -> bytes:
        """``n`` bytes. Raises EOFError when there are fewer."""
        return await exactly(self.below, n)


async def connect_through(
    ctx: StepContext, address: str, port: int
) -> Done[ProxiedStream] | Failed:
    """Have the world's proxy dial ``address`` (a name or an IP literal); records a TcpObservation.

    The caller closes ``below`` of the stream. Raises ValueError when the world has no proxy.
    """
    proxy = ctx.world.proxy
    if proxy is None:
        raise ValueError("there is no proxy to go through")
    start = ctx.now()
    failure: Failure | None = Failure.INTERRUPTED
    below: Stream | None = None
    try:
        if not _may_be_told(ctx, address):
            failure = Failure.NOT_ALLOWED
            return Failed(failure, Operation.CONNECT)
        below = await _reach(ctx, proxy)
        if below is None:
            failure = Failure.PROXY_FAILED
            return Failed(failure, Operation.CONNECT)
        stream = ProxiedStream(below, address, port)
        failure = await _ask(ctx, proxy, stream)
        return Done(stream) if failure is None else Failed(failure, Operation.CONNECT)
    finally:
        if failure is not None and below is not None:
            ctx.recorder.closing(below, aborted=True)
            below.close(abort=True)
        ctx.record(connect_seen(ctx, start, failure, address, port))


def _may_be_told(ctx: StepContext, address: str) -> bool:
    """A name is the proxy's to resolve; a literal it dials as it is, often from this device."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return True
    return ctx.world.network.reach(address) is Reach.FREE


async def _reach(ctx: StepContext, proxy: Proxy) -> Stream | None:
    """The stream to the proxy, None when there is none to be had."""
    try:
        address = await _locate(ctx, proxy.host)
    except OSError:  # socket.gaierror and TimeoutError are such
        return None
    try:
        network = ctx.world.to_proxy or ctx.world.network
        below = await network.connect_tcp(address, proxy.port, timeout=ctx.remaining())
    except OSError as exc:
        info = exc.info if isinstance(exc, ConnectError) else None
        sent, received = unconnected_bytes(address, info)
        ctx.recorder.count(sent=sent, received=received)
        return None
    ctx.recorder.opened(below)
    return below


async def _locate(ctx: StepContext, host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    sent, received = lookup_bytes(host, 2)
    ctx.recorder.count(sent=sent, received=received)
    found, _ = await ctx.world.network.lookup(host, (4, 6), timeout=ctx.remaining())
    return next((a for a in found if ":" not in a), found[0] if found else host)


async def _ask(ctx: StepContext, proxy: Proxy, stream: ProxiedStream) -> Failure | None:
    """What came of asking the proxy to dial; None: it did."""
    # Its public interface opens sockets of its own and takes the first packet of an HTTP answer
    # for the whole head; the connectors below it take any stream.
    from python_socks import ProxyType
    from python_socks._connectors.factory_async import create_connector
    from python_socks._protocols.errors import ReplyError

    nobody: Any = None  # whoever resolves names, it is not us
    connector = create_connector(
        ProxyType.SOCKS5 if proxy.scheme == "socks5" else ProxyType.HTTP,
        proxy.user,
        proxy.password,
        True,
        nobody,
    )
    line: Any = stream
    # not every version of the library brackets IPv6 literals in HTTP itself (RFC 3986 §3.2.2)
    bare = proxy.scheme == "socks5" or ":" not in stream.address
    target = stream.address if bare else f"[{stream.address}]"
    try:
        async with asyncio.timeout(ctx.remaining()):
            await connector.connect(line, target, stream.port)
    except ReplyError as exc:
        said = _UNREACHED if proxy.scheme == "socks5" else _GATEWAY
        return said.get(int(exc.error_code or 0), Failure.PROXY_FAILED)
    except (OSError, EOFError) as exc:
        # a proxy that has not even said hello is none
        spoke = proxy.scheme == "http" or stream.received > 0
        return classify(exc) if spoke else Failure.PROXY_FAILED
    except Exception:  # the library trips over what no proxy would say
        return Failure.PROXY_FAILED
    return None
