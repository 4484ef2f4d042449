"""HTTP/1.1 as a small server speaks it (RFC 9112), and the ways in which servers misbehave."""

import array
import asyncio
import datetime as dt
import socket
import sys
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from tests.lab.world import mean
from tests.lab.world.config import HostPolicy, Pace, Stop
from tests.lab.world.talk import abort_writer

_HEAD_LIMIT: Final = 32_768
_BODY_LIMIT: Final = 1 << 17
_UPLOAD_LIMIT: Final = 1 << 22
_CHUNK: Final = 1 << 16
_TICK_S: Final = 0.05
_IDLE_S: Final = 60.0
_FLOOD: Final = 1 << 26
_LONGEST_S: Final = 120.0
"""No answer, however endless, goes on longer than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def host(self) -> str | None:
        """The Host without a port."""
        host = self.headers.get("host", "").lower()
        return host.rsplit(":", 1)[0] if host and not host.endswith("]") else host or None

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer; Date, Content-Length and Connection are added when it is sent."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()

    def altered(self, policy: HostPolicy) -> "Response":
        """As ``policy`` wants it."""
        body = self._body(policy)
        kept = self.headers if body is self.body else _without_range(self.headers)
        return replace(
            self,
            status=policy.status or self.status,
            body=body,
            headers=(*kept, *policy.headers),
        )

    def _body(self, policy: HostPolicy) -> bytes:
        if policy.body_bytes:
            return b"<!-- long -->\n" * (policy.body_bytes // 14) + bytes(policy.body_bytes % 14)
        return self.body if policy.body is None else policy.body.encode()


def _without_range(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Another body is no part of what was asked for."""
    return tuple(h for h in headers if h[0] not in ("Content-Range", "Accept-Ranges"))


Answer = Callable[[Request], Awaitable[Response | None] | Response | None]
"""None hangs up without an answer."""
Upgrade = Callable[[Request, tuple[asyncio.StreamReader, asyncio.StreamWriter]], Awaitable[bool]]
"""Speaks another protocol from here on, and says that it did."""
Takes = Callable[[Request], bool]
"""Whether a request, whose body has not come yet, is an upload: long, and of no interest."""


class NotHttp(Exception):
    """The client spoke something else."""


class TooMuch(Exception):
    """The client sends more than the server takes."""


async def read_request(reader: asyncio.StreamReader, takes: Takes, most: int = 0) -> Request | None:
    """The next request, None at the end of the stream; an upload's body is read and dropped.

    Raises NotHttp, IncompleteReadError, TimeoutError, TooMuch for an upload of more than ``most``.
    """
    try:
        async with asyncio.timeout(_IDLE_S):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise NotHttp("ended within a request") from None
        return None
    except asyncio.LimitOverrunError:
        raise NotHttp("no end of the request's head") from None
    lines = head.decode("latin-1").split("\r\n")
    first = lines[0].split(" ")
    if len(head) > _HEAD_LIMIT or len(first) != 3 or not first[2].startswith("HTTP/"):
        raise NotHttp("no request line")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    size = headers.get("content-length", "0")
    length = int(size) if size.isascii() and size.isdigit() else 0
    request = Request(method=first[0], target=first[1], headers=headers)
    upload = length > 0 and takes(request)
    if length > (_UPLOAD_LIMIT if upload else _BODY_LIMIT):
        raise NotHttp("request body too long")
    if upload:
        await _swallow(reader, min(length, most or length))
        if most and length > most:
            raise TooMuch
        return request
    async with asyncio.timeout(_IDLE_S):
        body = await reader.readexactly(length)
    return replace(request, body=body)


async def _swallow(reader: asyncio.StreamReader, length: int) -> None:
    """Take a body as it comes: how fast is the network's business. Raises IncompleteReadError."""
    left = length
    while left:
        async with asyncio.timeout(_IDLE_S):
            data = await reader.read(min(left, _CHUNK))
        if not data:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(data)


async def converse(
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    answer: Answer,
    now: Callable[[], dt.datetime],
    policy: HostPolicy | None = None,
    takes: Takes = lambda request: False,
    upgrade: Upgrade | None = None,
) -> None:
    """Answer requests until either side has enough. Raises OSError."""
    reader, writer = streams
    always = policy or HostPolicy()
    while True:
        try:
            request = await read_request(reader, takes, always.takes_at_most)
        except TooMuch:
            abort_writer(writer)
            return
        except (NotHttp, asyncio.IncompleteReadError):
            writer.write(encode(Response(status=400, body=b"Bad Request"), now(), close=True))
            return
        if request is None:
            return
        policy = always if always.concerns(request.path, request.headers) else HostPolicy()
        await asyncio.sleep(policy.think_s)
        if upgrade is not None and "upgrade" in request.headers and await upgrade(request, streams):
            return
        if kind := mean.following(policy.mischief, "http"):
            await mean.perform(streams, kind(b""))
            return
        answered = answer(request)
        response = await answered if isinstance(answered, Awaitable) else answered
        if response is None:
            return
        response = response.altered(policy)
        close = request.headers.get("connection", "").lower() == "close"
        data = encode(response, now(), close=close, head=request.method == "HEAD")
        if not await _say(writer, policy, data):
            return
        if close or writer.is_closing():
            return


