"""What a run is about, for people who watch it."""

from collections.abc import Iterable, Iterator

from msgprobe.model.task import Task

COMPARING = 3
"""The phase in which transfers are compared, beside the rounds that phases are named after."""

_TITLES = {
    1: "trying every service",
    2: "some tests failed: checking why",
    COMPARING: "comparing speeds",
}


def new_titles(tasks: Iterable[Task], told: set[int]) -> Iterator[str]:
    """The phases that ``tasks`` begin and that are not ``told`` yet; they are added to it."""
    rounds = {COMPARING if task.surveys else task.round for task in tasks}
    for number in sorted(rounds - told):
        told.add(number)
        if number in _TITLES:
            yield _TITLES[number]
