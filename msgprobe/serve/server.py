"""The exporter's own HTTP: one request a connection, small, and over soon.

Nothing of a request is written anywhere or repeated in an answer.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import field

import h11

from msgprobe.model.dataclass import dataclass
from msgprobe.serve.exposition import exposed
from msgprobe.serve.gate import Asked, Fields, Gate, Refused, judge
from msgprobe.serve.keeper import Keeper

LARGEST_REQUEST = 8_192
"""Bytes of a request; a scrape has some hundreds."""

READING = 5.0
"""Seconds for a request to arrive."""

WRITING = 10.0
"""Seconds for an answer to leave."""

MOST_AT_ONCE = 32
"""Connections; one more is closed at once."""


@dataclass(slots=True)
class Server:
    """Answers scrapes. ``patience`` is how long a probe may wait for its run, in seconds."""

    gate: Gate
    keeper: Keeper
    patience: float
    open: int = 0
    _group: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)

    async def serve(self, host: str, port: int, ready: Callable[[], None]) -> None:
        """Until it is cancelled. Raises OSError where it cannot listen there."""
        async with self._group:
            server = await asyncio.start_server(
                self._connection, host, port, limit=LARGEST_REQUEST, backlog=64
            )
            ready()
            async with server:
                await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.open >= MOST_AT_ONCE:
            writer.transport.abort()
            return
        self.open += 1
        try:
            await self._exchange(reader, writer)
        except (OSError, TimeoutError):
            writer.transport.abort()
        finally:
            self.open -= 1
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_REQUEST)
        try:
            async with asyncio.timeout(READING):
                request = await _request(talk, reader)
        except h11.RemoteProtocolError:
            await _answer(talk, writer, 400, b"this is no HTTP request\n", _PLAIN)
            return
        if request is None:
            return
        fields = _fields(request)
        asked = judge(self.gate, request.method.decode(), request.target.decode("latin-1"), fields)
        if isinstance(asked, Refused):
            await _answer(talk, writer, asked.status, f"{asked.why}\n".encode(), _PLAIN)
            return
        accept = ",".join(fields.get("accept", ()))
        body, kind = await self._metrics(asked, accept)
        head = request.method == b"HEAD"
        await _answer(talk, writer, 200, body, kind, head=head)

    async def _metrics(self, asked: Asked, accept: str) -> tuple[bytes, str]:
        if asked.service is None:
            every = tuple(self.keeper.kept.values())
            return exposed(every, accept, faults=self.keeper.faults, known=bool(every))
        kept = await self.keeper.probe(asked.service, self._group, self.patience)
        found = () if kept is None else (kept,)
        return exposed(found, accept, faults=self.keeper.faults, known=kept is not None)


_PLAIN = "text/plain; charset=utf-8"


async def _request(talk: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """The request's head; None where the peer went away. Raises RemoteProtocolError."""
    while True:
        event = talk.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is h11.NEED_DATA:
            data = await reader.read(LARGEST_REQUEST)
            if not data:
                return None
            talk.receive_data(data)
        else:
            return None


def _fields(request: h11.Request) -> Fields:
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return found


async def _answer(
    talk: h11.Connection,
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes,
    kind: str,
    *,
    head: bool = False,
) -> None:
    headers = [
        ("content-type", kind),
        ("content-length", str(len(body))),
        ("connection", "close"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ]
    with contextlib.suppress(h11.LocalProtocolError):
        data = talk.send(h11.Response(status_code=status, headers=headers)) or b""
        if not head:
            data += talk.send(h11.Data(data=body)) or b""
        writer.write(data)
        async with asyncio.timeout(WRITING):
            await writer.drain()
