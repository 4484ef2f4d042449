"""How long the way is, on a device that is late to look."""

from dataclasses import replace

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.line import round_trip
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TcpObservation
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
