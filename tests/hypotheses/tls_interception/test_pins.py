"""A server that is known by a certificate's hash may get a new one: that alone accuses nobody.

Each test has its counterpart, the same story with a certificate of a public authority, which does.
"""

from typing import Any

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import Outcome
from msgprobe.report.say import said
from tests.evidence.story import CHAT, SITES, Story
from tests.judging.word import text

UNKNOWN: dict[str, Any] = {
    "fails": "tls",
    "failure": Failure.TLS_UNKNOWN_AUTHORITY,
    "issuer": "CN=nobody knows",
}
BOTH = pytest.mark.parametrize(
    ("trust", "outcome"), [(Trust.PUBLIC, Outcome.BLOCKED), (Trust.HASH, Outcome.INCONCLUSIVE)]
)


@pytest.mark.parametrize("trust", [Trust.PUBLIC, Trust.HASH])
def test_beside_another_certificate_for_a_neutral_name(trust: Trust) -> None:
    story = Story().good_connection().names().controls_again().all_targets(trust=trust, **UNKNOWN)
    story.all_targets(times=1, arm=Arm.OTHER_SNI, server_name="site1.example", check="tls")
    assert text(story).outcome is Outcome.INCONCLUSIVE


@BOTH
def test_beside_neutral_servers_that_show_one_of_the_same_issuer(
    trust: Trust, outcome: Outcome
) -> None:
    """A public authority is 'unknown' too where only one certificate is known, and neutral servers
    may well have their own from the same one."""
    story = Story().good_connection().names().controls_again().all_targets(trust=trust, **UNKNOWN)
    for site in SITES[:2]:
        story.elsewhere(CHAT[0], site, times=1, issuer=UNKNOWN["issuer"])
    assert text(story).outcome is outcome


@BOTH
def test_beside_an_old_address_where_the_known_certificate_is_still_shown(
    trust: Trust, outcome: Outcome
) -> None:
    story = Story().good_connection()
    for host in CHAT:
        moved = f"198.51.{CHAT.index(host)}.9"
        story.asked(host, ResolverKind.SYSTEM, moved, arm=Arm.BASE)
        story.target(host, times=3, address=moved, trust=trust, **UNKNOWN)
        story.target(host, arm=Arm.OTHER_ADDRESS, trust=trust)
    assert text(story.names(system=False).controls_again()).outcome is outcome


def test_the_word_is_the_one_for_unexpected_certificates_and_warns() -> None:
    story = (
        Story().good_connection().names().controls_again().all_targets(trust=Trust.HASH, **UNKNOWN)
    )
    verdict = text(story)
    assert (verdict.outcome, verdict.rules) == (Outcome.INCONCLUSIVE, ("tls.certificate",))
    assert "Do not log in" in said(verdict.why)
