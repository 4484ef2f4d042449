"""The last guard: whatever a plan or a check wants, bytes go only where they may."""

import asyncio
import dataclasses
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trustme

from msgprobe.checks.page import PageCheck
from msgprobe.checks.registry import registry
from msgprobe.model.failure import Failure
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
)
from msgprobe.model.reach import Reach
from msgprobe.model.target import Trust
from msgprobe.model.task import Flow, Lookup, Resolver, ResolverKind, Role
from msgprobe.steps.connect import connect
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Proxy, Stream
from msgprobe.steps.guard import GuardedDatagrams, GuardedNetwork, GuardedStream
from msgprobe.steps.http import HttpExchange
from msgprobe.steps.mtproto import prove_server
from msgprobe.steps.noise import first_words
from msgprobe.steps.proxy import connect_through
from msgprobe.steps.resolve import resolve
from msgprobe.steps.stun import ask_datagrams
from msgprobe.steps.system import SystemNetwork
from msgprobe.steps.tls import handshake
from tests.model.tasks import task_of
from tests.steps.authority import NAME, root, server_context
from tests.steps.loopback import HOST, context, only, run, serve, serve_tls, world

PAGE = b"HTTP/1.1 200 OK\r\nServer: router 4711\r\nContent-Length: 8\r\n\r\nS/N 0815"


def guarded(
    *, given: tuple[str, ...] = (), own: tuple[str, ...] = (), seconds: float = 5.0
) -> StepContext:
    """A conversation whose network is behind the guard, as the runner's are."""
    here = world()
    guard = GuardedNetwork(here.network, frozenset(given), lambda: own)
    return context(seconds, here=dataclasses.replace(here, network=guard, to_proxy=here.network))


class Stranger(SystemNetwork):
    """The real network, whose streams count as led by an answer to a special address: in a test
    that lives on loopback alone, nobody lives at any other."""

    async def connect_tcp(self, address: str, port: int, **how: object) -> Stream:  # type: ignore[override]
        return GuardedStream(await SystemNetwork.connect_tcp(self, address, port, **how))  # type: ignore[arg-type]

    def open_udp(self, address: str, port: int) -> GuardedDatagrams:  # type: ignore[override]
        return GuardedDatagrams(SystemNetwork.open_udp(self, address, port))


def at_special(seconds: float = 5.0) -> StepContext:
    here = dataclasses.replace(world(), network=Stranger())
    return context(seconds, here=here, roots={"acme": (root(),)})


async def connected(ctx: StepContext, port: int) -> Stream:
    """A stream to a server of the test's."""
    found = await connect(ctx, HOST, port)
    assert isinstance(found, Done)
    return found.value


