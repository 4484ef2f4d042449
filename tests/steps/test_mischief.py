"""Every check against every mischief of its layers: in time, in little memory, in its own bound.

What the servers do is `tests.lab.world.mischief`'s, so that the lab tries the same on whole runs.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import dns.message
import dns.rrset
import pytest

from msgprobe.checks.registry import registry
from msgprobe.model.codec import to_json
from msgprobe.model.failure import Failure
from msgprobe.model.task import Flow, Lookup, Probe, Resolver, ResolverKind, Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.http2 import SENT_BOUND
from msgprobe.steps.prepare import prepare
from tests.lab.world import websocket
from tests.lab.world.http import read_request
from tests.lab.world.mischief import HTTP, HTTP2, STREAM, TLS, WEBSOCKET, Kind, play
from tests.lab.world.mischief_datagrams import DNS, SENT, Lie
from tests.model.tasks import task_of
from tests.steps.asked import tls_flow
from tests.steps.authority import NAME, authority, root, server_context
from tests.steps.loopback import HOST, context, run, world

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Talk = Callable[[Pair], Awaitable[None]]

PATIENCE_S: Final = 0.4
LATE_S: Final = 1.5
"""What a conversation may take beyond its deadline where its server shares the processor."""
MOST_MEMORY: Final = 3 << 20
"""Octets, those of the server in the same process included."""
BUFFER: Final = 192 * 1024
"""What the kernel takes in before anybody reads it, and its acknowledgements (``tcp_rmem``)."""

WEBSOCKETS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "signal": ("signal", {"transport": "websocket"}),
    "noise": ("noise", {"transport": "websocket"}),
    "mtproto": ("mtproto", {"transport": "websocket"}),
    "dialogue": (
        "dialogue",
        {"transport": "websocket", "protocol": "x", "script": "C: hi\nS ok: ...yes"},
    ),
}
SECURE: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "https": ("https", {}),
    "down": ("transfer", {"bytes": "20000", "patience": str(PATIENCE_S)}),
    "up": ("transfer", {"bytes": "20000", "direction": "up", "patience": str(PATIENCE_S)}),
    "found": ("transfer", {"find": 'src="[*]"', "patience": str(PATIENCE_S)}),
    "upgrade": WEBSOCKETS["signal"],
}
INSIDE: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "mqtt": ("mqtt", {}),
    "smp": ("smp", {}),
    "tor": ("tor", {"fingerprint": "00" * 20}),
    "dialogue": ("dialogue", {"transport": "tls", "protocol": "x", "script": "S ok: ...yes"}),
    "https": ("https", {}),
    "http2": ("http2", {}),
}
OPEN: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "noise": ("noise", {}),
    "mtproto": ("mtproto", {}),
    "plain": ("mtproto", {"transport": "plain"}),
    "full": ("mtproto", {"transport": "plain", "framing": "full"}),
    "posts": ("mtproto", {"transport": "http"}),
    "volley": ("volley", {"patience": str(PATIENCE_S)}),
    "threema": ("threema", {"server_keys": "11" * 32}),
    "mmtls": ("mmtls", {"server_keys": "04" + "11" * 64}),
    "stun": ("stun", {"transport": "tcp"}),
    "page": ("page", {}),
    "tls": ("tls", {}),
}


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    """What a run imports beforehand, lest the first conversation pay for it."""
    prepare(world(), quic=True, library=True)


# --- servers --------------------------------------------------------------------------------------


@asynccontextmanager
async def serve(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """``talk`` with everybody, inside ``tls`` if given; gives the port."""

    talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            await talk((reader, writer))
        writer.close()

    async with asyncio.TaskGroup() as group:

        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if server.is_serving():
                talks[group.create_task(guarded(reader, writer))] = writer
            else:
                writer.transport.abort()

        server = await asyncio.start_server(begin, HOST, 0, ssl=tls)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            for one, writer in talks.items():
                one.cancel()
                writer.transport.abort()
    await asyncio.sleep(0)


def mean(kind: Kind) -> Talk:
    """``kind`` once the client has spoken; a client that waits for us is heard with nothing."""

    async def talk(pair: Pair) -> None:
        heard = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                heard = await pair[0].read(65536)
        await _perform(pair, kind, heard)

    return talk


def mean_socket(kind: Kind) -> Talk:
    """``kind`` inside a WebSocket."""

    async def talk(pair: Pair) -> None:
        request = await read_request(pair[0], lambda _: False)
        assert request is not None
        offered = websocket.offered(request)
        pair[1].write(websocket.accept(request, offered[0] if offered else None) or b"")
        await _perform(pair, kind, b"")

    return talk


async def _perform(pair: Pair, kind: Kind, heard: bytes) -> None:
    reader, writer = pair
    async with asyncio.TaskGroup() as group:
        aside = group.create_task(_swallow(reader))

        async def send(data: bytes) -> bool:
            writer.write(data)
            with contextlib.suppress(OSError):
                await writer.drain()
            return not (writer.is_closing() or aside.done())

        try:
            await play(kind(heard), send)
            await asyncio.wait([aside], timeout=0.05)
        finally:
            aside.cancel()


async def _swallow(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(65536):
            pass


# --- clients --------------------------------------------------------------------------------------


def task(check: str, probe: Probe) -> Task:
    return task_of(check, probe, timeout=PATIENCE_S)


def flow(port: int, options: Mapping[str, str]) -> Flow:
    return tls_flow(port, "/ws", **options)


async def survive(what: Task, ctx: StepContext) -> list[dict[str, Any]]:
    """Hold the conversation, and require all that holds whatever the peer does."""
    check = registry()[what.check]
    begun = ctx.now()
    tracemalloc.start()
    try:
        await check.run(ctx, what)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ctx.now() - begun < PATIENCE_S + LATE_S
    assert peak < MOST_MEMORY
    assert ctx.recorder.observations
    assert ctx.recorder.bytes_received <= check.max_bytes(what) + BUFFER
    assert ctx.recorder.bytes_sent <= check.max_bytes(what)
    seen: list[dict[str, Any]] = [to_json(o) for o in ctx.recorder.observations]
    assert Failure.UNKNOWN not in [one["failure"] for one in seen]
    kept = json.dumps(seen, ensure_ascii=False)
    assert len(kept) < 64 * 1024
    assert {c for c in kept if c < " " or "\x7f" <= c <= "\x9f"} == set()
    return seen


def against(
    way: tuple[str, dict[str, str]], talk: Talk, tls: ssl.SSLContext | None = None
) -> list[dict[str, Any]]:
    async def main() -> list[dict[str, Any]]:
        async with serve(talk, tls) as port:
            ctx = context(PATIENCE_S, roots={"service": (root(),)})
            return await survive(task(way[0], flow(port, way[1])), ctx)

    return run(main())


def choosing(*alpn: str) -> ssl.SSLContext:
    """A TLS server that speaks what is asked for; not the shared one, which others rely on."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(NAME).configure_cert(made)
    made.set_alpn_protocols(list(alpn))
    return made


