"""HTTP semantics by httpcore over a stream of ours. Imported only where an HTTP request is made.

The adapter hands errors through untouched, so that a reset stays ECONNRESET.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import h11
import httpcore

from msgprobe.model.failure import Failure
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.door import Stream
from msgprobe.steps.http_limits import BODY_CAP, HEADER_CAP, TOTAL_CAP

_CHUNK = 4096
_TOO_LARGE_HINT = 431
"""How h11 marks headers beyond its limit."""

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


class _Ride(httpcore.AsyncNetworkStream):
    """Our stream as httpcore wants it, with a budget and an eye on the end."""

    def __init__(
        self, stream: Stream, asked: Callable[[], None], heard: Callable[[], None]
    ) -> None:
        self._stream = stream
        self._asked = asked
        self._heard = heard
        self.left = TOTAL_CAP
        self.ended = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.left <= 0:
            raise TooLarge
        data = await self._stream.receive(min(max_bytes, _CHUNK))
        self.left -= len(data)
        self.ended = not data
        if data:
            self._heard()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.send(buffer)
        self._asked()

    async def aclose(self) -> None:
        """Nothing: whoever opened the stream closes it."""

    def get_extra_info(self, info: str) -> Any:
        return None


class _Http11(httpcore.AsyncHTTP11Connection):
    MAX_INCOMPLETE_EVENT_SIZE = HEADER_CAP


class HttpConnection:
    """One HTTP/1.1 connection on one stream; requests one after another.

    ``status``, ``headers``, ``body`` and ``complete`` are the current answer's, as far as it came.
    ``asked`` is called after each write, ``heard`` after each read.
    """

    def __init__(
        self, stream: Stream, host: str, asked: Callable[[], None], heard: Callable[[], None]
    ) -> None:
        self._ride = _Ride(stream, asked, heard)
        self._origin = httpcore.Origin(b"http", host.encode("ascii"), stream.port)
        self._connection = _Http11(self._origin, self._ride)
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
        self._ride.left = TOTAL_CAP + (plan.most if plan.enough is not None else 0) + plan.rest
        url = httpcore.URL(
            scheme=self._origin.scheme,
            host=self._origin.host,
            port=self._origin.port,
            target=path.encode("ascii"),
        )
        request = httpcore.Request(method, url, headers=headers, content=content or None)
        try:
            answer = await self._connection.handle_async_request(request)
            self.status, self.headers = answer.status, tuple(answer.headers)
            try:
                await self._read_body(answer, plan)
            finally:
                await answer.aclose()
        except httpcore.RemoteProtocolError as exc:
            raise HttpFault(self._fault(exc)) from exc
        except httpcore.ConnectionNotAvailable as exc:
            # The answer before said that it is the last one here. The server's own word is no cut
            # connection, which a rule might take for a censor's.
            raise HttpFault(Failure.HTTP_INVALID) from exc
        except TooLarge:
            if self.status is None:
                raise

    async def _read_body(self, answer: httpcore.Response, plan: Reading) -> None:
        read = 0
        async for chunk in answer.aiter_stream():
            read += len(chunk)
            self.body = (self.body + chunk)[: plan.most]
            if read > plan.most + plan.rest:
                return
            if not plan.rest and plan.enough is not None and plan.enough(self.body):
                return
        self.complete = True

    def _fault(self, exc: httpcore.RemoteProtocolError) -> Failure:
        if self._ride.ended:
            return Failure.EOF
        cause = exc.__cause__ or (exc.args[0] if exc.args else None)
        if isinstance(cause, h11.ProtocolError) and cause.error_status_hint == _TOO_LARGE_HINT:
            return Failure.TOO_LARGE
        return Failure.HTTP_INVALID
