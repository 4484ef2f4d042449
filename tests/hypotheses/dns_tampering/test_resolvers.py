"""One resolver that fails for one service alone, and addresses that only the catalogue knows."""

from dataclasses import replace

import pytest

from msgprobe.evidence.lasting import LASTING
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome, Strength
from tests.evidence.story import SENTINELS, SERVICE, SITES, Story, endpoint

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
    beside: Service | None = None,
    last: float = LASTING,
    others: bool = False,
    prefix: str = "",
) -> FunctionVerdict:
    """The connection's resolver fails for ``hosts``, the last time in second ``last``; ``neutral``
    names of pages come from it beside those of the sites, and it fails for ``broken`` others.
    ``known``: their addresses stand in the catalogue. ``beside``: another service for which it
    fails. ``others``: resolvers that are asked in the open know them. ``prefix``: of the
    IPv6 addresses in which every neutral name's own is given."""
    rows = tuple(
        replace(endpoint(f"m{n}", "chat"), host=host, addresses=(TRUE[n],) if known else ())
        for n, host in enumerate(hosts)
    )
    mine = replace(SERVICE, endpoints=rows)
    story = Story(services=(mine, beside) if beside else (mine,)).local()
    for site in SITES:
        story.dns(site.host, ResolverKind.SYSTEM, prefix + site.addresses[0]).site(site)
    for page in SENTINELS[:neutral]:
        story.dns(page.host, ResolverKind.SYSTEM, prefix + "20.9.0.1")
    for page in SENTINELS[neutral : neutral + broken]:
        story.dns(page.host, ResolverKind.SYSTEM, failure=SERVFAIL)
    for service in story.services:
        for n, row in enumerate(service.endpoints):
            other = service.prefixes[0].replace(".0/", f".{n}/").partition("/")[0]
            address = TRUE[n] if service is mine else other
            fails(story, service, row, address, failure, last, encrypted=encrypted)
            if others:
                story.asked(row.host or "", ResolverKind.UDP, address, resolver="resolver1")
    return verdict(story.controls_again())


def fails(
    story: Story,
    service: Service,
    row: Endpoint,
    address: str,
    failure: Failure | None,
    last: float = LASTING,
    *,
    encrypted: bool,
) -> None:
    """The connection's resolver fails for the row's name, and the service answers elsewhere."""
    assert row.host is not None
    story.asked(row.host, ResolverKind.SYSTEM, failure=failure, arm=Arm.BASE)
    for start in (1.0, 4.0, last):
        story.asked(row.host, ResolverKind.DIRECT, failure=failure, start=start)
    if encrypted:
        story.asked(row.host, ResolverKind.UDP, address, resolver="resolver1")
        for r in (1, 2):
            story.asked(row.host, ResolverKind.DOH, address, resolver=f"resolver{r}")
    story.flow(
        address, subject=service.name, arm=Arm.OTHER_ADDRESS, endpoint=row.name, host=row.host
    )


def verdict(story: Story) -> FunctionVerdict:
    """What is said of the first service."""
    return judge(story.evidence()).services[0].functions[0]


@pytest.mark.parametrize(
    ("failure", "mechanism"), [(SERVFAIL, "dns.servfail"), (SILENT, "dns.timeout")]
)
def test_three_names_of_two_zones_while_neutral_ones_resolve(
    failure: Failure, mechanism: str
) -> None:
    found = failing(TWO_ZONES, failure)
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert found.mechanisms == (mechanism,)


@pytest.mark.parametrize("failure", [SERVFAIL, SILENT])
def test_what_may_be_over_in_a_moment_accuses_nobody(failure: Failure) -> None:
    """The way to the service's name servers may be broken for seconds."""
    assert failing(TWO_ZONES, failure, last=7.0).outcome is Outcome.DEGRADED
    known = failing(TWO_ZONES, failure, encrypted=False, known=True, last=7.0, others=True)
    assert known.outcome is Outcome.INCONCLUSIVE


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
    found = failing(TWO_ZONES, failure, encrypted=False, known=True, others=True)
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert found.mechanisms == (mechanism,)


@pytest.mark.parametrize("failure", [Failure.DNS_NXDOMAIN, Failure.DNS_REFUSED])
@pytest.mark.parametrize(
    ("prefix", "outcome"),
    [("2606:2800::", Outcome.INCONCLUSIVE), ("64:ff9b::", Outcome.BLOCKED)],
)
def test_who_gives_nobody_ipv4_addresses_hides_no_known_one(
    failure: Failure, prefix: str, outcome: Outcome
) -> None:
    """Nobody says there which addresses the names have; those that the catalogue knows are IPv4's.
    What NAT64 makes of one (RFC 6052) is such an address."""
    found = failing(TWO_ZONES, failure, encrypted=False, known=True, prefix=prefix)
    assert found.outcome is outcome


