"""Round 1 as it goes on: what may begin, in whose turn, and what is asked how often."""

from collections.abc import Sequence

from msgprobe.evidence.facts import TRIES, grouped
from msgprobe.evidence.ledger import remembered
from msgprobe.model.hello import Hello
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Arm, Task
from msgprobe.planning.baseline import (
    base_tasks,
    endpoints_of,
    first_endpoints,
    fresh_words,
    name_task,
    sample,
    shape_id,
    wanted_pools,
    words_id,
)
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import awaits_pages, nothing_abroad
from msgprobe.planning.lasting import failing_since, lasting
from msgprobe.planning.patience import (
    alone_for,
    dying_elsewhere,
    forged,
    punished_services,
)
from msgprobe.planning.timetable import FAR_RTT, REPEATED, TURN


def plan_base(context: PlanningContext) -> list[Task]:
    """Names at once; flows as soon as the controls show that enough abroad answers."""
    local = context.facts.local
    if local is None or not (local.route4 or local.route6):
        return []
    return [t for service in context.services for t in _of_service(context, service)]


@remembered
def _of_service(context: PlanningContext, service: Service) -> tuple[Task, ...]:
    tasks = []
    hosts = dict.fromkeys(
        e.host for _, e in first_endpoints(context, service) if e.host is not None
    )
    for host in hosts:
        asked = name_task(service, host, context.request)
        tasks.append(asked)
        if context.connection.resolver_answers:
            tasks += context.asked_again(asked)
    if _may_begin(context):
        tasks += _in_turn(context, service)
    elif not context.connection.open and nothing_abroad(context):
        tasks += _one_each(context, service)
    return tuple(tasks)


@remembered
def _may_begin(context: PlanningContext) -> bool:
    """Enough abroad answers, and what still may come of the first look is not waited for."""
    ready = context.connection.open and not context.may_be_crowded
    return ready and not context.settling() and not awaits_pages(context)


def _in_turn(context: PlanningContext, service: Service) -> list[Task]:
    """The conversations of its endpoints, those that name a host when their turn has come."""
    tasks: list[Task] = []
    before: dict[str, list[Task]] = {}
    for _, endpoint in first_endpoints(context, service):
        flows = _flows(context, service, endpoint)
        if any(_words_first(context, service, endpoint, t) for t in flows):
            continue
        nameless = _nameless(context, endpoint)
        same = [] if nameless else before.setdefault(endpoint.host or "", [])
        if nameless or _turn(context, flows, same):
            fit = flows if nameless else _one_first(context, flows)
            tasks += fit
            same += fit
    return tasks


def _nameless(context: PlanningContext, endpoint: Endpoint) -> bool:
    return endpoint.host is None or context.traits.sends_no_name(endpoint)


def _one_first(context: PlanningContext, flows: Sequence[Task]) -> Sequence[Task]:
    """Of conversations that name a host only the first, until it was answered, or has been alone
    for long enough to know that what silences it is not their number (see `patience.was_alone`). On
    a long way that would take too long, and a quick run asks no such question."""
    if not flows or context.request.quick or (context.facts.rtt or 0.0) >= FAR_RTT:
        return flows
    first = flows[0].id
    heard = context.ended(first) is not None or first in context.moment.secured
    if heard or context.due(context.started(first), alone_for(context)):
        return flows
    return [t for t in flows if t.id == first or context.started(t.id) is not None]


def _words_first(
    context: PlanningContext, service: Service, endpoint: Endpoint, task: Task
) -> bool:
    """Other words come first at its address, and have not been answered yet."""
    if context.started(task.id) is not None:
        return False
    if task.flow.address not in {t.flow.address for _, t in fresh_words(context, service)}:
        return False
    asked = words_id(service, task.flow.address)
    return context.ended(asked) is None and not context.due(context.started(asked), TURN)


@remembered
def _flows(context: PlanningContext, service: Service, endpoint: Endpoint) -> tuple[Task, ...]:
    """The endpoint's conversations, each as often as it is to be held by now."""
    tasks: list[Task] = []
    spared = _spared(context, service)
    bases = base_tasks(context, service, endpoint)
    known = endpoint.host in dying_elsewhere(context, service)
    known = known or service.name in punished_services(context)
    known = known and not any(context.good(base.id) for base in bases)
    told = known and _repeated(context, service, endpoint)
    last_at = lasting(context, service)
    since = failing_since(context, service).get(endpoint.pool)
    for base in bases:
        once = endpoint.reserve or base.id in spared or _inside(context, endpoint, base) or told
        times = 1 if once else 2 if known else TRIES
        at = last_at.get(base.id, 0.0) if times == TRIES else None
        tasks += context.tries(base, Arm.REPEAT, times=times, last_at=at, since=since)
    return tuple(tasks)


