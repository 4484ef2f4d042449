"""What is lost follows the name, too little in each transfer for its time to tell."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.losing_services import oftener_disturbed
from msgprobe.evidence.name_losses import may_lose_by_name
from msgprobe.evidence.paired_transfers import PairedTransfers, paired_transfers
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TlsObservation, TransferObservation
from msgprobe.model.task import Arm, Role, Task
from msgprobe.model.verdict import Outcome
from tests.evidence.story import SITES, Story
from tests.evidence.story import losing as losing_one
from tests.hypotheses.throttling.test_plan import FAST, Day, flow
from tests.hypotheses.throttling.test_rules import (
    BY_NAME,
    MOVING,
    NAMED,
    NEUTRAL,
    OWN,
    SOURCE,
    Race,
    unanswered,
)


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
    assert may_lose_by_name(found.sides) is perhaps


def test_two_transfers_that_a_tariff_s_end_hit_accuse_nobody(race: Race) -> None:
    """Half of each is lost, and of their pairs nothing; of two others it is the other way round."""
    seen = blocks(race, here=(20, 3), there=(20, 0), plain=(0, 3)).text
    assert seen.outcome is not Outcome.THROTTLED and not seen.mechanisms


@pytest.mark.parametrize(
    ("named", "plain", "found"),
    [
        ((30_000, 1), (30_000, 0), True),
        ((30_000, 1), (8_000, 0), False),
        ((30_000, 0),) * 2 + (False,),
    ],
    ids=["cut as late", "cut sooner", "no loss"],
)
def test_what_is_cut_at_neutral_servers_tells_what_is_lost_there(
    race: Race, named: tuple[int, int], plain: tuple[int, int], found: bool
) -> None:
    """Both sides of each pair are cut after so many bytes, and lost so many segments."""
    for n in (1, 2, 3, 4):
        race.move(NEUTRAL, 14_000, number=n).move(OWN, 14_000, number=n, lost=named[1])
        for arm, (stop, lost) in ((SOURCE, plain), (NAMED, named)):
            how: dict[str, Any] = {"stop_at": stop, "ends": Failure.EOF, "burst": 4_000}
            race.move(arm, 15_000, number=n, source=f"src{n % 3 + 3}", lost=lost, **how)
    assert pairs(race).loses_by_name is found
    assert not pairs(race).there_pairs


@pytest.mark.parametrize(
    ("named", "plain", "found"),
    [
        ((9, 8, 10, 9), (2, 3, 1, 2), True),
        ((9, 8, 7, 3), (2, 4, 1, 2), True),
        ((9, 8, 10, 2), (2, 3, 1, 1), False),
        ((9, 8, 10, 9), (2, 3, 12, 11), False),
        ((3, 2, 3, 2), (1, 1, 1, 1), False),
    ],
    ids=["much more", "nearly each time", "not each time", "as much at times", "more, and little"],
)
def test_what_names_it_loses_more_on_a_line_that_loses_something_of_everything(
    race: Race, named: tuple[int, ...], plain: tuple[int, ...], found: bool
) -> None:
    assert pairs(each_block(race, named, plain)).loses_by_name is found


def each_block(race: Race, named: tuple[int, ...], plain: tuple[int, ...]) -> Race:
    """Of some forty segments each, at its own address and elsewhere alike."""
    for n, (mine, other) in enumerate(zip(named, plain, strict=True), start=1):
        race.move(NEUTRAL, 14_000, number=n, lost=other).move(OWN, 14_000, number=n, lost=mine)
        race.move(SOURCE, 15_000, number=n, source=f"src{n % 3 + 3}", lost=other)
        race.move(NAMED, 15_000, number=n, source=f"src{n % 3 + 3}", lost=mine)
    return race


@pytest.mark.parametrize(
    ("named", "word"),
    [((9, 8, 10, 2), Outcome.INCONCLUSIVE), ((9, 8, 10, 1), Outcome.OK)],
    ids=["unlikely", "by luck"],
)
def test_what_seems_to_be_lost_by_name_is_not_fine(
    race: Race, named: tuple[int, ...], word: Outcome
) -> None:
    """Two in a thousand lines that lose as much of everything, and three in a hundred, show it."""
    race.story.told = race.story.told[:-4]
    race.look(14_000)
    found = each_block(race, named, (2, 3, 1, 1 if word is Outcome.INCONCLUSIVE else 2))
    assert not pairs(found).loses_by_name
    assert found.text.outcome is word


@pytest.mark.parametrize(
    ("own", "found"), [(6, False), (9, True)], ids=["elsewhere alone", "at home as well"]
)
def test_what_comes_second_elsewhere_loses_more_whatever_its_name(
    race: Race, own: int, found: bool
) -> None:
    """The order is no lot's there; at home it is, and there both lose as much."""
    for n in (1, 2, 3, 4, 5, 6):
        race.move(NEUTRAL, 14_000, number=n, lost=5 + n % 2).move(OWN, 14_000, number=n, lost=own)
        race.move(SOURCE, 15_000, number=n, source=f"src{n % 3 + 3}", lost=1)
        race.move(NAMED, 15_000, number=n, source=f"src{n % 3 + 3}", lost=12)
    assert pairs(race).loses_by_name is found


