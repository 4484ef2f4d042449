"""What answers and silences of protocols license that have no rules of their own."""

import dataclasses

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.message import literal, message
from msgprobe.model.observation import HttpObservation, Proof
from msgprobe.model.verdict import Outcome, Strength
from tests.evidence.story import CHAT, SERVICE, Story
from tests.judging.word import text

CAVEAT = "an open port proves nothing"
OPEN_ONLY = dataclasses.replace(
    SERVICE, pools=(dataclasses.replace(SERVICE.pools[0], caveat=CAVEAT),)
)


def unmarked(story: Story) -> Story:
    """The same, but no HTTP answer had the mark that was expected."""
    story.told = [
        dataclasses.replace(
            m,
            observations=tuple(
                dataclasses.replace(o, matched=False) if isinstance(o, HttpObservation) else o
                for o in m.observations
            ),
        )
        if m.task.subject == "acme"
        else m
        for m in story.told
    ]
    return story


@pytest.mark.parametrize("status", [200, 301, 400, 404, 418])
def test_an_authenticated_answer_without_its_mark_is_an_authenticated_answer(status: int) -> None:
    found = text(unmarked(Story().good_connection().names().all_targets(status=status)))
    assert (found.outcome, found.strength) == (Outcome.OK, Strength.CONFIRMED)
    assert found.rules == ("ok.authenticated",) and found.mechanisms == ()


@pytest.mark.parametrize("status", [403, 429, 451])
def test_a_refusal_without_its_mark_is_the_services_own(status: int) -> None:
    found = text(unmarked(Story().good_connection().names().all_targets(status=status)))
    assert found.outcome is Outcome.OK
    assert found.rules == ("http.refused_by_service",)


@pytest.mark.parametrize("failure", [Failure.TIMED_OUT, Failure.CONNECTION_RESET, Failure.EOF])
@pytest.mark.parametrize("proof", [Proof.CONNECTED, Proof.BYTES, Proof.SHAPE])
def test_a_protocol_that_dies_on_open_connections_accuses_nobody(
    failure: Failure, proof: Proof
) -> None:
    story = Story().good_connection().names()
    story.all_targets(fails="answer", failure=failure, proof=proof, check="xmpp")
    found = text(story.controls_again())
    assert (found.outcome, found.strength) == (Outcome.INCONCLUSIVE, None)
    assert found.mechanisms == ()


def test_an_answer_in_the_right_form_and_no_more_is_likely() -> None:
    found = text(Story().good_connection().names().all_targets(proof=Proof.SHAPE, check="xmpp"))
    assert (found.outcome, found.strength) == (Outcome.OK, Strength.LIKELY)


def test_an_open_port_earns_nothing_and_the_caveat_says_why() -> None:
    story = (
        Story(services=(OPEN_ONLY,)).good_connection().names().all_targets(check="connect", times=1)
    )
    found = text(story)
    assert (found.outcome, found.strength) == (Outcome.NOT_TESTED, None)
    assert found.why == (literal(CAVEAT), message("pool.front_answers"))
    assert "pool.front_only" in found.rules
    bare = Story().good_connection().names().all_targets(check="connect", times=1)
    assert (text(bare).outcome, text(bare).rules) == (Outcome.NOT_TESTED, ("pool.untested",))


def test_what_cannot_show_that_it_works_cannot_show_that_it_is_blocked() -> None:
    story = Story(services=(OPEN_ONLY,)).good_connection().names()
    story.all_targets(check="connect", fails="connect").controls_again()
    found = text(story)
    assert (found.outcome, found.strength) == (Outcome.INCONCLUSIVE, None)
    assert found.mechanisms == () and found.rules[0] == "pool.front_fails"
    assert found.why[0] == literal(CAVEAT)
    assert text(dataclasses.replace(story, services=(SERVICE,))).outcome is Outcome.BLOCKED
    one = Story(services=(OPEN_ONLY,)).good_connection().names()
    one.target(CHAT[0], times=3, check="connect", fails="connect").controls_again()
    assert text(one).outcome is Outcome.INCONCLUSIVE


def test_what_was_cut_short_is_not_an_open_port() -> None:
    story = Story(services=(OPEN_ONLY,)).good_connection().names()
    story.all_targets(check="connect", fails="connect", failure=Failure.INTERRUPTED, times=1)
    assert text(story).rules == ("pool.cut_short",)
