"""Certificates that our list vouches for no longer: whose they may be, and where else they are."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import certifi
import pytest

from msgprobe.evidence.certificates import (
    MINTED,
    names_host,
    of_former_authority,
    shown_elsewhere,
)
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.former_roots import FORMER_ROOTS, NEWEST
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.rule import apply
from msgprobe.hypotheses.tls_interception.rules import STORE_AGE
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Certificate
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome
from msgprobe.report.say import said
from msgprobe.steps.certificate import described
from tests.evidence.chains import (
    DIGICERT_EV,
    SIGNAL,
    Chain,
    issue,
    like_signal,
    like_telegram,
    like_whatsapp,
)
from tests.evidence.story import CHAT, SITES, Story, certificate
from tests.wire.test_der import pems

UNTRUSTED: dict[str, Any] = {
    "fails": "tls",
    "failure": Failure.TLS_UNKNOWN_AUTHORITY,
    "check": "tls",
}
EV = "CN=DigiCert High Assurance EV Root CA, O=DigiCert Inc, C=US"
MADE = like_whatsapp(CHAT[0])


def shown(chain: Chain, *, host: str = CHAT[0], trust: Trust = Trust.PUBLIC) -> Conversation:
    """A conversation in which a server showed the chain and convinced nobody."""
    story = Story().target(host, chain=described(chain.ders), trust=trust, **UNTRUSTED)
    (conversation,) = Facts(story.evidence()).conversations
    return conversation


def pool(story: Story) -> PoolFacts:
    evidence = story.evidence()
    facts = Facts(evidence)
    (service,) = evidence.services
    return PoolFacts(facts, ConnectionFacts(facts), service, service.pools[0])


# -- names


@pytest.mark.parametrize(
    ("names", "host", "right"),
    [
        (("chat.example",), "chat.example", True),
        (("chat.example",), "CHAT.example.", True),
        (("*.example.org",), "chat.example.org", True),
        (("*.example.org",), "a.chat.example.org", False),
        (("*.example.org",), "example.org", False),
        (("*",), "localhost", False),
        (("c*.example",), "chat.example", False),
        ((), "chat.example", False),
        (("chat.example",), "", False),
    ],
)
def test_a_certificate_is_for_the_hosts_it_names(
    names: tuple[str, ...], host: str, right: bool
) -> None:
    assert names_host(certificate(names=names), host) is right


# -- former authorities


def test_a_chain_to_a_root_that_lists_have_dropped_is_recognised_by_its_name() -> None:
    assert of_former_authority(shown(like_whatsapp("*.example", CHAT[0]))) == EV


@pytest.mark.parametrize(
    "chain",
    [
        like_whatsapp("other.example"),
        like_whatsapp(CHAT[0], ends_in={"CN": "Made Up Root", "O": "Nobody", "C": "US"}),
        like_whatsapp(CHAT[0], ends_in=SIGNAL),
        like_signal(CHAT[0]),
        # The old root itself is sent along, and its key is not the old root's.
        Chain((*MADE.shown, MADE.root), MADE.root),
        like_telegram(CHAT[0])[0],
        # A genuine-looking authority beside a leaf that it did not sign.
        Chain((issue({"CN": "x"}, hosts=(CHAT[0],)), MADE.shown[1]), MADE.root),
    ],
    ids=["name", "made_up", "own_root", "bare", "wrong_key", "wrong_old_key", "unlinked"],
)
def test_other_chains_that_nobody_vouches_for_are_not_of_a_former_authority(chain: Chain) -> None:
    assert of_former_authority(shown(chain)) is None


@pytest.mark.parametrize("trust", [Trust.PINNED, Trust.HASH])
def test_who_trusts_its_own_roots_alone_has_no_list_that_ages(trust: Trust) -> None:
    assert of_former_authority(shown(like_whatsapp(CHAT[0]), trust=trust)) is None


def test_either_trust_has_one() -> None:
    assert of_former_authority(shown(like_whatsapp(CHAT[0]), trust=Trust.EITHER)) == EV


def test_an_authority_signs_nothing_after_its_own_end() -> None:
    ended = datetime(2031, 11, 11, tzinfo=UTC)  # the root's certificate ends on 2031-11-10
    above = issue(DIGICERT_EV, days=3650)
    early, late = (
        Chain((issue({}, above, hosts=(CHAT[0],), begun=begun),), above)
        for begun in (ended - timedelta(days=2), ended)
    )
    assert of_former_authority(shown(early)) == EV
    assert of_former_authority(shown(late)) is None


def test_the_name_of_the_host_alone_being_wrong_is_another_failure() -> None:
    conversation = shown(like_whatsapp(CHAT[0]))
    assert of_former_authority(replace(conversation, failure=Failure.TLS_INVALID_HOSTNAME)) is None
    assert of_former_authority(replace(conversation, failure=None)) is None


def test_the_installed_list_lacks_the_former_roots_unless_it_is_older() -> None:
    """Whoever raises certifi and meets this has to write the table anew."""

    def version(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split(".")[:3])

    held = {described([ssl.PEM_cert_to_DER_cert(pem)])[0].spki_sha256 for pem in pems()}
    late = [r for r in FORMER_ROOTS if version(r.last_in) < version(certifi.__version__)]
    assert late and version(NEWEST) <= version(certifi.__version__)
    assert not [r.subject for r in late if r.spki_sha256 in held]


# -- the rule


def aged(**how: Any) -> Story:
    """Every server shows a certificate for its name that ends in a former root."""
    story = Story().good_connection().names()
    for host in CHAT:
        chain = described(like_whatsapp(host).ders)
        story.target(host, times=3, chain=chain, **(UNTRUSTED | how))
    return story.controls_again()


def test_a_service_older_than_our_list_accuses_nobody() -> None:
    story = aged()
    (found,) = apply((STORE_AGE,), pool(story))
    assert (found.info.rule_id, found.info.outcome) == ("tls.store_age", Outcome.INCONCLUSIVE)
    assert len(found.evidence) == 6
    (service,) = judge(story.evidence()).services
    (function,) = service.functions
    assert function.outcome is Outcome.INCONCLUSIVE
    assert "different age" in said(function.why) and "Do not log in" in said(function.why)
    assert not service.mechanisms


def test_it_is_the_word_beside_the_fronts_usual_certificate_too() -> None:
    """Another certificate for a neutral name at the same address is any front's default."""
    story = aged()
    story.all_targets(times=1, arm=Arm.OTHER_SNI, server_name="site1.example", check="tls")
    (service,) = judge(story.evidence()).services
    (function,) = service.functions
    assert (function.outcome, function.rules) == (Outcome.INCONCLUSIVE, ("tls.store_age",))
    assert function.why[0].key == "tls.store_age"