@pytest.mark.parametrize(
    ("named", "plain", "perhaps"),
    [((9, 8, 10, 2), (2, 3, 1, 1), True), ((9, 1, 2, 8), (2, 4, 5, 2), False)],
    ids=["nearly each time", "at times"],
)
def test_what_may_lose_more_by_name_is_compared_further(
    race: Race, named: tuple[int, ...], plain: tuple[int, ...], perhaps: bool
) -> None:
    """Not five times as much as all else, and something is lost of everything."""
    assert may_lose_by_name(pairs(each_block(race, named, plain)).sides) is perhaps


@pytest.mark.parametrize(("lost", "word"), [(1, Outcome.INCONCLUSIVE), (0, Outcome.OK)])
def test_what_a_name_loses_and_nothing_else_confirms_is_not_fine(
    race: Race, lost: int, word: Outcome
) -> None:
    """Of eight transfers each that name it and that do not; the first look lost nothing."""
    race.story.told = race.story.told[:-4]
    race.look(14_000)
    for _ in range(2):
        blocks(race, here=(lost, lost), there=(lost, lost))
    assert (race.text.outcome, race.text.mechanisms) == (word, ())
    assert (race.text.rules == ("speed.name_loss",)) is bool(lost)


def counted(told: Measurement, **counts: int) -> Measurement:
    """The same, as the kernel counted it."""
    seen = tuple(
        replace(o, info=replace(o.info, **counts))
        if isinstance(o, TlsObservation | TransferObservation) and o.info is not None
        else o
        for o in told.observations
    )
    return replace(told, observations=seen)


@pytest.mark.parametrize(("segments", "found"), [(40, True), (10, False)])
def test_what_sent_less_had_fewer_occasions_to_lose(race: Race, segments: int, found: bool) -> None:
    """Beside ten of forty segments that are lost under its name, one of so many is."""
    for n in (1, 2, 3, 4):
        for plain, named in ((NEUTRAL, OWN), (SOURCE, NAMED)):
            source = f"src{n % 3 + 3}"
            race.move(plain, 15_000, number=n, source=source, lost=1)
            race.story.told[-1] = counted(race.story.told[-1], bytes_sent=segments * 1448)
            race.move(named, 15_000, number=n, source=source, lost=10)
    assert pairs(race).loses_by_name is found


def a_little_of_everything() -> Race:
    """All of a dozen conversations with the service lose one segment in twenty, at a dozen moments,
    and so do its first transfers; of thirty-two neutral ones none does."""
    told = Story(services=(MOVING,)).good_connection().names().all_targets(times=6, over=9.0)
    told.told = [losing_one(m, 1, 20) if m.task.role is Role.TARGET else m for m in told.told]
    for n in range(32):
        told.site(SITES[n % 4], start=0.3 * n, took=0.1)
    return Race(told).look(14_000, lost=1)


