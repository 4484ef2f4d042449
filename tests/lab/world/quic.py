"""QUIC servers of the world: aioquic's, with the lab's certificates by name."""

import asyncio
import logging
import socket
from functools import partial
from itertools import islice

from aioquic.asyncio.server import QuicServer
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import NetworkAddress

from tests.lab.content import server_name
from tests.lab.initial import client_hello
from tests.lab.world import mean
from tests.lab.world.hosts import Directory, Place
from tests.lab.world.pki import Pki

PORT = 443
_MOST_MEAN = 600

# What clients do wrong is no trouble of the world's, whose log is to stay empty.
logging.getLogger("quic").setLevel(logging.CRITICAL)


def speaks_quic(directory: Directory, place: Place) -> bool:
    """Whether anybody listens on UDP port 443 there."""
    normal = directory.connect(place, PORT) == "normal"
    return normal and any(host.quic for host in place.hosts)


async def listen(sock: socket.socket, directory: Directory, place: Place, pki: Pki) -> None:
    """Serve QUIC on ``sock`` for the hosts of ``place``, until the loop ends."""
    make = partial(_Server, directory, place, pki)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(make, sock=sock)
    try:
        await asyncio.Event().wait()
    finally:
        transport.close()


class _Server(QuicServer):
    """Shows each name its own certificate, and strangers that of the first host."""

    def __init__(self, directory: Directory, place: Place, pki: Pki) -> None:
        self._directory, self._place, self._pki = directory, place, pki
        self._known: dict[str, QuicConfiguration] = {}
        super().__init__(configuration=self._for(None))

    def datagram_received(self, data: bytes | str, addr: NetworkAddress) -> None:
        """A new connection begins with a whole ClientHello in its first datagram."""
        if isinstance(data, bytes) and self._mislead(data, addr):
            return
        hello = client_hello(data) if isinstance(data, bytes) else None
        if hello is not None:
            name = server_name(hello)
            host = self._place.host(name)
            if host is not None:
                policy = self._directory.policy(host, self._place.address, PORT)
                if policy.quic == "silent":
                    return
            self._configuration = self._for(name)
        super().datagram_received(data, addr)

    def _mislead(self, data: bytes, addr: NetworkAddress) -> bool:
        """Whether harm was meant, and done."""
        policy = self._directory.policy(self._place.default, self._place.address, PORT)
        kind = mean.following(policy.mischief, "quic")
        if kind is None:
            return False
        for one in islice((s for s in kind(data) if isinstance(s, bytes)), _MOST_MEAN):
            if self._transport is not None:
                self._transport.sendto(one, addr)
        return True

    def _for(self, name: str | None) -> QuicConfiguration:
        host = self._place.host(name) or self._place.default
        if host.name not in self._known:
            found = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
            shown = self._pki.chain(host.name, host.authority)
            found.load_cert_chain(shown, shown)
            self._known[host.name] = found
        return self._known[host.name]