@pytest.mark.parametrize("failure", [SERVFAIL, SILENT])
def test_names_whose_own_servers_are_dead_fail_everywhere(failure: Failure) -> None:
    found = failing(TWO_ZONES, failure, encrypted=False, known=True)
    assert found.outcome is Outcome.INCONCLUSIVE


def test_one_name_may_have_been_given_up_though_its_address_still_answers() -> None:
    found = failing(TWO_ZONES[:1], Failure.DNS_NXDOMAIN, encrypted=False, known=True)
    assert found.outcome is Outcome.INCONCLUSIVE


def test_an_address_that_nobody_knows_is_no_way_to_the_truth() -> None:
    found = failing(TWO_ZONES, Failure.DNS_NXDOMAIN, encrypted=False, known=False)
    assert found.outcome is Outcome.INCONCLUSIVE


def other(*hosts: str, prefixes: tuple[str, ...]) -> Service:
    """Another service, with these names and networks."""
    rows = tuple(replace(endpoint(f"o{n}", "chat"), host=h) for n, h in enumerate(hosts))
    return replace(SERVICE, name="other", endpoints=rows, prefixes=prefixes)


def test_an_owners_own_name_servers_are_the_cheaper_explanation() -> None:
    """Two services in the same networks fail, and nobody else does."""
    related = other("a.other.example", "b.other-two.example", prefixes=SERVICE.prefixes)
    assert failing(TWO_ZONES, SERVFAIL, beside=related).outcome is Outcome.DEGRADED


def test_services_that_are_strangers_do_not_share_name_servers() -> None:
    """No owner's fault explains both."""
    stranger = other("a.stranger.test", prefixes=("45.76.81.0/24",))
    assert failing(TWO_ZONES, SERVFAIL, beside=stranger).outcome is Outcome.BLOCKED


def test_one_member_of_a_pool_for_which_the_resolver_fails_is_no_retired_one() -> None:
    rows = tuple(replace(endpoint(f"m{n}", "chat"), host=h) for n, h in enumerate(ONE_ZONE))
    pool = replace(SERVICE.pools[0], ok_at=3)
    service = replace(SERVICE, pools=(pool,), endpoints=rows)
    story = Story(services=(service,)).good_connection()
    for page in SENTINELS:
        story.dns(page.host, ResolverKind.SYSTEM, "20.9.0.1")
    fails(story, service, rows[0], TRUE[0], SERVFAIL, encrypted=True)
    for n in (1, 2):
        story.asked(ONE_ZONE[n], ResolverKind.SYSTEM, TRUE[n], arm=Arm.BASE)
        story.flow(TRUE[n], subject="acme", arm=Arm.BASE, endpoint=rows[n].name, host=ONE_ZONE[n])
    found = verdict(story.controls_again())
    assert (found.outcome, found.mechanisms) == (Outcome.DEGRADED, ("dns.servfail",))


@pytest.mark.parametrize(
    ("stumbles", "answered", "blocked"),
    [(False, 0, True), (True, 0, True), (True, 2, False)],
)
def test_who_refuses_a_neutral_name_as_well_must_refuse_each_time(
    stumbles: bool, answered: int, blocked: bool
) -> None:
    """A small resolver that is asked too much refuses whatever comes next."""
    host, address, refused = TWO_ZONES[0], TRUE[0], Failure.DNS_REFUSED
    row = replace(endpoint("m0", "chat"), host=host)
    mine = replace(SERVICE, endpoints=(row,))
    story = Story(services=(mine,)).good_connection()
    if stumbles:
        story.dns(SENTINELS[0].host, ResolverKind.SYSTEM, failure=Failure.DNS_TEMPORARY)
        story.dns(SENTINELS[0].host, ResolverKind.SYSTEM, "20.9.0.1", start=5.0)
    story.asked(host, ResolverKind.SYSTEM, failure=Failure.DNS_TEMPORARY, arm=Arm.BASE)
    for n in range(3):
        failure = None if n < answered else refused
        said = (address,) if failure is None else ()
        story.asked(host, ResolverKind.DIRECT, *said, failure=failure, start=5.0 - n)
    for r in (1, 2):
        story.asked(host, ResolverKind.DOH, address, resolver=f"resolver{r}")
    story.flow(address, subject="acme", arm=Arm.OTHER_ADDRESS, endpoint="m0", host=host)
    found = verdict(story.controls_again())
    assert (found.outcome is Outcome.BLOCKED, bool(found.mechanisms)) == (blocked, blocked)
