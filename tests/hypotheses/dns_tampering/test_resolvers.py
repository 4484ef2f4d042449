"""One resolver that fails for one service alone, and addresses that only the catalogue knows."""

from dataclasses import replace

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome, Strength
from tests.evidence.story import SENTINELS, SERVICE, Story, endpoint
from tests.judging.word import text

SERVFAIL, SILENT = Failure.DNS_SERVFAIL, Failure.TIMED_OUT
TWO_ZONES = ("chat.acme.example", "web.acme.example", "cdn.acme-static.example")
ONE_ZONE = ("chat.acme.example", "web.acme.example", "cdn.acme.example")
TRUE = ("31.13.70.1", "157.240.1.1", "31.13.71.1")


def failing(
    hosts: tuple[str, ...],
    failure: Failure | None,
    *,
    neutral: int = 3,
    encrypted: bool = True,
    known: bool = False,
    broken: int = 0,
) -> FunctionVerdict:
    """The connection's resolver fails for ``hosts``; ``neutral`` names of pages come from it beside
    those of the sites, and it fails for ``broken`` others. ``known``: their addresses stand in the
    catalogue."""
    rows = tuple(
        replace(endpoint(f"m{n}", "chat"), host=host, addresses=(TRUE[n],) if known else ())
        for n, host in enumerate(hosts)
    )
    story = Story(services=(replace(SERVICE, endpoints=rows),)).good_connection()
    for page in SENTINELS[:neutral]:
        story.dns(page.host, ResolverKind.SYSTEM, "20.9.0.1")
    for page in SENTINELS[neutral : neutral + broken]:
        story.dns(page.host, ResolverKind.SYSTEM, failure=SERVFAIL)
    for n, host in enumerate(hosts):
        story.asked(host, ResolverKind.SYSTEM, failure=failure, arm=Arm.BASE)
        for _ in range(3):
            story.asked(host, ResolverKind.DIRECT, failure=failure)
        if encrypted:
            story.asked(host, ResolverKind.UDP, TRUE[n], resolver="resolver1")
            for r in (1, 2):
                story.asked(host, ResolverKind.DOH, TRUE[n], resolver=f"resolver{r}")
        story.flow(TRUE[n], subject="acme", arm=Arm.OTHER_ADDRESS, endpoint=rows[n].name, host=host)
    return text(story.controls_again())


@pytest.mark.parametrize(
    ("failure", "mechanism"), [(SERVFAIL, "dns.servfail"), (SILENT, "dns.timeout")]
)
def test_three_names_of_two_zones_while_neutral_ones_resolve(
    failure: Failure, mechanism: str
) -> None:
    found = failing(TWO_ZONES, failure)
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert found.mechanisms == (mechanism,)


@pytest.mark.parametrize("hosts", [ONE_ZONE, TWO_ZONES[1:], TWO_ZONES[:1]])
def test_one_zone_or_fewer_names_are_impaired(hosts: tuple[str, ...]) -> None:
    found = failing(hosts, SERVFAIL)
    assert (found.outcome, found.mechanisms) == (Outcome.DEGRADED, ("dns.servfail",))


def test_too_few_neutral_names_leave_it_open() -> None:
    found = failing(TWO_ZONES, SERVFAIL, neutral=0)
    assert (found.outcome, found.rules) == (Outcome.INCONCLUSIVE, ("dns.one_resolver",))


def test_a_resolver_that_fails_for_neutral_names_too_accuses_nobody() -> None:
    found = failing(TWO_ZONES, SERVFAIL, neutral=1, broken=2)
    assert found.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("failure", "mechanism"),
    [
        (Failure.DNS_NXDOMAIN, "dns.nxdomain"),
        (Failure.DNS_REFUSED, "dns.refused"),
        (SERVFAIL, "dns.servfail"),
        (SILENT, "dns.timeout"),
    ],
)
def test_where_no_honest_resolver_is_left_the_known_addresses_tell(
    failure: Failure, mechanism: str
) -> None:
    found = failing(TWO_ZONES, failure, encrypted=False, known=True)
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert found.mechanisms == (mechanism,)


def test_one_name_may_have_been_given_up_though_its_address_still_answers() -> None:
    found = failing(TWO_ZONES[:1], Failure.DNS_NXDOMAIN, encrypted=False, known=True)
    assert found.outcome is Outcome.INCONCLUSIVE


def test_an_address_that_nobody_knows_is_no_way_to_the_truth() -> None:
    found = failing(TWO_ZONES, Failure.DNS_NXDOMAIN, encrypted=False, known=False)
    assert found.outcome is Outcome.INCONCLUSIVE
