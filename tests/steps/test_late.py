"""What came in time and was read too late is nobody's silence."""

import asyncio
import contextlib
import socket
import threading
import time
from dataclasses import replace

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import HttpObservation, TcpInfo, TcpObservation, TlsObservation
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import ESTABLISHED, Done, Recorder
from msgprobe.steps.http import HttpExchange
from tests.report.sample import INFO
from tests.steps import loopback
from tests.steps.authority import server_context
from tests.steps.loopback import HOST, context, only, run, serve
from tests.steps.test_tls import shake

PATIENCE = 0.3

TICK = 0.01
"""Seconds: the kernel counts since when it received nothing in its own ticks, of up to so many."""


def asked(handler: loopback.Handler) -> HttpObservation:
    """A request for whose answer we wait `PATIENCE` seconds."""

    async def main() -> HttpObservation:
        async with serve(handler) as port:
            ctx = context()
            opened = await connect(ctx, HOST, port)
            assert isinstance(opened, Done)
            async with closing(ctx, opened.value):
                talk = HttpExchange(ctx=ctx, stream=opened.value, host="page.test")
                await talk.get("/", timeout=PATIENCE)
            return only(ctx, HttpObservation)

    return run(main())


def stand_still() -> None:
    time.sleep(2 * PATIENCE)


def then_busy(answer: bytes) -> loopback.Handler:
    """Read the request and answer; then this process does something else for long, before anybody
    can read the answer."""

    async def handle(sock: socket.socket) -> None:
        await loopback.receive(sock)
        if answer:
            sock.send(answer)
        stand_still()
        await asyncio.sleep(60)

    return handle


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        (then_busy(OK), Failure.INTERRUPTED),
        (then_busy(b""), Failure.TIMED_OUT),
        (loopback.silence, Failure.TIMED_OUT),
    ],
    ids=["answered, and busy", "silent, and busy", "silent"],
)
def test_an_answer_that_lay_in_the_kernel_when_patience_ended_is_no_silence(
    handler: loopback.Handler, failure: Failure
) -> None:
    assert asked(handler).failure is failure


def test_how_long_an_answer_lay_unread_is_no_time_of_its_servers() -> None:
    """The server answers a ClientHello while this process does something else for long."""
    asked_for, busy = threading.Event(), threading.Event()

    def answer(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        peer.recv(1, socket.MSG_PEEK)
        asked_for.set()
        busy.wait(10)
        tls = server_context()
        tls.num_tickets = 0  # they would come later
        with tls.wrap_socket(peer, server_side=True) as secured, contextlib.suppress(OSError):
            secured.recv(1)

    async def be_late() -> None:
        await asyncio.to_thread(asked_for.wait, 10)
        busy.set()
        stand_still()

    async def main(port: int) -> TlsObservation:
        _, seen = await asyncio.gather(be_late(), shake(context(10.0), port))
        return seen

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        seen = run(main(listener.getsockname()[1]))
        thread.join(10)
    assert seen.failure is None and seen.info is not None
    assert PATIENCE / 2 < seen.info.last_received <= seen.window.seconds + TICK
    assert 2 * PATIENCE <= seen.window.seconds


@pytest.mark.parametrize(
    ("info", "failure"),
    [
        (replace(INFO, state=ESTABLISHED), Failure.INTERRUPTED),
        (replace(INFO, state=2), Failure.TIMED_OUT),
        (None, Failure.TIMED_OUT),
    ],
    ids=["the SYN was answered", "it was not", "nobody knows"],
)
def test_a_connection_that_stood_when_patience_ended_was_not_refused_by_silence(
    info: TcpInfo | None, failure: Failure
) -> None:
    ctx, recorder = context(), Recorder()
    recorder.record(
        TcpObservation(
            transaction=1,
            window=ctx.window(0.0),
            failure=Failure.TIMED_OUT,
            address="192.0.2.1",
            port=443,
            info=info,
        )
    )
    (seen,) = recorder.observations
    assert seen.failure is failure
