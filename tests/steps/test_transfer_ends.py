"""Who ends a transfer, as TLS tells it, and what may go before one on the same connection."""

import asyncio
import socket

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import HttpObservation
from tests.steps.test_transfer import SIZE, asked, move, shelf

HALF = 20_000


@pytest.mark.parametrize("goodbye", [True, False])
def test_an_end_that_the_server_announces_is_told_from_a_bare_one(goodbye: bool) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 206 Partial Content\r\nContent-Length: {SIZE}\r\n\r\n".encode())
        writer.write(bytes(HALF))
        await writer.drain()
        if not goodbye:
            writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
            await asyncio.sleep(1.0)

    seen, _ = move(handle)
    assert (seen.failure, seen.goodbye) == (Failure.EOF, goodbye)
    assert HALF <= seen.moved < SIZE


def test_heads_go_before_an_object_until_enough_has_come() -> None:
    heads: list[str] = []
    seen, ctx = move(shelf({"/a.js": SIZE}, heads), path="/a.js", lead="1500")
    *before, last = asked(heads)
    assert last == "GET /a.js" and set(before) == {"HEAD /a.js"} and len(before) > 2
    assert len(before) == sum(isinstance(o, HttpObservation) for o in ctx.recorder.observations)
    alone, _ = move(shelf({"/a.js": SIZE}, []), path="/a.js")
    assert seen.info is not None and alone.info is not None, "the kernel counts"
    assert seen.info.bytes_received - alone.info.bytes_received > 800, "tickets come anyway"
