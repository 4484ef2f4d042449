"""D5 and the page: does it answer at an address that others give, and what is at this one?"""

from collections.abc import Sequence
from dataclasses import replace

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.facts import TRIES
from msgprobe.evidence.ledger import remembered
from msgprobe.model.cost import ENDPOINT, PAGE
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Role, Task
from msgprobe.planning.baseline import endpoint_flow, first_endpoints
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.experiment import Experiment, Telling
from msgprobe.planning.lasting import last_knock
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.shared_experiments import OTHERWISE, SERVICES
from msgprobe.planning.suspects import Suspect, failing, variation
from msgprobe.planning.timetable import ELSEWHERE_A_NAME, LEAST_AGAIN

EXPERIMENTS = (
    Experiment(Arm.OTHER_ADDRESS, ENDPOINT, Telling.REACH, (*SERVICES, OTHERWISE)),
    Experiment(Arm.PLAIN_PAGE, (PAGE,), Telling.PAGE, (OTHERWISE,)),
)

_GIVEN = "does it answer at an address that another resolver gives?"
_ANOTHER = Purpose(Arm.OTHER_ADDRESS, "", _GIVEN, 2, "address", Role.TARGET)


def plan_addresses(
    context: PlanningContext, service: Service, found: Sequence[Suspect]
) -> list[Task]:
    """Addresses that other resolvers or the catalogue know, of names that fail at every one of the
    system's own. What has begun goes on, whatever else turns out of them."""
    by_pool: dict[str, list[Task]] = {}
    begun = _begun(context, service)
    for _, endpoint in first_endpoints(context, service):
        asked = failing(context, service, endpoint) or endpoint.name in begun
        if endpoint.host is None or not asked:
            continue
        name = context.facts.name(endpoint.host)
        mine = {ips.parse(a) for a in name.system_addresses}
        fresh = [
            a
            for a in (*name.other_addresses, *endpoint.addresses)
            if ips.parse(a) not in mine and context.facts.leads_out(a)
        ]
        for address in context.dialable(fresh, four=ELSEWHERE_A_NAME, six=1):
            flow = endpoint_flow(context, service, endpoint, address)
            task_id = f"d5.{service.name}.{endpoint.name}.{address}"
            base = _ANOTHER.of_endpoint(task_id, service, endpoint, flow, context.timeout())
            by_pool.setdefault(endpoint.pool, []).append(base)
    return [t for bases in by_pool.values() for t in _tried(context, bases)]


def _tried(context: PlanningContext, bases: Sequence[Task]) -> list[Task]:
    """Conversations of one pool and their repeats. Where the resolver is dead they stand for the
    service's own: nothing else of it can be dialled."""
    dead = context.connection.resolver_dead
    last_at = last_knock(context, bases) if dead else None
    tasks: list[Task] = []
    for base in bases:
        times = TRIES if dead or not _unreached(context, base) else 1
        tasks += context.tries(base, times=times, last_at=last_at)
    return tasks


def _unreached(context: PlanningContext, base: Task) -> bool:
    """No connection stands, on a line that loses next to nothing: that an address which the system
    does not give is silent as well accuses nobody, however often it is."""
    done = context.conversation(base.id)
    connected = base.id in context.moment.opened if done is None else done.connected
    return context.brisk and not connected


@remembered
def _begun(context: PlanningContext, service: Service) -> frozenset[str | None]:
    """The endpoints of which some such address has been dialled."""
    ended = (t.task for t in context.facts.arm(Arm.OTHER_ADDRESS, subject=service.name))
    running = (r.task for r in context.moment.running.values())
    others = (t for t in running if t.arm is Arm.OTHER_ADDRESS and t.subject == service.name)
    return frozenset(t.endpoint for t in (*ended, *others))


def plan_page(context: PlanningContext, service: Service, found: Sequence[Suspect]) -> list[Task]:
    """One page over plain HTTP: is it a block page? Over IPv4 where that is possible: fewer boxes
    that answer in a server's place speak IPv6."""
    for s in sorted(found, key=lambda s: ":" in s.address):
        conversation = context.conversation(s.task.id)
        if context.traits.datagrams(s.endpoint):
            continue
        if s.endpoint.host is None or conversation is None or s.endpoint.port != 443:
            continue
        flow = context.flow(s.address, 80, s.endpoint.host, trust=None)
        task_id = f"page.{service.name}.{s.endpoint.host}"
        task = variation(s, service, Arm.PLAIN_PAGE, task_id, flow, "plain HTTP, port 80", "page")
        return [replace(task, timeout=LEAST_AGAIN) if context.brisk else task]
    return []
