"""The order of the day: plan, run, plan again until nothing new is wanted, redact, judge."""

import asyncio
import ssl
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from msgprobe import __version__
from msgprobe.agenda.contacts import contacts
from msgprobe.agenda.experiments import likely_bytes
from msgprobe.agenda.phases import first_step, new_steps
from msgprobe.agenda.planner import Planner
from msgprobe.agenda.settling import Settling
from msgprobe.checks.base import Check
from msgprobe.checks.registry import registry, traits, wanting_library
from msgprobe.evidence.reports import elsewhere
from msgprobe.judging import judge as verdicts
from msgprobe.judging.rules import rules as every_rule
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls, Guess
from msgprobe.model.dataclass import dataclass
from msgprobe.model.event import Counted, Event, Started
from msgprobe.model.measurement import Measurement
from msgprobe.model.rule import RuleInfo
from msgprobe.model.run import NOWHERE, Elsewhere, Evidence, Request, Run, Tool, Vantage
from msgprobe.model.target import Service, Trust
from msgprobe.model.task import Inspect
from msgprobe.model.traits import KnownTraits
from msgprobe.model.verdict import Verdict
from msgprobe.planning.fairness import fitted, kept
from msgprobe.planning.moment import Agenda, Moment
from msgprobe.planning.timetable import BEGIN_UNTIL
from msgprobe.redaction.export import forged, to_minute
from msgprobe.redaction.redactor import redacted
from msgprobe.report.exit_status import FAULT
from msgprobe.runner.cut import cut_short, lacking
from msgprobe.runner.engine import Runner
from msgprobe.runner.given import given
from msgprobe.runner.kinds import moves
from msgprobe.runner.limits import Limits
from msgprobe.runner.pause import pause
from msgprobe.steps.prepare import prepare_beside, prepared
from msgprobe.steps.world import Proxy, World, system_world

NO_GUESS = Guess()
"""Nothing is known of where this device may be."""

MANY = 8
"""Services from which on conversations start more slowly."""

WIDE_PACE = 0.01
"""Seconds between those starts: about what a handshake costs a small machine, which would else
answer all of them late and take its own slowness for the network's."""


