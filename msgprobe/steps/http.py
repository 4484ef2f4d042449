"""HTTP: one request on a stream that is already open becomes one observation."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import HttpObservation
from msgprobe.steps.classify import TooLarge, classify, errno_name
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.http_limits import BODY_CAP, BODY_KEPT, kept_headers
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.wire.printable import printable

if TYPE_CHECKING:
    from msgprobe.steps.http_exchange import HttpConnection

USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36"
)
"""A common browser's: a tool's own name would be treated differently, and would betray the user."""

REQUEST_BOUND = 1024
"""More than our request takes without its path."""

_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.9",
    # Never compressed, so that nothing has to be unpacked.
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the answer should be. ``text`` is part of the body, or with ``exact`` all of it.

    White space at both ends of the body is ignored when it must be exact. ``header`` is the name of
    a header that must be there, or ``Name: text`` for one whose value holds that text.
    """

    status: tuple[int, ...] = ()
    text: str | None = None
    exact: bool = False
    header: str | None = None

    def met_by(
        self, status: int | None, headers: Iterable[tuple[bytes, bytes]], body: bytes
    ) -> bool | None:
        """None when nothing was expected or nothing came."""
        if status is None or (not self.status and self.text is None and self.header is None):
            return None
        if self.status and status not in self.status:
            return False
        if self.header is not None and not _has(headers, self.header):
            return False
        if self.text is None:
            return True
        text = body.decode("utf-8", "replace")
        return text.strip() == self.text.strip() if self.exact else self.text in text


def _has(headers: Iterable[tuple[bytes, bytes]], wanted: str) -> bool:
    name, _, text = (part.strip() for part in wanted.partition(":"))
    return any(
        key.decode("latin-1").lower() == name.lower() and text in value.decode("latin-1")
        for key, value in headers
    )


NOTHING_EXPECTED = Expectation()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An answer whose headers came. ``body`` is what was read of it, ``complete`` whether all."""

    status: int
    body: bytes
    complete: bool
    matched: bool | None


@dataclass(slots=True, kw_only=True)
class HttpTalk:
    """Requests, one after another, on one stream. ``host`` None: the address literal."""

    ctx: StepContext
    stream: Stream
    host: str | None
    last: bool = True
    """Ask the server to close after the answer."""
    _connection: "HttpConnection | None" = field(default=None, init=False)
    _asked_at: float | None = field(default=None, init=False)
    _heard_at: float | None = field(default=None, init=False)

    async def get(
        self, path: str, expect: Expectation = NOTHING_EXPECTED, timeout: float | None = None
    ) -> Done[HttpAnswer] | Failed:
        """GET ``path``."""
        return await self.ask("GET", path, expect=expect, timeout=timeout)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] = {},
        content: bytes = b"",
        expect: Expectation = NOTHING_EXPECTED,
        timeout: float | None = None,
        whole: bool = False,
    ) -> Done[HttpAnswer] | Failed:
        """One request; records an HttpObservation. ``timeout`` is in seconds.

        Done as soon as the headers and the read part of the body came, whatever the status. Little
        of the body is read unless it is wanted ``whole`` (up to a cap) or some text is expected in
        it: whoever does not want the rest of an incomplete answer abandons the stream.
        """
        # httpcore takes 30 ms to import: only who speaks HTTP waits for it.
        from msgprobe.steps.http_exchange import HttpConnection, HttpFault

        if self._connection is None:
            name = self._authority()
            self._connection = HttpConnection(self.stream, name, self._asked, self._heard)
        connection = self._connection
        start = self.ctx.now()
        self._asked_at = self._heard_at = None
        failure: Failure | None = Failure.INTERRUPTED
        errno: str | None = None
        try:
            async with asyncio.timeout(self.ctx.remaining(timeout)):
                most = BODY_CAP if whole or expect.text is not None else BODY_KEPT
                await connection.ask(method, path, self._headers(headers, content), content, most)
            failure = None
        except HttpFault as exc:
            failure = exc.failure
        except (OSError, TooLarge) as exc:
            failure, errno = classify(exc), errno_name(exc)
        finally:
            self._record(start, path, failure, errno, expect, connection)
        if failure is not None or connection.status is None:
            return Failed(failure or Failure.HTTP_INVALID, Operation.HTTP_ROUND_TRIP)
        return Done(
            HttpAnswer(
                status=connection.status,
                body=connection.body,
                complete=connection.complete,
                matched=expect.met_by(connection.status, connection.headers, connection.body),
            )
        )

    def _asked(self) -> None:
        self._asked_at = self.ctx.now()

    def _heard(self) -> None:
        if self._heard_at is None:
            self._heard_at = self.ctx.now()

    def _first_byte(self) -> float | None:
        if self._asked_at is None or self._heard_at is None:
            return None
        return self._heard_at - self._asked_at

    def _authority(self) -> str:
        host = self.host or self.stream.address
        return f"[{host}]" if ":" in host else host

    def _headers(self, extra: Mapping[str, str], content: bytes) -> list[tuple[bytes, bytes]]:
        port = self.stream.port
        usual = 443 if isinstance(self.stream, TlsStream) else 80
        fields = {"Host": self._authority() + ("" if port == usual else f":{port}")}
        fields |= _HEADERS | dict(extra)
        if content:
            fields["Content-Length"] = str(len(content))
        fields["Connection"] = "close" if self.last else "keep-alive"
        return [(name.encode("ascii"), value.encode("ascii")) for name, value in fields.items()]

    def _record(
        self,
        start: float,
        path: str,
        failure: Failure | None,
        errno: str | None,
        expect: Expectation,
        connection: "HttpConnection",
    ) -> None:
        stream = self.stream
        headers = kept_headers(connection.headers)
        date = _date(dict(headers).get("date"))
        offset = None
        if date is not None:
            offset = (date - self.ctx.world.clock.utcnow()).total_seconds()
        self.ctx.record(
            HttpObservation(
                transaction=self.ctx.transaction,
                window=self.ctx.window(start),
                failure=failure,
                address=stream.address,
                port=stream.port,
                host=self.host or stream.address,
                path=path,
                tls=isinstance(stream, TlsStream),
                authenticated=isinstance(stream, TlsStream) and stream.verified,
                status=connection.status,
                headers=headers,
                body=printable(connection.body, BODY_KEPT),
                body_bytes=len(connection.body),
                body_complete=connection.complete,
                first_byte=self._first_byte(),
                date=None if date is None else date.strftime("%Y-%m-%dT%H:%M:%SZ"),
                clock_offset=offset,
                matched=expect.met_by(connection.status, connection.headers, connection.body),
                errno=errno,
                info=stream.tcp_info(),
            )
        )


def _date(value: str | None) -> datetime | None:
    """The Date header (RFC 9110 §6.6.1) in UTC; None when absent or nonsense."""
    from email.utils import parsedate_to_datetime

    try:
        return None if value is None else parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
