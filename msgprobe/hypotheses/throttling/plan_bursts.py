"""Volleys: the small transfer that the servers of a pool give in their own protocol, once each.

One server is asked after the first look. Where it was slow or stopped, the others are asked in
turn, each once, with a neutral transfer beside it, until the sequential test has decided.
"""

from collections.abc import Iterator
from random import Random

from msgprobe.evidence.cuts import ONCE_EACH, Cuts
from msgprobe.evidence.lasting import LASTING
from msgprobe.evidence.paired_transfers import PairedTransfers, paired_transfers
from msgprobe.evidence.statistics import Decision
from msgprobe.hypotheses.throttling.plan_survey import line_is_slow
from msgprobe.hypotheses.throttling.tasks import as_begun, known_sources, source_task
from msgprobe.model.run import Request
from msgprobe.model.target import Asset, Direction, Endpoint, Service
from msgprobe.model.task import Arm, Role, Task
from msgprobe.planning.baseline import base_tasks, endpoints_of
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.timetable import (
    LEAST_TRANSFER_PATIENCE,
    PAIRS_UNTIL,
    PROMISING_UNTIL,
    SPAN,
    TRANSFER_PATIENCE,
)

FIRST_NUMBER = 50
"""Neutral transfers beside volleys count from here, apart from those of the first look."""

BESIDE = 48 * 1024
"""Bytes of a neutral transfer beside a volley: a little more than the volley's own."""


def wanted_volleys(service: Service, request: Request) -> tuple[Asset, ...]:
    """Volleys of the functions that were asked for."""
    return tuple(
        a
        for a in service.assets
        if a.pool is not None and (not request.functions or a.function in request.functions)
    )


def volley_order(service: Service, asset: Asset, request: Request) -> tuple[Endpoint, ...]:
    """One endpoint of each member of the pool, in the order of this run."""
    pool = service.pool(asset.pool or "")
    found = []
    for member in service.members(pool.name):
        fit = [
            e
            for e in endpoints_of(service, pool, member)
            if not e.reserve and (6 if ":" in e.addresses[0] else 4) in request.families
        ]
        found += sorted(fit, key=lambda e: ":" in e.addresses[0])[:1]
    Random(f"{request.seed}/volley/{asset.name}").shuffle(found)
    return tuple(found)


def plan_volleys(context: PlanningContext) -> tuple[list[Task], bool]:
    """One transfer after another; the next begins when the one before has ended. Where one was cut
    others are asked at once: what is cut occupies no line. True: some are under way."""
    wanted: list[Task] = []
    if line_is_slow(context) is not False:
        return wanted, False
    going_on = 0
    for service in context.services:
        for asset in wanted_volleys(service, context.request):
            for task in _sequence(context, service, asset):
                wanted.append(task)
                going_on += context.ended(task.id) is None
                if going_on >= _at_once(context, service, asset):
                    return wanted, True
    return wanted, bool(going_on)


def _at_once(context: PlanningContext, service: Service, asset: Asset) -> int:
    """As many as a claim still lacks, where one was cut: others are left for later."""
    own = PairedTransfers(context.facts, service, asset).own
    cut = sum(s.ending is not None for s in own)
    return max(1, ONCE_EACH - cut) if cut else 1


def _sequence(context: PlanningContext, service: Service, asset: Asset) -> Iterator[Task]:
    sources = known_sources(context, Direction.DOWN)
    late = context.past(PAIRS_UNTIL) and not context.request.throttle
    for number, endpoint in enumerate(_answering(context, service, asset)):
        begun = context.started(_id(service, asset, endpoint)) is not None
        if not number and late and not begun:
            return
        if number and not begun and not _wanted(context, service, asset):
            return
        if number and sources:
            beside = source_task(
                context,
                sources[number % len(sources)],
                Direction.DOWN,
                FIRST_NUMBER + number,
                BESIDE,
            )
            yield from as_begun(context, [beside])
        yield from as_begun(context, [_task(context, service, asset, endpoint)])


def _answering(context: PlanningContext, service: Service, asset: Asset) -> Iterator[Endpoint]:
    """Servers whose own conversation ended well: the others have nothing to compare."""
    for endpoint in volley_order(service, asset, context.request):
        begun = context.started(_id(service, asset, endpoint)) is not None
        tasks = base_tasks(context, service, endpoint)
        if begun or any(context.good(t.id) for t in tasks):
            yield endpoint


def _wanted(context: PlanningContext, service: Service, asset: Asset) -> bool:
    """One more would tell something: where all of them are cut, as other transfers of the service
    may be, whether it lasts."""
    (paired,) = (p for p in paired_transfers(context.facts, service) if p.asset == asset)
    cuts = Cuts(paired)
    if cuts.once_as_others:
        return not cuts.as_others and not context.past(PROMISING_UNTIL)
    if not cuts.alike:
        return _undecided(context, paired) or _hidden(context, cuts)
    starts = [s.start for s in cuts.alike]
    lasting = cuts.on_the_way or max(starts) - min(starts) >= LASTING
    return not lasting and context.due(min(starts), SPAN)


def _undecided(context: PlanningContext, paired: PairedTransfers) -> bool:
    """Slow so far, or nothing that was asked told anything: this device may have stood still."""
    late = context.past(PAIRS_UNTIL) and not context.request.throttle
    untold = not any(s.usable or s.ending or s.limited for s in paired.own)
    return (paired.suspicious or untold) and paired.wide is Decision.OPEN and not late


def _hidden(context: PlanningContext, cuts: Cuts) -> bool:
    """All were broken off, and a hole in what came hides where: another one may tell."""
    own = cuts.paired.own
    holed = any(s.holed for s in own) and all(s.ending is not None for s in own)
    return holed and not cuts.here and not context.past(PROMISING_UNTIL)


def _id(service: Service, asset: Asset, endpoint: Endpoint) -> str:
    return f"t.volley.{service.name}.{asset.name}.{endpoint.name}"


def _task(context: PlanningContext, service: Service, asset: Asset, endpoint: Endpoint) -> Task:
    patience = min(TRANSFER_PATIENCE, max(LEAST_TRANSFER_PATIENCE, 30 * (context.facts.rtt or 0.0)))
    options = {
        "asset": asset.name,
        "direction": Direction.DOWN.value,
        "dc": endpoint.option("dc") or "2",
        "patience": f"{patience:.2f}",
    }
    address, given = endpoint.addresses[0], tuple(options.items())
    flow = context.flow(address, endpoint.port, None, trust=None, options=given)
    reason = f"how fast do {service.title}'s own servers answer?"
    purpose = Purpose(Arm.TRANSFER, "volley", reason, 1, role=Role.TARGET)
    task_id, timeout = _id(service, asset, endpoint), context.timeout() + patience
    return purpose.task(task_id, service.name, flow, timeout, attempt=0)
