"""How long a service's own answers took, and which of them tell how long its servers take."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.answers import slowest_answer, slowest_whole_answer
from msgprobe.evidence.facts import Facts
from msgprobe.model.observation import HttpObservation
from tests.evidence.story import CHAT, SERVICE, Story, info


def answered(first_byte: float, **lost: Any) -> Facts:
    """One conversation is answered after that time, one at once."""
    story = Story().all_targets(times=1)
    last = story.told[-1]
    seen = tuple(
        replace(o, first_byte=first_byte, info=info(**lost))
        if isinstance(o, HttpObservation)
        else o
        for o in last.observations
    )
    story.told[-1] = replace(last, observations=seen)
    return Facts(story.evidence())


@pytest.mark.parametrize(
    ("lost", "whole"),
    [
        ({}, True),
        ({"total_retrans": 5, "needless": 4}, True),
        ({"total_retrans": 2}, False),
        ({"total_retrans": 4, "needless": 1}, False),
        ({"out_of_order": 1}, False),
    ],
    ids=["nothing", "needless, late", "lost", "mostly lost", "lost on the way here"],
)
def test_what_was_lost_on_the_way_is_no_slowness_of_its_servers(
    lost: dict[str, int], whole: bool
) -> None:
    facts = answered(4.5, **lost)
    assert slowest_answer(facts, SERVICE) == 4.5
    assert (slowest_whole_answer(facts, SERVICE) == 4.5) is whole


def test_a_service_that_never_answered_has_no_slowest_answer() -> None:
    facts = Facts(Story().target(CHAT[0], fails="answer").evidence())
    assert slowest_answer(facts, SERVICE) == slowest_whole_answer(facts, SERVICE) == 0.0
