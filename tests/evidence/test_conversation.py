"""When the other side of a conversation was heard, and when it was only waited for."""

from dataclasses import replace
from typing import Any

from msgprobe.evidence.conversation import Conversation, fold
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Window
from msgprobe.model.task import Arm, Flow
from tests.evidence.moves import moved
from tests.evidence.story import SITES, Story, datagrams
from tests.model.tasks import task_of


def folded(measurement: Measurement) -> Conversation:
    conversation = fold(measurement)
    assert conversation is not None
    return conversation


def site(**how: Any) -> Conversation:
    return folded(Story().site(SITES[0], **how).told[0])


def test_each_layer_that_ended_well_was_heard() -> None:
    assert site(start=2.0, took=0.5).heard == (2.5, 2.5, 2.5)
    assert site(start=2.0, took=9.0, fails="tls").heard == (11.0,), "its connection alone"


def test_who_refuses_is_heard_and_who_is_silent_is_not() -> None:
    assert site(fails="connect", failure=Failure.CONNECTION_REFUSED, took=0.5).heard == (0.5,)
    assert site(fails="connect", took=9.0).heard == ()


def test_questions_are_waited_for_longer_than_anybody_is_heard() -> None:
    """Of three questions the last one is never answered."""
    seen = datagrams("stun", "192.0.2.1", 3478, came=True, stage="x", round_trips=(0.1, 0.1, None))
    seen = replace(seen, window=Window(start=3.0, end=9.0), first_byte=0.1)
    probe = Flow(address="192.0.2.1", port=3478, host="x.example")
    story = Story().tell(task_of("stun", probe, task_id="u", arm=Arm.BASE), seen)
    assert folded(story.told[0]).heard == (3.1,)


def test_a_transfer_is_heard_as_long_as_bytes_come() -> None:
    """What was waited for after the last of them, nobody said."""
    probe = Flow(address="192.0.2.1", port=443, host="x.example")
    task = task_of("transfer", probe, task_id="t", arm=Arm.TRANSFER_SOURCE)
    stopped = folded(
        moved(task, 1.0, 1000.0, size=200_000, transaction=1, stop_at=50_000, patience=8.0)
    )
    assert stopped.transfer is not None
    assert max(stopped.heard) < stopped.transfer.window.end
