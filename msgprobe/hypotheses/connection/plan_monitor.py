"""The line seems to come and go: neutral sites time and again for a while, to see it change."""

from random import Random

from msgprobe.evidence.outages import QUIET, Outages, Wait
from msgprobe.model.control import Site
from msgprobe.model.task import Arm, Role, Task
from msgprobe.planning.after_outages import is_back, once_more
from msgprobe.planning.baseline import base_tasks, first_endpoints
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import reached_sites, usual_views
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.timetable import (
    MONITOR_EVERY,
    MONITOR_MOST,
    MONITOR_PATIENCE,
    MONITOR_UNTIL,
    OVERDUE,
    SEVERAL,
    STEADY,
    STUCK,
)

_GOES = "neutral sites fell silent together: does the connection come and go?"
_LOOK = Purpose(Arm.MONITOR, "tls", _GOES)


def plan_line_monitor(context: PlanningContext) -> list[Task]:
    """Looks as they fall due; then the services once more that failed while the line was dead."""
    begun = [i for n in range(1, MONITOR_MOST + 1) if context.started(i := f"look.{n}") is not None]
    outages = _so_far(context)
    asked = begun or (outages.dead and outages.life)
    if not (asked or _stuck(context) or _nothing_comes(context, outages)):
        _think_again(context)
        return []
    return [*_looks(context, outages, len(begun)), *_once_more(context, outages)]


def _think_again(context: PlanningContext) -> None:
    """Look again when a neutral conversation under way will have been silent for long enough."""
    for begun in _waiting(context).values():
        if context.moment.now < begun + QUIET:
            context.wake(begun + QUIET + 0.01)


def _stuck(context: PlanningContext) -> bool:
    """A neutral transfer takes far longer than on a line like this: does anything else answer?"""
    if context.sparing:
        return False
    abroad = {s.name for s in context.controls.sources if s.country is None}
    for running in context.moment.running.values():
        if running.task.surveys and running.task.subject in abroad:
            if context.moment.now >= running.since + STUCK:
                return True
            context.wake(running.since + STUCK + 0.01)
    return False


def _was_stuck(context: PlanningContext) -> bool:
    """The same of one that has ended."""
    sources = context.facts.arm(Arm.TRANSFER_SOURCE)
    return any(context.facts.window(t).seconds >= STUCK for t in sources if t.task.surveys)


def _nothing_comes(context: PlanningContext, outages: Outages) -> bool:
    """Transfers of several services stand still for far longer than neutral ones took, and nobody
    has been heard since: is it the line?"""
    took = [context.facts.window(t).seconds for t in context.facts.arm(Arm.TRANSFER_SOURCE)]
    if context.sparing or not took or not outages.life:
        return False
    patience = STUCK + max(took)
    still: set[str] = set()
    for running in context.moment.running.values():
        if running.task.surveys and running.task.role is Role.TARGET:
            since = max(running.since, outages.life[-1])
            if context.moment.now >= since + patience:
                still.add(running.task.subject)
            else:
                context.wake(since + patience + 0.01)
    if not still:
        return False
    silent = (t for t in context.facts.arm(Arm.TRANSFER) if t.met_silence)
    still.update(
        t.task.subject for t in silent if context.facts.window(t).end >= outages.life[-1] + OVERDUE
    )
    return len(still) >= SEVERAL


def _waiting(context: PlanningContext) -> dict[str, float]:
    """When conversations under way with sites that had answered before began, by site."""
    names = {v.site.name for v in context.connection.abroad if v.reached}
    found = {}
    for running in context.moment.running.values():
        name = running.task.subject
        if name in names and running.task.first in (f"g.site.{name}", f"again.{name}"):
            found[name] = running.since
    return found


def _so_far(context: PlanningContext) -> Outages:
    network = {s.name: s.network for s in context.controls.sites}
    pending = [
        Wait(start=begun, end=context.moment.now, network=network[name])
        for name, begun in _waiting(context).items()
    ]
    return Outages(context.facts, pending) if pending else context.connection.outages


def _looks(context: PlanningContext, outages: Outages, number: int) -> list[Task]:
    sites = _known(context)
    if not sites:
        return []
    tasks = [_look(context, n, *sites[n % len(sites)]) for n in range(1, number + 1)]
    over = number >= MONITOR_MOST or context.moment.now > MONITOR_UNTIL
    if over or _enough(context, outages, number):
        return tasks
    last = context.started(f"look.{number}")
    if last is not None and not context.due(last, MONITOR_EVERY):
        return tasks
    # No outage is known yet: it takes two networks, and there may be little of it left.
    more = 1 if number or outages.dead else SEVERAL
    numbers = range(number + 1, number + more + 1)
    return [*tasks, *(_look(context, n, *sites[n % len(sites)]) for n in numbers)]


def _enough(context: PlanningContext, outages: Outages, number: int) -> bool:
    """It changed twice, or has worked again for a while; it works, and nothing says that it ever
    did not."""
    steady = number >= STEADY and all(
        context.good(f"look.{n}") for n in range(number - STEADY + 1, number + 1)
    )
    if not context.good(f"look.{number}"):
        return False
    stuck = _stuck(context) or _was_stuck(context)
    unfounded = not outages.dead and not outages.waits and not stuck
    return steady or (outages.changes >= 2 and number >= 2) or unfounded


def _known(context: PlanningContext) -> list[tuple[Site, str]]:
    """Sites that answered at some time, one a network, in an order of this run's own; none that
    may be silent because of what we said there, if there are others."""
    sites = sorted(reached_sites(usual_views(context)), key=lambda pair: pair[0].network)
    Random(f"{context.request.seed}/look").shuffle(sites)
    return [pair for pair in sites if pair[1] not in context.facts.marked] or sites


def _look(context: PlanningContext, number: int, site: Site, address: str) -> Task:
    flow = context.https(address, site.host)
    return _LOOK.task(f"look.{number}", site.name, flow, MONITOR_PATIENCE, attempt=number)


def _once_more(context: PlanningContext, outages: Outages) -> list[Task]:
    if not is_back(context, outages):
        return []
    bases = [
        base
        for service in context.services
        for _, endpoint in first_endpoints(context, service)
        for base in base_tasks(context, service, endpoint)
    ]
    return [task for base in bases if (task := once_more(context, outages, base))]
