"""Tasks become measurements: nothing is lost, whatever happens to them."""

import asyncio
import resource
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import pytest

from msgprobe import session
from msgprobe.model.control import Controls
from msgprobe.model.cost import BARE
from msgprobe.model.event import Event, Started
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import TcpObservation, TlsObservation, Window
from msgprobe.model.task import Arm, Flow, Lookup, Resolver, ResolverKind, Role, Task
from msgprobe.planning.moment import Agenda
from msgprobe.runner.company import UNOPENED
from msgprobe.runner.engine import Runner
from msgprobe.runner.given import Given, given
from msgprobe.runner.limits import LAST_MOVING, Limits
from msgprobe.runner.standstill import FRESH, Stops
from msgprobe.steps.connect import connect
from msgprobe.steps.context import StepContext
from msgprobe.steps.door import NotAllowed
from msgprobe.steps.machine import SystemMachine
from msgprobe.steps.world import system_world
from tests.evidence.story import RESOLVERS, SERVICE, SITES, info
from tests.model.tasks import task_of

Conversation = Callable[[StepContext], Awaitable[None]]


@dataclass(frozen=True)
class Scripted:
    """A check whose conversation the test writes; the runner around it is the real one."""

    name: str
    talk: Conversation
    version: str = "1"
    title: str = "scripted"
    most: int = 100

    def max_bytes(self, task: Task) -> int:
        return self.most

    async def run(self, ctx: StepContext, task: Task) -> None:
        await self.talk(ctx)


def task(task_id: str, check: str = "scripted", timeout: float = 5.0) -> Task:
    nowhere = Flow(address="127.0.0.1", port=9)
    return task_of(check, nowhere, subject="acme", task_id=task_id, nth_round=0, timeout=timeout)


def execute(
    tasks: list[Task],
    *checks: Scripted,
    limits: Limits | None = None,
    stop_after: float | None = None,
    emit: Callable[[Event], None] = lambda event: None,
    named: Given | None = None,
) -> tuple[Measurement, ...]:
    async def go() -> tuple[Measurement, ...]:
        runner = Runner(
            world=system_world(1),
            checks={c.name: c for c in checks},
            roots={},
            limits=limits or Limits(),
            emit=emit,
            given=named or Given(),
        )
        async with runner:
            runner.submit(tasks)
            if stop_after is not None:
                await asyncio.sleep(stop_after)
                runner.stop("interrupted")
            while not runner.idle:
                await runner.change(5)
        return runner.in_order()

    return asyncio.run(go())


async def nothing(ctx: StepContext) -> None:
    await asyncio.sleep(0)


async def hang(ctx: StepContext) -> None:
    await asyncio.sleep(3600)


async def broken(ctx: StepContext) -> None:
    raise KeyError("oops")


def test_results_come_in_the_order_in_which_tasks_were_wanted() -> None:
    ids = [f"t{n}" for n in range(30)]
    done = execute([task(i) for i in ids], Scripted("scripted", nothing))
    assert [m.task.id for m in done] == ids
    assert {m.status for m in done} == {Status.COMPLETED}


def begun(wanted: Agenda) -> list[str]:
    """The ids of what an agenda wants, in the order in which it begins."""
    found: list[str] = []

    def emit(event: Event) -> None:
        if isinstance(event, Started):
            found.append(event.task.id)

    async def go() -> None:
        checks = {"scripted": Scripted("scripted", nothing)}
        runner = Runner(world=system_world(1), checks=checks, roots={}, limits=Limits(), emit=emit)
        async with runner:
            assert session.submitted(runner, wanted) == len(wanted.tasks)
            assert session.submitted(runner, wanted) == 0
            while not runner.idle:
                await runner.change(5)

    asyncio.run(go())
    return found


def test_what_is_wanted_first_begins_first_and_the_rest_by_lot() -> None:
    ids = [f"t{n:02}" for n in range(30)]
    order = begun(Agenda(tasks=tuple(map(task, ids)), first=frozenset(ids[20:])))
    assert sorted(order) == ids
    assert set(order[:10]) == set(ids[20:])
    assert order[10:] != ids[:20]


