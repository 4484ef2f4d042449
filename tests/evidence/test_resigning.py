"""A root in the user's own list that signs for everybody: what it proves, and what it does not."""

from typing import Any

import pytest

from msgprobe import session
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.judging.judge import judge
from msgprobe.model.control import Site
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Certificate
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm
from msgprobe.model.verdict import FunctionVerdict, Outcome, State, Verdict
from msgprobe.report.advice import advise
from msgprobe.report.say import said
from tests.evidence.story import CHAT, SITES, Story, certificate
from tests.judging.word import text

COMPANY = "CN=Company Root"
PUBLIC = "CN=Public Root"
UNTRUSTED: dict[str, Any] = {"fails": "tls", "failure": Failure.TLS_UNKNOWN_AUTHORITY}


def chain(host: str, root: str = COMPANY, box: int = 1) -> tuple[Certificate, ...]:
    """A certificate for the host by one of the root's intermediate authorities."""
    middle = f"CN=Issuing {box}"
    return certificate(middle, f"CN={host}", (host,)), certificate(root, middle)


def inspected(*exempt: Site, own: bool = True, **how: Any) -> Story:
    """Every neutral site but the exempt shows the company's, which the user's list holds."""
    story = Story().local(own_roots=own)
    for number, site in enumerate(SITES):
        if site in exempt:
            story.site(site, root_public=True, chain=chain(site.host, PUBLIC))
        else:
            shown = chain(site.host, box=number)
            story.site(site, **{"root_public": False, "chain": shown, **how})
    return story


def connection_of(story: Story) -> ConnectionFacts:
    return ConnectionFacts(Facts(story.evidence()))


def judged(story: Story) -> Verdict:
    """The verdict, which what is kept of the certificates gives as well."""
    whole = story.evidence()
    _, verdict = session.judged(whole)
    assert verdict == judge(whole)
    return verdict


def advice(verdict: Verdict) -> str:
    return str(advise(verdict.connection, verdict.services))


def serves(story: Story, root: str = COMPANY, **how: Any) -> FunctionVerdict:
    """Acme's names show certificates by ``root``; what is its word then?"""
    story.names()
    for host in CHAT:
        story.target(host, times=3, **{"root_public": False, "chain": chain(host, root), **how})
    return text(story.controls_again())


def test_sites_of_three_owners_under_one_private_root_are_inspection_though_it_is_trusted() -> None:
    story = inspected(SITES[0])
    found = connection_of(story)
    assert found.inspector == COMPANY
    assert len(found.networks(found.abroad)) == 4
    verdict = judged(story)
    assert verdict.connection.state is State.ONLINE
    assert "tls_inspection" in verdict.connection.notes
    assert "Somebody can read along here" in advice(verdict)
    assert "Do not log in" in advice(verdict)


def test_what_rests_on_its_certificates_is_neither_accused_nor_acquitted() -> None:
    found = serves(inspected())
    assert (found.outcome, found.rules[0]) == (Outcome.INCONCLUSIVE, "tls.inspection")
    assert "do not log in" in said(found.why)


def test_pinned_services_are_not_accused_where_neutral_servers_have_their_names() -> None:
    story = inspected()
    for site in SITES[:2]:
        story.elsewhere(CHAT[0], site, chain=chain(CHAT[0]))
    found = serves(story, trust=Trust.PINNED, **UNTRUSTED)
    assert (found.outcome, found.rules[0]) == (Outcome.INCONCLUSIVE, "tls.inspection")


def test_an_exempt_service_is_acquitted() -> None:
    found = serves(inspected(), PUBLIC, root_public=True)
    assert found.outcome is Outcome.OK


def test_an_exempt_member_is_no_reason_to_call_the_others_impaired() -> None:
    story = inspected().names()
    story.target(CHAT[0], root_public=True, chain=chain(CHAT[0], PUBLIC))
    story.target(CHAT[1], times=3, root_public=False, chain=chain(CHAT[1]))
    assert text(story.controls_again()).outcome is Outcome.OK  # one member is enough here


