"""Until when a default run begins something new, by a clock that a device may fall behind."""

from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Moment
from tests.evidence.story import Story


def test_seconds_in_which_this_device_stood_still_are_not_the_runs() -> None:
    evidence = Story().local().evidence()
    context = PlanningContext(evidence, Moment(now=23.0))
    assert not context.past(24.0)
    context.go_on((), Moment(now=30.0, stood_still=6.5))
    assert not context.past(24.0)
    context.go_on((), Moment(now=31.0, stood_still=6.5))
    assert context.past(24.0)
