"""The order of the days, by virtual clock."""

from itertools import pairwise

import pytest

from msgprobe.model.history import TickKind
from msgprobe.watch.reason import Reason
from msgprobe.watch.schedule import moved
from msgprobe.watch.state import State
from msgprobe.watch.timetable import Timetable
from tests.watch.virtual_day import Day, Truth, fine

DAY = 86400
PULSE, TRANSFER, RUN = TickKind.PULSE, TickKind.TRANSFER, TickKind.RUN
QUICK, CONFIRM = TickKind.QUICK, TickKind.CONFIRM
ZERO = 1_000_000.0


def blocked_from(began: float, ended: float = float("inf"), service: str = "signal") -> Truth:
    def truth(at: float, subject: str, kind: TickKind) -> str:
        hit = began <= at < ended and subject.startswith(service)
        return "blocked" if hit else fine(at, subject, kind)

    return truth


def changing_every(hours: float) -> Truth:
    """Signal is blocked for so long and works for so long."""

    def truth(at: float, subject: str, kind: TickKind) -> str:
        off = int((at - ZERO) / 3600 / hours) % 2 == 1
        return "blocked" if off and subject.startswith("signal") else fine(at, subject, kind)

    return truth


def test_a_quiet_day_has_a_whole_run_and_pulses_and_transfers_within_the_budget() -> None:
    day = Day().until(ZERO + DAY)
    assert day.bytes <= 20_000_000
    assert len(day.of(RUN)) in (1, 2)
    assert len(day.of(QUICK, CONFIRM)) == 0
    assert len(day.of(PULSE)) > 400
    assert len(day.of(TRANSFER)) >= 20


@pytest.mark.parametrize("budget", [3_000_000, 5_000_000, 20_000_000, 100_000_000])
def test_no_day_of_a_troubled_week_costs_more_than_the_budget(budget: int) -> None:
    day = Day(truth=changing_every(0.5), timetable=Timetable(budget=budget))
    for _ in range(7):
        before = day.bytes
        day.until(day.now + DAY)
        assert day.bytes - before <= budget
        assert day.of(PULSE)


@pytest.mark.parametrize("hours", [1, 2, 4])
def test_much_that_changes_leaves_bytes_to_see_what_changes_next(hours: int) -> None:
    day = Day(truth=changing_every(hours)).until(ZERO + 3 * DAY)
    waits = [b - a for (a, *_), (b, *_) in pairwise(day.looks)]
    assert max(waits) <= 4 / 3 * 3600  # the longest mean wait, and chance
    asked = [at for at, look, _ in day.looks if "signal" in look.services]
    assert max(b - a for a, b in pairwise(asked)) <= 2 * 3600
    assert len(day.of(RUN)) >= 3


@pytest.mark.parametrize("hours", [0.5, 1, 2, 4])
def test_small_transfers_go_on_whatever_else_is_spent(hours: float) -> None:
    day = Day(truth=changing_every(hours)).until(ZERO + 3 * DAY)
    waits = [b - a for (a, _), (b, _) in pairwise(day.of(TRANSFER))]
    assert max(waits) <= 2 * 4 / 3 * 3600  # one may be put off until bytes come free
    assert sorted(waits)[int(0.9 * len(waits))] <= 4 / 3 * 3600
    assert day.bytes <= 3 * 20_000_000


def test_where_a_whole_run_cannot_be_paid_for_what_changed_is_looked_at_a_third_time() -> None:
    day = Day(truth=changing_every(1)).until(ZERO + 2 * DAY)
    reasons = [(at, look.reason) for at, look, _ in day.looks if look.reason is not Reason.PULSE]
    confirmed = [i for i, (_, reason) in enumerate(reasons) if reason is Reason.SURPRISE]
    thirds = 0
    for i in confirmed:
        following = [(at, r) for at, r in reasons[i + 1 : i + 5] if at <= reasons[i][0] + 1800]
        looks = [at for at, r in following if r is Reason.CONFIRM]
        whole = any(r is Reason.CHANGED for _, r in following)
        assert whole or len(looks) <= 2
        if len(looks) == 2:
            thirds += 1
            assert looks[1] - looks[0] >= 60
    assert thirds > 10


def test_pulses_come_at_random_times_and_never_closer_than_two_thirds_of_what_was_asked() -> None:
    day = Day(timetable=Timetable(budget=900_000_000)).until(ZERO + 6 * 3600)
    pairs = pairwise((at, look) for at, look, _ in day.looks)
    waits = [b - a for (a, one), (b, two) in pairs if one.kind is two.kind is PULSE]
    assert min(waits) >= 40
    assert max(waits) <= 82
    assert len({round(w) for w in waits}) > 20


def test_the_same_chance_gives_the_same_day() -> None:
    one, other = Day().until(ZERO + 4 * 3600), Day().until(ZERO + 4 * 3600)
    assert one.looks == other.looks
    different = Day(state=State(line="home", seed=8)).until(ZERO + 4 * 3600)
    assert different.looks != one.looks


def test_members_and_neutral_sites_take_turns() -> None:
    day = Day().until(ZERO + 6 * 3600)
    turns = [look.turn for _, look in day.of(PULSE)]
    assert turns == list(range(len(turns)))


