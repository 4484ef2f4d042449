"""Transfers: who moves what and when, so that slow can be told from slowed down."""

from collections.abc import Iterator
from dataclasses import field, replace
from functools import partial

from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.transfer_samples import MOVING
from msgprobe.hypotheses.throttling.plan_bursts import plan_volleys, volley_order, wanted_volleys
from msgprobe.hypotheses.throttling.plan_pairs import plan_later, plan_pairs
from msgprobe.hypotheses.throttling.plan_survey import plan_survey, round_open, unsettled
from msgprobe.hypotheses.throttling.tasks import (
    PAGE_BYTES,
    VOLLEY_BYTES,
    asked_sources,
    drawn_sources,
    most_in_pairs,
    most_moved,
    name_id,
    page_again,
    page_task,
)
from msgprobe.model.cost import HTTPS, MOVE, VOLLEY
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Asset, Direction, Service
from msgprobe.model.task import Arm, Role, Running, Task
from msgprobe.planning import places as at
from msgprobe.planning.baseline import first_endpoints
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.experiment import Experiment, Line, Part, Place, Scope
from msgprobe.planning.public_resolvers import SYSTEM, living_encrypted
from msgprobe.planning.purpose import question
from msgprobe.planning.timetable import ANSWERED, OVERDUE, SURVEYS, TRAIN_SECONDS
from msgprobe.planning.transfer_room import (
    alone,
    held_up,
    neutral_moved,
    side_by_side,
    takes_long,
)
from msgprobe.planning.transfers import all_sources, asset_hosts, chosen_sources, moved_assets


def _volleys(scope: Scope) -> Iterator[Place]:
    """Servers of a pool: one, and all the others where it was slow."""
    for service in scope.services if _pairs(scope) else ():
        for asset in wanted_volleys(service, scope.request):
            for endpoint in volley_order(service, asset, scope.request):
                yield at.at_endpoint(service, endpoint, endpoint.addresses[0], most=VOLLEY_BYTES)


def _assets(scope: Scope) -> Iterator[Place]:
    """Each object, and the page that names it (kind "page"); the first look (kind "first"), and
    what follows when it was slow (kind "again")."""
    for service, asset in _pairs(scope):
        words = {"title": service.title, "function": asset.function, "direction": asset.direction}
        where = Place(target=asset.host, subject=service.name, words={**words, "host": asset.host})
        if asset.page_host is not None:
            yield replace(where, target=asset.page_host, most=PAGE_BYTES, kind="page")
        first = SURVEYS * most_moved(asset.direction, scope.request)
        yield replace(where, most=first, kind="first")
        yield replace(where, most=most_in_pairs(asset.direction), kind="again")


def _sources(scope: Scope) -> Iterator[Place]:
    """Each neutral source (kind "own"), those that answer to any name once more (kind "named")."""
    controls, seed = scope.controls, scope.request.seed
    drawn = [chosen_sources(controls.sources, d, seed)[:2] for d in Direction]
    first = {s.name for two in drawn for s in two} if scope.seeded else set()
    most = sum(most_moved(d, scope.request) for d in Direction)
    for source in all_sources(controls, scope.request) if _pairs(scope) else ():
        where = Place(target=source.host, subject=source.name, words={"owner": source.owner})
        when = "" if source.name in first else "if drawn by lot"
        yield replace(where, condition=when, most=most, kind="own")
        if source.any_name:
            yield replace(where, most=most_in_pairs(Direction.DOWN), kind="named")


def _pairs(scope: Scope) -> list[tuple[Service, Asset]]:
    return moved_assets(scope.services, scope.controls, scope.request)


_line = partial(Line, Part.TRANSFERS)
_ANSWERS = "{title}: how fast does {member} answer?"
_LOT = "if it answers and is drawn by lot, or another was slow"
_OBJECTS = "{title}: which objects on {host} does this page name?"
_FAST = "{title}: how fast does it move its {function} ({direction})?"
_NEUTRAL_NAME = "again, and under a neutral server name"
_COMPARE = "neutral transfer to compare with ({owner})"
_OWN_NAME = "again, and under the service's name"

_VOLLEYS = _line(_volleys, 1, "volley", 1, _ANSWERS, _LOT)
_PAGE = _line(_assets, 1, "https", 2, _OBJECTS, kind="page")
_FIRST = _line(_assets, 1, "transfer", 1, _FAST, kind="first")
_PAIRED = _line(_assets, 2, "transfer", 1, _NEUTRAL_NAME, "if it was slow", kind="again")
_NEUTRAL = _line(_sources, 1, "transfer", 1, _COMPARE, kind="own")
_NAMED = _line(_sources, 2, "transfer", 1, _OWN_NAME, "if a service was slow", kind="named")

