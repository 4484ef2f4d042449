"""What only time tells from an accident is asked for the last time when an accident is over."""

import pytest

from msgprobe.evidence.lasting import LASTING
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, Task
from msgprobe.planning.timetable import LEAST_AGAIN, SPAN
from tests.evidence.story import CHAT, came_of
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


def test_silence_is_listened_to_for_as_long() -> None:
    """What is sent again by itself needs no later beginning."""
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
