"""A filter of the user's own is told by what else it hides, and where it leads."""

from dataclasses import replace

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.local_filters import LOCAL_FILTER, own_filter
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import Arm, ResolverKind
from tests.evidence.story import CHAT, Story

HOME = "192.168.1.2"
"""In this device's own network, as the step that resolved it has found."""
AWAY = "10.10.34.36"


def told(mine: str, advert: str, *, resolver: str = "private") -> str | None:
    """What is thought of a resolver that gives the service's name and an advertising one these
    addresses."""
    story = Story().local(resolvers=(resolver,))
    story.asked(CHAT[0], ResolverKind.SYSTEM, mine, arm=Arm.BASE)
    story.dns("adverts.example", ResolverKind.SYSTEM, advert, arm=Arm.OTHER_QUERY)
    story.told = [
        replace(
            m,
            observations=tuple(
                replace(o, inside=tuple(a for a in o.addresses if a == HOME))
                if isinstance(o, DnsObservation)
                else o
                for o in m.observations
            ),
        )
        for m in story.told
    ]
    facts = Facts(story.evidence())
    return own_filter(facts, facts.name(CHAT[0]))


@pytest.mark.parametrize("resolver", ["private", "9.9.9.9"])
def test_a_filter_leads_what_it_hides_to_its_own_page(resolver: str) -> None:
    assert told(HOME, HOME, resolver=resolver) == LOCAL_FILTER


def test_an_address_of_somebody_elses_is_no_page_of_the_filters() -> None:
    assert told(AWAY, AWAY) is None


def test_a_page_at_home_that_advertisers_are_not_led_to_is_a_lie() -> None:
    assert told(HOME, "20.9.0.1") is None


def test_the_null_address_is_a_filters_where_the_resolver_is_a_local_device() -> None:
    assert told("0.0.0.0", "0.0.0.0") == LOCAL_FILTER
    assert told("0.0.0.0", "0.0.0.0", resolver="9.9.9.9") is None
    assert told("0.0.0.0", "20.9.0.1") is None


def test_a_name_that_is_denied_beside_an_advertising_one() -> None:
    story = Story().local()
    for host in (CHAT[0], "adverts.example"):
        story.asked(host, ResolverKind.SYSTEM, failure=Failure.DNS_NXDOMAIN, arm=Arm.BASE)
    facts = Facts(story.evidence())
    assert own_filter(facts, facts.name(CHAT[0])) == LOCAL_FILTER
