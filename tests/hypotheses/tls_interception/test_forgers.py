"""One hand that signs for services which are strangers, and what it takes to say so."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe import session
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Certificate, Proof, ProtocolObservation
from msgprobe.model.target import Endpoint, Service, Trust
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import Outcome, ServiceVerdict, Strength, Verdict
from msgprobe.report import say
from msgprobe.report.advice import advise
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story, certificate

FORGED: dict[str, Any] = {
    "fails": "tls",
    "failure": Failure.TLS_UNKNOWN_AUTHORITY,
    "check": "tls",
}
STATE = "CN=Information Security Certification Authority, O=ISCA, C=KZ"
OTHER = "talk.example"
"""The name of a service that has nothing to do with Acme."""


def service(name: str, host: str, **more: Any) -> Service:
    (first, *_) = SERVICE.endpoints
    one: Endpoint = replace(first, name=f"{host}-443", member=host, host=host)
    return replace(SERVICE, name=name, title=name.title(), endpoints=(one,), prefixes=(), **more)


def names(host: str, issuer: str = "CN=forger", **more: Any) -> Certificate:
    return replace(certificate(issuer, f"CN={host}", (host,)), **more)


def acme(story: Story, issuer: str = "CN=forger", *hosts: str, **how: Any) -> Story:
    """Acme's servers in two networks show certificates for their names by ``issuer``."""
    for host in hosts or CHAT:
        story.target(host, times=3, **{**FORGED, "chain": (names(host, issuer),), **how})
    return story


def other(
    story: Story,
    *chain: Certificate,
    address: str = "77.1.1.1",
    host: str = OTHER,
    **how: Any,
) -> Story:
    """The other service's one server shows ``chain``."""
    how = {**FORGED, "chain": chain, **how}
    story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
    for n in range(3):
        story.flow(
            address,
            subject="talk",
            arm=Arm.REPEAT if n else Arm.BASE,
            endpoint=f"{host}-443",
            host=host,
            **how,
        )
    return story


def both(host: str = OTHER, **more: Any) -> Story:
    story = Story(services=(replace(SERVICE, prefixes=()), service("talk", host, **more)))
    return story.good_connection().names()


def said(story: Story, name: str = "acme") -> ServiceVerdict:
    return next(s for s in judged(story.controls_again()).services if s.service == name)


def judged(story: Story) -> Verdict:
    """The verdict, which what is kept of the certificates gives as well."""
    whole = story.evidence()
    _, verdict = session.judged(whole)
    assert verdict == judge(whole)
    return verdict


def advice(verdict: Verdict) -> str:
    return str(advise(verdict.connection, verdict.services))


def safe(verdict: ServiceVerdict) -> bool:
    return any("o not log in" in say.said(f.why) for f in verdict.functions)


def test_one_authority_for_two_strangers_is_likely_a_forger() -> None:
    story = other(acme(both()), names(OTHER))
    for name in ("acme", "talk"):
        found = said(story, name)
        assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
        assert found.mechanisms == ("tls.mitm",) and safe(found)
        assert found.functions[0].rules[0] == "tls.mitm.strangers"


def test_one_self_signed_certificate_for_two_strangers_is_one_hand() -> None:
    box = certificate("CN=gateway", "CN=gateway", ("gateway.example",))
    story = other(acme(both(), chain=(box,)), box)
    assert said(story).functions[0].rules[0] == "tls.mitm.strangers"


def test_two_fronts_that_sign_for_themselves_under_one_name_are_no_hand() -> None:
    """The default of a program that many use: each makes its own key."""
    mine, theirs = (
        replace(certificate("CN=default", "CN=default"), spki_sha256=key * 64) for key in "12"
    )
    found = said(other(acme(both(), chain=(mine,)), theirs))
    assert found.outcome is Outcome.INCONCLUSIVE and safe(found)


def test_certificates_for_other_names_are_no_sign_of_a_hand() -> None:
    """A hoster's default certificates: one authority, and none for the name that was asked."""
    chain = [replace(names("hoster.example"), sha256=n * 64) for n in "12"]
    found = said(other(acme(both(), chain=(chain[0],)), chain[1]))
    assert found.outcome is Outcome.INCONCLUSIVE and safe(found)


@pytest.mark.parametrize(
    ("host", "address"),
    [("talk.chat1.example", "77.1.1.1"), (OTHER, "31.13.70.9")],
    ids=["domain", "network"],
)
def test_services_of_one_owner_are_no_strangers(host: str, address: str) -> None:
    found = said(other(acme(both(host)), names(host), host=host, address=address))
    assert found.outcome is Outcome.INCONCLUSIVE and safe(found)


