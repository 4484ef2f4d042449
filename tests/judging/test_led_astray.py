"""A resolver that gives wrong addresses for everything accuses nobody; for a few, it does."""

from typing import Any

import pytest

from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.lasting import LASTING
from msgprobe.evidence.misdirection import misdirected
from msgprobe.judging.connection import judge_connection
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome, State
from tests.evidence.story import ADDRESSES, CHAT, SITES, Story
from tests.judging.word import text

NOBODY = "45.155.7.9"
"""A public address at which nobody lives."""


FORGED: dict[str, Any] = {
    "fails": "tls",
    "failure": Failure.TLS_UNKNOWN_AUTHORITY,
    "issuer": "CN=box",
}


def led(wrong: int, *, each: bool = False, found: bool = False, **there: Any) -> Story:
    """The resolver gives a wrong address for the service and ``wrong`` of four neutral names, the
    same or ``each`` another one, and nobody answers there; ``found``: the service answers where
    encrypted DNS leads."""
    story = Story().local()
    for n, site in enumerate(SITES):
        astray = f"45.{n + 1}.7.9" if each else NOBODY
        story.dns(site.host, ResolverKind.SYSTEM, astray if n < wrong else site.addresses[0])
        story.site(site)
    for n, host in enumerate(CHAT):
        astray = f"46.{n + 1}.7.9" if each else NOBODY
        story.asked(host, ResolverKind.SYSTEM, astray, arm=Arm.BASE)
        for resolver in ("resolver1", "resolver2"):
            story.asked(host, ResolverKind.DOH, ADDRESSES[host], resolver=resolver)
        story.target(host, times=3, address=astray, **(there or {"fails": "connect"}))
        if found:
            story.target(host, arm=Arm.OTHER_ADDRESS)
    return story.controls_again()


def state(story: Story) -> State:
    return judge_connection(ConnectionFacts(Facts(story.evidence()))).state


@pytest.mark.parametrize("each", [False, True], ids=["one address", "another each"])
@pytest.mark.parametrize("wrong", [3, 4])
def test_where_neutral_names_are_led_astray_too_nobody_is_accused(wrong: int, each: bool) -> None:
    story = led(wrong, each=each)
    assert state(story) is State.DNS_FAULT
    found = text(story)
    assert found.outcome is Outcome.INCONCLUSIVE and found.rules == ("dns.led_inside",)
    assert found.mechanisms == ()


def test_the_service_works_where_another_resolver_leads() -> None:
    assert text(led(4, found=True)).rules == ("ok.other_resolver",)


@pytest.mark.parametrize("found", [False, True], ids=["nowhere else", "elsewhere"])
def test_who_answers_there_with_a_certificate_of_his_own_may_read_along(found: bool) -> None:
    told = text(led(4, found=found, **FORGED))
    assert told.outcome is Outcome.INCONCLUSIVE and told.rules == ("tls.certificate",)


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_who_forges_a_neutral_name_or_two_as_well_is_no_broken_resolver(wrong: int) -> None:
    story = led(wrong, found=True)
    assert state(story) is State.ONLINE
    found = text(story)
    assert found.outcome is Outcome.BLOCKED and "dns.injection" in found.mechanisms


def test_sites_that_have_moved_are_not_led_astray() -> None:
    """The catalogue's addresses may be old: encrypted DNS gives the new ones as well."""
    story = led(4, found=True)
    for site in SITES:
        story.dns(site.host, ResolverKind.DOH, NOBODY)
    assert misdirected(Facts(story.evidence())) == ()


@pytest.mark.parametrize("known", [False, True], ids=["IPv4 alone is known", "both are"])
def test_an_ipv6_address_is_no_wrong_one_where_ipv4_alone_is_known(known: bool) -> None:
    story = Story().local()
    for number, site in enumerate(SITES):
        story.dns(site.host, ResolverKind.SYSTEM, f"2a10:{number}::1")
        if known:
            story.dns(site.host, ResolverKind.DOH, f"2a11:{number}::1")
    assert bool(misdirected(Facts(story.evidence()))) is known


def test_another_address_of_the_same_network_is_no_wrong_one() -> None:
    story = Story().local()
    for site in SITES:
        beside = site.addresses[0].rsplit(".", 1)[0] + ".77"
        story.dns(site.host, ResolverKind.SYSTEM, beside)
    assert misdirected(Facts(story.evidence())) == ()


def erased(*neutral: str, failure: Failure, known: tuple[str, ...] = ()) -> FunctionVerdict:
    """The resolver gives these addresses of neutral names and none of the service's, which answers
    at IPv4 addresses that encrypted resolvers give, beside those ``known``."""
    story = Story().local()
    for site, address in zip(SITES, neutral, strict=True):
        story.dns(site.host, ResolverKind.SYSTEM, address)
        story.site(site)
    for host in CHAT:
        story.asked(host, ResolverKind.SYSTEM, failure=failure, arm=Arm.BASE)
        for start in (1.0, 4.0, LASTING):
            story.asked(host, ResolverKind.DIRECT, failure=failure, start=start)
        story.asked(host, ResolverKind.UDP, failure=failure, resolver="resolver1")
        for resolver in ("resolver1", "resolver2"):
            story.asked(host, ResolverKind.DOH, ADDRESSES[host], *known, resolver=resolver)
        story.target(host, arm=Arm.OTHER_ADDRESS)
    return text(story.controls_again())


_SIX = tuple(f"2606:2800:{n}::1" for n in range(4))
_DENIALS = (Failure.DNS_NO_ANSWER, Failure.DNS_NXDOMAIN, Failure.DNS_REFUSED, Failure.DNS_SERVFAIL)


@pytest.mark.parametrize("failure", _DENIALS)
def test_who_gives_no_ipv4_address_of_any_name_erases_none(failure: Failure) -> None:
    found = erased(*_SIX, failure=failure)
    assert found.outcome is Outcome.INCONCLUSIVE and found.mechanisms == ()


@pytest.mark.parametrize("failure", _DENIALS)
@pytest.mark.parametrize(
    ("neutral", "known"),
    [
        pytest.param((*_SIX[:3], "20.4.0.1"), (), id="gives one neutral name's"),
        pytest.param((*_SIX[:3], "64:ff9b::1404:1"), (), id="by NAT64"),
        pytest.param(_SIX, ("2a03:2880::1",), id="has IPv6 addresses, too"),
    ],
)
def test_who_gives_neutral_names_of_a_family_erases_names_that_have_it(
    neutral: tuple[str, ...], known: tuple[str, ...], failure: Failure
) -> None:
    found = erased(*neutral, failure=failure, known=known)
    assert found.outcome is Outcome.BLOCKED
    assert all(m.startswith("dns.") for m in found.mechanisms)
