"""Facebook's MQTT broker as far as a stranger sees it: a refusal.

Sources: OASIS MQTT 3.1.1 §3.1 and §3.2; mautrix/facebook ``maufbapi/mqtt`` for the dialect. Written
apart from the product's own codec, so that they can disagree.
"""

import asyncio
import zlib
from typing import Final

_NOT_AUTHORISED: Final = bytes((0x20, 2, 0, 5))
_BAD_LEVEL: Final = bytes((0x20, 2, 0, 1))
_LONGEST: Final = 4096


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one CONNECT, then hang up; hang up at once on anything else. Raises OSError."""
    try:
        async with asyncio.timeout(60):
            answer = _refusal(await _packet(reader))
        if answer is not None:
            writer.write(answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, TimeoutError):
        return


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """The body of a CONNECT, empty for any other packet. Raises IncompleteReadError."""
    kind = (await reader.readexactly(1))[0]
    size = shift = 0
    while shift < 28:
        byte = (await reader.readexactly(1))[0]
        size += (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    if kind != 0x10 or size > _LONGEST:
        return b""
    return await reader.readexactly(size)


def _refusal(body: bytes) -> bytes | None:
    """What the broker says to somebody whom it does not know; None where it hangs up."""
    length = int.from_bytes(body[:2], "big")
    name, rest = body[2 : 2 + length], body[2 + length :]
    if name != b"MQTToT" or len(rest) < 5:
        return None
    if rest[0] != 3:
        return _BAD_LEVEL
    try:
        zlib.decompress(rest[4:])  # the blob comes without a length of its own
    except zlib.error:
        return None
    return _NOT_AUTHORISED
