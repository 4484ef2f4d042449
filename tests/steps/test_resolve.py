"""Names: injectors' races, forged ids, malformed answers, and every carrier."""

import asyncio
import contextlib
import dataclasses
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import (
    DnsObservation,
    HttpObservation,
    TcpObservation,
    TlsObservation,
)
from msgprobe.model.task import Lookup, Resolver, ResolverKind
from msgprobe.steps.context import StepContext
from msgprobe.steps.resolve import resolve
from msgprobe.steps.world import World
from tests.steps import loopback
from tests.steps.authority import NAME, authority, server_context
from tests.steps.loopback import HOST, context, only, run, world

Reply = Callable[[socket.socket, bytes, tuple[str, int]], Awaitable[None]]


def answered(query: bytes, *addresses: str, rcode: str = "NOERROR", alias: str = "") -> bytes:
    asked = dns.message.from_wire(query)
    reply = dns.message.make_response(asked)
    reply.set_rcode(dns.rcode.from_text(rcode))
    name, kind = asked.question[0].name.to_text(), asked.question[0].rdtype
    if alias:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", alias))
        name = alias
    family = "A" if kind == 1 else "AAAA"
    fitting = [a for a in addresses if (":" in a) == (family == "AAAA")]
    if fitting:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", family, *fitting))
    return reply.to_wire()


@asynccontextmanager
async def resolver(reply: Reply) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        sock.setblocking(False)

        async def work() -> None:
            while True:
                query, source = await loop.sock_recvfrom(sock, 4096)
                await reply(sock, query, source)

        async with asyncio.TaskGroup() as group:
            task = group.create_task(work())
            try:
                yield int(sock.getsockname()[1])
            finally:
                task.cancel()


def sends(*make: Callable[[bytes], bytes], pause: float = 0.0) -> Reply:
    async def reply(sock: socket.socket, query: bytes, source: tuple[str, int]) -> None:
        for one in make:
            sock.sendto(one(query), source)
            await asyncio.sleep(pause)

    return reply


def lookup(
    port: int,
    kind: ResolverKind = ResolverKind.UDP,
    *,
    families: tuple[int, ...] = (4,),
    linger: float = 0.0,
    address: str | None = HOST,
    host: str | None = None,
    name: str = NAME,
) -> Lookup:
    return Lookup(
        name=name,
        resolver=Resolver(kind=kind, name="test", address=address, port=port, host=host),
        families=families,
        linger=linger,
    )


def ask(reply: Reply, seconds: float = 2.0, linger: float = 0.0) -> DnsObservation:
    async def main() -> DnsObservation:
        async with resolver(reply) as port:
            ctx = context(seconds)
            await resolve(ctx, lookup(port, linger=linger))
            return only(ctx, DnsObservation)

    return run(main())


def test_an_answer_with_an_alias() -> None:
    seen = ask(sends(lambda q: answered(q, "192.0.2.7", alias="edge.test.")))
    assert (seen.failure, seen.rcode, seen.family) == (None, "NOERROR", 4)
    assert (seen.addresses, seen.aliases) == (("192.0.2.7",), ("edge.test",))
    assert (seen.resolver_address, seen.answers[0].ttl) == (HOST, 60)
    assert seen.answers[0].source == "" and seen.listened == 0


@pytest.mark.parametrize(
    ("rcode", "failure"),
    [
        ("NXDOMAIN", Failure.DNS_NXDOMAIN),
        ("SERVFAIL", Failure.DNS_SERVFAIL),
        ("REFUSED", Failure.DNS_REFUSED),
        ("FORMERR", Failure.DNS_MISBEHAVING),
        ("NOERROR", Failure.DNS_NO_ANSWER),
    ],
)
def test_answers_without_an_address(rcode: str, failure: Failure) -> None:
    seen = ask(sends(lambda q: answered(q, rcode=rcode)))
    assert (seen.failure, seen.rcode) == (failure, rcode)


