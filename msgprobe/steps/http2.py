"""HTTP/2 (RFC 9113) inside TLS: the server's settings, and its answer to one request.

h2 speaks the protocol; like h11 it is imported only where it is used.
"""

import asyncio
from dataclasses import replace

from msgprobe.model.failure import Operation
from msgprobe.model.observation import Proof
from msgprobe.steps.browser import USER_AGENT
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.http_limits import kept_headers
from msgprobe.steps.http_seen import request_seen
from msgprobe.steps.protocol import Exchange, bonus_patience, speak
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.wire.error import WireError
from msgprobe.wire.printable import printable

PROTOCOL = "http2"
ALPN = "h2"

ACKS_BOUND = 512
"""Bytes of our answers to the server's settings and pings, at most: honest ones take two dozen."""

SENT_BOUND = 1024 + ACKS_BOUND
"""More than preface, settings, one request without host and path, acks and the goodbye take."""

_SETTINGS = b"\x04"
"""The type of the frame that a server must send first."""

Headers = tuple[tuple[str, str], ...]


async def ask(
    ctx: StepContext,
    stream: TlsStream,
    *,
    host: str,
    path: str = "/",
    method: str = "GET",
    header: str | None = None,
    timeout: float | None = None,
) -> Done[int | None] | Failed:
    """Ask for ``path`` by ``method``, GET or HEAD; records a ProtocolObservation, and an
    HttpObservation where a status came.

    Stages: ``sent``, ``answered``, ``settings`` (``Proof.SHAPE``), ``response``. TLS has shown
    whose server it is: once its settings came, a request that it does not answer is its own affair
    and no failure. ``header`` is the name of one that the answer must carry to count as matched.
    Done with the status, None where none came.
    """
    start = ctx.now()
    status: int | None = None
    headers: Headers = ()
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as exchange:
        visit = _Visit(exchange, host, path, method)
        await visit.begin()
        await visit.until_settings()
        try:
            async with asyncio.timeout(bonus_patience(stream)):
                await visit.until_answered()
        except EOFError:
            exchange.reached("settings", Proof.SHAPE, "the server closes without answering")
        except TimeoutError as exc:
            if exc.errno is not None:
                raise
            exchange.reached("settings", Proof.SHAPE, "the server does not answer the request")
        status, headers = visit.status, visit.headers
        await visit.end()
        if status is not None:
            seen = request_seen(ctx, stream, start, None, host, path)
            matched = None if header is None else header.lower() in dict(headers)
            ctx.record(replace(seen, status=status, headers=headers, matched=matched))
    if exchange.failure is not None:
        return Failed(exchange.failure, Operation.PROTOCOL)
    return Done(status)


class _Visit:
    """One connection with one request on it."""

    def __init__(self, exchange: Exchange, host: str, path: str, method: str = "GET") -> None:
        from h2.config import H2Configuration
        from h2.connection import H2Connection

        self._exchange = exchange
        self._fields = [
            (":method", method),
            (":scheme", "https"),
            (":authority", host),
            (":path", path),
            ("user-agent", USER_AGENT),
            ("accept", "*/*"),
        ]
        self._h2 = H2Connection(config=H2Configuration(client_side=True, header_encoding=None))
        self._settings = False
        self._over = False
        self._acked = 0
        self.status: int | None = None
        self.headers: Headers = ()

    async def begin(self) -> None:
        """Preface, settings and the request in one go. Raises OSError."""
        self._h2.initiate_connection()
        self._h2.send_headers(1, self._fields, end_stream=True)
        await self._flush()

    async def until_settings(self) -> None:
        """Read until the server's settings came. Raises OSError, EOFError, TooLarge, WireError."""
        while not self._settings and not self._over:
            await self._read()
        if not self._settings:
            raise WireError("http2: the server goes away without settings")

    async def until_answered(self) -> None:
        """Read until the request was answered or refused. Raises as ``until_settings``."""
        while not self._over:
            await self._read()

    async def end(self) -> None:
        """Say goodbye. Raises OSError."""
        from h2.exceptions import ProtocolError

        try:
            self._h2.close_connection()
        except ProtocolError:
            return  # the server was quicker
        await self._flush()

    async def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data:
            await self._exchange.send(data)

    async def _acknowledge(self) -> None:
        """Send what the server's frames ask for. Raises OSError, and TooLarge in a flood of them,
        whose answers would cost as much as they do."""
        data = self._h2.data_to_send() or b""
        self._acked += len(data)
        if self._acked > ACKS_BOUND:
            raise TooLarge
        if data:
            await self._exchange.send(data)

    async def _read(self) -> None:
        from h2 import events
        from h2.exceptions import ProtocolError

        data = await self._exchange.receive_some()
        if self._exchange.beginning[3:4] not in (b"", _SETTINGS):
            # RFC 9113 §3.4. h2 would wait for the rest of whatever frame it takes this for.
            raise WireError("http2: the answer does not begin with settings")
        try:
            seen = self._h2.receive_data(data)
        except ProtocolError as exc:
            raise WireError(f"http2: {printable(str(exc).encode(), 80)}") from exc
        for event in seen:
            match event:
                case events.RemoteSettingsChanged():
                    self._settings = True
                    self._exchange.reached("settings", Proof.SHAPE)
                case events.ResponseReceived(headers=headers):
                    self._answered([(bytes(k), bytes(v)) for k, v in headers])
                case events.StreamReset() | events.ConnectionTerminated():
                    self._over = True
                    self._exchange.reached(
                        "settings", Proof.BYTES, "the server refuses the request"
                    )
                case _:
                    pass
        await self._acknowledge()

    def _answered(self, fields: list[tuple[bytes, bytes]]) -> None:
        status = dict(fields).get(b":status", b"")
        if not status.isdigit() or len(status) != 3:
            raise WireError("http2: an answer without a status")
        self._over = True
        self.status = int(status)
        self.headers = kept_headers((k, v) for k, v in fields if not k.startswith(b":"))
        self._exchange.reached("response", Proof.SHAPE, f"status {self.status}")
