"""One question many times on one connection, over real sockets."""

import asyncio
import struct
from collections.abc import Callable

import pytest

from msgprobe.checks.volley import VolleyCheck
from msgprobe.model.failure import Failure
from msgprobe.model.observation import TcpObservation, TransferObservation
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.steps.context import StepContext
from tests.lab.world import mtproto
from tests.lab.world.datacentre import DataCentre, Exchange
from tests.model.tasks import task_of
from tests.steps import loopback
from tests.steps.loopback import HOST, context, only, run, serve
from tests.steps.test_mtproto import NOW, private

CHECK = VolleyCheck()


def task(port: int, **options: str) -> Task:
    flow = Flow(address=HOST, port=port, options=tuple(options.items()))
    return task_of("volley", flow, subject="telegram", arm=Arm.TRANSFER)


async def hold(one: Task, seconds: float = 5.0) -> TransferObservation:
    ctx: StepContext = context(seconds)
    await CHECK.run(ctx, one)
    assert [type(o) for o in ctx.recorder.observations] == [TcpObservation, TransferObservation]
    assert ctx.recorder.bytes_sent + ctx.recorder.bytes_received <= CHECK.max_bytes(one)
    return only(ctx, TransferObservation)


def with_centre(
    change: Callable[[int, bytes], bytes | None] = lambda number, answer: answer,
    seconds: float = 5.0,
    **options: str,
) -> TransferObservation:
    """What the check sees of a data centre; ``change`` turns its answers into others, None into
    silence, and nothing into the end."""

    class Changed(Exchange):
        count = 0

        def reply(self, message: bytes) -> bytes | None:
            self.count += 1
            answer = super().reply(message)
            assert answer is not None
            return change(self.count, answer)

    async def main() -> TransferObservation:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            exchange = Changed(DataCentre(private(0), private(1)), NOW)
            transport = await mtproto.opened(reader, writer)
            try:
                while True:
                    answer = exchange.reply(await transport.receive())
                    if answer == b"":
                        break
                    if answer is not None:
                        await transport.send(answer)
            except (OSError, EOFError):
                pass
            writer.close()

        server = await asyncio.start_server(handle, HOST, 0)
        async with server:
            port = int(server.sockets[0].getsockname()[1])
            return await hold(task(port, **options), seconds)

    return run(main())


def test_all_answers_come_and_are_counted() -> None:
    seen = with_centre()
    assert (seen.failure, seen.answers, seen.capped) == (None, 240, False)
    assert (seen.moved, seen.wanted) == (240 * 88, 240 * 88)
    assert seen.status is None and seen.stalls == () and seen.server_name is None
    assert seen.curve[-1][1] == seen.moved and [size for size, _ in seen.milestones] == [8192]
    assert seen.info is None or seen.info.bytes_sent == 64 + 240 * 44


def test_enough_is_the_servers_limit_and_no_failure() -> None:
    flood = struct.pack("<i", -429)
    seen = with_centre(lambda number, answer: flood if number > 100 else answer)
    assert (seen.failure, seen.answers, seen.capped) == (None, 100, False)


def test_a_server_that_falls_silent_is_acknowledging_still() -> None:
    seen = with_centre(lambda number, answer: None if number > 150 else answer, patience="1.5")
    assert (seen.failure, seen.answers, seen.capped) == (None, 150, True)
    moved, length = seen.stalls[-1]
    assert moved == seen.moved == 150 * 88 and length > 1.0
    assert seen.info is None or seen.info.unacked == 0
    assert seen.info is None or seen.info.bytes_sent == 64 + 241 * 44, "one more was asked"


def test_silence_from_the_start_is_a_failure() -> None:
    seen = with_centre(lambda number, answer: None, patience="0.4")
    assert (seen.failure, seen.answers, seen.moved) == (Failure.TIMED_OUT, 0, 0)


def test_an_end_in_between_and_foreign_answers() -> None:
    gone = with_centre(lambda number, answer: b"" if number > 50 else answer)
    assert (gone.failure, gone.answers) == (Failure.EOF, 50)
    other = with_centre(
        lambda number, answer: answer if number < 9 else answer[:24] + bytes(16) + answer[40:]
    )
    assert (other.failure, other.answers) == (Failure.PROTOCOL_INVALID, 8)


@pytest.mark.parametrize(
    ("server", "failure"),
    [
        (loopback.reset, Failure.CONNECTION_RESET),
        (loopback.fin, Failure.EOF),
        (loopback.replies(b"HTTP/1.1 403 Forbidden\r\n\r\n" + bytes(100)), None),
    ],
)
def test_what_is_no_data_centre(server: loopback.Handler, failure: Failure | None) -> None:
    async def main() -> TransferObservation:
        async with serve(server) as port:
            return await hold(task(port), 2.0)

    seen = run(main())
    assert seen.failure is (failure or Failure.PROTOCOL_INVALID) and seen.answers == 0


@pytest.mark.parametrize("options", [{"count": "400"}, {"count": "0"}, {"count": "x"}])
def test_more_than_is_polite_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="option count"):
        run(CHECK.run(context(), task(1, **options)))
