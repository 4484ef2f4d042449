"""The order of the work: is the line open, where do the names lead, what do the rows answer, and
whatever did not answer once more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace

from msgprobe.checks.base import Check
from msgprobe.checks.registry import traits
from msgprobe.hypotheses.connection.plan import plan_connection
from msgprobe.model.control import Controls
from msgprobe.model.dataclass import dataclass
from msgprobe.model.event import Event, Phase
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import DnsObservation
from msgprobe.model.row import Checked, Verification, Word
from msgprobe.model.run import Evidence, Request
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Lookup, Resolver, Role, Task, attempt_ids
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Moment
from msgprobe.planning.public_resolvers import doh_resolvers
from msgprobe.planning.timetable import SPACING
from msgprobe.runner.engine import Runner
from msgprobe.runner.given import Given, given
from msgprobe.runner.limits import Limits
from msgprobe.session import Stop
from msgprobe.steps.prepare import prepare
from msgprobe.steps.world import World, system_world
from msgprobe.verification import answer, neutral, wanted
from msgprobe.verification.answer import Answer
from msgprobe.verification.authority import authorities
from msgprobe.verification.cleaned import cleaned
from msgprobe.verification.wanted import Wanted, name_task

AT_ONCE, PACE = 8, 0.05
"""Conversations at a time, and seconds between their starts: nobody is in a hurry, and no server
should take it for an attack."""

MOST_BYTES = 60_000_000
"""Bytes on the wire for everything: far more than honest servers send for all shipped rows."""

GATE_PATIENCE = 12.0
"""Seconds after which a line on which no neutral site answers is given up."""

SETTLING = 2.0
"""Seconds for the rest of the neutral sites once enough have answered: they tell about IPv6."""

NO_ROUTE = "this device has no route to the Internet"
SHUT = "no neutral site answers from here, or hardly any"
RESIGNED = "all certificates are re-signed on this line (TLS inspection)"


@dataclass(slots=True, kw_only=True)
class _Work:
    """What everything shares."""

    runner: Runner
    stop: Stop
    empty: Evidence
    redact: bool
    emit: Callable[[Event], None]
    cut: str | None = None
    """``max_time`` once the time is over."""
    _by_id: dict[str, Measurement] = field(default_factory=dict)

    def over(self) -> bool:
        """Nothing more is to be asked."""
        if self.runner.world.now() >= self.runner.limits.deadline:
            self.cut = self.cut or "max_time"
            self.runner.stop("no time left (max_time)")
        return self.stop.reason is not None or self.cut is not None

    def measured(self) -> tuple[Measurement, ...]:
        """Everything so far, as it may be shown."""
        seen = self.runner.in_order()
        return tuple(cleaned(m) for m in seen) if self.redact else seen

    def context(self) -> PlanningContext:
        """What is known by now."""
        runner = self.runner
        moment = Moment(
            now=runner.world.now(),
            running=runner.running,
            opened=runner.opened,
            secured=runner.secured,
            queued=runner.queued,
        )
        return PlanningContext(replace(self.empty, measurements=self.measured()), moment)

    async def ask(self, title: str, tasks: Sequence[Task]) -> None:
        """Hold all of these conversations, and wait for their ends."""
        if self.over() or not tasks:
            return
        self.emit(Phase(title=title))
        self.runner.submit(tasks)
        while not self.runner.idle:
            if self.over():
                break
            left = self.runner.limits.deadline - self.runner.world.now()
            await self.runner.change(max(0.05, min(0.5, left)))
        while not self.runner.idle:
            await self.runner.change(0.2)

    def by_id(self, task_id: str) -> Measurement | None:
        """The measurement of a task, None where it was never begun."""
        if task_id not in self._by_id:
            self._by_id = {m.task.id: m for m in self.measured()}
        return self._by_id.get(task_id)


async def verify(
    services: Sequence[Service],
    controls: Controls | None,
    request: Request,
    *,
    line_controls: Controls,
    checks: Mapping[str, Check],
    emit: Callable[[Event], None],
    stop: Stop,
    redact: bool = True,
    world: World | None = None,
) -> Verification:
    """Ask every row of ``services`` and of ``controls`` (None: of no control).

    ``line_controls`` are the neutral controls that tell whether the line is open.
    ``request.max_time`` limits the whole; ``stop`` ends it early with what is known. Raises
    TrustError when ``SSL_CERT_FILE`` is unusable, else nothing.
    """
    world = world or system_world(request.seed)
    started_at = world.clock.utcnow()
    prepare(world, quic=True, library=True)
    request = replace(request, quick=True, throttle=False, functions=())
    named = given(services, *filter(None, (line_controls, controls)))
    runner = _runner(world, services, request, checks, named, emit)
    stop.on_request(lambda: runner.stop("interrupted"))
    empty = Evidence(
        request=request,
        services=tuple(services),
        controls=replace(line_controls, sites=line_controls.abroad),
        traits=traits(checks),
    )
    work = _Work(runner=runner, stop=stop, empty=empty, redact=redact, emit=emit)
    async with runner:
        closed = await _look(work)
        rows = await _rows(work, services, controls, closed)
    seen = work.measured()
    every = [*rows]
    for service in services:
        every += authorities(service, seen)
    return Verification(
        started_at=started_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        duration_s=round(world.now(), 3),
        services=tuple(services),
        controls=controls,
        rows=tuple(every),
        closed=closed,
        interrupted=stop.reason or work.cut,
        bytes_sent=sum(m.bytes_sent for m in seen),
        bytes_received=sum(m.bytes_received for m in seen),
    )


def _runner(
    world: World,
    services: Sequence[Service],
    request: Request,
    checks: Mapping[str, Check],
    named: Given,
    emit: Callable[[Event], None],
) -> Runner:
    """Who holds the conversations, a few at a time."""
    return Runner(
        world=world,
        checks=checks,
        roots={s.name: s.roots for s in services if s.roots},
        keys={s.name: s.keys for s in services if s.keys},
        given=named,
        limits=Limits(at_once=AT_ONCE, pace=PACE, max_bytes=MOST_BYTES, deadline=request.max_time),
        emit=emit,
    )


async def _look(work: _Work) -> str:
    """Is the line open? Empty if it is, else why nothing can be concluded from here."""
    work.emit(Phase(title="is this line open?"))
    runner = work.runner
    opened: float | None = None
    while not work.over() and runner.world.now() < GATE_PATIENCE:
        context = work.context()
        local = context.facts.local
        if local is not None and not (local.route4 or local.route6):
            return NO_ROUTE
        tasks = plan_connection(context)
        if context.connection.open:
            opened = runner.world.now() if opened is None else opened
            if _settled(runner, tasks, opened):
                break
        else:
            runner.submit(tasks)
            if runner.idle and context.wake_at is None:
                break
        await runner.change(0.2)
    connection = work.context().connection
    if not connection.open:
        return "" if work.over() else SHUT
    return RESIGNED if connection.inspector else ""


def _settled(runner: Runner, tasks: Sequence[Task], opened: float) -> bool:
    """The neutral sites that were asked have answered, or have had their time."""
    sites = {t.id for t in tasks if t.id.startswith("g.site")}
    waiting = sites & {*runner.running, *runner.queued}
    return not waiting or runner.world.now() >= opened + SETTLING


async def _rows(
    work: _Work, services: Sequence[Service], controls: Controls | None, closed: str
) -> list[Checked]:
    """Every row, and the word about it."""
    if not closed:
        await _lead(work, services, controls)
    context = work.context()
    rows = [row for s in services for row in wanted.service_wanted(context, s, work.runner.checks)]
    rows += neutral.neutral_wanted(context, controls) if controls is not None else ()
    if closed:
        silent = Answer(word=Word.NOT_ASKED, what=closed, cut=True)
        return [_checked(row, silent) for row in rows]
    return await _asked(work, rows)


async def _lead(work: _Work, services: Sequence[Service], controls: Controls | None) -> None:
    """Ask for every name, and read the pages that name objects: they lead to what is asked."""
    hosts = [host for service in services for host in wanted.hosts_of(service)]
    hosts += neutral.hosts_of(controls) if controls is not None else ()
    names = [name_task(h, work.empty.request.families) for h in dict.fromkeys(hosts)]
    await work.ask("where do the names lead?", names)
    await _names_again(work, names)
    context = work.context()
    pages = [t for s in services for t in wanted.pages_of(context, s)]
    await work.ask("reading pages that name objects", pages)


async def _asked(work: _Work, rows: Sequence[Wanted]) -> list[Checked]:
    """Every row asked, and once more where that did not go as it should."""
    tasks = {t.id: t for row in rows for t in row.tasks}
    await work.ask("asking every row", tuple(tasks.values()))
    first = [_answer(work, row) for row in rows]
    again = {
        t.id: t.again(2)
        for row, said in zip(rows, first, strict=True)
        if said.word in (Word.DIFFERS, Word.NO_ANSWER)
        for t in row.tasks
    }
    await _pause(work, bool(again))
    await work.ask("asking once more what did not answer as it should", tuple(again.values()))
    return [
        _checked(row, answer.better(said, _answer(work, row, again)))
        for row, said in zip(rows, first, strict=True)
    ]


async def _pause(work: _Work, wanted_at_all: bool) -> None:
    """Time between a failure and its repeat: one lost packet accuses nobody."""
    if not wanted_at_all:
        return
    until = work.runner.world.now() + SPACING
    while not work.over() and work.runner.world.now() < until:
        await work.runner.change(0.2)


async def _names_again(work: _Work, names: Sequence[Task]) -> None:
    """What did not resolve is asked for once more, and over encrypted DNS."""
    lacking = [
        t
        for t in names
        if (seen := work.by_id(t.id)) is not None and answer.of_name(seen).word is not Word.HOLDS
    ]
    honest = doh_resolvers(work.empty.controls, work.empty.request)[:1]
    tasks = [t.again(2) for t in lacking]
    tasks += [_elsewhere(t, resolver) for t in lacking for resolver in honest]
    await _pause(work, bool(tasks))
    await work.ask("asking once more for names that did not resolve", tasks)


def _elsewhere(task: Task, resolver: Resolver) -> Task:
    assert isinstance(task.probe, Lookup)
    return replace(
        task,
        id=f"{task.id}.doh",
        role=Role.CONTROL,
        arm=Arm.OTHER_RESOLVER,
        subject=resolver.name,
        probe=replace(task.probe, resolver=resolver, families=(4,)),
    )


def _answer(work: _Work, row: Wanted, again: Mapping[str, Task] | None = None) -> Answer:
    """What came of a row's conversations; of their repeats where ``again`` has any."""
    if row.unasked:
        return Answer(word=Word.NOT_ASKED, what=row.unasked)
    if not row.tasks:
        return _nowhere(work, row)
    if again is not None and not any(t.id in again for t in row.tasks):
        return Answer(word=Word.NOT_ASKED)
    said = []
    for task in row.tasks:
        seen = work.by_id(task.attempts()[0 if again is None else 1])
        said.append(answer.unheld(None) if seen is None else row.read(seen))
    return answer.together(said, row.addresses)


