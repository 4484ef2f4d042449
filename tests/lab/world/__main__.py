"""``python -m tests.lab.world CONFIG.json``: serve until SIGTERM."""

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.lab.world import config as configuration
from tests.lab.world import hosts, interceptor, mean, pep, quic
from tests.lab.world.mischief import Script
from tests.lab.world.servers import Servers
from tests.lab.world.stun import CallServer
from tests.lab.world.talk import SMALL_BUFFER

_LOG = logging.getLogger("world")
_IP_FREEBIND: Final = 15
_IPV6_FREEBIND: Final = 78
_BACKLOG: Final = 128

Handler = Callable[[socket.socket], Awaitable[None]]
Answerer = Callable[[bytes, tuple[str, int]], bytes | Script | None]


class Listeners:
    """All sockets that wait for clients. Every address has its own, so that a port nobody listens
    on is refused by the kernel and replies leave from the address that was asked."""

    def __init__(self, servers: Servers, group: asyncio.TaskGroup) -> None:
        self._servers = servers
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._open: list[socket.socket] = []

    def start(self) -> None:
        """Open everything. Raises OSError for an address that can't be had."""
        directory, config = self._servers.directory, self._servers.config
        silent = set(directory.catalogue.controls.silent)
        for place in directory.places.values():
            forms = [place.address]
            if config.dns64 and ":" not in place.address:
                forms.append(hosts.nat64(place.address))
            for port in directory.open_ports(place):
                small = SMALL_BUFFER if directory.upload_rate(place, port) else 0
                for address in forms:
                    self._listen(address, port, self._place_handler(place, port), small)
            self._speak_quic(forms if quic.speaks_quic(directory, place) else [], place)
            self._call_servers(place, forms)
            if 53 in directory.open_ports(place) and place.resolver:
                for address in forms:
                    self._resolve(address, place.address)
            elif place.address in silent:
                self._resolve(place.address, None)
        for any_address in ("0.0.0.0", "::") if config.ipv6 or config.dns64 else ("0.0.0.0",):
            self._listen(any_address, interceptor.TLS_PORT, self._intercept(interceptor.tls))
            self._listen(any_address, interceptor.HTTP_PORT, self._intercept(interceptor.http))
            self._listen(any_address, config.pep.port, self._split)

    def _call_servers(self, place: hosts.Place, forms: list[str]) -> None:
        for port, host in self._servers.directory.datagrams(place).items():
            server = self._servers.call_server(host, place, port)
            kinds = self._servers.directory.policy(host, place.address, port).mischief

            def answer(
                data: bytes,
                client: tuple[str, int],
                server: CallServer = server,
                kinds: tuple[str, ...] = kinds,
            ) -> bytes | Script | None:
                kind = mean.following(kinds, "stun")
                return kind(data) if kind else server.datagram(data, client)

            for address in forms:
                self._answer(address, port, answer)

    def close(self) -> None:
        """Close everything."""
        for sock in self._open:
            self._loop.remove_reader(sock.fileno())
            sock.close()

    def _place_handler(self, place: hosts.Place, port: int) -> Handler:
        return lambda sock: self._servers.serve(sock, place, port)

    def _intercept(self, what: Callable[[Servers, socket.socket, str], Awaitable[None]]) -> Handler:
        return lambda sock: what(self._servers, sock, sock.getsockname()[0])

    def _speak_quic(self, addresses: list[str], place: hosts.Place) -> None:
        servers = self._servers
        for address in addresses:
            sock = self._bind(address, quic.PORT, socket.SOCK_DGRAM)
            self._open.remove(sock)  # its transport closes it
            self._group.create_task(quic.listen(sock, servers.directory, place, servers.pki))

    async def _split(self, sock: socket.socket) -> None:
        await pep.split(self._servers.config.pep, sock, sock.getsockname()[0])

    def _bind(self, address: str, port: int, kind: socket.SocketKind) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
        try:
            sock.bind((address, port))
        except OSError as fault:
            sock.close()
            raise OSError(fault.errno, f"{fault.strerror}: {address} port {port}") from None
        self._open.append(sock)
        return sock

    def _listen(self, address: str, port: int, handler: Handler, buffer: int = 0) -> None:
        """``buffer`` octets (0: as usual) are what the kernel takes before anybody reads."""
        listener = self._bind(address, port, socket.SOCK_STREAM)
        if buffer:  # before any SYN, since a window once offered can't be taken back
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        # Those it accepts inherit it. As real servers do: an answer behind session tickets would
        # else wait for the client's delayed acknowledgement, 40 ms and a round trip.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.listen(_BACKLOG)

        def accept() -> None:
            try:
                sock, _ = listener.accept()
            except OSError as fault:  # the client has gone, or we have too many files open
                if fault.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                    _LOG.error("accept at %s:%d: %s", address, port, fault)
                return
            sock.setblocking(False)
            self._group.create_task(_hold(sock, handler))

        # By number: asked for a socket that it does not know, the loop spells it out in a message.
        self._loop.add_reader(listener.fileno(), accept)

    def _resolve(self, address: str, resolver: str | None) -> None:
        """Answer DNS over UDP at ``address``; with no ``resolver`` take questions in silence."""

        def answer(query: bytes, client: tuple[str, int]) -> bytes | Script | None:
            if resolver is None:
                return None
            if script := self._servers.resolvers.lie(query, resolver, "udp"):
                return script
            return self._servers.resolvers.answer(query, resolver, "udp")

        self._answer(address, 53, answer)

    def _answer(self, address: str, port: int, answer: Answerer) -> None:
        """Answer datagrams at ``address``."""
        sock = self._bind(address, port, socket.SOCK_DGRAM)

        def receive() -> None:
            with contextlib.suppress(OSError):
                query, client = sock.recvfrom(4096)
                try:
                    answered = answer(query, client[:2])
                except Exception:
                    _LOG.exception("datagram from %s", client)
                    return
                if isinstance(answered, bytes):
                    sock.sendto(answered, client)
                elif answered is not None:
                    self._group.create_task(mean.perform_datagrams(sock, client, answered))

        self._loop.add_reader(sock.fileno(), receive)


