"""The performance enhancing proxy of a satellite link: it answers SYNs before the sky does."""

import asyncio
import contextlib
import socket

from tests.lab.world.config import Pep
from tests.lab.world.talk import PATIENCE_S, abort, both_ways, streams

_CHUNK = 1 << 14
_QUEUE = 256
"""Chunks under way in each direction: a few megabytes, as such proxies keep."""


async def split(pep: Pep, sock: socket.socket, address: str) -> None:
    """Hand every byte of ``sock`` to ``address`` and back as ``pep`` says. Raises OSError."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            there = await asyncio.open_connection(address, pep.to_port)
    except OSError:  # the client, long accepted, hears of it when word comes back
        await asyncio.sleep(2 * pep.delay_ms / 1000)
        abort(sock)
        return
    here = await streams(sock)
    async with both_ways(here, there) as group:
        for source, sink, kbit in ((here[0], there[1], 0.0), (there[0], here[1], pep.kbit)):
            line = _Line(pep.delay_ms / 1000, kbit * 1000 / 8)
            group.create_task(line.fill(source))
            group.create_task(line.empty(sink))


class _Line:
    """One direction: ``delay`` in seconds, ``rate`` in bytes per second or 0."""

    def __init__(self, delay: float, rate: float) -> None:
        self._delay, self._rate = delay, rate
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUE)

    async def fill(self, source: asyncio.StreamReader) -> None:
        """Take what ``source`` gives; its end is an empty chunk."""
        size = _CHUNK
        if self._rate:  # no chunk takes much longer than a packet does
            size = min(_CHUNK, max(1400, int(self._rate / 50)))
        data = b"begun"
        while data:
            data = await source.read(size)
            await self._queue.put((self._loop.time() + self._delay, data))

    async def empty(self, sink: asyncio.StreamWriter) -> None:
        """Give it to ``sink`` when its time has come."""
        free = 0.0
        while True:
            due, data = await self._queue.get()
            start = max(due, free)
            await asyncio.sleep(max(0.0, start - self._loop.time()))
            if not data:
                break
            if self._rate:
                free = max(start, self._loop.time() - 0.02) + len(data) / self._rate
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            with contextlib.suppress(OSError):
                sink.write_eof()
