"""What happens to one accepted connection, by the protocol of its port."""

import asyncio
import datetime as dt
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from tests.lab.content import Kind
from tests.lab.world import (
    dialogue,
    http2,
    mean,
    mqtt,
    mtproto,
    pages,
    proxies,
    resolver,
    talk,
)
from tests.lab.world.config import HostPolicy, Keeper, WorldConfig
from tests.lab.world.datacentre import DataCentre, Exchange
from tests.lab.world.hosts import Directory, Host, Place, nat64
from tests.lab.world.http import Request, Response, Upgrade, converse
from tests.lab.world.noise import ChatServer
from tests.lab.world.pki import Pki, world_now
from tests.lab.world.proof_servers import ProofServers
from tests.lab.world.proofs import Proofs
from tests.lab.world.rations import Rations
from tests.lab.world.strangers import MISDIRECTING, misdirected
from tests.lab.world.stun import CallServer
from tests.lab.world.talk import (
    FAULTS,
    Streams,
    abort,
    alert,
    close,
    fail,
    fall_silent,
    hang,
    peek,
    read_slowly,
    streams,
)
from tests.lab.world.transfers import Transfers
from tests.lab.world.web_sockets import WebSockets

HANDSHAKE_FAILURE: Final = 40
_OPEN: Final = ("mtproto", "noise", "threema", "mmtls", "stun", "xmpp")
"""Protocols that begin without TLS."""


