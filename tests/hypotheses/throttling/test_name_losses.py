"""What is lost follows the name, too little in each transfer for its time to tell."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.name_losses import may_lose_by_name
from msgprobe.evidence.paired_transfers import PairedTransfers, paired_transfers
from msgprobe.judging.judge import judge
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TlsObservation, TransferObservation
from msgprobe.model.task import Arm, Task
from msgprobe.model.verdict import Outcome
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
    ("here", "there", "plain", "perhaps"),
    [
        ((7, 0), (0, 6), (0, 0), True),
        ((7, 0), (0, 6), (1, 0), True),
        ((7, 0), (0, 6), (2, 0), False),
        ((7, 6), (0, 0), (0, 0), False),
        ((0, 0), (7, 6), (0, 0), False),
        ((2, 2), (2, 2), (0, 0), True),
        ((2, 0), (0, 2), (0, 0), False),
    ],
    ids=[
        "yes",
        "nearly none",
        "as others",
        "here alone",
        "elsewhere alone",
        "little, each time",
        "little, every other time",
    ],
)
def test_what_names_it_may_be_what_is_lost(
    race: Race,
    here: tuple[int, int],
    there: tuple[int, int],
    plain: tuple[int, int],
    perhaps: bool,
) -> None:
    found = pairs(blocks(race, here=here, there=there, plain=plain))
    assert may_lose_by_name((found.here_pairs, found.there_pairs)) is perhaps


def test_two_transfers_that_a_tariff_s_end_hit_accuse_nobody(race: Race) -> None:
    """Half of each is lost, and of their pairs nothing; of two others it is the other way round."""
    seen = blocks(race, here=(20, 3), there=(20, 0), plain=(0, 3)).text
    assert seen.outcome is not Outcome.THROTTLED and not seen.mechanisms


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
    """Uploads that name WhatsApp lose something, here and at neutral servers, or here alone."""
    arms = (Arm.TRANSFER, Arm.TRANSFER_TARGET_SNI) if everywhere else (Arm.TRANSFER,)

    def lost(task: Task) -> int:
        mine = task.subject == "whatsapp" and task.arm in arms
        return 3 if mine and flow(task).option("direction") == "up" else 0

    return lost


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_comparison_goes_on_while_the_name_may_decide_what_is_lost(everywhere: bool) -> None:
    """Two blocks tell that it is as fast under either name, and four that all that names it loses
    something, and nothing else does."""
    day = Losing(rate=lambda task: FAST, lost=losing(everywhere=everywhere)).run()
    assert max(t.attempt for t in day.contest()) == (4 if everywhere else 2)
    assert (day.outcome("whatsapp") is Outcome.THROTTLED) is everywhere


def a_little(*, whatever_the_name: bool) -> Callable[[Task], int]:
    """All that names WhatsApp loses one segment in 25, or all at its addresses does."""
    named = (Arm.BASE, Arm.TRANSFER, Arm.TRANSFER_TARGET_SNI)
    there = (Arm.BASE, Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI)
    arms = there if whatever_the_name else named
    return lambda task: int(task.subject == "whatsapp" and task.arm in arms)


@pytest.mark.parametrize("whatever_the_name", [False, True])
def test_little_that_all_that_names_it_loses_is_looked_into_though_nothing_is_slow(
    whatever_the_name: bool,
) -> None:
    lost = a_little(whatever_the_name=whatever_the_name)
    day = Losing(rate=lambda task: FAST, lost=lost).run()
    assert day.contest()
    word = Outcome.OK if whatever_the_name else Outcome.THROTTLED
    assert day.outcome("whatsapp") is word
    (told,) = (s for s in judge(day.evidence).services if s.service == "whatsapp")
    assert told.mechanisms == (() if whatever_the_name else ("throttle.sni.loss",))