def test_pages_begin_behind_everything_else_on_a_thin_line() -> None:
    page = replace(task("a.page"), arm=Arm.TRANSFER_PAGE)
    order = begun(Agenda(tasks=(page, *(task(f"t{n}") for n in range(9))), thin=0.3))
    assert len(order) == 10 and order[-1] == "a.page"


def test_a_task_runs_once_however_often_it_is_wanted() -> None:
    done = execute([task("a"), task("a"), task("a")], Scripted("scripted", nothing))
    assert len(done) == 1


def test_what_waits_for_its_turn_may_be_withdrawn_and_wanted_again() -> None:
    async def go() -> list[str]:
        checks = {"scripted": Scripted("scripted", nothing)}
        limits = Limits(pace=0.1)
        world = system_world(1)
        runner = Runner(world=world, checks=checks, roots={}, limits=limits, emit=lambda _: None)
        async with runner:
            runner.submit([task(f"t{n}") for n in range(4)])
            while not runner.measurements:
                await runner.change(5)
            runner.submit([], alone=True)
            assert not runner.queued
            runner.submit([task("t1")])
            while not runner.idle:
                await runner.change(5)
        return [m.task.id for m in runner.in_order() if m.status is Status.COMPLETED]

    done = asyncio.run(go())
    assert "t1" in done and len(done) < 4


@pytest.mark.parametrize(("pace", "left"), [(0.3, 1), (0.0, 3)])
def test_where_starts_are_apart_nothing_is_asked_that_is_not_wanted_any_more(
    pace: float, left: int
) -> None:
    """Else what was wanted while the line was away would hold up all that is wanted since."""

    async def go() -> int:
        checks = {"scripted": Scripted("scripted", nothing)}
        limits, world = Limits(pace=0.3), system_world(1)
        runner = Runner(world=world, checks=checks, roots={}, limits=limits, emit=lambda _: None)
        every = [task(f"t{n}") for n in range(4)]
        async with runner:
            session.submitted(runner, Agenda(tasks=tuple(every), pace=pace))
            while not runner.measurements:
                await runner.change(5)
            waiting = [t for t in every if t.id in runner.queued]
            session.submitted(runner, Agenda(tasks=tuple(waiting[:1]), pace=pace))
            found = len(runner.queued)
            runner.stop("enough")
        return found

    assert asyncio.run(go()) == left


def test_a_broken_check_is_a_bug_and_says_nothing_about_the_network() -> None:
    first, second = execute(
        [task("a", "broken"), task("b")], Scripted("broken", broken), Scripted("scripted", nothing)
    )
    assert first.status is Status.BUG and "KeyError" in (first.detail or "")
    assert first.observations == ()
    assert second.status is Status.COMPLETED


def test_an_unknown_check_is_a_bug_too() -> None:
    (only,) = execute([task("a", "nobody")])
    assert only.status is Status.BUG


def test_a_check_that_overruns_its_deadline_is_cut() -> None:
    (only,) = execute([task("a", timeout=0.05)], Scripted("scripted", hang))
    assert only.status is Status.CANCELLED


def test_stopping_keeps_what_was_seen() -> None:
    async def talk(ctx: StepContext) -> None:
        await connect(ctx, "127.0.0.1", 9, timeout=1.0)
        await asyncio.sleep(3600)

    named = Given(services={"acme": frozenset({"127.0.0.1"})})
    (only,) = execute([task("a")], Scripted("scripted", talk), stop_after=0.2, named=named)
    assert only.status is Status.CANCELLED
    (seen,) = only.observations
    assert isinstance(seen, TcpObservation) and seen.failure is Failure.CONNECTION_REFUSED


async def _past_all_steps(ctx: StepContext) -> None:
    """As a plug-in may do it, or a plan that is wrong: whatever the task's own address is."""
    for address in ("127.0.0.1", "::1", "0.0.0.0", *_own_addresses()):
        await connect(ctx, address, 9, timeout=1.0)
        with pytest.raises(NotAllowed):
            ctx.world.network.open_udp(address, 9)


def _own_addresses() -> tuple[str, ...]:
    return tuple(one.partition("/")[0] for one in SystemMachine().own_addresses())


def test_no_check_gets_past_the_gate_to_this_device() -> None:
    (only,) = execute([task("a")], Scripted("scripted", _past_all_steps))
    assert only.status is Status.COMPLETED, only.detail
    assert {o.failure for o in only.observations} == {Failure.NOT_ALLOWED}
    assert len(only.observations) >= 3 and only.bytes_sent == 0


