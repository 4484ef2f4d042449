"""When ClientHellos of modern clients are tried (D19), and with which names."""

import dataclasses
from typing import Any

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.model.failure import Failure
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Request
from msgprobe.model.target import Function, Pool, Service
from msgprobe.model.task import Arm, Flow, ResolverKind, Task
from msgprobe.planning.moment import Moment
from msgprobe.planning.timetable import BESIDE_MODERN
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story, came_of, endpoint
from tests.hypotheses.tls_fingerprint.test_modern import lasting
from tests.hypotheses.tls_fingerprint.test_plan import told

WEB = "web.example"

ARMS = (Arm.MODERN, Arm.MODERN_ELSEWHERE, Arm.MODERN_NEUTRAL)
RESET, SILENCE = Failure.CONNECTION_RESET, Failure.TIMED_OUT


def wanted(story: Story, now: float = 5.0, **request: Any) -> list[Task]:
    evidence = dataclasses.replace(story.evidence(), request=Request(**request))
    return list(agenda(evidence, Moment(now=now)).tasks)


def moderns(tasks: list[Task]) -> list[Task]:
    return [t for t in tasks if t.arm in ARMS]


def worked(took: float = 0.2, service: Service = SERVICE) -> Story:
    """What the plan wanted first went well, within moments or so many seconds."""
    story = Story(services=(service,)).local().names()
    story.asked(WEB, ResolverKind.SYSTEM, "31.13.70.9", arm=Arm.BASE)
    for site in SITES:
        story.dns(site.host, ResolverKind.SYSTEM, site.addresses[0])
    for arm in (Arm.CONNECTION, Arm.BIG_HELLO, Arm.BASE):
        for task in wanted(story):
            if task.arm is arm and isinstance(task.probe, Flow) and task.check != "page":
                story.told.append(came_of(task, whole=took))
    return story


def test_a_name_of_each_zone_is_greeted_so_where_all_is_well() -> None:
    tasks = moderns(wanted(worked()))
    assert {t.arm for t in tasks} == {Arm.MODERN} and len(tasks) == len(CHAT)
    for task in tasks:
        assert isinstance(task.probe, Flow)
        assert task.probe.option(OPTION) == Hello.MODERN
        assert task.probe.option("alpn") == "h2,http/1.1"
        assert task.probe.address == ADDRESSES[task.probe.server_name or ""]


def test_the_name_is_shown_elsewhere_only_where_it_dies() -> None:
    story = worked()
    first, *_ = moderns(wanted(story))
    story.told.append(told(first, 5.0, 0.05, RESET))
    assert {t.arm for t in moderns(wanted(story, now=6.0))} == set(ARMS)


def test_it_is_waited_for_twice_as_long_as_a_small_one_took() -> None:
    (usual, *_) = moderns(wanted(worked()))
    tasks = moderns(wanted(lasting(worked(), Arm.BASE, 3.5)))
    assert {t.timeout for t in tasks} == {7.0} and usual.timeout < 7.0


@pytest.mark.parametrize(("took", "names"), [(0.2, 2), (1.2, 1), (2.5, 0)])
def test_a_slow_line_is_spared_one_name_and_a_very_slow_one_both(took: float, names: int) -> None:
    assert len(moderns(wanted(worked(took)))) == names


@pytest.mark.parametrize("stage", ["tls", "answer"])
def test_it_is_shown_as_often_as_a_claim_needs(stage: str) -> None:
    """However it dies at home, and also where another name dies meanwhile."""
    story = worked()
    for task in moderns(wanted(story)):
        story.told.append(told(task, 5.0, 6.0, SILENCE, stage))
    (first,) = [t for t in wanted(story, now=11.5) if t.arm is Arm.MODERN_ELSEWHERE]
    assert first.check == "http2"
    story.told.append(told(first, 9.0, 6.0, SILENCE, stage))
    again = [t for t in wanted(story, now=17.0) if t.arm is Arm.MODERN_ELSEWHERE]
    assert {t.first for t in again} == {first.id} and len(again) == 3


@pytest.mark.parametrize("deaths", [1, 2])
def test_neutral_ones_are_counted_where_a_service_s_die_twice(deaths: int) -> None:
    """That one was answered shows little where a box minds some of them, whomever they name."""
    story = worked()
    own = next(t for t in wanted(story) if t.arm is Arm.MODERN)
    for number, task in enumerate((own, again(own))[:deaths]):
        story.told.append(told(task, 5.0 + number, 0.05, RESET))
    asked = [t.id for t in wanted(story, now=9.0) if t.arm is Arm.BIG_HELLO]
    assert len(set(asked)) == len(asked) == (1 if deaths == 1 else BESIDE_MODERN)


@pytest.mark.parametrize("took", [0.2, 2.5])
def test_they_are_counted_whatever_the_line_can_take(took: float) -> None:
    """Nothing is told without them of what was begun before it showed that it is slow."""
    own = next(t for t in wanted(worked()) if t.arm is Arm.MODERN)
    story = worked(took)
    for number, task in enumerate((own, again(own))):
        story.told.append(told(task, 5.0 + number, 0.05, RESET))
    asked = [t for t in wanted(story, now=9.0) if t.arm is Arm.BIG_HELLO]
    assert len(asked) == BESIDE_MODERN


def again(task: Task) -> Task:
    return task.again(2, arm=task.arm, reason="", timeout=5.0)


def kept_out(story: Story, *hosts: str) -> Story:
    """The same, where the first conversations with these hosts were not let in."""

    def came(m: Measurement) -> Measurement:
        mine = isinstance(m.task.probe, Flow) and m.task.probe.host in hosts
        return came_of(m.task, took=5.0, fails="connect") if mine else m

    story.told = [came(m) for m in story.told]
    return story


@pytest.mark.parametrize("works", [True, False])
def test_what_works_at_its_second_attempt_is_greeted_so_too(works: bool) -> None:
    story = kept_out(worked(), *CHAT)
    firsts = [m.task for m in story.told if m.task.arm is Arm.BASE]
    for task in firsts:
        if isinstance(task.probe, Flow):
            second = task.again(2, arm=Arm.REPEAT, reason="", timeout=5.0)
            story.told.append(came_of(second, start=6.0, fails=None if works else "connect"))
    names = {t.flow.server_name for t in moderns(wanted(story, now=12.0))}
    assert names == (set(CHAT) if works else set())


def test_who_joins_because_others_failed_is_not_waited_for_before_it_has_begun() -> None:
    """The budget may leave it out. The line is spared more than one."""
    chat, web = (
        dataclasses.replace(SERVICE.pools[0], sample=1),
        Pool(name="web", function=Function.WEB, ok_at=1),
    )
    ends = (*SERVICE.endpoints, endpoint("web", "web"))
    story = worked(1.2, dataclasses.replace(SERVICE, pools=(chat, web), endpoints=ends))
    assert len(moderns(wanted(story))) == 1
    tasks = wanted(kept_out(story, *CHAT))
    assert {t.flow.host for t in tasks if isinstance(t.probe, Flow)} > set(CHAT)
    assert [t.flow.server_name for t in moderns(tasks)] == [WEB]


def test_not_where_the_path_or_the_user_wants_none() -> None:
    assert not moderns(wanted(worked(), quick=True))
    story = worked()
    story.told = [t for t in story.told if t.task.arm is not Arm.BIG_HELLO]
    assert not moderns(wanted(story)), "no neutral site has answered one"
