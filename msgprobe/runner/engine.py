"""Runs tasks as they are wanted: concurrently, paced, under budgets, and never losing evidence."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import field, replace
from functools import partial

from msgprobe.checks.base import Check
from msgprobe.model.cost import BARE
from msgprobe.model.dataclass import dataclass
from msgprobe.model.event import Event, Finished, Started
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import TcpObservation, TlsObservation, Window
from msgprobe.model.target import Key, Root
from msgprobe.model.task import Flow, Running, Task
from msgprobe.runner.backlog import Backlog
from msgprobe.runner.company import UNOPENED, named_often, unanswered
from msgprobe.runner.given import Given
from msgprobe.runner.kinds import PROMPT, TRANSFER, moves
from msgprobe.runner.limits import GRACE, Limits
from msgprobe.runner.standstill import FRESH, STOOD_STILL, Stops, Watch
from msgprobe.runner.turns import SOON, Turns
from msgprobe.runner.under_way import UnderWay
from msgprobe.steps.context import Recorder, StepContext
from msgprobe.steps.guard import GuardedNetwork
from msgprobe.steps.world import World

HONEST = 12_000
"""Bytes to set aside for a conversation that begins: what an honest one costs at most. A hostile
peer may send more, up to the check's own cap; ``Runner.spent`` then ends the run."""

ONCE_MORE = 0.3
"""Seconds before a conversation that this device spoiled is held again."""


