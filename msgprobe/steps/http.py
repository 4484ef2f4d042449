"""HTTP: one request on a stream that is already open becomes one observation."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure, Operation
from msgprobe.steps.browser import NAVIGATION, USER_AGENT
from msgprobe.steps.classify import TooLarge, classify, errno_name
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.guard import retained
from msgprobe.steps.http_limits import BODY_CAP, BODY_KEPT, DRAINED, kept_headers
from msgprobe.steps.http_seen import request_seen
from msgprobe.steps.links import PAGE_CAP, Search
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.wire.printable import printable

if TYPE_CHECKING:
    from msgprobe.steps.http_exchange import HttpConnection

REQUEST_BOUND = 1280
"""More than our request takes without its path, a second name of a host included."""

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
    """An answer whose headers came. ``body`` is what was kept of it, ``complete`` whether all came.

    ``size`` is the whole body's as the headers tell it; ``links`` are those that were searched for.
    """

    status: int
    body: bytes
    complete: bool
    matched: bool | None
    size: int | None = None
    links: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class HttpExchange:
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
        search: Search | None = None,
    ) -> Done[HttpAnswer] | Failed:
        """One request; records an HttpObservation. ``timeout`` is in seconds.

        Done as soon as the headers and the read part of the body came, whatever the status. Little
        of the body is read unless it is wanted ``whole`` (up to a cap), some text is expected in it
        or it is to be ``search``ed: whoever does not want the rest of an incomplete answer abandons
        the stream. The rest of a searched page is read and dropped, up to a cap, unless it is the
        last request on the stream.
        """
        # h11 takes its time to import: only who speaks HTTP waits for it.
        from msgprobe.steps.http_exchange import HttpConnection, HttpFault, Reading

        connection = self._connection or HttpConnection(self.stream, self._asked, self._heard)
        self._connection = connection
        start = self.ctx.now()
        self._asked_at = self._heard_at = None
        failure: Failure | None = Failure.INTERRUPTED
        errno: str | None = None
        try:
            async with asyncio.timeout(self.ctx.remaining(timeout)):
                if search is not None:
                    rest = 0 if self.last else DRAINED
                    plan = Reading(most=PAGE_CAP, rest=rest, enough=search.enough)
                else:
                    plan = Reading(most=BODY_CAP if whole or expect.text is not None else BODY_KEPT)
                fields = self._headers(method, headers, content)
                await connection.ask(method, path, fields, content, plan)
            failure = None
        except HttpFault as exc:
            failure = exc.failure
        except (OSError, TooLarge) as exc:
            failure, errno = classify(exc), errno_name(exc)
        finally:
            links = () if search is None else search.found(connection.body)
            self._record(start, path, failure, errno, expect, connection, links)
        if failure is not None or connection.status is None:
            return Failed(failure or Failure.HTTP_INVALID, Operation.HTTP_ROUND_TRIP)
        return Done(_answer(connection, connection.status, expect, links))

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

    def _headers(
        self, method: str, extra: Mapping[str, str], content: bytes
    ) -> list[tuple[bytes, bytes]]:
        """A GET asks for a page, as a browser does, unless ``extra`` says why else."""
        port = self.stream.port
        secure = isinstance(self.stream, TlsStream)
        usual = 443 if secure else 80
        fields = {"Host": self._authority() + ("" if port == usual else f":{port}")} | _HEADERS
        if method == "GET" and "Sec-Fetch-Mode" not in extra:
            sent = NAVIGATION.items() if secure else list(NAVIGATION.items())[:1]
            fields |= dict(sent)
        fields |= dict(extra)
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
        links: tuple[str, ...],
    ) -> None:
        stream = self.stream
        headers = kept_headers(connection.headers)
        date = _date(dict(headers).get("date"))
        offset = None
        if date is not None:
            offset = (date - self.ctx.world.clock.utcnow()).total_seconds()
        self.ctx.record(
            retained(
                stream,
                replace(
                    request_seen(
                        self.ctx, stream, start, failure, self.host or stream.address, path
                    ),
                    status=connection.status,
                    headers=headers,
                    body=printable(connection.body, BODY_KEPT),
                    body_bytes=len(connection.body),
                    body_complete=connection.complete,
                    first_byte=self._first_byte(),
                    date=None if date is None else date.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    clock_offset=offset,
                    matched=expect.met_by(connection.status, connection.headers, connection.body),
                    links=links,
                    errno=errno,
                ),
            )
        )


def _answer(
    connection: "HttpConnection", status: int, expect: Expectation, links: tuple[str, ...]
) -> HttpAnswer:
    return HttpAnswer(
        status=status,
        body=connection.body,
        complete=connection.complete,
        matched=expect.met_by(status, connection.headers, connection.body),
        size=_size(connection.headers),
        links=links,
    )


def _size(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Content-Length (RFC 9110 §8.6) in bytes; None when absent or nonsense."""
    for name, value in headers:
        if name.lower() == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else None
    return None


def _date(value: str | None) -> datetime | None:
    """The Date header (RFC 9110 §6.6.1) in UTC; None when absent or nonsense."""
    from email.utils import parsedate_to_datetime

    try:
        return None if value is None else parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
