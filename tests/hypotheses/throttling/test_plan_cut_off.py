"""What is known to be cut off by its name is not compared any further: nothing moves there."""

import dataclasses
from dataclasses import dataclass

import pytest

from msgprobe.model.run import Evidence
from msgprobe.model.task import Arm
from tests.evidence.story import Story
from tests.hypotheses.throttling.test_plan import Day, named

HOST = "web.whatsapp.com"


@dataclass
class Shown(Day):
    """The name was said three times at a neutral server, and got no answer; a neutral one said
    after that was ``others`` answered."""

    others: bool = True

    @property
    def evidence(self) -> Evidence:
        evidence = super().evidence
        site = evidence.controls.abroad[0]
        story = Story()
        for start in (1.0, 1.5, 2.0):
            story.flow(
                site.addresses[0],
                subject="whatsapp",
                arm=Arm.TARGET_SNI_ELSEWHERE,
                endpoint="web-443",
                host=HOST,
                fails="tls",
                check="tls",
                start=start,
            )
        story.flow(
            site.addresses[0],
            subject=site.name,
            arm=Arm.NEUTRAL_SNI_ELSEWHERE,
            host="neutral.example",
            fails=None if self.others else "tls",
            check="tls",
            start=2.5,
        )
        told = (*evidence.measurements, *story.told)
        return dataclasses.replace(evidence, measurements=told)


@pytest.mark.parametrize("others", [True, False])
def test_who_is_cut_off_is_not_compared(others: bool) -> None:
    """Where the server answers nobody else either, nothing is known of the name."""
    day = Shown(rate=named(HOST, 140.0), others=others).run()
    compared = {t.attempt for t in day.contest() if t.subject == "whatsapp"}
    assert bool(compared) is not others