class Servers:
    """Every server's behaviour; the listeners hand their connections to `serve`."""

    def __init__(self, directory: Directory, config: WorldConfig) -> None:
        self.directory = directory
        self.config = config
        self.resolvers = resolver.Resolvers(directory, config)
        self._transfers = Transfers(directory.catalogue)
        self.pki = Pki(Path(config.workdir), self.now(), config.cert_age_days)
        self._centre = DataCentre(self.pki.rsa("telegram"), self.pki.rsa("impostor"))
        self._chats: dict[str, ChatServer] = {}
        self._rations = Rations()
        self._call_servers: dict[str, CallServer] = {}
        self._proofs = ProofServers(Proofs(self.pki), self.now)
        self._web_sockets = WebSockets(directory, self._chat, self._exchange, self._now_ms)
        self._mapped = {nat64(a): a for a in directory.places if ":" not in a}
        self._protocols: dict[str, Callable[[socket.socket, Place, int], Awaitable[None]]] = {
            "https": self._tls,
            "tls": self._tls,
            "portal": self._appliance,
            "block": self._appliance,
            "http": self._http,
            "mtproto": self._mtproto,
            "noise": self._noise,
            "threema": self._threema,
            "mmtls": self._mmtls,
            "smp": self._smp,
            "tor": self._tor,
            "dns": self._dns,
            "echo": lambda sock, place, port: talk.echo(sock),
            "acme": lambda sock, place, port: talk.acme(sock),
            "xmpp": self._xmpp,
            **dict.fromkeys(dialogue.INSIDE, self._tls),
            "stun": self._stun,
            "socks5": lambda sock, place, port: proxies.socks5(self.directory, sock),
            "connect": lambda sock, place, port: proxies.connect(self.directory, sock),
            "relay": self._relay,
        }

    def now(self) -> dt.datetime:
        """The time in the world."""
        return world_now(self.config.skew_days)

    def place(self, address: str) -> Place | None:
        """Who lives at ``address``, also as NAT64 or as an IPv4-mapped address."""
        plain = address.partition("%")[0].removeprefix("::ffff:")
        return self.directory.places.get(self._mapped.get(plain, plain))

    async def serve(self, sock: socket.socket, place: Place, port: int) -> None:
        """Hold one conversation at ``place``. Raises OSError when the client breaks it off."""
        connect = self.directory.connect(place, port)
        if connect == "reset":
            abort(sock)
        elif connect == "hang":
            await hang(sock)
        else:
            protocol = place.ports.get(port, "hole")
            policy = self.directory.nameless(place, port)
            if protocol in _OPEN and (kind := mean.following(policy.mischief, "stream")):
                await mean.perform_raw(sock, kind)
                return
            if protocol in _OPEN:
                await asyncio.sleep(policy.think_s)
            handler = self._protocols.get(protocol)
            if handler is not None:
                await handler(sock, place, port)

    async def _relay(self, sock: socket.socket, place: Place, port: int) -> None:
        """Be the host that the client names, in TLS or in HTTP; nobody for other names."""
        _, name, first = await peek(sock)
        host = self.directory.hosts.get(name or "")
        if not first or host is None:
            abort(sock)
            return
        await self.serve(sock, self.directory.places[host.addresses[0]], port)

    # --- TLS ------------------------------------------------------------------------------------

    async def _tls(self, sock: socket.socket, place: Place, port: int) -> None:
        kind, name, first = await peek(sock)
        if not first:
            return
        if kind is not Kind.TLS:
            await self._not_tls(sock, kind)
            return
        known = self.directory.named(place, name)
        if name is not None and known is None and not place.default.any_name:
            await alert(sock, HANDSHAKE_FAILURE)
            return
        host = known or place.default
        policy = self.directory.policy(host, place.address, port)
        strange = name is not None and known is None
        upload_rate = policy.upload_rate
        if strange:
            upload_rate = self.directory.upload_rate(place, port)
            policy = policy if policy.whole_server else self.directory.strange(place, port)
        if kind_of := mean.following(policy.mischief, "tls"):
            await mean.perform_raw(sock, kind_of)
        elif policy.tls in FAULTS:
            await fail(sock, policy.tls)
        else:
            serve = self._secure_server(place, port, host, policy, strange=strange)
            await read_slowly(sock, upload_rate, serve)

    def _secure_server(
        self, place: Place, port: int, host: Host, policy: HostPolicy, *, strange: bool
    ) -> Callable[[socket.socket], Awaitable[None]]:
        inside, alpn = dialogue.INSIDE.get(place.ports.get(port, ""), (None, "http/1.1"))
        alpn = "h2" if host.speaks == "http2" or policy.h2 else alpn
        shown = host.stranger if strange else host.shown or host.name
        context = self.pki.context(shown, host.authority, policy.tls, alpn)

        async def serve(sock: socket.socket) -> None:
            pair = await streams(sock, context)
            if policy.tls == "mute":
                await fall_silent(pair)
                return
            if inside is not None:
                await inside(pair, shown)
                return
            await self._inside(pair, place, host, policy, strange=strange)

        return serve

    async def _inside(
        self, pair: Streams, place: Place, host: Host, policy: HostPolicy, *, strange: bool
    ) -> None:
        """What is spoken once TLS is there: HTTP, unless host or client want something else."""
        agreed = pair[1].get_extra_info("ssl_object").selected_alpn_protocol()
        layer = "http2" if agreed == "h2" else "stream"
        if agreed == "h2" or host.speaks == "mqtt":
            if kind := mean.following(policy.mischief, layer):
                await mean.perform(pair, kind(await pair[0].read(4096)))
                return
        answer = self.secure(place)
        if strange and host.name in MISDIRECTING:
            answer = misdirected
        secure = self._rations.answer(host.name, policy, answer)
        if agreed != "h2" and host.speaks != "mqtt":
            upgrade = self._web_sockets.at(place, policy)
            upgrade = self._rations.upgrade(host.name, policy, upgrade)
            await self.converse(pair, secure, policy, upgrade)
            return

        def altered(request: Request) -> Response | None:
            response = secure(request)
            concerned = policy.concerns(request.path, request.headers)
            return response.altered(policy) if response and concerned else response

        await asyncio.sleep(policy.think_s)
        try:
            await (http2.serve(*pair, altered) if agreed == "h2" else mqtt.serve(*pair))
        finally:
            await close(pair[1])

    async def _not_tls(self, sock: socket.socket, kind: Kind) -> None:
        """Plain HTTP on a TLS port gets 400 from most servers, anything else an alert."""
        if kind is Kind.HTTP:
            page = Response(status=400, body=b"The plain HTTP request was sent to HTTPS port")
            await self.converse(await streams(sock), lambda request: page)
        else:
            await alert(sock, 10)  # unexpected_message

    def secure(self, place: Place) -> Callable[[Request], Response | None]:
        """What the HTTPS server at ``place`` answers to a request."""
        web = pages.secure(self.directory, place, self._transfers, self.config.page_bytes)
        is_resolver = self.resolvers.at(place.address) is not None

        def answer(request: Request) -> Response | None:
            if is_resolver and request.path == "/dns-query":
                return self._doh(place, request)
            if place.default.name in ("portal.local", "stub.local"):
                return self.appliance_page(place, request)
            if place.default.name in MISDIRECTING and place.host(request.host) is None:
                return misdirected(request)
            return web(request, self._now_ms())

        return answer

    def _doh(self, place: Place, request: Request) -> Response | None:
        found = resolver.doh_reply(
            self.resolvers, place.address, request.method, request.target, request.body
        )
        if found is None:
            return None
        kind = "application/dns-message" if found[0] == 200 else "text/plain"
        return Response(status=found[0], body=found[1], content_type=kind)

    async def converse(
        self,
        pair: Streams,
        answer: Callable[[Request], Response | None],
        policy: HostPolicy | None = None,
        upgrade: Upgrade | None = None,
    ) -> None:
        """HTTP over ``pair``, which is closed at the end."""
        try:
            await converse(pair, answer, self.now, policy, self._transfers.takes, upgrade)
        finally:
            await close(pair[1])

    def _now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    # --- plain HTTP, and the boxes that answer for others -----------------------------------------

    def plain(self, place: Place) -> Callable[[Request], Response | None]:
        """What the plain HTTP server at ``place`` answers to a request."""
        web = pages.plain(self.directory, place)
        return lambda request: web(request, self._now_ms())

    async def _http(self, sock: socket.socket, place: Place, port: int) -> None:
        policy = self.directory.policy(place.default, place.address, port)
        plain = self._rations.answer(place.default.name, policy, self.plain(place))
        await self.converse(await streams(sock), plain, policy)

    def appliance_page(self, place: Place, request: Request) -> Response:
        """What a portal or a block page's host says to everything."""
        if place.default.name == "portal.local":
            return pages.login_page() if "login" in request.path else self.to_login()
        return pages.block_page(request.host, 200)

    def to_login(self) -> Response:
        """The portal's redirect, by address: its name means nothing to a foreign resolver."""
        return pages.redirect(f"http://{self.config.portal}/login")

    async def _appliance(self, sock: socket.socket, place: Place, port: int) -> None:
        def answer(request: Request) -> Response:
            return self.appliance_page(place, request)

        context = None
        if port == 443:
            kind, name, first = await peek(sock)
            if not first or kind is not Kind.TLS:
                return
            context = self.pki.context(name or place.default.name, "self_signed")
            if place.default.name == "stub.local":  # always the same one, for its own name
                context = self.pki.context(place.default.name, "self_signed")
        await self.converse(await streams(sock, context), answer)

    # --- the messengers' own protocols ------------------------------------------------------------

    async def _mtproto(self, sock: socket.socket, place: Place, port: int) -> None:
        kind, _, first = await peek(sock)
        pair = await streams(sock)
        exchange = self._exchange(self.directory.nameless(place, port))
        if kind is Kind.HTTP:
            await self.converse(pair, partial(self._dc_page, exchange))
            return
        try:
            if first:
                await mtproto.serve(*pair, exchange)
        finally:
            await close(pair[1])

    def _exchange(self, policy: HostPolicy) -> Exchange:
        return Exchange(self._centre, self.now().timestamp(), policy.mtproto)

    def _dc_page(self, exchange: Exchange, request: Request) -> Response:
        """A data centre over HTTP: its own protocol by POST, else an old nginx's 404."""
        if request.method == "POST" and request.path in ("/api", "/apiw1"):
            answered = exchange.reply(request.body)
            if answered is not None:
                return Response(body=answered, content_type="application/octet-stream")
        return mtproto.PAGE

    async def _noise(self, sock: socket.socket, place: Place, port: int) -> None:
        policy = self.directory.nameless(place, port)
        if policy.chat == "turns_away" and (await peek(sock))[0] is Kind.OTHER:
            await asyncio.sleep(0.002)  # the first words are acknowledged before they are judged
            abort(sock)
            return
        chat = self._chat(policy)
        pair = await streams(sock)
        try:
            async with asyncio.timeout(60):
                await chat.serve(*pair)
        finally:
            await close(pair[1])

    def _keeper(self, place: Place, port: int) -> Keeper:
        return self.directory.nameless(place, port).keeper

    async def _threema(self, sock: socket.socket, place: Place, port: int) -> None:
        await self._proofs.threema(sock, self._keeper(place, port))

    async def _mmtls(self, sock: socket.socket, place: Place, port: int) -> None:
        await self._proofs.mmtls(sock, self._keeper(place, port))

    async def _smp(self, sock: socket.socket, place: Place, port: int) -> None:
        policy = self.directory.policy(place.default, place.address, port)
        await self._proofs.smp(sock, place.default, policy.tls)

    async def _tor(self, sock: socket.socket, place: Place, port: int) -> None:
        await self._proofs.tor(sock, place.default, self._keeper(place, port))

    def _chat(self, policy: HostPolicy) -> ChatServer:
        if policy.chat not in self._chats:
            root = self.pki.chat_root()
            self._chats[policy.chat] = ChatServer(self.now().timestamp(), root, policy.chat)
        return self._chats[policy.chat]

    async def _xmpp(self, sock: socket.socket, place: Place, port: int) -> None:
        host = place.default
        shown = host.shown or host.name
        policy = self.directory.policy(host, place.address, port)
        context = self.pki.context(shown, host.authority, policy.tls, "")
        await dialogue.xmpp(sock, shown, context)

    async def _dns(self, sock: socket.socket, place: Place, port: int) -> None:
        reader, writer = await streams(sock)
        try:
            async with asyncio.timeout(60):
                while True:
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    query = await reader.readexactly(size)
                    if script := self.resolvers.lie(query, place.address, "tcp"):
                        for one in islice(script, 200):
                            told = one if isinstance(one, bytes) else b""
                            writer.write(len(told).to_bytes(2, "big") + told)
                        await writer.drain()
                        return
                    answered = self.resolvers.answer(query, place.address, "tcp")
                    if answered is not None:
                        writer.write(len(answered).to_bytes(2, "big") + answered)
                        await writer.drain()
        except asyncio.IncompleteReadError:
            return
        finally:
            await close(writer)

    def call_server(self, host: Host, place: Place, port: int) -> CallServer:
        """The STUN server called ``host``."""
        manner = self.directory.policy(host, place.address, port).stun
        return self._call_servers.setdefault(f"{host.name} {manner}", CallServer(host.name, manner))

    async def _stun(self, sock: socket.socket, place: Place, port: int) -> None:
        pair = await streams(sock)
        try:
            async with asyncio.timeout(60):
                host = self.directory.datagrams(place)[port]
                await self.call_server(host, place, port).serve(*pair)
        finally:
            await close(pair[1])