async def _hold(sock: socket.socket, handler: Handler) -> None:
    """One conversation; whatever goes wrong in it ends it and nothing else."""
    try:
        await handler(sock)
    except (OSError, ssl.SSLError, TimeoutError) as fault:
        _LOG.debug("conversation ended: %r", fault)
    except Exception:
        _LOG.exception("conversation broke")
    finally:
        sock.close()


class _Stop(Exception):
    """SIGTERM came."""


async def _main(config: configuration.WorldConfig) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    servers = Servers(hosts.build(config), config)
    try:
        async with asyncio.TaskGroup() as group:
            listeners = Listeners(servers, group)
            listeners.start()
            gc.freeze()  # what is there now stays, and need not be looked through again
            print("ready", flush=True)
            await stop.wait()
            listeners.close()
            raise _Stop
    except* _Stop:
        pass


def main(arguments: list[str]) -> int:
    """Run the world of the configuration file in ``arguments``."""
    if len(arguments) != 1:
        print("usage: python -m tests.lab.world CONFIG.json", file=sys.stderr)
        return 2
    try:
        config = configuration.load(Path(arguments[0]))
        Path(config.workdir).mkdir(parents=True, exist_ok=True)
        mean.keep_journal(Path(config.workdir))
        logging.basicConfig(
            filename=Path(config.workdir) / "world.log", format="%(asctime)s %(message)s"
        )
    except (configuration.ConfigError, OSError) as fault:
        print(f"world: {fault}", file=sys.stderr)
        return 2
    try:
        asyncio.run(_main(config))
    except Exception as fault:  # CatalogError, OSError while binding: say it where the lab looks
        _LOG.exception("the world ended")
        first = fault.exceptions[0] if isinstance(fault, ExceptionGroup) else fault
        print(f"world: {first}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
