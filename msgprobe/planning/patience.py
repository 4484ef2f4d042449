"""What is not asked once more, or not waited for any longer, for it is known why it is silent."""

from collections.abc import Collection, Sequence

from msgprobe.evidence import residual
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.name_swaps import enough
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Role
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.timetable import SENT_AGAIN


@remembered
def dying_elsewhere(context: PlanningContext, service: Service) -> frozenset[str]:
    """Names of pools of which one dies at a neutral server as well, or hangs there so far, while
    others are answered: a third attempt at their own addresses would add nothing as long as it
    does."""
    names = {shown.name for shown in context.facts.shown if shown.alone}
    for task_id, running in context.moment.running.items():
        probe = running.task.probe
        named = running.task.arm is Arm.TARGET_SNI_ELSEWHERE and task_id in context.moment.opened
        if named and isinstance(probe, Flow) and context.stalled(running.task):
            since = context.since(task_id)
            if probe.server_name and answered_since(context, probe.address, since):
                names.add(probe.server_name)
    return _of_their_pools(service, names)


def answered_since(context: PlanningContext, address: str, at: float | None) -> bool:
    """A neutral name that was said there after that was answered."""
    return at is not None and any(
        t.address == address and t.dialled > at and residual.answered(t)
        for t in context.facts.arm(*residual.PLAIN)
    )


def decided(context: PlanningContext) -> frozenset[str]:
    """Conversations under way at a service's own addresses whose ClientHello has been silent for as
    long as any experiment waits, and bears a name of a pool of which one dies at a neutral server
    as well, where others are answered: an answer that still came would change no word."""
    proven = {
        shown.name
        for shown in context.facts.shown
        if shown.alone and enough(t.symptom == "tls.timeout" for t in shown.named)
    }
    if not proven:
        return frozenset()
    patience = context.hello_timeout()
    names = {s.name: _of_their_pools(s, proven) for s in context.services}
    opened, secured = context.moment.opened, context.moment.secured
    return frozenset(
        task_id
        for task_id, running in context.moment.running.items()
        if running.task.role is Role.TARGET
        and task_id in opened
        and task_id not in secured
        and isinstance(running.task.probe, Flow)
        and running.task.probe.server_name in names[running.task.subject]
        and context.due(running.since, patience)
    )


def alone_for(context: PlanningContext) -> float:
    """Seconds from the start of a conversation in which its ClientHello is sent, and sent again,
    and either would have been answered."""
    return SENT_AGAIN + 4.0 * (context.facts.rtt or 0.0)


def was_alone(context: PlanningContext, conversations: Sequence[Conversation]) -> bool:
    """The first of these got no answer while no other had begun yet, on a line that loses next to
    nothing: it is not their number that silences them."""
    begun = sorted(t.tls.window.start for t in conversations if t.tls is not None)
    wait = SENT_AGAIN + 2.0 * (context.facts.rtt or 0.0)
    return context.brisk and len(begun) > 1 and begun[1] - begun[0] >= wait


def _of_their_pools(service: Service, names: Collection[str]) -> frozenset[str]:
    """All names of the pools to which some of ``names`` belong."""
    pools = {e.pool for e in service.endpoints if e.host in names}
    return frozenset(e.host for e in service.endpoints if e.pool in pools and e.host is not None)
