"""What is spoken inside TLS beside HTTP/1.1: MQTT, Signal's socket, HTTP/2; over real sockets."""

import asyncio
import dataclasses
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from msgprobe.checks.registry import registry
from msgprobe.model.failure import Failure
from msgprobe.model.observation import (
    HttpObservation,
    Proof,
    ProtocolObservation,
    TlsObservation,
)
from msgprobe.steps.context import StepContext
from tests.lab.world import http2, mqtt, signal, websocket
from tests.lab.world.http import Request, Response, read_request
from tests.lab.world.talk import abort_writer
from tests.model.tasks import task_of
from tests.steps.asked import tls_flow
from tests.steps.authority import NAME, root, server_context
from tests.steps.loopback import Pair, Speaker, context, listening, only, run
from tests.steps.test_mtproto_ways import folded

CHECKS = registry()
SHAPES = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def talk(check: str, handler: Speaker, seconds: float = 5.0, **options: str) -> StepContext:
    """What ``check`` records of a TLS server that goes on with ``handler``."""

    async def main() -> StepContext:
        secure = server_context()
        secure.set_alpn_protocols(["h2", "http/1.1"])
        async with listening(handler, secure) as port:
            flow = tls_flow(port, "/where", **options)
            one = task_of(check, flow)
            ctx = context(seconds, roots={"service": (root(),)})
            await CHECKS[check].run(ctx, one)
            sent, received = ctx.recorder.bytes_sent, ctx.recorder.bytes_received
            assert sent + received <= CHECKS[check].max_bytes(one)
            return ctx

    return run(main())


def told(ctx: StepContext) -> tuple[Failure | None, str, Proof]:
    seen = only(ctx, ProtocolObservation)
    return seen.failure, seen.stage, seen.proof


def says(data: bytes, *, stay: bool = True) -> Speaker:
    """Read the first words, answer with ``data``."""

    async def handle(pair: Pair) -> None:
        await pair[0].read(4096)
        pair[1].write(data)
        if stay:
            await pair[1].drain()
            await pair[0].read()

    return handle


async def reset(pair: Pair) -> None:
    await pair[0].read(4096)
    abort_writer(pair[1])


async def silent(pair: Pair) -> None:
    await pair[0].read()


# --- MQTT


def test_a_brokers_refusal_is_its_answer() -> None:
    ctx = talk("mqtt", lambda pair: mqtt.serve(*pair))
    assert told(ctx) == (None, "connack", Proof.SHAPE)
    assert only(ctx, ProtocolObservation).detail == "return code 5"
    assert folded(ctx).genuine and folded(ctx).proof is Proof.CRYPTO


@pytest.mark.parametrize(
    ("handler", "stage"),
    [
        (says(b"", stay=False), "closed"),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "unexpected"),
        (says(b"\x20"), "silent"),
        (silent, "silent"),
    ],
)
def test_whatever_a_broker_makes_of_a_stranger_accuses_nobody(handler: Speaker, stage: str) -> None:
    ctx = talk("mqtt", handler)
    assert told(ctx)[:2] == (None, stage)
    assert folded(ctx).genuine and folded(ctx).symptom is None


def test_a_reset_after_connect_is_no_answer() -> None:
    ctx = talk("mqtt", reset)
    assert told(ctx)[0] is Failure.CONNECTION_RESET
    assert not folded(ctx).genuine and folded(ctx).symptom == "protocol.mqtt"


@SHAPES
@given(st.binary(max_size=200))
@example(b"\x20\xff\xff\xff\xff")
def test_any_bytes_after_connect_are_an_answer(junk: bytes) -> None:
    assert told(talk("mqtt", says(junk, stay=False)))[0] is None


# --- Signal's socket


def signals(then: Callable[[Pair], Awaitable[None]], asked: list[Request] | None = None) -> Speaker:
    async def handle(pair: Pair) -> None:
        request = await read_request(pair[0], lambda _: False)
        assert request is not None
        if asked is not None:
            asked.append(request)
        pair[1].write(websocket.accept(request) or b"")
        await then(pair)

    return handle


def test_the_server_speaks_first_and_gets_an_answer() -> None:
    asked: list[Request] = []
    answers: list[bytes] = []

    async def serve(pair: Pair) -> None:
        pair[1].write(websocket.frame(signal.address(1, number=9)))
        answers.append(await websocket.message(*pair))

    ctx = talk("signal", signals(serve, asked))
    assert told(ctx) == (None, "provisioning_address", Proof.SHAPE)
    assert only(ctx, HttpObservation).matched is True
    assert answers == [bytes.fromhex("08021a09" + "0809" + "10c801" + "1a024f4b")]
    assert (asked[0].target, asked[0].headers.get("origin")) == ("/where", None)
    assert "sec-fetch-mode" not in asked[0].headers
    # The address is the device's for a while: it is not kept.
    assert only(ctx, ProtocolObservation).detail == "an address of 24 bytes"


def test_the_message_may_come_in_pieces_and_another_behind_it() -> None:
    whole = signal.address(1)

    async def serve(pair: Pair) -> None:
        first = b"\x02\x05" + whole[:5]
        rest = websocket.frame(whole[5:], 0) + websocket.frame(b"more", 2)
        for at in range(0, len(first + rest), 7):
            pair[1].write((first + rest)[at : at + 7])
            await pair[1].drain()
            await asyncio.sleep(0.001)
        await pair[0].read()

    assert told(talk("signal", signals(serve)))[:2] == (None, "provisioning_address")


