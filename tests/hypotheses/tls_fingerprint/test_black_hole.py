"""Where only small segments arrive, what was said in large ones shows nothing of modern
ClientHellos, nor of anybody."""

import dataclasses
from collections.abc import Callable

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.model.measurement import Measurement
from msgprobe.model.task import Arm, Flow, Running, Task
from msgprobe.model.verdict import Outcome
from msgprobe.planning.moment import Moment
from tests.evidence.story import CHAT, Story
from tests.hypotheses.tls_fingerprint.test_modern import RESET, SILENCE, elsewhere, fine, modern
from tests.hypotheses.tls_fingerprint.test_plan import told
from tests.hypotheses.tls_fingerprint.test_plan_modern import moderns, wanted, worked
from tests.judging.word import text

SMALL = 1000


def sized(task: Task, mss: int) -> Task:
    assert isinstance(task.probe, Flow)
    return dataclasses.replace(task, probe=dataclasses.replace(task.probe, mss=mss))


def in_small_segments(story: Story) -> Story:
    """The same, where all that was said was said in small segments."""

    def small(m: Measurement) -> Measurement:
        return dataclasses.replace(m, task=sized(m.task, SMALL)) if flow(m) else m

    return dataclasses.replace(story, told=[small(m) for m in story.told])


def first_of(story: Story) -> int:
    """Where the first conversation of the service is told."""
    return next(
        n
        for n, m in enumerate(story.told)
        if m.task.arm is Arm.BASE and isinstance(m.task.probe, Flow)
    )


@pytest.mark.parametrize(("mss", "asked"), [(0, True), (SMALL, False)])
def test_silence_in_large_segments_holds_no_modern_clienthello_up(mss: int, asked: bool) -> None:
    story = in_small_segments(worked())
    n = first_of(story)
    story.told[n] = told(sized(story.told[n].task, mss), 0.1, 3.0, SILENCE)
    assert bool(moderns(wanted(story))) is asked


@pytest.mark.parametrize(("mss", "asked"), [(0, True), (SMALL, False)])
def test_nor_while_it_is_still_waited_for(mss: int, asked: bool) -> None:
    story = in_small_segments(worked())
    task = sized(story.told.pop(first_of(story)).task, mss)
    running = {task.id: Running(task=task, since=0.1)}
    now = Moment(now=5.0, running=running, opened=frozenset({task.id}))
    tasks = agenda(story.evidence(), now).tasks
    assert any(t.arm is Arm.MODERN for t in tasks) is asked


def with_one_large(story: Story) -> Story:
    """The same, where one neutral site has answered large segments as well."""
    n = next(n for n, m in enumerate(story.told) if m.task.arm is Arm.CONNECTION and flow(m))
    story.told[n] = dataclasses.replace(story.told[n], task=sized(story.told[n].task, 0))
    return story


def flow(m: Measurement) -> bool:
    return isinstance(m.task.probe, Flow)


LARGE_ARRIVE = (worked, lambda: with_one_large(in_small_segments(worked())))


@pytest.mark.parametrize("line", LARGE_ARRIVE)
def test_where_large_ones_arrive_it_is_the_service_s_silence(line: Callable[[], Story]) -> None:
    story = line()
    n = first_of(story)
    story.told[n] = told(sized(story.told[n].task, 0), 0.1, 3.0, SILENCE)
    assert not moderns(wanted(story))


@pytest.mark.parametrize("line", LARGE_ARRIVE)
def test_there_it_is_the_one_who_is_waited_for_too(line: Callable[[], Story]) -> None:
    story = line()
    task = sized(story.told.pop(first_of(story)).task, 0)
    running = {task.id: Running(task=task, since=0.1)}
    now = Moment(now=5.0, running=running, opened=frozenset({task.id}))
    assert not moderns(list(agenda(story.evidence(), now).tasks))


def test_a_reset_is_no_loss_of_large_segments() -> None:
    story = in_small_segments(worked())
    n = first_of(story)
    story.told[n] = told(sized(story.told[n].task, 0), 0.1, 0.1, RESET)
    assert not moderns(wanted(story))


def test_its_repeat_in_small_ones_tells() -> None:
    story = in_small_segments(worked())
    n = first_of(story)
    first = story.told[n] = told(sized(story.told[n].task, 0), 0.1, 3.0, SILENCE)
    second = sized(first.task, SMALL).again(2, arm=Arm.REPEAT, reason="", timeout=5.0)
    story.told.append(told(second, 3.2, 3.0, SILENCE))
    assert not moderns(wanted(story, now=7.0))


@pytest.mark.parametrize(("mss", "outcome"), [(0, Outcome.BLOCKED), (SMALL, Outcome.INCONCLUSIVE)])
def test_modern_ones_that_die_are_no_less_dead_for_it(mss: int, outcome: Outcome) -> None:
    """Three small ones met silence as well; in large segments the line alone was the reason."""
    story = in_small_segments(elsewhere(modern(fine(), *(RESET,) * 3), *(RESET,) * 3))
    before = len(story.told)
    story.target(CHAT[1], times=3, fails="tls", failure=SILENCE, address="31.13.70.9")
    for n in range(before, len(story.told)):
        m = story.told[n]
        story.told[n] = dataclasses.replace(m, task=sized(m.task, mss))
    assert text(story).outcome is outcome
