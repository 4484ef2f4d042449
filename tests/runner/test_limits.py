"""Until when a run may go on, whatever hangs at its end."""

import pytest

from msgprobe.runner.limits import LAST_MOVING, LEAST, MOVING, Limits

LATEST = 33.0


@pytest.mark.parametrize(
    ("began", "moving", "over"),
    [
        (5.0, True, 15.0),
        (5.0, False, 15.0),
        (LATEST, False, LATEST + LEAST),
        (LATEST + LAST_MOVING, True, LATEST + MOVING),
    ],
    ids=["early", "early, no transfer", "late", "a last transfer"],
)
def test_what_begins_late_is_over_in_time(began: float, moving: bool, over: float) -> None:
    assert Limits(latest=LATEST).over(began, 10.0, moving=moving) == over
