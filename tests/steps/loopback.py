"""Hostile and honest servers on loopback, with real sockets."""

import asyncio
import contextlib
import dataclasses
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from msgprobe.model.observation import Observation
from msgprobe.model.target import Root
from msgprobe.steps.context import StepContext
from msgprobe.steps.trust import TrustStore
from msgprobe.steps.world import World, system_world
from tests.lab.world import websocket

HOST = "127.0.0.1"
Handler = Callable[[socket.socket], Awaitable[None]]
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Speaker = Callable[[Pair], Awaitable[None]]
T = TypeVar("T")
Kind = TypeVar("Kind", bound=Observation)


def run(main: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(main, 20))


def world(ca_file: str | None = None) -> World:
    return dataclasses.replace(system_world(1), trust=TrustStore(ca_file))


def context(
    seconds: float = 5.0,
    *,
    here: World | None = None,
    roots: dict[str, tuple[Root, ...]] | None = None,
) -> StepContext:
    here = here or world()
    return StepContext(world=here, transaction=7, deadline=here.now() + seconds, roots=roots or {})


def only(ctx: StepContext, kind: type[Kind]) -> Kind:
    """The one observation of ``kind`` that was recorded."""
    found = [o for o in ctx.recorder.observations if isinstance(o, kind)]
    assert len(found) == 1, ctx.recorder.observations
    return found[0]


@asynccontextmanager
async def serve(handler: Handler, host: str = HOST) -> AsyncIterator[int]:
    """Accept connections and hand each socket to ``handler``; gives the port."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        listener.setblocking(False)
        async with asyncio.TaskGroup() as group:

            async def talk(sock: socket.socket) -> None:
                with sock, contextlib.suppress(OSError):
                    await handler(sock)

            async def accept() -> None:
                while True:
                    sock, _ = await loop.sock_accept(listener)
                    sock.setblocking(False)
                    tasks.append(group.create_task(talk(sock)))

            tasks = [group.create_task(accept())]
            try:
                yield int(listener.getsockname()[1])
            finally:
                for task in tasks:
                    task.cancel()


@asynccontextmanager
async def listening(speak: Speaker, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that ``speak``s with whoever connects, until one of the two has enough."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, websocket.Closed):
            await speak((reader, writer))
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(handle, HOST, 0, ssl=tls)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


@asynccontextmanager
async def serve_tls(
    context: ssl.SSLContext, answer: bytes = b"", *, then_reset: bool = False
) -> AsyncIterator[int]:
    """A TLS server that reads a request head and sends ``answer``."""

    async def speak(pair: Pair) -> None:
        reader, writer = pair
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        if then_reset:
            writer.transport.abort()

    async with listening(speak, context) as port:
        yield port


async def receive(sock: socket.socket) -> bytes:
    return await asyncio.get_running_loop().sock_recv(sock, 65536)


async def send(sock: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(sock, data)


async def silence(sock: socket.socket) -> None:
    """Take everything, say nothing."""
    while await receive(sock):
        pass
    await asyncio.sleep(60)


async def reset(sock: socket.socket) -> None:
    """Read the first bytes, then answer with RST."""
    await receive(sock)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def fin(sock: socket.socket) -> None:
    """Read the first bytes, then close."""
    await receive(sock)


def replies(data: bytes) -> Handler:
    """Read the first bytes, send ``data``, close when the peer does."""

    async def handle(sock: socket.socket) -> None:
        await receive(sock)
        await send(sock, data)
        sock.shutdown(socket.SHUT_WR)
        while await receive(sock):
            pass

    return handle


def junk(unit: bytes, lead: bytes = b"") -> Handler:
    """Read the first bytes, then send ``unit`` for ever."""

    async def handle(sock: socket.socket) -> None:
        await receive(sock)
        await send(sock, lead)
        while True:
            await send(sock, unit)
            await asyncio.sleep(0)

    return handle


def drip(data: bytes, pause: float) -> Handler:
    """Read the first bytes, then send ``data`` a byte at a time."""

    async def handle(sock: socket.socket) -> None:
        await receive(sock)
        for byte in data:
            await send(sock, bytes([byte]))
            await asyncio.sleep(pause)
        await asyncio.sleep(60)

    return handle


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is bound but not listened on: the kernel refuses."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        yield int(sock.getsockname()[1])


@asynccontextmanager
async def deaf() -> AsyncIterator[int]:
    """A port with a full accept queue: Linux drops further SYNs, as a censor would."""
    with socket.create_server((HOST, 0), backlog=0) as listener, contextlib.ExitStack() as full:
        port = int(listener.getsockname()[1])
        for _ in range(3):
            filler = full.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((HOST, port))
        await asyncio.sleep(0.05)
        yield port
