"""A conversation in a messenger's own protocol becomes one observation, whoever wrote the check."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.steps.classify import TooLarge, classify, errno_name
from msgprobe.steps.context import StepContext
from msgprobe.steps.door import Stream
from msgprobe.wire.error import WireError
from msgprobe.wire.printable import printable

READ_CAP = 64 * 1024
"""Most bytes that one conversation reads, unless it asks for less."""

CONNECTED = "connected"
"""The stage before anything was said."""

_CHUNK = 4096

_BONUS_PATIENCE = 1.0
_BONUS_ROUND_TRIPS = 5
_SHOWN = 80


class LayerFailed(Exception):
    """A layer inside the conversation could not be had; its own observation says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class Talk:
    """One conversation. ``stage`` and ``proof`` say how far it came, ``detail`` what was special.

    ``failure`` is None once the block has ended well.
    """

    def __init__(self, ctx: StepContext, stream: Stream, cap: int = READ_CAP) -> None:
        self._ctx = ctx
        self._stream = stream
        self._cap = cap
        self._before = stream.sent
        self._buffer = b""
        self._begun_at = ctx.now()
        self._asked_at: float | None = None
        self.stage = CONNECTED
        self.proof = Proof.CONNECTED
        self.detail = ""
        self.failure: Failure | None = Failure.INTERRUPTED
        self.errno: str | None = None
        self.first_byte: float | None = None
        self.bytes_sent = 0
        self.bytes_received = 0
        self.beginning = b""

    @property
    def shown(self) -> str:
        """How the first answer begins, for people."""
        return f"the answer begins {printable(self.beginning, _SHOWN)!r}"

    def reached(self, stage: str, proof: Proof, detail: str = "") -> None:
        """The conversation came as far as ``stage``, which proves ``proof``."""
        self.stage, self.proof = stage, max(proof, self.proof)
        self.detail = detail or self.detail

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
        return ProtocolObservation(
            transaction=self._ctx.transaction,
            window=self._ctx.window(start),
            failure=self.failure,
            protocol=protocol,
            address=self._stream.address,
            port=self._stream.port,
            stage=self.stage,
            proof=self.proof,
            detail=self.detail,
            bytes_sent=self.bytes_sent,
            bytes_received=self.bytes_received,
            first_byte=self.first_byte,
            request_acked=acked,
            errno=self.errno,
            info=info,
        )


def bonus_patience(stream: Stream) -> float:
    """Seconds to wait for an answer that would show more, and whose absence shows nothing."""
    info = stream.tcp_info()
    return _BONUS_PATIENCE + _BONUS_ROUND_TRIPS * (info.rtt if info is not None else 0.0)


@asynccontextmanager
async def speak(
    ctx: StepContext,
    stream: Stream,
    protocol: str,
    *,
    timeout: float | None = None,
    cap: int = READ_CAP,
) -> AsyncIterator[Talk]:
    """Hold a conversation inside ``async with``; records a ProtocolObservation at its end.

    What the network does to it (``OSError``, end of stream, deadline) and what a codec refuses
    (``WireError``) ends the block and is not raised; look at ``failure`` afterwards. At most
    ``cap`` bytes are read.
    """
    start = ctx.now()
    talk = Talk(ctx, stream, cap)
    try:
        async with asyncio.timeout(ctx.remaining(timeout)):
            yield talk
        talk.failure = None
    except WireError as exc:
        talk.failure = classify(exc)
        talk.detail = f"{exc}; {talk.shown}"
    except LayerFailed as exc:
        talk.failure = exc.failure
    except (OSError, EOFError, TooLarge) as exc:
        talk.failure, talk.errno = classify(exc), errno_name(exc)
    finally:
        ctx.record(talk.observe(protocol, start))
