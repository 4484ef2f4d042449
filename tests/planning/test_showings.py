"""A neutral server is shown one name of a service, and others once it has answered after that."""

import dataclasses
from typing import Any

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.model.control import Site
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.target import Function, Pool
from msgprobe.model.task import Arm, Flow, ResolverKind, Task
from msgprobe.planning.moment import Moment
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story, came_of, under_way

SWAPS = (Arm.TARGET_SNI_ELSEWHERE, Arm.NEUTRAL_SNI_ELSEWHERE)
POOLS = tuple(
    Pool(name=f"pool{n}", function=function, ok_at=1)
    for n, function in enumerate((Function.TEXT, Function.WEB))
)
APART = dataclasses.replace(
    SERVICE,
    pools=POOLS,
    endpoints=tuple(
        dataclasses.replace(e, pool=pool.name)
        for e, pool in zip(SERVICE.endpoints, POOLS, strict=True)
    ),
)
"""Each name of the service has a pool of its own, so that both are taken elsewhere."""


class Day:
    """A run in which every conversation of the service is reset at the ClientHello, at 1 s."""

    def __init__(self, *sites: Site) -> None:
        self.story = Story(services=(APART,), sites=sites or SITES).good_connection()
        for host, address in ADDRESSES.items():
            self.story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
        for task in self.wanted(1.0, Arm.BASE):
            if isinstance(task.probe, Flow):
                self.tell(task, 1.0, Failure.CONNECTION_RESET)

    def wanted(self, now: float, *arms: Arm) -> list[Task]:
        """Tasks of these arms that are wanted, and that nothing has been told of yet."""
        known = {m.task.id for m in self.story.told}
        tasks = agenda(self.story.evidence(), Moment(now=now)).tasks
        return [t for t in tasks if t.arm in (arms or SWAPS) and t.id not in known]

    def tell(self, task: Task, start: float, failure: Failure | None, stage: str = "tls") -> None:
        self.story.told.append(_came(task, start, failure, stage))


def _came(task: Task, start: float, failure: Failure | None, stage: str) -> Measurement:
    fails = None if failure is None else stage
    return came_of(task, start=start, took=0.1, fails=fails, failure=failure or Failure.EOF)


def names(tasks: list[Task]) -> list[tuple[str | None, str]]:
    return sorted((t.flow.server_name or "", t.flow.address) for t in tasks)


def foreign(task: Task, address: str) -> Task:
    """Another service's name, said at that neutral server."""
    flow = dataclasses.replace(task.flow, address=address, server_name="chat.of.another.example")
    arm = Arm.TARGET_SNI_ELSEWHERE
    return dataclasses.replace(task, id="d7.another", arm=arm, subject="another", probe=flow)


def test_a_neutral_name_comes_first_and_one_server_is_enough_for_a_start() -> None:
    day = Day()
    (twin,) = day.wanted(2.0)
    assert twin.arm is Arm.NEUTRAL_SNI_ELSEWHERE and twin.flow.server_name not in CHAT
    day.tell(twin, 2.0, None)
    named = day.wanted(2.5, Arm.TARGET_SNI_ELSEWHERE)
    assert [t.flow.address for t in named] == [twin.flow.address]


def test_a_server_that_takes_no_foreign_name_is_shown_none() -> None:
    day = Day()
    (twin,) = day.wanted(2.0)
    day.tell(twin, 2.0, Failure.CONNECTION_RESET)
    (other,) = day.wanted(2.5)
    assert other.arm is Arm.NEUTRAL_SNI_ELSEWHERE
    assert other.flow.address not in (twin.flow.address, *ADDRESSES.values())


def shown(failure: Failure) -> tuple[Day, Task]:
    """The first name died at the first server."""
    day = Day()
    (twin,) = day.wanted(2.0)
    day.tell(twin, 2.0, None)
    (named,) = day.wanted(2.5, Arm.TARGET_SNI_ELSEWHERE)
    day.tell(named, 2.5, failure)
    return day, named


def test_it_is_asked_for_a_neutral_one_once_more_before_another_is_shown() -> None:
    day, named = shown(Failure.CONNECTION_RESET)
    (after,) = day.wanted(2.7)
    assert (after.arm, after.flow.address) == (Arm.NEUTRAL_SNI_ELSEWHERE, named.flow.address)
    day.tell(after, 2.7, None)
    more = day.wanted(3.0, Arm.TARGET_SNI_ELSEWHERE)
    assert {t.flow.server_name for t in more} <= set(CHAT)
    assert any(t.flow.server_name != named.flow.server_name for t in more)


def test_one_that_is_silent_then_is_spent_and_another_is_shown_the_name() -> None:
    day, named = shown(Failure.CONNECTION_RESET)
    (after,) = day.wanted(2.7)
    day.tell(after, 2.7, Failure.TIMED_OUT, stage="connect")
    (other,) = day.wanted(20.0)
    assert other.arm is Arm.NEUTRAL_SNI_ELSEWHERE and other.flow.address != named.flow.address
    day.tell(other, 20.0, None)
    assert {t.flow.address for t in day.wanted(20.5, Arm.TARGET_SNI_ELSEWHERE)} == {
        other.flow.address
    }