def test_what_one_service_s_file_names_is_no_way_for_another_s_names() -> None:
    async def talk(ctx: StepContext) -> None:
        await connect(ctx, "127.0.0.1", 9, timeout=1.0)

    named = Given(services={"other": frozenset({"127.0.0.1"})})
    for subject, failure in (
        ("acme", Failure.NOT_ALLOWED),
        ("other", Failure.CONNECTION_REFUSED),
    ):
        asked = replace(task("a"), subject=subject)
        (only,) = execute([asked], Scripted("scripted", talk), named=named)
        (seen,) = only.observations
        assert seen.failure is failure


def test_the_catalogue_gives_what_it_names() -> None:
    service = replace(SERVICE, endpoints=(replace(SERVICE.endpoints[0], addresses=("10.0.0.1",)),))
    silent = Controls(sites=SITES, resolvers=RESOLVERS, silent=("192.0.2.1",))
    named = given([service], silent)
    assert named.services == {"acme": frozenset({"10.0.0.1"})}
    assert {*SITES[0].addresses, *RESOLVERS[0].addresses, "192.0.2.1"} <= named.controls

    def mine() -> tuple[str, ...]:
        return ("127.0.0.53",)

    direct = Lookup(name="x", resolver=Resolver(kind=ResolverKind.DIRECT, name="direct"))
    assert named.to(replace(task("a"), probe=direct), mine) == {"127.0.0.53"}
    encrypted = Resolver(kind=ResolverKind.DOH, name="r", host="dns.example")
    asked = replace(task("a"), probe=Lookup(name="x", resolver=encrypted))
    assert named.to(asked, mine) == frozenset()


def test_a_task_that_is_stopped_before_it_begins_is_skipped() -> None:
    limits = Limits(at_once=1)
    tasks = [task("a"), task("b"), task("c")]
    done = execute(tasks, Scripted("scripted", hang), limits=limits, stop_after=0.1)
    assert sorted(m.status for m in done) == [Status.CANCELLED, Status.SKIPPED, Status.SKIPPED]


def test_a_task_that_is_stopped_at_once_is_not_lost() -> None:
    done = execute([task("a")], Scripted("scripted", hang), stop_after=0.0)
    assert len(done) == 1


def test_no_task_begins_after_the_byte_budget_is_spent() -> None:
    async def costly(ctx: StepContext) -> None:
        ctx.recorder.count(sent=600)

    limits = Limits(max_bytes=1000, at_once=1)
    done = execute(
        [task("a"), task("b"), task("c")], Scripted("scripted", costly, most=600), limits=limits
    )
    assert [m.status for m in done].count(Status.COMPLETED) == 1
    assert all("max_bytes" in (m.detail or "") for m in done if m.status is Status.SKIPPED)


def test_no_task_begins_after_the_deadline() -> None:
    (only,) = execute([task("a")], Scripted("scripted", nothing), limits=Limits(deadline=-1.0))
    assert only.status is Status.SKIPPED and "max_time" in (only.detail or "")


def test_the_runs_own_deadline_is_no_silence_of_the_peer() -> None:
    """A conversation that the run cuts short was interrupted; its peer did not time out."""

    async def talk(ctx: StepContext) -> None:
        await connect(ctx, "192.0.2.1", 9, timeout=30.0)

    (only,) = execute([task("a", timeout=30.0)], Scripted("scripted", hang), stop_after=0.1)
    assert all(o.failure is Failure.INTERRUPTED for o in only.observations)


def test_every_conversation_has_its_own_transaction() -> None:
    seen: list[int] = []

    async def talk(ctx: StepContext) -> None:
        seen.append(ctx.transaction)

    execute([task(f"t{n}") for n in range(10)], Scripted("scripted", talk))
    assert len(set(seen)) == 10


def test_nothing_begins_after_the_latest_moment() -> None:
    (seen,) = execute([task("late")], Scripted("scripted", nothing), limits=Limits(latest=0.0))
    assert (seen.status, seen.detail) == (Status.SKIPPED, "too late to begin")


