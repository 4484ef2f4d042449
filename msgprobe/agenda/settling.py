"""Which words can no longer change, though the run goes on: a service's, and its functions' one by
one. Pure; each is told once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from msgprobe.judging.judge import judge
from msgprobe.model.event import Decided, Settled
from msgprobe.model.run import Run
from msgprobe.model.target import Function, Service
from msgprobe.model.task import Flow, Task
from msgprobe.model.verdict import Outcome, ServiceVerdict

FINE = {Outcome.OK, Outcome.NOT_TESTED}

EVERY = frozenset(Function)


class Settling:
    """What was told of one run so far."""

    def __init__(self) -> None:
        self._services: set[str] = set()
        self._functions: set[tuple[str, Function]] = set()
        self._judged: dict[str, tuple[int, frozenset[Function]]] = {}
        """Of a service that was judged: how much was known of it, and what was at rest."""

    def events(
        self, run: Run, under_way: Sequence[Task], pending: frozenset[str]
    ) -> Iterator[Decided | Settled]:
        """What has become certain. ``run`` is as far as it came, ``under_way`` what runs or waits
        for its turn, ``pending`` are the services that transfers are still to come of.

        A word is certain where a service, or its function, works and has nothing under way any
        more. Every other word may still be changed by what is measured for its sake.
        """
        ready = self._ready(run, under_way, pending)
        if not ready:
            return
        verdict = judge(run.evidence, ready)
        told = replace(run, verdict=verdict)
        for found in verdict.services:
            yield from self._of(told, found, ready[found.service])

    def _ready(
        self, run: Run, under_way: Sequence[Task], pending: frozenset[str]
    ) -> dict[str, frozenset[Function]]:
        """The services of which something may have become certain since they were judged, and the
        functions that it is about: of a service with nothing under way, all."""
        seen = run.evidence.measurements
        asked = Counter(m.task.subject for m in seen if m.task.endpoint)
        comparing = any(m.task.surveys for m in seen)
        ready: dict[str, frozenset[Function]] = {}
        for service in run.evidence.services:
            name = service.name
            if name in self._services or not asked[name]:
                continue
            tasks, waits = [t for t in under_way if t.subject == name], name in pending
            rest = at_rest(service, tasks, pending=waits) if comparing else frozenset()
            whole = not tasks and not waits
            known = asked[name], rest
            if (whole or self._new(name, rest)) and self._judged.get(name) != known:
                self._judged[name] = known
                ready[name] = EVERY if whole else rest
        return ready

    def _new(self, service: str, functions: frozenset[Function]) -> bool:
        """Of some of the functions nothing was told yet."""
        return any((service, function) not in self._functions for function in functions)

    def _of(
        self, run: Run, found: ServiceVerdict, functions: frozenset[Function]
    ) -> Iterator[Decided | Settled]:
        if functions == EVERY and {f.outcome for f in found.functions} <= FINE:
            self._services.add(found.service)
            yield Decided(run=run, verdict=found)
            return
        for one in found.functions:
            key = found.service, one.function
            if one.function in functions and one.outcome is Outcome.OK:
                if key not in self._functions:
                    self._functions.add(key)
                    yield Settled(service=found.service, function=one)

    def rest(self, run: Run) -> Iterator[Decided]:
        """At the end of the run: the services of which nothing was told."""
        for service in run.verdict.services:
            if service.service not in self._services:
                yield Decided(run=run, verdict=service)


def at_rest(service: Service, under_way: Sequence[Task], *, pending: bool) -> frozenset[Function]:
    """The functions of the service that nothing of what is under way, or still to come, bears on.
    Ask once speeds are compared: whatever every run asks has been asked then."""
    busy = {a.function for a in service.assets} if pending else set()
    for task in under_way:
        function = _function(service, task)
        if function is None:
            return frozenset()
        busy.add(function)
    return frozenset(p.function for p in service.pools if not p.extra) - busy


def _function(service: Service, task: Task) -> Function | None:
    """The one that the task is about; None: all."""
    if task.endpoint is not None:
        return service.pool(service.endpoint(task.endpoint).pool).function
    asset = task.probe.option("asset") if isinstance(task.probe, Flow) else None
    return None if asset is None else service.asset(asset).function
