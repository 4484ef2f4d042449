"""What only time tells from an accident is asked for the last time when an accident is over."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.lasting import LASTING, SYN_AGAIN
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.planning.timetable import LAST_KNOCK, LEAST_AGAIN, SPAN
from tests.evidence.story import CHAT, SERVICE, came_of, numbered
from tests.planning.test_brisk import Day

BEGUN = 0.5


_ENDS = {
    "connect": ("connect", Failure.CONNECTION_REFUSED),
    "route": ("connect", Failure.HOST_UNREACHABLE),
    "tls": ("tls", Failure.CONNECTION_RESET),
}


def turned_away(day: Day, *tasks: Task, start: float, fails: str) -> None:
    stage, failure = _ENDS[fails]
    for task in tasks:
        day.story.told.append(came_of(task, start=start, took=0.02, fails=stage, failure=failure))


def after_two(*, fails: str = "connect", spared: int = 0, day: Day | None = None) -> Day:
    """Two attempts at each of the service's addresses failed, but for those ``spared``."""
    day = day or Day()
    hit, well = day.own[spared:], day.own[:spared]
    turned_away(day, *hit, start=BEGUN, fails=fails)
    for task in well:
        day.story.told.append(came_of(task, start=BEGUN))
    second = [t for t in day.new(4.0, Arm.REPEAT) if t.attempt == 2]
    turned_away(day, *second, start=4.0, fails=fails)
    return day


def thirds(day: Day, now: float) -> list[Task]:
    return [t for t in day.new(now, Arm.REPEAT) if t.attempt == 3]


def test_who_refuses_connections_is_asked_again_when_a_restart_is_over() -> None:
    day = after_two()
    assert not thirds(day, 7.0)
    wake = day.plan(7.0).wake_at
    assert wake is not None and wake <= BEGUN + SPAN
    assert not thirds(day, BEGUN + LASTING)
    found = thirds(day, BEGUN + SPAN)
    assert {t.flow.address for t in found} == {t.flow.address for t in day.own}


@pytest.mark.parametrize(
    "day",
    [after_two(spared=1), after_two(fails="tls")],
    ids=["another answers", "other experiments tell"],
)
def test_nothing_else_is_waited_for(day: Day) -> None:
    assert thirds(day, 7.0)


def knocking(spared: int = 0) -> Day:
    """Nobody answers the first packets of the service's, but for those ``spared``."""
    day = Day()
    day.opens = False
    day.hang(BEGUN, *day.own[spared:])
    for task in day.own[:spared]:
        day.story.told.append(came_of(task, start=BEGUN))
    return day


def test_a_first_packet_is_sent_again_when_a_restart_is_over() -> None:
    """The pauses between its repeats double: in that of an attempt that began before nobody would
    have noticed who is back."""
    day = knocking()
    assert not thirds(day, 7.0) and not thirds(day, BEGUN + LAST_KNOCK - 0.1)
    found = thirds(day, BEGUN + LAST_KNOCK)
    assert {t.flow.address for t in found} == {t.flow.address for t in day.own}
    assert LAST_KNOCK + SYN_AGAIN > LASTING
    assert all(SYN_AGAIN < t.timeout <= LEAST_AGAIN for t in found), "no longer than it needs"
    assert thirds(knocking(spared=1), 7.0), "another answers"


def test_silence_is_listened_to_for_as_long() -> None:
    """Words that are sent again by themselves need no later beginning."""
    day = Day()
    day.hang(BEGUN, *day.own)
    found = thirds(day, 7.0)
    assert found and all(BEGUN + 6.0 + t.timeout >= BEGUN + SPAN for t in found)


@pytest.mark.parametrize(("fails", "waits"), [("route", True), ("connect", False)])
def test_only_refusals_tell_by_being_too_soon(fails: str, waits: bool) -> None:
    """Routers are always nearer than the servers, those of an accident as well."""
    day = Day()
    for host in CHAT:  # the machines are there, 200 ms away
        day.story.target(host, arm=Arm.OTHER_PORT, port=80, check="connect", min_rtt=0.2)
    assert bool(thirds(after_two(fails=fails, day=day), 7.0)) is not waits


@pytest.mark.parametrize("first_fails", [True, False], ids=["joins", "alone"])
def test_who_joins_what_has_failed_for_long_makes_it_last_no_longer(first_fails: bool) -> None:
    """All of them together span what a restart takes; who fails alone has to do so by himself."""
    day = Day()
    first, late = day.own[0], day.own[-1]
    if first_fails:
        day.hang(BEGUN, first)
    else:
        day.story.told.append(came_of(first, start=BEGUN))
    day.hang(5.0, late)
    (last,) = [t for t in thirds(day, 11.1) if t.flow.address == late.flow.address]
    begins, since = 11.0, BEGUN if first_fails else 5.0
    assert begins + last.timeout == pytest.approx(max(since + SPAN, begins + LEAST_AGAIN))


HOMES = ("31.13.70.1", "157.240.1.1")
SPARE = "20.8.1.1"


def speaking(*, spare: bool) -> Service:
    """A service with two servers of its own protocol, and further addresses for the second, where
    ``spare``."""
    servers = numbered("dc", HOMES, check="mtproto", port=443)
    more = replace(servers[1], name="dc2-spare", addresses=(SPARE,), reserve=True)
    pool = replace(SERVICE.pools[0], name="dc")
    return replace(SERVICE, pools=(pool,), endpoints=(*servers, *([more] if spare else ())))


@pytest.mark.parametrize("spare", [True, False])
def test_a_reserve_that_answers_other_words_tells_that_only_the_words_die(spare: bool) -> None:
    """All main addresses had heard the protocol before anything else, and whoever hears it is
    punished; the reserve answered other words first."""
    day = Day(services=(speaking(spare=spare),))
    dies: dict[str, Any] = {"fails": "answer", "failure": Failure.CONNECTION_RESET}
    for now in (BEGUN, 1.0, 2.0, 4.0):
        for task in day.new(now, Arm.BASE, Arm.REPEAT, Arm.OTHER_PAYLOAD):
            if isinstance(task.probe, Flow) and task.attempt < 3:
                fresh = task.arm is Arm.OTHER_PAYLOAD and task.flow.address == SPARE
                how = {} if fresh and task.check != "mtproto" else dies
                how = {**how, "proof": Proof.NONE} if task.check == "mtproto" else how
                day.story.told.append(came_of(task, start=now, took=0.02, **how))
    assert bool(thirds(day, 8.0)) is not spare
    assert {t.flow.address for t in thirds(day, BEGUN + SPAN)} >= {*HOMES}


@pytest.mark.parametrize("others", [True, False], ids=["others are heard", "nothing is"])
def test_words_that_hang_are_said_again_when_a_restart_is_over(others: bool) -> None:
    """Where other words are answered there, or at a reserve, nothing but time tells them from an
    accident."""
    day = Day(services=(speaking(spare=True),))
    day.hang(BEGUN, *day.own)
    for now in (2.0, 2.2, 3.0):
        for task in day.new(now, Arm.BASE, Arm.OTHER_PAYLOAD):
            if others and task.check != "mtproto" and task.arm is Arm.OTHER_PAYLOAD:
                day.story.told.append(came_of(task, start=now))
            else:
                day.hang(now, task)
    assert bool(thirds(day, 7.0)) is not others
    assert {t.flow.address for t in thirds(day, BEGUN + SPAN)} == {*HOMES}
