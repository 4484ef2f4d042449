"""Who failed or hangs in round 1, and the same conversation with something changed."""

from collections.abc import Iterable
from dataclasses import replace

from msgprobe.evidence.ledger import remembered
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Endpoint, Pool, Service
from msgprobe.model.task import Arm, Flow, Task, attempt_ids
from msgprobe.planning.baseline import base_tasks, first_endpoints, name_task
from msgprobe.planning.context import PlanningContext, stumbled
from msgprobe.planning.experiment import Options
from msgprobe.planning.lost_questions import lost_with_others
from msgprobe.planning.picks import first_of_each
from msgprobe.planning.timetable import NEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An endpoint whose conversation with one address failed or hangs."""

    pool: Pool
    endpoint: Endpoint
    task: Task

    @property
    def address(self) -> str:
        """The address that was dialled."""
        return self.task.flow.address


@remembered
def suspects(context: PlanningContext, service: Service) -> tuple[Suspect, ...]:
    """Base conversations that failed or hang."""
    return tuple(
        Suspect(pool=pool, endpoint=endpoint, task=task)
        for pool, endpoint in first_endpoints(context, service)
        for task in base_tasks(context, service, endpoint)
        if context.started(task.id) is not None
        and _leads_out(context, endpoint, task)
        and context.suspicious(task)
    )


def offered(s: Suspect) -> Options:
    """The application protocol that the suspect's ClientHello offers, if not the usual one, as an
    option of a bare ClientHello: who minds that must not look like who minds its name or shape."""
    named = s.task.flow.option("alpn") or {"http2": "h2"}.get(s.task.check)
    return () if named is None else (("alpn", named),)


def at_true_addresses(context: PlanningContext, service: Service) -> list[Suspect]:
    """Conversations that failed at addresses which only other resolvers or the catalogue give."""
    failed = {
        t.task.endpoint: t.task
        for t in reversed(context.facts.arm(Arm.OTHER_ADDRESS, subject=service.name))
        if t.task.attempt == 1 and t.symptom is not None
    }
    return [
        Suspect(pool=pool, endpoint=endpoint, task=failed[endpoint.name])
        for pool, endpoint in first_endpoints(context, service)
        if endpoint.name in failed
    ]


def _leads_out(context: PlanningContext, endpoint: Endpoint, task: Task) -> bool:
    """It is at an address of which another experiment could tell anything."""
    assert isinstance(task.probe, Flow)
    address = task.probe.address
    given = endpoint.host is None or address in endpoint.addresses
    return given or context.facts.leads_out(address)


def variation(
    base: Suspect, service: Service, arm: Arm, task_id: str, flow: Flow, changes: str, check: str
) -> Task:
    """The suspect's own conversation with something changed."""
    return replace(
        base.task,
        id=task_id,
        round=2,
        arm=arm,
        check=check,
        probe=flow,
        changes=changes,
        reason=f"which change makes {service.title} work?",
        attempt=1,
    )


def other_port(context: PlanningContext, service: Service, s: Suspect, suffix: str = "") -> Task:
    """Another port of the suspect's machine."""
    port = 80 if s.endpoint.port != 80 else 443
    flow = context.flow(s.address, port, s.endpoint.host or s.address, trust=None)
    task_id = f"d9.{service.name}.{s.endpoint.name}.{s.address}{suffix}"
    return variation(s, service, Arm.OTHER_PORT, task_id, flow, "port", "connect")


def first_of_pools(found: Iterable[Suspect], most: int) -> list[Suspect]:
    """The first ``most`` suspects of each pool."""
    return first_of_each(found, lambda s: s.pool.name, most)


def failing(context: PlanningContext, service: Service, endpoint: Endpoint) -> bool:
    """No address of the endpoint works: all fail or hang, or the name gives none to dial."""
    tasks = base_tasks(context, service, endpoint)
    if tasks:
        begun = [t for t in tasks if context.started(t.id) is not None]
        return bool(begun) and all(
            context.suspicious(t) or _unmet(context, endpoint, t) for t in begun
        )
    if endpoint.host is None:
        return False
    return _gives_none(context, name_task(service, endpoint.host, context.request))


def _gives_none(context: PlanningContext, asked: Task) -> bool:
    """The name has no address, or hangs; one that may have been lost first if it does so again."""
    done, again = context.ended(asked.id), attempt_ids(asked.id)[1]
    if done is None or stumbled(done):
        if context.crowd is not None:
            return context.ended(again) is not None
        # Without an answer to a neutral name nothing is asked again (see `first_round`).
        if context.connection.resolver_answers and lost_with_others(context, asked):
            return context.ended(again) is not None or context.due(context.started(again))
    return done is not None or context.due(context.started(asked.id))


def _unmet(context: PlanningContext, endpoint: Endpoint, task: Task) -> bool:
    """It is at a special address, where a tunnel would have taken the connection by now: it stands
    at this device, or a few milliseconds away."""
    away = _leads_out(context, endpoint, task) or task.id in context.moment.opened
    return not away and context.ended(task.id) is None and context.due(context.since(task.id), NEAR)


def one_an_address(context: PlanningContext, found: Iterable[Suspect]) -> list[Suspect]:
    """Suspects of main endpoints that open connections, one an address."""
    main = [s for s in found if not s.endpoint.reserve and not context.traits.datagrams(s.endpoint)]
    return first_of_each(main, lambda s: (s.pool.name, s.address))
