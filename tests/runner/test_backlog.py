"""How far apart conversations begin on a thin line, by what it has carried and what was late."""

import asyncio
from dataclasses import dataclass, field, replace
from itertools import pairwise

from msgprobe.model.failure import Failure
from msgprobe.model.observation import TcpObservation, TlsObservation, Window
from msgprobe.model.task import Arm, Flow, Lookup, Resolver, ResolverKind, Task
from msgprobe.runner.backlog import CONVERSATION, FIRST, LONGEST, LONGEST_FILLED, Backlog
from msgprobe.runner.engine import Runner
from msgprobe.runner.limits import Limits
from msgprobe.steps.context import Recorder, StepContext
from msgprobe.steps.world import system_world
from tests.model.tasks import control_of
from tests.runner.test_engine import Scripted

EDGE = 0.7
"""Seconds of a round trip."""


@dataclass
class One:
    task: Task
    started: float | None
    recorder: Recorder = field(default_factory=Recorder)


def conversation(n: int, check: str = "https", arm: Arm = Arm.BASE) -> Task:
    return control_of(check, Flow(address="192.0.2.1", port=443), "x", f"t{n}", arm)


def tcp(seconds: float, failure: Failure | None = None) -> TcpObservation:
    window = Window(start=0.0, end=seconds)
    return TcpObservation(
        transaction=1, window=window, failure=failure, address="192.0.2.1", port=443
    )


def tls(seconds: float) -> TlsObservation:
    window = Window(start=0.0, end=seconds)
    return TlsObservation(transaction=1, window=window, failure=None, address="192.0.2.1", port=443)


def one(n: int, opened: float, secured: float | None = None, at: float = 0.0) -> One:
    found = One(conversation(n), at)
    found.recorder.record(tcp(opened))
    if secured is not None:
        found.recorder.record(tls(secured))
    return found


def carried(*rates: float) -> Backlog:
    """One that has seen so many bytes a second, a second each."""
    backlog, octets = Backlog(round_trip=EDGE), 0.0
    backlog.count(0.0, 0)
    for second, rate in enumerate(rates):
        for tenth in range(1, 11):
            octets += rate / 10
            backlog.count(second + tenth / 10, int(octets))
    return backlog


def test_nobody_waits_on_a_line_that_is_not_thin() -> None:
    backlog = replace(carried(1_000), round_trip=0.0)
    assert not backlog.holds([One(conversation(1), 1.0)], 1.0)
    assert not backlog.holds([], 1.0, beside=3)


def test_the_best_second_says_how_far_apart_starts_are() -> None:
    backlog = carried(20_000, 100_000, 5_000)
    apart = CONVERSATION / (FIRST * 100_000)
    begun = [One(conversation(1), 3.0)]
    assert backlog.holds(begun, 3.0 + 0.9 * apart)
    assert not backlog.holds(begun, 3.0 + 1.1 * apart)
    assert backlog.holds(begun, 9.0, beside=1), "one at a time"


def test_a_few_packets_wait_for_little_and_pages_for_much() -> None:
    backlog = carried(100_000)
    apart = backlog.spacing
    ping = One(conversation(1, "ping"), 1.0)
    page = One(conversation(2, arm=Arm.TRANSFER_PAGE), 1.0)
    asked = Lookup(name="a.example", resolver=Resolver(kind=ResolverKind.UDP, name="x"))
    question = One(control_of("resolve", asked, "x", "q", Arm.BASE), 1.0)
    for light in (ping, question):
        assert not backlog.holds([light], 1.0 + 0.5 * apart)
    assert backlog.holds([page], 1.0 + 3.0 * apart)
    assert not backlog.holds([page], 1.0 + 6.0 * apart)


def test_transfers_hold_nobody_for_they_fill_every_line() -> None:
    moving = One(conversation(1, "transfer"), 1.0)
    assert not carried(10_000).holds([moving], 1.0)


def test_who_has_heard_little_of_a_line_waits_no_longer_for_it() -> None:
    backlog = carried(10.0)
    assert backlog.spacing == LONGEST
    assert Backlog(round_trip=EDGE).spacing == 0.0, "nothing was counted"


def late(backlog: Backlog, *seen: One) -> None:
    for each in seen:  # as they come
        backlog.holds([each], 9.0)


def full(backlog: Backlog) -> bool:
    return backlog.filled


def test_two_late_handshakes_make_starts_rarer_and_one_does_not() -> None:
    backlog = carried(30_000)
    before = backlog.spacing
    late(backlog, one(1, 0.7, 2.0))
    assert backlog.spacing <= before and not full(backlog), "a packet was lost"
    late(backlog, one(2, 0.7, 0.9), one(3, 0.7, 2.0))
    assert not full(backlog), "not two in a row"
    late(backlog, one(4, 0.7, 2.0))
    assert full(backlog) and backlog.spacing > 1.2 * before
    assert backlog.spacing <= LONGEST_FILLED


def test_a_far_server_is_not_late() -> None:
    """Its TLS handshake takes as long as its TCP handshake did, however long that was."""
    backlog = carried(30_000)
    before = backlog.spacing
    late(backlog, *(one(n, 0.95, 0.97) for n in range(6)))
    assert not full(backlog) and backlog.spacing < before, "it may even carry more"


def test_connections_that_stood_after_a_second_packet_are_late() -> None:
    backlog = carried(30_000)
    late(backlog, one(1, 1.4), one(2, 1.5))
    assert full(backlog)


def test_what_failed_says_nothing_of_the_line() -> None:
    backlog = carried(30_000)
    dead = [One(conversation(n), 0.0) for n in range(4)]
    for each in dead:
        each.recorder.record(tcp(8.0, Failure.TIMED_OUT))
    late(backlog, *dead)
    assert not full(backlog)


def test_a_line_that_was_full_is_given_more_again_step_by_step() -> None:
    backlog = carried(30_000)
    late(backlog, one(1, 0.7, 2.0), one(2, 0.7, 2.0))
    most = backlog.spacing
    late(backlog, *(one(3 + n, 0.7, 0.85) for n in range(9)))
    assert backlog.spacing < most
    late(backlog, *(one(20 + n, 0.7, 0.85) for n in range(200)))
    assert backlog.spacing >= CONVERSATION / (FIRST * 30_000), "never as much as before"
    assert full(backlog), "it stays a line that is soon full"


def test_the_runner_spreads_conversations_over_a_thin_line() -> None:
    async def begun(thin: float) -> list[float]:
        found: list[float] = []
        clock = asyncio.get_running_loop().time

        async def talk(ctx: StepContext) -> None:
            found.append(clock())
            for _ in range(12 if len(found) == 1 else 1):
                ctx.recorder.count(received=5_000)
                await asyncio.sleep(0.1)

        check = Scripted("scripted", talk)
        runner = Runner(
            world=system_world(1),
            checks={"scripted": check},
            roots={},
            limits=Limits(),
            emit=lambda event: None,
        )
        async with runner:
            runner.slow_down(0.0, 0.0, 0, thin)
            for some in (range(1), range(1, 6)):
                runner.submit([conversation(n, "scripted") for n in some])
                while not runner.idle:
                    await runner.change(1)
        return found[1:]

    together, apart = asyncio.run(begun(0.0)), asyncio.run(begun(EDGE))
    assert together[-1] - together[0] < apart[-1] - apart[0]
    assert min(b - a for a, b in pairwise(apart)) > 0.03, "50 kB a second, of which each takes 5"