@pytest.mark.parametrize("way", SECURE)
@pytest.mark.parametrize("kind", HTTP)
def test_http_inside_tls(kind: str, way: str) -> None:
    seen = against(SECURE[way], mean(HTTP[kind]), server_context())
    assert seen[1]["failure"] is None, "the mischief comes after the handshake"


@pytest.mark.parametrize("way", ["page", "posts"])
@pytest.mark.parametrize("kind", HTTP)
def test_http_in_the_open(kind: str, way: str) -> None:
    against(OPEN[way], mean(HTTP[kind]))


@pytest.mark.parametrize("kind", [k for k in HTTP if k.startswith("bomb_")])
def test_what_is_packed_stays_packed(kind: str) -> None:
    seen = against(SECURE["https"], mean(HTTP[kind]), server_context())[-1]
    assert seen["status"] in (200, None) and seen["body_bytes"] <= 16 * 1024
    assert "\0" * 8 not in seen["body"]


@pytest.mark.parametrize("way", WEBSOCKETS)
@pytest.mark.parametrize("kind", WEBSOCKET)
def test_frames(kind: str, way: str) -> None:
    seen = against(WEBSOCKETS[way], mean_socket(WEBSOCKET[kind]), server_context())
    assert seen[2]["status"] == 101


@pytest.mark.parametrize("kind", TLS)
def test_tls_records(kind: str) -> None:
    seen = against(OPEN["tls"], mean(TLS[kind]))[-1]
    assert seen["failure"] is not None and not seen["verified"]