EXPERIMENTS = (
    Experiment(Arm.TRANSFER, (MOVE, VOLLEY), None, (_VOLLEYS, _FIRST, _PAIRED)),
    Experiment(Arm.TRANSFER_PAGE, (HTTPS,), None, (_PAGE,)),
    Experiment(Arm.TRANSFER_NEUTRAL_SNI, (MOVE,), None, (_PAIRED,)),
    Experiment(Arm.TRANSFER_SIBLING, (MOVE,), None, (_PAIRED,)),
    Experiment(Arm.TRANSFER_SMALL, (MOVE,), None, (_PAIRED,)),
    Experiment(Arm.TRANSFER_SOURCE, (MOVE,), None, (_NEUTRAL, _NAMED)),
    Experiment(Arm.TRANSFER_TARGET_SNI, (MOVE,), None, (_NAMED,)),
)

_ASSET = question(Arm.BASE, "where is its asset?", 1, role=Role.TARGET)
_SOURCE = question(Arm.CONNECTION, "where is a neutral object to compare with?", 1)


@dataclass(frozen=True, slots=True)
class Moving:
    """Transfers wanted, and the services that more are to come of, although nothing may be under
    way just now."""

    tasks: list[Task] = field(default_factory=list)
    pending: frozenset[str] = frozenset()


def plan_transfers(context: PlanningContext) -> Moving:
    """Every transfer wanted by now, and the questions for the names."""
    pairs = moved_assets(context.services, context.controls, context.request)
    if not pairs or not context.connection.open:
        return Moving()
    tasks = [*_names(context)]
    pages = [t for s, a in pairs if (t := page_task(context, s, a)) is not None]
    tasks += [*pages, *(t for page in pages if (t := page_again(context, page)) is not None)]
    if (context.pace > 0.0 and not context.request.throttle) or context.connection.inspector:
        return Moving(tasks)
    if not _quiet(context):
        return Moving(tasks, frozenset(s.name for s, _ in pairs))
    more, pending = _compared(context, pairs)
    return Moving([*tasks, *more], pending)


def _compared(
    context: PlanningContext, pairs: list[tuple[Service, Asset]]
) -> tuple[list[Task], frozenset[str]]:
    """The first look; then what was slow in it, in pairs, at once where few transfers can be made;
    then the servers of pools. Also the services that more is to come of."""
    first = any(round_open(context, way) for way in Direction)
    first = first and not takes_long(context)
    paired, open_ones = ([], frozenset[str]()) if first else plan_pairs(context, pairs)
    looks = _looks(context, held=bool(open_ones))
    tasks = [*(t for look, _ in looks for t in look), *paired]
    beside = plan_volleys(context)[0] if _line_idles(context) else []
    if any(going_on for _, going_on in looks):
        unknown = [unsettled(context, way) for way in Direction]
        return [*tasks, *beside], open_ones.union(*unknown, _with_volleys(context))
    if open_ones:
        return [*tasks, *beside], open_ones | _with_volleys(context)
    rest, pending = _pools(context, pairs)
    return [*tasks, *rest], pending


def _line_idles(context: PlanningContext) -> bool:
    """Of transfers none goes on but servers' answers, and what is cut or held up and occupies no
    line: waiting for it could take the time that is left."""
    running = [r.task for r in context.moment.running.values() if r.task.check != "volley"]
    moving = [t for t in running if t.arm in MOVING]
    idle = (t.arm is Arm.TRANSFER_SMALL or held_up(context, t) for t in moving)
    return bool(moving) and all(idle)


def _looks(context: PlanningContext, *, held: bool) -> list[tuple[list[Task], bool]]:
    """The first look both ways; downloads first where one transfer fills the line, for what goes
    up waits in the same queue as what acknowledges them."""
    wait, looks = _asked(context), []
    for way in (Direction.DOWN, Direction.UP):
        look = plan_survey(context, way, held=held, wait=wait)
        held |= look[1] and alone(context)
        looks.append(look)
    return looks


def _pools(
    context: PlanningContext, pairs: list[tuple[Service, Asset]]
) -> tuple[list[Task], frozenset[str]]:
    """The servers of pools; when they are done, ``--throttle`` looks again at what was slow."""
    volleys, going_on = plan_volleys(context)
    if going_on:
        return volleys, _with_volleys(context)
    later = plan_later(context, pairs) if context.request.throttle else []
    return [*volleys, *later], frozenset()


def _with_volleys(context: PlanningContext) -> frozenset[str]:
    """The services whose servers of pools are compared."""
    return frozenset(s.name for s in context.services if wanted_volleys(s, context.request))


