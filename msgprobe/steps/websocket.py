"""WebSocket (RFC 6455) on a stream of ours: an upgrade, then a stream of messages.

wsproto speaks the protocol; like h11 it is imported only where it is used.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import HttpObservation
from msgprobe.steps.browser import USER_AGENT
from msgprobe.steps.classify import TooLarge, classify, errno_name
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.http_limits import BODY_KEPT, HEADER_CAP, kept_headers
from msgprobe.steps.http_seen import request_seen
from msgprobe.steps.layered import LayeredStream
from msgprobe.wire.error import WireError
from msgprobe.wire.printable import printable

if TYPE_CHECKING:
    from wsproto import WSConnection
    from wsproto.events import Event

UPGRADE_BOUND = 1024
"""More than our upgrade request takes without host, path and origin."""

FRAMED_CAP = 32 * 1024
"""Most bytes that are read after the upgrade, frame headers and control frames included."""

MOST_FRAMES = 256
"""Frames of the server's, empty ones and control frames included; honest ones send one to three."""

MOST_PONGS = 8
"""Pings that are answered. A pong costs more than its ping: a flood would spend the user's data."""

FRAME_BOUND = 14
"""The longest frame header of a client (RFC 6455 §5.2)."""

_CHUNK = 4096
_SWITCHING = 101


class ClosedByPeer(EOFError):
    """The peer said that it closes the WebSocket, in a Close frame; ``code`` as in §7.4."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code


class WebSocketStream(LayeredStream):
    """What `upgrade` gives; a Stream whose ``send`` is one message, binary or (``text``) UTF-8.

    What one ``receive`` gives never reaches into the next message; `message_whole` tells where one
    ends, for protocols without frames of their own. ``sent`` and ``received`` stay those of TCP.
    """

    def __init__(self, stream: Stream, connection: "WSConnection", *, text: bool = False) -> None:
        super().__init__(stream)
        self._connection = connection
        self._text = text
        self._buffer = b""
        self._left = FRAMED_CAP
        self._frames = self._pongs = 0
        self._closed: ClosedByPeer | None = None
        self._message_ended = True

    @property
    def message_whole(self) -> bool:
        """What was received so far ends where a message ends."""
        return self._message_ended and not self._buffer

    async def send(self, data: bytes) -> None:
        """Send ``data`` as one masked message. Raises OSError, UnicodeError for what is no text."""
        from wsproto.events import BytesMessage, TextMessage

        event = TextMessage(data=data.decode()) if self._text else BytesMessage(data=data)
        await self._stream.send(self._connection.send(event))

    async def receive(self, limit: int) -> bytes:
        """At most ``limit`` bytes of content; empty at an end that was not announced.

        Raises OSError, WireError for frames that RFC 6455 forbids, ClosedByPeer, and TooLarge.
        """
        from wsproto.utilities import ProtocolError

        try:
            while not await self._take():
                if self._closed is not None:
                    raise self._closed
                data = await self._stream.receive(_CHUNK)
                if not data:
                    return b""
                self._left -= len(data)
                if self._left < 0:
                    raise TooLarge
                self._connection.receive_data(data)
        except ProtocolError as exc:
            raise WireError(f"websocket: {printable(str(exc).encode(), 80)}") from exc
        data, self._buffer = self._buffer[:limit], self._buffer[limit:]
        return data

    def _count(self, event: "Event") -> None:
        """One more frame. Raises TooLarge in a flood of them."""
        from wsproto.events import Ping

        self._frames += 1
        self._pongs += isinstance(event, Ping)
        if self._frames > MOST_FRAMES or self._pongs > MOST_PONGS:
            raise TooLarge

    async def _take(self) -> bool:
        """Whether content has come; pings are answered. Raises OSError, WireError, TooLarge."""
        from wsproto.connection import ConnectionState
        from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

        if self._buffer:
            return True
        for event in self._connection.events():
            self._count(event)
            match event:
                case BytesMessage(data=data, message_finished=ended):
                    self._buffer += bytes(data)
                    self._message_ended = ended
                case TextMessage(data=text, message_finished=ended):
                    self._buffer += text.encode()
                    self._message_ended = ended
                case Ping():
                    await self._stream.send(self._connection.send(event.response()))
                case CloseConnection(code=code, reason=reason):
                    said = printable((reason or "").encode(), 80)
                    # wsproto reports frames that it cannot read as a close of its own.
                    if self._connection.state is not ConnectionState.REMOTE_CLOSING:
                        raise WireError(f"websocket: {said}")
                    self._closed = ClosedByPeer(int(code), said)
                case _:  # an answer to pings that we never send
                    pass
            if self._buffer and self._message_ended:
                break  # what follows is another message's
        return bool(self._buffer)


class _Upgrade:
    """One upgrade request and what is known of its answer."""

    def __init__(self, stream: Stream) -> None:
        from wsproto import ConnectionType, WSConnection

        self.stream = stream
        self.connection = WSConnection(ConnectionType.CLIENT)
        self.status: int | None = None
        self.headers: tuple[tuple[str, str], ...] = ()
        self.body = b""

    async def ask(
        self, host: str, path: str, headers: Mapping[str, str], subprotocols: Sequence[str]
    ) -> None:
        """Send the request and read the answer's head. Raises OSError, TooLarge, EOFError, and
        WireError for what is no answer, or a 101 that does not prove that our key was read."""
        from wsproto.events import Request
        from wsproto.utilities import ProtocolError

        fields = [(k.encode("ascii"), v.encode("ascii")) for k, v in headers.items()]
        request = Request(
            host=host, target=path, extra_headers=fields, subprotocols=list(subprotocols)
        )
        await self.stream.send(self.connection.send(request))
        read = 0
        while self.status is None:
            data = await self.stream.receive(_CHUNK)
            if not data:
                raise EOFError
            read += len(data)
            if read > HEADER_CAP + _CHUNK:
                raise TooLarge
            try:
                self.connection.receive_data(data)
                self._look()
            except (ProtocolError, ValueError) as exc:
                # ValueError: wsproto takes header fields for ASCII.
                raise WireError(f"websocket: {printable(str(exc).encode(), 80)}") from exc

    def _look(self) -> None:
        from wsproto.events import AcceptConnection, RejectConnection, RejectData

        for event in self.connection.events():
            match event:
                case AcceptConnection():
                    self.status, found = _SWITCHING, event.extra_headers
                    self.headers = kept_headers(found)
                    return  # frames that came along stay for the stream
                case RejectConnection():
                    self.status = event.status_code
                    self.headers = kept_headers(event.headers)
                case RejectData(data=data):
                    self.body = (self.body + bytes(data))[:BODY_KEPT]
                case _:
                    pass

    def seen(self, request: HttpObservation, errno: str | None) -> HttpObservation:
        """The request's observation with what was answered."""
        return replace(
            request,
            status=self.status,
            headers=self.headers,
            body=printable(self.body, BODY_KEPT),
            body_bytes=len(self.body),
            matched=None if self.status is None else self.status == _SWITCHING,
            errno=errno,
        )