@pytest.mark.parametrize(
    ("frames", "failure", "stage"),
    [
        (websocket.frame((4409).to_bytes(2, "big"), 8), None, "closed"),
        (websocket.frame(b"\x08\x02\x1a\x00"), Failure.PROTOCOL_INVALID, "answered"),
        (b"\x02\x7e\x10\x00" + bytes(4096) + websocket.frame(bytes(9), 0), Failure.TOO_LARGE, None),
        (b"\x83\x00", Failure.PROTOCOL_INVALID, None),
    ],
)
def test_other_first_words(frames: bytes, failure: Failure | None, stage: str | None) -> None:
    async def serve(pair: Pair) -> None:
        pair[1].write(frames)
        await pair[0].read()

    seen = told(talk("signal", signals(serve)))
    assert seen[0] is failure and stage in (None, seen[1])


def test_a_refused_socket_is_an_authenticated_answer() -> None:
    ctx = talk("signal", says(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
    assert only(ctx, HttpObservation).status == 403
    assert folded(ctx).genuine and folded(ctx).symptom is None


def test_a_socket_that_stays_silent_is_a_failure() -> None:
    ctx = talk("signal", signals(silent), seconds=0.5)
    assert told(ctx)[:2] == (Failure.TIMED_OUT, "connected")
    first = only(talk("signal", signals(reset_now)), ProtocolObservation)
    assert first.failure is Failure.CONNECTION_RESET


async def reset_now(pair: Pair) -> None:
    await pair[1].drain()
    abort_writer(pair[1])


# --- HTTP/2

STAMP = Response(
    status=404, body=b"{}", headers=(("X-Signal-Timestamp", "1"), ("X-Odd", "\x1b[2J"))
)


def answering(response: Response | None, asked: list[Request] | None = None) -> Speaker:
    def answer(request: Request) -> Response | None:
        if asked is not None:
            asked.append(request)
        return response

    return lambda pair: http2.serve(*pair, answer)


def test_an_answer_over_http2_with_its_header() -> None:
    asked: list[Request] = []
    plain = dataclasses.replace(STAMP, headers=STAMP.headers[:1])
    ctx = talk("http2", answering(plain, asked), header="X-Signal-Timestamp")
    assert told(ctx) == (None, "response", Proof.SHAPE)
    assert only(ctx, TlsObservation).alpn == "h2"
    seen = only(ctx, HttpObservation)
    assert (seen.status, seen.matched, seen.authenticated) == (404, True, True)
    assert dict(seen.headers)["x-signal-timestamp"] == "1"
    assert (asked[0].method, asked[0].target, asked[0].host) == ("GET", "/where", NAME)
    assert folded(ctx).genuine


def test_the_header_that_a_proxy_does_not_know() -> None:
    ctx = talk("http2", answering(Response(status=403)), header="X-Signal-Timestamp")
    assert only(ctx, HttpObservation).matched is False
    assert only(talk("http2", answering(Response())), HttpObservation).matched is None


SETTINGS = bytes.fromhex("000000040000000000")


@pytest.mark.parametrize(
    ("handler", "detail"),
    [
        (answering(None), "refuses"),
        (says(SETTINGS, stay=False), "closes"),
        (says(SETTINGS), "does not answer"),
        (says(SETTINGS + bytes.fromhex("000008070000000000" + "00000000" + "0000000d")), "refuses"),
    ],
)
def test_settings_alone_show_the_server_and_accuse_nobody(handler: Speaker, detail: str) -> None:
    ctx = talk("http2", handler)
    assert told(ctx) == (None, "settings", Proof.SHAPE)
    assert detail in only(ctx, ProtocolObservation).detail
    assert not any(isinstance(o, HttpObservation) for o in ctx.recorder.observations)
    assert folded(ctx).genuine


@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        (reset, Failure.CONNECTION_RESET),
        (says(b"", stay=False), Failure.EOF),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Failure.PROTOCOL_INVALID),
        (says(bytes.fromhex("000008070000000000" + "00000000" + "0000000d")), None),
    ],
)
def test_no_settings_are_no_answer(handler: Speaker, failure: Failure | None) -> None:
    seen = told(talk("http2", handler))
    assert seen[0] is (failure or Failure.PROTOCOL_INVALID)


def test_silence_over_http2_times_out() -> None:
    assert told(talk("http2", silent, seconds=0.5))[:2] == (Failure.TIMED_OUT, "sent")


def test_a_server_without_http2_has_shown_its_certificate() -> None:
    async def main() -> StepContext:
        async def hear_nothing(pair: Pair) -> None:
            assert await pair[0].read() == b""

        secure = server_context()
        secure.set_alpn_protocols(["http/1.1"])
        async with listening(hear_nothing, secure) as port:
            flow = tls_flow(port)
            one = task_of("http2", flow)
            ctx = context(5.0, roots={"service": (root(),)})
            await CHECKS["http2"].run(ctx, one)
            return ctx

    ctx = run(main())
    assert not any(isinstance(o, ProtocolObservation) for o in ctx.recorder.observations)
    assert folded(ctx).genuine


@SHAPES
@given(st.binary(max_size=300), st.booleans())
@example(b"\x00\x00\x05\x01\x04\x00\x00\x00\x01\x88\xff\xff\xff\xff", True)
def test_any_bytes_over_http2_become_one_observation(junk: bytes, settings_first: bool) -> None:
    ctx = talk("http2", says((SETTINGS if settings_first else b"") + junk, stay=False))
    only(ctx, ProtocolObservation)


def test_the_options_name_of_alpn_is_offered() -> None:
    async def agreed(pair: Pair) -> None:
        found.append(
            cast(ssl.SSLObject, pair[1].get_extra_info("ssl_object")).selected_alpn_protocol()
        )

    found: list[str | None] = []
    talk("tls", agreed)
    talk("tls", agreed, alpn="imap,h2")
    assert found == ["http/1.1", "h2"]
