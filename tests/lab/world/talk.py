"""Accepted sockets: look at the first bytes without taking them, then speak, relay or abort."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from tests.lab.content import LONGEST_FIRST_WORDS, Kind, first_words

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PATIENCE_S: Final = 60.0
"""How long a server waits for a silent client."""
FAREWELL_S: Final = 20.0
"""How long it waits for the last of an answer to leave: a slow line takes a few kilobytes a
second."""
UNRECOGNIZED_NAME: Final = 112
_AGAIN_S: Final = 0.005
SMALL_BUFFER: Final = 1 << 14
"""SO_RCVBUF where a server reads slowly: what waits in the kernel is acknowledged all the same."""
_FREE: Final = 4096
"""What a slow reader takes at once after a pause: handshakes and requests are no uploads."""
_TICK_S: Final = 0.05


async def peek(sock: socket.socket) -> tuple[Kind, str | None, bytes]:
    """The client's first words (see `tests.lab.content`), left in the socket.

    Nothing but ``b""`` if the client closes or says nothing for `PATIENCE_S`. Raises OSError.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    seen = 0
    while (left := end - loop.time()) > 0:
        try:
            data = sock.recv(LONGEST_FIRST_WORDS, socket.MSG_PEEK)
        except BlockingIOError:
            await _readable(sock, left)
            continue
        kind, name = first_words(data)
        if kind is not Kind.UNDECIDED or not data:
            return kind, name, data
        # A peeked socket stays readable, so that only time can tell that there is more; a client
        # that shut its side down half-way never sends the rest, which `PATIENCE_S` bounds.
        await asyncio.sleep(_AGAIN_S if len(data) > seen else 4 * _AGAIN_S)
        seen = len(data)
    return Kind.UNDECIDED, None, b""


async def _readable(sock: socket.socket, timeout: float) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    number = sock.fileno()
    loop.add_reader(number, wake)
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ready, timeout)
    finally:
        loop.remove_reader(number)


async def streams(sock: socket.socket, context: ssl.SSLContext | None = None) -> Streams:
    """Streams over ``sock``, as a TLS server with ``context``. Raises OSError, ssl.SSLError."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 17)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol,
        sock,
        ssl=context,
        ssl_handshake_timeout=PATIENCE_S if context else None,
        ssl_shutdown_timeout=FAREWELL_S if context else None,
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def read_slowly(
    sock: socket.socket, rate: int, serve: Callable[[socket.socket], Awaitable[None]]
) -> None:
    """``serve`` a socket that takes only ``rate`` bytes a second (0: all that come) from ``sock``.

    This lies below TLS, whose own buffers would take much more than was asked for.
    """
    if not rate:
        await serve(sock)
        return
    outer, inner = socket.socketpair()
    with outer, inner:
        outer.setblocking(False)
        inner.setblocking(False)
        async with asyncio.TaskGroup() as group:
            up = group.create_task(_pump_slowly(sock, outer, rate))
            down = group.create_task(_pump_slowly(outer, sock, 0))
            with contextlib.suppress(OSError):  # ssl.SSLError and TimeoutError are such
                await serve(inner)
            inner.close()
            await asyncio.wait((down,), timeout=3)
            up.cancel()
            down.cancel()


async def _pump_slowly(source: socket.socket, sink: socket.socket, rate: int) -> None:
    loop = asyncio.get_running_loop()
    most = max(_FREE, rate * _TICK_S)
    ready, last = float(most), loop.time()
    with contextlib.suppress(OSError):
        while data := await loop.sock_recv(source, int(ready) if rate else 1 << 16):
            await loop.sock_sendall(sink, data)
            while rate:
                now = loop.time()
                ready, last = min(most, ready - len(data) + (now - last) * rate), now
                data = b""
                if ready >= min(most, rate * _TICK_S, 1400):
                    break
                await asyncio.sleep(_TICK_S)
        sink.shutdown(socket.SHUT_WR)


def abort(sock: socket.socket) -> None:
    """Close with a reset."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def abort_writer(writer: asyncio.StreamWriter) -> None:
    """Close a stream with a reset."""
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang(sock: socket.socket) -> None:
    """Take everything, say nothing, until the client leaves or `PATIENCE_S` is over."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while await loop.sock_recv(sock, 65536):
                pass


FAULTS: Final = ("reset", "close", "hang", "alert")
"""Ways in which a TLS server fails once it has the ClientHello."""


async def fail(sock: socket.socket, how: str) -> None:
    """Answer a ClientHello in one of the ways of `FAULTS`; ``close`` shows an end and no reset."""
    if how == "hang":
        await hang(sock)
    elif how == "alert":
        await alert(sock, UNRECOGNIZED_NAME)
    else:
        await asyncio.sleep(0.002)  # the ClientHello is acknowledged before the backend is asked
        if how == "reset":
            abort(sock)
        else:
            await asyncio.get_running_loop().sock_recv(sock, LONGEST_FIRST_WORDS)
            sock.shutdown(socket.SHUT_WR)


async def fall_silent(pair: Streams) -> None:
    """Take everything, answer nothing, until the client leaves or `PATIENCE_S` is over."""
    try:
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(PATIENCE_S):
                while await pair[0].read(65536):
                    pass
    finally:
        await close(pair[1])


async def alert(sock: socket.socket, description: int) -> None:
    """Take the ClientHello and answer with a fatal TLS alert (RFC 8446 §6)."""
    loop = asyncio.get_running_loop()
    await loop.sock_recv(sock, LONGEST_FIRST_WORDS)
    await loop.sock_sendall(sock, bytes((21, 3, 3, 0, 2, 2, description)))


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a stream and wait for it, whatever became of it: what was said goes out first."""
    writer.close()
    try:
        async with asyncio.timeout(FAREWELL_S):
            await writer.wait_closed()
    except (OSError, TimeoutError):  # ssl.SSLError is an OSError
        writer.transport.abort()


async def relay(sock: socket.socket, address: str, port: int) -> None:
    """Hand every byte of ``sock`` to ``address`` and back; a refusal or reset becomes a reset."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            there = await asyncio.open_connection(address, port)
    except OSError:
        abort(sock)
        return
    await join(await streams(sock), there)


async def join(here: Streams, there: Streams) -> None:
    """Hand on every byte, both ways, until both sides have ended."""
    async with both_ways(here, there) as group:
        group.create_task(_pump(here[0], there[1]))
        group.create_task(_pump(there[0], here[1]))


@contextlib.asynccontextmanager
async def both_ways(here: Streams, there: Streams) -> AsyncIterator[asyncio.TaskGroup]:
    """A group for the tasks that hand bytes on. Both sides are closed when these have ended, with
    resets where one broke off or took too long."""
    try:
        async with asyncio.timeout(5 * PATIENCE_S), asyncio.TaskGroup() as group:
            yield group
    except* (OSError, TimeoutError):
        abort_writer(here[1])
        abort_writer(there[1])
    finally:
        await close(here[1])
        await close(there[1])


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        with contextlib.suppress(OSError):
            sink.write_eof()


async def echo(sock: socket.socket) -> None:
    """Give back what comes."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE_S):
        while data := await loop.sock_recv(sock, 65536):
            await loop.sock_sendall(sock, data)


async def acme(sock: socket.socket) -> None:
    """The invented line protocol of tests/plugin_example."""
    reader, writer = await streams(sock)
    try:
        async with asyncio.timeout(PATIENCE_S):
            line = await reader.readline()
            if line.startswith(b"ACME hello "):
                writer.write(line.replace(b"hello", b"welcome", 1))
                await writer.drain()
    finally:
        await close(writer)
