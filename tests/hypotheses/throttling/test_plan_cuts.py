"""Who moves what where transfers are broken off, where every answer comes late, and where this
device stood still meanwhile."""

import dataclasses
from typing import Any

import pytest

from msgprobe.evidence.lasting import LASTING
from msgprobe.hypotheses.throttling import plan_bursts, plan_pairs
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import TransferObservation
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm, Task
from msgprobe.model.verdict import Outcome
from tests.evidence.moves import moved
from tests.hypotheses.throttling.test_plan import FAST, MOVES, Day, Rate, flow, volleys

HOST = "web.whatsapp.com"

_HERE = (Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI)


class Strange(Day):
    """A day on which some transfers go otherwise, as ``how`` says."""

    def how(self, task: Task) -> dict[str, Any]:
        return {}

    def _hold(self, task: Task, now: float) -> Measurement:
        if task.arm not in MOVES | {Arm.TRANSFER_SMALL}:
            return super()._hold(task, now)
        size, patience = (flow(task).option(o) for o in ("bytes", "patience"))
        return moved(
            task,
            now,
            self.rate(task),
            size=int(size or 0),
            transaction=len(self.begun),
            patience=float(patience or 0),
            ahead=int(flow(task).option("lead") or 0),
            **self.how(task),
        )


class Cut(Strange):
    """What names a host is reset after 20 kB of the connection, at every server."""

    def how(self, task: Task) -> dict[str, Any]:
        ahead = int(flow(task).option("lead") or 0)
        reset = {"stop_at": 20_000 - ahead, "ends": Failure.CONNECTION_RESET}
        return reset if flow(task).server_name == HOST else {}


def test_a_cut_is_looked_into_in_two_blocks_and_then_in_small_segments_and_behind_others() -> None:
    day = Cut(lambda t: FAST).run()
    again = day.contest()
    assert {t.attempt for t in again if t.arm is not Arm.TRANSFER_SMALL} == {1, 2}
    small = [t for t in day.begun if t.arm is Arm.TRANSFER_SMALL]
    assert [(flow(t).mss > 0, bool(flow(t).option("lead"))) for t in small] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert day.outcome("whatsapp") is Outcome.BLOCKED
    assert {day.outcome(s) for s in ("telegram", "signal", "messenger")} == {Outcome.OK}


class Frozen(Strange):
    """All that goes to the host stops after 20 kB of the connection, whatever is named."""

    def how(self, task: Task) -> dict[str, Any]:
        ahead = int(flow(task).option("lead") or 0)
        own = task.arm is not Arm.TRANSFER_TARGET_SNI and flow(task).host == HOST
        return {"stop_at": 20_000 - ahead} if own else {}


def test_a_cut_is_looked_into_though_no_pair_of_two_cuts_tells_a_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan_pairs, "PAIRS_UNTIL", 0.0)
    day = Frozen(lambda t: FAST).run()
    assert {t.attempt for t in day.contest() if t.arm is not Arm.TRANSFER_SMALL} == {1, 2}
    begun = {m.task.id: m.window.start for m in day.done}
    small = [t.id for t in day.begun if t.arm is Arm.TRANSFER_SMALL]
    second = f"t.whatsapp.{flow(day.contest()[0]).option('asset')}.2.own"
    assert small and all(begun[i] < begun[second] + 1.0 for i in small), "what is cut has room"


class FrozenTwice(Strange):
    """Two hosts of one service stop after 20 kB of a connection, whatever is named."""

    def how(self, task: Task) -> dict[str, Any]:
        ahead = int(flow(task).option("lead") or 0)
        hosts = (HOST, "static.whatsapp.net")
        own = task.arm is not Arm.TRANSFER_TARGET_SNI and flow(task).host in hosts
        return {"stop_at": 20_000 - ahead} if own else {}


def test_the_next_comparison_does_not_wait_for_what_is_cut() -> None:
    """That hosts of two networks are cut at one place tells more than one of them waited for."""
    day = FrozenTwice(lambda t: FAST).run()
    begun = {m.task.id: m.window for m in day.done}
    blocks = [t for t in day.contest() if t.arm is Arm.TRANSFER and t.attempt == 1]
    assert len({flow(t).host for t in blocks}) == 2
    small = [t for t in day.begun if t.arm is Arm.TRANSFER_SMALL]
    first = [t for t in small if flow(t).host == flow(blocks[0]).host]
    assert begun[blocks[1].id].start < max(begun[t.id].end for t in first)