def test_two_owners_beside_two_that_hold_are_none() -> None:
    assert connection_of(inspected(*SITES[:2])).inspector is None


@pytest.mark.parametrize("public", [True, None])
def test_a_public_root_inspects_nobody(public: bool | None) -> None:
    story = inspected(own=public is None, root_public=public)
    assert connection_of(story).inspector is None
    assert serves(story, root_public=public).outcome is Outcome.OK


def test_a_root_of_the_users_own_that_signs_for_one_service_alone_is_believed() -> None:
    """A company's own chat server, checked with the company's own list."""
    story = Story().local(own_roots=True)
    for site in SITES:
        story.site(site, root_public=True)
    assert serves(story).outcome is Outcome.OK


def test_what_dies_inside_is_told_as_it_died() -> None:
    story = inspected().names()
    story.target(
        CHAT[0],
        fails="answer",
        failure=Failure.CONNECTION_RESET,
        root_public=False,
        chain=chain(CHAT[0]),
    )
    for site in SITES[:1]:
        story.target(CHAT[0], address="31.13.70.7", root_public=False, chain=chain(site.host))
    (conversation,) = (
        t for t in Facts(story.evidence()).arm(Arm.BASE) if t.address != "31.13.70.7"
    )
    assert (conversation.failure, conversation.symptom) == (
        Failure.CONNECTION_RESET,
        "tls.post_handshake",
    )
    assert not conversation.authenticated


# -- a list of the user's own without any public authority


def closed(swapped: str | None) -> Story:
    """Neutral sites and a service that trusts its own roots alone show one authority's; at the
    service's address a neutral name shows ``swapped``'s."""
    story = inspected(root_public=None).names()
    untrusted = {**UNTRUSTED, "trust": Trust.PINNED, "check": "tls"}
    for host in CHAT:
        story.target(host, times=3, chain=chain(host), **untrusted)
        if swapped is not None:
            shown = chain(SITES[0].host, swapped)
            story.target(
                host, arm=Arm.OTHER_SNI, server_name=SITES[0].host, chain=shown, check="tls"
            )
    for site in SITES[:2]:
        story.elsewhere(CHAT[0], site, chain=chain(CHAT[0]))
    return story.controls_again()


@pytest.mark.parametrize(
    ("swapped", "inspects", "word"),
    [
        (COMPANY, True, Outcome.INCONCLUSIVE),
        (None, False, Outcome.INCONCLUSIVE),
        ("CN=Acme's own", False, Outcome.BLOCKED),
    ],
    ids=["everything", "unknown", "the_service_alone"],
)
def test_there_a_pinned_services_server_tells_who_is_re_signed(
    swapped: str | None, inspects: bool, word: Outcome
) -> None:
    story = closed(swapped)
    assert (connection_of(story).inspector is not None) is inspects
    assert text(story).outcome is word


# -- what looks like it and is not


def test_public_authorities_that_our_list_lacks_inspect_nobody() -> None:
    story = Story().local()
    story.site(SITES[0])
    for site in SITES[1:]:
        shown = certificate("CN=New Public Root", f"CN={site.host}", (site.host,), logged=True)
        story.site(site, chain=(shown,), **UNTRUSTED)
    found = connection_of(story)
    assert found.inspector is None
    assert len(found.networks(found.abroad)) == 4


def test_the_state_that_re_signs_everything_is_named() -> None:
    root = "CN=Qaznet Trust Network, O=Qaznet, C=KZ"
    story = Story().local()
    for site in SITES:
        story.site(site, chain=chain(site.host, root), **UNTRUSTED)
    verdict = judged(story)
    assert {"tls_inspection", "state_root_kz"} <= set(verdict.connection.notes)
    assert "Kazakhstan's state" in advice(verdict)


def test_a_states_authority_is_not_named_for_what_the_device_believes() -> None:
    """It signs for neutral sites, and nothing is wrong with that here."""
    root = "CN=Qaznet Trust Network, O=Qaznet, C=KZ"
    story = Story().local()
    for site in SITES:
        story.site(site, chain=chain(site.host, root))
    assert "state_root_kz" not in judged(story).connection.notes
