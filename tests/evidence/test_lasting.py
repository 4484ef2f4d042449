"""Until when would a server that is there again have been noticed?"""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.conversation import Conversation, fold
from msgprobe.evidence.lasting import LASTING, asked_for_long, asked_until, lasts
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation, ProtocolObservation
from msgprobe.model.task import ResolverKind
from tests.evidence.story import CHAT, Story, datagrams, info

LAST = LASTING - 6.0
"""Seconds of the run at which the last attempt begins; each takes `TOOK`."""
TOOK = 8.0


def attempt(start: float, **how: Any) -> Conversation:
    (told,) = Story().target(CHAT[0], start=start, took=TOOK, **how).told
    found = fold(told)
    assert found is not None
    return found


def spoken(start: float, *, acked: bool | None) -> Conversation:
    """A protocol of its own met silence; what was said had been acknowledged, or not."""
    told = attempt(start, check="acme", fails="answer")
    seen = datagrams("acme", told.address, 443, came=False, stage="sent")
    own = replace(seen, transport="tcp", request_acked=acked, failure=Failure.TIMED_OUT)
    assert isinstance(own, ProtocolObservation) and told.tcp is not None
    return replace(told, protocol=replace(own, window=told.tcp.window), failure=Failure.TIMED_OUT)


@pytest.mark.parametrize(
    ("how", "asks"),
    [
        ({"fails": "tls", "acked": False}, TOOK / 2),
        ({"fails": "tls", "acked": True}, 0.0),
        ({"fails": "tls", "failure": Failure.CONNECTION_RESET}, TOOK),
    ],
    ids=["an unheard ClientHello", "a heard one", "whatever ended by then"],
)
def test_what_is_sent_again_asks_until_half_of_its_time_is_over(
    how: dict[str, Any], asks: float
) -> None:
    """Who has acknowledged the words need not say anything about them ever after."""
    assert asked_until(attempt(LAST, **how)) == LAST + asks
    for begun, enough in ((LASTING - asks, True), (LASTING - asks - 0.1, False)):
        assert lasts([attempt(0.0, **how), attempt(begun, **how)]) is enough


@pytest.mark.parametrize(
    ("waited", "again", "asked"),
    [
        (8.0, 3, 7.0),
        (3.45, 2, 3.0),
        (3.29, 2, 3.0),
        (0.5, 0, 0.0),
        (8.0, 6, 7.0),
        (6.5, 5, 5.0),
        (3.45, 3, 3.0),
        (8.0, 4, 4.0),
        (8.0, None, 7.0),
        (2.5, None, 1.0),
    ],
    ids=[
        *("the RFC's", "fewer of them", "as soon as can be", "none yet"),
        *("Linux'", "one less", "fewer of these"),
        *("of an unknown system", "uncounted", "fewer uncounted"),
    ],
)
def test_a_connect_asks_until_its_last_syn(waited: float, again: int | None, asked: float) -> None:
    seen = attempt(2.0, fails="connect")
    assert seen.tcp is not None
    kernel = None if again is None else info(state=2, total_retrans=again)
    window = replace(seen.tcp.window, end=2.0 + waited)
    silent = replace(seen, tcp=replace(seen.tcp, window=window, info=kernel))
    assert asked_until(silent) == 2.0 + asked


@pytest.mark.parametrize(("acked", "until"), [(True, LAST), (False, LAST + TOOK / 2)])
def test_so_do_words_of_a_protocol_of_its_own(acked: bool, until: float) -> None:
    assert asked_until(spoken(LAST, acked=acked)) == until


def test_one_attempt_lasts_as_long_as_it_was_waited_for() -> None:
    assert not lasts([attempt(0.0, fails="connect")])
    assert not lasts([])


def test_a_question_is_over_when_it_is_answered() -> None:
    def asked(*starts: float) -> list[DnsObservation]:
        story = Story()
        for start in starts:
            story.dns("a.example", ResolverKind.DIRECT, failure=Failure.DNS_SERVFAIL, start=start)
        return [o for m in story.told for o in m.observations if isinstance(o, DnsObservation)]

    assert asked_for_long(asked(0.5, 3.5, 0.5 + LASTING))
    assert not asked_for_long(asked(0.5, 3.5, LASTING))
    assert not asked_for_long([])
