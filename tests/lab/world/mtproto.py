"""How a Telegram data centre is spoken to: every transport, in the open and obfuscated.

Source: core.telegram.org/mtproto/mtproto-transports.
"""

import asyncio
import logging
import os
import secrets
import struct
import zlib
from typing import Final, Literal, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from tests.lab.world.datacentre import Exchange
from tests.lab.world.http import Response

Framing = Literal["abridged", "intermediate", "padded", "full"]
_TAGS: Final[dict[bytes, Framing]] = {
    b"\xef" * 4: "abridged",
    b"\xee" * 4: "intermediate",
    b"\xdd" * 4: "padded",
}
_LONGEST: Final = 1 << 20
_UNKNOWN_KEY: Final = struct.pack("<i", -404)
_JOURNAL: Final = logging.getLogger("world.handshake")
PAGE: Final = Response(
    status=404,
    body=b'<html>\r\n<head><title>404 Not Found</title></head>\r\n<body bgcolor="white">\r\n'
    b"<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx/0.3.33</center>\r\n</body>\r\n"
    b"</html>\r\n",
    content_type="text/html",
    headers=(("Server", "nginx/0.3.33"),),
)
"""What a data centre answers to requests that are not of its protocol, as in 2019 to 2022."""


class Reader(Protocol):
    """What the client sent, in the order in which it did."""

    async def readexactly(self, n: int, /) -> bytes: ...


class Writer(Protocol):
    """The way back to the client."""

    def write(self, data: bytes, /) -> None: ...

    async def drain(self) -> None: ...


class _Transport:
    """The server's end of one transport."""

    def __init__(self, reader: Reader, writer: Writer, framing: Framing) -> None:
        self._reader, self._writer, self.framing = reader, writer, framing
        self.decrypt: CipherContext | None = None
        self.encrypt: CipherContext | None = None
        self.unread = b""
        self._sent = 0

    async def _take(self, count: int) -> bytes:
        if count > _LONGEST:
            raise ValueError("packet too long")
        ready, self.unread = self.unread[:count], self.unread[count:]
        data = await self._reader.readexactly(count - len(ready)) if count > len(ready) else b""
        return ready + (self.decrypt.update(data) if self.decrypt else data)

    async def receive(self) -> bytes:
        """The payload of the next packet. Raises ValueError, IncompleteReadError."""
        if self.framing == "abridged":
            words = (await self._take(1))[0] & 0x7F
            if words == 0x7F:
                words = int.from_bytes(await self._take(3), "little")
            return await self._take(4 * words)
        head = await self._take(4)
        size = int.from_bytes(head, "little") & 0x7FFFFFFF
        if self.framing != "full":
            return await self._take(size)
        rest = await self._take(max(size, 12) - 4)
        if zlib.crc32(head + rest[:-4]) != int.from_bytes(rest[-4:], "little"):
            raise ValueError("wrong checksum")
        return rest[4:-4]

    async def send(self, payload: bytes) -> None:
        """Frame ``payload`` and send it."""
        if self.framing == "abridged":
            words = len(payload) // 4
            small = words < 0x7F
            head = bytes((words,)) if small else b"\x7f" + words.to_bytes(3, "little")
            packet = head + payload
        elif self.framing == "full":
            packet = struct.pack("<II", len(payload) + 12, self._sent) + payload
            packet += struct.pack("<I", zlib.crc32(packet))
            self._sent += 1
        else:
            if self.framing == "padded":
                payload += os.urandom(secrets.randbelow(16))
            packet = struct.pack("<I", len(payload)) + payload
        self._writer.write(self.encrypt.update(packet) if self.encrypt else packet)
        await self._writer.drain()


async def opened(reader: Reader, writer: Writer) -> _Transport:
    """Tell the transports apart by their first bytes. Raises ValueError for none of them."""
    first = await reader.readexactly(1)
    if first == b"\xef":
        return _Transport(reader, writer, "abridged")
    first += await reader.readexactly(3)
    if first in _TAGS:
        return _Transport(reader, writer, _TAGS[first])
    first += await reader.readexactly(4)
    if first[4:] == bytes(4):
        transport = _Transport(reader, writer, "full")
        transport.unread = first
        return transport
    first += await reader.readexactly(56)
    back = first[8:56][::-1]
    decrypt = Cipher(algorithms.AES(first[8:40]), modes.CTR(first[40:56])).decryptor()
    plain = decrypt.update(first)
    framing = _TAGS.get(plain[56:60], "intermediate")
    transport = _Transport(reader, writer, framing)
    transport.encrypt = Cipher(algorithms.AES(back[:32]), modes.CTR(back[32:48])).encryptor()
    transport.decrypt = decrypt
    if plain[56:60] not in _TAGS:  # garbage: what real servers say to it is -404 in the open
        transport.encrypt = None
        await transport.send(_UNKNOWN_KEY)
        raise ValueError("no known transport")
    return transport


async def serve(reader: Reader, writer: Writer, exchange: Exchange) -> None:
    """Answer until the client leaves or says what has no answer. Raises OSError."""
    try:
        transport = await opened(reader, writer)
        hidden = " obfuscated" if transport.encrypt else ""
        _JOURNAL.info("mtproto transport %s%s", transport.framing, hidden)
        while True:
            answer = exchange.reply(await transport.receive())
            await transport.send(answer or _UNKNOWN_KEY)
            if answer is None:
                return
    except (ValueError, asyncio.IncompleteReadError):
        return
