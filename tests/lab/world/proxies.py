"""Proxies that live in the world, on the far side of the censor: SOCKS5 (RFC 1928 and RFC 1929) and
HTTP CONNECT (RFC 9110 §9.3.6). They resolve names themselves."""

import asyncio
import base64
import ipaddress
import socket
from typing import Final

from tests.lab.world.hosts import Directory
from tests.lab.world.talk import PATIENCE_S, Streams, close, join, streams

USER, PASSWORD = "lab", "open:sesame"
"""Whoever offers credentials must offer these; nobody has to."""

_GIVES_UP_S: Final = 1.5
"""How long the proxy dials somebody who is silent; real ones take longer, and so do their clients'
timeouts."""

_REFUSED, _UNREACHABLE = 5, 4


async def socks5(directory: Directory, sock: socket.socket) -> None:
    """One client of the SOCKS5 proxy. Raises OSError when it breaks off."""
    reader, writer = here = await streams(sock)
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, count = await reader.readexactly(2)
            methods = await reader.readexactly(count)
            writer.write(bytes((5, 2 if 2 in methods else 0)))
            if 2 in methods and not await _credentials(reader, writer):
                return
            _, _, _, kind = await reader.readexactly(4)
            host = await _host(reader, kind)
            port = int.from_bytes(await reader.readexactly(2), "big")
            there = await _dial(directory, host, port)
            code = there if isinstance(there, int) else 0
            writer.write(bytes((5, code, 0, 1, 0, 0, 0, 0, 0, 0)))
            await writer.drain()
        if not isinstance(there, int):
            await join(here, there)
    except asyncio.IncompleteReadError:
        return
    finally:
        await close(writer)


async def _credentials(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    _, size = await reader.readexactly(2)
    user = await reader.readexactly(size)
    password = await reader.readexactly((await reader.readexactly(1))[0])
    right = (user.decode(), password.decode()) == (USER, PASSWORD)
    writer.write(bytes((1, 0 if right else 1)))
    return right


async def _host(reader: asyncio.StreamReader, kind: int) -> str:
    if kind == 3:
        return (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    return str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))


async def connect(directory: Directory, sock: socket.socket) -> None:
    """One client of the HTTP proxy. Raises OSError when it breaks off."""
    reader, writer = here = await streams(sock)
    try:
        async with asyncio.timeout(PATIENCE_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if not _admitted(head):
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                return
            host, _, port = head.split()[1].rpartition(":")
            there = await _dial(directory, host.strip("[]"), int(port))
            if isinstance(there, int):
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            writer.write(b"HTTP/1.1 200 Connection established\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)  # a head in two packets is as good as in one
            writer.write(b"\r\n")
        await join(here, there)
    except asyncio.IncompleteReadError:
        return
    finally:
        await close(writer)


def _admitted(head: str) -> bool:
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    given = lines.get("Proxy-Authorization")
    right = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return given is None or given == f"Basic {right}"


async def _dial(directory: Directory, host: str, port: int) -> Streams | int:
    """Streams to whom ``host`` names, or why there are none (RFC 1928 §6)."""
    known = directory.hosts.get(host)
    addresses = sorted(known.addresses if known else [host], key=lambda a: ":" in a)
    place = directory.places.get(addresses[0]) if addresses else None
    if place is None or directory.connect(place, port) == "silent":
        await asyncio.sleep(_GIVES_UP_S)
        return _UNREACHABLE
    try:
        return await asyncio.open_connection(place.address, port)
    except OSError:
        return _REFUSED
