"""Which conversations must be seen to fail for as long as servers take to be begun again."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.earliness import EARLY_REFUSALS, early
from msgprobe.evidence.facts import grouped
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.own_words import filtered
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Task
from msgprobe.model.traits import Transport
from msgprobe.planning.baseline import base_tasks, first_endpoints
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.timetable import LAST_KNOCK, SPAN, TELLING_NETWORKS


@remembered
def lasting(context: PlanningContext, service: Service) -> Mapping[str, float]:
    """Conversations whose last attempt is to come when servers that are begun again are back, and
    when that is, in seconds of the run: all of their pool fail, in two networks, in a way that
    only lasting tells from an accident. Where nobody answers a first packet, one of its repeats is
    to come then.
    """
    found: dict[str, float] = {}
    for pool, tasks in _begun(context, service).items():
        if (at := last_knock(context, tasks)) > 0.0:
            found |= {task.id: at for task in tasks}
            continue
        if not _all_in_two_networks(tasks, context.suspicious):
            continue
        failed = _all_failed(context, tasks)
        away = len(failed) == len(tasks) and _turned_away(context, failed)
        reserves = _by_pool(context, service, reserve=True).get(pool, ())
        spare = [t for t in reserves if context.suspicious(t)]
        if away or _only_words(context, service, tasks, spare):
            back = min(context.started(task.id) or 0.0 for task in tasks) + SPAN
            found |= {task.id: back for task in tasks}
    return found


@remembered
def failing_since(context: PlanningContext, service: Service) -> Mapping[str, float]:
    """Pools of which all that was begun fails or hangs, and since which second of the run. Who is
    asked only because of that joins what has lasted already."""
    return {
        pool: min(context.started(t.id) or 0.0 for t in tasks)
        for pool, tasks in _begun(context, service).items()
        if tasks and all(context.suspicious(t) for t in tasks)
    }


def last_knock(context: PlanningContext, tasks: Sequence[Task]) -> float:
    """The second of the run at which the last attempt at these is to begin, if their connections
    met nothing but silence, or hang in it, in two networks; else 0."""
    begun = [t for t in tasks if context.started(t.id) is not None]
    if not _all_in_two_networks(begun, lambda task: _silent(context, task)):
        return 0.0
    return min(context.started(t.id) or 0.0 for t in begun) + LAST_KNOCK


def _all_in_two_networks(tasks: Sequence[Task], holds: Callable[[Task], bool]) -> bool:
    if not all(map(holds, tasks)):
        return False
    return len({ips.network(task.flow.address) for task in tasks}) >= TELLING_NETWORKS


def _silent(context: PlanningContext, task: Task) -> bool:
    conversation = context.conversation(task.id)
    if conversation is not None:
        return conversation.symptom == "tcp.timeout"
    over_tcp = context.traits.of(task.check).transport is Transport.TCP
    return over_tcp and task.id not in context.moment.opened and context.stalled(task)


@remembered
def _begun(context: PlanningContext, service: Service) -> Mapping[str, list[Task]]:
    """Conversations that have begun with what is no reserve, by pool."""
    return _by_pool(context, service, reserve=False)


def _by_pool(context: PlanningContext, service: Service, *, reserve: bool) -> dict[str, list[Task]]:
    """Conversations that have begun with what is no ``reserve``, or with what is, by pool."""
    those = [one for one in first_endpoints(context, service) if one[1].reserve is reserve]
    by_pool = grouped(those, lambda one: one[0].name)
    every = {
        n: [t for _, e in m for t in base_tasks(context, service, e)] for n, m in by_pool.items()
    }
    return {n: [t for t in m if context.started(t.id) is not None] for n, m in every.items()}


def _all_failed(context: PlanningContext, tasks: Iterable[Task]) -> list[Conversation]:
    """How those of them ended that ended badly."""
    told = (context.conversation(task.id) for task in tasks)
    return [t for t in told if t is not None and t.symptom]


def _turned_away(context: PlanningContext, failed: Sequence[Conversation]) -> bool:
    """Every connection was refused, or no way leads there. Not where refusals came sooner than the
    servers could have sent them, which tells by itself; routers on the way are always nearer."""
    if any(t.symptom not in ("tcp.refused", "ip.unreachable") for t in failed):
        return False
    refused = [t for t in failed if t.symptom == "tcp.refused"]
    return sum(early(context.facts, t) for t in refused) < EARLY_REFUSALS


def _only_words(
    context: PlanningContext,
    service: Service,
    tasks: Sequence[Task],
    spare: Sequence[Task],
) -> bool:
    """Nothing but its own protocol dies, and neutral servers do not show that it is filtered.
    Reserves tell as well: where whoever spoke the protocol is punished, no other address may have
    been spoken to before."""
    if not _other_words(context, service, tasks, spare):
        return False
    words = context.facts.arm(Arm.WORDS_ELSEWHERE, subject=service.name)
    return not filtered(words, context.facts.arm(Arm.WORDS_NEUTRAL))


def _other_words(
    context: PlanningContext,
    service: Service,
    tasks: Sequence[Task],
    spare: Sequence[Task],
) -> bool:
    """The service's own protocol dies, and other words are answered at the same place, or the same
    ones over TCP; no other form of it is, which would show that its servers are well."""
    others = context.facts.arm(Arm.OTHER_PAYLOAD, Arm.OTHER_TRANSPORT, subject=service.name)
    at = {t.flow.address for t in (*tasks, *spare)}
    answered = [t for t in others if t.failure is None and t.address in at]
    forms = [t for t in answered if t.task.arm is Arm.OTHER_PAYLOAD and t.genuine]
    return bool(answered) and not forms and all(_mute(context, service, t) for t in tasks)


def _mute(context: PlanningContext, service: Service, task: Task) -> bool:
    """Its own protocol got no answer, or has got none for as long as any honest one takes."""
    conversation = context.conversation(task.id)
    if conversation is not None:
        return (conversation.symptom or "").startswith(("protocol.", "udp."))
    plain = task.endpoint is not None and not context.traits.speaks_tls(
        service.endpoint(task.endpoint)
    )
    return plain and task.id in context.moment.opened and context.stalled(task)
