"""What a neutral server says to a service's name over IPv4 shows nothing of IPv6."""

from typing import Any

import pytest

from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.tls_sni.rules import TLS_RULES
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm
from tests.evidence.story import CHAT, SERVICE, Story
from tests.planning.test_one_family import BOTH, SIX

RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
FOREIGN: dict[str, Any] = {"arm": Arm.NEUTRAL_SNI_ELSEWHERE, "host": "site3.example"}


@pytest.mark.parametrize(("four", "six"), [(False, True), (True, False), (False, False)])
def test_a_name_that_neutral_servers_answer_over_one_family_alone(four: bool, six: bool) -> None:
    """The service is reset over IPv6. Neutral servers reset its names ``four`` over IPv4, ``six``
    over IPv6, and answer other foreign ones over both."""
    story = Story(sites=BOTH).good_connection().controls_again()
    for host in CHAT:
        story.target(host).target(host, address=SIX[host], times=3, **RESET)
        for site in BOTH[:2]:
            for address, dies in zip(site.addresses, (four, six), strict=True):
                story.elsewhere(host, address=address, **(RESET if dies else {}))
                story.flow(address, subject=site.name, **FOREIGN)
    facts = Facts(story.evidence())
    pool = PoolFacts(facts, ConnectionFacts(facts), SERVICE, SERVICE.pools[0])
    (rule,) = (r for r in TLS_RULES if r.info.rule_id == "tls.sni.elsewhere.reset")
    assert bool(rule.holds(pool)) is (four or six)
