"""Transfers that are broken off, and not all at one place."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.observation import (
    HttpObservation,
    TcpObservation,
    TlsObservation,
    Window,
)
from msgprobe.model.task import Arm, Role
from msgprobe.model.verdict import Outcome
from tests.evidence.story import SITES, Story, info
from tests.hypotheses.throttling.test_cuts import AT, ENDS, cut
from tests.hypotheses.throttling.test_rules import MOVING, OWN, SOURCE, Race


@pytest.fixture
def race() -> Race:
    return Race(Story(services=(MOVING,)).good_connection().names().all_targets(times=1))


@ENDS
@pytest.mark.parametrize(
    ("times", "rule"), [(3, "transfer.broken"), (2, "ok.authenticated")], ids=["most", "half"]
)
def test_what_is_broken_off_most_times_is_never_fine(
    race: Race, ends: Any, times: int, rule: str
) -> None:
    """At other places each time, which no rule about places holds for."""
    for n, place in enumerate((9_000, 30_000, 17_000)[:times]):
        race.move(SOURCE, 15_000, source=f"src{n}")
        race.move(OWN, 15_000, stop_at=place, ends=ends)
    for n in range(4 - times):
        race.move(SOURCE, 15_000, source=f"src{n}").move(OWN, 15_000)
    assert race.text.rules[0] == rule


@pytest.mark.parametrize(
    ("pause", "rule"), [(1.0, "transfer.broken"), (3.0, "ok.authenticated")], ids=["gone", "late"]
)
def test_what_others_paused_for_as_long_may_only_be_late(
    race: Race, pause: float, rule: str
) -> None:
    for n, place in enumerate((9_000, 30_000, 17_000)):
        race.move(SOURCE, 15_000, source=f"src{n}", pause=pause if n == 1 else 0.0)
        race.move(OWN, 15_000, stop_at=place)
    assert race.text.rules[0] == rule


@pytest.mark.parametrize(
    ("ends", "times", "word"),
    [
        (Failure.CONNECTION_RESET, 1, Outcome.BLOCKED),
        (Failure.CONNECTION_RESET, 2, Outcome.DEGRADED),
        (Failure.EOF, 1, Outcome.DEGRADED),
    ],
    ids=["once of four times", "twice of five", "an end waits for what comes before it"],
)
def test_a_reset_may_overtake_what_was_let_through(
    race: Race, ends: Failure, times: int, word: Outcome
) -> None:
    cut(race, named=AT, ends=Failure.CONNECTION_RESET)
    for _ in range(times):
        race.move(OWN, 15_000, stop_at=AT - 4 * 1_448, ends=ends)
    assert race.text.outcome is word


def stopped(race: Race, **how: Any) -> Outcome:
    """One own transfer stops amid its content, and somebody else is answered just after that."""
    race.move(SOURCE, 15_000, source="src0")
    race.move(OWN, 15_000, **{"stop_at": 30_000, "patience": 9.0, **how})
    race.story.clock = race.story.told[-1].window.start + 0.5  # and answered a second later
    race.story.site(SITES[0], Arm.AGAIN)
    return race.text.outcome


def test_one_that_stopped_for_good_is_not_fine(race: Race) -> None:
    assert stopped(race) is Outcome.INCONCLUSIVE
    assert race.text.rules == ("transfer.stopped",)
    (service,) = judge(race.story.evidence()).services
    assert service.outcome is Outcome.INCONCLUSIVE


def test_one_that_came_to_its_end_since_is_fine(race: Race) -> None:
    race.move(OWN, 15_000)
    assert stopped(race) is Outcome.INCONCLUSIVE, "it was before"
    race.move(OWN, 15_000)
    assert race.text.outcome is Outcome.OK


def test_where_nobody_else_is_answered_the_line_may_have_gone_away(race: Race) -> None:
    race.move(SOURCE, 15_000, source="src0")
    race.move(OWN, 15_000, stop_at=30_000, patience=9.0)
    assert race.text.outcome is Outcome.OK


def test_one_that_only_paused_is_fine(race: Race) -> None:
    assert stopped(race, stop_at=0, pause=2.0) is Outcome.OK


def page_stops(
    race: Race, *, quickly: int = 20_000, silent: float = 0.0, others_at: float = 5.0
) -> Outcome:
    """12 kB of the page that names the object come in ten seconds, the last of them ``silent``
    seconds before the end, where that is known; somebody else's conversation, a second later than
    ``others_at``, had brought ``quickly`` bytes in one."""
    story = race.story
    options = (("asset", "page"),)
    how: dict[str, Any] = {"start": 3.0, "took": 10.0, "fails": "answer", "options": options}
    story.clock = 3.0
    story.flow("31.13.70.9", subject="acme", arm=Arm.TRANSFER_PAGE, host="p.example", **how)
    page = story.told[-1]
    seen = tuple(
        replace(o, info=info(bytes_received=15_000, last_received=silent))
        if isinstance(o, HttpObservation)
        else replace(o, info=info(bytes_received=3_000))
        for o in page.observations
        if isinstance(o, TcpObservation | TlsObservation | HttpObservation)
    )
    window, task = Window(start=3.0, end=13.0), replace(page.task, role=Role.TARGET)
    story.told[-1] = replace(
        page, task=task, observations=seen, window=window, bytes_received=15_000
    )
    story.clock = others_at  # and answered a second later
    story.site(SITES[0], Arm.AGAIN)
    story.told[-1] = replace(story.told[-1], bytes_received=quickly)
    return race.text.outcome


def test_a_page_that_stops_on_a_quick_line_is_not_fine(race: Race) -> None:
    assert page_stops(race) is Outcome.INCONCLUSIVE


def test_a_page_may_be_slow_where_nobody_else_brings_as_much(race: Race) -> None:
    assert page_stops(race, quickly=14_000) is Outcome.OK


def test_a_page_is_not_slow_of_which_it_is_known_that_nothing_came_any_more(race: Race) -> None:
    assert page_stops(race, quickly=14_000, silent=9.0, others_at=3.5) is Outcome.INCONCLUSIVE
    assert race.text.rules == ("transfer.stopped",)


def test_a_page_that_came_bit_by_bit_until_late_is_slow(race: Race) -> None:
    assert page_stops(race, silent=3.0) is Outcome.OK


def test_where_nobody_else_was_answered_once_a_page_was_silent_the_line_may_have_gone_away(
    race: Race,
) -> None:
    assert page_stops(race, silent=9.0, others_at=6.0) is Outcome.OK
