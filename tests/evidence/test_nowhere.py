"""Hosts that run no DNS answer for a service's name: forged, or is everybody's taken there?"""

from dataclasses import replace

import pytest

from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.nowhere import forged
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, ResolverKind
from tests.evidence.story import CHAT, SITES, Story

HOSTS = ("no resolver", "no resolver either")
NEUTRAL = SITES[0].host


def told(story: Story) -> tuple[bool, bool]:
    """Whether the service's name counts as forged, and somebody as taking all questions."""
    evidence = story.evidence()
    controls = replace(evidence.controls, silent=("20.4.0.1", "20.4.0.2"))
    facts = Facts(replace(evidence, controls=controls))
    connection = ConnectionFacts(facts)
    lies = forged(facts, connection.neutral_names, facts.name(CHAT[0]))
    return bool(lies), bool(connection.transparent_dns)


def nowhere(story: Story, name: str, host: str, *, answers: bool, times: int = 1) -> None:
    failure = None if answers else Failure.TIMED_OUT
    addresses = ("31.13.70.1",) if answers else ()
    for _ in range(times):
        story.dns(
            name,
            ResolverKind.UDP,
            *addresses,
            resolver=host,
            failure=failure,
            arm=Arm.NON_RESOLVER,
        )


def asked(*, answered: int = 36, lost: int = 0) -> Story:
    """So many other questions to a resolver, answered and lost; both hosts without DNS answer for
    the service's name."""
    story = Story().good_connection()
    for n in range(answered + lost):
        failure = None if n < answered else Failure.TIMED_OUT
        addresses = ("31.13.70.1",) if n < answered else ()
        story.asked(CHAT[1], ResolverKind.DIRECT, *addresses, failure=failure)
    for host in HOSTS:
        nowhere(story, CHAT[0], host, answers=True)
    return story


@pytest.mark.parametrize(
    ("lost", "times", "lies"),
    [(0, 0, False), (0, 1, True), (6, 1, False), (6, 3, True), (60, 4, False)],
    ids=["not asked", "all others answered", "lossy", "lossy, asked often", "most are lost"],
)
def test_silence_to_neutral_names_counts_where_the_line_cannot_have_lost_them(
    lost: int, times: int, lies: bool
) -> None:
    story = asked(lost=lost)
    for host in HOSTS:
        nowhere(story, NEUTRAL, host, answers=False, times=times)
    assert told(story) == (lies, False)


def test_a_host_that_answers_neutral_names_shows_nothing_of_a_service_s() -> None:
    """It may have got a name server; or the other one's answer was lost, and all are taken."""
    story = asked()
    nowhere(story, NEUTRAL, HOSTS[0], answers=True)
    nowhere(story, NEUTRAL, HOSTS[1], answers=False, times=4)
    assert told(story) == (False, False)
    nowhere(story, NEUTRAL, HOSTS[1], answers=True)
    assert told(story) == (False, True)


def test_a_resolver_that_answers_nobody_shows_nothing_of_the_line() -> None:
    story = asked()
    for _ in range(40):
        story.dns(NEUTRAL, ResolverKind.UDP, failure=Failure.TIMED_OUT, resolver="dead")
    for host in HOSTS:
        nowhere(story, NEUTRAL, host, answers=False)
    assert told(story) == (True, False)