def test_services_that_share_prefixes_are_no_strangers() -> None:
    story = Story(services=(SERVICE, replace(service("talk", OTHER), prefixes=SERVICE.prefixes)))
    found = said(other(acme(story.good_connection().names()), names(OTHER)))
    assert found.outcome is Outcome.INCONCLUSIVE


def test_an_authority_that_a_neutral_site_shows_too_is_no_forger() -> None:
    story = other(acme(both()), names(OTHER))
    story.site(SITES[3], Arm.AGAIN, **{**FORGED, "chain": (names(SITES[3].host, "CN=forger"),)})
    assert said(story).outcome is Outcome.INCONCLUSIVE


def test_where_no_neutral_site_keeps_its_own_nobody_is_a_forger() -> None:
    story = Story(services=(SERVICE, service("talk", OTHER))).local()
    story.site(SITES[0])
    facts = Facts(other(acme(story), names(OTHER)).evidence())
    assert ConnectionFacts(facts).forgers == ()


def test_one_service_alone_may_have_changed_its_authority() -> None:
    found = said(acme(Story().good_connection().names()))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.functions[0].rules == ("tls.mitm.one_service",) and safe(found)


def test_another_address_with_the_genuine_one_shows_the_forger() -> None:
    """Another resolver's address, or the other family's."""
    story = acme(Story().good_connection().names())
    story.target(CHAT[0], arm=Arm.OTHER_ADDRESS, address="2a03:2880::1", check="tls")
    found = said(story)
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert found.functions[0].rules[0] == "tls.mitm.second_way" and safe(found)


def by_quic(story: Story, proof: Proof) -> Story:
    """The same address answers over QUIC."""
    story.target(CHAT[0], arm=Arm.OTHER_TRANSPORT, check="connect")
    last = story.told[-1]
    (tcp,) = last.observations
    seen = ProtocolObservation(
        transaction=tcp.transaction,
        window=tcp.window,
        failure=None,
        protocol="quic",
        address=ADDRESSES[CHAT[0]],
        port=443,
        stage="handshake",
        proof=proof,
        transport="udp",
    )
    story.told[-1] = replace(last, observations=(seen,))
    return story


@pytest.mark.parametrize(
    ("proof", "word"),
    [(Proof.CRYPTO, Outcome.BLOCKED), (Proof.NONCE, Outcome.INCONCLUSIVE)],
)
def test_the_genuine_one_over_quic_shows_the_forger(proof: Proof, word: Outcome) -> None:
    story = by_quic(acme(Story().good_connection().names()), proof)
    assert said(story).outcome is word


def test_one_host_and_a_genuine_certificate_elsewhere_may_be_one_bad_front() -> None:
    story = acme(Story().good_connection().names(), "CN=own", CHAT[0]).target(CHAT[1])
    story.target(CHAT[0], arm=Arm.OTHER_ADDRESS, address="2a03:2880::1", check="tls")
    assert said(story).outcome is not Outcome.BLOCKED


@pytest.mark.parametrize("trust", [Trust.HASH])
def test_who_is_known_by_a_hash_has_only_got_a_new_certificate(trust: Trust) -> None:
    found = said(other(acme(both(), trust=trust), names(OTHER), trust=trust))
    assert found.outcome is Outcome.INCONCLUSIVE


def test_a_public_authority_that_our_list_lacks_is_no_forger() -> None:
    new: dict[str, Any] = {"issuer": "CN=New Public Root", "logged": True}
    story = both()
    for host in CHAT:
        story.target(host, times=3, **FORGED, chain=(names(host, **new),))
    found = said(other(story, names(OTHER, **new)))
    assert found.functions[0].rules == ("tls.store_age",) and safe(found)


def test_what_an_older_file_does_not_say_convicts_nobody() -> None:
    """Whether logs promised to publish it was not looked at when the run was saved."""
    unknown: dict[str, Any] = {"issuer": "CN=Somebody", "logged": None}
    known: dict[str, Any] = {"issuer": "CN=Somebody", "logged": False}
    for told, outcome in ((unknown, Outcome.INCONCLUSIVE), (known, Outcome.BLOCKED)):
        story = both()
        for host in CHAT:
            story.target(host, times=3, **FORGED, chain=(names(host, **told),))
        assert said(other(story, names(OTHER, **told))).outcome is outcome


