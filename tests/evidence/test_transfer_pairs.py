"""How much of a transfer's time is the way's own: round trips that any speed takes, and losses."""

from dataclasses import replace
from math import log

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.statistics import Decision
from msgprobe.evidence.transfer_pairs import (
    FEW_ABREAST,
    MOST_ABREAST,
    OTHER_SERVER,
    SAME_SERVER,
    Pair,
    abreast,
    by_name,
    compare,
    lower_by_name,
    prompt,
)
from msgprobe.evidence.transfer_samples import Sample
from msgprobe.model.task import Arm, Flow, Role
from tests.evidence.moves import moved
from tests.evidence.story import Story
from tests.model.tasks import task_of

SIZE = 64 * 1024
FAST = 15_000


def sample(
    kbit: float,
    rtt: float,
    *,
    greeting: float | None = None,
    lost: int = 0,
    unacked: int = 0,
    patience: float = 60.0,
) -> Sample:
    """So fast once it has begun, over a way of that length on which slow start takes its rounds."""
    flow = Flow(address="20.9.1.1", port=443, host="x", options=(("direction", "down"),))
    task = task_of("transfer", flow, task_id="t.1", role=Role.CONTROL, arm=Arm.TRANSFER_SOURCE)
    greeting = rtt if greeting is None else greeting
    done = moved(
        task,
        3.0,
        kbit,
        size=SIZE,
        transaction=1,
        greeting=greeting,
        rtt=rtt,
        think=2 * greeting,
        patience=patience,
        lost=lost,
        unacked=unacked,
    )
    story = Story()
    story.told.append(done)
    (conversation,) = Facts(story.evidence()).conversations
    return Sample(conversation=conversation)


def pair(target: Sample, control: Sample) -> Pair:
    found = compare(target, control)
    assert found is not None
    return found


@pytest.mark.parametrize("rtt", [0.02, 0.2, 0.6])
def test_a_limit_shows_beside_a_way_of_any_length(rtt: float) -> None:
    """The same server under two names: 48 kB at 140 kbit/s are 2.8 s, whatever the round trip."""
    assert pair(sample(140, rtt), sample(FAST, rtt)).paired > SAME_SERVER


@pytest.mark.parametrize("rtt", [0.1, 0.3, 0.6])
def test_a_long_way_alone_explains_itself(rtt: float) -> None:
    seen = pair(sample(FAST, rtt), sample(FAST, 0.03))
    assert seen.raw > log(2) and abs(seen.beyond) < log(1.5)


@pytest.mark.parametrize("rtt", [0.1, 0.3, 0.4])
def test_a_long_way_does_not_explain_a_limit(rtt: float) -> None:
    assert pair(sample(140, rtt), sample(FAST, 0.03)).corrected > OTHER_SERVER


CONTROLS = [
    sample(kbit, rtt, greeting=greeting)
    for kbit in (300, FAST, 10_000_000)
    for rtt in (0.0001, 0.04, 0.3)
    for greeting in (0.0, rtt)
]


@pytest.mark.parametrize("rtt", [0.005, 0.04, 0.1])
def test_what_was_prompt_is_slow_beside_nobody(rtt: float) -> None:
    mine = sample(FAST, rtt)
    assert prompt(mine)
    assert all(pair(mine, control).beyond <= SAME_SERVER for control in CONTROLS)


def test_what_was_not_prompt_is_slow_beside_somebody() -> None:
    late = sample(1_200, 0.02)
    assert pair(late, sample(1_200, 0.02)).beyond < SAME_SERVER
    assert max(pair(late, control).beyond for control in CONTROLS) > SAME_SERVER
    assert not prompt(late)


def test_what_lost_anything_or_did_not_end_is_not_prompt() -> None:
    assert not prompt(sample(FAST, 0.04, lost=1))
    assert not prompt(sample(1, 0.04))


def test_losses_on_a_long_way_may_explain_as_much_as_their_round_trips() -> None:
    """Eight of 0.27 s more; and none where the way is no longer."""
    lossy = sample(250, 0.3, lost=2)
    assert pair(lossy, sample(FAST, 0.03)).corrected < SAME_SERVER
    assert pair(lossy, sample(FAST, 0.03)).beyond > OTHER_SERVER
    near = pair(sample(250, 0.03, lost=2), sample(FAST, 0.03))
    assert near.corrected == near.beyond > OTHER_SERVER


def test_behind_a_proxy_on_the_way_the_handshake_tells_its_length() -> None:
    """A satellite's dish answers in 20 ms, the server in 600."""
    slow, fast = (sample(kbit, 0.02, greeting=0.6) for kbit in (140, FAST))
    assert pair(slow, fast).paired > SAME_SERVER
    assert pair(sample(FAST, 0.02, greeting=1.2), fast).paired < SAME_SERVER


def test_no_line_is_compared_more_closely_than_one_repair() -> None:
    assert pair(sample(2_000, 0.03), sample(FAST, 0.03)).beyond < SAME_SERVER


