"""A name that is lied about, and interfered with at the true address: both are told."""

from typing import Any

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, ResolverKind, Task
from msgprobe.model.verdict import Outcome
from msgprobe.planning.moment import Moment
from tests.evidence.story import ADDRESSES, CHAT, SITES, Story, came_of
from tests.judging.word import text

WRONG = "45.79.0.9"
SIX, OTHER_SIX = "2a10:9::9", "2a10:7::7"
RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
FOREIGN: dict[str, Any] = {"fails": "tls", "failure": Failure.TLS_UNKNOWN_AUTHORITY}


def lied(*, operators: int = 2, host: str = CHAT[0], address: str = WRONG) -> Story:
    """The system's resolver leads the name astray, encrypted ones do not."""
    story = Story().good_connection().controls_again()
    story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
    for n in range(1, operators + 1):
        true = ADDRESSES[host] if operators == 2 else "62.1.1.1"
        story.asked(host, ResolverKind.DOH, true, resolver=f"resolver{n}")
    return story


def reset_there(story: Story, host: str = CHAT[0]) -> Story:
    """Its true address resets it, and a neutral server that answers other names does."""
    story.target(host, times=3, arm=Arm.OTHER_ADDRESS, **RESET).elsewhere(host, **RESET)
    other = SITES[1].host
    return story.site(
        SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, check="tls", host=other, server_name=other
    )


def page(story: Story, address: str = WRONG) -> Story:
    how: dict[str, Any] = {"check": "page", "port": 80}
    return story.target(CHAT[0], arm=Arm.PLAIN_PAGE, address=address, **how)


def test_a_lie_that_shows_itself_is_told_beside_the_reset() -> None:
    astray = lied().target(CHAT[0], times=3, address=WRONG, **FOREIGN)
    assert text(reset_there(astray)).mechanisms == ("dns.injection", "tls.reset.sni")
    silent = page(lied().target(CHAT[0], times=3, address=WRONG, fails="tls"))
    assert text(reset_there(silent)).mechanisms == ("dns.injection", "tls.reset.sni")


@pytest.mark.parametrize(
    "story",
    [
        lied().target(CHAT[0], times=3, address=WRONG, fails="connect"),
        lied(operators=1).target(CHAT[0], times=3, address=WRONG, **FOREIGN),
        lied(address=ADDRESSES[CHAT[0]]).target(CHAT[0], times=3, **RESET),
    ],
    ids=["nothing is shown there", "one operator's word, of a strange address", "no lie"],
)
def test_a_wrong_address_that_may_be_an_old_one_is_not_called_a_lie(story: Story) -> None:
    verdict = text(reset_there(story))
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, ("tls.reset.sni",))


def test_a_lie_alone_convicts_nobody_by_this_rule() -> None:
    story = lied().target(CHAT[0], times=3, address=WRONG, **FOREIGN)
    story.target(CHAT[0], times=3, arm=Arm.OTHER_ADDRESS, fails="tls")
    assert "dns.injection.beside" not in text(story).rules


def given_six(*encrypted: str, host: str = CHAT[0]) -> Story:
    """The system gives an IPv6 address alone, which is silent to the name and shows a page; it
    proves itself at the IPv4 one, which encrypted resolvers give, and ``encrypted`` ones."""
    story = page(lied(address=SIX), SIX)
    for address in encrypted:
        story.asked(host, ResolverKind.DOH, address, resolver="resolver1")
    story.target(host, times=3, address=SIX, fails="tls", failure=Failure.TIMED_OUT)
    return story.target(host, arm=Arm.OTHER_ADDRESS)


def test_an_ipv6_address_is_no_lie_for_who_told_of_ipv4_alone() -> None:
    assert "dns.injection.blockpage" not in text(given_six()).mechanisms
    assert "dns.injection.blockpage" not in text(given_six(SIX)).mechanisms
    assert "dns.injection.blockpage" in text(given_six(OTHER_SIX)).mechanisms


@pytest.mark.parametrize(("shown_at", "told"), [(SIX, False), (WRONG, True)])
def test_a_page_at_an_address_that_nobody_contradicts_shows_no_lie(
    shown_at: str, told: bool
) -> None:
    """The IPv4 address beside it may be an old one."""
    story = page(lied(address=WRONG), shown_at)
    story.asked(CHAT[0], ResolverKind.SYSTEM, WRONG, SIX, arm=Arm.BASE)
    for address in (WRONG, SIX):
        story.target(CHAT[0], times=3, address=address, fails="tls", failure=Failure.TIMED_OUT)
    story.target(CHAT[0], arm=Arm.OTHER_ADDRESS)
    assert ("dns.injection.blockpage" in text(story).mechanisms) is told


def test_a_name_that_leads_nowhere_is_shown_elsewhere_once_it_dies_at_its_true_address() -> None:
    story = Story().good_connection()
    for host, address in ADDRESSES.items():
        story.asked(host, ResolverKind.SYSTEM, failure=Failure.DNS_NXDOMAIN, arm=Arm.BASE)
        for n in (1, 2):
            story.asked(host, ResolverKind.DOH, address, resolver=f"resolver{n}")
    assert Arm.TARGET_SNI_ELSEWHERE not in _arms(story)
    # The neutral servers are shown a name that is nobody's business first.
    twins = _of(story.target(CHAT[0], arm=Arm.OTHER_ADDRESS, **RESET), Arm.NEUTRAL_SNI_ELSEWHERE)
    assert twins
    story.told += [came_of(task, start=8.0, took=0.1) for task in twins]
    assert Arm.TARGET_SNI_ELSEWHERE in _arms(story)


def _arms(story: Story) -> set[Arm]:
    return {t.arm for t in _tasks(story)}


def _of(story: Story, arm: Arm) -> list[Task]:
    return [t for t in _tasks(story) if t.arm is arm]


def _tasks(story: Story) -> tuple[Task, ...]:
    return agenda(story.evidence(), Moment(now=9.0)).tasks
