"""Whom round 1 asks, and what: every endpoint exactly as the messenger would use it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from random import Random

from msgprobe.evidence.ledger import remembered
from msgprobe.model.dataclass import dataclass
from msgprobe.model.hello import Hello
from msgprobe.model.run import Request
from msgprobe.model.target import Endpoint, Pool, Service
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.public_resolvers import SYSTEM
from msgprobe.planning.purpose import Purpose, question
from msgprobe.planning.timetable import LATE, LEAST_AGAIN, SIX_A_POOL, WIDEN


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
    return _OWN.of_endpoint(task_id, service, endpoint, flow, _patience(context, task_id))


def _patience(context: PlanningContext, task_id: str) -> float:
    """Seconds for a first conversation: on a brisk line no more than a repeat is given where it
    begins when those that began with the run are over."""
    begun = context.started(task_id)
    late = context.past(LATE) if begun is None else begun > LATE
    return min(context.timeout(), LEAST_AGAIN) if late and context.brisk else context.timeout()


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
        drawn = {d.pool.name: d.first for d in drawn_pools(context, service)}
        for pool, endpoint in first_endpoints(context, service):
            if endpoint.reserve or endpoint.member not in drawn[pool.name]:
                found.add((service.name, endpoint.name))
    return frozenset(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPool:
    """A pool as this run's lot has it: members that are tried first, those that may join, and the
    endpoints of each, its reserve ones last."""

    pool: Pool
    first: tuple[str, ...]
    more: tuple[str, ...]
    endpoints: Mapping[str, tuple[Endpoint, ...]]


@remembered
def drawn_pools(context: PlanningContext, service: Service) -> tuple[DrawnPool, ...]:
    """The service's wanted pools; whatever a run sees, they stay as they were drawn."""
    found = []
    for pool in wanted_pools(service, context.request):
        order, size = sample(service, pool, context.request), sample_size(service, pool)
        first, more = order[:size], order[size : size + WIDEN]
        endpoints = {m: endpoints_of(service, pool, m) for m in (*first, *more)}
        found.append(DrawnPool(pool=pool, first=first, more=more, endpoints=endpoints))
    return tuple(found)


def _first_endpoints(context: PlanningContext, service: Service) -> Iterator[tuple[Pool, Endpoint]]:
    for drawn in drawn_pools(context, service):
        fails = {m: _fails(context, service, drawn.endpoints[m]) for m in drawn.first}
        if any(fails.values()):
            fails |= {m: _fails(context, service, drawn.endpoints[m]) for m in drawn.more}
        for member, failing in fails.items():
            for endpoint in drawn.endpoints[member]:
                if not endpoint.reserve or failing:
                    yield drawn.pool, endpoint


def _fails(context: PlanningContext, service: Service, member: Sequence[Endpoint]) -> bool:
    """Every conversation with the member's main endpoints failed or hangs, and there is one."""
    begun = False
    for endpoint in member:
        for task in () if endpoint.reserve else base_tasks(context, service, endpoint):
            if context.started(task.id) is not None:
                if not context.suspicious(task):
                    return False
                begun = True
    return begun


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
