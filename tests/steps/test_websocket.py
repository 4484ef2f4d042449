"""WebSockets over real sockets, against a server that shares no code with our client."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from msgprobe.checks.noise import NoiseCheck
from msgprobe.model.failure import Failure
from msgprobe.model.observation import (
    HttpObservation,
    Proof,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
)
from msgprobe.model.task import Task
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done, StepContext
from msgprobe.steps.noise import first_words
from msgprobe.steps.websocket import upgrade
from tests.lab.world import websocket
from tests.lab.world.http import Request, read_request
from tests.lab.world.noise import ChatServer, montgomery
from tests.model.tasks import task_of
from tests.steps.asked import tls_flow
from tests.steps.authority import NAME, root, server_context
from tests.steps.loopback import HOST, Pair, context, listening, only, run

KEY = Ed25519PrivateKey.generate()
CHAT = ChatServer(datetime.now(UTC).timestamp(), KEY)
ORIGIN = "https://web.example"

Handler = Callable[[Request, Pair], Awaitable[None]]


@asynccontextmanager
async def serve(handler: Handler, tls: bool = False) -> AsyncIterator[int]:
    async def speak(pair: Pair) -> None:
        reader, writer = pair
        request = await read_request(reader, lambda _: False)
        assert request is not None
        await handler(request, pair)
        await writer.drain()
        await reader.read()

    async with listening(speak, server_context() if tls else None) as port:
        yield port


def talk(handler: Handler, seconds: float = 5.0) -> StepContext:
    async def main() -> StepContext:
        ctx = context(seconds)
        async with serve(handler) as port:
            outcome = await connect(ctx, HOST, port)
            assert isinstance(outcome, Done)
            async with closing(ctx, outcome.value) as stream:
                inside = await upgrade(ctx, stream, host=NAME, path="/ws/chat", origin=ORIGIN)
                if isinstance(inside, Done):
                    assert inside.value.port == port and inside.value.address == HOST
                    await first_words(ctx, inside.value, root=montgomery(KEY))
        return ctx

    return run(main())


def accepted(then: Callable[[bytes], bytes]) -> Handler:
    """Accept, read one message, send what ``then`` makes of it, frames and all."""

    async def handle(request: Request, pair: Pair) -> None:
        answer = websocket.accept(request)
        assert answer is not None
        pair[1].write(answer)
        pair[1].write(then(await websocket.message(*pair)))

    return handle


def hello(message: bytes) -> bytes:
    answer = CHAT.answer(message)
    assert answer is not None
    return answer


def told(seen: ProtocolObservation) -> tuple[Failure | None, str, Proof]:
    return seen.failure, seen.stage, seen.proof


def test_the_proof_holds_inside_a_websocket() -> None:
    ctx = talk(accepted(lambda m: websocket.frame(hello(m))))
    asked = only(ctx, HttpObservation)
    assert (asked.failure, asked.status, asked.matched) == (None, 101, True)
    assert (asked.host, asked.path, asked.tls) == (NAME, "/ws/chat", False)
    seen = only(ctx, ProtocolObservation)
    assert told(seen) == (None, "server_authenticated", Proof.CRYPTO)
    assert seen.bytes_sent == 43


def test_fragments_are_joined_and_pings_answered() -> None:
    pongs: list[bytes] = []

    async def handle(request: Request, pair: Pair) -> None:
        pair[1].write(websocket.accept(request) or b"")
        whole = hello(await websocket.message(*pair))
        pair[1].write(b"\x02\x64" + whole[:100] + websocket.frame(b"are you there", 9))
        pair[1].write(websocket.frame(whole[100:], 0))
        pongs.append(await pair[0].readexactly(2 + 4 + 13))

    assert told(only(talk(handle), ProtocolObservation))[2] is Proof.CRYPTO
    head, mask, data = pongs[0][:2], pongs[0][2:6], pongs[0][6:]
    assert head == b"\x8a\x8d"
    assert bytes(b ^ mask[i % 4] for i, b in enumerate(data)) == b"are you there"


def test_the_request_is_a_browsers() -> None:
    asked: list[Request] = []

    async def handle(request: Request, pair: Pair) -> None:
        asked.append(request)
        pair[1].write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")

    ctx = talk(handle)
    headers = asked[0].headers
    assert (headers["host"], headers["origin"]) == (NAME, ORIGIN)
    assert headers["sec-fetch-mode"] == "websocket" and "Mozilla" in headers["user-agent"]
    assert "sec-websocket-extensions" not in headers
    seen = only(ctx, HttpObservation)
    assert (seen.failure, seen.status, seen.matched, seen.body) == (None, 403, False, "no")
    assert not any(isinstance(o, ProtocolObservation) for o in ctx.recorder.observations)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",  # RFC 6455's, not ours
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: \xff\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    ],
)
def test_what_does_not_prove_that_our_key_was_read_is_no_websocket(answer: bytes) -> None:
    async def handle(request: Request, pair: Pair) -> None:
        pair[1].write(answer)

    ctx = talk(handle)
    assert only(ctx, HttpObservation).failure is Failure.HTTP_INVALID
    assert not any(isinstance(o, ProtocolObservation) for o in ctx.recorder.observations)


def test_a_close_frame_is_an_answer_that_proves_nothing_by_itself() -> None:
    ctx = talk(accepted(lambda _: websocket.frame((1008).to_bytes(2, "big") + b"no cookie", 8)))
    seen = only(ctx, ProtocolObservation)
    assert told(seen) == (None, "closed", Proof.BYTES)
    assert "1008 no cookie" in seen.detail


@pytest.mark.parametrize(
    "frames",
    [
        b"\x83\x00",  # a reserved opcode
        b"\x82\x81\0\0\0\0a",  # a masked frame from a server
        b"\xc2\x01a",  # an extension that nobody agreed on
        b"\x88\x01a",  # half a close code
        b"\x81\x01\xff",  # text that is none
    ],
)
def test_forbidden_frames_are_no_close_by_the_peer(frames: bytes) -> None:
    seen = only(talk(accepted(lambda _: frames)), ProtocolObservation)
    assert told(seen)[0] is Failure.PROTOCOL_INVALID
    assert told(seen)[2] <= Proof.BYTES


def test_endless_control_frames_end() -> None:
    async def handle(request: Request, pair: Pair) -> None:
        pair[1].write(websocket.accept(request) or b"")
        await websocket.message(*pair)
        for _ in range(200):
            pair[1].write(websocket.frame(bytes(100), 10) * 100)
            await pair[1].drain()

    assert told(only(talk(handle), ProtocolObservation))[0] is Failure.TOO_LARGE


def test_a_server_that_goes_away_or_is_silent() -> None:
    async def gone(request: Request, pair: Pair) -> None:
        pair[1].write(websocket.accept(request) or b"")
        await websocket.message(*pair)
        pair[1].close()

    assert told(only(talk(gone), ProtocolObservation))[0] is Failure.EOF
    silent = only(talk(accepted(lambda _: b""), seconds=0.4), ProtocolObservation)
    assert told(silent)[:2] == (Failure.TIMED_OUT, "sent")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300), st.booleans())
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx", False)
@example(b"HTTP/1.1 103 Early Hints\r\n\r\n", False)
def test_any_bytes_become_observations(junk: bytes, inside: bool) -> None:
    async def handle(request: Request, pair: Pair) -> None:
        if inside:
            pair[1].write(websocket.accept(request) or b"")
            await websocket.message(*pair)
        pair[1].write(junk)
        pair[1].write_eof()

    seen = talk(handle).recorder.observations
    assert len(seen) == (3 if inside else 2)
    assert isinstance(seen[-1], ProtocolObservation if inside else HttpObservation)


def task(port: int, **more: str) -> Task:
    options = {"transport": "websocket", "root_key": montgomery(KEY).hex(), **more}
    flow = tls_flow(port, "/ws/chat", **options)
    return task_of("noise", flow)


def test_the_check_goes_through_every_layer_within_its_bound() -> None:
    async def main() -> None:
        async with serve(accepted(lambda m: websocket.frame(hello(m))), tls=True) as port:
            ctx = context(roots={"service": (root(),)})
            check, one = NoiseCheck(), task(port, origin=ORIGIN)
            await check.run(ctx, one)
            kinds = [type(o) for o in ctx.recorder.observations]
            assert kinds == [TcpObservation, TlsObservation, HttpObservation, ProtocolObservation]
            asked = only(ctx, HttpObservation)
            assert asked.tls and asked.authenticated
            assert only(ctx, ProtocolObservation).proof is Proof.CRYPTO
            sent, received = ctx.recorder.bytes_sent, ctx.recorder.bytes_received
            assert sent + received <= check.max_bytes(one)

    run(main())


def test_another_transport_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="transport = 'pigeon'"):
        run(NoiseCheck().run(context(), task(1, transport="pigeon")))
