"""Losses of some connections against those of others: far more, and not one burst of them."""

import pytest

from msgprobe.evidence.losses import exceeds, upwards
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