@dataclass(slots=True)
class Stop:
    """How somebody outside asks a run to end: it then judges what it has."""

    reason: str | None = None
    fault: Exception | None = None
    """What of ours ended it."""
    _wake: list[Callable[[], None]] = field(default_factory=list)

    def request(self, reason: str) -> None:
        """End soon; ``reason`` is kept in the run (``SIGINT``, ``SIGTERM``, ``SIGHUP``)."""
        self.reason = self.reason or reason
        for wake in self._wake:
            wake()

    def failed(self, fault: Exception) -> None:
        """The run ended by a fault of this program or device."""
        self.reason, self.fault = self.reason or FAULT, fault

    def on_request(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` when a stop is requested."""
        self._wake.append(wake)


def ignore(event: Event) -> None:
    """Show nothing."""


async def run(
    services: Sequence[Service],
    controls: Controls,
    request: Request,
    *,
    checks: Mapping[str, Check] | None = None,
    catalogue_sha256: str = "",
    emit: Callable[[Event], None] = ignore,
    stop: Stop | None = None,
    redact: bool = True,
    world: World | None = None,
    proxy: Proxy | None = None,
    reports: Sequence[Run] = (),
    guess: Guess = NO_GUESS,
    vantage: Vantage = NOWHERE,
    planner: Planner | None = None,
) -> Run:
    """Measure and judge. Raises TrustError when ``SSL_CERT_FILE`` is unusable, else nothing.

    ``proxy`` is a second path for what fails on the first (``request.via`` names its kind);
    ``reports`` are saved runs from elsewhere to compare with, whose dates are ISO 8601 in UTC.
    ``guess`` changes what is asked, never what is judged or kept of it; ``vantage`` is only kept.
    ``planner`` is who says what is asked: by default a whole run's, or one that wants less.
    """
    world = _world(world or system_world(request.seed), proxy)
    stop = stop or Stop()
    table = checks if checks is not None else registry()
    now = world.clock.utcnow()
    empty = Evidence(
        request=request,
        services=tuple(services),
        controls=controls,
        elsewhere=tuple(_elsewhere(r, services, now) for r in reports),
        traits=traits(table),
    )
    begun = replace(_begun(world, empty, now), catalogue_sha256=catalogue_sha256, vantage=vantage)
    settling, asking = Settling(), planner or Planner()
    seen = await _measured(world, begun, table, guess, asking, settling, stop, emit)
    evidence, verdict = _judged(_with(empty, seen, guess), stop, redact=redact)
    found = replace(
        begun,
        duration_s=round(world.now(), 3),
        bytes_sent=sum(m.bytes_sent for m in seen),
        bytes_received=sum(m.bytes_received for m in seen),
        interrupted=stop.reason or cut_short(seen),
        evidence=evidence,
        verdict=verdict,
    )
    _emit(settling.rest(found), emit)
    return found


def _emit(events: Iterable[Event], emit: Callable[[Event], None]) -> None:
    for event in events:
        emit(event)


def _begun(world: World, empty: Evidence, now: datetime) -> Run:
    """The run before anything was asked."""
    return Run(
        run_id=str(uuid.UUID(bytes=world.entropy(16), version=4)),
        tool=tool(),
        catalogue_sha256="",
        started_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        evidence=empty,
    )


def _world(world: World, proxy: Proxy | None) -> World:
    return world if proxy is None else replace(world, proxy=proxy)


def _with(empty: Evidence, seen: tuple[Measurement, ...], guess: Guess) -> Evidence:
    controls = kept(empty.controls, guess, seen)
    return replace(empty, controls=controls, measurements=seen)


async def _measured(
    world: World,
    begun: Run,
    checks: Mapping[str, Check],
    guess: Guess,
    planner: Planner,
    settling: Settling,
    stop: Stop,
    emit: Callable[[Event], None],
) -> tuple[Measurement, ...]:
    """Ask all that is to be asked, and meanwhile import what it needs. Gives what came."""
    empty = begun.evidence
    asked = asyncio.Event()

    def tell(event: Event) -> None:
        if isinstance(event, Started) and not isinstance(event.task.probe, Inspect):
            asked.set()
        emit(event)

    runner = _runner(world, empty, checks, tell)
    emit(first_step(empty.request))
    quic = _wants_quic(empty.services, empty.request)
    library = _wants_library(checks, empty.services)
    preparing = asyncio.ensure_future(prepare_beside(world, asked, quic=quic, library=library))
    try:
        await _explore(runner, begun, guess, planner, settling, stop, emit)
    except Exception as fault:  # what was seen until then is worth having
        stop.failed(fault)
    asked.set()  # where nothing could be
    await prepared(preparing, hurried=stop.reason is not None)
    return runner.in_order()


def _runner(
    world: World, empty: Evidence, checks: Mapping[str, Check], emit: Callable[[Event], None]
) -> Runner:
    """Who holds the conversations, within the limits that the user and the line set."""
    services, request = empty.services, empty.request
    return Runner(
        world=world,
        checks=checks,
        roots={s.name: s.roots for s in services if s.roots},
        keys={s.name: s.keys for s in services if s.keys},
        given=given(services, empty.controls),
        limits=Limits(
            at_once=min(Limits().at_once, world.machine.conversations()),
            max_bytes=request.max_bytes,
            deadline=request.max_time,
            pace=WIDE_PACE if len(services) > MANY else Limits().pace,
            latest=float("inf") if request.throttle else BEGIN_UNTIL,
        ),
        emit=emit,
    )


def _elsewhere(report: Run, services: Sequence[Service], now: datetime) -> Elsewhere:
    """What ``report`` says, under today's rules."""
    made = datetime.fromisoformat(report.started_at)
    return elsewhere(
        report.evidence,
        verdicts.judge(report.evidence),
        services,
        run_id=report.run_id,
        made_at=report.started_at,
        age_s=(to_minute(now) - to_minute(made)).total_seconds(),
    )


def _moment(runner: Runner, now: float) -> Moment:
    return Moment(
        now=now,
        running=runner.running,
        opened=runner.opened,
        secured=runner.secured,
        queued=runner.queued,
        spent=runner.spoken(likely_bytes),
        stood_still=runner.stood_still,
        filled=runner.filled,
    )


async def _explore(
    runner: Runner,
    begun: Run,
    guess: Guess,
    planner: Planner,
    settling: Settling,
    stop: Stop,
    emit: Callable[[Event], None],
) -> None:
    """Ask the planner, run what is new, wait for a result, until nothing is wanted any more."""
    stop.on_request(lambda: runner.stop("interrupted"))
    told: set[int] = set()
    asked_for = begun.evidence.request
    asked = fitted(begun.evidence.controls, asked_for, guess)
    async with runner:
        while stop.reason is None:
            now = runner.world.now()
            seen = runner.in_order()
            evidence = _with(begun.evidence, seen, guess)
            moment = _moment(runner, now)
            wanted = planner.look(replace(evidence, controls=asked), moment)
            if now > runner.limits.latest:
                may = now <= runner.limits.until(moving=True)
                last = filter(moves, wanted.tasks if may else ())
                wanted = replace(wanted, tasks=tuple(last), wake_at=None)
            _emit(new_steps(wanted.tasks, told, asked_for), emit)
            runner.slow_down(wanted.pace, wanted.asking, wanted.at_once, wanted.thin)
            runner.give_up(wanted.decided)
            new = submitted(runner, wanted)
            emit(Counted(bytes_so_far=runner.bytes_so_far, at_most=runner.limits.left(now)))
            if runner.idle and wanted.wake_at is None:
                break
            if not new:  # judging takes long enough to hold up what is about to be timed
                # not redacted: that changes no word, and here it would take time
                so_far = replace(begun, evidence=evidence)
                _emit(settling.events(so_far, runner.under_way, wanted.pending), emit)
            if (lack := lacking(runner, now)) is not None:
                runner.stop(lack)
                break
            wake = runner.limits.deadline if wanted.wake_at is None else wanted.wake_at
            await pause(runner, begun=now, until=min(wake, runner.limits.deadline))
        while stop.reason is None and not runner.idle:
            await runner.change(0.2)


def submitted(runner: Runner, wanted: Agenda) -> int:
    """How many tasks are new: those to begin first before others, on thin lines what moves last."""
    new = runner.submit([t for t in wanted.tasks if t.id in wanted.first])
    new += runner.submit([t for t in wanted.tasks if wanted.thin and not moves(t)])
    return new + runner.submit(wanted.tasks, alone=wanted.at_once > 0 or wanted.pace > 0.0)


def _judged(evidence: Evidence, stop: Stop, *, redact: bool) -> tuple[Evidence, Verdict]:
    """What is kept, and the verdict; where judging fails, that nothing is known: it can later."""
    try:
        return judged(evidence, redact=redact)
    except Exception as fault:
        stop.failed(fault)
        kept = redacted(evidence) if redact else evidence
        return kept, verdicts.judge(replace(evidence, measurements=()))


def _wants_quic(services: Sequence[Service], request: Request) -> bool:
    return not request.quick and any(p.extra for s in services for p in s.pools)


def _wants_library(checks: Mapping[str, Check], services: Sequence[Service]) -> bool:
    """``cryptography``: for the proofs of some checks, and to see who signed a certificate."""
    every = [endpoint for service in services for endpoint in service.endpoints]
    proofs = wanting_library(checks)
    return any(one.check in proofs or one.trust is Trust.HASH for one in every)


def tool() -> Tool:
    """Who measures, on what."""
    return Tool(
        version=__version__,
        python=sys.version.split()[0],
        openssl=ssl.OPENSSL_VERSION,
        platform=sys.platform,
    )


def planned(
    services: Sequence[Service],
    controls: Controls,
    request: Request,
    *,
    checks: Mapping[str, Check] | None = None,
    seeded: bool = True,
    guess: Guess = NO_GUESS,
) -> tuple[Contact, ...]:
    """Everything that a run may contact, whatever its seed unless ``seeded``. Sends nothing."""
    table = checks if checks is not None else registry()
    most = {n: c.max_bytes for n, c in table.items()}
    asked = fitted(controls, request, guess)
    known = KnownTraits(traits(table))
    return contacts(services, asked, request, most, known, seeded=seeded)


def judge(run: Run, *, redact: bool = True) -> Run:
    """Today's rules over saved evidence, with the catalogue rows that the run itself used. What was
    not redacted is, unless ``redact`` is False."""
    evidence, verdict = judged(run.evidence, redact=redact)
    return replace(run, evidence=evidence, verdict=verdict)


def judged(evidence: Evidence, *, redact: bool = True) -> tuple[Evidence, Verdict]:
    """What may be kept of ``evidence``, and the verdict on just that, so that everybody who has it
    comes to the same one. A chain that it cites as forged is kept whole."""
    if not redact:
        return evidence, verdicts.judge(evidence)
    kept = redacted(evidence)
    verdict = verdicts.judge(kept)
    if proof := forged(verdict):
        kept = redacted(evidence, proof)
        verdict = verdicts.judge(kept)
    return kept, verdict


def shown(run: Run) -> Run:
    """``run`` with its own verdict, and of its evidence what may be shown to anybody."""
    return replace(run, evidence=redacted(run.evidence, forged(run.verdict)))


def rules() -> tuple[RuleInfo, ...]:
    """Every rule that a verdict may cite."""
    return every_rule()
