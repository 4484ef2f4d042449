"""Neutral servers of several owners that stop at one byte: whose doing is it?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.shares import Shares
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.target import Direction
from msgprobe.model.verdict import Outcome, State, Strength
from tests.evidence.story import Story
from tests.hypotheses.throttling.test_cuts import AT, ENDS, FILM
from tests.hypotheses.throttling.test_rules import ASSET, MOVING, OWN, SOURCE, Race

FAR = 2 * 1_460
"""Bytes that make another place of it, beside those of the same one."""


@pytest.fixture
def race() -> Race:
    service = replace(MOVING, assets=(ASSET, FILM))
    return Race(Story(services=(service,)).good_connection().names().all_targets(times=1))


def sources(race: Race, places: Sequence[int], **how: Any) -> Race:
    """One neutral server after the other: where it stops, 0 where it does not."""
    for n, place in enumerate(places, start=1):
        more = {"stop_at": place, **how} if place else {}
        race.move(SOURCE, 15_000, source=f"src{n}", **more)
    return race


@ENDS
def test_a_service_that_is_cut_where_unrelated_servers_are_is_blocked(
    race: Race, ends: Failure | None
) -> None:
    sources(race, (AT, AT, 0, 0), ends=ends).move(OWN, 15_000, stop_at=AT, ends=ends)
    how: dict[str, Any] = {"stop_at": AT, "ends": ends, "asset": "film", "address": "77.1.2.3"}
    seen = race.move(OWN, 15_000, **how).text
    assert (seen.outcome, seen.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert (seen.mechanisms, seen.rules) == (("tcp.freeze",), ("transfer.as_others",))


@pytest.mark.parametrize(
    ("places", "own"),
    [
        ((AT, 0, 0, 0), (AT, AT)),
        ((AT, AT + 3 * FAR, 0, 0), (AT, AT)),
        ((AT, AT, 0, 0), (AT - 3 * FAR, AT - 3 * FAR)),
        ((AT, AT, 0, 0), (AT, 0)),
        ((AT, AT, 0, 0), (AT,)),
    ],
    ids=[
        "one mirror may be broken",
        "two mirrors that stop elsewhere may be",
        "its own servers stop elsewhere",
        "one of its transfers goes on",
        "one transfer tells too little",
    ],
)
def test_else_nobody_is_accused(race: Race, places: tuple[int, ...], own: tuple[int, ...]) -> None:
    sources(race, places)
    for place in own:
        race.move(OWN, 15_000, stop_at=place)
    assert race.text.outcome is not Outcome.BLOCKED


@pytest.mark.parametrize("passing", [1, 2])
def test_one_transfer_that_is_cut_there_is_never_fine(race: Race, passing: int) -> None:
    """Be it that too little passes to acquit the line."""
    sources(race, (AT, AT, *((0,) * passing))).move(OWN, 15_000, stop_at=AT)
    assert (race.text.outcome, race.text.rules) == (
        Outcome.DEGRADED,
        ("transfer.once_as_others",),
    )


def test_who_is_ended_in_another_way_there_may_be_ended_by_others(race: Race) -> None:
    sources(race, (AT, AT, 0, 0))
    for _ in range(2):
        race.move(OWN, 15_000, stop_at=AT, ends=Failure.CONNECTION_RESET)
    assert race.text.outcome is not Outcome.BLOCKED


def test_who_sits_in_no_such_network_is_not_harmed_and_the_line_is_not_slow(race: Race) -> None:
    sources(race, (AT, AT, AT, 0)).move(OWN, 15_000)
    said = judge(race.story.evidence())
    assert race.text.outcome is Outcome.OK
    assert said.connection.state is State.ONLINE
    assert "networks_cut" in said.connection.notes
    assert not {"slow_line", "slow_abroad"} & set(said.connection.notes)


def test_a_line_on_which_nothing_passes_that_place_is_bad_and_no_service_is_blocked(
    race: Race,
) -> None:
    sources(race, (AT, AT, AT)).move(OWN, 15_000, stop_at=AT)
    said = judge(race.story.evidence()).connection
    assert (said.state, said.rules) == (State.BAD_LINK, ("connection.all_cut",))
    assert "networks_cut" not in said.notes
    assert (race.text.outcome, race.text.rules) == (Outcome.DEGRADED, ("transfer.as_all",))


def test_what_others_paused_for_as_long_before_they_went_on_is_late(race: Race) -> None:
    sources(race, (AT, AT, 0, 0)).move(SOURCE, 15_000, source="src5", pause=3.0)
    for _ in range(2):
        race.move(OWN, 15_000, stop_at=AT)
    assert race.text.outcome is not Outcome.BLOCKED


def test_a_service_that_answered_as_late_itself_may_only_be_late(race: Race) -> None:
    """Its own transfers were given up after three seconds; it had paused for as long."""
    sources(race, (AT, AT, 0, 0), patience=10.0)
    for _ in range(2):
        race.move(OWN, 15_000, stop_at=AT)
    race.move(OWN, 15_000, asset="film", pause=4.0, address="77.1.2.3")
    assert race.text.outcome is not Outcome.BLOCKED


def test_a_service_that_stops_by_itself_elsewhere_is_impaired_though_mirrors_are_cut(
    race: Race,
) -> None:
    sources(race, (AT, AT, 0, 0))
    for place in (9_000, 30_000, 40_000):
        race.move(OWN, 15_000, stop_at=place)
    assert (race.text.outcome, race.text.rules) == (Outcome.DEGRADED, ("transfer.broken",))


def test_mirrors_that_are_cut_later_pass_the_place_at_which_a_service_is(race: Race) -> None:
    sources(race, (2 * AT, 2 * AT, 2 * AT))
    for _ in range(3):
        race.move(OWN, 15_000, stop_at=9_000)
    assert (race.text.outcome, race.text.rules) == (Outcome.DEGRADED, ("transfer.cut",))


def test_slow_mirrors_are_a_slow_line_all_the_same(race: Race) -> None:
    for n in range(1, 4):
        race.move(SOURCE, 100, source=f"src{n}", patience=10.0)
    assert "slow_line" in judge(race.story.evidence()).connection.notes


@pytest.mark.parametrize(
    ("place", "word"), [(374, Outcome.OK), (9_000, Outcome.DEGRADED)], ids=["none", "some"]
)
def test_where_no_segment_of_full_size_goes_up_nothing_was_cut(place: int, word: Outcome) -> None:
    """A line on which large packets vanish carries the head of an upload and no more of it, whoever
    takes it: that says nothing about bytes."""
    up = replace(ASSET, direction=Direction.UP)
    story = Story(services=(replace(MOVING, assets=(up,)),)).good_connection().names()
    race = Race(story.all_targets(times=1))
    how: dict[str, Any] = {"direction": "up", "stop_at": place, "unacked": 14}
    for source in ("src1", "src2", "src3"):
        race.move(SOURCE, 15_000, source=source, **how)
    assert race.move(OWN, 15_000, **how).text.outcome is word


@pytest.mark.parametrize("ends", [Failure.CONNECTION_RESET, Failure.EOF])
@pytest.mark.parametrize(
    ("places", "counts"),
    [((AT, AT, 0), 0), ((AT, AT + 3 * FAR, 0), 2)],
    ids=["at one place", "a poor line, anywhere"],
)
def test_handshakes_that_fail_are_compared_with_what_the_line_cuts_off_and_not_who_sits_on_it(
    race: Race, places: tuple[int, ...], counts: int, ends: Failure
) -> None:
    sources(race, places, ends=ends)
    neutral = Shares(Facts(race.story.evidence())).neutral
    ended = {t.task.arm for t in neutral.failed}
    assert (len(neutral.failed), ended) == (counts, {SOURCE} if counts else set())
    assert sum(t.task.arm is SOURCE for t in neutral.answered) == len(places) - counts
