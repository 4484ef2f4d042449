"""A certificate that a public authority signed, for a service that trusts its own roots alone."""

from typing import Any

import pytest

from msgprobe.judging.judge import judge
from msgprobe.model.control import Site
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome, Strength
from msgprobe.report.say import said
from tests.evidence.story import CHAT, SITES, Story

PUBLIC = "CN=Public CA"
NEUTRAL = SITES[:2]
"""Servers in two networks that answer whatever the name."""


def told(
    elsewhere: dict[str, Any], neutral: dict[str, Any], *, servers: tuple[Site, ...] = NEUTRAL
) -> Story:
    """Every name shows a certificate of its own by a public authority, which is not trusted; so
    do, or do not, neutral servers that are asked for one of the names."""
    story = Story().good_connection().names()
    for host in CHAT:
        shown: dict[str, Any] = {"issuer": PUBLIC, "shown_for": f"CN={host}"}
        story.target(
            host, times=3, fails="tls", failure=Failure.TLS_UNKNOWN_AUTHORITY, check="tls", **shown
        )
    name = CHAT[0]
    for server in servers:
        (address,) = server.addresses
        story.target(name, arm=Arm.TARGET_SNI_ELSEWHERE, address=address, check="tls", **elsewhere)
        story.flow(
            address,
            subject=server.name,
            arm=Arm.NEUTRAL_SNI_ELSEWHERE,
            host="other.example",
            check="tls",
            **neutral,
        )
    return story.controls_again()


FOLLOWS: tuple[dict[str, Any], dict[str, Any]] = (
    {"issuer": PUBLIC, "shown_for": f"CN={CHAT[0]}"},
    {"issuer": PUBLIC, "shown_for": "CN=neutral.example"},
)


def test_neutral_servers_that_have_it_as_well_show_who_made_it() -> None:
    story = told(*FOLLOWS)
    (service,) = judge(story.evidence()).services
    text = service.functions[0]
    assert (text.outcome, text.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert text.mechanisms == ("tls.mitm",) and "Do not log in" in said(text.why)


def test_one_of_them_may_be_the_services_own_front() -> None:
    """A CDN shows the certificates of its customers at all of its addresses."""
    (service,) = judge(told(*FOLLOWS, servers=NEUTRAL[:1]).evidence()).services
    assert service.functions[0].outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("elsewhere", "neutral"),
    [
        # The neutral server shows its usual certificate, whatever it is asked for.
        ("CN=neutral.example", "CN=neutral.example"),
        # It shows that certificate to everybody: whoever owns it, nobody forged it for the name.
        (f"CN={CHAT[0]}", f"CN={CHAT[0]}"),
    ],
)
def test_another_authority_at_the_service_alone_is_not_called_forged(
    elsewhere: str, neutral: str
) -> None:
    story = told(
        {"issuer": PUBLIC, "shown_for": elsewhere}, {"issuer": PUBLIC, "shown_for": neutral}
    )
    (service,) = judge(story.evidence()).services
    assert service.functions[0].outcome is Outcome.INCONCLUSIVE
