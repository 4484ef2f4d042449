"""What is spoken inside WebSockets."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from tests.lab.world import dialogue, mean, mtproto, signal, websocket
from tests.lab.world.config import HostPolicy
from tests.lab.world.datacentre import Exchange
from tests.lab.world.hosts import Directory, Place
from tests.lab.world.http import Request, Upgrade
from tests.lab.world.noise import ChatServer
from tests.lab.world.talk import Streams


class WebSockets:
    """The WebSockets that the catalogue knows; ``chat`` and ``exchange`` are who answers."""

    def __init__(
        self,
        directory: Directory,
        chat: Callable[[HostPolicy], ChatServer],
        exchange: Callable[[HostPolicy], Exchange],
        now_ms: Callable[[], int],
    ) -> None:
        self._endpoints = [
            e
            for service in directory.catalogue.services
            for e in service.endpoints
            if e.option("transport") == "websocket"
        ]
        self._chat = chat
        self._exchange = exchange
        self._now_ms = now_ms
        self._spoken: dict[str, Callable[[Request, Streams, HostPolicy], Awaitable[bool]]] = {
            "noise": self._noise,
            "mtproto": self._mtproto,
            "signal": self._signal,
        }

    def at(self, place: Place, policy: HostPolicy) -> Upgrade:
        """Those at ``place``."""
        known = {(e.host, e.path): e for e in self._endpoints if place.host(e.host)}

        async def upgrade(request: Request, pair: Streams) -> bool:
            if accepted := _mean(request, policy):
                if kind := mean.following(policy.mischief, "websocket"):
                    pair[1].write(accepted)
                    await mean.perform(pair, kind(b""))
                    return True
            endpoint = known.get((request.host, request.path))
            if policy.status and policy.concerns(request.path, request.headers):
                return False
            if await dialogue.upgraded(request, pair):
                return True
            if endpoint is None or endpoint.check not in self._spoken:
                return False
            speak = self._spoken[endpoint.check]
            origin = endpoint.option("origin")
            if origin is not None and origin != request.headers.get("origin"):
                return False
            with contextlib.suppress(websocket.Closed, asyncio.IncompleteReadError):
                async with asyncio.timeout(60):
                    return await speak(request, pair, policy)
            return True

        return upgrade

    async def _noise(self, request: Request, pair: Streams, policy: HostPolicy) -> bool:
        if not _accepts(request, pair):
            return False
        begun = self._chat(policy).open(await websocket.message(*pair))
        if begun is not None:
            pair[1].write(websocket.frame(begun.hello))
            await pair[1].drain()
            if begun.finish(await websocket.message(*pair)) is not None:
                await websocket.message(*pair)  # nothing, until the client leaves
        return True

    async def _mtproto(self, request: Request, pair: Streams, policy: HostPolicy) -> bool:
        accepted = websocket.accept(request, "binary")
        if accepted is None or "binary" not in websocket.offered(request):
            return False
        pair[1].write(accepted)
        inside = websocket.Binary(*pair)
        await mtproto.serve(inside, inside, self._exchange(policy))
        return True

    async def _signal(self, request: Request, pair: Streams, policy: HostPolicy) -> bool:
        if not _accepts(request, pair):
            return False
        await signal.serve(*pair, self._now_ms())
        return True


def _accepts(request: Request, pair: Streams) -> bool:
    """Whether it asks for a WebSocket; then that is accepted."""
    accepted = websocket.accept(request)
    if accepted is not None:
        pair[1].write(accepted)
    return accepted is not None


def _mean(request: Request, policy: HostPolicy) -> bytes | None:
    """The acceptance of a WebSocket in which harm is meant; None where none is."""
    if not policy.mischief:
        return None
    return websocket.accept(request, next(iter(websocket.offered(request)), None))
