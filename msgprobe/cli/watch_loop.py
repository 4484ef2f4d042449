"""The loop around the schedule: waits, runs what is due, writes it down, tells what changed."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Protocol

from msgprobe import chronicle, session
from msgprobe.agenda import looks
from msgprobe.agenda.planner import Planner, Smaller
from msgprobe.checks.base import Check
from msgprobe.cli.watch_store import Store
from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import (
    CONNECTION,
    Attachment,
    Gap,
    GapReason,
    NetworkKind,
    Tick,
    TickKind,
)
from msgprobe.model.observation import LocalObservation
from msgprobe.model.run import Request, Run, Vantage
from msgprobe.report.exit_status import FAULT
from msgprobe.report.language import _
from msgprobe.steps.attachment import attachment, known, same
from msgprobe.steps.power import Power
from msgprobe.steps.system import SystemClock
from msgprobe.watch import codec, gaps, narrow
from msgprobe.watch.gaps import Reading
from msgprobe.watch.narrow import Rows
from msgprobe.watch.schedule import Schedule, moved
from msgprobe.watch.state import Look, Seen, State

NAP = 15.0
"""Seconds between looks at clocks, network and battery."""

CLOCK_SKEW = "clock_skew"
"""The note of a connection that says that this device's clock is wrong."""

ABSENT = 30.0
"""Seconds of no network or no battery from which on they are a gap."""

FAULTS = 5
"""Runs in a row that broke by a fault of ours or of this device, after which the watch ends."""

SMALLER: Mapping[TickKind, Smaller] = {
    TickKind.PULSE: looks.pulse,
    TickKind.TRANSFER: looks.transfer,
}

LIMITS: Mapping[TickKind, tuple[float, int]] = {
    TickKind.PULSE: (30.0, 500_000),
    TickKind.TRANSFER: (45.0, 2_000_000),
}
"""Seconds and bytes that a small look takes at most."""


class Teller(Protocol):
    """Is told what happens."""

    def looking(self, look: Look) -> None:
        """A look begins."""

    def tick(self, tick: Tick, run: Run, look: Look) -> None:
        """One was made and remembered."""

    def gap(self, gap: Gap) -> None:
        """Nobody looked for a while."""

    def note(self, text: str) -> None:
        """Something else that a person should know."""

    def waiting(self, reason: GapReason) -> None:
        """Nothing is looked at for now."""

    def turn(self, state: State, upcoming: Look, seconds: float) -> None:
        """What is next, and in how many seconds."""


class Follower(Protocol):
    """Looks for events after each tick, and sees to it that they are told."""

    def after(self, network: Attachment, *, quiet: bool) -> None:
        """A tick was added; ``quiet``: nothing in it differs from what is established."""

    def pump(self) -> None:
        """Some time has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every run of the watch is made of."""

    rows: Rows
    request: Request
    checks: Mapping[str, Check]
    sha256: str
    vantage: Vantage