def _repeated(context: PlanningContext, service: Service, endpoint: Endpoint) -> bool:
    """Its name was said once more already for another pool of the service."""
    others = [e for e in service.endpoints if e.host == endpoint.host and e.pool != endpoint.pool]
    bases = [t for e in others for t in base_tasks(context, service, e)]
    return any(context.started(t.attempts()[1]) is not None for t in bases)


def _inside(context: PlanningContext, endpoint: Endpoint, task: Task) -> bool:
    """It is with a special address, where a failure accuses nobody, or with a forged one: once is
    enough."""
    address = task.flow.address
    if endpoint.host is None or address in endpoint.addresses:
        return False
    return not context.facts.leads_out(address) or address in forged(context, endpoint.host)


@remembered
def _spared(context: PlanningContext, service: Service) -> frozenset[str]:
    """Conversations that need no repeats, for all of their pool die at the ClientHello and enough
    others of it are repeated: of two names, or two addresses of the only one. An address that is
    asked in other shapes is among those, for an answer there tells only beside enough failures.
    """
    by_pool: dict[str, list[tuple[Endpoint, Task]]] = {}
    for pool, endpoint in first_endpoints(context, service):
        tasks = base_tasks(context, service, endpoint)
        by_pool.setdefault(pool.name, []).extend((endpoint, t) for t in tasks)
    spared: set[str] = set()
    for found in by_pool.values():
        begun = [(e, t) for e, t in found if context.started(t.id) is not None]
        if len(begun) <= REPEATED or not all(_dying(context, t) for _, t in begun):
            continue
        rank: dict[str | None, int] = {}
        order: list[tuple[bool, bool, int, int, str]] = []
        for number, (endpoint, task) in enumerate(begun):
            rank[endpoint.host] = rank.get(endpoint.host, 0) + 1
            fresh = context.started(task.attempts()[1]) is None
            shaped = shape_id(service, endpoint, task.flow.address, Hello.SPLIT)
            plain = context.started(shaped) is None
            order.append((plain, fresh, rank[endpoint.host], number, task.id))
        spared.update(task_id for *_, task_id in sorted(order)[REPEATED:])
    return frozenset(spared)


def _dying(context: PlanningContext, task: Task) -> bool:
    """It failed at the ClientHello, or its connection stands and nothing has come for too long."""
    conversation = context.conversation(task.id)
    if conversation is None:
        return task.id in context.moment.opened and context.stalled(task)
    symptom = conversation.symptom or ""
    return symptom.startswith("tls.") and symptom != "tls.certificate"


def _turn(context: PlanningContext, flows: Sequence[Task], before: Sequence[Task]) -> bool:
    """Whether conversations that name a host may begin, others that name it being ``before`` them.

    Not many ClientHellos with one name at the same time: some boxes freeze four and more (D13), and
    what fails then would be our own doing. An honest answer is not waited for longer than `TURN`.
    """
    if any(context.started(t.id) is not None for t in flows):
        return True
    for task in before:
        waiting = task.attempt == 1 and context.ended(task.id) is None
        if waiting and not context.due(context.started(task.id), TURN):
            return False
    return True


@remembered
def awaited(context: PlanningContext) -> frozenset[str]:
    """Conversations that name a host which others of the first look name after them (`_turn`)."""
    found: set[str] = set()
    for service in context.services:
        by_host = grouped(
            (e for _, e in first_endpoints(context, service) if not _nameless(context, e)),
            lambda endpoint: endpoint.host,
        )
        for first, *others in by_host.values():
            if others:
                found.update(t.id for t in base_tasks(context, service, first))
    return frozenset(found)


def _one_each(context: PlanningContext, service: Service) -> list[Task]:
    """One conversation a pool: a favoured messenger may work where nothing else does."""
    tasks: list[Task] = []
    for pool in wanted_pools(service, context.request):
        member = sample(service, pool, context.request)[0]
        for endpoint in endpoints_of(service, pool, member)[:1]:
            tasks += base_tasks(context, service, endpoint)[:1]
    return tasks
