"""Conversations that a target file writes down, with real sockets, TLS and WebSockets."""

import asyncio
import contextlib
import ssl
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msgprobe.checks.dialogue import DialogueCheck
from msgprobe.evidence.conversation import Conversation, fold
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import (
    HttpObservation,
    Proof,
    ProtocolObservation,
    TlsObservation,
    Window,
)
from msgprobe.model.target import Trust
from msgprobe.model.task import Flow, Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.dialogue import Hear, Say, Secure, parse
from msgprobe.wire.error import WireError
from tests.lab.world import websocket
from tests.lab.world.http import read_request
from tests.model.tasks import task_of
from tests.steps.authority import NAME, authority, root, server_context
from tests.steps.loopback import HOST, Pair, Speaker, context, listening, only, run


def task(port: int, **options: str) -> Task:
    flow = Flow(
        address=HOST,
        port=port,
        host=NAME,
        server_name=None,
        trust=Trust.PINNED,
        roots_of="service",
        path="/socket?v=1",
        options=tuple({"protocol": "example", **options}.items()),
    )
    return task_of("dialogue", flow)


def talk(
    server: Speaker, tls: ssl.SSLContext | None = None, seconds: float = 5.0, **options: str
) -> StepContext:
    async def main() -> StepContext:
        async with listening(server, tls) as port:
            ctx = context(seconds, roots={"service": (root(),)})
            check, one = DialogueCheck(), task(port, **options)
            await check.run(ctx, one)
            last = ctx.recorder.observations[-1]
            if last.failure is not Failure.TOO_LARGE:  # a flood is cut, but the kernel has more
                sent, received = ctx.recorder.bytes_sent, ctx.recorder.bytes_received
                assert sent + received <= check.max_bytes(one)
            return ctx

    return run(main())


def folded(ctx: StepContext, **options: str) -> Conversation:
    measured = Measurement(
        task=task(1, **options),
        status=Status.COMPLETED,
        window=Window(start=0.0, end=1.0),
        observations=ctx.recorder.observations,
    )
    found = fold(measured)
    assert found is not None
    return found


def told(ctx: StepContext) -> tuple[Failure | None, str, Proof]:
    seen = only(ctx, ProtocolObservation)
    return seen.failure, seen.stage, seen.proof


def says(data: bytes, *, stay: bool = True) -> Speaker:
    """Send ``data`` at once, then take everything."""

    async def server(pair: Pair) -> None:
        pair[1].write(data)
        await pair[1].drain()
        while stay and await pair[0].read(4096):
            pass

    return server


# --- the script ----------------------------------------------------------------------------------


def test_a_script_is_read_line_by_line() -> None:
    lines = parse(
        r"""
        C: \x00GET\r\n
        S hello: * OK...ready...\r\n

        TLS
        C hex: 00 ff 7f
        S end hex: ...0102
        """
    )
    assert lines == (
        Say(b"\0GET\r\n"),
        Hear(stage="hello", parts=(b"* OK", b"ready", b"\r\n"), anchored=True),
        Secure(),
        Say(b"\0\xff\x7f"),
        Hear(stage="end", parts=(b"\x01\x02",), anchored=False),
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("hello", "write 'C: what"),
        ("S: hello", "write 'C: what"),
        ("S Two Words: x", "write 'C: what"),
        ("C:", "says nothing"),
        ("S hello: ...", "waits for nothing"),
        ("S hello:", "waits for nothing"),
        ("S hello: a......b", "waits for nothing"),
        ("C: \\q", "no escape"),
        ("C: \\x0g", "no escape"),
        ("C: half\\", "no escape"),
        ("C: caf\u00e9", "not plain ASCII"),
        ("C hex: 0g", "hexadecimal"),
        ("S wrong_key: x", "reserved"),
        ("C: " + "x" * 5000, "write 'C: what"),
    ],
)
def test_a_bad_line_is_named_with_its_number(line: str, why: str) -> None:
    with pytest.raises(ValueError, match="line 2") as caught:
        parse(f"C: fine\n{line}")
    assert why in str(caught.value)
    with pytest.raises(ValueError, match="at most"):
        parse("C: again\n" * 100)


