"""Transfers that stand still together: their services' doing, or the line's?"""

import pytest

from msgprobe.model.measurement import Measurement
from msgprobe.model.task import Arm, Role, Task
from tests.agenda.test_experiments import Trouble
from tests.evidence.moves import moved
from tests.hypotheses.throttling.test_plan import FAST

BACK = 14.0


class Silence(Trouble):
    """From then on nothing moves, and nobody answers, until the line is back."""

    def _dead(self, now: float) -> bool:
        first = next((t for t in self.begun if t.surveys and t.role is Role.TARGET), None)
        return first is not None and now < BACK

    def ends_at(self, task: Task, now: float) -> str:
        return "connect hangs" if self._dead(now) else super().ends_at(task, now)

    def _moved(self, task: Task, now: float) -> Measurement:
        if not self._dead(now):
            return super()._moved(task, now)
        number = len(self.begun)
        return moved(task, now, FAST, transaction=number, size=65536, patience=11.0, stop_at=1)


def looks(day: Trouble) -> int:
    return len([t for t in day.run().begun if t.arm is Arm.MONITOR])


def test_two_services_that_stand_still_are_a_reason_to_ask_two_neutral_sites_once() -> None:
    assert looks(Trouble(stops_at=20_000)) == 2


@pytest.mark.parametrize("only", ["whatsapp", "telegram"])
def test_one_service_alone_is_none(only: str) -> None:
    assert looks(Trouble(stops_at=20_000, only=(only,))) == 0


def test_transfers_that_run_are_none() -> None:
    assert looks(Trouble()) == 0


def test_where_these_are_silent_too_others_are_asked_until_one_answers() -> None:
    assert looks(Silence()) >= 4