class FrozenByPackets(FrozenTwice):
    """The same, after fewer bytes where other answers came before on the same connection."""

    def how(self, task: Task) -> dict[str, Any]:
        frozen = super().how(task)
        return {"stop_at": frozen["stop_at"] - 6_000} if frozen and task.round == 1 else frozen


@pytest.mark.parametrize("kind", [FrozenTwice, FrozenByPackets])
def test_what_is_broken_off_again_and_again_is_compared_at_once(kind: type[Strange]) -> None:
    """It occupies no line, and the time is needed for what shows that two networks are cut."""
    day = kind(lambda t: FAST).run()
    begun = {m.task.id: m.window for m in day.done}
    first = [t for t in day.contest() if t.arm in _HERE and t.attempt == 1]
    assert len(first) == 4, "two objects, each under two names"
    assert max(begun[t.id].start for t in first) < min(begun[t.id].end for t in first)


def test_what_is_slow_is_compared_one_after_the_other() -> None:
    """Two that share a narrow way would slow each other down."""
    hosts = (HOST, "static.whatsapp.net")
    day = Day(lambda t: 150 if flow(t).host in hosts else FAST).run()
    begun = {m.task.id: m.window for m in day.done}
    own = [t for t in day.contest() if t.arm is Arm.TRANSFER and t.attempt == 1]
    other = [t for t in day.contest() if t.arm is Arm.TRANSFER_NEUTRAL_SNI and t.attempt == 1]
    assert own
    for mine, theirs in zip(own, other, strict=True):
        one, two = sorted((begun[mine.id], begun[theirs.id]), key=lambda w: w.start)
        assert one.end <= two.start


def test_what_nothing_comes_of_is_compared_at_once() -> None:
    """It takes nothing of the line, and nobody can be slow who never comes."""
    hosts = (HOST, "static.whatsapp.net")
    day = Day(lambda t: 0.0 if flow(t).server_name in hosts else FAST).run()
    begun = {m.task.id: m.window for m in day.done}
    own = [begun[t.id] for t in day.contest() if t.arm is Arm.TRANSFER and t.attempt == 1]
    assert len(own) == 2, "two objects"
    assert max(w.start for w in own) < min(w.end for w in own)


def test_servers_of_a_pool_are_asked_while_only_cut_ones_are_waited_for() -> None:
    """A cut is waited for with more patience, and the time for others would be over."""
    day = Frozen(lambda t: FAST).run()
    (asked,) = volleys(day)
    begun = {m.task.id: m.window for m in day.done}
    small = [begun[t.id] for t in day.begun if t.arm is Arm.TRANSFER_SMALL]
    assert begun[asked.id].end < min(w.end for w in small if w.seconds > 3.0)


def test_servers_of_a_pool_are_asked_beside_a_first_transfer_that_is_held_up() -> None:
    """Where all takes its time a cut is waited for with as much patience, and carries nothing."""
    day = Frozen(lambda t: FAST).run()
    (asked,) = volleys(day)
    begun = {m.task.id: m.window for m in day.done}
    first = [t for t in day.moves if t.arm is Arm.TRANSFER and t.round == 1 and t is not asked]
    (held,) = {t.id for t in first if flow(t).host == HOST and begun[t.id].seconds > 2.5}
    others = [begun[t.id].end for t in first if t.id != held]
    assert max(others) < begun[asked.id].end < begun[held].end


class FrozenPool(Strange):
    """Telegram's web and its servers' answers stop after as much of a connection."""

    def how(self, task: Task) -> dict[str, Any]:
        if task.check == "volley":
            return {"stop_at": 15_000, "unacked": 1}
        ahead = int(flow(task).option("lead") or 0)
        own = task.arm is not Arm.TRANSFER_TARGET_SNI and flow(task).host == "web.telegram.org"
        return {"stop_at": 12_000 - ahead} if own else {}


