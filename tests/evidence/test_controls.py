"""Neutral servers: which may be compared with, which are targets themselves, who re-signs all."""

from dataclasses import replace

import pytest

from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.controls import SAME_SECONDS, fair
from msgprobe.evidence.facts import Facts
from msgprobe.judging.judge import judge
from msgprobe.model.control import CallServer, Site
from msgprobe.model.failure import Failure
from msgprobe.model.run import Evidence
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import State
from tests.evidence.story import HERE, SITES, Story
from tests.hypotheses.connection.test_rules import HOME

ONE, TWO, THREE, FOUR = SITES


def unfair(site: Site, *countries: str, network: str | None = None) -> Site:
    return replace(site, unfair_in=countries, network=network or site.network)


def connection_of(story: Story) -> ConnectionFacts:
    return ConnectionFacts(Facts(story.evidence()))


# -- fairness

CASES = [
    # country given, rows, fair?
    (None, (ONE,), True),
    (None, (unfair(ONE, "RU"),), False),
    (None, (unfair(ONE, "RU"), unfair(TWO, "CN")), True),
    (None, (unfair(ONE, "RU"), unfair(TWO, "CN", network="net1")), False),
    (None, (unfair(ONE, "RU"), unfair(ONE, "RU"), unfair(ONE, "RU")), False),
    (None, (unfair(ONE, "RU"), TWO), True),
    (None, (), False),
    ("KZ", (unfair(ONE, "RU"),), True),
    ("RU", (unfair(ONE, "RU"),), False),
    ("RU", (unfair(ONE, "CN", "RU"), unfair(TWO, "CN")), True),
    ("RU", (unfair(ONE, "RU"), unfair(TWO, "RU")), True),
    ("RU", (), False),
]


@pytest.mark.parametrize(("country", "rows", "expected"), CASES)
def test_it_takes_a_fair_server_or_two_networks(
    country: str | None, rows: tuple[Site, ...], expected: bool
) -> None:
    assert fair(country, rows) is expected
    assert fair(country, reversed(rows)) is expected
    story = Story().good_connection().evidence()
    asked = replace(story, request=replace(story.request, country=country))
    assert ConnectionFacts(Facts(asked)).fair(rows) is expected


def test_the_servers_of_conversations_are_found_by_address_whatever_their_name() -> None:
    call = CallServer(
        name="call", host="call.example", owner="C", network="c", addresses=(), provenance=HERE
    )
    story = Story().good_connection()
    story.dns("call.example", ResolverKind.SYSTEM, "20.99.0.1")
    for address in (ONE.addresses[0], "20.99.0.1", "203.0.113.77"):
        story.flow(
            address,
            subject="acme",
            arm=Arm.TARGET_SNI_ELSEWHERE,
            endpoint="chat1-443",
            host="chat1.example",
            check="tls",
        )
    evidence = story.evidence()
    found = ConnectionFacts(
        Facts(replace(evidence, controls=replace(evidence.controls, calls=(call,))))
    )
    named = found.facts.arm(Arm.TARGET_SNI_ELSEWHERE)
    assert [row.name for row in found.servers(named)] == [ONE.name, "call"]
    assert found.servers(()) == ()


# -- targets among the controls


def struck(
    story: Story,
    site: Site,
    *,
    failure: Failure = Failure.CONNECTION_RESET,
    times: int = 3,
    acked: bool | None = True,
) -> Story:
    """A site that dies under its own name, three seconds apart."""
    for n in range(times):
        story.site(site, fails="tls", failure=failure, acked=acked, start=3.0 * n)
    return story


def other(story: Story, site: Site, *, start: float = 0.5, fails: Failure | None = None) -> Story:
    """Its address is shown another name."""
    return story.site(
        site,
        Arm.NEUTRAL_SNI_ELSEWHERE,
        host=THREE.host,
        check="tls",
        start=start,
        fails=None if fails is None else "tls",
        failure=fails or Failure.TIMED_OUT,
    )


def healthy(*sites: Site) -> Story:
    story = Story().local()
    for site in sites:
        story.site(site)
    return story


def targeted(story: Story) -> list[str]:
    return [view.site.name for view in connection_of(story).targeted]


def test_a_site_whose_address_answers_another_name_is_a_target() -> None:
    assert targeted(other(struck(healthy(TWO, THREE, FOUR), ONE), ONE)) == [ONE.name]


def test_silence_and_ends_count_as_resets_do() -> None:
    for failure in (Failure.EOF, Failure.TIMED_OUT):
        assert targeted(other(struck(healthy(TWO, THREE), ONE, failure=failure), ONE)) == [ONE.name]


