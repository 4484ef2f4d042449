"""A line by chance, and what a kernel makes of it: packets are lost one by one and in bursts,
servers are out for a while, and who gets no answer sends again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from random import Random
from typing import Any, Final

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import HttpObservation, TcpObservation, TlsObservation, Window
from msgprobe.model.task import Task
from tests.evidence.story import came_of, info

OLD_SYNS: Final = (0.0, 1.0, 3.0, 7.0, 15.0)
NEW_SYNS: Final = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 11.0, 19.0)
"""Seconds at which a SYN is sent: RFC 6298, and Linux from 6.5 on (tcp_syn_linear_timeouts)."""


class How(StrEnum):
    """What becomes of packets."""

    SILENT = "answers nobody"
    REFUSES = "refuses connections"
    RESETS = "resets at the ClientHello"
    HANGS = "takes connections and says nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """From ``since`` to ``until``, seconds of the run: all ``addresses``, or the line itself where
    none are given; of ``names`` only where one is said, if any are given."""

    how: How
    since: float = 0.0
    until: float = inf
    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def hits(self, at: float, address: str, name: str | None) -> bool:
        there = not self.addresses or address in self.addresses
        said = not self.names or name in self.names
        return self.since <= at < self.until and there and said


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``loss`` is the share of packets lost either way, ``rtt`` in seconds."""

    rtt: float
    loss: float
    syns: tuple[float, ...]
    outs: tuple[Out, ...] = ()

    def out(self, how: How, at: float, address: str, name: str | None = None) -> bool:
        """``name`` None: nothing is said yet, so that who minds names does nothing."""
        found = (o for o in self.outs if o.how is how and (name is not None or not o.names))
        return any(o.hits(at, address, name) for o in found)


@dataclass(slots=True, kw_only=True)
class Step:
    """One question and its answer: it ``ended`` at that second of the run, well or as ``failure``
    says (inf: nobody answers). ``heard``: it was acknowledged, though nothing came of it."""

    times: tuple[float, ...]
    ended: float = inf
    failure: Failure | None = None
    heard: bool = False

    def sent(self, until: float) -> int:
        """How often it was sent by then."""
        last = self.times[0] if self.heard else min(self.ended, until)
        return max(1, sum(at <= last for at in self.times))


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation as it would go on: its steps as far as they are begun, connect first."""

    task: Task
    begun: float
    rtt: float
    steps: tuple[Step, ...]

    @property
    def ends(self) -> float:
        """When it ends by itself, patience included."""
        last = max(s.ended for s in self.steps)
        return min(last, self.begun + self.task.timeout)

    def past(self, step: int, at: float) -> bool:
        """That step ended well by then."""
        return (
            len(self.steps) > step
            and self.steps[step].failure is None
            and (self.steps[step].ended <= at)
        )

    def told(self, end: float, transaction: int) -> Measurement:
        """What is seen of it if nobody waits beyond ``end``."""
        last = next((n for n, s in enumerate(self.steps) if not self.past(n, end)), None)
        fails, failure = None, Failure.TIMED_OUT
        if last is not None:
            step = self.steps[last]
            fails = _stages(self.task)[last]
            failure = step.failure if step.failure and step.ended <= end else Failure.TIMED_OUT
        unheard = last is not None and failure is Failure.TIMED_OUT and not self.steps[last].heard
        told = came_of(
            self.task,
            start=self.begun,
            took=max(end - self.begun, 0.001),
            fails=fails,
            failure=failure,
            acked=not unheard,
        )
        kinds = {TcpObservation: 0, TlsObservation: 1, HttpObservation: len(self.steps) - 1}
        seen = tuple(self._timed(o, kinds[type(o)], end, transaction) for o in told.observations)
        return replace(told, observations=seen)

    def _timed(self, seen: Any, number: int, end: float, transaction: int) -> Any:
        number = min(number, len(self.steps) - 1)
        start = self.begun if number == 0 else self.steps[number - 1].ended
        stop = min(self.steps[number].ended, end)
        again = sum(s.sent(end) - 1 for s in self.steps[: number + 1])
        window = Window(start=start, end=max(stop, start))
        unheard = stop < self.steps[number].ended
        kernel = info(
            state=2 if unheard and number == 0 else 1,
            rtt=self.rtt,
            min_rtt=self.rtt,
            total_retrans=again,
            retransmits=again if unheard else 0,
            unacked=int(unheard),
            segs_out=5 + again,
            bytes_sent=(5 + again) * 517,
            bytes_retrans=again * 517,
        )
        return replace(seen, window=window, transaction=transaction, info=kernel)


def _stages(task: Task) -> tuple[str, ...]:
    if task.check in ("https", "http2"):
        return ("connect", "tls", "answer")
    return ("connect", "answer") if task.check == "page" else ("connect", "tls")


def talk(line: Line, lot: Random, task: Task, now: float) -> Talk:
    """How the conversation goes that begins now."""
    steps: list[Step] = []
    at = now
    for stage in _stages(task):
        step = _step(line, lot, task, stage, at)
        steps.append(step)
        if step.failure is not None or step.ended == inf:
            break
        at = step.ended
    return Talk(task=task, begun=now, rtt=line.rtt, steps=tuple(steps))


def _step(line: Line, lot: Random, task: Task, stage: str, begun: float) -> Step:
    flow = task.flow
    first = stage == "connect"
    name = None if first else flow.server_name or flow.host or ""
    step = Step(times=tuple(begun + s for s in (line.syns if first else _again(line.rtt))))
    if not first and line.out(How.HANGS, begun, flow.address, name):
        step.heard = True
        return step
    ends = How.REFUSES if first else How.RESETS
    for at in step.times:
        if line.out(How.SILENT, at, flow.address, name):
            continue
        if lot.random() < line.loss or lot.random() < line.loss:
            continue
        step.ended = at + line.rtt * lot.uniform(1.0, 1.2)
        if line.out(ends, at, flow.address, name):
            step.failure = Failure.CONNECTION_REFUSED if first else Failure.CONNECTION_RESET
        break
    return step


def _again(rtt: float) -> Iterator[float]:
    """Seconds at which what is not acknowledged is sent (RFC 6298, 0.2 s at least as in Linux)."""
    at, wait = 0.0, 0.2 + rtt
    while at < 60.0:
        yield at
        at, wait = at + wait, 2 * wait