@pytest.mark.parametrize("smoothed", [None, 0.3], ids=["prompt", "one that waited"])
def test_what_is_lost_by_name_is_lost_and_not_held_up(smoothed: float | None) -> None:
    """One transfer, slow for what it lost, whose round trips grew, makes no delay of it."""
    race = blocks(a_little_of_everything(), here=(1, 1), there=(1, 1))
    for n in (3, 4):
        race.move(NEUTRAL, 14_000, number=n)
        race.move(OWN, 14_000 if n == 3 else 300, number=n, lost=1, smoothed=smoothed)
        race.move(SOURCE, 15_000, number=n, source=f"src{n}")
        race.move(NAMED, 15_000, number=n, source=f"src{n}", lost=1)
    assert race.text.mechanisms == ("throttle.sni.loss",)


@pytest.mark.parametrize(
    ("silent", "lost", "word"),
    [(1, 6, Outcome.THROTTLED), (8, 6, Outcome.DEGRADED), (4, 0, Outcome.OK)],
    ids=["one is dead", "all are dead", "all that is hurt is dead"],
)
def test_most_of_what_names_it_must_be_answered_though_much_of_it_is_lost(
    race: Race, silent: int, lost: int, word: Outcome
) -> None:
    blocks(race, here=(lost,) * 2, there=(lost,) * 2)
    blocks(race, here=(lost,) * 2, there=(lost,) * 2)
    named = [n for n, m in enumerate(race.story.told) if m.task.attempt and m.task.arm in BY_NAME]
    for n in named[:silent]:
        race.story.told[n] = unanswered(race.story.told[n])
    assert race.text.outcome is word


@dataclass
class Losing(Day):
    """Of each transfer's segments so many are lost."""

    lost: Callable[[Task], int] = lambda task: 0

    def _hold(self, task: Task, now: float) -> Measurement:
        told = super()._hold(task, now)
        return counted(told, total_retrans=self.lost(task), bytes_sent=25 * 1448, out_of_order=0)


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


def line_and_name(task: Task) -> int:
    """A line that disturbs every fourth conversation, whoever it is with, and all that names
    WhatsApp."""
    named = task.subject == "whatsapp" and task.arm in (*BY_NAME, Arm.BASE)
    return int(named or crc32(task.id.encode()) % 4 == 0)


def test_what_may_be_lost_by_name_is_compared_on_a_line_that_loses_as_well() -> None:
    day = Losing(rate=lambda task: FAST, lost=line_and_name).run()
    facts = Facts(day.evidence)
    (service,) = (s for s in facts.services if s.name == "whatsapp")
    assert not oftener_disturbed(facts, service)
    assert {t.subject for t in day.contest()} >= {"whatsapp"}


def of_everything(named: int) -> Callable[[Task], int]:
    """A line that loses one of 25 segments of everything, and of what names WhatsApp so many."""

    def lost(task: Task) -> int:
        mine = task.subject == "whatsapp" and task.arm in (*BY_NAME, Arm.BASE)
        return named if mine else 1

    return lost


@pytest.mark.parametrize("named", [4, 1])
def test_what_loses_more_by_name_is_compared_where_something_is_lost_of_everything(
    named: int,
) -> None:
    day = Losing(rate=lambda task: FAST, lost=of_everything(named)).run()
    assert bool(day.contest()) is (named > 1)
    assert (day.outcome("whatsapp") is Outcome.OK) is (named == 1)


@pytest.mark.parametrize(
    ("named", "first"), [(FAST, "up"), (100.0, "down")], ids=["as fast", "slow"]
)
def test_what_loses_by_name_and_is_not_slow_is_told_by_uploads_first(
    named: float, first: str
) -> None:
    """Each segment of ours that was lost is known; what is slow shows the most downwards."""

    def rate(task: Task) -> float:
        return named if task.subject == "whatsapp" and task.arm in BY_NAME else FAST

    day = Losing(rate=rate, lost=of_everything(4)).run()
    assert flow(day.contest()[0]).option("direction") == first
