"""Through a proxy, on real sockets: what it is told, what it may say, what is never recorded."""

import asyncio
import base64
import dataclasses
import socket
from collections.abc import Awaitable, Callable

import pytest

from msgprobe.checks.tls import TlsCheck
from msgprobe.model.failure import Failure
from msgprobe.model.observation import TcpObservation, TlsObservation
from msgprobe.model.task import Arm, Flow
from msgprobe.steps.connect import closing
from msgprobe.steps.context import Done, StepContext
from msgprobe.steps.door import Proxy
from msgprobe.steps.proxy import connect_through
from msgprobe.steps.trust import TrustStore
from tests.model.tasks import task_of
from tests.steps import loopback
from tests.steps.authority import NAME, authority, server_context
from tests.steps.loopback import HOST, closed_port, context, only, receive, run, send, serve

Talk = Callable[[socket.socket], Awaitable[None]]


def through(port: int, scheme: str = "socks5", seconds: float = 5.0, **more: str) -> StepContext:
    proxy = Proxy(scheme=scheme, host=more.pop("host", HOST), port=port, **more)
    return context(seconds, here=dataclasses.replace(loopback.world(), proxy=proxy))


async def exactly(sock: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        data = await asyncio.get_running_loop().sock_recv(sock, size - len(found))
        assert data
        found += data
    return found


async def pump(source: socket.socket, sink: socket.socket) -> None:
    while data := await receive(source):
        await send(sink, data)
    sink.shutdown(socket.SHUT_WR)


def socks5(told: list[bytes], reply: int = 0, *, login: tuple[bytes, bytes] | None = None) -> Talk:
    """A SOCKS5 server (RFC 1928) that notes what it is told and then echoes."""

    async def handle(sock: socket.socket) -> None:
        version, count = await exactly(sock, 2)
        methods = await exactly(sock, count)
        assert version == 5
        await send(sock, bytes((5, 2 if login else 0)))
        if login is not None:
            assert 2 in methods
            user = await exactly(sock, (await exactly(sock, 2))[1])
            password = await exactly(sock, (await exactly(sock, 1))[0])
            await send(sock, bytes((1, (user, password) != login)))
        head = await exactly(sock, 4)
        size = {1: 4, 4: 16}.get(head[3]) or (await exactly(sock, 1))[0]
        told.append(head + await exactly(sock, size) + await exactly(sock, 2))
        await send(sock, bytes((5, reply, 0, 1, 10, 0, 0, 1, 4, 56)))
        while data := await receive(sock):
            await send(sock, data)

    return handle


def http(told: list[bytes], *parts: bytes) -> Talk:
    """An HTTP proxy that notes the request, sends ``parts`` apart from each other, and echoes."""

    async def handle(sock: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += await receive(sock)
        told.append(head)
        for part in parts:
            await send(sock, part)
            await asyncio.sleep(0.02)
        while data := await receive(sock):
            await send(sock, data)

    return handle


async def ask(ctx: StepContext, target: str = NAME, port: int = 443) -> bytes:
    """What comes back for ``ping`` through the proxy; empty when it did not dial."""
    outcome = await connect_through(ctx, target, port)
    if not isinstance(outcome, Done):
        return b""
    async with closing(ctx, outcome.value.below):
        await outcome.value.send(b"ping")
        found = b""
        while b"ping" not in found:
            data = await outcome.value.receive(100)
            assert data, "it hung up"
            found += data
        return found


async def asked(server: Talk, scheme: str = "socks5", **how: str) -> tuple[bytes, TcpObservation]:
    """What comes back through a proxy like that, and what is seen of the connect."""
    async with serve(server) as port:
        ctx = through(port, scheme, 5.0, **how)
        said = await ask(ctx)
    return said, only(ctx, TcpObservation)


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (NAME, b"\x03" + NAME.encode()),
        ("192.0.2.7", b"\x01\xc0\x00\x02\x07"),
        ("2001:db8::7", b"\x04" + bytes.fromhex("20010db8" + "00" * 11 + "07")),
    ],
)
def test_socks5_is_told_the_name_or_the_address_and_resolves_itself(
    target: str, kind: bytes
) -> None:
    async def main() -> None:
        told: list[bytes] = []
        async with serve(socks5(told)) as port:
            ctx = through(port)
            assert await ask(ctx, target, 5222) == b"ping"
        assert told == [b"\x05\x01\x00" + kind + (5222).to_bytes(2, "big")]
        seen = only(ctx, TcpObservation)
        assert (seen.failure, seen.address, seen.port) == (None, target, 5222)

    run(main())


def test_nothing_tells_where_the_proxy_is_or_what_the_way_to_it_is_like() -> None:
    async def main() -> None:
        async with serve(socks5([], login=(b"me", b"hush"))) as port:
            ctx = through(port, user="me", password="hush")
            assert await ask(ctx) == b"ping"
        seen = only(ctx, TcpObservation)
        assert (seen.info, seen.source_port, seen.errno) == (None, 0, None)
        shown = repr((ctx.recorder.observations, ctx.world.proxy))
        assert HOST not in shown and str(port) not in shown and "hush" not in shown
        # what it cost is counted all the same: three handshakes, and IP headers
        assert ctx.recorder.bytes_sent > 400 and ctx.recorder.bytes_received > 300

    run(main())


