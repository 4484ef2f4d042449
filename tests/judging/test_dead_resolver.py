"""Where the connection's own resolver is dead for every name, censors beside it are still seen."""

from typing import Any

import pytest

from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.judging.connection import judge_connection
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import Outcome, State
from tests.evidence.story import ADDRESSES, CHAT, SITES, Story
from tests.judging.word import text

REFUSED = Failure.DNS_REFUSED
BOGON = "10.10.34.36"
DIES: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}


def dead(*, names: bool = True, how: Failure = Failure.TIMED_OUT) -> Story:
    """The system gives no neutral name, by way of ``how``; ``names``: nor any of the service's."""
    story = Story().local()
    for site in SITES:
        story.dns(site.host, ResolverKind.SYSTEM, failure=how)
        story.dns(site.host, ResolverKind.UDP, site.addresses[0], resolver="resolver1")
        story.site(site)
    for host in CHAT if names else ():
        story.asked(host, ResolverKind.SYSTEM, failure=how, arm=Arm.BASE)
    return encrypted(story)


def encrypted(story: Story) -> Story:
    """Encrypted resolvers know the service's names."""
    for host, address in ADDRESSES.items():
        for n in (1, 2):
            story.asked(host, ResolverKind.DOH, address, resolver=f"resolver{n}")
    return story


def dialled(story: Story, **how: Any) -> Story:
    """The service is spoken to where other resolvers lead."""
    for host in CHAT:
        story.target(host, times=3, arm=Arm.OTHER_ADDRESS, **how)
    return story


def state(story: Story) -> State:
    return judge_connection(ConnectionFacts(Facts(story.evidence()))).state


def test_what_works_elsewhere_works_with_another_resolver() -> None:
    story = dialled(dead()).controls_again()
    assert state(story) is State.DNS_FAULT
    assert text(story).rules == ("ok.other_resolver",)


def test_names_that_die_where_other_resolvers_lead_are_blocked() -> None:
    story = dialled(dead(), **DIES)
    for host in CHAT:
        for site in SITES[:2]:
            story.site(site, Arm.NEUTRAL_SNI_ELSEWHERE, host="site3.example", check="tls")
            story.elsewhere(host, site, **DIES)
    found = text(story.controls_again())
    assert (found.outcome, found.mechanisms) == (Outcome.BLOCKED, ("tls.reset.sni",))


def test_addresses_of_two_networks_that_let_nobody_connect_are_blocked() -> None:
    story = dialled(dead(), fails="connect", failure=Failure.TIMED_OUT).controls_again()
    found = text(story)
    assert (found.outcome, found.mechanisms) == (Outcome.BLOCKED, ("tcp.timeout",))


def test_one_family_of_two_networks_that_is_refused_accuses_nobody() -> None:
    story = dialled(dead(), fails="connect", failure=Failure.CONNECTION_REFUSED).controls_again()
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_what_fails_where_another_resolver_leads_is_not_the_resolver_s_fault() -> None:
    ended = dialled(dead(), fails="tls", failure=Failure.EOF).controls_again()
    assert text(ended).rules == ("failed.unexplained",)
    assert text(dead().controls_again()).rules == ("dns.unresolved",), "nobody could be asked"


def test_impossible_addresses_for_the_service_alone_are_forged() -> None:
    story = dead(names=False)
    for host in CHAT:
        story.asked(host, ResolverKind.SYSTEM, BOGON, arm=Arm.BASE)
    found = text(dialled(story).controls_again())
    assert (found.outcome, found.mechanisms) == (Outcome.BLOCKED, ("dns.injection.bogon",))


@pytest.mark.parametrize(
    ("everywhere", "rules"),
    [(True, ("dns.refused.validated",)), (False, ("ok.other_resolver",))],
)
def test_a_denial_counts_where_resolvers_that_work_give_it_as_well(
    everywhere: bool, rules: tuple[str, ...]
) -> None:
    story = dead()
    for host in CHAT:
        story.asked(host, ResolverKind.DIRECT, failure=REFUSED)
        for name in ("resolver1", "resolver2") if everywhere else ():
            story.asked(host, ResolverKind.UDP, failure=REFUSED, resolver=name)
    assert text(dialled(story).controls_again()).rules == rules


def test_a_resolver_that_refuses_everything_forges_nothing() -> None:
    story = dead(how=REFUSED)
    for host in CHAT:
        story.asked(host, ResolverKind.DIRECT, failure=REFUSED)
    assert text(dialled(story).controls_again()).rules == ("ok.other_resolver",)


# -- forged answers that came too late


def answered_late(story: Story, *names: str, host: str = CHAT[0]) -> Story:
    """Hosts without DNS answer for a name at which the service works."""
    for name in names:
        story.asked(host, ResolverKind.UDP, BOGON, resolver=name, arm=Arm.NON_RESOLVER)
    return story.all_targets(times=1)


@pytest.mark.parametrize(
    ("neutral", "outcome", "rules"),
    [
        (False, Outcome.DEGRADED, ("dns.injection.late",)),
        (True, Outcome.OK, ("ok.authenticated",)),  # somebody takes all questions, whoever is asked
    ],
)
def test_who_forges_answers_is_told_though_the_true_one_came_first(
    neutral: bool, outcome: Outcome, rules: tuple[str, ...]
) -> None:
    story = Story().good_connection().names()
    story.nowhere(answers=neutral)
    found = text(answered_late(story, "no resolver").controls_again())
    assert (found.outcome, found.rules) == (outcome, rules)
