"""What dies after a good greeting: which evidence says that somebody on the way did it."""

import dataclasses
from typing import Any

import pytest

from msgprobe.evidence.facts import TRIES
from msgprobe.model.failure import Failure
from msgprobe.model.observation import HttpObservation
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome, Strength
from tests.evidence.story import CHAT, SITES, Story
from tests.judging.word import text

DIES: dict[str, Any] = {"fails": "answer"}
CUT: dict[str, Any] = {"fails": "answer", "failure": Failure.CONNECTION_RESET}
NEUTRAL = SITES[0]


def dead(**how: Any) -> Story:
    """Every conversation is greeted well and dies at the request, time and again."""
    return Story().good_connection().names().controls_again().all_targets(**(how or DIES))


def swap(story: Story, *hosts: str, **how: Any) -> Story:
    for host in hosts:
        story.target(host, arm=Arm.OTHER_SNI, server_name="site1.example", **how)
    return story


def named(story: Story, *, times: int = 3, host: str = CHAT[0], **how: Any) -> Story:
    """The service's name at a neutral server, with a request."""
    address = NEUTRAL.addresses[0]
    for _ in range(times):
        story.target(host, arm=Arm.TARGET_SNI_ELSEWHERE, address=address, server_name=host, **how)
    return story


def twin(story: Story, **how: Any) -> Story:
    """Another foreign name at that server."""
    return story.site(NEUTRAL, Arm.NEUTRAL_SNI_ELSEWHERE, host="site4.example", **how)


@pytest.mark.parametrize(("how", "times"), [(DIES, 3), (CUT, 2)])
def test_a_request_that_dies_under_the_name_anywhere_is_confirmed(
    how: dict[str, Any], times: int
) -> None:
    found = text(twin(named(twin(dead(**how)), times=times, **how)))
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert found.mechanisms == ("tls.post_handshake.sni",)
    assert found.rules[0] == "tls.post_handshake.elsewhere"


@pytest.mark.parametrize(("how", "times"), [(DIES, 2), (CUT, 1)])
def test_fewer_tries_than_a_claim_needs_accuse_nobody(how: dict[str, Any], times: int) -> None:
    story = twin(named(dead(**how), times=times, **how))
    assert text(story).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("how", "times", "told"), [(CUT, 2, True), (CUT, 1, False), (DIES, 3, True), (DIES, 2, False)]
)
def test_what_broke_a_request_off_at_home_did_not_get_lost_either(
    how: dict[str, Any], times: int, told: bool
) -> None:
    """Of one name alone as many attempts died at its own address as at the neutral server."""
    story = Story().good_connection().names().controls_again()
    story.target(CHAT[0], times=times, **how)
    found = text(twin(named(twin(story), times=3, **how)))
    assert (found.outcome is Outcome.BLOCKED) is told


def test_without_the_neutral_half_nothing_is_learned() -> None:
    assert text(named(dead(), **DIES)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("first_byte", "told"), [(0.1, True), (9.0, False)])
def test_what_was_not_waited_for_as_long_as_other_answers_took_is_late(
    first_byte: float, told: bool
) -> None:
    """Whoever delays a name delays its answers everywhere."""
    story = Story().good_connection().names().controls_again()
    story.target(CHAT[0], times=3, **DIES).target(CHAT[1])
    last = story.told[-1]
    seen = [
        dataclasses.replace(o, first_byte=first_byte) if isinstance(o, HttpObservation) else o
        for o in last.observations
    ]
    story.told[-1] = dataclasses.replace(last, observations=tuple(seen))
    found = text(twin(named(twin(story), **DIES)))
    assert ("tls.post_handshake.elsewhere" in found.rules) is told
    assert (found.mechanisms == ("tls.post_handshake.sni",)) is told


def test_a_server_that_tires_of_foreign_names_is_no_censor() -> None:
    story = twin(named(twin(dead()), **DIES), **DIES)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_a_neutral_server_that_turns_out_to_be_a_front_of_the_service_shows_nothing() -> None:
    """It has the service's certificate: whatever hangs behind the service hangs behind it too."""
    story = twin(named(dead(), shown_for="CN=chat1.example", **DIES))
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_bare_greetings_at_a_neutral_server_say_nothing_about_requests() -> None:
    story = dead().elsewhere(CHAT[0], NEUTRAL)
    assert text(twin(story, check="tls")).outcome is Outcome.INCONCLUSIVE


def test_two_names_in_two_networks_where_neutral_ones_are_answered_is_likely() -> None:
    """Requests died at a neutral server as well, and what others there came to is not known; a
    single one may have been lost."""
    found = text(named(swap(dead(), *CHAT), times=TRIES, **DIES))
    assert (found.outcome, found.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert found.mechanisms == ("tls.post_handshake",), "no swap elsewhere shows the trigger"
    assert text(named(swap(dead(), *CHAT), times=1, **DIES)).outcome is Outcome.INCONCLUSIVE


def test_without_any_neutral_server_s_word_all_backends_may_hang() -> None:
    assert text(swap(dead(), *CHAT)).outcome is Outcome.INCONCLUSIVE


def test_one_name_where_a_neutral_one_is_answered_may_be_a_dead_backend() -> None:
    found = text(swap(dead(), CHAT[0]))
    assert (found.outcome, found.rules[0]) == (
        Outcome.INCONCLUSIVE,
        "tls.post_handshake.one_front",
    )


def test_a_backend_that_hangs_behind_good_fronts_accuses_nobody() -> None:
    """Every front answers neutral names, and a neutral server answers to the service's name."""
    found = text(twin(named(swap(dead(), *CHAT), times=1)))
    assert (found.outcome, found.mechanisms) == (Outcome.INCONCLUSIVE, ())
    assert found.rules[0].startswith("tls.post_handshake.")


def test_a_neutral_name_that_only_gets_a_greeting_there_shows_nothing() -> None:
    story = swap(dead(), *CHAT, check="tls")
    assert text(story).outcome is Outcome.INCONCLUSIVE
    assert text(swap(dead(), *CHAT, **DIES)).outcome is Outcome.INCONCLUSIVE


def test_one_answer_among_the_failures_is_no_post_handshake_fault() -> None:
    story = dead()
    story.target(CHAT[0], arm=Arm.REPEAT)
    assert text(twin(named(story, **DIES))).outcome is not Outcome.BLOCKED
