"""D7 where an alert comes back: who refuses the service's names, and takes others?"""

from typing import Any

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome, Strength
from tests.evidence.story import CHAT, SITES, Story
from tests.judging.word import text

ALERT: dict[str, Any] = {"fails": "tls", "failure": Failure.TLS_FAILED}
RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
TAKEN: dict[str, Any] = {}


def refused(*said: dict[str, Any], strange: dict[str, Any] = TAKEN, times: int = 3) -> Story:
    """The service's names meet an alert at home; neutral servers ``said`` what they did to one of
    them, and treat a ``strange`` neutral one so."""
    story = Story().good_connection().names().controls_again()
    story.all_targets(**ALERT)
    story.all_targets(times=1, arm=Arm.OTHER_SNI, server_name="site1.example", check="tls")
    for host, site, how in zip(CHAT, SITES, said, strict=False):
        story.elsewhere(host, site, times=times, **how)
        twin = {"host": "site3.example", "check": "tls", **strange}
        story.site(site, Arm.NEUTRAL_SNI_ELSEWHERE, **twin)
    return story


def test_servers_of_two_networks_that_take_any_name_but_the_services_did_not_say_so() -> None:
    verdict = text(refused(ALERT, ALERT))
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert verdict.mechanisms == ("tls.alert.sni",)
    assert verdict.rules == ("tls.sni.elsewhere.alert",)


@pytest.mark.parametrize(
    "story",
    [
        refused(ALERT),
        refused(ALERT, ALERT, strange=ALERT),
        refused(ALERT, ALERT, strange=RESET),
        refused(ALERT, ALERT, times=1),
        refused(ALERT, TAKEN),
        refused(TAKEN, TAKEN),
    ],
    ids=["one network", "strict", "unfriendly", "once", "taken there", "taken"],
)
def test_less_than_that_accuses_nobody(story: Story) -> None:
    assert text(story).outcome is Outcome.INCONCLUSIVE
