"""HTTP/1.1 by h11 over a stream of ours. Imported only where an HTTP request is made.

Errors of the stream come through untouched, so that a reset stays ECONNRESET.
"""

from collections.abc import Callable
from typing import Any

import h11

from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.door import Stream
from msgprobe.steps.http_limits import BODY_CAP, HEADER_CAP, TOTAL_CAP

_CHUNK = 4096
_TOO_LARGE_HINT = 431
"""How h11 marks headers beyond its limit."""

_SWITCHING = 101
"""The one interim answer after which no other comes."""

__all__ = ["HttpConnection", "HttpFault", "Reading"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How much of a body to read: ``most`` bytes are kept, ``rest`` more are read and dropped.

    Reading ends early once what is kept is ``enough``, unless the rest has to be dropped.
    """

    most: int = BODY_CAP
    rest: int = 0
    enough: Callable[[bytes], bool] | None = None


class HttpFault(Exception):
    """The peer did not speak HTTP to the end; ``failure`` says how."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


_USUAL = Reading()


class HttpConnection:
    """One HTTP/1.1 connection on one stream; requests one after another.

    ``status``, ``headers``, ``body`` and ``complete`` are the current answer's, as far as it came.
    ``asked`` is called after each write, ``heard`` after each read.
    """

    def __init__(
        self, stream: Stream, asked: Callable[[], None], heard: Callable[[], None]
    ) -> None:
        self._stream = stream
        self._asked = asked
        self._heard = heard
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_CAP)
        self._left = TOTAL_CAP
        self._ended = False
        self.status: int | None = None
        self.headers: tuple[tuple[bytes, bytes], ...] = ()
        self.body = b""
        self.complete = False

    async def ask(
        self,
        method: str,
        path: str,
        headers: list[tuple[bytes, bytes]],
        content: bytes,
        plan: Reading = _USUAL,
    ) -> None:
        """One request and its answer, of its body as much as ``plan`` says.

        Raises OSError, TooLarge and HttpFault.
        """
        self.status, self.headers, self.body, self.complete = None, (), b"", False
        self._left = TOTAL_CAP + (plan.most if plan.enough is not None else 0) + plan.rest
        self._begin()
        await self._send(h11.Request(method=method, target=path.encode("ascii"), headers=headers))
        if content:
            await self._send(h11.Data(data=content))
        self._http.send(h11.EndOfMessage())
        try:
            await self._read_head()
            await self._read_body(plan)
        except h11.RemoteProtocolError as exc:
            raise HttpFault(self._fault(exc)) from exc
        except TooLarge:
            if self.status is None:
                raise

    def _begin(self) -> None:
        """Raises HttpFault where the answer before was not read to its end, or said that it is the
        last one here. The server's own word is no cut connection, which a rule might take for a
        censor's."""
        if self._http.our_state is h11.IDLE:
            return
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            raise HttpFault(Failure.HTTP_INVALID)
        self._http.start_next_cycle()

    async def _send(self, part: Any) -> None:
        await self._stream.send(self._http.send(part) or b"")
        self._asked()

    async def _next(self) -> Any:
        """The next part of what the server says."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            await self._receive()
        return event

    async def _receive(self) -> None:
        """Raises OSError, TooLarge, and HttpFault at an end before the answer."""
        if self._left <= 0:
            raise TooLarge
        data = await self._stream.receive(_CHUNK)
        self._left -= len(data)
        self._ended = not data
        if data:
            self._heard()
        elif self._http.their_state is h11.SEND_RESPONSE:
            raise HttpFault(Failure.EOF)
        self._http.receive_data(data)

    async def _read_head(self) -> None:
        while self.status is None:
            event = await self._next()
            if event is h11.PAUSED:
                raise HttpFault(Failure.HTTP_INVALID)
            interim = isinstance(event, h11.InformationalResponse)
            if not interim or event.status_code == _SWITCHING:
                self.status, self.headers = event.status_code, tuple(event.headers.raw_items())

    async def _read_body(self, plan: Reading) -> None:
        read = 0
        while isinstance(event := await self._next(), h11.Data):
            read += len(event.data)
            self.body = (self.body + event.data)[: plan.most]
            if read > plan.most + plan.rest:
                return
            if not plan.rest and plan.enough is not None and plan.enough(self.body):
                return
        self.complete = True

    def _fault(self, exc: h11.RemoteProtocolError) -> Failure:
        if self._ended:
            return Failure.EOF
        return (
            Failure.TOO_LARGE if exc.error_status_hint == _TOO_LARGE_HINT else Failure.HTTP_INVALID
        )