def test_nothing_is_a_target_that_answers_its_own_name_or_no_name() -> None:
    assert targeted(other(healthy(ONE, TWO, THREE), ONE)) == []
    dead = other(struck(healthy(TWO, THREE), ONE), ONE, fails=Failure.CONNECTION_RESET)
    assert targeted(dead) == []
    flaky = struck(healthy(TWO, THREE), ONE, times=2)
    flaky.site(ONE, start=6.0)
    assert targeted(other(flaky, ONE)) == []


def test_one_failure_or_an_answer_at_another_time_makes_no_target() -> None:
    assert targeted(other(struck(healthy(TWO, THREE), ONE, times=1), ONE)) == []
    late = 6.0 + SAME_SECONDS + 0.1
    assert targeted(other(struck(healthy(TWO, THREE), ONE), ONE, start=late)) == []


def test_an_alert_counts_where_the_own_name_is_reset_but_not_where_big_answers_may_vanish() -> None:
    alert = Failure.TLS_FAILED
    reset = struck(healthy(TWO, THREE), ONE)
    assert targeted(other(reset, ONE, fails=alert)) == [ONE.name]
    # The server has our greeting, and its certificate never arrives: an alert would.
    hole = struck(healthy(TWO, THREE), ONE, failure=Failure.TIMED_OUT)
    assert targeted(other(hole, ONE, fails=alert)) == []
    dropped = struck(healthy(TWO, THREE), ONE, failure=Failure.TIMED_OUT, acked=False)
    assert targeted(other(dropped, ONE, fails=alert)) == [ONE.name]
    refused = struck(healthy(TWO, THREE), ONE, failure=alert)
    assert targeted(other(refused, ONE, fails=alert)) == []


def state(story: Story) -> tuple[State, tuple[str, ...]]:
    verdict = judge(story.evidence()).connection
    return verdict.state, verdict.rules


def test_targets_among_the_controls_leave_the_line_online() -> None:
    story = other(struck(healthy(TWO, THREE, FOUR), ONE), ONE)
    assert state(story) == (State.ONLINE, ("connection.online",))


def every(*answer: Site) -> Story:
    """All neutral names die, those of some addresses are answered under another one."""
    story = Story().local()
    for site in SITES:
        struck(story, site)
        if site in answer:
            other(story, site)
    return story


def test_names_that_pass_where_no_neutral_one_does_are_an_allow_list() -> None:
    assert state(every(ONE, TWO)) == (State.ALLOWLIST, ("connection.allowlist.names",))


def test_one_such_network_or_one_answer_under_its_own_name_is_none() -> None:
    assert state(every(ONE))[0] is State.NO_INTERNET
    assert state(every())[0] is State.NO_INTERNET
    story = every(ONE, TWO)
    story.site(FOUR, start=9.0)
    assert state(story)[0] is not State.ALLOWLIST
    same = Story(sites=tuple(replace(s, network="net1") for s in SITES)).local()
    for site in SITES:
        other(struck(same, site), site)
    assert state(same)[0] is State.NO_INTERNET


# -- who re-signs everything

OWN_CA = "CN=Russian Trusted Sub CA"


def signed(story: Story, site: Site, issuer: str, shown_for: str = "CN=x") -> Story:
    return story.site(
        site, fails="tls", failure=Failure.TLS_UNKNOWN_AUTHORITY, issuer=issuer, shown_for=shown_for
    )


def test_an_inspector_is_one_issuer_for_sites_abroad_of_two_owners() -> None:
    story = Story().local()
    for site in (ONE, TWO):
        signed(story, site, "CN=Web Shield")
    assert connection_of(story).inspector == "CN=Web Shield"


def test_two_sites_of_one_owner_are_no_inspector() -> None:
    sites = (ONE, replace(TWO, owner=ONE.owner), THREE, FOUR)
    story = Story(sites=sites).local()
    for site in sites[:2]:
        signed(story, site, "CN=Web Shield")
    assert connection_of(story).inspector is None


def test_more_owners_that_verify_than_are_re_signed_are_no_inspection() -> None:
    story = healthy(THREE, FOUR)
    for site in (ONE, TWO):
        signed(story, site, "CN=Web Shield")
    assert connection_of(story).inspector is None


def home_story(*, abroad_dead: bool = True) -> Story:
    story = Story(sites=(*SITES, *HOME)).local()
    for site in SITES:
        story.site(site, fails="connect" if abroad_dead else None)
    return story


