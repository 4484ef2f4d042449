"""A name that is punished: the server to which it was said answers nobody for a while."""

import dataclasses
from typing import Any

import pytest

from msgprobe.model.control import Site
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm
from msgprobe.model.verdict import FunctionVerdict, Outcome, Strength
from tests.evidence.story import ADDRESSES, CHAT, SITES, Story
from tests.judging.word import text

HOW: dict[str, tuple[Failure, str]] = {
    "timeout": (Failure.TIMED_OUT, "tls.timeout.sni"),
    "reset": (Failure.CONNECTION_RESET, "tls.reset.sni"),
}
SILENT: dict[str, Any] = {"fails": "connect", "failure": Failure.TIMED_OUT, "took": 5.0}


def punished(story: Story, site: Site, host: str, kind: str, *, before: bool = True) -> None:
    """The server takes foreign names, is shown the service's, and is silent from then on."""
    twin: dict[str, Any] = {"host": "site3.example", "check": "tls"}
    if before:
        story.site(site, Arm.NEUTRAL_SNI_ELSEWHERE, start=1.0, **twin)
    story.elsewhere(host, site, times=1, start=2.0, fails="tls", failure=HOW[kind][0])
    story.elsewhere(host, site, times=2, start=5.0, **SILENT)
    story.site(site, Arm.NEUTRAL_SNI_ELSEWHERE, start=3.0, **twin, **SILENT)


def dying(kind: str) -> Story:
    """The service's own addresses die at the first ClientHello, and are silent from then on."""
    story = Story().good_connection().names()
    for site in SITES[2:]:
        story.site(site, Arm.AGAIN, check="tls", start=4.0)
    for host in CHAT:
        story.target(host, fails="tls", failure=HOW[kind][0])
        story.target(host, arm=Arm.REPEAT, times=2, start=3.0, **SILENT)
    return story


def told(kind: str, *shown: tuple[int, str], **how: Any) -> FunctionVerdict:
    story = dying(kind)
    for number, host in shown:
        punished(story, SITES[number], host, kind, **how)
    return text(story)


@pytest.mark.parametrize("kind", HOW)
def test_servers_in_two_networks_that_fall_silent_once_they_were_shown_a_name(kind: str) -> None:
    verdict = told(kind, (0, CHAT[0]), (1, CHAT[1]))
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert verdict.mechanisms == (HOW[kind][1],)
    assert verdict.rules[0] == f"tls.sni.residual.{kind}"


@pytest.mark.parametrize("kind", HOW)
def test_one_such_server_may_have_a_reason_of_its_own(kind: str) -> None:
    assert told(kind, (0, CHAT[0])).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("kind", HOW)
def test_servers_that_were_not_heard_before_tell_nothing(kind: str) -> None:
    sites = tuple(dataclasses.replace(s, any_name=True) for s in SITES)
    story = dying(kind)
    story.told = [m for m in story.told if m.task.subject not in (sites[0].name, sites[1].name)]
    for number, host in enumerate(CHAT):
        punished(story, sites[number], host, kind, before=False)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_where_the_line_itself_is_in_trouble_nobody_is_accused() -> None:
    story = dying("timeout")
    for site in SITES:
        story.site(site, Arm.AGAIN, check="tls", start=1.0, **SILENT)
        story.site(site, Arm.AGAIN, check="tls", start=1.5, **SILENT)
    punished(story, SITES[0], CHAT[0], "timeout")
    punished(story, SITES[1], CHAT[1], "timeout")
    assert text(story).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("broken", [0, 6], ids=["all is well", "two in five break off"])
def test_resets_that_neutral_conversations_meet_as_well_are_no_punishment(broken: int) -> None:
    """Two servers answered, broke off what named the service, and whatever came next, once each."""
    story, reset = dying("reset"), {"fails": "tls", "failure": Failure.CONNECTION_RESET}
    for n in range(15):
        how = reset if n < broken else {}
        story.site(SITES[2 + n % 2], Arm.AGAIN, check="tls", start=1.0 + 0.1 * n, **how)
    twin: dict[str, Any] = {"host": "site3.example", "check": "tls"}
    for site in SITES[:2]:
        story.site(site, Arm.NEUTRAL_SNI_ELSEWHERE, start=1.0, **twin)
        for host in CHAT:
            story.elsewhere(host, site, times=1, start=2.0, **reset)
        story.site(site, Arm.NEUTRAL_SNI_ELSEWHERE, start=3.0, **twin, **reset)
    assert text(story).outcome is (Outcome.INCONCLUSIVE if broken else Outcome.BLOCKED)


def test_a_neutral_name_at_home_tells_nothing_where_the_neutral_servers_locked_us_out() -> None:
    """They took one foreign name and nobody's after that, whose backends hang we do not know."""
    story = Story().good_connection().names().controls_again()
    for host in CHAT:
        story.target(host, times=3, fails="tls", failure=Failure.TIMED_OUT)
        story.target(host, arm=Arm.OTHER_SNI, server_name="neutral.example")
    twin: dict[str, Any] = {"host": "site3.example", "check": "tls"}
    story.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, start=1.0, **twin)
    story.elsewhere(CHAT[0], SITES[0], start=2.0, **SILENT)
    assert ADDRESSES[CHAT[0]] and text(story).outcome is Outcome.INCONCLUSIVE
