"""Whole conversations by task, as the runner holds them: observations, bytes, bounds."""

import asyncio
import dataclasses
import socket

import pytest

from msgprobe.checks.registry import registry
from msgprobe.model.failure import Failure
from msgprobe.model.observation import (
    HttpObservation,
    LocalObservation,
    TcpObservation,
    TlsObservation,
)
from msgprobe.model.target import Trust
from msgprobe.model.task import Flow, Inspect, Lookup, Resolver, ResolverKind, Role, Task
from msgprobe.steps.context import StepContext
from tests.model.tasks import task_of
from tests.steps import loopback
from tests.steps.authority import NAME, root, server_context
from tests.steps.loopback import HOST, closed_port, context, deaf, only, run, serve, serve_tls

CHECKS = registry()
TLS = ("tls", "https", "mqtt", "signal", "http2")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsuccess\n"
FLOW = Flow(
    address=HOST, port=0, host=NAME, server_name=NAME, trust=Trust.PINNED, roots_of="service"
)


async def hold(one: Task, seconds: float = 5.0) -> StepContext:
    ctx = context(seconds, roots={"service": (root(),)})
    await CHECKS[one.check].run(ctx, one)
    sent, received = ctx.recorder.bytes_sent, ctx.recorder.bytes_received
    assert sent + received <= CHECKS[one.check].max_bytes(one)
    assert len({o.transaction for o in ctx.recorder.observations}) == 1
    return ctx


def kinds(ctx: StepContext) -> list[type]:
    return [type(o) for o in ctx.recorder.observations]


def test_https_records_each_layer_once_in_order() -> None:
    async def main() -> None:
        async with serve_tls(server_context(), OK) as port:
            flow = dataclasses.replace(FLOW, port=port, expect_status=(200,), expect_text="succ")
            ctx = await hold(task_of("https", flow))
            assert kinds(ctx) == [TcpObservation, TlsObservation, HttpObservation]
            assert only(ctx, HttpObservation).matched is True

    run(main())


def test_https_asks_for_a_header_and_posts_a_body() -> None:
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        heard.append(await reader.readexactly(7))
        writer.write(OK.replace(b"OK\r\n", b"OK\r\nX-Mark: yes\r\n"))
        await writer.drain()
        await reader.read()
        writer.close()

    options = {"method": "POST", "body": '{"a":1}', "content_type": "application/json"}

    async def main() -> None:
        for wanted, matched in (("x-mark", True), ("x-other", False)):
            server = await asyncio.start_server(handle, HOST, 0, ssl=server_context())
            async with server:
                port = server.sockets[0].getsockname()[1]
                given = tuple({**options, "header": wanted}.items())
                flow = dataclasses.replace(FLOW, port=port, options=given)
                ctx = await hold(task_of("https", flow))
            seen = only(ctx, HttpObservation)
            assert (seen.matched, seen.authenticated, seen.failure) == (matched, True, None)

    run(main())
    assert heard[0].startswith(b"POST / HTTP/1.1\r\n") and heard[1] == b'{"a":1}'
    assert b"\r\nContent-Type: application/json\r\n" in heard[0]


def test_tls_stops_after_the_handshake() -> None:
    async def main() -> None:
        async with serve_tls(server_context()) as port:
            ctx = await hold(task_of("tls", dataclasses.replace(FLOW, port=port)))
            assert kinds(ctx) == [TcpObservation, TlsObservation]
            assert only(ctx, TlsObservation).root_pinned

    run(main())


@pytest.mark.parametrize(
    "check",
    ["connect", "tls", "https", "page", "mtproto", "noise", "mqtt", "signal", "http2"],
)
def test_a_refused_connect_is_the_only_observation(check: str) -> None:
    async def main() -> None:
        with closed_port() as port:
            ctx = await hold(task_of(check, dataclasses.replace(FLOW, port=port)))
        assert kinds(ctx) == [TcpObservation]
        assert only(ctx, TcpObservation).failure is Failure.CONNECTION_REFUSED

    run(main())


@pytest.mark.parametrize(("patience", "waited"), [("3", 1.0), ("9", 4.0)])
def test_who_lets_nobody_in_costs_no_time_that_was_meant_for_moving(
    patience: str, waited: float
) -> None:
    """Of four seconds in all; what is needed for moving, if there is more, or all of them."""

    async def main() -> None:
        async with deaf() as port:
            options = (("bytes", "1000"), ("patience", patience))
            flow = dataclasses.replace(FLOW, port=port, path="/o", options=options)
            ctx = await hold(task_of("transfer", flow), 4.0)
        seen = only(ctx, TcpObservation)
        assert seen.failure is Failure.TIMED_OUT
        assert round(seen.window.seconds) == waited

    run(main())


def test_a_certificate_that_does_not_hold_ends_the_conversation() -> None:
    async def main() -> None:
        async with serve_tls(server_context("other.test"), OK) as port:
            ctx = await hold(task_of("https", dataclasses.replace(FLOW, port=port)))
            assert kinds(ctx) == [TcpObservation, TlsObservation]
            assert only(ctx, TlsObservation).failure is Failure.TLS_INVALID_HOSTNAME

    run(main())


