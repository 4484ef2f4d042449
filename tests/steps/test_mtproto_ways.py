"""Telegram's protocol as HTTP bodies and inside a WebSocket, over real sockets."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from msgprobe.checks.mtproto import MtprotoCheck
from msgprobe.evidence.conversation import Conversation, fold
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import (
    HttpObservation,
    Proof,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
    Window,
)
from msgprobe.model.target import Key, Trust
from msgprobe.model.task import Flow
from msgprobe.steps.context import StepContext
from tests.lab.world import mtproto, websocket
from tests.lab.world.config import Keeper
from tests.lab.world.datacentre import DataCentre, Exchange
from tests.lab.world.http import Request, Response, converse, read_request
from tests.model.tasks import task_of
from tests.steps.authority import NAME, root, server_context
from tests.steps.loopback import HOST, Pair, Speaker, context, listening, only, run
from tests.steps.test_mtproto import NOW, pinned, private

CHECK = MtprotoCheck()


def exchange(keeper: Keeper = "normal") -> Exchange:
    return Exchange(DataCentre(private(0), private(1)), NOW, keeper)


def talk(
    handler: Speaker, *keys: Key, seconds: float = 5.0, tls: bool = False, **options: str
) -> StepContext:
    async def main() -> StepContext:
        async with listening(handler, server_context() if tls else None) as port:
            ctx = dataclasses.replace(
                context(seconds, roots={"telegram": (root(),)}), keys={"telegram": keys}
            )
            flow = Flow(
                address=HOST,
                port=port,
                host=NAME if tls else None,
                server_name=NAME if tls else None,
                trust=Trust.PINNED,
                roots_of="telegram",
                path="/apiws",
                options=tuple(options.items()),
            )
            task = task_of("mtproto", flow, subject="telegram")
            await CHECK.run(ctx, task)
            assert ctx.recorder.bytes_sent + ctx.recorder.bytes_received <= CHECK.max_bytes(task)
            return ctx

    return run(main())


def folded(ctx: StepContext) -> Conversation:
    """As the verdict sees it."""
    flow = Flow(address=HOST, port=443, host=NAME, server_name=NAME)
    task = task_of("mtproto", flow)
    found = fold(
        Measurement(
            task=task,
            status=Status.COMPLETED,
            window=Window(start=0.0, end=1.0),
            observations=tuple(ctx.recorder.observations),
        )
    )
    assert found is not None
    return found


# --- POST /api


def posts(answer: Callable[[Request], Response | None]) -> Speaker:
    async def handle(pair: Pair) -> None:
        await converse(pair, answer, lambda: datetime.now(UTC))

    return handle


def centre(keeper: Keeper = "normal", asked: list[Request] | None = None) -> Speaker:
    mine = exchange(keeper)

    def answer(request: Request) -> Response:
        if asked is not None:
            asked.append(request)
        reply = mine.reply(request.body)
        if request.method != "POST" or request.path != "/api" or reply is None:
            return Response(status=404, body=b"<center>nginx/0.3.33</center>")
        return Response(body=reply, content_type="application/octet-stream")

    return posts(answer)


def over_http(handler: Speaker, *keys: Key, seconds: float = 5.0) -> ProtocolObservation:
    ctx = talk(handler, *keys, seconds=seconds, transport="http")
    kinds = [type(o) for o in ctx.recorder.observations]
    assert kinds == [TcpObservation, ProtocolObservation]
    return only(ctx, ProtocolObservation)


def test_the_keys_holder_is_proved_in_the_bodies_of_two_posts() -> None:
    asked: list[Request] = []
    seen = over_http(centre(asked=asked), pinned())
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_dh_params", Proof.CRYPTO)
    assert [(r.method, r.path, len(r.body)) for r in asked] == [
        ("POST", "/api", 40),
        ("POST", "/api", len(asked[1].body)),
    ]
    assert asked[0].body[:8] == bytes(8) and asked[0].body[20:24] == bytes.fromhex("f18e7ebe")


@pytest.mark.parametrize(
    ("keeper", "stage"), [("wrong_key", "wrong_key"), ("unknown_key", "unknown_key")]
)
def test_an_impostor_is_one_over_http_too(keeper: Keeper, stage: str) -> None:
    seen = over_http(centre(keeper), pinned())
    assert (seen.failure, seen.stage) == (Failure.PROTOCOL_INVALID, stage)
    assert seen.proof is Proof.NONCE


def test_an_error_page_proves_only_bytes() -> None:
    page = Response(status=403, body=b"<h1>Access restricted</h1>")
    seen = over_http(posts(lambda _: page), pinned())
    assert (seen.failure, seen.proof) == (Failure.PROTOCOL_INVALID, Proof.BYTES)
    assert "HTTP status 403" in seen.detail


@pytest.mark.parametrize("code", [-404, -429])
def test_an_error_in_the_protocols_own_form_is_a_shape(code: int) -> None:
    page = Response(status=404, body=code.to_bytes(4, "little", signed=True))
    seen = over_http(posts(lambda _: page), pinned())
    assert (seen.failure, seen.stage, seen.proof) == (None, "answered", Proof.SHAPE)
    assert str(code) in seen.detail


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + bytes(4000),
    ],
)
def test_what_is_no_data_centre_is_a_failure_of_the_protocol(answer: bytes) -> None:
    async def handle(pair: Pair) -> None:
        await pair[0].readuntil(b"\r\n\r\n")
        pair[1].write(answer)
        await pair[0].read()

    seen = over_http(handle, pinned())
    assert seen.failure is Failure.PROTOCOL_INVALID and seen.proof <= Proof.BYTES


def test_a_server_that_closes_after_one_answer_stays_at_its_nonce() -> None:
    mine = exchange()

    async def handle(pair: Pair) -> None:
        request = await read_request(pair[0], lambda _: False)
        reply = mine.reply(request.body) if request is not None else None
        assert reply is not None
        head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(reply)}\r\n\r\n"
        pair[1].write(head.encode() + reply)

    seen = over_http(handle, pinned())
    assert (seen.failure, seen.stage) == (Failure.PROTOCOL_INVALID, "respq")
    assert seen.proof is Proof.NONCE


def test_silence_and_an_early_end_have_their_own_words() -> None:
    async def silent(pair: Pair) -> None:
        await pair[0].read()

    seen = over_http(silent, pinned(), seconds=0.3)
    assert (seen.failure, seen.stage) == (Failure.TIMED_OUT, "sent")

    async def gone(pair: Pair) -> None:
        await pair[0].readuntil(b"\r\n\r\n")
        pair[1].write(b"HTTP/1.1 200 OK\r\nContent-Length: 84\r\n\r\nabc")

    assert over_http(gone, pinned()).failure is Failure.EOF


# --- wss://…/apiws


def socket_of(mine: Exchange, asked: list[Request] | None = None) -> Speaker:
    async def handle(pair: Pair) -> None:
        request = await read_request(pair[0], lambda _: False)
        assert request is not None
        if asked is not None:
            asked.append(request)
        answer = websocket.accept(request, "binary")
        assert answer is not None and websocket.offered(request) == ["binary"]
        pair[1].write(answer)
        inside = websocket.Binary(*pair)
        await mtproto.serve(inside, inside, mine)

    return handle


ORIGIN = "https://web.telegram.org"


def in_socket(handler: Speaker, *keys: Key) -> StepContext:
    return talk(handler, *keys, tls=True, transport="websocket", dc="4", origin=ORIGIN)


def test_the_keys_holder_is_proved_inside_a_websocket() -> None:
    asked: list[Request] = []
    ctx = in_socket(socket_of(exchange(), asked), pinned())
    kinds = [type(o) for o in ctx.recorder.observations]
    assert kinds == [TcpObservation, TlsObservation, HttpObservation, ProtocolObservation]
    seen = only(ctx, ProtocolObservation)
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_dh_params", Proof.CRYPTO)
    assert only(ctx, HttpObservation).matched is True
    assert asked[0].headers["origin"] == ORIGIN and asked[0].target == "/apiws"


def test_a_refused_upgrade_by_an_authenticated_server_is_a_genuine_answer() -> None:
    async def refuse(pair: Pair) -> None:
        await pair[0].readuntil(b"\r\n\r\n")
        pair[1].write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")

    ctx = in_socket(refuse, pinned())
    assert not any(isinstance(o, ProtocolObservation) for o in ctx.recorder.observations)
    assert folded(ctx).genuine and folded(ctx).symptom is None


def test_an_impostor_behind_a_good_certificate_is_not_genuine() -> None:
    ctx = in_socket(socket_of(exchange("wrong_key")), pinned())
    assert folded(ctx).symptom == "protocol.impostor" and not folded(ctx).genuine