def test_a_long_way_carries_as_many_side_by_side_as_do_not_share_its_rate() -> None:
    far = sample(10_000, 0.6)
    assert abreast([far, far]) == MOST_ABREAST, "0.05 s each of three"
    assert abreast([far]) == FEW_ABREAST, "one alone may have been lucky"
    assert abreast([sample(1_500, 0.25)] * 2) == 2, "two take 0.8 Mbit/s"
    assert abreast([sample(700, 0.25)] * 2) == 1, "two would take nearly all that it gives"
    assert abreast([sample(200, 0.6)]) == 1
    assert abreast([sample(10_000, 0.04)]) == FEW_ABREAST, "short, and half of it is waiting"
    assert abreast([sample(2_000, 0.04)]) == 1, "a quarter of a second, and less than that to wait"
    assert abreast([sample(10_000, 0.005)]) == 1, "soon over"
    assert abreast([far, far, sample(200, 0.6)]) == MOST_ABREAST, "its server gave no more"
    assert abreast([]) == 1


def behind_a_hole(sample: Sample) -> Sample:
    """Its last third comes in a millisecond, when a lost segment has been sent again."""
    seen = sample.conversation.transfer
    assert seen is not None
    last, whole = seen.curve[-1]
    early = [p for p in seen.curve if p[1] < whole * 2 / 3]
    late = [
        (last - 1e-3 + n * 1e-4, early[-1][1] + n * (whole - early[-1][1]) // 9) for n in range(10)
    ]
    transfer = replace(seen, curve=(*early, *late))
    return Sample(conversation=replace(sample.conversation, transfer=transfer))


def test_what_waited_behind_a_lost_segment_does_not_tell_what_a_line_gives() -> None:
    holed, calm = behind_a_hole(sample(200, 0.7, lost=1)), sample(200, 0.7)
    assert holed.peak > 100 * calm.peak
    for samples in ([holed], [holed, holed], [holed, calm], [calm, holed, holed]):
        assert abreast(samples) == 1
    far = sample(10_000, 0.6)
    assert abreast([behind_a_hole(sample(10_000, 0.6, lost=1)), far, far]) == MOST_ABREAST


@pytest.mark.parametrize(
    ("unacked", "sent_again", "thought"), [(0, 0, True), (1, 1, True), (0, 3, True), (1, 3, False)]
)
def test_who_thinks_before_he_answers_has_acknowledged_the_question(
    unacked: int, sent_again: int, thought: bool
) -> None:
    """One segment of ours may still be on its way; one that was sent again and again was lost."""
    nothing = sample(0, 0.05, lost=sent_again, unacked=unacked, patience=3.0)
    assert not nothing.begun
    assert (nothing.waited > 1.0) is thought
    fast = sample(FAST, 0.05)
    assert (pair(nothing, fast).paired > SAME_SERVER) is not thought


SLOWER = pair(sample(200, 0.2), sample(500, 0.2))


@pytest.mark.parametrize(
    ("here", "there", "agreed", "shown"),
    [
        (3, 3, True, True),
        (3, 3, False, False),
        (4, 4, False, True),
        (2, 4, False, False),
        (2, 5, True, True),
        (8, 0, True, False),
    ],
)
def test_that_all_that_names_it_is_slower_takes_so_many_pairs_at_both_ends(
    here: int, there: int, agreed: bool, shown: bool
) -> None:
    """1 in 400 by chance of three at either end; 1 in 4,900 of four."""
    assert SLOWER.paired < SAME_SERVER, "no single one counts"
    assert lower_by_name(([SLOWER] * here, [SLOWER] * there), agreed=agreed) is shown


def test_one_that_is_not_slower_leaves_the_order_to_chance() -> None:
    odd = pair(sample(510, 0.2), sample(600, 0.2))
    assert not lower_by_name(([SLOWER] * 5, [*[SLOWER] * 5, odd]), agreed=True)


def test_rates_that_lie_apart_are_not_normal_although_no_pair_is_slow() -> None:
    alike = pair(sample(500, 0.2), sample(500, 0.2))
    assert by_name([SLOWER] * 2) is Decision.OPEN
    assert by_name([SLOWER, alike]) is Decision.NORMAL
    assert by_name([alike] * 2) is Decision.NORMAL


def read_late(unread: float) -> Sample:
    """The server's half of the handshake lay here for most of half a second, or, so long as
    ``unread`` is less, came that late."""
    usual = sample(FAST, 0.04)
    seen = usual.conversation.tls
    assert seen is not None and seen.info is not None
    window = replace(seen.window, end=seen.window.end + 0.5)
    info = replace(seen.info, last_received=unread)
    return Sample(
        conversation=replace(usual.conversation, tls=replace(seen, window=window, info=info))
    )


@pytest.mark.parametrize(("unread", "slow"), [(0.5, False), (0.0, True)])
def test_what_this_device_read_late_was_not_slow(unread: float, slow: bool) -> None:
    late = read_late(unread)
    assert (pair(late, sample(FAST, 0.04)).paired > SAME_SERVER) is slow
    assert late.turn == pytest.approx(0.54 - unread)


def test_who_has_no_handshake_is_compared_with_others_as_late_as_they_were_read() -> None:
    """Of a volley nobody knows how long its answers lay here."""
    usual = sample(FAST, 0.04).conversation
    assert usual.transfer is not None
    moved = replace(usual.transfer, answers=240)
    volley = Sample(conversation=replace(usual, tls=None, transfer=moved))
    late = [pair(volley, read_late(unread)).paired for unread in (0.0, 0.5)]
    assert late[0] == pytest.approx(late[1])