@pytest.mark.parametrize(
    ("role", "text", "option", "matched"),
    [
        (Role.CONTROL, "success", (), True),
        (Role.CONTROL, "succ", (), False),
        (Role.TARGET, "succ", (), True),
        (Role.CONTROL, "succ", (("match", "part"),), True),
        (Role.TARGET, "succ", (("match", "exact"),), False),
    ],
)
def test_a_controls_page_must_be_exactly_what_is_known(
    role: Role, text: str, option: tuple[tuple[str, str], ...], matched: bool
) -> None:
    async def main() -> None:
        async with serve(loopback.replies(OK)) as port:
            flow = dataclasses.replace(FLOW, port=port, expect_text=text, options=option)
            ctx = await hold(task_of("page", flow, role=role))
            assert only(ctx, HttpObservation).matched is matched

    run(main())


@pytest.mark.parametrize(
    "check", ["tls", "https", "page", "mtproto", "noise", "mqtt", "signal", "http2"]
)
@pytest.mark.parametrize("server", [loopback.reset, loopback.fin, loopback.silence])
def test_a_dying_server_gives_one_observation_per_layer_reached(
    check: str, server: loopback.Handler
) -> None:
    async def main() -> None:
        async with serve(server) as port:
            ctx = await hold(task_of(check, dataclasses.replace(FLOW, port=port)), seconds=0.3)
            assert len(ctx.recorder.observations) == 2
            assert [o.failure is None for o in ctx.recorder.observations] == [True, False]

    run(main())


@pytest.mark.parametrize(
    "check", ["tls", "https", "page", "mtproto", "noise", "mqtt", "signal", "http2"]
)
def test_endless_junk_ends_in_a_failure_word(check: str) -> None:
    async def main() -> None:
        lead = bytes.fromhex("160303400002010000") if check in TLS else b""
        async with serve(loopback.junk(bytes(8192), lead)) as port:
            ctx = context(2.0)
            one = task_of(check, dataclasses.replace(FLOW, port=port))
            await CHECKS[check].run(ctx, one)
            assert ctx.recorder.observations[-1].failure is not None

    run(main())


def test_cancelling_keeps_what_was_seen_and_closes_the_socket() -> None:
    ended: list[bytes | type] = []

    async def server(sock: socket.socket) -> None:
        await loopback.receive(sock)
        try:
            ended.append(await loopback.receive(sock))
        except OSError as exc:
            ended.append(type(exc))

    async def main() -> None:
        async with serve(server) as port:
            ctx = context()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.15):
                    await CHECKS["https"].run(
                        ctx, task_of("https", dataclasses.replace(FLOW, port=port))
                    )
            assert kinds(ctx) == [TcpObservation, TlsObservation]
            assert only(ctx, TlsObservation).failure is Failure.INTERRUPTED
            await asyncio.sleep(0.05)

    run(main())
    assert ended == [ConnectionResetError]


def test_local_sends_nothing() -> None:
    ctx = run(hold(task_of("local", Inspect())))
    assert kinds(ctx) == [LocalObservation]
    assert (ctx.recorder.bytes_sent, ctx.recorder.bytes_received) == (0, 0)


def test_a_task_of_the_wrong_kind_is_a_bug_that_names_it() -> None:
    with pytest.raises(ValueError, match="task t: check 'tls' needs a flow"):
        run(hold(task_of("tls", Inspect())))
    with pytest.raises(ValueError, match="needs a lookup"):
        run(hold(task_of("resolve", FLOW)))


@pytest.mark.parametrize("kind", list(ResolverKind))
def test_every_kind_of_lookup_has_a_bound(kind: ResolverKind) -> None:
    resolver = Resolver(kind=kind, name="r", address=HOST, host=NAME)
    bound = CHECKS["resolve"].max_bytes(task_of("resolve", Lookup(name=NAME, resolver=resolver)))
    assert 0 < bound < 1_000_000


def test_bytes_are_counted_while_the_conversation_goes_on() -> None:
    async def main() -> None:
        async with serve(loopback.silence) as port, asyncio.TaskGroup() as group:
            ctx = context(0.4)
            group.create_task(
                CHECKS["noise"].run(ctx, task_of("noise", dataclasses.replace(FLOW, port=port)))
            )
            await asyncio.sleep(0.2)
            # SYN, ACK of the SYN-ACK, and the hello, each with its headers.
            assert ctx.recorder.bytes_sent >= 60 + 52 + 52 + 43

    run(main())


@pytest.mark.parametrize("option", [("root_key", "12"), ("root_key", "x" * 64), ("prologue", "W")])
def test_an_unreadable_key_is_named(option: tuple[str, str]) -> None:
    flow = dataclasses.replace(FLOW, options=(option,))
    with pytest.raises(ValueError, match=f"option {option[0]} .*hexadecimal"):
        run(hold(task_of("noise", flow)))