def test_a_second_different_answer_is_heard_while_we_listen() -> None:
    race = sends(
        lambda q: answered(q, "192.0.2.66"), lambda q: answered(q, "192.0.2.7"), pause=0.05
    )
    seen = ask(race, linger=0.3)
    assert seen.addresses == ("192.0.2.66",)
    assert [a.addresses for a in seen.answers] == [("192.0.2.66",), ("192.0.2.7",)]
    assert seen.answers[0].after < seen.answers[1].after
    assert 0.25 < seen.listened < 0.6


def test_without_lingering_the_first_answer_ends_it() -> None:
    seen = ask(sends(lambda q: answered(q, "192.0.2.66"), lambda q: answered(q, "192.0.2.7")))
    assert len(seen.answers) == 1 and seen.window.seconds < 0.5


def test_a_wrong_id_a_question_back_and_another_question_are_no_answers() -> None:
    def wrong_id(query: bytes) -> bytes:
        reply = bytearray(answered(query, "192.0.2.66"))
        reply[0] ^= 0xFF
        return bytes(reply)

    def other_question(query: bytes) -> bytes:
        other = dns.message.make_query("other.test", "A", id=int.from_bytes(query[:2], "big"))
        return answered(other.to_wire(), "192.0.2.66")

    seen = ask(
        sends(wrong_id, lambda q: q, other_question, lambda q: answered(q, "192.0.2.7")),
        linger=0.1,
    )
    assert [a.addresses for a in seen.answers] == [("192.0.2.7",)]


def test_only_malformed_answers_are_misbehaving() -> None:
    seen = ask(sends(lambda q: q[:2] + b"\x81\x80" + b"\xff" * 30), seconds=0.4)
    assert seen.failure is Failure.DNS_MISBEHAVING and seen.answers == ()


def test_a_malformed_answer_does_not_hide_the_true_one() -> None:
    seen = ask(sends(lambda q: q[:2] + b"\x81\x80", lambda q: answered(q, "192.0.2.7")))
    assert seen.failure is None or seen.addresses == ("192.0.2.7",)


def test_a_truncated_answer_is_useless() -> None:
    def truncated(query: bytes) -> bytes:
        reply = bytearray(answered(query, "192.0.2.7"))
        reply[2] |= 0x02
        return bytes(reply)

    assert ask(sends(truncated)).failure is Failure.DNS_MISBEHAVING


def test_silence_is_asked_twice_and_then_a_timeout() -> None:
    queries: list[bytes] = []

    async def nothing(sock: socket.socket, query: bytes, source: tuple[str, int]) -> None:
        queries.append(query)

    seen = ask(nothing, seconds=0.3)
    assert seen.failure is Failure.TIMED_OUT and 0.25 < seen.window.seconds < 0.6
    assert len(queries) == 2 and queries[0] == queries[1]


def test_a_flood_of_wrong_answers_ends_by_count_or_clock() -> None:
    async def flood(sock: socket.socket, query: bytes, source: tuple[str, int]) -> None:
        for _ in range(3000):
            with contextlib.suppress(BlockingIOError):
                sock.sendto(b"\0" * 20, source)
            await asyncio.sleep(0)

    assert ask(flood, seconds=0.5).failure is Failure.TIMED_OUT


def test_a_closed_port_is_refused_by_icmp() -> None:
    async def main() -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.bind((HOST, 0))
            port = sock.getsockname()[1]
        ctx = context()
        await resolve(ctx, lookup(port))
        assert only(ctx, DnsObservation).failure is Failure.CONNECTION_REFUSED

    run(main())


def test_an_answer_from_another_address_names_it() -> None:
    async def elsewhere(sock: socket.socket, query: bytes, source: tuple[str, int]) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.9", 0))
            other.sendto(answered(query, "192.0.2.66"), source)

    assert ask(elsewhere).answers[0].source == "127.0.0.9"


def test_ids_and_ports_are_not_used_twice() -> None:
    asked: set[tuple[bytes, int]] = set()

    async def reply(sock: socket.socket, query: bytes, source: tuple[str, int]) -> None:
        asked.add((query[:2], source[1]))
        sock.sendto(answered(query, "192.0.2.7"), source)

    async def main() -> None:
        async with resolver(reply) as port:
            for _ in range(8):
                await resolve(context(), lookup(port))

    run(main())
    assert len({i for i, _ in asked}) >= 7 and len({p for _, p in asked}) >= 7