async def upgrade(
    ctx: StepContext,
    stream: Stream,
    *,
    host: str,
    path: str,
    origin: str | None,
    subprotocols: Sequence[str] = (),
    text: bool = False,
    timeout: float | None = None,
) -> Done[WebSocketStream] | Failed:
    """Ask for a WebSocket; records an HttpObservation (``matched``: it is one).

    As a browser would for a page of ``origin``, or without one (None) as an app does.

    A refusal with an HTTP status is an answer, not a failure: the observation then has none.
    A 101 counts only with the right Sec-WebSocket-Accept (RFC 6455 §4.1). With ``text`` what is
    sent afterwards are text messages.
    """
    start = ctx.now()
    asked = _Upgrade(stream)
    failure: Failure | None = Failure.INTERRUPTED
    errno: str | None = None
    try:
        async with asyncio.timeout(ctx.remaining(timeout)):
            await asked.ask(host, path, _headers(host, origin), subprotocols)
        failure = None
    except WireError:
        failure = Failure.HTTP_INVALID
    except (OSError, EOFError, TooLarge) as exc:
        failure, errno = classify(exc), errno_name(exc)
    finally:
        ctx.record(asked.seen(request_seen(ctx, stream, start, failure, host, path), errno))
    if failure is not None or asked.status != _SWITCHING:
        return Failed(failure or Failure.HTTP_INVALID, Operation.HTTP_ROUND_TRIP)
    return Done(WebSocketStream(stream, asked.connection, text=text))


def _headers(host: str, origin: str | None) -> dict[str, str]:
    """What Chrome sends along (whatsmeow and mautrix-meta send the same for these sockets)."""
    if origin is None:
        return {"User-Agent": USER_AGENT}
    return {
        "Pragma": "no-cache",
        "Cache-Control": "no-cache",
        "User-Agent": USER_AGENT,
        "Origin": origin,
        "Accept-Language": "en-US,en;q=0.9",
        "Sec-Fetch-Dest": "empty",
        "Sec-Fetch-Mode": "websocket",
        "Sec-Fetch-Site": "same-origin" if origin == f"https://{host}" else "cross-site",
    }
