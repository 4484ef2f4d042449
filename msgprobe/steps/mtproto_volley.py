"""A data centre's own small transfer: one question asked many times on one connection.

Clients repeat ``req_pq_multi`` and servers answer each (tdlib ``td/mtproto/PingConnection.cpp``,
tdesktop ``mtproto/connection_abstract.cpp``). How many a real data centre answers is unknown:
``MOST`` is a guess on the polite side, and -429 its limit, no fault of the path.
"""

import asyncio
import contextlib

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import TransferObservation
from msgprobe.model.target import Direction
from msgprobe.steps.aside import aside
from msgprobe.steps.classify import classify, errno_name
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.transfer import LONG_PAUSE, Meter, first_of, milestones, stalls, thinned
from msgprobe.wire.error import WireError
from msgprobe.wire.mtproto import (
    NONCE_SIZE,
    TransportError,
    parse_message,
    parse_res_pq,
    plain_message,
    req_pq_multi,
)
from msgprobe.wire.mtproto_transport import Framing, Transport

MOST = 240
"""Questions on one connection: enough for answers to pass the 16 kB at which some are stopped."""

ANSWER_SIZE = 88
"""Bytes of the shortest answer, its frame included: one fingerprint."""

QUESTION_SIZE = 44
"""Bytes of one question, its frame included."""

_CHUNK = 16 * 1024
_POLL = 0.05
_ALIVE_ROUND_TRIPS = 4


async def volley(
    ctx: StepContext, meter: Meter, *, dc: int, count: int, patience: float
) -> Done[TransferObservation] | Failed:
    """Ask ``count`` times at once, in obfuscated2, and read the answers against the clock; records
    a TransferObservation. ``patience`` is in seconds.

    Each answer has to carry the nonce of its question. Done also when our patience ended it, and
    when the server said that it has had enough. Where nothing more comes, one more byte of ours
    tells a server that keeps quiet (it is acknowledged) from a path that is cut (it is not): see
    ``info.unacked``. Raises ValueError as ``Transport.obfuscated`` does.
    """
    attempt = _Volley(ctx, meter, dc, count)
    failure: Failure | None = Failure.INTERRUPTED
    errno: str | None = None
    try:
        async with asyncio.timeout(ctx.remaining(patience)):
            await attempt.run()
        failure = None
    except TimeoutError as exc:
        attempt.capped = exc.errno is None
        failure = None if attempt.answers and attempt.capped else classify(exc)
        if attempt.capped:
            await attempt.prod()
    except (OSError, EOFError, WireError, ExceptionGroup) as exc:
        first = first_of(exc)
        failure, errno = classify(first), errno_name(first)
    finally:
        seen = attempt.observe(failure, errno)
        ctx.record(seen)
    return Failed(failure, Operation.PROTOCOL) if failure is not None else Done(seen)


class _Volley:
    """One volley under way."""

    def __init__(self, ctx: StepContext, meter: Meter, dc: int, count: int) -> None:
        self._ctx = ctx
        self._meter = meter
        self._transport = Transport.obfuscated(Framing.INTERMEDIATE, dc, ctx.world.entropy)
        self._nonces = [ctx.world.entropy(NONCE_SIZE) for _ in range(count)]
        self._message_id = int(ctx.world.clock.utcnow().timestamp()) << 32
        self._received_before = meter.received
        meter.points.clear()
        self._start = ctx.now()
        self._end: float | None = None
        self.answers = 0
        self.capped = False

    def _question(self, nonce: bytes) -> bytes:
        self._message_id += 4
        return self._transport.pack(plain_message(req_pq_multi(nonce), self._message_id))

    def _questions(self) -> bytes:
        return b"".join(self._question(nonce) for nonce in self._nonces)

    async def run(self) -> None:
        """Ask and read. Raises OSError, EOFError, WireError."""
        # To encrypt 10 kB takes 10 ms, on a phone several times that: in a thread, so that
        # no other conversation stalls.
        questions = await aside(self._questions)
        self._start = self._ctx.now()
        async with asyncio.TaskGroup() as group:
            # At the same time: a server may not read on while we do not.
            sending = group.create_task(self._send(questions))
            await self._read()
            sending.cancel()

    async def _send(self, questions: bytes) -> None:
        with contextlib.suppress(OSError):  # what became of the stream shows in reading
            await self._meter.send(questions)

    async def _read(self) -> None:
        ahead, packet = b"", b""
        while self.answers < len(self._nonces):
            need = self._transport.missing(packet)
            if need:
                if not ahead:
                    ahead = self._transport.clear(await self._meter.receive(_CHUNK))
                    if not ahead:
                        raise EOFError
                packet, ahead = packet + ahead[:need], ahead[need:]
                continue
            body = parse_message(self._transport.payload(packet))
            if isinstance(body, TransportError):
                return  # it has had enough
            parse_res_pq(body, self._nonces[self.answers])
            self.answers, packet = self.answers + 1, b""

    async def prod(self) -> None:
        """Send a little more, and give its acknowledgement time to come."""
        self._end = self._ctx.now()
        info = self._meter.tcp_info()
        if info is None or info.unacked:
            return
        left = max(LONG_PAUSE, _ALIVE_ROUND_TRIPS * info.rtt)
        with contextlib.suppress(OSError):  # what the kernel then says is the answer
            await self._meter.send(self._question(self._nonces[-1]))
            while left > 0.0 and (info := self._meter.tcp_info()) is not None and info.unacked:
                left -= _POLL
                await asyncio.sleep(_POLL)

    def observe(self, failure: Failure | None, errno: str | None) -> TransferObservation:
        """What was seen, whatever happened."""
        end = self._ctx.now() if self._end is None else self._end
        points = [(at - self._start, n - self._received_before) for at, n in self._meter.points]
        moved = self._meter.received - self._received_before
        info = self._meter.tcp_info()
        return TransferObservation(
            transaction=self._ctx.transaction,
            window=self._ctx.window(self._start),
            failure=failure,
            address=self._meter.address,
            port=self._meter.port,
            host=self._meter.address,
            path="resPQ",
            direction=Direction.DOWN,
            wanted=len(self._nonces) * ANSWER_SIZE,
            moved=moved,
            capped=self.capped,
            answers=self.answers,
            first_byte=points[0][0] if points else None,
            curve=thinned(points),
            milestones=milestones(points, moved),
            stalls=stalls(points, end - self._start if self.capped else None, info),
            errno=errno,
            info=info,
        )
