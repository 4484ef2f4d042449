"""One object moved on an open stream, byte by byte against the clock.

HTTP by h11 (RFC 9112, RFC 9110 §14 for ranges), the reads and writes by us: the curve is the
evidence. Uploads are followed by the kernel's count of acknowledged bytes (Linux ``tcp_info``),
because a server may answer before it has read everything.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from itertools import pairwise

import h11

from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import TcpInfo, TransferObservation
from msgprobe.model.target import Direction
from msgprobe.steps.browser import NAVIGATION, USER_AGENT, part_of
from msgprobe.steps.classify import TooLarge, classify, errno_name
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.http_limits import HEADER_CAP, TOTAL_CAP
from msgprobe.steps.layered import LayeredStream
from msgprobe.steps.tls_stream import authenticated, said_goodbye

MILESTONES = (8 * 1024, 32 * 1024, 64 * 1024, 128 * 1024)
"""Bytes whose times are kept apart."""

CURVE_POINTS = 120
"""Points of a curve that an observation holds at most."""

LONG_PAUSE = 1.0
"""Seconds without a byte that count as a stall, where five round trips are less."""

_CHUNK = 16 * 1024
_POLL = 0.005
"""Seconds between looks at what was acknowledged: a window of ten segments takes twice as long at
10 Mbit/s, and how fast one went is what tells how much the line carries."""
_MANY_POINTS = 2000
_MERGED = 0.001
"""Seconds: a peer that sends byte by byte gets no longer curve than that, after many points."""
_ANSWER_PATIENCE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to move: ``wanted`` bytes of ``path``, for at most ``patience`` seconds."""

    host: str
    path: str
    direction: Direction
    wanted: int
    patience: float
    server_name: str | None = None
    page_host: str | None = None
    """Whose page names the object; None: somebody asks for it himself."""


class _EnoughError(Exception):
    """All that was wanted has come, although in the middle of a record."""


class Meter(LayeredStream):
    """A stream that notes when its bytes come, below TLS: a record shows only once it is whole.

    Raises what ends a transfer when ``full`` says that it has all.
    """

    def __init__(self, ctx: StepContext, stream: Stream) -> None:
        self._ctx = ctx
        super().__init__(stream)
        self.full: Callable[[], bool] = lambda: False
        self.points: list[tuple[float, int]] = []
        """(seconds since the run began, payload bytes of the whole stream so far)."""

    def _note(self) -> None:
        now, total = self._ctx.now(), self._stream.received
        if len(self.points) >= _MANY_POINTS and now - self.points[-1][0] < _MERGED:
            self.points[-1] = (self.points[-1][0], total)
        else:
            self.points.append((now, total))

    async def send(self, data: bytes) -> None:
        """Send ``data``. Raises OSError."""
        await self._stream.send(data)

    async def receive(self, limit: int) -> bytes:
        """At most ``limit`` bytes, noted. Raises OSError."""
        data = await self._stream.receive(limit)
        self._note()
        if self.full():
            raise _EnoughError
        return data