def test_one_certificate_of_nobody_among_them_is_not_explained_by_age() -> None:
    story = aged()
    story.target(CHAT[0], times=3, issuer="CN=nobody", **UNTRUSTED)
    assert apply((STORE_AGE,), pool(story)) == ()


def test_a_member_that_answers_leaves_nothing_to_explain() -> None:
    assert apply((STORE_AGE,), pool(aged().target(CHAT[0]))) == ()


# -- the same certificate elsewhere

TWO = (SITES[0], SITES[1])
"""Neutral servers in two networks."""


def leaves(host: str, issuer: str, times: int) -> list[Certificate]:
    """As many certificates for ``host`` by ``issuer`` as are asked for, each another one."""
    return [
        replace(certificate(issuer, f"CN={host}", (host,)), sha256=f"{n:064x}")
        for n in range(times)
    ]


def elsewhere(
    *there: tuple[str, Certificate],
    own: list[Certificate] | None = None,
    neutral: Certificate | None = None,
    trust: Trust = Trust.PUBLIC,
) -> Story:
    """Chat 1 shows ``own``, one a handshake, which convince nobody; each neutral address shows its
    certificate for that name, and ``neutral`` for a neutral one."""
    host = CHAT[0]
    story = Story().good_connection().names()
    own = own or leaves(host, "CN=forger", 1) * 3
    for n, one in enumerate(own):
        arm = Arm.REPEAT if n else Arm.BASE
        story.target(host, arm=arm, chain=(one,), trust=trust, **UNTRUSTED)
    story.target(CHAT[1], times=3, issuer="CN=forger", trust=trust, **UNTRUSTED)
    for address, one in there:
        story.target(host, arm=Arm.TARGET_SNI_ELSEWHERE, address=address, chain=(one,), check="tls")
        story.flow(
            address,
            subject="site1",
            arm=Arm.NEUTRAL_SNI_ELSEWHERE,
            host="other.example",
            check="tls",
            chain=(neutral or certificate(subject="CN=neutral", names=("neutral.example",)),),
        )
    return story.controls_again()


