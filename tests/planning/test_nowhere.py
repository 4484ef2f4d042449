"""How often hosts that run no DNS are asked for a neutral name."""

from dataclasses import replace

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import Window
from msgprobe.model.task import Arm, Lookup, ResolverKind, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import neutral_silence
from msgprobe.planning.moment import Moment
from msgprobe.planning.timetable import NOWHERE_TIMES
from tests.evidence.story import CHAT, SITES, Story

NEUTRAL = SITES[0].host
HOSTS = ("20.4.0.1", "20.4.0.2")


class Day:
    """Of twenty questions to a resolver ``lost`` were lost; hosts without DNS answer for a
    service's name, if they ``forge``."""

    def __init__(self, *, forge: bool = True, lost: int = 0) -> None:
        self.story = Story().good_connection()
        for n in range(20):
            failure = Failure.TIMED_OUT if n < lost else None
            self.story.asked(CHAT[1], ResolverKind.DIRECT, "31.13.70.1", failure=failure)
        if forge:
            where = {"resolver": "no resolver"}
            self.story.asked(CHAT[0], ResolverKind.UDP, "20.9.0.1", arm=Arm.NON_RESOLVER, **where)

    def wanted(self, now: float) -> list[Task]:
        """What is to be asked by that second, and has not been."""
        evidence = self.story.evidence()
        evidence = replace(evidence, controls=replace(evidence.controls, silent=HOSTS))
        known = {m.task.id for m in evidence.measurements}
        tasks = neutral_silence(PlanningContext(evidence, Moment(now=now)), NEUTRAL)
        return [t for t in tasks if t.id not in known]

    def tell(self, task: Task, now: float, *, answers: bool) -> None:
        failure = None if answers else Failure.TIMED_OUT
        addresses = SITES[0].addresses if answers else ()
        self.story.dns(NEUTRAL, ResolverKind.UDP, *addresses, failure=failure)
        seen = replace(self.story.told[-1], task=task, window=Window(start=now, end=now + 0.1))
        self.story.told[-1] = seen

    def asked(self, *, answers: tuple[bool, ...]) -> list[str]:
        """Whom the questions of ten seconds went to; each host answers so, or is silent."""
        found: list[str] = []
        for second in range(10):
            for task in self.wanted(float(second)):
                assert isinstance(task.probe, Lookup)
                address = task.probe.resolver.address or ""
                self.tell(task, float(second), answers=answers[HOSTS.index(address)])
                found.append(address)
        return found


def test_one_question_is_enough_where_nobody_answers_for_a_service() -> None:
    assert Day(forge=False).asked(answers=(False, False)) == [HOSTS[0]]
    assert Day(forge=False).asked(answers=(True, False)) == [*HOSTS]


@pytest.mark.parametrize(("lost", "times"), [(0, 4), (8, 2 * NOWHERE_TIMES)])
def test_silence_is_asked_for_until_the_line_cannot_have_lost_it(lost: int, times: int) -> None:
    """Three questions of a line that lost none of 24 are enough: (1/26) ** 3; both hosts are asked
    at a time."""
    asked = Day(lost=lost).asked(answers=(False, False))
    assert len(asked) == times and {*asked} == {*HOSTS}


def test_who_answers_is_not_asked_again() -> None:
    asked = Day(lost=8).asked(answers=(True, False))
    assert asked.count(HOSTS[0]) == 1 and asked.count(HOSTS[1]) == NOWHERE_TIMES
    assert sorted(Day().asked(answers=(True, True))) == [*HOSTS]