def test_a_transfer_may_begin_a_little_later() -> None:
    """Pairs of a thin line end with the others; what is too late for them is so for all."""
    checks = [Scripted(name, nothing) for name in ("transfer", "other")]
    for latest, late in ((0.0, ["other"]), (-LAST_MOVING, ["other", "transfer"])):
        both = [task("t", check="transfer"), task("o", check="other")]
        seen = execute(both, *checks, limits=Limits(latest=latest))
        skipped = [m.task.check for m in seen if m.status is Status.SKIPPED]
        assert sorted(skipped) == late


def noting(name: str, noted: dict[str, float], what: Callable[[StepContext], float]) -> Scripted:
    """A check called ``name`` that notes under its name ``what`` it finds when it is run."""

    async def talk(ctx: StepContext) -> None:
        noted[name] = what(ctx)

    return Scripted(name, talk)


def test_neutral_controls_do_not_queue_behind_others() -> None:
    began: dict[str, float] = {}

    others = [replace(task(f"other{n}"), check="other") for n in range(20)]
    control = replace(task("again.x", check="control"), arm=Arm.AGAIN, role=Role.CONTROL)
    execute(
        [*others, control],
        noting("other", began, StepContext.now),
        noting("control", began, StepContext.now),
        limits=Limits(pace=0.01),
    )
    assert began["control"] < began["other"], "the last of the others waited for nineteen turns"


def test_whoever_begins_late_gets_less_patience_but_a_transfer_keeps_its_own() -> None:
    left: dict[str, float] = {}

    execute(
        [task("t.x", check="transfer", timeout=30.0), task("x", check="other", timeout=30.0)],
        noting("transfer", left, StepContext.remaining),
        noting("other", left, StepContext.remaining),
        limits=Limits(latest=2.0),
    )
    assert left["other"] <= 10.0 < left["transfer"]


def test_whoever_would_get_a_turn_too_late_does_not_wait_for_it() -> None:
    many = [task(f"x{n}") for n in range(100)]
    seen = execute(many, Scripted("scripted", nothing), limits=Limits(pace=0.2, latest=0.5))
    skipped = [m for m in seen if m.status is Status.SKIPPED]
    assert len(skipped) > 90
    assert max(m.window.end for m in skipped) < 10.0, "in turn the last one would wait for 20 s"


def test_the_byte_budget_ends_a_flood_though_nobody_looks() -> None:
    async def flood(ctx: StepContext) -> None:
        while True:
            ctx.recorder.count(received=1000)
            await asyncio.sleep(0.01)

    begun = time.monotonic()
    (only,) = execute([task("a")], Scripted("scripted", flood), limits=Limits(max_bytes=5000))
    assert (only.status, only.detail) == (Status.CANCELLED, "no bytes left (max_bytes)")
    assert only.bytes_received < 30_000 and time.monotonic() - begun < 2.0


def test_seconds_in_which_this_process_stood_still_are_not_the_networks_silence() -> None:
    async def go() -> tuple[float, float, float]:
        world = system_world(1)

        async def waits(ctx: StepContext) -> None:
            await asyncio.sleep(30)

        runner = Runner(
            world=world,
            checks={"scripted": Scripted("scripted", waits)},
            roots={},
            limits=Limits(),
            emit=lambda event: None,
        )
        async with runner:
            runner.submit([task("a", timeout=60.0)])
            await asyncio.sleep(0.2)
            before = runner.running["a"]
            time.sleep(1.0)  # as if the whole program had been stopped  # noqa: ASYNC251
            after = runner.running["a"]
            await asyncio.sleep(0.3)
            later = runner.running["a"]
            runner.stop("interrupted")
        return before.since, after.since, later.since

    before, after, later = asyncio.run(go())
    assert after - before >= 0.9
    assert later == after, "an ordinary wait shifts nothing"


LOOPBACK = Given(controls=frozenset({"127.0.0.1"}))
"""As if the catalogue named it."""


async def _refused(ctx: StepContext) -> None:
    """A connect to a port of loopback where nobody listens."""
    await connect(ctx, "127.0.0.1", 9)


