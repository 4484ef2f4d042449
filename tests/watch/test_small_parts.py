"""State as text, gaps by clocks, whose turn it is, what is an alarm."""

from dataclasses import replace

import pytest

from msgprobe.catalog.loader import load
from msgprobe.model.control import Guess
from msgprobe.model.history import Gap, GapReason, TickKind
from msgprobe.model.target import Direction
from msgprobe.model.timeline import Bracket, Cause, Change, Segment, Story, TimelineEvent
from msgprobe.watch import alarms, codec, gaps, narrow
from msgprobe.watch.alarms import Told
from msgprobe.watch.gaps import Reading
from msgprobe.watch.narrow import Rows
from msgprobe.watch.state import State
from msgprobe.watch.timetable import Timetable
from tests.timeline.virtual_line import HOME
from tests.watch.test_schedule import ZERO, blocked_from
from tests.watch.virtual_day import Day

TIMETABLE = Timetable()


def reread(day: Day, steady: float, later: int = 0) -> tuple[State, float]:
    """Its state as text, read when the steady clock says that and the wall clock is so much later;
    and how long ago it was written."""
    text = codec.dumps(day.state, TIMETABLE, day.now, wall=1_800_000_000.0)
    read = codec.loads(text, TIMETABLE, steady, wall=1_800_000_000.0 + later)
    assert read is not None
    return read


def test_a_watch_goes_on_where_it_was_though_the_machine_was_started_anew() -> None:
    day = Day(truth=blocked_from(ZERO + 7200)).until(ZERO + 7210)
    assert day.state.here.surprise is not None or day.state.here.words
    state, ago = reread(day, 50.0)
    assert ago == 0
    other = Day(truth=day.truth, state=replace(state, seed=7), now=50.0)
    before, after = day.schedule.next(day.state, day.now), other.schedule.next(other.state, 50.0)
    assert (before.kind, before.reason, before.services) == (
        after.kind,
        after.reason,
        after.services,
    )
    assert after.at - 50.0 == pytest.approx(before.at - day.now, abs=0.01)


def test_time_in_which_nothing_ran_passes_for_what_was_kept() -> None:
    day = Day().until(ZERO + 7200)
    state, ago = reread(day, day.now, later=90_000)
    assert ago == 90_000
    look = day.schedule.next(replace(state, seed=7), day.now)
    assert look.kind is TickKind.RUN  # the daily one is overdue


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 99}', '{"version":1,"wall":"x"}'])
def test_what_cannot_be_read_begins_anew(text: str) -> None:
    assert codec.loads(text, TIMETABLE, 0.0, 0.0) is None


def test_a_clock_that_was_set_back_makes_no_time_pass_backwards() -> None:
    day = Day().until(ZERO + 3600)
    _, ago = reread(day, day.now, later=-100_000_000)
    assert ago == 0


def test_sleep_and_a_stopped_process_are_gaps_with_their_reason() -> None:
    before = Reading(steady=100.0, awake=100.0, wall=5000.0)
    asleep = Reading(steady=4100.0, awake=115.0, wall=9000.0)
    stopped = Reading(steady=400.0, awake=400.0, wall=5300.0)
    as_usual = Reading(steady=116.0, awake=116.0, wall=5016.0)
    assert gaps.between(before, asleep, due=115.0) == Gap(5000, 9000, GapReason.ASLEEP)
    assert gaps.between(before, stopped, due=115.0) == Gap(5000, 5300, GapReason.STOPPED)
    assert gaps.between(before, as_usual, due=115.0) is None
    set_back = replace(as_usual, wall=1000.0)
    assert gaps.set_by(before, set_back) == -4016.0
    assert gaps.set_by(before, as_usual) == 0.0


def test_where_no_clock_runs_on_in_sleep_the_walls_tells_of_it() -> None:
    before = Reading(steady=100.0, awake=100.0, wall=5000.0)
    asleep = Reading(steady=115.0, awake=115.0, wall=9000.0)
    found = gaps.between(before, asleep, due=115.0, sees_sleep=False)
    assert found == Gap(5000, 9000, GapReason.ASLEEP)
    assert gaps.between(before, asleep, due=115.0) is None  # it was set
    back = Reading(steady=115.0, awake=115.0, wall=1000.0)
    assert gaps.between(before, back, due=115.0, sees_sleep=False) is None
    stopped = Reading(steady=400.0, awake=400.0, wall=5300.0)
    found = gaps.between(before, stopped, due=115.0, sees_sleep=False)
    assert found == Gap(5000, 5300, GapReason.STOPPED)


