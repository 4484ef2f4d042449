"""A server that speaks HTTP/2 (RFC 9113), by the h2 library's server side."""

import asyncio
from collections.abc import Callable

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from h2.exceptions import ProtocolError

from tests.lab.world.http import Request, Response

Answer = Callable[[Request], Response | None]


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Answer requests without bodies until the client leaves. Raises OSError."""
    connection = H2Connection(config=H2Configuration(client_side=False, header_encoding="utf-8"))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    async with asyncio.timeout(60):
        while data := await reader.read(65536):
            try:
                for event in connection.receive_data(data):
                    if isinstance(event, RequestReceived) and event.stream_id is not None:
                        _reply(connection, event, answer)
            except ProtocolError:
                writer.write(connection.data_to_send())  # the reason, in a GOAWAY
                return
            writer.write(connection.data_to_send())
            await writer.drain()


def _reply(connection: H2Connection, event: RequestReceived, answer: Answer) -> None:
    stream = event.stream_id
    assert stream is not None
    fields = {str(k): str(v) for k, v in event.headers or ()}
    response = answer(
        Request(
            method=fields.get(":method", ""),
            target=fields.get(":path", ""),
            headers={"host": fields.get(":authority", "")},
        )
    )
    if response is None:
        connection.reset_stream(stream)
        return
    headers = [(":status", str(response.status)), ("content-type", response.content_type)]
    headers += [(name.lower(), value) for name, value in response.headers]
    bodiless = fields.get(":method") == "HEAD"
    connection.send_headers(stream, headers, end_stream=bodiless)
    if not bodiless:
        connection.send_data(stream, response.body, end_stream=True)