class _Transfer:
    """One transfer under way on ``stream``, whose bytes ``meter`` counts."""

    def __init__(self, ctx: StepContext, stream: Stream, meter: Meter, order: Order) -> None:
        self.ctx = ctx
        self.stream = stream
        self.order = order
        self.meter = meter
        self.meter.points.clear()
        self._received_before = meter.received
        self.http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_CAP)
        self.start = ctx.now()
        self.points: list[tuple[float, int]] = []
        self.moved = 0
        self.body = 0
        self.status: int | None = None
        self.complete = False
        self.capped = False
        self._left = TOTAL_CAP + (order.wanted if order.direction is Direction.DOWN else 0)
        info = stream.tcp_info()
        self._acked_before = info.bytes_acked if info is not None else 0

    @property
    def began(self) -> bool:
        """The peer has shown that it got something of the request."""
        return self.status is not None or (self.order.direction is Direction.UP and self.moved > 0)

    def _mark(self, moved: int) -> None:
        if moved > self.moved:
            self.moved = moved
            self.points.append((self.ctx.now() - self.start, moved))

    def _arrived(self) -> None:
        """Take over what the meter has seen of a download."""
        self.points = [
            (at - self.start, total - self._received_before) for at, total in self.meter.points
        ]
        self.moved = self.meter.received - self._received_before

    def _request(self) -> bytes:
        order = self.order
        upload = order.direction is Direction.UP
        fields = [("Host", order.host), ("User-Agent", USER_AGENT), ("Accept", "*/*")]
        if upload:
            fields += [("Content-Type", "application/octet-stream")]
            fields += [("Content-Length", str(order.wanted))]
        else:
            fields += [("Accept-Encoding", "identity")]
            fields += [("Range", f"bytes=0-{order.wanted - 1}")]
            why = NAVIGATION
            if order.page_host is not None:
                why = part_of(order.page_host, order.host, order.path)
            fields += why.items()
        fields += [("Connection", "close")]
        return self.http.send(
            h11.Request(method="POST" if upload else "GET", target=order.path, headers=fields)
        )

    async def _receive(self) -> bytes:
        """What comes next. Raises OSError, and TooLarge for what is mostly not the object."""
        data = await self.stream.receive(_CHUNK)
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge
        return data

    def _full(self) -> bool:
        """Its answer has begun, and as many bytes have come as were wanted."""
        came = self.meter.received - self._received_before
        return self.status is not None and came >= self.order.wanted

    async def down(self) -> None:
        """Read until there is enough. Raises OSError, EOFError, TooLarge, RemoteProtocolError."""
        await self.stream.send(self._request() + self.http.send(h11.EndOfMessage()))
        self.meter.full = self._full
        with contextlib.suppress(_EnoughError):
            await self._read()

    async def _read(self) -> None:
        while not self.complete and self.body < self.order.wanted:
            data = await self._receive()
            try:
                self._take(data)
            except h11.RemoteProtocolError:
                if data:
                    raise
            if not data and not self.complete:
                raise EOFError

    def _take(self, data: bytes) -> None:
        self.http.receive_data(data)
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                break
            if isinstance(event, h11.Response):
                self.status = event.status_code
            elif isinstance(event, h11.Data):
                self.body += len(event.data)
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                self.complete = True
                break

    async def up(self) -> None:
        """Send everything, and watch it being acknowledged. Raises as ``down``."""
        body = self.ctx.world.entropy(self.order.wanted)
        await self.stream.send(self._request())
        async with asyncio.TaskGroup() as group:
            group.create_task(self.stream.send(self.http.send(h11.Data(data=body))))
            answer = group.create_task(self._answer())
            await self._acknowledged(answer)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.ctx.remaining(_ANSWER_PATIENCE)):
                    await asyncio.wait([answer])
            answer.cancel()

    async def _acknowledged(self, answer: asyncio.Task[None]) -> None:
        """Wait until everything is acknowledged. Raises EOFError when the peer has answered and
        takes no more: that is its choice, and says nothing about the path."""
        while True:
            info = self.stream.tcp_info()
            if info is not None:
                self._mark(info.bytes_acked - self._acked_before)
            elif answer.done():
                self._mark(self.order.wanted)
            if self.moved >= self.order.wanted:
                return
            since = self.ctx.now() - self.start - (self.points[-1][0] if self.points else 0.0)
            if answer.done() and since > LONG_PAUSE + 5 * (info.rtt if info is not None else 0.0):
                raise EOFError
            await asyncio.sleep(_POLL)

    async def _answer(self) -> None:
        """The head of the answer, whenever it comes; a peer that only closes has none."""
        while self.status is None:
            data = await self._receive()
            if not data:
                return
            self.http.receive_data(data)
            event = self.http.next_event()
            while isinstance(event, h11.InformationalResponse):
                event = self.http.next_event()
            if isinstance(event, h11.Response):
                self.status = event.status_code

    def observe(self, failure: Failure | None, errno: str | None) -> TransferObservation:
        """What was seen, whatever happened."""
        if self.order.direction is Direction.DOWN:
            self._arrived()
        info = self.stream.tcp_info()
        window = self.ctx.window(self.start)
        enough = self.moved >= self.order.wanted or self.complete
        return TransferObservation(
            transaction=self.ctx.transaction,
            window=window,
            failure=failure,
            address=self.stream.address,
            port=self.stream.port,
            host=self.order.host,
            server_name=self.order.server_name,
            path=self.order.path,
            direction=self.order.direction,
            wanted=self.order.wanted,
            moved=self.moved,
            capped=self.capped,
            status=self.status,
            authenticated=authenticated(self.stream),
            goodbye=said_goodbye(self.stream),
            first_byte=self.points[0][0] if self.points else None,
            curve=thinned(self.points),
            milestones=milestones(self.points, self.moved),
            stalls=stalls(self.points, None if enough else window.seconds, info),
            errno=errno,
            info=info,
        )


