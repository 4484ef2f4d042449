"""Until when would a server that is there again have been noticed?"""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.conversation import Conversation, fold
from msgprobe.evidence.lasting import LASTING, asked_for_long, asked_until, lasts
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation, ProtocolObservation
from msgprobe.model.task import ResolverKind
from tests.evidence.story import CHAT, Story, datagrams

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
    ("how", "enough"),
    [
        ({"fails": "connect"}, True),
        ({"fails": "tls", "acked": False}, True),
        ({"fails": "tls", "acked": True}, False),
        ({"fails": "tls", "failure": Failure.CONNECTION_RESET}, True),
    ],
    ids=["a first packet", "an unheard ClientHello", "a heard one", "whatever ended by then"],
)
def test_what_is_sent_again_asks_until_its_end(how: dict[str, Any], enough: bool) -> None:
    """Who has acknowledged the words need not say anything about them ever after."""
    assert lasts([attempt(0.0, **how), attempt(LAST, **how)]) is enough
    assert lasts([attempt(0.0, **how), attempt(LASTING, **how)])


@pytest.mark.parametrize(("acked", "until"), [(True, LAST), (False, LAST + TOOK)])
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
