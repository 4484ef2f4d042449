"""Losses of some connections against those of others: far more, and not one burst of them."""

import pytest

from msgprobe.evidence.losses import SEGMENT, each_exceeds, exceeds, surely_bad, upwards
from msgprobe.model.observation import TcpInfo
from tests.evidence.story import info

CLEAN = (0, 0, 1, 0, 0)


def sent(*lost: int) -> list[TcpInfo]:
    """Connections of twenty segments each, of which so many were lost and sent again."""
    return [info(total_retrans=n, bytes_sent=(20 + n) * 1448) for n in lost]


def test_counts_are_those_of_the_segments_with_data() -> None:
    assert [upwards(i) for i in sent(0, 3)] == [(0, 20), (3, 23)]


@pytest.mark.parametrize(
    ("lost", "more"),
    [
        ((5, 4, 6), True),
        ((9, 4), True),
        ((12, 0, 0), False),
        ((12, 1, 0), False),
        ((14,), True),
        ((1, 0, 1), False),
    ],
    ids=[
        "each",
        "both",
        "one burst",
        "one burst and a loss",
        "a single one",
        "hardly any",
    ],
)
def test_far_more_is_lost_than_elsewhere_and_not_in_one_connection(
    lost: tuple[int, ...], more: bool
) -> None:
    assert exceeds(sent(*lost), sent(*CLEAN)) is more


def test_for_a_suspicion_one_burst_is_enough() -> None:
    assert exceeds(sent(12, 0, 0), sent(*CLEAN), bursts=True)


def test_what_others_lose_as_well_is_the_lines() -> None:
    assert not exceeds(sent(5, 4, 6), sent(4, 5, 3, 6))


FULL = (0, 1, 3, 2, 4, 5, 3, 4, 2)
"""What is lost where two of our own transfers at once fill a narrow line: up to one in five."""


@pytest.mark.parametrize(
    ("lost", "others", "more"),
    [
        ((14, 16, 20), FULL, True),
        ((14, 16, 4), FULL, False),
        ((8, 9, 10), (4, 5, 6, 5, 4, 6, 5, 6, 7), False),
        ((16, 20), FULL, False),
        ((30, 32, 20, 5), (0, 0, 0, 0, 5, 4, 27), False),
    ],
    ids=[
        "each",
        "one no more than others",
        "no more than a transit may",
        "two of eleven are easily the worst",
        "a tariff's end hits whom it hits",
    ],
)
def test_on_a_line_that_is_full_each_transfer_must_lose_far_more(
    lost: tuple[int, ...], others: tuple[int, ...], more: bool
) -> None:
    assert exceeds(sent(*lost), sent(*others)) is more
    assert each_exceeds(sent(*lost), sent(*others)) is more


def test_of_nothing_nothing_exceeds() -> None:
    assert not each_exceeds([], sent(*FULL))
    assert not each_exceeds(sent(14, 16, 20), [None])


@pytest.mark.parametrize(
    ("lost", "sent", "bad"),
    [(14, 125, False), (25, 125, True), (12, 60, True), (8, 60, False), (0, 60, False)],
    ids=["one path in eight", "one in five", "few, one in five", "few, one in eight", "none"],
)
def test_a_path_is_bad_if_it_were_so_with_luck_too(lost: int, sent: int, bad: bool) -> None:
    """An imperfect path lost 12 of 100 segments in one of fifteen runs, by chance."""
    told = info(total_retrans=lost, bytes_sent=SEGMENT * sent)
    assert surely_bad([told]) is bad