def test_each_family_is_one_observation_and_every_byte_is_counted() -> None:
    size = {"out": 0, "in": 0}

    async def reply(sock: socket.socket, query: bytes, source: tuple[str, int]) -> None:
        back = answered(query, "192.0.2.7", "2001:db8::7")
        sock.sendto(back, source)
        size["out"] += len(query) + 28
        size["in"] += len(back) + 28

    async def main() -> StepContext:
        async with resolver(reply) as port:
            ctx = context()
            await resolve(ctx, lookup(port, families=(4, 6)))
            return ctx

    ctx = run(main())
    seen = [o for o in ctx.recorder.observations if isinstance(o, DnsObservation)]
    assert {(o.family, o.addresses) for o in seen} == {
        (4, ("192.0.2.7",)),
        (6, ("2001:db8::7",)),
    }
    assert (ctx.recorder.bytes_sent, ctx.recorder.bytes_received) == (size["out"], size["in"])


def test_cancelled_is_interrupted_once() -> None:
    async def main() -> None:
        async with resolver(sends()) as port:
            ctx = context()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await resolve(ctx, lookup(port))
            assert only(ctx, DnsObservation).failure is Failure.INTERRUPTED

    run(main())


def test_direct_asks_the_first_configured_nameserver(tmp_path: Path) -> None:
    from msgprobe.steps.accounts.linux import Linux
    from msgprobe.steps.machine import SystemMachine

    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text(f"search x\nnameserver {HOST}\nnameserver ::1\n")

    async def main() -> None:
        async with resolver(sends(lambda q: answered(q, "192.0.2.7"))) as port:
            here = dataclasses.replace(world(), machine=SystemMachine(Linux(tmp_path)))
            ctx = context(here=here)
            await resolve(ctx, lookup(port, ResolverKind.DIRECT, address=None))
            seen = only(ctx, DnsObservation)
            assert (seen.resolver_address, seen.addresses) == (HOST, ("192.0.2.7",))

    run(main())


def test_the_system_knows_localhost() -> None:
    ctx = context()
    run(resolve(ctx, lookup(0, ResolverKind.SYSTEM, address=None, name="localhost")))
    seen = only(ctx, DnsObservation)
    assert seen.failure is None and HOST in seen.addresses and seen.family == 0


