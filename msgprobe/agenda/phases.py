"""What a run is about, for people who watch it: steps whose number is known from the beginning."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgprobe.model.event import Phase
from msgprobe.model.run import Request
from msgprobe.model.task import Arm, Task

TITLES: Final = (
    "looking at the connection",
    "trying every service",
    "some tests failed: checking why",
    "comparing speeds",
)
"""Of the steps: the first three are the rounds of the plan, and transfers come last."""

OF_EVERY_RUN: Final = (Arm.MODERN, Arm.TRAIN, Arm.NEUTRAL_TRAIN)
"""Experiments of the second round that are made where all is well, too."""


def first_step(request: Request) -> Phase:
    """The step that every run begins with."""
    return _step(0, request)


def new_steps(tasks: Iterable[Task], told: set[int], request: Request) -> Iterator[Phase]:
    """The steps that ``tasks`` begin, but those that are ``told`` already and what came before
    them; they are added to it."""
    begun = {_begun_by(task) for task in tasks}
    for number in sorted(begun):
        if number > max(told, default=0) and number < len(TITLES):
            told.add(number)
            yield _step(number, request)


def _begun_by(task: Task) -> int:
    """The step that it is part of. What every run asks, whatever came of the rest, is no failed
    test that is looked into, though it waits for others to be answered."""
    if task.surveys:
        return len(TITLES) - 1
    return 1 if task.arm in OF_EVERY_RUN and task.attempt <= 1 else task.round


def _step(number: int, request: Request) -> Phase:
    steps = len(TITLES) - 1 if request.quick else len(TITLES)
    return Phase(title=TITLES[number], step=number + 1, steps=steps)
