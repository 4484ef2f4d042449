"""One run by virtual clock: the planner asks, the line answers, and the judge says a word."""

import dataclasses
from dataclasses import dataclass, field
from random import Random

from msgprobe.agenda.planner import Planner
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Evidence
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Running, Task
from msgprobe.model.verdict import ServiceVerdict
from msgprobe.planning.moment import Moment
from msgprobe.planning.timetable import BEGIN_UNTIL
from tests.evidence.story import ADDRESSES, SITES, Story
from tests.luck.line import Line, Talk, talk

ANSWERED_IN = 0.05
"""Seconds after which a resolver answers."""

LOOKS = 4000
"""More than any run takes."""

KNOWN = {**ADDRESSES, **{site.host: site.addresses[0] for site in SITES}}


@dataclass(slots=True)
class Day:
    """``line`` is what the run meets; ``lot`` decides what is lost."""

    line: Line
    lot: Random
    done: list[Measurement] = field(default_factory=list)
    talks: dict[str, Talk] = field(default_factory=dict)
    asked: dict[str, tuple[float, float, Task]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def run(self) -> ServiceVerdict:
        """To its end, and the word on the service."""
        planner, now = Planner(), 0.0
        for _ in range(LOOKS):
            self._settle(now)
            wanted = planner.look(self._evidence(), self._moment(now))
            for task_id in wanted.decided & self.talks.keys():
                self._end(self.talks.pop(task_id), now)
            if now <= BEGIN_UNTIL:
                self._begin(wanted.tasks, now)
            ends = [t.ends for t in self.talks.values()]
            ends += [end for _, end, _ in self.asked.values()]
            if not ends and (wanted.wake_at is None or now > BEGIN_UNTIL):
                (word,) = judge(self._evidence()).services
                return word
            wake = [] if wanted.wake_at is None else [wanted.wake_at]
            now = max(now, min([*ends, *wake])) + 0.001
        raise AssertionError("the planner does not come to an end")

    def _evidence(self) -> Evidence:
        story = Story()
        story.told = self.done
        return story.evidence()

    def _moment(self, now: float) -> Moment:
        talks = self.talks.items()
        running = {i: Running(task=t.task, since=t.begun) for i, t in talks}
        running |= {i: Running(task=t, since=at) for i, (at, _, t) in self.asked.items()}
        return Moment(
            now=now,
            running=running,
            opened=frozenset(i for i, t in talks if t.past(0, now)),
            secured=frozenset(i for i, t in talks if t.past(1, now)),
        )

    def _begin(self, tasks: tuple[Task, ...], now: float) -> None:
        for task in tasks:
            if task.id in self.known:
                continue
            self.known.add(task.id)
            if isinstance(task.probe, Flow):
                self.talks[task.id] = talk(self.line, self.lot, task, now)
            else:
                silent = task.arm is Arm.NON_RESOLVER
                took = task.timeout if silent else ANSWERED_IN
                self.asked[task.id] = now, now + took, task

    def _settle(self, now: float) -> None:
        for one in [t for t in self.talks.values() if t.ends <= now]:
            self._end(self.talks.pop(one.task.id), one.ends)
        for task_id, (begun, end, task) in list(self.asked.items()):
            if end <= now:
                del self.asked[task_id]
                self.done.append(_answered(task, begun, end))

    def _end(self, one: Talk, at: float) -> None:
        self.done.append(one.told(at, len(self.done) + 1))


def _answered(task: Task, begun: float, end: float) -> Measurement:
    """What a resolver says, or this device of itself; nobody answers in the place of a host without
    DNS."""
    story = Story()
    if not isinstance(task.probe, Lookup):
        (told,) = story.local().told
    else:
        name, kind = task.probe.name, task.probe.resolver.kind
        silent = task.arm is Arm.NON_RESOLVER
        failure = Failure.TIMED_OUT if silent else None
        known = () if silent else (_address(name),)
        resolver = task.probe.resolver.name if kind is not ResolverKind.SYSTEM else "system"
        story.dns(name, kind, *known, failure=failure, resolver=resolver)
        (told,) = story.told
    window = dataclasses.replace(told.window, start=begun, end=end)
    seen = tuple(dataclasses.replace(o, window=window) for o in told.observations)
    return dataclasses.replace(told, task=task, window=window, observations=seen)


def _address(name: str) -> str:
    """Every name has an address, the service's and the sites' those that the catalogue knows."""
    tail = sum(map(ord, name)) % 250
    return KNOWN.get(name, f"23.{100 + tail % 50}.7.{tail}")
