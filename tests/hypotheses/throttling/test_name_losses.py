"""What is lost follows the name, too little in each transfer for its time to tell."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.name_losses import PERHAPS, loses_by_name
from msgprobe.evidence.paired_transfers import PairedTransfers, paired_transfers
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TlsObservation, TransferObservation
from msgprobe.model.task import Arm, Task
from msgprobe.model.verdict import Outcome, Strength
from tests.evidence.story import Story
from tests.hypotheses.throttling.test_plan import FAST, Day, flow
from tests.hypotheses.throttling.test_rules import MOVING, NAMED, NEUTRAL, OWN, SOURCE, Race


@pytest.fixture
def race() -> Race:
    story = Story(services=(MOVING,)).good_connection().names().all_targets(times=1)
    return Race(story).look(14_000, lost=4)


def blocks(
    race: Race,
    *,
    here: tuple[int, int],
    there: tuple[int, int],
    plain: tuple[int, int] = (0, 0),
) -> Race:
    """Two blocks, as fast under either name. Of the forty segments of each transfer that names it
    so many are lost, at its own address and elsewhere; and so many of what does not, at both."""
    for n, (mine, named) in enumerate(zip(here, there, strict=True), start=1):
        race.move(NEUTRAL, 14_000, number=n, lost=plain[0])
        race.move(OWN, 14_000, number=n, lost=mine)
        race.move(SOURCE, 15_000, number=n, source=f"src{n + 2}", lost=plain[1])
        race.move(NAMED, 15_000, number=n, source=f"src{n + 2}", lost=named)
    return race


def pairs(race: Race) -> PairedTransfers:
    facts = Facts(race.story.evidence())
    return next(p for p in paired_transfers(facts, facts.services[0]) if p.own)


@pytest.mark.parametrize(
    ("here", "there", "plain", "word"),
    [
        ((4, 4), (4, 4), (0, 0), Outcome.THROTTLED),
        ((4, 4), (0, 0), (0, 0), Outcome.OK),
        ((0, 0), (4, 4), (0, 0), Outcome.OK),
        ((4, 4), (4, 4), (4, 4), Outcome.OK),
        ((2, 2), (2, 2), (0, 0), Outcome.OK),
    ],
    ids=["on both sides", "here alone", "elsewhere alone", "as others", "as a transit may"],
)
def test_what_names_it_is_lost_on_both_sides(
    race: Race,
    here: tuple[int, int],
    there: tuple[int, int],
    plain: tuple[int, int],
    word: Outcome,
) -> None:
    seen = blocks(race, here=here, there=there, plain=plain).text
    if word is Outcome.THROTTLED:
        assert (seen.outcome, seen.strength) == (word, Strength.LIKELY)
        assert seen.mechanisms == ("throttle.sni.loss",)
    else:
        assert seen.outcome is not Outcome.THROTTLED and not seen.mechanisms


@pytest.mark.parametrize(
    ("plain", "perhaps", "surely"), [(0, True, True), (1, True, False), (2, False, False)]
)
def test_it_may_take_more_blocks_to_be_sure(plain: int, perhaps: bool, surely: bool) -> None:
    """Thirteen segments of what names it, beside none, two or four of as many others."""
    story = Story(services=(MOVING,)).good_connection().names().all_targets(times=1)
    found = pairs(blocks(Race(story), here=(7, 0), there=(0, 6), plain=(plain, 0)))
    sides = (found.here_pairs, found.there_pairs)
    assert loses_by_name(sides, PERHAPS) is perhaps
    assert loses_by_name(sides) is surely


@dataclass
class Losing(Day):
    """Of each transfer's segments so many are lost."""

    lost: Callable[[Task], int] = lambda task: 0

    def _hold(self, task: Task, now: float) -> Measurement:
        told = super()._hold(task, now)
        more = {"total_retrans": self.lost(task), "bytes_sent": 25 * 1448, "out_of_order": 0}
        seen = tuple(
            replace(o, info=replace(o.info, **more))
            if isinstance(o, TlsObservation | TransferObservation) and o.info is not None
            else o
            for o in told.observations
        )
        return replace(told, observations=seen)


def losing(*, everywhere: bool) -> Callable[[Task], int]:
    """Uploads that name WhatsApp lose something: in the first look, then here and at neutral
    servers in turn, or here alone."""

    def lost(task: Task) -> int:
        if task.subject != "whatsapp" or task.arm not in (Arm.TRANSFER, Arm.TRANSFER_TARGET_SNI):
            return 0
        if flow(task).option("direction") != "up":
            return 0
        if task.round == 1:
            return 3
        here = task.arm is Arm.TRANSFER
        return 4 if here is bool(task.attempt % 2) and (here or everywhere) else 0

    return lost


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_comparison_goes_on_while_the_name_may_decide_what_is_lost(everywhere: bool) -> None:
    """Two blocks tell that it is as fast under either name, and three that it is not its name that
    is spared."""
    day = Losing(rate=lambda task: FAST, lost=losing(everywhere=everywhere)).run()
    assert max(t.attempt for t in day.contest()) == (3 if everywhere else 2)
    assert (day.outcome("whatsapp") is Outcome.THROTTLED) is everywhere