@pytest.mark.parametrize("silent", [True, False])
def test_an_answer_between_two_services_names_says_nothing_of_the_second(silent: bool) -> None:
    """The server answers after the first one's name and, after the second's, maybe to nobody."""
    day, named = shown(Failure.CONNECTION_RESET)
    (after,) = day.wanted(2.7)
    day.tell(after, 2.7, None)
    here = named.flow.address
    day.tell(foreign(named, here), 5.5, Failure.CONNECTION_RESET)
    again = [t for t in day.wanted(6.5) if t.arm is Arm.NEUTRAL_SNI_ELSEWHERE]
    assert {t.flow.address for t in again} == {here}
    for task in again:
        day.tell(task, 6.5, Failure.TIMED_OUT if silent else None, stage="connect")
    elsewhere = {t.flow.address for t in day.wanted(20.0)} - {here}
    assert bool(elsewhere) is silent


def test_two_that_are_silent_then_are_enough() -> None:
    day, _ = shown(Failure.CONNECTION_RESET)
    for now in (3.0, 30.0):
        while tasks := day.wanted(now):
            for task in tasks:
                dies = task.attempt > 1
                own = task.arm is Arm.TARGET_SNI_ELSEWHERE
                failure = Failure.TIMED_OUT if dies else Failure.CONNECTION_RESET if own else None
                day.tell(task, now, failure, stage="connect" if dies else "tls")
    used = {m.task.flow.address for m in day.story.told if m.task.arm is Arm.TARGET_SNI_ELSEWHERE}
    assert len(used) == 2


def test_what_hangs_is_asked_about_when_the_name_has_long_been_said() -> None:
    day = Day()
    (twin,) = day.wanted(2.0)
    day.tell(twin, 2.0, None)
    (named,) = day.wanted(2.5, Arm.TARGET_SNI_ELSEWHERE)
    for now, due in ((2.8, False), (4.0, True)):
        moment = Moment(now=now, running=under_way([named], 2.5))
        tasks = agenda(day.story.evidence(), moment).tasks
        ids = {t.id for t in tasks if t.arm is Arm.NEUTRAL_SNI_ELSEWHERE}
        assert (f"{twin.id}#2" in ids) is due


def test_what_is_repeated_beside_failing_targets_is_not_shown_their_names() -> None:
    day, named = shown(Failure.CONNECTION_RESET)
    again = {t.flow.address for t in day.wanted(3.0, Arm.AGAIN)}
    assert len(again) >= 2 and named.flow.address in {s.addresses[0] for s in SITES}
    spare = [s for s in SITES if not s.any_name]
    assert {s.addresses[0] for s in spare} <= again


def test_a_server_at_which_a_name_waits_for_its_turn_is_promised_to_it() -> None:
    """It begins whatever is wanted later: two names would spend the server before either is told
    apart."""
    day = Day()
    (twin,) = day.wanted(2.0)
    day.tell(twin, 2.0, None)
    (named,) = day.wanted(2.5, Arm.TARGET_SNI_ELSEWHERE)
    for waiting, there in ((named, True), (foreign(named, named.flow.address), False)):
        moment = Moment(now=2.6, queued={waiting.id: waiting})
        tasks = agenda(day.story.evidence(), moment).tasks
        shown = {t.flow.address for t in tasks if t.arm is Arm.TARGET_SNI_ELSEWHERE}
        assert (named.flow.address in shown) is there


def test_where_those_that_convict_alone_are_spent_two_others_are_shown_the_name() -> None:
    """What the only one that is left shows may be what somebody does to that server."""
    unfair = [dataclasses.replace(s, any_name=True, unfair_in=("CN",)) for s in SITES[1:]]
    day = Day(SITES[0], *unfair)
    spent = SITES[0].addresses[0]
    reset: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET, "check": "tls"}
    another: dict[str, Any] = {"subject": "another", "arm": Arm.TARGET_SNI_ELSEWHERE}
    day.story.flow(spent, host="another.example", start=1.2, **another, **reset)
    day.story.site(SITES[0], Arm.AGAIN, start=1.6, **reset)
    for look in range(60):
        for task in day.wanted(2.0 + look / 2):
            named = task.arm is Arm.TARGET_SNI_ELSEWHERE
            day.tell(task, 2.0 + look / 2, Failure.CONNECTION_RESET if named else None)
    shown = [m.task for m in day.story.told if m.task.arm is Arm.TARGET_SNI_ELSEWHERE]
    for host in CHAT:
        own = {t.flow.address for t in shown if t.flow.server_name == host}
        assert len(own) == 2 and spent not in own


@pytest.mark.parametrize("silences", [True, False])
def test_who_silences_servers_is_taken_to_one_where_no_other_name_is_told_apart(
    silences: bool,
) -> None:
    """Its names and another service's would each have silenced the one server for the other."""
    day = Day(*(dataclasses.replace(s, any_name=True) for s in SITES))
    (twin, *_) = day.wanted(2.0)
    usual = {s.addresses[0] for s in SITES[:2]}
    (other,) = usual - {twin.flow.address}
    day.tell(foreign(twin, other), 2.0, Failure.CONNECTION_RESET)
    (site,) = (s for s in SITES if other in s.addresses)
    day.story.site(site, Arm.AGAIN, start=2.4)
    for look in range(20):
        for task in day.wanted(3.0 + look):
            here = task.flow.address == twin.flow.address
            named = task.arm is Arm.TARGET_SNI_ELSEWHERE
            if named:
                day.tell(task, 3.0 + look, Failure.CONNECTION_RESET)
            elif here and task.attempt > 1 and silences:
                day.tell(task, 3.0 + look, Failure.TIMED_OUT, stage="connect")
            else:
                day.tell(task, 3.0 + look, None)
    told = [m.task for m in day.story.told if m.task.arm is Arm.TARGET_SNI_ELSEWHERE]
    shown = {t.flow.address for t in told if t.subject == SERVICE.name}
    assert other not in shown
    assert (len(shown) == 2) is silences and (not silences or not shown <= usual)
