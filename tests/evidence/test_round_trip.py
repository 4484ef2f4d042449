"""How long the way is, on a device that is late to look."""

from dataclasses import replace

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.line import capped_line, round_trip
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import HttpObservation, TcpObservation
from tests.evidence.story import Story, info


def seen(story: Story, took: float, **kernel: float) -> Facts:
    """Neutral sites whose connections stood after ``took`` seconds, by our own clock."""

    def late(told: Measurement) -> Measurement:
        observations = tuple(
            replace(
                o,
                window=replace(o.window, end=o.window.start + took),
                info=info(**kernel) if kernel else None,
            )
            if isinstance(o, TcpObservation)
            else o
            for o in told.observations
        )
        return replace(told, observations=observations)

    story.told = [late(one) for one in story.good_connection().told]
    return Facts(story.evidence())


def test_the_kernel_saw_the_answer_before_a_late_device_did() -> None:
    facts = seen(Story(), 0.8, rtt=0.04)
    assert round_trip(facts) == pytest.approx(0.04)
    assert facts.rtt == pytest.approx(0.8)


@pytest.mark.parametrize("kernel", [{}, {"rtt": 0.0}, {"rtt": 0.2, "total_retrans": 1}])
def test_where_the_kernel_cannot_tell_our_own_clock_stands(kernel: dict[str, float]) -> None:
    """No TCP_INFO; none of this connection; a SYN sent twice, whose answer may be to either."""
    assert round_trip(seen(Story(), 0.8, **kernel)) == pytest.approx(0.8)


def test_nobody_answered() -> None:
    assert round_trip(Facts(Story().evidence())) is None


def lasting(story: Story, seconds: float) -> Story:
    """The same, every answer of which is whole so many seconds after its beginning."""
    for n, told in enumerate(story.told):
        observations = tuple(
            replace(o, window=replace(o.window, end=o.window.start + seconds))
            if isinstance(o, HttpObservation)
            else o
            for o in told.observations
        )
        window = replace(told.window, end=told.window.start + seconds)
        story.told[n] = replace(told, observations=observations, window=window)
    return story


@pytest.mark.parametrize(("took", "capped"), [(0.06, True), (0.4, False)])
def test_a_device_that_is_late_at_each_step_shows_no_plans_cap(took: float, capped: bool) -> None:
    """It stood after 50 ms by the kernel's clock, and an answer of some kB took two seconds."""
    story = Story()
    seen(story, took, rtt=0.05, min_rtt=0.05)
    facts = Facts(lasting(story, 2.0).evidence())
    assert bool(capped_line(facts)) is capped


@pytest.mark.parametrize(("busy", "capped"), [(0.0, True), (0.3, True), (1.6, False)])
def test_a_device_that_stood_still_for_once_shows_no_plans_cap(busy: float, capped: bool) -> None:
    """In the middle of a handshake, say, while the answers lay there to be read."""
    story = Story()
    seen(story, 0.06, rtt=0.05, min_rtt=0.05)
    story.told = [replace(one, late=busy) for one in lasting(story, 2.0).told]
    assert bool(capped_line(Facts(story.evidence()))) is capped