def _nowhere(work: _Work, row: Wanted) -> Answer:
    """The row's name gave no address to dial: what the resolvers say about it."""
    if row.host is None:
        return Answer(word=Word.NOT_ASKED, what="nothing to dial")
    first, second = (work.by_id(i) for i in attempt_ids(f"v.name.{row.host}", 2))
    said = answer.of_name(first)
    if second is not None:
        said = answer.better(said, answer.of_name(second))
    if said.word is Word.HOLDS:
        return Answer(word=Word.NOT_ASKED, what="its addresses are IPv6 alone, which fails here")
    there = _encrypted(work.by_id(f"v.name.{row.host}.doh"))
    if there:
        what = f"{said.what}; over encrypted DNS it leads to {', '.join(there)}"
        return Answer(word=Word.NO_ANSWER, what=what)
    return said


def _encrypted(seen: Measurement | None) -> tuple[str, ...]:
    found = () if seen is None else seen.observations
    return tuple(
        a
        for o in found
        if isinstance(o, DnsObservation) and o.resolver.value == "doh"
        for a in o.addresses
    )


def _checked(row: Wanted, said: Answer) -> Checked:
    return Checked(
        service=row.service,
        table=row.table,
        row=row.row,
        kind=row.kind,
        word=said.word,
        what=said.what,
        provenance=row.provenance,
        address=row.address,
        port=row.port,
        came=said.came,
        cut=said.cut,
    )