@dataclass(slots=True, kw_only=True)
class Watcher:
    """Watches until `stop` or for ``seconds``."""

    asked: Asked
    schedule: Schedule
    store: Store
    teller: Teller
    follower: Follower
    seconds: float = float("inf")
    state: State = field(default_factory=State)
    power: Power = field(default_factory=Power)
    _clock: SystemClock = field(default_factory=SystemClock)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _reason: str | None = None
    _inner: session.Stop | None = None
    _four: bool = False
    _network: Attachment | None = None
    _absent: tuple[GapReason, Reading] | None = None
    _clock_wrong: bool = False
    _faults: int = 0
    _before: Reading | None = None

    def stop(self, reason: str) -> None:
        """End soon: what is under way is not remembered."""
        self._reason = self._reason or reason
        self._stopping.set()
        if self._inner is not None:
            self._inner.request(reason)

    async def run(self) -> None:
        """Look, again and again. Raises TrustError where nothing can be asked at all."""
        self._before = self._reading()
        self._restore(self._before)
        end = self._before.steady + self.seconds
        while not self._stopping.is_set() and (now := self._reading().steady) < end:
            if self._is_absent():
                await self._nap(NAP / 3)
                continue
            network = self._settled(attachment())
            look = self.schedule.next(self.state, now)
            if look.at > now:
                self.teller.turn(self.state, look, look.at - now)
                await self._nap(min(NAP, look.at - now, max(0.0, end - now)))
                continue
            await self._take(look, network)
        self._absence_over()
        self._save()

    # -- clocks ----------------------------------------------------------------------------------

    def _reading(self) -> Reading:
        wall = self._clock.utcnow().timestamp()
        return Reading(steady=self._clock.monotonic(), awake=self._clock.awake(), wall=wall)

    async def _nap(self, seconds: float) -> None:
        due = self._compared() + seconds
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._stopping.wait()
        except TimeoutError:
            pass
        self._compare(due)
        self.follower.pump()

    def _compared(self) -> float:
        """When the clocks were compared last. What is due is counted from there: who is stopped
        between two naps was stopped as well."""
        return (self._before or self._reading()).steady

    def _compare(self, due: float) -> Gap | None:
        """Tell of a gap since the last comparison, and of a clock that was set."""
        after = self._reading()
        before, self._before = self._before or after, after
        found = gaps.between(before, after, due, sees_sleep=self._clock.sees_sleep)
        if found is not None:
            self._absence_over(before)  # what follows is another one, with a reason of its own
            self._told(found)
        elif abs(by := gaps.set_by(before, after)) >= gaps.SET:
            said = _(
                "this device's clock was set back by {seconds} s; the order of what was seen is "
                "kept"
            )
            if by > 0:
                said = _(
                    "this device's clock was set ahead by {seconds} s; the order of what was seen "
                    "is kept"
                )
            self.teller.note(said.format(seconds=f"{abs(by):.0f}"))
        return found

    def _told(self, gap: Gap) -> None:
        self.store.gap(gap)
        self.teller.gap(gap)

    def _is_absent(self) -> bool:
        """There is no network, or hardly any battery: nothing is looked at, and a gap told."""
        reason = None
        if attachment().kind is NetworkKind.NONE:
            reason = GapReason.NO_INTERFACE
        elif self.power.low():
            reason = GapReason.BATTERY
        if self._absent is not None and reason is not self._absent[0]:
            self._absence_over()
        if reason is not None and self._absent is None:
            self._absent = reason, self._reading()
            self._save(reason)
            self.teller.waiting(reason)
        return reason is not None

    def _absence_over(self, at: Reading | None = None) -> None:
        """The time without network or battery ends, and is told if it was long."""
        if self._absent is None:
            return
        (reason, began), ended = self._absent, at or self._reading()
        self._absent = None
        long = ended.steady - began.steady
        if long >= ABSENT:
            self._told(Gap(int(ended.wall - long), int(ended.wall), reason))

    # -- state -----------------------------------------------------------------------------------

    def _restore(self, here: Reading) -> None:
        """Go on where the last watch ended; the time between is a gap."""
        text = self.store.saved()
        found = codec.loads(text, self.schedule.timetable, here.steady, here.wall) if text else None
        seed = int.from_bytes(os.urandom(4))
        if found is None:
            self.state = replace(self.state, seed=seed)
            return
        self.state, ago = replace(found[0], seed=seed), found[1]
        if ago >= ABSENT:
            # who was killed while the battery was nearly empty died of it, or ended for it
            reason = GapReason.STOPPED
            if codec.waited_for(text) is GapReason.BATTERY:
                reason = GapReason.BATTERY
            self._told(Gap(int(here.wall - ago), int(here.wall), reason))

    def _save(self, waits_for: GapReason | None = None) -> None:
        here = self._reading()
        timetable = self.schedule.timetable
        self.store.save(codec.dumps(self.state, timetable, here.steady, here.wall, waits_for))

    def _settled(self, network: Attachment, *, final: bool = False) -> Attachment:
        """Which network this device hangs on decides what is known. One that was only just met is
        known once something was sent there (``final``)."""
        last = self._network
        met = last is not None and same(last, network)
        if met and last is not None and not known(network):
            network = last
        if not known(network) and not met and not final:
            self.state = moved(self.state, "")
            return network
        self._network = network
        where = self.store.series(network)
        if where is not None and where.public != self.state.line:
            self.state = moved(self.state, where.public)
        return network

    # -- looks -----------------------------------------------------------------------------------

    async def _take(self, look: Look, network: Attachment) -> None:
        self.teller.looking(look)
        before = self._reading()
        due = self._compared() + LIMITS.get(look.kind, (self.asked.request.max_time, 0))[0]
        run, fault = await self._measured(look)
        if self._stopping.is_set():
            return
        after = self._reading()
        slept = self._compare(due)
        now = attachment()
        if same(network, now):
            network = self._settled(now, final=True)
        else:
            network = Attachment(kind=NetworkKind.MIXED)
        good = fault is None and slept is None
        tick = chronicle.tick(run, look.kind) if good else None
        words: Mapping[str, str] = {}
        if tick is not None and network.kind is not NetworkKind.MIXED:
            words = {s: said.word for s, said in tick.words.items()}
        seen = Seen(
            look=look,
            began=before.steady,
            ended=after.steady,
            bytes=run.bytes_sent + run.bytes_received,
            words=words,
        )
        quiet = self.schedule.quiet(self.state, seen)
        if tick is not None:
            self.store.add(network, tick, quiet=quiet)
            self._four = _has_four(run)
            self._learn(tick)
        self.state = self.schedule.took(self.state, seen)
        self._save()
        self._failed(fault)
        if tick is not None:
            self.teller.tick(tick, run, look)
            self.follower.after(network, quiet=quiet)

    def _learn(self, tick: Tick) -> None:
        """What larger looks tell of this device: small ones have to make allowance for it."""
        if tick.kind not in SMALLER:
            self._clock_wrong = CLOCK_SKEW in tick.words[CONNECTION].mechanisms

    def _failed(self, fault: Exception | None) -> None:
        """Bear a fault of ours or of this device. Raises it when there are too many in a row."""
        self._faults = 0 if fault is None else self._faults + 1
        if fault is None:
            return
        if self._faults >= FAULTS:
            raise fault
        said = _("a look failed by a fault of this device: {why}")
        self.teller.note(said.format(why=f"{fault!s:.200}"))

    async def _measured(self, look: Look) -> tuple[Run, Exception | None]:
        """The run, and the fault of ours that ended it."""
        asked = self.asked
        services = tuple(s for s in asked.rows.services if s.name in look.services)
        rows = replace(asked.rows, services=services)
        rows = self._narrowed(rows, look)
        stop = self._inner = session.Stop()
        try:
            run = await session.run(
                rows.services,
                rows.controls,
                self._request(look),
                checks=asked.checks,
                catalogue_sha256=asked.sha256,
                stop=stop,
                guess=rows.guess,
                vantage=asked.vantage,
                planner=Planner(SMALLER.get(look.kind)),
            )
        finally:
            self._inner = None
        return run, stop.fault if stop.reason == FAULT else None

    def _narrowed(self, rows: Rows, look: Look) -> Rows:
        if look.kind is TickKind.PULSE:
            return narrow.pulse(rows, look.turn, dead=look.dead, dated=self._clock_wrong)
        if look.kind is TickKind.TRANSFER:
            return narrow.transfer(rows, look.turn, dated=self._clock_wrong)
        return rows

    def _request(self, look: Look) -> Request:
        request = self.asked.request
        seconds, most = LIMITS.get(look.kind, (request.max_time, request.max_bytes))
        small = look.kind in LIMITS
        families = (4,) if small and self._four and 4 in request.families else request.families
        return replace(
            request,
            quick=look.quick,
            seed=int.from_bytes(os.urandom(4)),
            max_time=seconds,
            max_bytes=most,
            families=families,
        )


def _has_four(run: Run) -> bool:
    """IPv4 leads out of here: small looks do without the other one."""
    seen = (o for m in run.evidence.measurements for o in m.observations)
    return any(isinstance(o, LocalObservation) and o.route4 for o in seen)