@pytest.mark.parametrize("waits_for", [None, GapReason.BATTERY, GapReason.NO_INTERFACE])
def test_the_state_keeps_what_a_watch_waited_for(waits_for: GapReason | None) -> None:
    text = codec.dumps(Day().state, TIMETABLE, 0.0, 0.0, waits_for)
    assert codec.waited_for(text) is waits_for
    assert codec.loads(text, TIMETABLE, 0.0, 0.0) is not None
    assert codec.waited_for("{}") is codec.waited_for(None) is None


def rows() -> Rows:
    catalogue = load()
    return Rows(
        services=tuple(s for s in catalogue.services if s.core),
        controls=catalogue.controls,
        guess=Guess(),
    )


def test_a_pulse_asks_one_member_of_each_service_and_all_of_them_by_turns() -> None:
    every = rows()
    seen: dict[str, set[str]] = {s.name: set() for s in every.services}
    sites: set[str] = set()
    for turn in range(60):
        found = narrow.pulse(every, turn, dead=False)
        for service in found.services:
            members = {e.member for e in service.endpoints}
            assert len(members) == 1
            assert {p.function for p in service.pools} == {service.primary}
            seen[service.name] |= members
        assert len({s.network for s in found.controls.sites}) == narrow.NEUTRAL
        assert not found.controls.sources
        sites |= {s.name for s in found.controls.sites}
    assert len(seen["telegram"]) == 5
    assert len(seen["whatsapp"]) == 17  # spare ones are asked by nobody at first
    assert len(seen["signal"]) == 3
    assert len(sites) >= 5


def test_where_nothing_works_what_explains_it_is_asked_as_well() -> None:
    found = narrow.pulse(rows(), 3, dead=True)
    assert len({s.network for s in found.controls.sites}) >= 3
    assert found.controls.holes


@pytest.mark.parametrize("dated", [True, False])
def test_where_the_clock_is_wrong_servers_are_asked_what_time_it_is(dated: bool) -> None:
    small = narrow.pulse(rows(), 3, dead=False, dated=dated)
    moving = narrow.transfer(rows(), 3, dated=dated)
    for found in (small, moving):
        assert bool(found.controls.sentinels) is dated
    assert len({s.network for s in small.controls.sites}) == narrow.NEUTRAL


def test_small_transfers_go_through_all_services_and_move_one_object_of_each() -> None:
    every = rows()
    moved: dict[str, int] = {}
    for turn in range(2 * len(narrow.transfer_groups(every.services))):
        found = narrow.transfer(every, turn)
        assert 1 <= len(found.services) <= narrow.MOVED_AT_ONCE
        assert len(found.controls.sources) == narrow.SOURCES
        for service in found.services:
            (asset,) = service.assets
            assert asset.direction is Direction.UP
            assert asset.function in {p.function for p in service.pools}
            moved[service.name] = moved.get(service.name, 0) + 1
    assert set(moved.values()) == {2}
    assert set(moved) == {s.name for s in every.services}


# -- alarms --------------------------------------------------------------------------------------


def event(
    *changes: tuple[str, str], until: int = 1000, cause: Cause = Cause.NETWORK
) -> TimelineEvent:
    bracket = Bracket(after=until - 90, until=until)
    return TimelineEvent(
        bracket=bracket,
        changes=tuple(
            Change(subject=s, before="ok", after=word, bracket=bracket) for s, word in changes
        ),
        cause=cause,
    )


def told(*changes: tuple[str, str], until: int = 1000, at: int = 1000) -> Told:
    return Told(id="x", at=at, until=until, series="home", changes=dict(changes))


