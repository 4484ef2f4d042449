"""The server's side of a WebSocket (RFC 6455): the answer to an upgrade, and frames."""

import asyncio
import base64
import hashlib
import re
from typing import Final

from tests.lab.world.http import Request

_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LONGEST: Final = 65536
_BINARY, _CLOSE, _PONG = 2, 8, 10


class Closed(Exception):
    """The client closed the WebSocket or spoke something else."""


def accept(request: Request, subprotocol: str | None = None) -> bytes | None:
    """The 101 that answers ``request``; None if that is no proper upgrade (§4.2.1)."""
    headers = request.headers
    key = headers.get("sec-websocket-key", "")
    tokens = [one.strip().lower() for one in headers.get("connection", "").split(",")]
    if (
        request.method != "GET"
        or headers.get("upgrade", "").lower() != "websocket"
        or "upgrade" not in tokens
        or headers.get("sec-websocket-version") != "13"
        or not re.fullmatch(r"[A-Za-z0-9+/]{22}==", key)
    ):
        return None
    token = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {token}",
        *([f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []),
    ]
    return "\r\n".join((*lines, "", "")).encode()


def offered(request: Request) -> list[str]:
    """The subprotocols that the client would speak (§4.1)."""
    named = request.headers.get("sec-websocket-protocol", "")
    return [one.strip() for one in named.split(",") if one.strip()]


class Binary:
    """The server's end of a stream that is cut into binary messages anywhere."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._buffer = b""

    async def readexactly(self, size: int) -> bytes:
        """The next ``size`` octets. Raises Closed, IncompleteReadError."""
        while len(self._buffer) < size:
            self._buffer += await message(self._reader, self._writer)
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def write(self, data: bytes) -> None:
        """One message."""
        self._writer.write(frame(data))

    async def drain(self) -> None:
        """Wait until there is room. Raises OSError."""
        await self._writer.drain()


def frame(payload: bytes, opcode: int = _BINARY) -> bytes:
    """One whole unmasked frame, as servers send them (§5.1)."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, size))
    else:
        head = bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big")
    return head + payload


async def message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The next binary message; pings are answered.

    Raises Closed (a client that does not mask its frames is closed on, §5.1), IncompleteReadError.
    """
    whole = b""
    while True:
        first, second = await reader.readexactly(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
        if not second & 0x80 or size > _LONGEST:
            writer.write(frame((1002).to_bytes(2, "big"), _CLOSE))
            raise Closed
        mask = await reader.readexactly(4)
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(await reader.readexactly(size)))
        match first & 0x0F:
            case 8:
                writer.write(frame(data[:2], _CLOSE))
                raise Closed
            case 9:
                writer.write(frame(data, _PONG))
            case 0 | 1 | 2:
                whole += data
                if first & 0x80:
                    return whole
            case _:
                pass