@given(st.text(max_size=200))
def test_any_text_is_a_script_or_none(text: str) -> None:
    with contextlib.suppress(ValueError):
        for line in parse(text):
            assert isinstance(line, Say | Hear | Secure)


@given(st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=3), st.binary(max_size=9))
def test_hearing_ends_where_the_last_part_ends_however_it_is_cut(
    parts: list[bytes], between: bytes
) -> None:
    hear = Hear(stage="x", parts=tuple(parts), anchored=True)
    whole = parts[0] + b"".join(between + part for part in parts[1:])
    ends = [hear.end(whole[:n]) for n in range(len(whole) + 1)]
    found = [n for n in ends if n is not None]
    assert found and len(set(found)) == 1 and found[0] <= len(whole)
    assert ends.index(found[0]) == found[0]
    with pytest.raises(WireError):
        hear.end(bytes([parts[0][0] ^ 1]) + whole)


# --- in the open ---------------------------------------------------------------------------------


def test_who_answers_in_the_right_form_is_no_more_than_that() -> None:
    ctx = talk(says(b"* OK ready\r\nand more"), script="S greeting: * OK...\\r\\n")
    assert told(ctx) == (None, "greeting", Proof.SHAPE)
    seen = only(ctx, ProtocolObservation)
    assert (seen.protocol, seen.bytes_received, seen.bytes_sent) == ("example", 20, 0)
    assert folded(ctx).genuine and folded(ctx).proof is Proof.SHAPE


def test_placeholders_are_filled_and_the_uuid_is_fresh() -> None:
    heard: list[bytes] = []

    async def server(pair: Pair) -> None:
        heard.append(await pair[0].readline())
        pair[1].write(b"ok")

    for _ in range(2):
        script = "C: {host} {domain} {uuid}\\n\nS hello: ok"
        assert told(talk(server, script=script, domain="other.example"))[1] == "hello"
    first, second = (line.decode().split() for line in heard)
    assert first[:2] == second[:2] == [NAME, "other.example"]
    assert UUID(first[2]).version == UUID(second[2]).version == 4 and first[2] != second[2]


@pytest.mark.parametrize(
    ("server", "failure", "stage"),
    [
        (says(b"HTTP/1.1 403 Forbidden\r\n\r\n"), Failure.PROTOCOL_INVALID, "answered"),
        (says(b"* O", stay=False), Failure.EOF, "answered"),
        (says(b"", stay=False), Failure.EOF, "connected"),
        (says(b"", stay=True), Failure.TIMED_OUT, "connected"),
        (says(b"* OK" + b"." * 60_000), Failure.TOO_LARGE, "answered"),
    ],
)
def test_what_goes_wrong_has_a_word_and_the_stage_it_came_to(
    server: Speaker, failure: Failure, stage: str
) -> None:
    ctx = talk(server, seconds=0.5, script="S greeting: * OK...\\r\\n")
    assert told(ctx) == (
        failure,
        stage,
        Proof.BYTES if stage == "answered" else Proof.CONNECTED,
    )
    talked = folded(ctx)
    assert talked.symptom == "protocol.example" and not talked.genuine


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200))
def test_any_bytes_become_one_observation(junk: bytes) -> None:
    ctx = talk(says(junk, stay=False), script="S a: a...b\nC: c\nS d hex: ...ff")
    assert len(ctx.recorder.observations) == 2
    only(ctx, ProtocolObservation)


# --- inside TLS ----------------------------------------------------------------------------------