RUSSIAN = "CN=Russian Trusted Sub CA, O=The Ministry of Digital Development, C=RU"


def test_a_state_may_sign_for_its_own_services() -> None:
    home = replace(SERVICE, prefixes=(), endpoints=at("chat1.example.ru", "chat2.example.ru"))
    story = Story(services=(home, service("talk", "talk.ru"))).good_connection()
    for host, one in zip(CHAT, home.endpoints, strict=True):
        assert one.host is not None
        story.asked(one.host, ResolverKind.SYSTEM, ADDRESSES[host], arm=Arm.BASE)
        chain = (names(one.host, RUSSIAN),)
        for _ in range(3):
            story.flow(
                ADDRESSES[host],
                subject="acme",
                arm=Arm.BASE,
                endpoint=one.name,
                host=one.host,
                chain=chain,
                **FORGED,
            )
    found = said(other(story, names("talk.ru", RUSSIAN), host="talk.ru"))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "state_root_ru" not in judged(story).connection.notes


def test_it_may_not_sign_for_others() -> None:
    story = other(acme(both(), RUSSIAN), names(OTHER, RUSSIAN))
    assert said(story).outcome is Outcome.BLOCKED
    assert "state_root_ru" in judged(story).connection.notes


def at(*hosts: str) -> tuple[Endpoint, ...]:
    return tuple(
        replace(one, host=host) for one, host in zip(SERVICE.endpoints, hosts, strict=True)
    )


def test_the_state_whose_authority_signs_is_named() -> None:
    story = other(acme(both(), STATE), names(OTHER, STATE))
    verdict = judged(story.controls_again())
    assert "state_root_kz" in verdict.connection.notes
    assert "Do not log in to Acme and Talk" in advice(verdict)


def swapped(story: Story, issuer: str) -> Story:
    """A neutral name at the first of Acme's servers is shown a certificate by ``issuer``."""
    return story.target(
        CHAT[0], arm=Arm.OTHER_SNI, server_name="neutral.example", check="tls", issuer=issuer
    )


def test_a_foreign_states_authority_for_one_service_is_no_mistake_of_that_service() -> None:
    found = said(acme(Story().good_connection().names(), STATE))
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert found.mechanisms == ("tls.mitm",) and safe(found)
    assert found.functions[0].rules == ("tls.mitm.state",)


def test_who_has_no_network_of_his_own_may_live_under_that_state() -> None:
    service = replace(SERVICE, prefixes=())
    found = said(acme(Story(services=(service,)).good_connection().names(), STATE))
    assert found.outcome is Outcome.INCONCLUSIVE


def one_host(issuer: str) -> Story:
    """One server shows the forged certificate, the other nothing at all."""
    story = acme(Story().good_connection().names(), issuer, CHAT[0])
    return story.target(CHAT[1], times=3, fails="connect")


@pytest.mark.parametrize(
    ("issuer", "neutral", "outcome"),
    [
        (STATE, "CN=Public CA", Outcome.BLOCKED),
        (STATE, STATE, Outcome.INCONCLUSIVE),
        ("CN=forger", "CN=Public CA", Outcome.INCONCLUSIVE),
    ],
    ids=["for its name alone", "for every name there", "nobody's"],
)
def test_at_one_server_it_is_forged_where_a_neutral_name_is_shown_another(
    issuer: str, neutral: str, outcome: Outcome
) -> None:
    assert said(swapped(one_host(issuer), neutral)).outcome is outcome


# -- one way that works acquits nobody


def halves(*, agreed: bool = True) -> Story:
    """Every name answers over IPv6, and shows a forged certificate over IPv4."""
    story = Story().good_connection()
    for number, host in enumerate(CHAT):
        six = f"2a03:2880:{number}::1"
        story.asked(host, ResolverKind.SYSTEM, ADDRESSES[host], six, arm=Arm.BASE)
        story.target(host, address=six)
        if agreed or number == 0:
            story.target(host, times=3, **FORGED, chain=(names(host),))
        else:
            story.target(host)
    return story


def test_a_forged_half_impairs_a_service_that_works_on_the_other() -> None:
    found = said(halves())
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.CONFIRMED)
    assert found.mechanisms == ("tls.mitm",) and safe(found)
    assert "Do not log in" in advice(judged(halves().controls_again()))


def test_one_bad_front_of_several_impairs_nobody() -> None:
    assert said(halves(agreed=False)).outcome is Outcome.OK