def test_wrong_credentials_are_the_proxys_fault_not_the_targets() -> None:
    server = socks5([], login=(b"me", b"hush"))
    said, seen = run(asked(server, user="me", password="wrong"))
    assert (said, seen.failure) == (b"", Failure.PROXY_FAILED)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (1, Failure.HOST_UNREACHABLE),
        (2, Failure.PROXY_FAILED),
        (3, Failure.NETWORK_UNREACHABLE),
        (4, Failure.HOST_UNREACHABLE),
        (5, Failure.CONNECTION_REFUSED),
        (6, Failure.TIMED_OUT),
        (7, Failure.PROXY_FAILED),
        (8, Failure.PROXY_FAILED),
        (9, Failure.PROXY_FAILED),
    ],
)
def test_replies_about_the_target_are_told_from_those_about_the_proxy(
    reply: int, failure: Failure
) -> None:
    said, seen = run(asked(socks5([], reply)))
    assert (said, seen.failure) == (b"", failure)


@pytest.mark.parametrize("target", [NAME, "192.0.2.7", "2001:db8::7"])
def test_http_connect_in_pieces_with_data_behind_its_head(target: str) -> None:
    async def main() -> None:
        told: list[bytes] = []
        answer = (b"HTTP/1.1 200 Conn", b"ection established\r\nVia: x\r\n", b"\r\nearly ")
        async with serve(http(told, *answer)) as port:
            ctx = through(port, "http", user="me", password="hush")
            assert await ask(ctx, target) == b"early ping"
        place = f"[{target}]" if ":" in target else target
        first, *lines = told[0].decode().split("\r\n")
        assert first == f"CONNECT {place}:443 HTTP/1.1"
        login = base64.b64encode(b"me:hush").decode()
        assert f"Proxy-Authorization: Basic {login}" in lines
        assert only(ctx, TcpObservation).address == target

    run(main())


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (403, Failure.PROXY_FAILED),
        (407, Failure.PROXY_FAILED),
        (404, Failure.HOST_UNREACHABLE),
        (502, Failure.HOST_UNREACHABLE),
        (503, Failure.HOST_UNREACHABLE),
        (504, Failure.TIMED_OUT),
    ],
)
def test_statuses_of_an_http_proxy(status: int, failure: Failure) -> None:
    said, seen = run(asked(http([], b"HTTP/1.1 %d No\r\n\r\n" % status), "http"))
    assert (said, seen.failure) == (b"", failure)


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_a_proxy_that_is_not_there_is_the_proxys_fault(scheme: str) -> None:
    async def main() -> None:
        with closed_port() as port:
            ctx = through(port, scheme)
            assert await ask(ctx) == b""
        assert only(ctx, TcpObservation).failure is Failure.PROXY_FAILED

    run(main())


def test_a_proxy_whose_name_does_not_resolve_is_the_proxys_fault() -> None:
    async def main() -> None:
        ctx = through(1080, host="no-such-proxy.invalid")
        assert await ask(ctx) == b""
        assert only(ctx, TcpObservation).failure is Failure.PROXY_FAILED
        assert "invalid" not in repr(ctx.recorder.observations)

    run(main())


@pytest.mark.parametrize(
    ("scheme", "handler", "failure"),
    [
        ("socks5", loopback.silence, Failure.PROXY_FAILED),
        ("socks5", loopback.reset, Failure.PROXY_FAILED),
        ("socks5", loopback.replies(b"\x05\x00"), Failure.EOF),
        ("socks5", loopback.replies(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Failure.PROXY_FAILED),
        ("socks5", loopback.replies(b"\x05\x00\x05\x00\x00\x09junk"), Failure.PROXY_FAILED),
        ("http", loopback.silence, Failure.TIMED_OUT),
        ("http", loopback.fin, Failure.EOF),
        ("http", loopback.replies(b"\x05\x00\r\n\r\n"), Failure.PROXY_FAILED),
        ("http", loopback.replies(b"HTTP/1.1 twohundred OK\r\n\r\n"), Failure.PROXY_FAILED),
        ("http", loopback.junk(b"x" * 4096), Failure.EOF),
    ],
)
def test_strange_proxies_end_in_one_observation(
    scheme: str, handler: Talk, failure: Failure
) -> None:
    async def main() -> None:
        async with serve(handler) as port:
            ctx = through(port, scheme, 0.6)
            assert await ask(ctx) == b""
        assert only(ctx, TcpObservation).failure is failure

    run(main())


def test_a_cancelled_dial_is_one_interrupted_observation() -> None:
    async def main() -> None:
        async with serve(loopback.silence) as port:
            ctx = through(port)
            task = asyncio.ensure_future(ask(ctx))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert only(ctx, TcpObservation).failure is Failure.INTERRUPTED

    run(main())


def test_tls_through_a_proxy_proves_the_target_and_says_nothing_of_the_path() -> None:
    async def main() -> None:
        async with loopback.serve_tls(server_context()) as target:

            async def forward(sock: socket.socket) -> None:
                await exactly(sock, (await exactly(sock, 2))[1])
                await send(sock, b"\x05\x00")
                size = (await exactly(sock, 5))[4]
                await exactly(sock, size + 2)
                with socket.socket() as there:
                    there.setblocking(False)
                    await asyncio.get_running_loop().sock_connect(there, (HOST, target))
                    await send(sock, b"\x05\x00\x00\x01" + bytes(6))
                    await asyncio.gather(pump(sock, there), pump(there, sock))

            async with serve(forward) as port:
                with authority().cert_pem.tempfile() as pem:
                    proxy = Proxy(scheme="socks5", host=HOST, port=port)
                    here = dataclasses.replace(loopback.world(), proxy=proxy, trust=TrustStore(pem))
                    ctx = context(here=here)
                    flow = Flow(address=NAME, port=443, via="socks5", host=NAME, server_name=NAME)
                    await TlsCheck().run(ctx, task_of("tls", flow, arm=Arm.SECOND_PATH))
        seen = only(ctx, TlsObservation)
        assert (seen.failure, seen.verified, seen.address) == (None, True, NAME)
        assert (seen.info, seen.hello_acked) == (None, None)
        assert HOST not in repr(ctx.recorder.observations)

    run(main())
