"""A radio that wakes up loses every question of its first moments: they are asked once more."""

from dataclasses import replace

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Window
from msgprobe.model.task import Arm, ResolverKind, Running, Task
from msgprobe.planning.baseline import name_task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.lost_questions import lost_with_others
from msgprobe.planning.moment import Moment
from msgprobe.planning.suspects import failing
from tests.evidence.story import CHAT, SERVICE, SITES, Story

BEGUN = 0.2


def question(name: str, start: float, took: float, failure: Failure | None = None) -> Measurement:
    """A neutral name is asked for at the system's resolver."""
    found = () if failure else ("20.1.1.1",)
    story = Story().dns(name, ResolverKind.SYSTEM, *found, failure=failure)
    return replace(story.told[0], window=Window(start=start, end=start + took))


def line(
    *,
    beside: tuple[float, ...] = (5.0, 5.0),
    since: tuple[float, ...] = (0.05,),
    now: float = 2.8,
    again: float | None = None,
    known: bool = True,
) -> tuple[PlanningContext, Task]:
    """Neutral names asked for beside one of the service's, and 2.4 s later, took so many seconds;
    the service's hangs, and since ``again`` its repeat does. ``known``: the later ones tell whether
    the resolver works."""
    story = Story().local()
    for site in SITES:
        story.site(site)
    asked = [question(f"n{n}.example", 0.1 * n, took) for n, took in enumerate(beside)]
    later = [site.host if known else f"source.{site.host}" for site in SITES]
    asked += [question(later[n], 2.4, took) for n, took in enumerate(since)]
    story.told += [m for m in asked if m.window.end <= now]
    running = {m.task.id: Running(task=m.task, since=m.window.start) for m in asked}
    for m in story.told:
        running.pop(m.task.id, None)
    mine = name_task(SERVICE, CHAT[0], story.evidence().request)
    running[mine.id] = Running(task=mine, since=BEGUN)
    if again is not None:
        repeat = mine.again(2, timeout=mine.timeout)
        running[repeat.id] = Running(task=repeat, since=again)
    return PlanningContext(story.evidence(), Moment(now=now, running=running)), mine


@pytest.mark.parametrize("now", [2.8, 5.12])
def test_what_hangs_with_all_others_is_lost_where_the_resolver_answers_since(now: float) -> None:
    """Be it that they have been sent again, and answered, meanwhile."""
    assert lost_with_others(*line(now=now))


@pytest.mark.parametrize(
    ("beside", "since"),
    [((5.0, 0.05), (0.05,)), ((5.0, 5.0), ()), ((), (0.05,)), ((5.0, 5.0), (5.0,))],
    ids=["a neutral one was answered", "none is since", "nobody asked", "none was answered since"],
)
def test_else_somebody_may_mind_the_name(
    beside: tuple[float, ...], since: tuple[float, ...]
) -> None:
    assert not lost_with_others(*line(beside=beside, since=since))


def wanted_again(context: PlanningContext, asked: Task) -> list[int]:
    return [t.attempt for t in context.asked_again(asked)]


def test_what_was_lost_is_asked_again_at_once_and_other_resolvers_when_it_hangs_again() -> None:
    (endpoint, _) = SERVICE.endpoints
    context, asked = line()
    assert wanted_again(context, asked) == [2]
    assert wanted_again(*line(beside=(0.05, 0.05))) == []
    late, _ = line(now=4.0, again=2.8)
    assert not failing(late, SERVICE, endpoint)
    later, _ = line(now=5.9, again=2.8)
    assert failing(later, SERVICE, endpoint)
    unasked, _ = line(now=4.0, known=False)
    assert failing(unasked, SERVICE, endpoint), "its repeat will not be asked"
    minded, _ = line(beside=(0.05, 0.05), now=4.0, again=2.8)
    assert failing(minded, SERVICE, endpoint)


def test_a_repeat_that_failed_is_waited_for_no_longer() -> None:
    (endpoint, _) = SERVICE.endpoints
    context, asked = line(now=5.9, again=2.8)
    repeat = asked.again(2, timeout=asked.timeout)
    over = Story().asked(CHAT[0], ResolverKind.SYSTEM, failure=Failure.DNS_TEMPORARY, arm=Arm.BASE)
    done = replace(over.told[0], task=repeat, window=Window(start=2.8, end=3.0))
    known = (*context.facts.evidence.measurements, done)
    running = {i: r for i, r in context.moment.running.items() if i != repeat.id}
    evidence = replace(context.facts.evidence, measurements=known)
    assert failing(PlanningContext(evidence, Moment(now=3.1, running=running)), SERVICE, endpoint)