def test_a_countrys_own_authority_inspects_nobody_and_its_sites_are_reached() -> None:
    story = home_story()
    for site in HOME[:2]:
        signed(story, site, OWN_CA)
    found = connection_of(story)
    assert found.inspector is None
    assert found.networks(found.domestic) == {HOME[0].network, HOME[1].network}
    assert state(story)[0] is State.DOMESTIC_ONLY


def test_domestic_sites_are_not_reached_where_sites_abroad_are_re_signed_too() -> None:
    story = home_story()
    for site in HOME[:2]:
        signed(story, site, OWN_CA)
    signed(story, ONE, "CN=Portal")
    assert connection_of(story).networks(connection_of(story).domestic) == set()


def test_domestic_sites_that_sign_for_themselves_were_not_reached() -> None:
    story = home_story()
    for site in HOME[:2]:
        signed(story, site, f"CN={site.host}", f"CN={site.host}")
    assert connection_of(story).networks(connection_of(story).domestic) == set()
    assert state(story)[0] is State.NO_INTERNET


# -- answers over UDP that are not the resolver's

NAME = "chat1.example"
TRUE = "31.13.70.1"


def asked(story: Story, kind: ResolverKind, *addresses: str, **how: object) -> Story:
    failure = how.get("failure")
    assert failure is None or isinstance(failure, Failure)
    return story.asked(
        NAME, kind, *addresses, resolver=str(how.get("resolver", "resolver1")), failure=failure
    )


def intercepted(story: Story) -> bool:
    evidence: Evidence = story.evidence()
    told = "dns_intercepted" in judge(evidence).connection.notes
    assert told is bool(Facts(evidence).name(NAME).intercepted)
    return told


def test_a_name_denied_over_udp_and_given_over_tcp_by_one_resolver_is_an_interception() -> None:
    story = asked(Story().good_connection(), ResolverKind.UDP, failure=Failure.DNS_NXDOMAIN)
    assert not intercepted(story)
    assert intercepted(asked(story, ResolverKind.TCP, TRUE))


def test_a_wrong_or_impossible_address_over_udp_is_one_too() -> None:
    for lie in ("10.10.34.36", "203.98.7.65"):
        story = asked(Story().good_connection(), ResolverKind.UDP, lie)
        asked(story, ResolverKind.TCP, TRUE)
        asked(story, ResolverKind.DOH, TRUE)
        assert intercepted(story)


def test_other_resolvers_turning_addresses_and_failing_tcp_are_none() -> None:
    two = asked(Story().good_connection(), ResolverKind.UDP, failure=Failure.DNS_NXDOMAIN)
    assert not intercepted(asked(two, ResolverKind.TCP, TRUE, resolver="resolver2"))
    turning = asked(Story().good_connection(), ResolverKind.UDP, "31.13.70.9")
    asked(turning, ResolverKind.DOH, TRUE)
    assert not intercepted(asked(turning, ResolverKind.TCP, TRUE))
    elsewhere = asked(Story().good_connection(), ResolverKind.UDP, "157.240.9.9")
    assert not intercepted(asked(elsewhere, ResolverKind.TCP, "31.13.71.1"))  # nobody knows
    silent = asked(Story().good_connection(), ResolverKind.UDP, failure=Failure.TIMED_OUT)
    assert not intercepted(asked(silent, ResolverKind.TCP, TRUE))
    both = asked(Story().good_connection(), ResolverKind.UDP, failure=Failure.DNS_NXDOMAIN)
    assert not intercepted(asked(both, ResolverKind.TCP, failure=Failure.DNS_NXDOMAIN))


# -- hosts that run no DNS


def silent_asked(*names: str, host: str, listed: int = 2) -> bool:
    """Whether somebody counts as taking all DNS (or, for the service's name, as forging it)."""
    story = Story().good_connection()
    for name in names:
        story.dns(host, ResolverKind.UDP, "20.1.0.1", resolver=name, arm=Arm.NON_RESOLVER)
    evidence = story.evidence()
    addresses = tuple(f"20.4.0.{n}" for n in range(1, listed + 1))
    found = replace(evidence, controls=replace(evidence.controls, silent=addresses))
    return bool(ConnectionFacts(Facts(found)).transparent_dns)


def test_one_host_that_answers_may_have_got_a_name_server_two_have_not() -> None:
    neutral = ONE.host
    assert not silent_asked("no resolver", host=neutral)
    assert silent_asked("no resolver", "no resolver either", host=neutral)
    assert not silent_asked("no resolver", "no resolver", host=neutral)
    assert silent_asked("no resolver", host=neutral, listed=1)
    assert not silent_asked("no resolver", "no resolver either", host="chat1.example")
    assert not silent_asked(host=neutral)
