"""What is measured to tell states of the connection apart: bounded, and only where it matters."""

from dataclasses import replace

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.model.control import Source
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Window
from msgprobe.model.run import Evidence
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.planning.moment import Moment
from msgprobe.planning.timetable import MONITOR_EVERY, MONITOR_MOST, MONITOR_UNTIL
from tests.evidence.story import SITES, Story, came_of, gate_task, somebody, under_way
from tests.hypotheses.connection.test_rules import HOME, gap, sites


def tasks(story: Story, arm: Arm, now: float, evidence: Evidence | None = None) -> list[Task]:
    found = agenda(evidence or story.evidence(), Moment(now=now)).tasks
    return [t for t in found if t.arm is arm]


def done(task: Task, start: float, *, dead: bool) -> Measurement:
    """What came of a task with a neutral site."""
    took = 6.0 if dead else 0.1
    return came_of(task, start=start, took=took, fails="connect" if dead else None)


def looks(story: Story, *, dead: bool, now: float = 12.1) -> int:
    """How many looks are taken when each of them ends like this."""
    count = 0
    while now < 60.0:
        wanted = [t for t in tasks(story, Arm.MONITOR, now) if not _told(story, t)]
        for task in wanted:
            number = len(story.told) + 1
            told = done(task, now, dead=dead)
            seen = tuple(replace(o, transaction=number) for o in told.observations)
            story.told.append(replace(told, observations=seen))
            count += 1
        now += MONITOR_EVERY / 2
    return count


def _told(story: Story, task: Task) -> bool:
    return any(m.task.id == task.id for m in story.told)


def healthy() -> Story:
    """A good line, on which every conversation takes a fifth of a second."""
    story = Story().good_connection()
    story.told = [replace(m, window=Window(start=0.0, end=0.2)) for m in story.told]
    return story


def test_a_line_that_works_is_not_looked_at_any_longer() -> None:
    assert tasks(Story().good_connection(), Arm.MONITOR, 5.0) == []


def test_a_line_that_never_worked_is_not_looked_at_any_longer() -> None:
    story = sites(Story().local(), Arm.CONNECTION, 0.0, dead=True)
    assert tasks(story, Arm.MONITOR, 12.0) == []


def test_a_line_that_fell_silent_is_looked_at_until_it_comes_back() -> None:
    (first,) = tasks(gap(back=False), Arm.MONITOR, 12.1)
    assert isinstance(first.probe, Flow) and first.check == "tls"
    assert 2 <= looks(gap(back=False), dead=False) <= 4


@pytest.mark.parametrize(("start", "back"), [(4.5, True), (4.5, False), (13.5, True)])
def test_what_failed_while_the_line_was_dead_is_tried_again_when_it_is_back(
    start: float, back: bool
) -> None:
    """The line was dead from second 4 to 12; what fails later is silent for itself."""
    story = gap(back=back)
    base = next(t for t in tasks(story, Arm.BASE, 3.0) if isinstance(t.probe, Flow))
    told = done(base, start, dead=True)
    story.told.append(told)
    wanted = {t.id for t in agenda(story.evidence(), Moment(now=25.0)).tasks}
    assert (f"{base.id}#again" in wanted) is (back and start < 12.0)


def test_a_neutral_transfer_that_hangs_is_reason_enough_to_look() -> None:
    story = healthy()
    source = Source(**somebody("mirror", 1), path="/big")
    evidence = story.evidence()
    evidence = replace(evidence, controls=replace(evidence.controls, sources=(source,)))

    def looked(now: float) -> list[Task]:
        transfer = replace(
            gate_task(SITES[0]),
            id="transfer",
            round=1,
            arm=Arm.TRANSFER_SOURCE,
            check="transfer",
            subject=source.name,
        )
        moment = Moment(now=now, running=under_way([transfer], 2.0))
        return [t for t in agenda(evidence, moment).tasks if t.arm is Arm.MONITOR]

    assert looked(4.0) == []
    assert len({t.subject for t in looked(6.0)}) == 2, "an outage is one of two networks at least"


def test_looking_at_a_line_that_stays_dead_has_an_end() -> None:
    count = looks(gap(back=False), dead=True)
    assert 3 < count <= MONITOR_MOST
    assert tasks(gap(back=False), Arm.MONITOR, MONITOR_UNTIL + 1) == []


def test_services_are_not_experimented_with_while_neutral_sites_fail() -> None:
    story = gap(back=False).names().all_targets(fails="connect", start=4.0, took=8.0)
    wanted = {t.arm for t in agenda(story.evidence(), Moment(now=12.1)).tasks}
    assert not wanted & {Arm.OTHER_PORT, Arm.OTHER_SNI, Arm.TARGET_SNI_ELSEWHERE}
    assert Arm.AGAIN in wanted


def test_one_big_greeting_is_enough_where_it_is_answered() -> None:
    story = healthy()
    (first,) = tasks(story, Arm.BIG_HELLO, 5.0)
    assert isinstance(first.probe, Flow) and first.probe.option("hello") == "modern"
    told = done(first, 5.0, dead=False)
    story.told.append(told)
    assert [t.id for t in tasks(story, Arm.BIG_HELLO, 9.0)] == [first.id]


def test_big_greetings_that_vanish_are_repeated_at_other_sites() -> None:
    story = healthy()
    (first,) = tasks(story, Arm.BIG_HELLO, 5.0)
    story.told.append(done(first, 5.0, dead=True))
    again = tasks(story, Arm.BIG_HELLO, 12.0)
    assert len({t.subject for t in again}) == 2
    assert len([t for t in again if t.subject == first.subject]) == 2


def test_where_one_vanished_and_one_was_answered_a_third_site_is_asked() -> None:
    story = healthy()
    (first,) = tasks(story, Arm.BIG_HELLO, 5.0)
    story.told.append(done(first, 5.0, dead=True))
    second = next(t for t in tasks(story, Arm.BIG_HELLO, 5.1) if t.subject != first.subject)
    story.told.append(done(second, 5.1, dead=False))
    asked = tasks(story, Arm.BIG_HELLO, 6.0)
    third = next(t for t in asked if t.subject not in (first.subject, second.subject))
    story.told.append(done(third, 6.0, dead=False))
    every = tasks(story, Arm.BIG_HELLO, 12.0)
    assert {t.subject for t in every} == {first.subject, second.subject, third.subject}


def test_a_quick_run_sends_no_big_greeting() -> None:
    evidence = healthy().evidence()
    quick = replace(evidence, request=replace(evidence.request, quick=True))
    assert tasks(Story(), Arm.BIG_HELLO, 5.0, quick) == []


def test_foreign_names_are_asked_for_at_home_only_when_nothing_abroad_answers() -> None:
    story = Story(sites=(*SITES, *HOME)).local()
    for site in HOME:
        story.site(site)
    dead = Story(sites=story.sites, told=list(story.told))
    for site in SITES:
        dead.site(site, start=0.0, took=8.0, fails="connect")
        told = dead.told[-1]
        dead.told[-1] = replace(told, task=replace(told.task, id=f"g.site.{site.name}"))
    asked = tasks(dead, Arm.NEUTRAL_SNI_ELSEWHERE, 9.0)
    assert {t.subject for t in asked} == {s.name for s in HOME}
    assert {t.probe.server_name for t in asked if isinstance(t.probe, Flow)} == {SITES[0].host}
    assert tasks(story, Arm.NEUTRAL_SNI_ELSEWHERE, 9.0) == []
    assert [t.check for t in tasks(dead, Arm.HOLE, 9.0)].count("ping") == 2