def test_what_failed_while_this_process_stood_still_is_asked_again() -> None:
    times: list[int] = []

    async def stopped_once(ctx: StepContext) -> None:
        times.append(ctx.transaction)
        await asyncio.sleep(0.2)
        if len(times) == 1:
            time.sleep(1.0)  # as if the whole program had been stopped  # noqa: ASYNC251
        await _refused(ctx)

    (only,) = execute([task("a")], Scripted("scripted", stopped_once), named=LOOPBACK)
    assert len(times) == 2
    assert only.status is Status.COMPLETED
    assert [o.failure for o in only.observations] == [Failure.CONNECTION_REFUSED]
    assert {o.transaction for o in only.observations} == {times[1]}


def test_a_measurement_says_how_long_this_device_did_not_look() -> None:
    """However short each time, and only while it was under way."""

    async def busy(ctx: StepContext) -> None:
        time.sleep(0.3)  # before anything of it was waited for  # noqa: ASYNC251
        await asyncio.sleep(0.2)
        time.sleep(0.3)  # noqa: ASYNC251

    async def idle(ctx: StepContext) -> None:
        await asyncio.sleep(0.3)

    (only,) = execute([task("a")], Scripted("scripted", busy))
    assert 0.4 <= only.late <= only.window.seconds - 0.2 + FRESH
    (only,) = execute([task("a")], Scripted("scripted", idle))
    assert only.late < 0.2, "some, on a busy machine"


def test_what_is_asked_again_waits_for_its_turn() -> None:
    """All that stood still together would else begin together and overrun the line."""
    times: list[float] = []
    still: list[float] = []

    async def stopped_once(ctx: StepContext) -> None:
        if still:
            times.append(ctx.now())
            return
        await asyncio.sleep(0.5)
        if not still:
            still.append(ctx.now())
            time.sleep(1.0)  # noqa: ASYNC251
        await _refused(ctx)

    many = [task(f"t{n}") for n in range(6)]
    execute(many, Scripted("scripted", stopped_once), limits=Limits(pace=0.05), named=LOOPBACK)
    assert len(times) == 6
    assert max(times) - min(times) >= 0.1, "five times the pace, less what a busy machine delays"


def test_seconds_in_which_it_stood_still_make_nothing_begin_too_late() -> None:
    """What has failed may be an accident of this line until it was asked again."""

    async def stopped(ctx: StepContext) -> None:
        await asyncio.sleep(0.1)
        time.sleep(1.0)  # noqa: ASYNC251

    limits = Limits(at_once=1, latest=0.8)
    seen = execute([task("a"), task("b")], Scripted("scripted", stopped), limits=limits)
    assert [m.status for m in seen] == [Status.COMPLETED] * 2


def test_what_failed_while_it_stood_still_again_blames_nobody() -> None:
    async def stopped(ctx: StepContext) -> None:
        await asyncio.sleep(0.2)
        time.sleep(1.0)  # noqa: ASYNC251
        await _refused(ctx)

    (only,) = execute([task("a")], Scripted("scripted", stopped))
    assert only.status is Status.CANCELLED
    assert "stood still for" in str(only.detail)
    assert [o.failure for o in only.observations] == [Failure.INTERRUPTED]