def thinned(
    points: list[tuple[float, int]], most: int = CURVE_POINTS
) -> tuple[tuple[float, int], ...]:
    """At most ``most`` of the points, evenly taken, the first and the last always."""
    if len(points) <= most:
        picks: Iterable[tuple[float, int]] = points
    else:
        step = (len(points) - 1) / (most - 1)
        picks = (points[round(n * step)] for n in range(most))
    return tuple((round(t, 5), moved) for t, moved in picks)


def milestones(points: list[tuple[float, int]], moved: int) -> tuple[tuple[int, float], ...]:
    """(bytes, seconds) of those `MILESTONES` that ``moved`` reached."""
    return tuple(
        (size, next(at for at, n in points if n >= size)) for size in MILESTONES if moved >= size
    )


def stalls(
    points: list[tuple[float, int]], end: float | None, info: TcpInfo | None
) -> tuple[tuple[int, float], ...]:
    """(bytes moved, seconds) of every long pause; ``end`` closes a last one."""
    pause = max(LONG_PAUSE, 5 * info.min_rtt if info is not None else 0.0)
    steps = [(0.0, 0), *points]
    gaps = [(a[1], b[0] - a[0]) for a, b in pairwise(steps)]
    if end is not None:
        gaps.append((steps[-1][1], end - steps[-1][0]))
    return tuple((moved, round(length, 3)) for moved, length in gaps if length > pause)


async def transfer(
    ctx: StepContext, stream: Stream, meter: Meter, order: Order
) -> Done[TransferObservation] | Failed:
    """Move one object; records a TransferObservation. Never raises for the network.

    ``stream`` rides on ``meter``. Done also when our patience ended it: that says how slow it was.
    """
    attempt = _Transfer(ctx, stream, meter, order)
    failure: Failure | None = Failure.INTERRUPTED
    errno: str | None = None
    try:
        async with asyncio.timeout(ctx.remaining(order.patience)):
            await (attempt.up() if order.direction is Direction.UP else attempt.down())
        failure = None
    except TimeoutError:
        attempt.capped = True
        failure = None if attempt.began else Failure.TIMED_OUT
    except (OSError, EOFError, TooLarge, h11.RemoteProtocolError, ExceptionGroup) as exc:
        first = first_of(exc)
        failure, errno = _failure(first), errno_name(first)
    finally:
        seen = attempt.observe(failure, errno)
        ctx.record(seen)
    return Failed(failure, Operation.HTTP_ROUND_TRIP) if failure is not None else Done(seen)


def first_of(exc: Exception) -> Exception:
    """What went wrong first: things done at the same time fail together."""
    while isinstance(exc, ExceptionGroup):
        exc = exc.exceptions[0]
    return exc


def _failure(exc: Exception) -> Failure:
    return Failure.HTTP_INVALID if isinstance(exc, h11.RemoteProtocolError) else classify(exc)
