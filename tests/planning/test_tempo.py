"""How fast conversations may follow one another: what a line that was away for a moment, and what
one that is busy does to neutral conversations."""

import dataclasses

import pytest

from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TcpObservation, Window
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Moment
from tests.evidence.story import Story, info


def first_packets_lost(told: Measurement, wait: float) -> Measurement:
    """The connection stood ``wait`` seconds later, for its first packets were lost."""
    observations = tuple(
        dataclasses.replace(
            o,
            window=Window(start=o.window.start, end=o.window.start + wait + 0.04),
            info=info(rtt=0.04, total_retrans=2),
        )
        if isinstance(o, TcpObservation)
        else o
        for o in told.observations
    )
    return lasts(dataclasses.replace(told, observations=observations), wait + 0.2)


def lasts(told: Measurement, seconds: float) -> Measurement:
    window = Window(start=told.window.start, end=told.window.start + seconds)
    return dataclasses.replace(told, window=window)


def context(story: Story) -> PlanningContext:
    return PlanningContext(story.evidence(), Moment(now=5.0))


@pytest.mark.parametrize("wait", [1.0, 3.0])
def test_a_line_that_was_away_at_first_is_neither_far_nor_busy(wait: float) -> None:
    story = Story().good_connection()
    story.told = [first_packets_lost(m, wait) for m in story.told]
    seen = context(story)
    assert seen.facts.rtt == pytest.approx(0.04)
    assert seen.pace == 0.0


def test_a_line_on_which_all_takes_long_is_busy() -> None:
    story = Story().good_connection()
    story.told = [lasts(m, 2.0) for m in story.told]
    assert context(story).pace == pytest.approx(0.3)


def test_a_way_that_is_long_is_seen_as_such_when_a_first_packet_was_sent_again_in_vain() -> None:
    """The answer came to the first one, 1.3 s later (the kernel tells by its timestamp)."""
    story = Story().good_connection()
    for n, m in enumerate(story.told):
        observations = tuple(
            dataclasses.replace(
                o, window=Window(start=0.0, end=1.3), info=info(rtt=1.3, total_retrans=1)
            )
            if isinstance(o, TcpObservation)
            else o
            for o in m.observations
        )
        story.told[n] = dataclasses.replace(m, observations=observations)
    assert context(story).facts.rtt == pytest.approx(1.3)


@pytest.mark.parametrize(("kernel", "roomy"), [(0.05, True), (0.6, False)], ids=["device", "line"])
def test_a_device_that_is_late_to_look_is_no_slow_line(kernel: float, roomy: bool) -> None:
    """Connections stood after 0.6 s by its own clock; the kernel had their answers when it says."""
    story = Story().good_connection()
    for n, m in enumerate(story.told):
        observations = tuple(
            dataclasses.replace(
                o,
                window=Window(start=o.window.start, end=o.window.start + 0.6),
                info=info(rtt=kernel),
            )
            if isinstance(o, TcpObservation)
            else o
            for o in m.observations
        )
        story.told[n] = lasts(dataclasses.replace(m, observations=observations), 0.9)
    seen = context(story)
    assert seen.facts.rtt == pytest.approx(0.6), "it is waited for as long as that takes"
    assert (seen.roomy, not seen.sparing) == (roomy, roomy)