def test_a_surprise_is_looked_into_at_once_and_confirmed_a_minute_later() -> None:
    day = Day(truth=blocked_from(ZERO + 7200)).until(ZERO + 3 * 3600)
    after = [(at, look) for at, look, _ in day.looks if at >= ZERO + 7200]
    surprise = next(i for i, (_, look) in enumerate(after) if look.reason is Reason.SURPRISE)
    first, (at, look) = after[surprise - 1], after[surprise]
    assert first[1].kind is PULSE
    assert at - first[0] <= 2  # at once
    assert look.kind is QUICK
    assert look.services == ("signal",)
    confirm = next((a, one) for a, one in after if one.reason is Reason.CONFIRM)
    assert confirm[0] - at >= 60
    assert confirm[1].kind is CONFIRM
    whole = next((a, one) for a, one in after if one.reason is Reason.CHANGED)
    assert whole[0] >= confirm[0]
    assert whole[1].kind is RUN
    assert len(whole[1].services) == 4
    assert day.state.here.words["signal.text"] == "blocked"


def test_what_is_blocked_is_asked_rarely_and_its_return_is_seen() -> None:
    began, ended = ZERO + 7200, ZERO + 7200 + 6 * 3600
    day = Day(truth=blocked_from(began, ended)).until(began + 5 * 3600)
    during = [(at, one) for at, one, _ in day.looks if at > began + 1800]
    assert all("signal" not in one.services for _, one in during if one.kind is PULSE)
    still = [at for at, one in during if one.reason is Reason.STILL]
    assert 5 <= len(still) <= 14
    assert all(b - a >= 1200 for a, b in pairwise(still))
    day.until(ended + 3 * 3600)
    assert day.state.here.words["signal.text"] == "ok"
    last = [one for at, one, _ in day.looks if at > ended + 2 * 3600 and one.kind is PULSE]
    assert all("signal" in one.services for one in last)


def test_the_first_look_after_a_change_comes_soon_and_the_next_ones_ever_later() -> None:
    began = ZERO + 7200
    day = Day(truth=blocked_from(began)).until(began + 4 * 3600)
    change = max(at for at, one, _ in day.looks if one.reason is Reason.CONFIRM)
    still = [at for at, one, _ in day.looks if one.reason is Reason.STILL]
    waits = [b - a for a, b in pairwise([change, *still])]
    assert 400 <= waits[0] <= 810
    assert waits[1] >= waits[0]
    assert all(wait >= 1200 for wait in waits[2:])


def test_one_wrong_word_establishes_nothing_and_is_not_looked_into_again_and_again() -> None:
    def liar(at: float, subject: str, kind: TickKind) -> str:
        wrong = kind is PULSE and subject == "signal.text" and at > ZERO + 3600
        return "blocked" if wrong else fine(at, subject, kind)

    day = Day(truth=liar).until(ZERO + 13 * 3600)
    assert day.state.here.words["signal.text"] == "ok"
    assert not day.of(CONFIRM)
    assert 2 <= len(day.of(QUICK)) <= 18  # patience doubles up to an hour


def test_a_second_look_that_says_something_else_establishes_nothing() -> None:
    def unsure(at: float, subject: str, kind: TickKind) -> str:
        if subject != "signal.text" or at < ZERO + 3600:
            return fine(at, subject, kind)
        return "inconclusive" if kind is CONFIRM else "blocked"

    day = Day(truth=unsure).until(ZERO + 4 * 3600)
    assert day.of(CONFIRM)
    assert day.state.here.words["signal.text"] == "ok"


def test_throttling_which_only_transfers_see_is_confirmed_by_looks_that_see_it() -> None:
    def slow(at: float, subject: str, kind: TickKind) -> str:
        hit = at >= ZERO + 3600 and subject == "whatsapp.media" and kind not in (PULSE, QUICK)
        return "throttled" if hit else fine(at, subject, kind)

    day = Day(truth=slow)
    day.until(ZERO + 6 * 3600)
    surprise = [one for _, one, _ in day.looks if one.reason is Reason.SURPRISE]
    confirm = [one for _, one, _ in day.looks if one.reason is Reason.CONFIRM]
    assert surprise[0].kind is RUN
    assert not surprise[0].quick
    assert not confirm[0].quick
    assert day.state.here.words["whatsapp.media"] == "throttled"
    # pulses and quick looks say "ok" from then on, which contradicts nothing
    assert len(surprise) == 1


def test_a_shutdown_goes_on_cheaply_and_the_return_is_seen() -> None:
    began, ended = ZERO + 7200, ZERO + 7200 + 5 * 3600

    def shut(at: float, subject: str, kind: TickKind) -> str:
        if not began <= at < ended:
            return fine(at, subject, kind)
        if subject == "connection":
            return "no_internet" if kind is PULSE else "shutdown"
        return "inconclusive"

    day = Day(truth=shut).until(ended - 60)
    assert day.state.here.words["connection"] == "shutdown"
    assert day.state.here.words["signal.text"] == "ok"  # nobody is blamed
    during = [(at, one) for at, one, _ in day.looks if at > began + 1800]
    assert {one.kind for _, one in during} == {PULSE}
    assert all(one.dead for _, one in during)
    assert len(during) > 50
    day.until(ended + 900)
    assert day.state.here.words["connection"] == "online"


def test_two_networks_are_known_apart() -> None:
    day = Day().until(ZERO + 7200)
    day.state = moved(day.state, "mobile")
    look = day.schedule.next(day.state, day.now)
    assert (look.kind, look.reason) == (RUN, Reason.FIRST)
    day.state = moved(day.state, "home")
    assert day.schedule.next(day.state, day.now).kind is PULSE


def test_a_look_that_failed_by_our_own_fault_is_waited_for_like_any_other() -> None:
    day = Day().until(ZERO + 3600)
    before = len(day.looks)

    def nothing(at: float, subject: str, kind: TickKind) -> str:
        return "unknown" if subject == "connection" else "inconclusive"

    day.truth = nothing
    day.until(ZERO + 2 * 3600)
    assert len(day.looks) - before < 80
    assert day.state.here.words["signal.text"] == "ok"