def cited(story: Story) -> tuple[Conversation, ...]:
    p = pool(story)
    return shown_elsewhere(p.facts, p.failed, p.probes(Arm.TARGET_SNI_ELSEWHERE))


def test_neutral_servers_in_two_networks_with_the_forged_certificate_show_the_forger() -> None:
    (one,) = leaves(CHAT[0], "CN=forger", 1)
    found = cited(elsewhere(*((site.addresses[0], one) for site in TWO)))
    assert {t.task.arm for t in found} == {Arm.TARGET_SNI_ELSEWHERE, Arm.BASE, Arm.REPEAT}
    assert len({t.address for t in found}) == 3


def test_a_certificate_that_names_a_former_root_is_forged_where_neutral_servers_have_it() -> None:
    chain = described(like_whatsapp(CHAT[0]).ders)
    story = aged()
    for site in TWO:
        story.target(
            CHAT[0],
            arm=Arm.TARGET_SNI_ELSEWHERE,
            address=site.addresses[0],
            chain=chain,
            check="tls",
        )
    assert cited(story)


def test_one_neutral_server_may_deliver_the_name_for_the_service() -> None:
    """1.1.1.1 shows the certificates of Cloudflare's customers for their names."""
    (one,) = leaves(CHAT[0], "CN=an authority that our list lacks", 1)
    story = elsewhere((TWO[0].addresses[0], one), own=[one] * 3)
    assert cited(story) == ()


def test_two_addresses_of_one_network_are_one_server() -> None:
    (one,) = leaves(CHAT[0], "CN=forger", 1)
    anycast = replace(TWO[0], addresses=(*TWO[0].addresses, "20.9.0.1"))
    story = elsewhere((anycast.addresses[0], one), (anycast.addresses[1], one))
    story.sites = (anycast, *SITES[1:])
    assert cited(story) == ()


def test_a_new_certificate_at_every_handshake_is_made_on_the_spot() -> None:
    *own, there = leaves(CHAT[0], "CN=forger", MINTED)
    assert cited(elsewhere((TWO[0].addresses[0], there), own=own))


def test_a_front_that_changes_its_certificate_makes_none_on_the_spot() -> None:
    old, new = leaves(CHAT[0], "CN=an authority that our list lacks", 2)
    assert cited(elsewhere((TWO[0].addresses[0], new), own=[old, old, new])) == ()


def test_what_a_server_shows_to_everybody_is_its_own() -> None:
    (one,) = leaves(CHAT[0], "CN=forger", 1)
    story = elsewhere(*((site.addresses[0], one) for site in TWO), neutral=one)
    assert cited(story) == ()


@pytest.mark.parametrize(
    ("host", "found"), [(CHAT[0], True), ("neutral.example", False)], ids=["for_it", "its_own"]
)
def test_a_public_authority_must_have_signed_for_the_very_name(host: str, found: bool) -> None:
    """For who trusts its own roots alone a public authority is unknown, and neutral servers have
    certificates of their own from it."""
    own = leaves(CHAT[0], "CN=Public CA", 3)
    there = certificate("CN=Public CA", "CN=another subject", (host,))
    story = elsewhere(*((site.addresses[0], there) for site in TWO), own=own, trust=Trust.PINNED)
    assert bool(cited(story)) is found


def test_another_untrusted_issuer_elsewhere_is_not_the_same_hand() -> None:
    (one,) = leaves(CHAT[0], "CN=somebody else", 1)
    assert cited(elsewhere(*((site.addresses[0], one) for site in TWO))) == ()


def test_a_server_beside_the_targets_own_address_is_not_neutral() -> None:
    (one,) = leaves(CHAT[0], "CN=forger", 1)
    assert cited(elsewhere((TWO[0].addresses[0], one), ("31.13.70.9", one))) == ()