def encode(
    response: Response, now: dt.datetime, *, close: bool = False, head: bool = False
) -> bytes:
    """The bytes of ``response`` at the world's time ``now``."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    fields = [("Date", format_datetime(now, usegmt=True)), *response.headers]
    if response.status != 204:
        fields.append(("Content-Type", response.content_type))
        fields.append(("Content-Length", str(len(response.body))))
    fields.append(("Connection", "close" if close else "keep-alive"))
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{key}: {value}" for key, value in fields)]
    text = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return text if head or response.status == 204 else text + response.body


async def _say(writer: asyncio.StreamWriter, policy: HostPolicy, data: bytes) -> bool:
    """Send ``data`` as ``policy`` says; False where nothing may follow it."""
    if 0 < policy.stops_after < len(data):
        await _send(writer, data[: policy.stops_after])
        if policy.stop != "pause":
            await _stop(writer, policy.stop)
            return False
        await asyncio.sleep(policy.pause_s)
        data = data[policy.stops_after :]
    if policy.pace == "slow":
        await _send_slowly(writer, data, policy.rate)
    elif policy.pace == "normal":
        await _send(writer, data)
    else:
        await misbehave(writer, policy.pace, data)
        return False
    return True


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send ``data`` no faster than the client takes it, as long as there is a client."""
    whole = memoryview(data)
    for at in range(0, len(data), _CHUNK):
        writer.write(whole[at : at + _CHUNK])
        await writer.drain()
        if writer.is_closing():
            return


async def _stop(writer: asyncio.StreamWriter, how: Stop) -> None:
    """End a connection in the middle of an answer, once what was said has arrived."""
    await asyncio.sleep(0.5)
    if how == "goodbye":
        writer.close()
    elif how == "reset":
        abort_writer(writer)
    else:
        writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
        await asyncio.sleep(1.0)
        abort_writer(writer)


async def _send_slowly(writer: asyncio.StreamWriter, data: bytes, rate: int) -> None:
    """Send ``data`` at ``rate`` bytes per second from the first byte on, in steps of `_TICK_S`."""
    whole = memoryview(data)
    step = max(1, round(rate * _TICK_S))
    loop = asyncio.get_running_loop()
    due = loop.time()
    async with asyncio.timeout(_LONGEST_S):
        for at in range(0, len(data), step):
            writer.write(whole[at : at + step])
            await writer.drain()
            if writer.is_closing():
                return
            # A step that came a little late is made up for, a client's own pause is not.
            due = max(due + _TICK_S, loop.time() - 2 * _TICK_S)
            await asyncio.sleep(due - loop.time())


async def misbehave(writer: asyncio.StreamWriter, pace: Pace, data: bytes) -> None:
    """Send ``data``, or something worse, the way ``pace`` says, for a bounded time."""
    async with asyncio.timeout(_LONGEST_S):
        if pace == "silent":
            await asyncio.sleep(_LONGEST_S)
        elif pace == "drip":
            for at in range(len(data)):
                writer.write(data[at : at + 1])
                await writer.drain()
                await asyncio.sleep(1.0)
        elif pace == "endless":
            head = data.partition(b"\r\n\r\n")[0].replace(b"Content-Length", b"X-Length")
            writer.write(head + b"\r\n\r\n")
            await _flood(writer, b"<!-- endless -->\n" * 512)
        elif pace == "huge":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nX-Long: ")
            await _flood(writer, b"a" * 8192)
        else:
            writer.write(_NONSENSE[pace])
            await writer.drain()


async def _flood(writer: asyncio.StreamWriter, chunk: bytes) -> None:
    """Write until the client leaves, at most `_FLOOD` octets, without hogging the event loop.

    `drain` neither fails nor waits once a TLS client has closed, hence the look and the pause.
    """
    for _ in range(_FLOOD // len(chunk)):
        if writer.is_closing():
            return
        writer.write(chunk)
        await writer.drain()
        await asyncio.sleep(0.0005)


_NONSENSE: Final[dict[str, bytes]] = {
    "malformed": b"HTTQ/9 banana\r\n\x00\xff\xfe: \r\nContent-Length: -4\r\n\r\n"
    + bytes(range(256)),
    # A terminal must never see these (title, clear screen, bell, a fake verdict).
    "escapes": b"HTTP/1.1 200 \x1b[2J\x1b]0;owned\x07OK\r\nServer: \x1b[31mevil\x1b[0m\r\n"
    b"Content-Length: 30\r\nConnection: close\r\n\r\n\x1b[1A\x1b[2KTelegram: ok\x07 padding!!",
}


def filler(seed: str, size: int) -> bytes:
    """``size`` bytes of text that are always the same for ``seed`` and do not compress away."""
    number = zlib.crc32(seed.encode())
    words = array.array("I")
    for _ in range(-(-size // 9)):
        number = (number * 1103515245 + 12345) & 0xFFFFFFFF
        words.append(number)
    if sys.byteorder == "little":
        words.byteswap()
    return words.tobytes().hex(" ", 4).encode()[:size]