def test_an_event_is_told_once_though_its_bracket_moves_and_more_of_it_is_seen() -> None:
    first = event(("signal.text", "blocked"))
    assert len(alarms.fresh([first], [], "home", 0)) == 1
    known = [told(("signal.text", "blocked"))]
    assert alarms.fresh([first], known, "home", 0) == []
    later = event(("signal.text", "blocked"), ("signal.media", "blocked"), until=1100)
    assert alarms.fresh([later], known, "home", 0) == []


def test_another_service_another_network_and_the_return_are_told_too() -> None:
    known = [told(("signal.text", "blocked"))]
    other = event(("telegram.text", "blocked"), ("signal.text", "blocked"), until=1060)
    ((_, changes),) = alarms.fresh([other], known, "home", 0)
    assert [c.subject for c in changes] == ["telegram.text"]
    assert len(alarms.fresh([event(("signal.text", "blocked"))], known, "mobile", 0)) == 1
    assert len(alarms.fresh([event(("signal.text", "ok"), until=1300)], known, "home", 0)) == 1
    assert len(alarms.fresh([event(("signal.text", "blocked"), until=9000)], known, "home", 0)) == 1


def test_what_later_looks_make_of_the_time_before_an_alarm_is_no_other_one() -> None:
    known = [told(("signal.text", "blocked"), at=9000)]
    moved = event(("signal.text", "blocked"), until=4000)
    assert alarms.fresh([moved], known, "home", 0) == []
    split = [event(("signal.text", "down"), until=3000), moved]
    assert alarms.fresh(split, known, "home", 0) == []
    again = event(("signal.text", "blocked"), until=9100)
    assert len(alarms.fresh([again], known, "home", 0)) == 1


def test_an_alarm_that_was_wrong_is_put_right() -> None:
    known = [told(("signal.text", "ok"), at=9000)]
    found = event(("signal.text", "throttled"), until=4000)
    assert len(alarms.fresh([found], known, "home", 0)) == 1


def story(*found: TimelineEvent, word: str, seen_until: int, settled: bool = True) -> Story:
    now = Segment(
        subject="signal.text",
        word=word,
        began=500,
        ended=seen_until,
        seen_until=seen_until,
        settled=settled,
    )
    return Story(
        series=HOME,
        began=0,
        ended=seen_until,
        ticks=9,
        interval=90,
        rules=1,
        segments=[("signal.text", [now])],
        events=found,
    )


def test_what_an_alarm_told_and_the_story_no_longer_knows_of_is_put_right_once() -> None:
    known = [told(("signal.text", "blocked"), at=2000)]
    ((found, (change,)),) = alarms.news(story(word="ok", seen_until=2600), known, "home", 0)
    assert (change.before, change.after) == ("blocked", "ok")
    assert (found.bracket.after, found.bracket.until) == (2000, 2600)
    righted = [*known, told(("signal.text", "ok"), at=2600, until=2600)]
    assert alarms.news(story(word="ok", seen_until=2700), righted, "home", 0) == []


@pytest.mark.parametrize(
    "seen",
    [
        story(word="ok", seen_until=1900),  # nobody looked since
        story(word="ok", seen_until=2100),  # it is being looked into
        story(word="blocked", seen_until=2600),
        story(word="ok", seen_until=2600, settled=False),
        story(
            replace(
                event(("connection", "online"), until=2500),
                absorbed=event(("signal.text", "ok"), until=2500).changes,
            ),
            word="ok",
            seen_until=2600,
        ),
    ],
)
def test_what_holds_still_or_was_told_with_the_connection_is_not_put_right(seen: Story) -> None:
    known = [told(("signal.text", "blocked"), ("connection", "online"), at=2000, until=2450)]
    assert alarms.news(seen, known, "home", 0) == []


def test_what_is_old_or_only_another_way_of_looking_is_no_alarm() -> None:
    assert alarms.fresh([event(("signal.text", "blocked"))], [], "home", 2000) == []
    rules = event(("signal.text", "blocked"), cause=Cause.RULES)
    assert alarms.fresh([rules], [], "home", 0) == []


def test_what_fails_is_tried_again_ever_more_rarely_but_every_quarter_of_an_hour() -> None:
    waits = [alarms.due(failures, 0.0) for failures in range(10)]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert max(waits) == 900
