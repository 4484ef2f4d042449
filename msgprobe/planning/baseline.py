"""Round 1: every endpoint exactly as the messenger would use it."""

from collections.abc import Iterator
from itertools import zip_longest
from random import Random

from msgprobe.evidence.facts import TRIES, grouped
from msgprobe.evidence.ledger import remembered
from msgprobe.model.hello import Hello
from msgprobe.model.run import Request
from msgprobe.model.target import Endpoint, Pool, Service
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import awaits_pages, nothing_abroad
from msgprobe.planning.patience import alone_for, dying_elsewhere
from msgprobe.planning.public_resolvers import SYSTEM
from msgprobe.planning.purpose import Purpose, question
from msgprobe.planning.timetable import FAR_RTT, REPEATED, SIX_A_POOL, TURN, WIDEN


def wanted_pools(service: Service, request: Request) -> tuple[Pool, ...]:
    """Pools of the functions that were asked for; extras have a planner of their own."""
    return tuple(
        p
        for p in service.pools
        if not p.extra and (not request.functions or p.function in request.functions)
    )


def sample(service: Service, pool: Pool, request: Request) -> tuple[str, ...]:
    """The members tried first, then the others in the order in which they may join: spare ones and
    ones that were not drawn by turns, for whatever befell one kind spares the other."""
    spare = spare_members(service, pool)
    members = [m for m in service.members(pool.name) if m not in spare]
    mine = [e for e in service.endpoints if e.pool == pool.name]
    always = [m for m in members if any(e.always for e in mine if e.member == m)]
    rest = [m for m in members if m not in always]
    Random(f"{request.seed}/{service.name}/{pool.name}").shuffle(rest)
    drawn = (*always, *rest)
    size = sample_size(service, pool)
    turns = [m for pair in zip_longest(spare, drawn[size:]) for m in pair if m is not None]
    return (*drawn[:size], *turns)


def spare_members(service: Service, pool: Pool) -> tuple[str, ...]:
    """Members that are in no sample, in the catalogue's order."""
    spare = {e.member for e in service.endpoints if e.pool == pool.name and e.spare}
    return tuple(m for m in service.members(pool.name) if m in spare)


def sample_size(service: Service, pool: Pool) -> int:
    """How many members are tried first."""
    return pool.sample or len(service.members(pool.name)) - len(spare_members(service, pool))


def endpoints_of(service: Service, pool: Pool, member: str) -> tuple[Endpoint, ...]:
    """The endpoints of a member, its reserve ones last."""
    found = [e for e in service.endpoints if e.pool == pool.name and e.member == member]
    return tuple(sorted(found, key=lambda e: e.reserve))


def extra_endpoints(service: Service, request: Request) -> tuple[Endpoint, ...]:
    """What clients do without when it fails: the samples of the extra pools of the functions that
    were asked for, without reserves; nothing with ``--quick``."""
    return tuple(
        endpoint
        for pool in service.pools
        if pool.extra and not request.quick
        if not request.functions or pool.function in request.functions
        for member in sample(service, pool, request)[: sample_size(service, pool)]
        for endpoint in endpoints_of(service, pool, member)
        if not endpoint.reserve
    )


_WHICH = "what addresses would the messenger get?"
_NAME = question(Arm.BASE, _WHICH, 1, role=Role.TARGET)
_WORKS = "does it work as the messenger would use it?"
_OWN = Purpose(Arm.BASE, "", _WORKS, 1, role=Role.TARGET)


def name_task(service: Service, host: str, request: Request) -> Task:
    """The system's resolver is asked for one of the service's names."""
    task_id, own = f"b.name.{service.name}.{host}", service.name
    return _NAME.lookup(task_id, host, SYSTEM, request.families, subject=own)


def flow_task(context: PlanningContext, service: Service, endpoint: Endpoint, address: str) -> Task:
    """The endpoint's own conversation with one address."""
    flow = endpoint_flow(context, service, endpoint, address)
    task_id = f"b.{service.name}.{endpoint.name}.{address}"
    return _OWN.of_endpoint(task_id, service, endpoint, flow, context.timeout())


def endpoint_flow(
    context: PlanningContext, service: Service, endpoint: Endpoint, address: str
) -> Flow:
    """The flow that the endpoint's check would hold with ``address``."""
    return context.flow(
        address,
        endpoint.port,
        endpoint.host,
        server_name=None if context.traits.sends_no_name(endpoint) else endpoint.host,
        trust=endpoint.trust,
        roots_of=service.name if service.roots else None,
        certificate_sha256=endpoint.certificate_sha256,
        path=endpoint.path,
        expect_status=endpoint.expect_status,
        expect_text=endpoint.expect_text,
        options=endpoint.options,
    )


def shape_id(service: Service, endpoint: Endpoint, address: str, shape: Hello) -> str:
    """The task in which that address gets a ClientHello of another shape (D8)."""
    return f"d8.{service.name}.{endpoint.name}.{address}.{shape.value}"


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
    spared = _spared(context, service)
    for _, endpoint in first_endpoints(context, service):
        flows = _flows(context, service, endpoint, spared)
        if any(_words_first(context, service, endpoint, t) for t in flows):
            continue
        nameless = _nameless(context, endpoint)
        same = [] if nameless else before.setdefault(endpoint.host or "", [])
        if nameless or _turn(context, flows, same):
            flows = flows if nameless else _one_first(context, flows)
            tasks += flows
            same += flows
    return tasks


