"""One way that works does not acquit the other; one server that is out of order harms nobody."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.target import Endpoint
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome, Strength
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story, endpoint
from tests.judging.word import text

RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
SILENT: dict[str, Any] = {"fails": "tls", "failure": Failure.TIMED_OUT}
CUT: dict[str, Any] = {"fails": "connect", "failure": Failure.TIMED_OUT}
REFUSED: dict[str, Any] = {"fails": "connect", "failure": Failure.CONNECTION_REFUSED}


def story(*bad: str, times: int = 3, **how: Any) -> Story:
    """Every name answers over IPv6; at the IPv4 address of the ``bad`` ones all fails so."""
    told = Story().good_connection()
    for number, host in enumerate(CHAT):
        six = f"2a03:2880:{number}::1"
        told.asked(host, ResolverKind.SYSTEM, ADDRESSES[host], six, arm=Arm.BASE)
        told.target(host, address=six)
        told.target(host, times=times if host in bad else 1, **(how if host in bad else {}))
    return told


def said(told: Story) -> FunctionVerdict:
    return text(told.controls_again())


@pytest.mark.parametrize(
    ("how", "mechanism"),
    [
        (CUT, "tcp.timeout"),
        (REFUSED, "tcp.refused"),
        (RESET, "tls.reset"),
        (SILENT, "tls.timeout"),
    ],
)
def test_the_half_that_fails_names_its_mechanism(how: dict[str, Any], mechanism: str) -> None:
    found = said(story(*CHAT, **how))
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.LIKELY)
    assert found.mechanisms == (mechanism,)


@pytest.mark.parametrize("how", [CUT, REFUSED, RESET, SILENT])
def test_one_server_that_is_out_of_order_impairs_nobody(how: dict[str, Any]) -> None:
    assert said(story(CHAT[0], **how)).outcome is Outcome.OK


def over_six(told: Story, **how: Any) -> Story:
    for n, site in enumerate(SITES):
        told.site(replace(site, addresses=(f"2600:{n}::1",)), **how)
    return told


@pytest.mark.parametrize("how", [{}, SILENT], ids=["well", "silent"])
def test_a_family_that_carries_no_neutral_answers_convicts_nobody(how: dict[str, Any]) -> None:
    told = over_six(Story().good_connection(), **how)
    for number, host in enumerate(CHAT):
        six = f"2a03:2880:{number}::1"
        told.asked(host, ResolverKind.SYSTEM, ADDRESSES[host], six, arm=Arm.BASE)
        told.target(host)
        told.target(host, address=six, times=3, **SILENT)
    assert said(told).outcome is (Outcome.OK if how else Outcome.DEGRADED)


def test_two_tries_may_both_be_lost_by_chance() -> None:
    assert said(story(*CHAT, times=2, **SILENT)).outcome is Outcome.OK


def test_a_half_that_an_attempt_was_answered_at_is_none() -> None:
    told = story(*CHAT, **SILENT)
    for host in CHAT:
        told.target(host, arm=Arm.REPEAT)
    assert said(told).outcome is Outcome.OK


def test_a_half_that_another_handshake_with_the_same_name_passed_at_is_none() -> None:
    told = story(*CHAT, **SILENT)
    for host in CHAT:
        told.target(host, arm=Arm.SHARE, check="tls")
    assert said(told).outcome is Outcome.OK


def test_what_is_shown_to_be_done_on_the_way_is_sure() -> None:
    told = story(*CHAT, **RESET)
    for host in CHAT:
        told.elsewhere(host, **RESET)
    told.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, host=SITES[1].host, check="tls")
    found = said(told)
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.CONFIRMED)
    assert found.mechanisms == ("tls.reset.sni",)


def test_silence_of_a_half_shows_nothing_while_the_line_itself_fails() -> None:
    told = story(*CHAT, **SILENT)
    for site in SITES:
        told.site(site, Arm.AGAIN, check="tls", **SILENT)
    assert text(told).outcome is Outcome.OK


# -- names

BOGON = "10.10.34.36"


def forged(*, encrypted: tuple[str, ...] = (), advert: str | None = None) -> FunctionVerdict:
    """The IPv4 half of each answer is impossible, the IPv6 half true."""
    told = Story().good_connection()
    if advert is not None:
        told.dns("adverts.example", ResolverKind.SYSTEM, advert, arm=Arm.OTHER_QUERY)
    for number, host in enumerate(CHAT):
        six = f"2a03:2880:{number}::1"
        told.asked(host, ResolverKind.SYSTEM, BOGON, six, arm=Arm.BASE)
        told.target(host, address=six)
        for r in (1, 2):
            told.asked(
                host,
                ResolverKind.DOH,
                *(encrypted or (ADDRESSES[host],)),
                resolver=f"resolver{r}",
            )
    return said(told)


def test_an_impossible_half_of_an_answer_is_a_lie() -> None:
    found = forged()
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.CONFIRMED)
    assert found.mechanisms == ("dns.injection.bogon",)


def test_who_publishes_an_impossible_address_himself_is_not_lied_about() -> None:
    assert forged(encrypted=(BOGON,)).outcome is Outcome.OK


def test_a_filter_gives_advertising_names_the_same() -> None:
    assert forged(advert=BOGON).outcome is Outcome.OK


def test_a_member_that_needs_no_half_is_none() -> None:
    service = replace(SERVICE, endpoints=SERVICE.endpoints[:1])
    told = Story(services=(service,)).good_connection()
    told.asked(CHAT[0], ResolverKind.SYSTEM, ADDRESSES[CHAT[0]], arm=Arm.BASE)
    told.target(CHAT[0])
    assert said(told).outcome is Outcome.OK


def chat_servers(dead: int, of: int = 4) -> FunctionVerdict:
    """So many servers of one pool, in networks of their own, are silent to whoever dials them."""
    hosts = [f"chat{n}.example" for n in range(1, of + 1)]
    told = Story(services=(replace(SERVICE, endpoints=tuple(map(_chat, hosts))),))
    told.good_connection()
    for n, host in enumerate(hosts):
        address = f"31.13.{64 + n}.1" if n % 2 else f"157.240.{n}.1"
        told.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
        told.asked(host, ResolverKind.DOH, address, resolver="resolver1")
        bad = {"times": 3, **CUT} if n < dead else {}
        told.target(host, address=address, **bad)
    return text(told.controls_again())


def _chat(host: str) -> Endpoint:
    return endpoint(host.removesuffix(".example"), "chat")


@pytest.mark.parametrize(
    ("dead", "outcome"),
    [(0, Outcome.OK), (1, Outcome.OK), (2, Outcome.OK), (3, Outcome.DEGRADED)],
)
def test_one_server_of_many_that_answers_does_not_acquit_the_most(
    dead: int, outcome: Outcome
) -> None:
    assert chat_servers(dead).outcome is outcome


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ({"fails": "connect"}, Outcome.OK),
        ({"fails": "connect", "failure": Failure.HOST_UNREACHABLE}, Outcome.DEGRADED),
    ],
)
def test_many_names_of_one_place_may_fail_by_one_fault(
    how: dict[str, Any], outcome: Outcome
) -> None:
    """Three of four names lead to the same two servers; that a router lets nobody through to them
    is no fault of theirs."""
    hosts = [f"chat{n}.example" for n in range(1, 5)]
    told = Story(services=(replace(SERVICE, endpoints=tuple(map(_chat, hosts))),))
    told.good_connection()
    for host in hosts:
        alive = host == hosts[-1]
        addresses = ("31.13.80.1",) if alive else ("31.13.64.1", "157.240.1.1")
        told.asked(host, ResolverKind.SYSTEM, *addresses, arm=Arm.BASE)
        for address in addresses:
            told.target(host, address=address, **({} if alive else {"times": 3, **how}))
    assert text(told.controls_again()).outcome is outcome