@dataclass(slots=True)
class Runner:
    """Takes tasks, yields measurements. Use it as ``async with``; leaving stops what still runs.

    Ctrl-C or a deadline ends tasks as CANCELLED with what they saw; tasks that never began are
    SKIPPED with the reason; a check that raises is a BUG and says nothing about the network.
    """

    world: World
    checks: Mapping[str, Check]
    roots: Mapping[str, tuple[Root, ...]]
    limits: Limits
    emit: Callable[[Event], None]
    keys: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)
    given: Given = field(default_factory=Given)
    measurements: list[Measurement] = field(default_factory=list)
    stood_still: float = 0.0
    """Seconds of the run in which nothing of this process ran."""
    _order: dict[str, int] = field(default_factory=dict)
    _wanted: int = 0
    _running: dict[str, UnderWay] = field(default_factory=dict)
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(24))
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _group: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)
    _turns: Turns = field(default_factory=Turns)
    _backlog: Backlog = field(default_factory=Backlog)
    _transactions: int = 0
    _settled: int = 0
    _moved: int = 0
    _counted_at: float = float("-inf")
    _watcher: asyncio.Task[None] | None = None
    _watch_on_time: Watch = field(default_factory=Watch)

    async def __aenter__(self) -> "Runner":
        self._free = asyncio.Semaphore(self.limits.at_once)
        await self._group.__aenter__()
        self._watcher = self._group.create_task(self._watch())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.stop("the run ended")
        if self._watcher is not None:
            self._watcher.cancel()
        await self._group.__aexit__(None, None, None)

    @property
    def idle(self) -> bool:
        """Nothing is running or waiting to start."""
        return not self._running

    @property
    def running(self) -> dict[str, Running]:
        """The tasks that have begun and not ended, by id.

        While a device stands still nobody's answer is heard: what is under way then counts as begun
        so much later, lest its silence be taken for the network's.
        """
        self._look_at_the_clock()
        begun = [(i, r, r.started) for i, r in self._running.items() if r.started is not None]
        return {
            i: Running(task=r.task, since=at + r.stops.seconds, knocked=r.knocked)
            for i, r, at in begun
        }

    def _look_at_the_clock(self) -> None:
        now = self.world.now()
        late = self._watch_on_time.look(now)
        if late >= STOOD_STILL:  # what failed before is to be asked again
            self.stood_still += late
            self.limits = replace(self.limits, latest=self.limits.latest + late)
        for running in [r for r in self._running.values() if late and r.started is not None]:
            running.stops.add(now, late)

    @property
    def opened(self) -> frozenset[str]:
        """Tasks under way whose TCP connection stands."""
        return self._past(TcpObservation)

    @property
    def secured(self) -> frozenset[str]:
        """Tasks under way whose TLS handshake went well."""
        return self._past(TlsObservation)

    def _past(self, kind: type[TcpObservation | TlsObservation]) -> frozenset[str]:
        return frozenset(
            i
            for i, r in self._running.items()
            if any(isinstance(o, kind) and o.failure is None for o in r.recorder.observations)
        )

    @property
    def filled(self) -> bool:
        """See `Backlog`."""
        return self._backlog.filled

    @property
    def queued(self) -> dict[str, Task]:
        """Tasks that wait for their turn, by id."""
        return {i: r.task for i, r in self._running.items() if r.started is None}

    def spoken(self, likely_bytes: Callable[[Task], int]) -> int:
        """Bytes on the wire of conversations so far, transfers left out, and what those under way
        or waiting for their turn are likely to cost; as fresh as `bytes_so_far`."""
        self._count()
        conversations = [(i, r) for i, r in self._running.items() if not moves(r.task)]
        late, opened = self.world.now() - UNOPENED, self.opened

        def likely(task_id: str, one: UnderWay) -> int:
            if not isinstance(one.task.probe, Flow) or (one.started or late) >= late:
                return likely_bytes(one.task)
            # what nobody has answered by then is sent again, and little else comes
            return min(likely_bytes(one.task), 2 * one.counted) if task_id in opened else BARE

        begun = sum(max(one.counted, likely(i, one)) for i, one in conversations)
        return self._settled - self._moved + begun

    @property
    def under_way(self) -> tuple[Task, ...]:
        """The tasks that run or wait to start."""
        return tuple(r.task for r in self._running.values())

    @property
    def bytes_so_far(self) -> int:
        """Bytes on the wire so far, running tasks included; as of ``FRESH`` seconds ago at most:
        each open connection costs a question to the kernel, and every event asks."""
        self._count()
        return self._settled + sum(r.counted for r in self._running.values())

    async def _watch(self) -> None:
        """Stop everything as soon as the bytes are used up: whoever plans looks only now and then,
        and peers that send without an end do so as fast as the line goes."""
        while True:
            self._look_at_the_clock()
            await asyncio.sleep(FRESH)
            self._backlog.count(self.world.now(), self.bytes_so_far)
            if self.spent:
                self.stop("no bytes left (max_bytes)")
                return

    def _count(self) -> None:
        now = self.world.now()
        if now < self._counted_at + FRESH:
            return
        self._counted_at = now
        for running in self._running.values():
            running.counted = sum(running.recorder.octets)

    def in_order(self) -> tuple[Measurement, ...]:
        """Measurements in the order in which their tasks were wanted."""
        return tuple(sorted(self.measurements, key=lambda m: self._order[m.task.id]))

    def submit(self, tasks: Sequence[Task], *, alone: bool = False) -> int:
        """Start the tasks that were never started; returns how many those are. ``alone``: others
        that still wait for their turn are withdrawn.

        New ones start in random order, so that no target is always the one that meets the state
        that its predecessor left behind in a middlebox.
        """
        if alone:
            self._withdraw(tasks)
        new = []
        for task in tasks:
            if task.id not in self._order:
                self._order[task.id] = self._wanted = self._wanted + 1
                new.append(task)
        self.world.random.shuffle(new)
        for task in new:
            recorder = Recorder()
            handle = self._group.create_task(self._hold(task), name=task.id)
            self._running[task.id] = UnderWay(task=task, handle=handle, recorder=recorder)
            handle.add_done_callback(partial(self._never_ran, task))
        return len(new)

    def _withdraw(self, wanted: Iterable[Task]) -> None:
        """Forget what waits for its turn and is not among the ``wanted`` any more; it may be wanted
        again."""
        keep = {task.id for task in wanted}
        for task_id in [i for i in self.queued if i not in keep]:
            del self._order[task_id]
            self._running.pop(task_id).handle.cancel("not wanted any more")

    def slow_down(self, pace: float, asking: float, at_once: int, thin: float) -> None:
        """From now on leave ``pace`` seconds between starts, ``asking`` between questions to the
        system's resolver; begin nothing while ``at_once`` wait for a first answer (0: any number),
        and nothing too much for a thin line of ``thin`` seconds of round trip (0: it is none)."""
        self._turns.pace, self._turns.asking, self._turns.few = pace, asking, at_once
        self._backlog.round_trip = thin

    def give_up(self, tasks: Iterable[str]) -> None:
        """The connects and handshakes of these end now as if their time were over."""
        for task_id in tasks:
            self._running[task_id].patience.end()

    def stop(self, reason: str) -> None:
        """End everything now; what was seen is kept."""
        for running in list(self._running.values()):
            running.handle.cancel(reason)

    async def change(self, timeout: float | None) -> None:
        """Wait until a task ends, or ``timeout`` seconds have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        self._changed.clear()

    async def _hold(self, task: Task) -> None:
        """One task from its turn in the queue to its measurement."""
        status, detail = Status.SKIPPED, "not begun"
        mine, prompt = self._running[task.id], task.arm in PROMPT
        try:
            async with nullcontext() if prompt else self._free:
                if not prompt:
                    await self._turn(task)
                if (refusal := self._refusal(task)) is not None:
                    detail = refusal
                    return
                self._begin(mine)
                self.emit(Started(task=task))
                status, detail = Status.CANCELLED, "interrupted"
                status, detail = await self._converse(task)
                if self._again(mine, status):
                    status, detail = Status.CANCELLED, "interrupted"
                    await asyncio.sleep(ONCE_MORE)
                    if not prompt:
                        await self._turn(task)
                    self._begin(mine)
                    status, detail = await self._converse(task)
        except asyncio.CancelledError as exc:
            detail = str(exc.args[0]) if exc.args else "interrupted"
        finally:
            if self._running.get(task.id) is mine:  # else it was withdrawn
                self._settle(task, status, detail)

    async def _turn(self, task: Task) -> None:
        pace, now = self.limits.pace, self.world.now
        await self._turns.take(
            task, now, pace, lambda: self.limits.until(moves(task)), self._unanswered, self._held
        )
        while True:
            if not named_often(task, self._running.values(), now()):
                return
            await asyncio.sleep(SOON)

    def _begin(self, running: UnderWay) -> None:
        """It begins now, for the first time or again; what it has cost so far stays counted."""
        self._look_at_the_clock()
        before, running.recorder = running.recorder, Recorder()
        running.recorder.count(sent=before.bytes_sent, received=before.bytes_received)
        running.started, running.stops = self.world.now(), Stops()

    def _again(self, running: UnderWay, status: Status) -> bool:
        """This device spoiled the conversation, and there is still time to hold it once more.

        Not so transfers: their pairs are to run side by side.
        """
        self._look_at_the_clock()
        seen = running.recorder.observations
        if moves(running.task) or self._refusal(running.task) is not None:
            return False
        if status is Status.COMPLETED and any(o.failure is Failure.INTERRUPTED for o in seen):
            return True  # nobody stopped it, but this device had nothing left to hold it with
        return running.lacked or running.stops.spoiled(seen)

    async def _converse(self, task: Task) -> tuple[Status, str]:
        check = self.checks.get(task.check)
        if check is None:
            return Status.BUG, f"no check is called {task.check!r}"
        running = self._running[task.id]
        began = running.started or 0.0
        self._transactions += 1
        # The run's own deadline is not the conversation's: whoever is cut by it was interrupted,
        # and its silence until then proves nothing. Its own is less where it had to queue until the
        # run's end drew near.
        deadline = self.limits.over(began, task.timeout, moving=task.check == TRANSFER)
        context = StepContext(
            world=self._guarded(task),
            transaction=self._transactions,
            deadline=deadline,
            recorder=running.recorder,
            patience=running.patience,
            roots=self.roots,
            keys=self.keys,
        )
        try:
            async with asyncio.timeout(max(0.0, deadline - self.world.now()) + GRACE):
                await check.run(context, task)
        except TimeoutError:
            return Status.CANCELLED, "the check overran its deadline"
        except Exception as exc:  # a plug-in may raise anything; it must not end the run
            running.lacked = isinstance(exc, MemoryError | ImportError | OSError)
            return Status.BUG, f"{type(exc).__name__}: {exc}"[:200]
        return Status.COMPLETED, ""

    def _guarded(self, task: Task) -> World:
        """The world as ``task`` may touch it: where an answer alone leads is looked at first."""
        machine, network = self.world.machine, self.world.network
        allowed = self.given.to(task, machine.system_resolvers)
        guard = GuardedNetwork(network, allowed, machine.own_addresses)
        return replace(self.world, network=guard, to_proxy=network)

    def _never_ran(self, task: Task, handle: asyncio.Task[None]) -> None:
        """A task that is stopped before its first step runs no ``finally`` of its own."""
        running = self._running.get(task.id)
        if running is not None and running.handle is handle:
            self._settle(task, Status.SKIPPED, "not begun")

    def _unanswered(self) -> int:
        return unanswered(self._running.values(), self.world.now())

    def _held(self, beside: int) -> bool:
        return self._backlog.holds(self._running.values(), self.world.now(), beside)

    def _refusal(self, task: Task) -> str | None:
        """Why a task may not begin any more."""
        if self.world.now() >= self.limits.deadline:
            return "no time left (max_time)"
        if self.world.now() >= self.limits.until(moves(task)):
            return "too late to begin"
        check = self.checks.get(task.check)
        most = check.max_bytes(task) if check is not None else 0
        self._count()
        others = sum(max(r.reserved, r.counted) for r in self._running.values())
        reserve = min(most, HONEST)
        if self._settled + others + reserve > self.limits.max_bytes:
            return "no bytes left (max_bytes)"
        self._running[task.id].reserved = reserve
        return None

    @property
    def spent(self) -> bool:
        """The byte budget is used up, for somebody sends more than honest servers do."""
        return self.bytes_so_far >= self.limits.max_bytes

    def _settle(self, task: Task, status: Status, detail: str) -> None:
        self._look_at_the_clock()
        running = self._running.pop(task.id)
        recorder, now = running.recorder, self.world.now()
        sent, received = recorder.octets
        if running.stops.spoiled(recorder.observations):
            status = Status.CANCELLED
            detail = f"this device stood still for {running.stops.seconds:.1f} s"
        measurement = Measurement(
            task=task,
            status=status,
            window=Window(start=now if running.started is None else running.started, end=now),
            observations=running.stops.voided(recorder.observations),
            bytes_sent=sent,
            bytes_received=received,
            detail=detail or None,
            late=round(running.stops.late, 6),
        )
        self._settled += sent + received
        self._moved += sent + received if moves(task) else 0
        self.measurements.append(measurement)
        self._changed.set()
        self.emit(
            Finished(
                measurement=measurement,
                done=len(self.measurements),
                planned=len(self._order),
                bytes_so_far=self.bytes_so_far,
            )
        )