def test_that_a_cut_lasts_is_asked_from_the_first_transfer_that_met_it_on() -> None:
    """Whichever of the service's it was: their servers are not the same."""
    day = FrozenPool(lambda t: FAST).run()
    begun = {m.task.id: m.window.start for m in day.done}
    again = [t for t in day.contest() if t.attempt == 3 and t.arm is Arm.TRANSFER]
    assert [flow(t).host for t in again] == ["web.telegram.org"]
    first = min(begun[t.id] for t in day.moves if flow(t).option("asset") == "web-script")
    assert LASTING <= begun[again[0].id] - first < LASTING + 4.0
    assert day.outcome("telegram") is Outcome.BLOCKED


class Holed(FrozenPool):
    """The same, and of what one server sent something was lost before the cut."""

    def _hold(self, task: Task, now: float) -> Measurement:
        done = super()._hold(task, now)
        seen = done.observations[-1]
        if len(volleys(self)) != 3 or task.check != "volley":
            return done
        assert isinstance(seen, TransferObservation)
        assert seen.info is not None
        info = dataclasses.replace(seen.info, bytes_received=6_000, out_of_order=5)
        holed = dataclasses.replace(seen, moved=6_000, stalls=((6_000, 3.0),), info=info)
        return dataclasses.replace(done, observations=(*done.observations[:-1], holed))


def test_where_a_hole_hides_the_place_of_a_cut_another_server_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when it is too late to look into speeds."""
    monkeypatch.setattr(plan_bursts, "PAIRS_UNTIL", 12.0)
    day, whole = Holed(lambda t: FAST).run(), FrozenPool(lambda t: FAST).run()
    assert len(volleys(day)) == len(volleys(whole)) + 1
    assert day.outcome("telegram") is Outcome.BLOCKED


class Far(Strange):
    """Every answer takes 0.6 s."""

    def how(self, task: Task) -> dict[str, Any]:
        return {"rtt": 0.6, "greeting": 0.6, "think": 1.2}


def on_a_long_way(rate: Rate) -> Day:
    return Far(rate).run()


def test_on_a_long_way_transfers_go_side_by_side_and_a_limit_is_seen() -> None:
    slow = (HOST, "static.whatsapp.net", "mmg.whatsapp.net")
    day = on_a_long_way(lambda t: 100.0 if flow(t).server_name in slow else FAST)
    assert 2 <= day.most_at_once[Direction.DOWN] <= 4
    assert {t.attempt for t in day.contest()} == {1, 2, 3}
    assert day.outcome("whatsapp") is Outcome.THROTTLED


def test_on_a_long_way_nobody_is_slow_for_it() -> None:
    day = on_a_long_way(lambda t: FAST)
    assert day.contest() == []
    assert {day.outcome(s) for s in ("whatsapp", "telegram", "signal", "messenger")} == {Outcome.OK}


def test_the_longer_the_way_the_more_each_transfer_of_a_pair_moves() -> None:
    """A limit of 140 kbit/s is to take three times as long as what is not told apart there."""

    def rate(task: Task) -> float:
        return 100.0 if (flow(task).server_name or "").endswith("signal.org") else FAST

    for day, way in ((Day(rate).run(), 0.04), (on_a_long_way(rate), 0.6)):
        for task in day.contest():
            limited = int(flow(task).option("bytes") or 0) - 16 * 1024
            assert 8 * limited / 140_000 >= 0.99 * 3 * (0.2 + way) or limited >= 48 * 1024


class Still(Strange):
    """This device stood still during the first volley, and kept nothing of it; DCs are cut."""

    def how(self, task: Task) -> dict[str, Any]:
        return {"stop_at": 15_900, "unacked": 1} if task.check == "volley" else {}

    def _hold(self, task: Task, now: float) -> Measurement:
        done = super()._hold(task, now)
        if task.check != "volley" or len(volleys(self)) > 1:
            return done
        return dataclasses.replace(done, status=Status.CANCELLED, observations=())


def test_a_volley_that_told_nothing_is_followed_by_another() -> None:
    day = Still(lambda t: FAST).run()
    assert len(volleys(day)) >= 4
    assert day.outcome("telegram") is Outcome.BLOCKED