def _nameless(context: PlanningContext, endpoint: Endpoint) -> bool:
    return endpoint.host is None or context.traits.sends_no_name(endpoint)


def _one_first(context: PlanningContext, flows: list[Task]) -> list[Task]:
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


def words_id(service: Service, address: str) -> str:
    """The task in which a fresh address hears other words before the messenger's own (D14)."""
    return f"d14.{service.name}.{address}.first"


@remembered
def fresh_words(context: PlanningContext, service: Service) -> tuple[tuple[Endpoint, Task], ...]:
    """Conversations that are to begin because others failed, the first one of each address that
    nothing was said to yet, in a protocol that has other forms.

    Who punishes it for a while punishes the address: what other words are answered there can only
    be known before it is spoken.
    """
    found: dict[str, tuple[Endpoint, Task]] = {}
    for pool, endpoint in first_endpoints(context, service):
        late = (service.name, endpoint.name) in joined_later(context)
        if pool.extra or not late or not context.traits.has_forms(endpoint):
            continue
        for task in base_tasks(context, service, endpoint):
            address = task.flow.address
            asked = context.started(words_id(service, address)) is not None
            if asked or address not in context.dialled:
                found.setdefault(address, (endpoint, task))
    return tuple(found.values())


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
def first_endpoints(
    context: PlanningContext, service: Service
) -> tuple[tuple[Pool, Endpoint], ...]:
    """The endpoints wanted by now: the sample, more members and reserves where some fail."""
    return tuple(_first_endpoints(context, service))


@remembered
def joined_later(context: PlanningContext) -> frozenset[tuple[str, str]]:
    """Services and endpoints that are wanted only because others failed: reserves, and members
    beyond the sample."""
    found = set()
    for service in context.services:
        drawn: dict[str, tuple[str, ...]] = {}
        for pool, endpoint in first_endpoints(context, service):
            if pool.name not in drawn:
                size = sample_size(service, pool)
                drawn[pool.name] = sample(service, pool, context.request)[:size]
            if endpoint.reserve or endpoint.member not in drawn[pool.name]:
                found.add((service.name, endpoint.name))
    return frozenset(found)


def _first_endpoints(context: PlanningContext, service: Service) -> Iterator[tuple[Pool, Endpoint]]:
    for pool in wanted_pools(service, context.request):
        order = sample(service, pool, context.request)
        size = sample_size(service, pool)
        fails = {m: _member_fails(context, service, pool, m) for m in order[:size]}
        if any(fails.values()):
            more = order[size : size + WIDEN]
            fails |= {m: _member_fails(context, service, pool, m) for m in more}
        for member, failing in fails.items():
            for endpoint in endpoints_of(service, pool, member):
                if not endpoint.reserve or failing:
                    yield pool, endpoint


def _member_fails(context: PlanningContext, service: Service, pool: Pool, member: str) -> bool:
    """Every conversation with the member's main endpoints failed or hangs, and there is one."""
    tasks = [
        t
        for e in endpoints_of(service, pool, member)
        if not e.reserve
        for t in base_tasks(context, service, e)
        if context.started(t.id) is not None
    ]
    return bool(tasks) and all(context.suspicious(t) for t in tasks)


@remembered
def base_tasks(context: PlanningContext, service: Service, endpoint: Endpoint) -> tuple[Task, ...]:
    """One task an address, repeats not included."""
    sparing = context.sparing
    many = service.members(endpoint.pool).index(endpoint.member) >= SIX_A_POOL
    sparing_six = sparing or (many and endpoint.host is not None)
    if endpoint.host is None:
        found = list(endpoint.addresses)
    else:
        name = context.facts.name(endpoint.host)
        found = [a for a in name.system_addresses if context.leads(endpoint, a)]
    picks = context.dialable(found, four=1 if sparing else 2, six=0 if sparing_six else 1)
    return tuple(flow_task(context, service, endpoint, a) for a in picks)


def _flows(
    context: PlanningContext, service: Service, endpoint: Endpoint, spared: frozenset[str]
) -> list[Task]:
    tasks = []
    bases = base_tasks(context, service, endpoint)
    known = endpoint.host in dying_elsewhere(context, service)
    known = known and not any(context.good(base.id) for base in bases)
    told = known and _repeated(context, service, endpoint)
    for base in bases:
        once = endpoint.reserve or base.id in spared or _inside(context, endpoint, base) or told
        times = 1 if once else 2 if known else TRIES
        tasks += context.tries(base, Arm.REPEAT, times=times)
    return tasks


def _repeated(context: PlanningContext, service: Service, endpoint: Endpoint) -> bool:
    """Its name was said once more already for another pool of the service."""
    others = [e for e in service.endpoints if e.host == endpoint.host and e.pool != endpoint.pool]
    bases = [t for e in others for t in base_tasks(context, service, e)]
    return any(context.started(t.attempts()[1]) is not None for t in bases)


def _inside(context: PlanningContext, endpoint: Endpoint, task: Task) -> bool:
    """It is with a special address, where a failure accuses nobody: once is enough."""
    assert isinstance(task.probe, Flow)
    named = endpoint.host is not None and task.probe.address not in endpoint.addresses
    return named and not context.facts.leads_out(task.probe.address)


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


def _turn(context: PlanningContext, flows: list[Task], before: list[Task]) -> bool:
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
