"""Peers that say what a fuzzer thought of, to the steps that hold a codec of others'.

Nothing here waits: a step that would wait for the network finds its end instead.
"""

import asyncio
from base64 import b64encode
from collections.abc import Coroutine
from functools import cache
from hashlib import sha1
from types import SimpleNamespace
from typing import Any, Final, cast

from msgprobe.model.observation import TcpInfo
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.context import StepContext
from msgprobe.steps.dns_stream import _Refused, _TcpDoor
from msgprobe.steps.door import Proxy, Stream
from msgprobe.steps.http2 import _Visit
from msgprobe.steps.http_exchange import HttpConnection, HttpFault, Reading
from msgprobe.steps.protocol import Exchange
from msgprobe.steps.proxy import ProxiedStream, _ask
from msgprobe.steps.websocket import WebSocketStream, _Upgrade
from msgprobe.wire.dns_message import parse_answer
from tests.wire.codecs import QUERY

PIECE: Final = 97
"""Octets that arrive together, so that frames and header fields are cut."""

SETTINGS: Final = b"\0\0\0\x04\0\0\0\0\0"
"""An empty SETTINGS frame (RFC 9113 section 6.5)."""

ACCEPT: Final = b"@accept@"
"""In an answer to an upgrade: what proves that our key was read (RFC 6455 section 4.2.2)."""

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ENDS: Final = (EOFError, TooLarge, HttpFault, _Refused)
"""How the steps are told that it is over; each becomes an observation."""


class Tape:
    """A stream whose peer says ``data`` in small pieces and leaves."""

    address, port, source_port = "192.0.2.1", 443, 0

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.sent = self.received = 0

    async def send(self, data: bytes) -> None:
        self.sent += len(data)

    async def receive(self, limit: int) -> bytes:
        size = min(limit, PIECE)
        data, self._data = self._data[:size], self._data[size:]
        self.received += len(data)
        return data

    def tcp_info(self) -> TcpInfo | None:
        return None


class _Agreeing(Tape):
    """Proves in its answer that it read the key of our upgrade request."""

    async def send(self, data: bytes) -> None:
        if not self.sent and ACCEPT in self._data:
            key = data.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
            self._data = self._data.replace(ACCEPT, b64encode(sha1(key + _GUID).digest()), 1)
        await super().send(data)


def done(work: Coroutine[Any, Any, object]) -> None:
    """Run what never has to wait."""
    try:
        work.send(None)
    except StopIteration:
        return
    except _ENDS:
        return
    raise AssertionError("it waits")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def done_in_time(work: Coroutine[Any, Any, object]) -> None:
    """Run what needs an event loop for its deadlines; one for all, for making it takes longer.

    Where one runs already, its deadlines are enough."""
    if asyncio._get_running_loop() is not None:
        done(work)
        return
    try:
        _loop().run_until_complete(work)
    except _ENDS:
        return


def _here(data: bytes) -> Stream:
    return cast(Stream, Tape(data))


def context(seconds: float = 5.0) -> StepContext:
    """As much of it as these steps look at."""
    shown = SimpleNamespace(now=lambda: 0.0, remaining=lambda cap=None: cap or seconds)
    return cast(StepContext, shown)


# --- WebSocket ------------------------------------------------------------------------------------


def frames(data: bytes) -> None:
    """Frames after an upgrade (RFC 6455 section 5)."""
    from wsproto import WSConnection
    from wsproto.connection import Connection, ConnectionType

    connection = cast(WSConnection, Connection(ConnectionType.CLIENT))
    done(_messages(WebSocketStream(_here(data), connection), len(data)))


async def _messages(stream: WebSocketStream, most: int) -> None:
    size = 0
    while found := await stream.receive(64):
        size += len(found)
    # U+FFFD takes three octets where one was wrong.
    assert size <= 3 * most


def answer(data: bytes) -> None:
    """The answer to our upgrade request."""
    done(_upgraded(data))


async def _upgraded(data: bytes) -> None:
    stream = cast(Stream, _Agreeing(data))
    asked = _Upgrade(stream)
    await asked.ask("messenger.test", "/ws", {"Origin": "https://messenger.test"}, ())
    if asked.status == 101:
        await _messages(WebSocketStream(stream, asked.connection), len(data) + 28)


# --- HTTP -----------------------------------------------------------------------------------------


def http1(data: bytes) -> None:
    """Two answers on one connection (RFC 9112)."""
    done(_asked(data))


async def _asked(data: bytes) -> None:
    connection = HttpConnection(_here(data), _nothing, _nothing)
    fields = [(b"Host", b"messenger.test"), (b"Connection", b"keep-alive")]
    for _ in range(2):
        await connection.ask("GET", "/", fields, b"", Reading(most=1024, rest=1024))
        assert len(connection.body) <= 1024


def _nothing() -> None:
    pass


def http2(data: bytes) -> None:
    """What a server says on a connection with one request (RFC 9113)."""
    done(_visited(data))


def http2_settled(data: bytes) -> None:
    """The same, once its settings came."""
    done(_visited(SETTINGS + data))


def http2_headers(data: bytes) -> None:
    """A block of compressed headers (RFC 7541) that answers the request."""
    head = len(data).to_bytes(3) + b"\x01\x05" + (1).to_bytes(4)
    done(_visited(SETTINGS + head + data))


async def _visited(data: bytes) -> None:
    visit = _Visit(Exchange(context(), _here(data)), "messenger.test", "/")
    await visit.begin()
    await visit.until_settings()
    await visit.until_answered()
    assert visit.status is None or 0 <= visit.status <= 999
    await visit.end()


# --- others ---------------------------------------------------------------------------------------


def dns_tcp(data: bytes) -> None:
    """An answer with its length in front (RFC 7766)."""
    done(_resolved(data))


async def _resolved(data: bytes) -> None:
    parse_answer(QUERY, await _TcpDoor(_here(data)).ask(QUERY, last=True))


def socks5(data: bytes) -> None:
    """A SOCKS5 proxy (RFC 1928) that is asked to dial, and what it hands through."""
    done_in_time(_dialled("socks5", data))


def connect(data: bytes) -> None:
    """The same with CONNECT (RFC 9110 section 9.3.6)."""
    done_in_time(_dialled("http", data))


async def _dialled(scheme: str, data: bytes) -> None:
    stream = ProxiedStream(_here(data), "192.0.2.1", 443)
    asked = Proxy(scheme=scheme, host="192.0.2.9", port=1080, user="a", password="b")
    if await _ask(context(), asked, stream) is None:
        while await stream.receive(64):
            pass