@pytest.mark.parametrize("way", OPEN)
@pytest.mark.parametrize("kind", STREAM)
def test_streams_in_the_open(kind: str, way: str) -> None:
    seen = against(OPEN[way], mean(STREAM[kind]))
    assert seen[-1]["failure"] is not None


@pytest.mark.parametrize("way", INSIDE)
@pytest.mark.parametrize("kind", STREAM)
def test_streams_inside_tls(kind: str, way: str) -> None:
    against(INSIDE[way], mean(STREAM[kind]), choosing("h2") if way == "http2" else choosing())


@pytest.mark.parametrize("kind", HTTP2)
def test_http2(kind: str) -> None:
    seen = against(INSIDE["http2"], mean(HTTP2[kind]), choosing("h2"))
    assert seen[1]["alpn"] == "h2"
    assert next(one["bytes_sent"] for one in seen if "proof" in one) <= SENT_BOUND


@pytest.mark.parametrize("way", ["https", "http2", "mqtt"])
def test_session_tickets_without_an_end(way: str) -> None:
    tls = choosing("h2") if way == "http2" else choosing()
    tls.num_tickets = 3000
    seen = against(INSIDE[way], mean(lambda heard: (0.3,)), tls)
    assert (seen[1]["failure"] is None and seen[-1]["failure"] is not None) or way == "mqtt"


def _long_chain() -> ssl.SSLContext:
    made = choosing()
    issued = authority().issue_cert(NAME)
    others = b"".join(
        authority().issue_cert(f"n{n}.test").cert_chain_pems[0].bytes() for n in range(60)
    )
    chain = issued.cert_chain_pems[0].bytes() + others
    with issued.private_key_pem.tempfile() as key:
        path = Path(key).with_suffix(".chain")
        path.write_bytes(chain)
        made.load_cert_chain(path, key)
        path.unlink()
    return made


def test_a_chain_of_many_certificates() -> None:
    seen = against(OPEN["tls"], mean(lambda heard: ()), _long_chain())[-1]
    assert len(seen["chain"]) <= 10


# --- datagrams and resolvers ----------------------------------------------------------------------


@asynccontextmanager
async def datagrams(kind: Kind) -> AsyncIterator[int]:
    """A UDP server that performs ``kind`` for every datagram; gives the port."""
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((HOST, 0))
        tasks: list[asyncio.Task[None]] = []

        async def answer(heard: bytes, client: tuple[str, int]) -> None:
            async def send(data: bytes) -> bool:
                with contextlib.suppress(OSError):
                    sock.sendto(data, client)
                return True

            await play(kind(heard), send)

        def receive() -> None:
            with contextlib.suppress(OSError):
                heard, client = sock.recvfrom(4096)
                tasks.append(group.create_task(answer(heard, client)))

        async with asyncio.TaskGroup() as group:
            loop.add_reader(sock, receive)
            try:
                yield int(sock.getsockname()[1])
            finally:
                loop.remove_reader(sock)
                for one in tasks:
                    one.cancel()


def truth(query: bytes) -> bytes:
    asked = dns.message.from_wire(query)
    reply = dns.message.make_response(asked)
    name = asked.question[0].name.to_text()
    reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "192.0.2.7"))
    return reply.to_wire()


def lied(kind: Lie) -> Kind:
    return lambda query: kind(query, truth(query))