@asynccontextmanager
async def hearing(reply: bytes = b"") -> AsyncIterator[tuple[int, bytearray]]:
    """A server that notes all that it hears, and answers the first of it."""
    heard = bytearray()

    async def listen(sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(sock, 4096):
            heard.extend(data)
            if reply:
                await loop.sock_sendall(sock, reply)

    async with serve(listen) as port:
        yield port, heard


# --- where nobody goes ---------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::ffff:127.0.0.1"])
def test_no_connection_comes_to_this_device(address: str) -> None:
    async def main() -> None:
        accepted = []

        async def note(sock: socket.socket) -> None:
            accepted.append(sock)

        async with serve(note) as port:
            ctx = guarded()
            assert isinstance(await connect(ctx, address, port), Failed)
            seen = only(ctx, TcpObservation)
            assert seen.failure is Failure.NOT_ALLOWED and seen.address == address
            assert (ctx.recorder.bytes_sent, ctx.recorder.bytes_received) == (0, 0)
            # The server is there, and hears who does not come by an answer's word alone.
            (await connected(guarded(given=(HOST,)), port)).close()
            await asyncio.sleep(0.05)
            assert len(accepted) == 1

    run(main())


def test_own_networks_are_as_far_as_the_device_itself() -> None:
    async def main() -> None:
        ctx = guarded(own=("198.51.100.7/24", "2a0f:77::2/64"))
        for address in ("198.51.100.99", "2a0f:77::99", "64:ff9b::c633:6463"):
            assert isinstance(await connect(ctx, address, 443), Failed)
        assert {o.failure for o in ctx.recorder.observations} == {Failure.NOT_ALLOWED}

    run(main())


def _udp() -> tuple[socket.socket, int]:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((HOST, 0))
    sock.setblocking(False)
    return sock, int(sock.getsockname()[1])


def _nothing_heard(sock: socket.socket) -> bool:
    try:
        sock.recv(100)
    except BlockingIOError:
        return True
    return False


def test_no_datagram_comes_to_this_device() -> None:
    async def main() -> None:
        sock, port = _udp()
        with sock:
            ctx = guarded(seconds=1.0)
            await ask_datagrams(ctx, HOST, port, count=1, spacing=0.1, patience=0.2)
            seen = only(ctx, ProtocolObservation)
            assert seen.failure is Failure.NOT_ALLOWED and seen.bytes_sent == 0
            assert _nothing_heard(sock)

    run(main())


def test_a_resolver_that_an_answer_names_is_not_asked_and_the_user_s_own_is() -> None:
    async def main() -> None:
        sock, port = _udp()
        resolver = Resolver(kind=ResolverKind.UDP, name="r", address=HOST, port=port)
        lookup = Lookup(name=NAME, resolver=resolver, families=(4,))
        with sock:
            refused = guarded(seconds=0.5)
            await resolve(refused, lookup)
            assert only(refused, DnsObservation).failure is Failure.NOT_ALLOWED
            assert _nothing_heard(sock)
            asked = guarded(given=(HOST,), seconds=0.5)
            await resolve(asked, lookup)
            assert only(asked, DnsObservation).failure is Failure.TIMED_OUT
            assert not _nothing_heard(sock)

    run(main())


def test_a_proxy_on_this_device_is_reached_and_is_told_of_no_special_address() -> None:
    async def main() -> None:
        async with hearing() as (port, heard):
            ctx = guarded(seconds=3.0)
            proxy = Proxy(scheme="socks5", host=HOST, port=port)
            ctx = dataclasses.replace(ctx, world=dataclasses.replace(ctx.world, proxy=proxy))
            await connect_through(ctx, "10.0.0.1", 443)
            await connect_through(ctx, "127.0.0.1", 443)
            assert {o.failure for o in ctx.recorder.observations} == {Failure.NOT_ALLOWED}
            assert heard == b""
            await connect_through(ctx, "chat.example", 443)
            assert heard[:1] == b"\x05"  # SOCKS5 was spoken

    run(main())


def test_the_door_says_what_it_would_do() -> None:
    network = guarded(given=("127.0.0.9",), own=("10.0.0.2/24",)).world.network
    assert network.reach("127.0.0.9") is Reach.FREE
    assert network.reach("127.0.0.1") is Reach.NEVER
    assert network.reach("10.0.0.7") is Reach.NEVER
    assert network.reach("10.0.1.7") is Reach.PROOF_FIRST


# --- where the peer proves itself first ----------------------------------------------------------


def test_no_request_in_the_clear() -> None:
    async def main() -> None:
        async with hearing(PAGE) as (port, heard):
            ctx = at_special()
            await registry()["page"].run(ctx, task_of("page", Flow(address=HOST, port=port)))
            assert only(ctx, HttpObservation).failure is Failure.NOT_ALLOWED
            assert only(ctx, TcpObservation).failure is None
            assert heard == b""

    run(main())


def test_a_sentinel_is_read_and_of_its_answer_the_kind_alone_is_kept() -> None:
    async def main() -> None:
        async with hearing(PAGE) as (port, heard):
            ctx = at_special()
            flow = Flow(address=HOST, port=port, host=NAME, expect_status=(204,))
            task = dataclasses.replace(task_of("page", flow), role=Role.CONTROL)
            await PageCheck().run(ctx, task)
            seen = only(ctx, HttpObservation)
            assert (seen.status, seen.matched, seen.body_bytes) == (200, False, 8)
            assert (seen.headers, seen.body, seen.links, seen.date) == ((), "", (), None)
            assert heard.startswith(b"GET /")

    run(main())


Talk = Callable[[StepContext, Stream], Awaitable[object]]


async def _stun(ctx: StepContext, stream: Stream) -> None:
    from msgprobe.steps.stun import ask_stream

    await ask_stream(ctx, stream)


async def _http_mtproto(ctx: StepContext, stream: Stream) -> None:
    await prove_server(ctx, stream, keys=(), http=True)


@pytest.mark.parametrize("talk", [_stun, _http_mtproto], ids=["stun", "mtproto over http"])
def test_no_words_to_who_cannot_or_need_not_prove_itself(talk: Talk) -> None:
    async def main() -> None:
        async with hearing(PAGE) as (port, heard):
            ctx = at_special()
            stream = await connected(ctx, port)
            await talk(ctx, stream)
            stream.close()
            assert only(ctx, ProtocolObservation).failure is Failure.NOT_ALLOWED
            assert heard == b""

    run(main())


def test_a_script_says_nothing_and_keeps_nothing() -> None:
    async def main() -> None:
        async with hearing() as (port, heard):
            ctx = at_special(1.0)
            script = "C: EHLO me\\r\\n\nS greeted: 250"
            flow = Flow(address=HOST, port=port, options=(("protocol", "smtp"), ("script", script)))
            await registry()["dialogue"].run(ctx, task_of("dialogue", flow))
            assert only(ctx, ProtocolObservation).failure is Failure.NOT_ALLOWED
            assert heard == b""

    run(main())


async def _asked_inside(ctx: StepContext, port: int, trust: Trust | None) -> TlsObservation:
    stream = await connected(ctx, port)
    roots = (root(),) if trust is Trust.PINNED else ()
    inside = await handshake(ctx, stream, server_name=NAME, trust=trust, roots=roots)
    if isinstance(inside, Done):
        await HttpExchange(ctx=ctx, stream=inside.value, host=NAME).get("/")
    stream.close()
    return only(ctx, TlsObservation)


def test_who_proves_itself_is_asked_as_anywhere() -> None:
    async def main() -> None:
        async with serve_tls(server_context(), PAGE) as port:
            ctx = at_special()
            seen = await _asked_inside(ctx, port, Trust.PINNED)
            assert seen.verified and seen.chain
            said = only(ctx, HttpObservation)
            assert said.status == 200 and said.body and said.authenticated

    run(main())


def test_nothing_is_asked_inside_a_tls_that_nobody_checked() -> None:
    async def main() -> None:
        async with serve_tls(server_context(), PAGE) as port:
            ctx = at_special()
            seen = await _asked_inside(ctx, port, None)
            assert seen.failure is None and not seen.verified
            assert seen.chain == ()
            assert only(ctx, HttpObservation).failure is Failure.NOT_ALLOWED

    run(main())


def test_the_certificate_of_a_stranger_is_not_kept() -> None:
    async def main() -> None:
        own = trustme.CA().issue_cert("router.lan")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.configure_cert(tls)
        async with serve_tls(tls, PAGE) as port:
            ctx = at_special()
            seen = await _asked_inside(ctx, port, Trust.PINNED)
            assert seen.failure is not None and seen.failure.is_certificate
            assert seen.chain == ()
        async with hearing(b"HTTP/1.1 400 router 4711\r\n\r\n") as (port, _):
            ctx = at_special()
            seen = await _asked_inside(ctx, port, Trust.PINNED)
            assert seen.failure is Failure.TLS_FAILED and seen.plain == ""

    run(main())


def test_a_protocol_with_keys_of_its_own_asks_for_their_proof() -> None:
    async def main() -> None:
        async with hearing(b"220 router 4711 at your service\r\n") as (port, heard):
            ctx = at_special(2.0)
            stream = await connected(ctx, port)
            await first_words(ctx, stream)
            stream.close()
            assert heard and only(ctx, ProtocolObservation).detail == ""

    run(main())


def test_datagrams_without_a_proof_stay_here() -> None:
    async def main() -> None:
        sock, port = _udp()
        with sock:
            ctx = at_special(1.0)
            await ask_datagrams(ctx, HOST, port, count=2, spacing=0.05, patience=0.1)
            assert only(ctx, ProtocolObservation).failure is Failure.NOT_ALLOWED
            assert _nothing_heard(sock)

    run(main())
