"""Hosts that mean harm: each conversation gets the next of the kinds that a policy names.

What was done is in the world's journal, so that whoever asks for mischief can see that it happened.
"""

import asyncio
import contextlib
import logging
import socket
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tests.lab.world.mischief import STREAMED, Kind, Script, play
from tests.lab.world.mischief_datagrams import DNS, SENT, Lie
from tests.lab.world.talk import Streams, close, streams

_JOURNAL: Final = logging.getLogger("world.mischief")
_FILE: Final = "mischief.log"
_turns: Counter[tuple[str, ...]] = Counter()

KINDS: Final[Mapping[str, Mapping[str, Kind]]] = {**STREAMED, **SENT}
KNOWN: Final = frozenset(name for table in KINDS.values() for name in table) | frozenset(DNS)


def unknown(kinds: Iterable[str]) -> list[str]:
    """Those of ``kinds`` that nobody knows."""
    return sorted(set(kinds) - KNOWN)


def keep_journal(workdir: Path) -> None:
    """Write every deed into a file of ``workdir``."""
    _JOURNAL.addHandler(logging.FileHandler(workdir / _FILE))
    _JOURNAL.setLevel(logging.INFO)
    _JOURNAL.propagate = False


def deeds(workdir: Path) -> Counter[str]:
    """How often each kind was performed in the world of ``workdir``."""
    return Counter((workdir / _FILE).read_text(encoding="utf-8").split())


def following(kinds: tuple[str, ...], layer: str) -> Kind | None:
    """The next of ``kinds`` that belong to ``layer``; None where there are none."""
    name = _next(kinds, KINDS[layer])
    return None if name is None else KINDS[layer][name]


def lie(kinds: tuple[str, ...]) -> Lie | None:
    """The next of ``kinds`` that resolvers perform."""
    name = _next(kinds, DNS)
    return None if name is None else DNS[name]


def _next(kinds: tuple[str, ...], table: Mapping[str, object]) -> str | None:
    fit = tuple(kind for kind in kinds if kind in table)
    if not fit:
        return None
    name = fit[_turns[fit] % len(fit)]
    _turns[fit] += 1
    _JOURNAL.info(name)
    return name


async def perform(pair: Streams, script: Script) -> None:
    """``script`` on a stream, which is closed at the end. Raises OSError."""
    writer = pair[1]

    async def send(data: bytes) -> bool:
        if writer.is_closing():
            return False
        writer.write(data)
        await writer.drain()
        return True

    try:
        await play(script, send)
    finally:
        await close(writer)


async def perform_raw(sock: socket.socket, kind: Kind) -> None:
    """``kind`` on a fresh socket, once the client has spoken. Raises OSError."""
    pair = await streams(sock)
    async with asyncio.timeout(60):
        heard = await pair[0].read(65536)
    await perform(pair, kind(heard))


async def perform_datagrams(sock: socket.socket, client: tuple[str, int], script: Script) -> None:
    """``script`` as datagrams to ``client``."""

    async def send(data: bytes) -> bool:
        with contextlib.suppress(OSError):
            sock.sendto(data, client)
        return True

    await play(script, send)
