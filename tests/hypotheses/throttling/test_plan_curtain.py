"""Who moves what where the networks of neutral mirrors are cut after so many bytes."""

from typing import Any

import pytest

from msgprobe.model.task import Arm, Task
from msgprobe.model.verdict import Outcome
from tests.hypotheses.throttling.test_plan import FAST, flow
from tests.hypotheses.throttling.test_plan_cuts import Strange

DOWN = "down"


class Curtain(Strange):
    """Downloads from most mirrors, and from ``hit`` hosts, stop after 16 kB of the connection."""

    spared: tuple[str, ...] = ("speed.cloudflare.com", "speedtest.init7.net")
    hit: tuple[str, ...] = ()

    def how(self, task: Task) -> dict[str, Any]:
        down = flow(task).option("direction") == DOWN
        mirror = task.arm in (Arm.TRANSFER_SOURCE, Arm.TRANSFER_TARGET_SNI)
        cut = flow(task).host not in self.spared if mirror else flow(task).host in self.hit
        return {"stop_at": 16_000} if down and cut else {}


class Everywhere(Curtain):
    spared = ()


def first(day: Curtain, arm: Arm) -> list[Task]:
    return [
        t
        for t in day.moves
        if t.arm is arm and t.id.startswith("t.first.") and flow(t).option("direction") == DOWN
    ]


@pytest.mark.parametrize("kind", [Curtain, Everywhere])
def test_services_are_compared_though_mirrors_are_cut(kind: type[Curtain]) -> None:
    day = kind(lambda t: FAST).run()
    assert {t.subject for t in first(day, Arm.TRANSFER)} == {s.name for s in day.evidence.services}
    assert {day.outcome(s.name) for s in day.evidence.services} == {Outcome.OK}
    assert not day.contest(), "nothing was slow, or cut"


def test_another_mirror_is_asked_beside_one_that_is_held() -> None:
    day = Everywhere(lambda t: FAST).run()
    begun = {m.task.id: m.window for m in day.done}
    one, two = first(day, Arm.TRANSFER_SOURCE)[:2]
    assert begun[two.id].start < begun[one.id].end - 5.0
    assert begun[two.id].seconds < begun[one.id].seconds, "the line is known to be quick by then"


def test_two_mirrors_that_are_cut_alike_tell_enough() -> None:
    """The services' own transfers need the time that a fifth one would take."""
    day = Everywhere(lambda t: FAST).run()
    begun = {m.task.id: m.window for m in day.done}
    own = min(begun[t.id].start for t in first(day, Arm.TRANSFER))
    before = [t for t in first(day, Arm.TRANSFER_SOURCE) if begun[t.id].start < own]
    assert len(before) == 4, "two begin before the first two are known to be cut for good"


def test_who_is_cut_as_the_mirrors_are_needs_no_comparison_of_its_own() -> None:
    class Hit(Curtain):
        hit = ("cdn.signal.org", "updates.signal.org", "updates2.signal.org")

    day = Hit(lambda t: FAST).run()
    assert day.outcome("signal") is Outcome.BLOCKED
    assert not [t for t in day.begun if t.arm is Arm.TRANSFER_SMALL]
    assert {day.outcome(s) for s in ("telegram", "whatsapp", "messenger")} == {Outcome.OK}
