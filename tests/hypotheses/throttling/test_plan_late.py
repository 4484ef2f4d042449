"""Comparisons that begin late in a run: as soon as they can, and for as long as one more tells."""

import pytest

from msgprobe.catalog.loader import load
from msgprobe.model.measurement import Measurement
from msgprobe.model.task import Arm, Task
from msgprobe.model.verdict import Outcome
from msgprobe.planning.timetable import DECIDING_UNTIL, PAIRS_UNTIL, PROMISING_UNTIL, SURVEY_UNTIL
from tests.hypotheses.throttling.test_plan import FAST, Day, flow

PAGE = "web.whatsapp.com"
SIGNAL = {a.host for s in load().services if s.name == "signal" for a in s.assets}


def compared(day: Day) -> list[Measurement]:
    """The transfers of comparisons in the order in which they began."""
    found = [m for m in day.done if m.task.round == 2 and m.task.check == "transfer"]
    return sorted(found, key=lambda m: m.window.start)


def test_a_download_that_drags_on_holds_up_no_comparison_of_an_upload() -> None:
    """Whose handshakes take twelve seconds is slow, and known to be once its upload has ended."""

    def mine(task: Task) -> bool:
        return flow(task).server_name in SIGNAL

    def down(task: Task) -> bool:
        return flow(task).option("direction") == "down"

    day = Day(
        rate=lambda task: 60.0 if mine(task) else FAST,
        greeting=lambda task: 12.0 if mine(task) and down(task) else 0.1,
    ).run()
    first = [m for m in day.done if m.task.id.startswith("t.first.")]
    dragging = [m for m in first if m.task.subject == "signal" and down(m.task)]
    begun = compared(day)
    assert begun and dragging
    assert {m.task.subject for m in begun if m.task.arm is Arm.TRANSFER} == {"signal"}
    assert begun[0].window.start < max(m.window.end for m in dragging)
    assert begun[0].window.start < SURVEY_UNTIL - 5
    assert day.outcome("signal") is Outcome.THROTTLED


def test_nobody_waits_for_an_object_that_no_page_has_named() -> None:
    assert Day(rate=lambda task: FAST, names_objects=False).run().idle == 0.0


def test_an_object_that_no_page_has_named_holds_up_no_comparison_of_an_upload() -> None:
    def rate(task: Task) -> float:
        slow = task.subject == "whatsapp" and flow(task).option("direction") == "up"
        return 60.0 if slow else FAST

    day = Day(rate=rate, names_objects=False).run()
    firsts = [m for m in day.done if m.task.arm is Arm.TRANSFER and m.task.round == 1]
    mine = [m.window.end for m in firsts if m.task.subject == "whatsapp"]
    begun = min(m.window.start for m in compared(day) if m.task.subject == "whatsapp")
    assert begun < max(mine) + 0.5


@pytest.mark.parametrize("begins", [20.0, 21.0, 22.0])
def test_where_the_time_for_all_is_over_each_service_is_still_looked_at_once(begins: float) -> None:
    """All that came before took long; a censor could hide behind those that had their turn."""
    day = Day(
        rate=lambda task: 3_000,
        rtt=0.14,
        greeting=lambda task: 3.0 if task.arm is Arm.TRANSFER else 0.1,
        begins=begins,
    ).run()
    own = [m for m in day.done if m.task.arm is Arm.TRANSFER and m.task.check == "transfer"]
    first = [m for m in own if m.task.round == 1]
    assert {m.task.subject for m in first} == {s.name for s in day.evidence.services}
    late = [m for m in first if m.window.start > SURVEY_UNTIL]
    assert late, "there was time for all"
    before = {m.task.subject for m in first} - {m.task.subject for m in late}
    assert len(before) + len(late) == len(day.evidence.services)


def blocks(day: Day) -> dict[int, float]:
    """When each block of the comparison began."""
    begun: dict[int, float] = {}
    for m in compared(day):
        begun.setdefault(m.task.attempt, m.window.start)
    return begun


def slow_by_name(greeting: float) -> Day:
    """Every handshake that names the page takes so long; what is compared is slow each time."""

    def named(task: Task) -> bool:
        return flow(task).server_name == PAGE

    return Day(
        rate=lambda task: 140.0 if named(task) else FAST,
        greeting=lambda task: greeting if named(task) else 0.1,
    ).run()


def test_the_block_that_decides_is_made_although_it_is_late() -> None:
    """Two blocks that were slow at both ends, and the third is about to begin: whenever that is
    before the last moment, it does; and then the name decides."""
    late = 0
    for tenths in range(40, 110, 2):
        day = slow_by_name(tenths / 10)
        begun = blocks(day)
        over = max(m.window.end for m in compared(day) if m.task.attempt == 2)
        if over < DECIDING_UNTIL - 0.1:
            assert 3 in begun, tenths
            assert day.outcome("whatsapp") is Outcome.THROTTLED, tenths
            late += PROMISING_UNTIL < begun[3]
        else:
            assert 3 not in begun, tenths
    assert late, "none of them came so late"


class Contaminating:
    """Whoever named the page to a server finds it slow from then on, whatever he says there."""

    def __init__(self) -> None:
        self.named: set[str] = set()

    def __call__(self, task: Task) -> float:
        where = flow(task).address
        if flow(task).server_name == PAGE:
            self.named.add(where)
        return 140.0 if where in self.named else FAST


def contaminated(greeting: float) -> Day:
    """Its handshakes with the service's own server take so long."""
    return Day(
        rate=Contaminating(),
        greeting=lambda task: greeting if flow(task).host == PAGE else 0.1,
    ).run()


def test_servers_that_became_slow_when_the_service_was_named_are_visited_again_though_late() -> (
    None
):
    """That needs two of them, seen under their own names afterwards, and so four blocks."""
    late = 0
    for tenths in range(1, 30, 4):
        day = contaminated(tenths / 10)
        begun = blocks(day)
        if 4 in begun:
            assert day.outcome("whatsapp") is Outcome.THROTTLED, tenths
            late += begun[4] > PAIRS_UNTIL
        assert max(begun) <= 4, "nothing more could change the word"
    assert late, "none of them came so late"
