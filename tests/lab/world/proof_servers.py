"""Servers of Threema, WeChat, SimpleX and Tor, and impostors, on accepted sockets."""

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab.world import mmtls, smp, threema, tor
from tests.lab.world.config import Keeper
from tests.lab.world.hosts import Host
from tests.lab.world.proofs import Proofs
from tests.lab.world.talk import PATIENCE_S, Streams, close, streams
from tests.lab.world.tor import Relay


def link_key(member: str) -> str:
    """What the key of that Tor relay's TLS certificate is called."""
    return f"link-{member}"


class ProofServers:
    """``now`` gives the world's time."""

    def __init__(self, proofs: Proofs, now: Callable[[], dt.datetime]) -> None:
        self._proofs = proofs
        self._now = now
        self._relay = cache(self._make_relay)

    async def threema(self, sock: socket.socket, keeper: Keeper) -> None:
        """A chat server; an impostor seals with a key of his own."""
        key = self._proofs.threema("threema" if keeper == "normal" else "threema-impostor")
        await _held(sock, None, lambda pair: threema.serve(*pair, key))

    async def mmtls(self, sock: socket.socket, keeper: Keeper) -> None:
        """A long link; an impostor signs with a key of his own."""
        key = self._proofs.mmtls("mmtls" if keeper == "normal" else "mmtls-impostor")
        await _held(sock, None, lambda pair: mmtls.serve(*pair, key))

    async def smp(self, sock: socket.socket, host: Host, flaw: str) -> None:
        """A SimpleX server; any ``flaw`` is an authority that nobody knows."""
        pki = self._proofs.pki
        shown = pki.known(host.name, host.authority, flaw).public_bytes(Encoding.DER)

        async def speak(pair: Streams) -> None:
            pair[1].write(smp.block([shown]))
            await pair[1].drain()
            await pair[0].read(1)

        await _held(sock, pki.context(host.name, host.authority, flaw), speak)

    async def tor(self, sock: socket.socket, host: Host, keeper: Keeper) -> None:
        """A relay; an impostor names the identity that he should and has not got its key
        (``wrong_key``), or is another relay (``unknown_key``)."""
        relay = self._relay(host.name, keeper)
        await _held(sock, relay.context, lambda pair: tor.serve(*pair, relay.cells))

    def _make_relay(self, name: str, keeper: Keeper) -> Relay:
        member = name.rpartition("/")[2]
        own = self._proofs.relay(member)
        other = self._proofs.relay("impostor")
        identity = other if keeper == "unknown_key" else own
        signer = own if keeper == "normal" else other
        path = self._proofs.pki.folder / f"relay-{name.replace('/', '-')}-{keeper}.pem"
        link = self._proofs.pki.rsa(link_key(member))
        return tor.relay(identity, signer, self._now(), path, link)


async def _held(
    sock: socket.socket,
    context: ssl.SSLContext | None,
    serve: Callable[[Streams], Coroutine[Any, Any, None]],
) -> None:
    pair = await streams(sock, context)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await serve(pair)
    finally:
        await close(pair[1])