@contextmanager
def full() -> Iterator[int]:
    """A port of loopback whose queue is full, so that the kernel drops every other SYN."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = server.getsockname()[1]
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        time.sleep(0.1)
        yield port


@pytest.mark.parametrize(
    ("stopped", "then", "tells"), [(1.0, 1.5, 1), (1.0, 0.1, 1), (3.1, 0.1, 2)]
)
def test_who_was_silent_beside_a_short_standstill_was_silent(
    stopped: float, then: float, tells: int
) -> None:
    """The kernel went on, and had nothing either; after a long one that is asked again."""
    times: list[int] = []

    async def silent(ctx: StepContext) -> None:
        times.append(ctx.transaction)
        asyncio.get_running_loop().call_later(0.3, time.sleep, stopped)
        await connect(ctx, "127.0.0.1", port, timeout=0.3 + stopped + then)

    with full() as port:
        (only,) = execute([task("a", timeout=9)], Scripted("scripted", silent), named=LOOPBACK)
    assert len(times) == tells
    assert only.status is (Status.COMPLETED if tells == 1 else Status.CANCELLED)
    failure = Failure.TIMED_OUT if tells == 1 else Failure.INTERRUPTED
    assert [o.failure for o in only.observations] == [failure]


def silence(received: int | None) -> TlsObservation:
    """A handshake that ended at 11 s; the kernel had so much of the peer. None: it cannot tell."""
    return TlsObservation(
        transaction=1,
        window=Window(start=5.0, end=11.0),
        failure=Failure.TIMED_OUT,
        address="127.0.0.1",
        port=9,
        server_name="a.test",
        info=None if received is None else info(bytes_received=received),
    )


@pytest.mark.parametrize(
    ("received", "until", "spoiled"),
    [(0, 10.9, False), (1, 10.9, True), (None, 10.9, True), (1, 9.0, False), (None, 9.0, False)],
)
def test_the_kernel_tells_who_was_late(received: int | None, until: float, spoiled: bool) -> None:
    """Or that there was time enough to read what had come, after it ran again."""
    stops = Stops()
    stops.add(now=until, late=1.0)
    assert stops.spoiled([silence(received)]) is spoiled


def test_a_peer_is_not_blamed_who_hangs_up_on_a_device_that_stood_still_for_long() -> None:
    stops = Stops()
    stops.add(now=10.0, late=1.0)
    gone = TcpObservation(
        transaction=1,
        window=Window(start=5.0, end=20.0),
        failure=Failure.CONNECTION_RESET,
        address="127.0.0.1",
        port=9,
    )
    assert not stops.spoiled([gone])
    stops.add(now=15.0, late=4.0)
    assert stops.spoiled([gone])
    assert [o.failure for o in stops.voided([gone])] == [Failure.INTERRUPTED]
    before = replace(gone, window=Window(start=5.0, end=8.0))
    assert not stops.spoiled([before])


def test_an_answer_that_came_although_it_stood_still_is_kept() -> None:
    async def good(ctx: StepContext) -> None:
        await _refused(ctx)  # before, and none of its doing
        await asyncio.sleep(0.2)
        time.sleep(1.0)  # noqa: ASYNC251

    (only,) = execute([task("a")], Scripted("scripted", good), named=LOOPBACK)
    assert only.status is Status.COMPLETED
    assert [o.failure for o in only.observations] == [Failure.CONNECTION_REFUSED]


def test_a_conversation_without_a_descriptor_blames_nobody_and_is_held_once_more() -> None:
    times: list[int] = []

    async def greedy(ctx: StepContext) -> None:
        times.append(ctx.transaction)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if len(times) == 1:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            await _refused(ctx)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    (only,) = execute([task("a")], Scripted("scripted", greedy), named=LOOPBACK)
    assert [o.failure for o in only.observations] == [Failure.CONNECTION_REFUSED]
    assert len(times) == 2


def likely(*, stands: bool, sent: int, after: float) -> int:
    """What a conversation that was likely to cost 3000 bytes is expected to, ``after`` so many
    seconds in which it was not answered; its connection ``stands`` or not."""

    async def talk(ctx: StepContext) -> None:
        failure = None if stands else Failure.CONNECTION_REFUSED
        seen = {"address": "192.0.2.1", "port": 443, "transaction": 1, "failure": failure}
        ctx.record(TcpObservation(window=Window(start=0.0, end=0.1), **seen))  # type: ignore[arg-type]
        ctx.recorder.count(sent=sent)
        await hang(ctx)

    async def go() -> int:
        world = system_world(1)
        runner = Runner(
            world=world,
            checks={"scripted": Scripted("scripted", talk)},
            roots={},
            limits=Limits(),
            emit=lambda event: None,
            given=Given(),
        )
        async with runner:
            runner.submit([task("a", timeout=9.0)])
            await asyncio.sleep(after)
            spoken = runner.spoken(lambda task: 3000)
            runner.stop("over")
        return spoken

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("stands", "sent", "after", "bytes_in_all"),
    [
        (True, 500, 0.3, 3000),  # it may be answered any moment
        (True, 500, UNOPENED + 0.3, 1000),  # its words are sent again, as often as before
        (True, 2800, UNOPENED + 0.3, 3000),
        (False, 180, UNOPENED + 0.3, BARE),
    ],
)
def test_who_is_not_answered_costs_little_more(
    stands: bool, sent: int, after: float, bytes_in_all: int
) -> None:
    assert likely(stands=stands, sent=sent, after=after) == bytes_in_all
