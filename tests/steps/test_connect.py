"""TCP: every way in which one connect can end, on real sockets."""

import asyncio
import socket

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import TcpObservation
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done, Failed, StepContext
from tests.steps import loopback
from tests.steps.loopback import HOST, closed_port, context, deaf, only, run, serve


async def touch(ctx: StepContext, address: str, port: int, source_port: int = 0) -> Done | Failed:  # type: ignore[type-arg]
    outcome = await connect(ctx, address, port, source_port=source_port)
    if isinstance(outcome, Done):
        async with closing(ctx, outcome.value):
            pass
    return outcome


def test_an_accepted_connection_says_who_and_what_the_kernel_knew() -> None:
    async def main() -> None:
        async with serve(loopback.silence) as port:
            ctx = context()
            assert isinstance(await touch(ctx, HOST, port), Done)
            seen = only(ctx, TcpObservation)
            assert (seen.failure, seen.errno, seen.address, seen.port) == (None, None, HOST, port)
            assert seen.transaction == 7
            assert seen.source_port > 0
            assert seen.info is not None and seen.info.state == 1

    run(main())


def test_refused_keeps_its_errno_and_costs_one_syn_and_one_reset() -> None:
    async def main() -> None:
        ctx = context()
        with closed_port() as port:
            outcome = await touch(ctx, HOST, port)
        assert isinstance(outcome, Failed) and outcome.failure is Failure.CONNECTION_REFUSED
        assert only(ctx, TcpObservation).errno == "ECONNREFUSED"
        assert (ctx.recorder.bytes_sent, ctx.recorder.bytes_received) == (60, 40)

    run(main())


def test_silence_ends_as_soon_as_nobody_waits_for_it() -> None:
    async def main() -> None:
        async with deaf() as port:
            ctx = context(30.0)
            asyncio.get_running_loop().call_later(0.2, ctx.patience.end)
            outcome = await touch(ctx, HOST, port)
            assert isinstance(outcome, Failed) and outcome.failure is Failure.TIMED_OUT
            assert 0.15 < only(ctx, TcpObservation).window.seconds < 10.0
            assert ctx.recorder.bytes_sent >= 60

    run(main())


def test_silence_ends_at_our_own_deadline() -> None:
    async def main() -> None:
        async with deaf() as port:
            ctx = context(0.3)
            outcome = await touch(ctx, HOST, port)
            assert isinstance(outcome, Failed) and outcome.failure is Failure.TIMED_OUT
            seen = only(ctx, TcpObservation)
            assert 0.25 < seen.window.seconds < 0.6
            assert seen.info is not None and seen.info.state == 2  # SYN_SENT
            assert ctx.recorder.bytes_sent == 60 * seen.info.segs_out

    run(main())


def test_ipv6_works_where_the_kernel_has_it() -> None:
    async def main() -> None:
        try:
            async with serve(loopback.silence, "::1") as port:
                ctx = context()
                assert isinstance(await touch(ctx, "::1", port), Done)
                assert ctx.recorder.bytes_sent == 80 + 3 * 72
        except* OSError:
            pytest.skip("no IPv6 here")

    run(main())


def test_the_source_port_can_be_kept_and_used_again() -> None:
    async def main() -> None:
        async with serve(loopback.silence) as port:
            first = context()
            await touch(first, HOST, port)
            chosen = only(first, TcpObservation).source_port
            with socket.create_server((HOST, 0)) as other:
                again = context()
                await touch(again, HOST, other.getsockname()[1], source_port=chosen)
                assert only(again, TcpObservation).failure is None
                assert only(again, TcpObservation).source_port == chosen

    run(main())


def test_a_clamped_segment_size_reaches_the_kernel() -> None:
    async def main() -> None:
        async with serve(loopback.silence) as port:
            ctx = context()
            outcome = await connect(ctx, HOST, port, mss=536)
            assert isinstance(outcome, Done)
            async with closing(ctx, outcome.value):
                info = only(ctx, TcpObservation).info
                assert info is not None and info.mss <= 536

    run(main())


def test_a_cancelled_connect_is_one_interrupted_observation() -> None:
    async def main() -> None:
        async with deaf() as port:
            ctx = context()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await touch(ctx, HOST, port)
            assert only(ctx, TcpObservation).failure is Failure.INTERRUPTED

    run(main())


def test_a_local_fault_is_a_failure_word_too() -> None:
    async def main() -> None:
        ctx = context()
        outcome = await touch(ctx, "255.255.255.255", 9)
        assert isinstance(outcome, Failed)
        assert only(ctx, TcpObservation).errno in ("EACCES", "ENETUNREACH", "EPERM")

    run(main())


def test_a_polite_goodbye_is_no_reset_at_the_other_end() -> None:
    ends: list[bytes] = []

    async def handler(sock: socket.socket) -> None:
        await loopback.send(sock, b"unread")
        ends.append(await loopback.receive(sock))

    async def main() -> None:
        async with serve(handler) as port:
            await touch(context(), HOST, port)
            await asyncio.sleep(0.05)

    run(main())
    assert ends == [b""]
