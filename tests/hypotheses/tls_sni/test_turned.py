"""A name that is answered once and punished after that: the server answers nobody any more."""

from typing import Any

import pytest

from msgprobe.model.control import Site
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm
from msgprobe.model.verdict import FunctionVerdict, Outcome
from tests.evidence.story import CHAT, SITES, Story
from tests.judging.word import text

RESET: dict[str, Any] = {"check": "tls", "fails": "tls", "failure": Failure.CONNECTION_RESET}


def turned(
    story: Story, site: Site, host: str, *, foreign: bool = True, back: bool = False, times: int = 2
) -> None:
    """The server takes a foreign name, then the service's, and breaks off what comes then."""
    twin: dict[str, Any] = {"host": "site3.example", "check": "tls"}
    if foreign:
        story.site(site, Arm.NEUTRAL_SNI_ELSEWHERE, start=1.0, **twin)
    story.elsewhere(host, site, times=1, start=2.0)
    for n in range(times):
        story.site(site, Arm.SHARE_NEUTRAL, start=3.0 + n, **{**twin, **RESET})
    if back:
        story.site(site, Arm.SHARE_NEUTRAL, start=6.0, **twin)


def told(*shown: tuple[int, str], own: Failure = Failure.CONNECTION_RESET, **how: Any) -> Any:
    story = Story().good_connection().names()
    for site in SITES[2:]:
        story.site(site, Arm.AGAIN, check="tls", start=4.0)
    for host in CHAT:
        story.target(host, times=3, fails="tls", failure=own)
    for number, host in shown:
        turned(story, SITES[number], host, **how)
    return text(story)


def test_servers_in_two_networks_that_turn_everybody_away_once_they_took_the_name() -> None:
    verdict: FunctionVerdict = told((0, CHAT[0]), (1, CHAT[1]))
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, ("tls.reset.sni",))
    assert verdict.rules == ("tls.sni.turned.reset",)


@pytest.mark.parametrize(
    ("shown", "how"),
    [
        ((0,), {}),
        ((0, 1), {"foreign": False}),
        ((0, 1), {"back": True}),
        ((0, 1), {"times": 1}),
        ((0, 1), {"own": Failure.TIMED_OUT}),
    ],
    ids=[
        "one server may have a reason of its own",
        "it may take no foreign names",
        "it answers again",
        "once may be an accident",
        "the service itself dies in another way",
    ],
)
def test_else_nobody_is_accused(shown: tuple[int, ...], how: dict[str, Any]) -> None:
    verdict = told(*((n, CHAT[n]) for n in shown), **how)
    assert verdict.outcome is Outcome.INCONCLUSIVE
