"""STUN and TURN servers: RFC 8489, its older form of RFC 3489, and TURN's refusal of strangers."""

import asyncio
import ipaddress
import os
import struct
from typing import Final, Literal

Manner = Literal["normal", "tcp_only", "silent", "rationed"]

_COOKIE: Final = 0x2112A442
_BINDING, _ALLOCATE = 0x0001, 0x0003
_RATION: Final = 15
"""Answers that a rationing server gives one client port."""


class CallServer:
    """One server's manners; ``name`` becomes its realm."""

    def __init__(self, name: str, manner: Manner = "normal") -> None:
        self._realm = name.encode()
        self._manner = manner
        self._given: dict[tuple[str, int], int] = {}

    def datagram(self, data: bytes, client: tuple[str, int]) -> bytes | None:
        """The answer to one datagram; None for silence."""
        if self._manner in ("tcp_only", "silent"):
            return None
        given = self._given[client] = self._given.get(client, 0) + 1
        if self._manner == "rationed" and given > _RATION:
            return None
        return self.answer(data, client)

    def answer(self, data: bytes, client: tuple[str, int]) -> bytes | None:
        """The answer to one request from ``client``; None for what is no request."""
        if len(data) < 20:
            return None
        kind, size = struct.unpack_from("!HH", data)
        if size != len(data) - 20 or size % 4:
            return None
        identity = data[4:20]
        if kind == _BINDING:
            return _message(0x0101, identity, [_mapped(identity, client), _software()])
        if kind == _ALLOCATE and identity[:4] == _COOKIE.to_bytes(4, "big"):
            error = _attribute(0x0009, b"\0\0\x04\x01Unauthorized")
            realm = _attribute(0x0014, self._realm)
            nonce = _attribute(0x0015, os.urandom(8).hex().encode())
            return _message(0x0113, identity, [error, realm, nonce, _software()])
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests over TCP, one after another (RFC 8489 §6.2.2)."""
        if self._manner == "silent":
            await reader.read()
            return
        client: tuple[str, int] = writer.get_extra_info("peername")[:2]
        while True:
            try:
                head = await reader.readexactly(20)
                rest = await reader.readexactly(int.from_bytes(head[2:4], "big"))
            except asyncio.IncompleteReadError:
                return
            answered = self.answer(head + rest, client)
            if answered is None:
                return
            writer.write(answered)
            await writer.drain()


def _mapped(identity: bytes, client: tuple[str, int]) -> bytes:
    """XOR-MAPPED-ADDRESS where the cookie was sent, else MAPPED-ADDRESS as of old."""
    host, port = ipaddress.ip_address(client[0].removeprefix("::ffff:")), client[1]
    family = 1 if host.version == 4 else 2
    if identity[:4] != _COOKIE.to_bytes(4, "big"):
        return _attribute(0x0001, struct.pack("!BBH", 0, family, port) + host.packed)
    mask = identity[: len(host.packed)]
    hidden = bytes(a ^ b for a, b in zip(host.packed, mask, strict=True))
    return _attribute(0x0020, struct.pack("!BBH", 0, family, port ^ (_COOKIE >> 16)) + hidden)


def _software() -> bytes:
    return _attribute(0x8022, b"Coturn-4.6.2 'Gorst'")


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _message(kind: int, identity: bytes, attributes: list[bytes]) -> bytes:
    body = b"".join(attributes)
    return struct.pack("!HH", kind, len(body)) + identity + body