@remembered
def _names(context: PlanningContext) -> tuple[Task, ...]:
    """Hosts of assets that no endpoint of this run asks for, and hosts of sources."""
    tasks = []
    pairs = moved_assets(context.services, context.controls, context.request)
    families, timeout = context.request.families, context.timeout()
    hosts = {(s.name, h): s for s, a in pairs for h in asset_hosts(a)}
    for (_, host), service in hosts.items():
        if all(e.host != host for _, e in first_endpoints(context, service)):
            task_id, own = f"t.name.{service.name}.{host}", service.name
            tasks.append(
                _ASSET.lookup(task_id, host, SYSTEM, families, subject=own, timeout=timeout)
            )
    neutral = {s.host: s for d in Direction for s in drawn_sources(context, d)}
    neutral |= {s.host: s for s in context.controls.sources if s.country is not None}
    names = [_SOURCE.lookup(f"t.name.{h}", h, SYSTEM, families, timeout=timeout) for h in neutral]
    asked = [*tasks, *names]
    if context.connection.resolver_dead:  # for every name: no question is lost by chance
        return (*asked, *_encrypted(context))
    return (*asked, *(again for t in asked for again in context.asked_again(t)))


def _encrypted(context: PlanningContext) -> list[Task]:
    """Sources asked for at another resolver."""
    hosts = dict.fromkeys(s.host for d in Direction for s in asked_sources(context, d))
    resolvers = living_encrypted(context)[:1]
    return [_SOURCE.lookup(name_id(context, h), h, r) for h in hosts for r in resolvers]


def _quiet(context: PlanningContext) -> bool:
    """Nothing else occupies the line: what still runs is waiting for an answer that is overdue."""
    overdue = _overdue(context)
    waits = [_over(context, r, overdue) for r in context.moment.running.values()]
    quiet = context.facts.conversed and all(waits)
    started = bool(context.facts.arm(Arm.TRANSFER_SOURCE))
    moving = any(r.task.surveys for r in context.moment.running.values())
    if _trains(context) and (context.brisk or not (started or moving)):
        return quiet and context.brisk and _leave_room(context)
    return quiet or started or moving


_TRAINS = (Arm.TRAIN, Arm.NEUTRAL_TRAIN)
_FIRST_LOOK = (Arm.CONNECTION, Arm.BASE)
_COUNTED = (Arm.SHARE, Arm.SHARE_ELSEWHERE, Arm.SHARE_NEUTRAL)


def _overdue(context: PlanningContext) -> float:
    """Seconds after which an answer is: later than usual where the line has still to carry others,
    sooner where nothing is in its way."""
    honest = ANSWERED * (context.facts.rtt or 0.0)
    if context.moment.filled:
        return max(OVERDUE, honest)
    return min(OVERDUE, honest) if context.brisk else OVERDUE


def _over(context: PlanningContext, running: Running, overdue: float) -> bool:
    """It occupies the line no longer; trains and transfers are looked at by themselves. A line that
    is no thin one carries beside them what is asked about a service that fails, which is little and
    may go on for long; one that is merely far, handshakes that are counted, few at a time."""
    if running.task.arm in _COUNTED and not context.pace:
        return True
    thin = context.moment.filled or context.thin > 0.0 or context.facts.rtt is None
    few = running.task.arm not in _FIRST_LOOK and not thin
    return few or _answered_or_late(context, running, overdue)


def _answered_or_late(context: PlanningContext, running: Running, overdue: float) -> bool:
    """It is no conversation that may still be answered in time."""
    apart = running.task.arm in (*MOVING, *_TRAINS)
    return apart or context.due(running.since, overdue)


def _asked(context: PlanningContext) -> frozenset[str]:
    """Services about which something is being asked just now: transfers that name them would not
    leave their names alone (D13)."""
    overdue = _overdue(context)
    return frozenset(
        r.task.subject
        for r in context.moment.running.values()
        if r.task.role is Role.TARGET and not _answered_or_late(context, r, overdue)
    )


def _trains(context: PlanningContext) -> bool:
    """A train is on its way."""
    lasts = TRAIN_SECONDS + (context.facts.rtt or 0.0)
    found = [r for r in context.moment.running.values() if r.task.arm in _TRAINS]
    waits = [context.due(r.since, lasts) for r in found]  # each may want to be asked again
    return not all(waits)


def _leave_room(context: PlanningContext) -> bool:
    """Transfers do not fill the line, as far as is known: a call's packets pass beside them."""
    moved = {d for d in Direction if neutral_moved(context, d)}
    return all(side_by_side(context, direction) > 1 for direction in moved)
