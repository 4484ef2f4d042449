"""When conversations that end well say that something eats their packets."""

from collections.abc import Sequence

import pytest

from msgprobe.model.measurement import Measurement
from msgprobe.model.task import Role
from msgprobe.model.verdict import Outcome, Strength
from tests.evidence.story import SITES, Story, losing
from tests.judging.word import text


def lossy(told: Sequence[Measurement], role: Role, lost: int, sent: int) -> list[Measurement]:
    """Every conversation of that role has sent ``sent`` segments, ``lost`` of them once more."""
    return [losing(m, lost, sent) if m.task.role is role else m for m in told]


def story(mine: int, neutral: int) -> Story:
    """Five good conversations with each server, a dozen with neutral sites, with those losses of
    ten segments each."""
    told = Story().good_connection().names().controls_again()
    told.all_targets(times=5)
    for site in SITES * 2:
        told.site(site)
    told.told = lossy(lossy(told.told, Role.TARGET, mine, 10), Role.CONTROL, neutral, 10)
    return told


def test_a_service_that_loses_far_more_than_all_others_is_degraded() -> None:
    found = text(story(2, 0))
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.LIKELY)
    assert found.rules == ("tcp.loss",) and not found.mechanisms
    assert [one.key for one in found.why] == ["tcp.loss"] and found.evidence


@pytest.mark.parametrize(("mine", "neutral"), [(0, 0), (2, 2), (2, 1)])
def test_a_line_that_loses_everywhere_blames_nobody(mine: int, neutral: int) -> None:
    assert text(story(mine, neutral)).outcome is Outcome.OK
