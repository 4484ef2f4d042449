"""D18: what fails or hangs here is tried once more through the user's proxy, a second vantage."""

from collections.abc import Iterator
from dataclasses import replace

from msgprobe.evidence.facts import TRIES
from msgprobe.model.control import Site
from msgprobe.model.cost import ENDPOINT, TLS
from msgprobe.model.target import Endpoint, Pool, Service
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning import places as at
from msgprobe.planning.baseline import (
    base_tasks,
    endpoint_flow,
    first_endpoints,
    name_task,
    wanted_pools,
)
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import usual_views
from msgprobe.planning.experiment import Experiment, Line, Part, Place, Scope
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.suspects import failing
from msgprobe.planning.timetable import PATHS_A_POOL, PROXY_CONTROLS


def _through_proxy(scope: Scope) -> Iterator[Place]:
    """Whatever may be asked through the proxy: by name, and by an address that failed."""
    for service, endpoint in at.streams(scope) if scope.request.via else ():
        if endpoint.reserve or not scope.traits.of(endpoint.check).proxyable:
            continue
        name, more = endpoint.host, endpoint.options
        place = at.at_endpoint(service, endpoint, name or endpoint.addresses[0])
        how = "by name and by an address of it" if name else "the address"
        over = ", ".join(filter(None, (place.over, f"{scope.request.via} proxy")))
        each = TRIES * scope.flow(endpoint.check, place.target, endpoint.port, more)
        words = {**place.words, "how": how}
        yield replace(place, words=words, over=over, most=2 * each if name else each)


def _proxy(scope: Scope) -> Iterator[Place]:
    """The proxy itself; where it is stays with whoever typed it, and so does its port."""
    if (via := scope.request.via) is not None:
        yield Place(target=YOUR_PROXY, subject=YOUR_PROXY, port=0, check=via)


def _sites(scope: Scope) -> list[Place]:
    """Neutral sites that show whether the proxy works."""
    sites = at.foreign_sites(scope) if scope.request.via else []
    return [at.at_site(site, over=f"{scope.request.via} proxy") for site in sites]


YOUR_PROXY = "your proxy"
CONDITION = "if a service fails or hangs"
ALL_FAIL = "if all of {title}'s {pool} servers fail or hang"

_DIALS = "asked of your proxy, which dials {how}"
_PATH = (
    "a second path, for what is listed as asked of it; your resolver is asked for its name if it "
    "is given by one"
)
_WORKS = f"asked of your proxy: does it work? ({PROXY_CONTROLS} of these at most)"
_LINES = (
    Line(Part.FAILS, _through_proxy, 2, "", 1, _DIALS, ALL_FAIL),
    Line(Part.PROXY, _proxy, 2, "", 0, _PATH, CONDITION),
    Line(Part.PROXY, _sites, 2, "tls", TRIES, _WORKS, CONDITION),
)

EXPERIMENTS = (Experiment(Arm.SECOND_PATH, (*ENDPOINT, TLS), None, _LINES),)

_CHANGES = "path: through the proxy"
_ANSWERS = "does it answer from somewhere else?"
_THERE = Purpose(Arm.SECOND_PATH, "", _ANSWERS, 2, _CHANGES, Role.TARGET)
_PROXY = Purpose(Arm.SECOND_PATH, "tls", "does the proxy itself work?", 2, _CHANGES)


def plan_second(context: PlanningContext) -> list[Task]:
    """Everything that the proxy is wanted for by now; nothing where all is well."""
    if context.request.via is None or not context.connection.open:
        return []
    tasks: list[Task] = []
    for service in context.services:
        for pool in wanted_pools(service, context.request):
            for endpoint in _failing(context, service, pool):
                tasks += _through(context, service, endpoint)
    return [*_controls(context, tasks), *tasks] if tasks else []


def _failing(context: PlanningContext, service: Service, pool: Pool) -> list[Endpoint]:
    """One endpoint each of the first members that fail, where no member of the pool answers."""
    mine = [e for p, e in first_endpoints(context, service) if p is pool]
    for endpoint in mine:
        for task in base_tasks(context, service, endpoint):
            if any(context.good(i) for i in task.attempts()):
                return []
    fit = [e for e in mine if not e.reserve and context.traits.of(e.check).proxyable]
    # whoever was chosen before stays chosen: others that fail later must not end its repeats
    fit.sort(key=lambda e: not _begun(context, service, e))
    found: dict[str, Endpoint] = {}
    for endpoint in fit:
        if failing(context, service, endpoint):
            found.setdefault(endpoint.member, endpoint)
    return list(found.values())[:PATHS_A_POOL]


def _begun(context: PlanningContext, service: Service, endpoint: Endpoint) -> bool:
    return any(
        (t.arm, t.subject, t.endpoint) == (Arm.SECOND_PATH, service.name, endpoint.name)
        for t in context.known_tasks
    )


def _through(context: PlanningContext, service: Service, endpoint: Endpoint) -> list[Task]:
    """By name where there is one, for the proxy's resolver may know better; and by the address that
    fails here, for another address of the name may live where this one is dead."""
    dialled = [
        t for t in base_tasks(context, service, endpoint) if context.facts.leads_out(t.flow.address)
    ]
    places = [] if endpoint.host is None else [endpoint.host]
    places += [t.flow.address for t in dialled[:1]]
    tasks: list[Task] = []
    for place in places:
        flow = _via_proxy(context, endpoint_flow(context, service, endpoint, place))
        task_id = f"d18.{service.name}.{endpoint.name}.{place}"
        base = _THERE.of_endpoint(task_id, service, endpoint, flow, context.timeout())
        tries = context.tries(base)
        tasks += tries
        if place == places[-1] and any(context.good(t.id) for t in tries):
            tasks.append(_once_more(context, service, endpoint, dialled))
    return tasks


def _once_more(
    context: PlanningContext, service: Service, endpoint: Endpoint, dialled: list[Task]
) -> Task:
    """The first path again: an outage that has just ended must not look like blocking."""
    name = endpoint.host or ""
    base = dialled[0] if dialled else name_task(service, name, context.request)
    reason = "once more from here, now that it has answered from somewhere else"
    task_id = f"d18.again.{base.id}"
    return replace(base, id=task_id, round=2, arm=Arm.REPEAT, attempt=4, reason=reason)


def _controls(context: PlanningContext, tasks: list[Task]) -> list[Task]:
    """A neutral site through the proxy: before, and after something failed that way."""
    sites = [v.site for v in usual_views(context) if v.reached][:PROXY_CONTROLS]
    wanted: list[Task] = []
    working: Site | None = None
    for site in sites:
        tries = context.tries(_control(context, site, "before"), times=2)
        wanted += tries
        if any(context.good(t.id) for t in tries):
            working = site
        if working is not None or not context.suspicious(tries[0]):
            break
    failed = any(t.arm is Arm.SECOND_PATH and _failed(context, t) for t in tasks)
    if working is not None and failed:
        wanted.append(_control(context, working, "after"))
    return wanted


def _failed(context: PlanningContext, task: Task) -> bool:
    conversation = context.conversation(task.id)
    return conversation is not None and conversation.failure is not None


def _control(context: PlanningContext, site: Site, when: str) -> Task:
    flow = _via_proxy(context, context.https(site.host, site.host))
    return _PROXY.task(f"d18.{when}.{site.name}", site.name, flow, context.timeout())


def _via_proxy(context: PlanningContext, flow: Flow) -> Flow:
    return replace(flow, via=context.request.via, mss=0)