def alpn_context(*names: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(NAME).configure_cert(made)
    made.set_alpn_protocols(list(names))
    return made


def test_inside_tls_the_certificate_is_the_proof_and_alpn_is_offered() -> None:
    ctx = talk(
        says(b"* OK\r\n"),
        alpn_context("imap"),
        transport="tls",
        alpn="imap",
        script="S greeting: * OK",
    )
    assert told(ctx) == (None, "greeting", Proof.CRYPTO)
    seen = only(ctx, TlsObservation)
    assert (seen.alpn, seen.server_name, seen.verified) == ("imap", NAME, True)


def test_without_the_option_no_application_protocol_is_offered() -> None:
    ctx = talk(says(b"hi"), alpn_context("http/1.1"), transport="tls", script="S hello: hi")
    assert only(ctx, TlsObservation).alpn is None
    assert told(ctx)[2] is Proof.CRYPTO


def test_a_handshake_alone_is_a_conversation_too() -> None:
    ctx = talk(says(b""), server_context(), transport="tls")
    assert told(ctx) == (None, "tls", Proof.CRYPTO)
    assert folded(ctx).genuine


@pytest.mark.parametrize(("chosen", "proof"), [("push", Proof.SHAPE), ("http/1.1", Proof.BYTES)])
def test_an_unchecked_certificate_proves_nothing_and_the_chosen_protocol_its_form(
    chosen: str, proof: Proof
) -> None:
    ctx = talk(
        says(b""),
        alpn_context(chosen),
        transport="tls",
        alpn="push",
        certificate="unchecked",
        domain="elsewhere.example",
    )
    assert told(ctx) == (None, "tls", proof)
    assert not only(ctx, TlsObservation).verified
    assert folded(ctx).genuine is (proof is Proof.SHAPE)


def test_a_certificate_for_another_name_ends_it() -> None:
    ctx = talk(says(b"hi"), server_context(), transport="tls", domain="elsewhere.example")
    assert only(ctx, TlsObservation).failure is Failure.TLS_INVALID_HOSTNAME
    assert not any(isinstance(o, ProtocolObservation) for o in ctx.recorder.observations)


def test_who_showed_the_certificate_and_answers_otherwise_has_answered() -> None:
    ctx = talk(says(b"BUSY"), server_context(), transport="tls", script="S greeting: * OK")
    assert told(ctx) == (None, "unexpected", Proof.CRYPTO)
    assert "BUSY" in only(ctx, ProtocolObservation).detail
    assert folded(ctx).genuine


def test_silence_inside_tls_is_a_failure_all_the_same() -> None:
    ctx = talk(says(b""), server_context(), 0.7, transport="tls", script="S greeting: * OK")
    assert told(ctx) == (Failure.TIMED_OUT, "tls", Proof.CRYPTO)
    assert folded(ctx).symptom == "protocol.example" and not folded(ctx).genuine


# --- TLS on the way ------------------------------------------------------------------------------

STARTTLS = "C: open\\n\nS offer: offer...\\n\nC: start\\n\nS proceed: go...\\n\nTLS\nS inside: in"


def starting(context: ssl.SSLContext, injected: bytes = b"", hello: bytes = b"inside") -> Speaker:
    async def server(pair: Pair) -> None:
        reader, writer = pair
        await reader.readline()
        writer.write(b"offer starttls\n")
        await reader.readline()
        writer.write(b"go ahead\n" + injected)
        await writer.drain()
        loop = asyncio.get_running_loop()
        protocol = writer.transport.get_protocol()
        inner = await loop.start_tls(writer.transport, protocol, context, server_side=True)
        assert inner is not None
        inner.write(hello)
        await asyncio.sleep(0.2)
        inner.close()

    return server


def test_a_conversation_may_turn_to_tls() -> None:
    ctx = talk(starting(server_context()), script=STARTTLS)
    assert told(ctx) == (None, "inside", Proof.CRYPTO)
    assert only(ctx, TlsObservation).server_name == NAME
    assert folded(ctx).genuine and folded(ctx).proof is Proof.CRYPTO


def test_what_is_said_before_tls_is_not_heard_inside() -> None:
    """The command injection of RFC 3207: here the server's words arrive with its "go ahead"."""
    server = starting(server_context(), injected=b"inside", hello=b"other")
    assert told(talk(server, script=STARTTLS)) == (None, "unexpected", Proof.CRYPTO)


def test_a_wrong_certificate_on_the_way_is_a_fault_of_tls_and_the_stage_stays() -> None:
    ctx = talk(starting(server_context("other.test")), script=STARTTLS)
    assert only(ctx, TlsObservation).failure is Failure.TLS_INVALID_HOSTNAME
    failure, stage, proof = told(ctx)
    assert (failure is not None, stage, proof) == (True, "proceed", Proof.SHAPE)
    assert folded(ctx).symptom == "tls.certificate" and not folded(ctx).genuine


def test_a_server_without_tls_is_no_proof() -> None:
    async def server(pair: Pair) -> None:
        await pair[0].readline()
        pair[1].write(b"offer nothing\n")
        await pair[0].readline()
        pair[1].write(b"no\n")

    assert told(talk(server, script=STARTTLS)) == (
        Failure.PROTOCOL_INVALID,
        "offer",
        Proof.SHAPE,
    )


# --- in a WebSocket ------------------------------------------------------------------------------


def socket(then: Speaker) -> Speaker:
    async def server(pair: Pair) -> None:
        request = await read_request(pair[0], lambda _: False)
        assert request is not None and request.target == "/socket?v=1"
        assert request.headers["origin"] == "https://page.example"
        answer = websocket.accept(request)
        assert answer is not None
        pair[1].write(answer)
        await then(pair)
        await pair[1].drain()
        await pair[0].read()

    return server


def on_page(then: Speaker, script: str) -> StepContext:
    """The script inside a WebSocket of which ``then`` is the server."""
    origin = "https://page.example"
    return talk(socket(then), server_context(), transport="websocket", origin=origin, script=script)


def test_json_in_a_websocket_goes_as_text() -> None:
    opcodes: list[int] = []

    async def echo(pair: Pair) -> None:
        opcodes.append((await pair[0].readexactly(1))[0] & 15)
        size = (await pair[0].readexactly(1))[0] & 127
        mask = await pair[0].readexactly(4)
        data = await pair[0].readexactly(size)
        plain = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        pair[1].write(websocket.frame(plain.replace(b'"cmd":0', b'"cmd":1'), 1))

    ctx = on_page(echo, 'C: {"cmd":0,"seq":1}\nS welcome: ..."cmd":1')
    assert opcodes == [1]
    assert told(ctx) == (None, "welcome", Proof.CRYPTO)
    assert only(ctx, HttpObservation).status == 101
    assert folded(ctx).genuine


def test_a_websocket_that_the_server_closes_or_that_says_something_else_is_an_answer() -> None:
    async def closing(pair: Pair) -> None:
        pair[1].write(websocket.frame((1003).to_bytes(2, "big") + b"binary please", 8))

    async def other(pair: Pair) -> None:
        pair[1].write(websocket.frame(b"no json today", 1))

    for server, stage in ((closing, "closed"), (other, "unexpected")):
        ctx = on_page(server, 'S hello: {"op":10')
        assert told(ctx) == (None, stage, Proof.CRYPTO)
        assert folded(ctx).genuine


def test_a_refused_upgrade_is_an_authenticated_answer() -> None:
    async def server(pair: Pair) -> None:
        await read_request(pair[0], lambda _: False)
        pair[1].write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    ctx = talk(server, server_context(), transport="websocket", script="S hello: hi")
    assert only(ctx, HttpObservation).status == 403
    assert not any(isinstance(o, ProtocolObservation) for o in ctx.recorder.observations)
    assert folded(ctx).genuine and folded(ctx).refused_by_service