def lookup(port: int, kind: ResolverKind) -> Lookup:
    given = Resolver(kind=kind, name="test", address=HOST, port=port, host=NAME)
    return Lookup(name=NAME, resolver=given, families=(4,), linger=0.3)


async def resolved(port: int, kind: ResolverKind) -> list[dict[str, Any]]:
    return await survive(task("resolve", lookup(port, kind)), context(PATIENCE_S))


@pytest.mark.parametrize("kind", DNS)
def test_resolvers_over_udp(kind: str) -> None:
    async def main() -> list[dict[str, Any]]:
        async with datagrams(lied(DNS[kind])) as port:
            return await resolved(port, ResolverKind.UDP)

    (seen,) = run(main())
    good = kind in ("dns_many_addresses", "dns_flood_answers")
    assert (seen["failure"] is None) is good
    assert len(seen["answers"]) <= 16 and len(seen["addresses"]) <= 32


def framed(kind: Lie) -> Talk:
    """Messages with their lengths in front; after a lie rubbish, as long as anybody listens."""

    async def talk(pair: Pair) -> None:
        size = int.from_bytes(await pair[0].readexactly(2), "big")
        query = await pair[0].readexactly(size)
        told = [
            len(one).to_bytes(2, "big") + one if isinstance(one, bytes) else one
            for _, one in zip(range(200), kind(query, truth(query)), strict=False)
        ]
        await _perform(pair, lambda heard: (*told, *STREAM["stream_drip"](b"")), query)

    return talk


@pytest.mark.parametrize("kind", DNS)
def test_resolvers_over_tcp(kind: str) -> None:
    async def main() -> list[dict[str, Any]]:
        async with serve(framed(DNS[kind])) as port:
            return await resolved(port, ResolverKind.TCP)

    good = kind in ("dns_many_addresses", "dns_flood_answers")
    assert (run(main())[-1]["failure"] is None) is good


def _over_https(talk: Talk, tmp_path: Path) -> list[dict[str, Any]]:
    bundle = tmp_path / "public.pem"
    bundle.write_bytes(authority().cert_pem.bytes())

    async def main() -> list[dict[str, Any]]:
        async with serve(talk, server_context()) as port:
            ctx = context(PATIENCE_S, here=world(str(bundle)))
            return await survive(task("resolve", lookup(port, ResolverKind.DOH)), ctx)

    return run(main())


@pytest.mark.parametrize("kind", DNS)
def test_resolvers_over_https(kind: str, tmp_path: Path) -> None:
    async def talk(pair: Pair) -> None:
        request = await read_request(pair[0], lambda _: False)
        assert request is not None
        first = next(iter(DNS[kind](request.body, truth(request.body))))
        assert isinstance(first, bytes)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\nContent-Length: %d"
        await _perform(pair, lambda heard: (head % len(first) + b"\r\n\r\n" + first,), b"")

    good = kind in ("dns_many_addresses", "dns_flood_answers")
    assert (_over_https(talk, tmp_path)[-1]["failure"] is None) is good


@pytest.mark.parametrize("kind", HTTP)
def test_https_instead_of_a_resolver(kind: str, tmp_path: Path) -> None:
    assert _over_https(mean(HTTP[kind]), tmp_path)[-1]["failure"] is not None


@pytest.mark.parametrize(
    ("check", "kind"), [(check, kind) for check in SENT for kind in SENT[check]]
)
@pytest.mark.parametrize("form", ["first", "other"])
def test_datagrams(check: str, kind: str, form: str) -> None:
    forms = {"stun": ("binding", "relay"), "quic": ("initial", "negotiation")}[check]
    options = {"form": forms[form == "other"]} | ({"spacing": "0.02"} if check == "stun" else {})

    async def main() -> list[dict[str, Any]]:
        async with datagrams(SENT[check][kind]) as port:
            ctx = context(PATIENCE_S, roots={"service": (root(),)})
            return await survive(task(check, flow(port, options)), ctx)

    seen = run(main())[-1]
    assert isinstance(seen, dict)
