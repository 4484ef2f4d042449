"""What is under way beside a task: how much of it waits, and how much names the same host."""

from collections.abc import Iterable
from typing import Protocol

from msgprobe.model.task import Arm, Flow, Task
from msgprobe.steps.context import Recorder

UNOPENED = 1.5
"""Seconds without a TCP connection after which a conversation is taken to cost SYNs alone."""

FIRST_LOOKS = (Arm.BASE, Arm.MODERN, Arm.TRANSFER_PAGE)
"""Conversations that every run holds."""

ALIKE = 3
"""Of these, those with one name at the same time at most: some boxes freeze four ClientHellos with
one name, and what fails then would be our own doing."""

NAMED = 2.0
"""Seconds that one waits for the others, at most: honest answers come sooner."""


class Begun(Protocol):
    """A task under way."""

    @property
    def task(self) -> Task:
        """What is asked."""

    @property
    def started(self) -> float | None:
        """When it began; None: it waits for its turn."""

    @property
    def recorder(self) -> Recorder:
        """What was seen so far."""


def unanswered(every: Iterable[Begun], now: float) -> int:
    """How many conversations have begun not long ago and wait for a first answer; repeats of what
    may be cut off, and what is changed about it, not counted."""
    first = (b for b in every if b.task.round < 2 and b.task.attempt == 1)
    fresh = (b for b in first if b.started is not None and b.started > now - UNOPENED)
    return sum(not b.recorder.observations for b in fresh)


def named_often(task: Task, every: Iterable[Begun], now: float) -> bool:
    """As many first looks as may be at the same time name its host, and have begun not long ago."""
    name = _name(task)
    fresh = (b for b in every if b.started is not None and b.started > now - NAMED)
    return name is not None and sum(_name(b.task) == name for b in fresh) >= ALIKE


def _name(task: Task) -> str | None:
    """What a first look says of whom it is about, before anything is secret."""
    probe = task.probe
    return probe.server_name if isinstance(probe, Flow) and task.arm in FIRST_LOOKS else None