class _Gai:
    """A system resolver that fails as it is told; the rest of the network is real."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    async def lookup(
        self, name: str, families: tuple[int, ...], *, timeout: float
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if self._error is None:
            async with asyncio.timeout(timeout):
                await asyncio.sleep(60)
        raise self._error or AssertionError


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), Failure.DNS_NXDOMAIN),
        (socket.gaierror(socket.EAI_AGAIN, "x"), Failure.DNS_TEMPORARY),
        (socket.gaierror(socket.EAI_FAIL, "x"), Failure.DNS_NON_RECOVERABLE),
        (socket.gaierror(socket.EAI_NODATA, "x"), Failure.DNS_NO_ANSWER),
        (None, Failure.TIMED_OUT),
        (UnicodeError("label too long"), Failure.DNS_NXDOMAIN),
    ],
)
def test_what_getaddrinfo_says_becomes_a_word(error: Exception | None, failure: Failure) -> None:
    here = dataclasses.replace(world(), network=_Gai(error))  # type: ignore[arg-type]
    ctx = context(0.2, here=here)
    run(resolve(ctx, lookup(0, ResolverKind.SYSTEM, address=None)))
    assert only(ctx, DnsObservation).failure is failure


def test_a_lookup_that_hangs_does_not_outlive_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import threading

    stuck = threading.Event()
    monkeypatch.setattr("msgprobe.steps.system._getaddrinfo", lambda *_: stuck.wait(5) and ((), ()))
    ctx = context(0.2)
    run(resolve(ctx, lookup(0, ResolverKind.SYSTEM, address=None)))
    stuck.set()
    seen = only(ctx, DnsObservation)
    assert seen.failure is Failure.TIMED_OUT and seen.window.seconds < 0.5


async def _tcp_resolver(sock: socket.socket) -> None:
    while message := await loopback.receive(sock):
        back = answered(message[2:], "192.0.2.7", "2001:db8::7")
        await loopback.send(sock, len(back).to_bytes(2, "big") + back)


def test_tcp_asks_both_families_on_one_connection() -> None:
    async def main() -> StepContext:
        async with loopback.serve(_tcp_resolver) as port:
            ctx = context()
            await resolve(ctx, lookup(port, ResolverKind.TCP, families=(4, 6)))
            return ctx

    ctx = run(main())
    only(ctx, TcpObservation)
    seen = [o for o in ctx.recorder.observations if isinstance(o, DnsObservation)]
    assert [(o.family, o.failure) for o in seen] == [(4, None), (6, None)]


@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        (loopback.reset, Failure.CONNECTION_RESET),
        (loopback.fin, Failure.EOF),
        (loopback.silence, Failure.TIMED_OUT),
        (loopback.replies(b"\xff\xff"), Failure.DNS_MISBEHAVING),
        (loopback.replies(b"\x00\x04\x00\x00\x00\x00"), Failure.DNS_MISBEHAVING),
    ],
)
def test_a_dead_tcp_resolver_fails_every_family(
    handler: loopback.Handler, failure: Failure
) -> None:
    async def main() -> StepContext:
        async with loopback.serve(handler) as port:
            ctx = context(0.4)
            await resolve(ctx, lookup(port, ResolverKind.TCP, families=(4, 6)))
            return ctx

    seen = [o for o in run(main()).recorder.observations if isinstance(o, DnsObservation)]
    assert len(seen) == 2 and seen[0].failure is failure


def trusting(tmp_path: Path) -> World:
    bundle = tmp_path / "public.pem"
    bundle.write_bytes(authority().cert_pem.bytes())
    return world(str(bundle))


@asynccontextmanager
async def doh(*, name: str = NAME, status: str = "200 OK") -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                assert head.startswith("POST /dns-query HTTP/1.1\r\n")
                assert "Content-Type: application/dns-message" in head
                size = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
                back = answered(await reader.readexactly(size), "192.0.2.7", "2001:db8::7")
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Length: {len(back)}\r\n\r\n".encode() + back
                )
        writer.close()

    server = await asyncio.start_server(handle, HOST, 0, ssl=server_context(name))
    async with server:
        yield int(server.sockets[0].getsockname()[1])


def test_doh_asks_both_families_on_one_verified_connection(tmp_path: Path) -> None:
    async def main() -> StepContext:
        async with doh() as port:
            ctx = context(here=trusting(tmp_path))
            await resolve(ctx, lookup(port, ResolverKind.DOH, families=(4, 6), host=NAME))
            return ctx

    ctx = run(main())
    assert only(ctx, TcpObservation).failure is None
    assert only(ctx, TlsObservation).verified
    seen = [o for o in ctx.recorder.observations if isinstance(o, DnsObservation)]
    assert [o.addresses for o in seen] == [("192.0.2.7",), ("2001:db8::7",)]
    pages = [o for o in ctx.recorder.observations if isinstance(o, HttpObservation)]
    assert [(o.status, o.authenticated) for o in pages] == [(200, True), (200, True)]
    assert {o.transaction for o in ctx.recorder.observations} == {7}


@pytest.mark.parametrize(
    ("how", "failure"),
    [
        ({"name": "other.test"}, Failure.TLS_INVALID_HOSTNAME),
        ({"status": "403 Forbidden"}, Failure.HTTP_UNEXPECTED),
    ],
)
def test_doh_that_fails_says_where(tmp_path: Path, how: dict[str, str], failure: Failure) -> None:
    async def main() -> StepContext:
        async with doh(**how) as port:
            ctx = context(here=trusting(tmp_path))
            await resolve(ctx, lookup(port, ResolverKind.DOH, families=(4, 6), host=NAME))
            return ctx

    seen = [o for o in run(main()).recorder.observations if isinstance(o, DnsObservation)]
    assert [(o.family, o.failure) for o in seen] == [(4, failure), (6, failure)]
