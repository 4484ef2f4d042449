"""A conversation in a messenger's own protocol becomes one observation, whoever wrote the check."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.context import StepContext
from msgprobe.steps.conversation import Conversation, hold
from msgprobe.steps.door import Licence, Stream

READ_CAP = 64 * 1024
"""Most bytes that one conversation reads, unless it asks for less."""

CONNECTED = "connected"
"""The stage before anything was said."""

_CHUNK = 4096

_BONUS_PATIENCE = 1.0
_BONUS_ROUND_TRIPS = 5


class Exchange(Conversation):
    """A conversation on a stream, which goes on when it is over."""

    def __init__(self, ctx: StepContext, stream: Stream, cap: int = READ_CAP) -> None:
        super().__init__(ctx, stream.address, stream.port, CONNECTED, Proof.CONNECTED)
        self._stream = stream
        self._cap = cap
        self._before = stream.sent
        self._buffer = b""
        self._begun_at = ctx.now()
        self._asked_at: float | None = None

    @property
    def reticent(self) -> bool:
        """It is asked at a special address, and has not proved itself."""
        return self._stream.licence is not Licence.EVERYTHING

    async def send(self, data: bytes) -> None:
        """Send ``data``; the stage is at least ``sent``. Raises OSError."""
        await self._stream.send(data)
        self.bytes_sent += len(data)
        if self._asked_at is None:
            self._asked_at = self._ctx.now()
            if self.stage == CONNECTED:
                self.stage = "sent"

    async def receive_exactly(self, size: int) -> bytes:
        """The next ``size`` bytes. Raises OSError, EOFError and TooLarge."""
        if size > self._cap:
            raise TooLarge
        while len(self._buffer) < size:
            await self._read()
        return self._take(size)

    async def receive_until(self, end: Callable[[bytes], int | None]) -> bytes:
        """The bytes up to where ``end`` says that they end (None: more must come).

        Raises OSError, EOFError, TooLarge, and what ``end`` raises.
        """
        while (size := end(self._buffer)) is None:
            await self._read()
        return self._take(size)

    def go_on_inside(self, stream: Stream) -> None:
        """Go on in a layer on top of the stream. What was read ahead is dropped: sent in the open,
        it must not pass for something that came through the new layer (RFC 3207 §4.2)."""
        self._stream = stream
        self._buffer = b""

    async def _read(self) -> None:
        data = await self._stream.receive(_CHUNK)
        if not data:
            raise EOFError
        if self.first_byte is None:
            # Who speaks first is asked by the connection itself.
            self.first_byte = self._ctx.now() - (self._asked_at or self._begun_at)
            self.beginning = data
            self.reached("answered", Proof.BYTES)
        self.bytes_received += len(data)
        if self.bytes_received > self._cap:
            raise TooLarge
        self._buffer += data

    def _take(self, size: int) -> bytes:
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    async def receive_some(self) -> bytes:
        """Whatever comes next, never nothing. Raises OSError, EOFError and TooLarge."""
        if not self._buffer:
            await self._read()
        return self._take(len(self._buffer))

    def observe(self, protocol: str, start: float) -> ProtocolObservation:
        """What was seen, whatever happened."""
        info = self._stream.tcp_info()
        acked: bool | None = None
        if info is not None and self.bytes_sent:
            acked = info.bytes_acked >= self._before + self.bytes_sent
        return replace(super().observe(protocol, start), request_acked=acked, info=info)


def bonus_patience(stream: Stream) -> float:
    """Seconds to wait for an answer that would show more, and whose absence shows nothing."""
    info = stream.tcp_info()
    return _BONUS_PATIENCE + _BONUS_ROUND_TRIPS * (info.rtt if info is not None else 0.0)


def speak(
    ctx: StepContext,
    stream: Stream,
    protocol: str,
    *,
    timeout: float | None = None,
    cap: int = READ_CAP,
) -> AbstractAsyncContextManager[Exchange]:
    """Hold a conversation inside ``async with``; records a ProtocolObservation at its end.

    See `hold` for how it may end. At most ``cap`` bytes are read.
    """
    return hold(ctx, Exchange(ctx, stream, cap), protocol, timeout)
