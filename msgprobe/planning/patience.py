"""What is not asked once more, or not waited for any longer, for it is known why it is silent."""

from collections.abc import Collection, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence import nowhere, residual
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.name_swaps import enough
from msgprobe.evidence.shares import shares
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Role, Running, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.timetable import BRISK_LOSS, SENT_AGAIN


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


@remembered
def counted_out(context: PlanningContext, service: Service) -> frozenset[str]:
    """Names of which so many handshakes were lost, here and at neutral servers, that further ones
    would not change what follows from it."""
    found = shares(context.facts)
    return found.striking(service) if service.name in found.clear_elsewhere else frozenset()


@remembered
def cut_off(context: PlanningContext, service: Service) -> frozenset[str]:
    """Names under which nothing is worth moving any more: whoever names them is known to be cut
    off, each time or often enough."""
    if service.name in punished_services(context):
        return frozenset(e.host for e in service.endpoints if e.host is not None)
    return _of_their_pools(service, _proven(context)) | counted_out(context, service)


def _proven(context: PlanningContext) -> frozenset[str]:
    """Names that died at a neutral server as often as a claim needs, where others are answered."""
    return frozenset(
        shown.name
        for shown in context.facts.shown
        if shown.alone and enough(t.symptom == "tls.timeout" for t in shown.named)
    )


def answered_since(context: PlanningContext, address: str, at: float | None) -> bool:
    """A neutral name that was said there after that was answered."""
    return at is not None and any(
        t.address == address and t.dialled > at and residual.answered(t)
        for t in context.facts.arm(*residual.PLAIN)
    )


@remembered
def punished_services(context: PlanningContext) -> frozenset[str]:
    """Services one of whose names silenced neutral servers in two networks: what their own servers
    do after that is no news. Only on a line that does not lose what these may have said."""
    if context.sent_again > BRISK_LOSS:
        return frozenset()
    found = residual.punished(context.facts.shown, ips.network)
    return frozenset(s.named[0].task.subject for s in found)


@remembered
def forged(context: PlanningContext, host: str | None) -> frozenset[str]:
    """Addresses that hosts without DNS give for names of the run, and not for neutral ones, for
    somebody else answered: not where the one that is asked about has proved to be the service."""
    return _forged(context) - context.facts.name(host).proved if host is not None else frozenset()


@remembered
def _forged(context: PlanningContext) -> frozenset[str]:
    facts, neutral = context.facts, context.connection.neutral_names
    asked = {e.host for s in context.services for e in s.endpoints if e.host is not None}
    return frozenset(
        address
        for host in asked
        for answer in nowhere.forged(facts, neutral, facts.name(host))
        for address in answer.addresses
    )


def decided(context: PlanningContext) -> frozenset[str]:
    """Conversations under way of which an answer that still came would change no word."""
    return _dead_elsewhere(context) | _in_vain(context)


def _dead_elsewhere(context: PlanningContext) -> frozenset[str]:
    """At a service's own addresses, where the ClientHello has been silent for as long as any
    experiment waits, and bears a name of a pool of which one dies at a neutral server as well,
    where others are answered."""
    proven = _proven(context)
    if not proven:
        return frozenset()
    names = {s.name: _of_their_pools(s, proven) for s in context.services}
    return frozenset(
        r.task.id
        for r in _unheard(context)
        if r.task.id in context.moment.opened
        and r.task.flow.server_name in names[r.task.subject]
        and context.due(r.since, context.hello_timeout())
    )


def _in_vain(context: PlanningContext) -> frozenset[str]:
    """Where a service's servers are silent for that long, be it to the first packet: to whom is
    punished for its name, at an address that is forged, or to who would move something where
    nobody could speak to them; on a brisk line also where no connection stands at an address that
    others give, nor to move something."""
    punished, patience = punished_services(context), context.hello_timeout()

    def vain(task: Task) -> bool:
        flow = task.flow
        name = flow.server_name or flow.host
        if task.arm is Arm.OTHER_ADDRESS:
            return context.brisk and not context.connection.resolver_dead
        if task.arm in _MOVING and context.brisk and task.id not in context.moment.opened:
            return True
        if task.arm not in _AT_HOME:
            return False
        known = task.subject in punished or flow.address in forged(context, name)
        return known or (task.arm is Arm.TRANSFER and _shut(context, task.subject, flow))

    waits = [r for r in _unheard(context) if vain(r.task)]
    return frozenset(r.task.id for r in waits if context.due(r.since, patience))


_TALK = (Arm.BASE, Arm.REPEAT)
_MOVING = (Arm.TRANSFER, Arm.TRANSFER_NEUTRAL_SNI)
_AT_HOME = (
    *_TALK,
    Arm.OTHER_SNI,
    Arm.OTHER_HELLO,
    Arm.OTHER_PORT,
    Arm.PLAIN_PAGE,
    Arm.TRANSFER,
    Arm.TRANSFER_PAGE,
)


def _shut(context: PlanningContext, service: str, flow: Flow) -> bool:
    """The service was spoken to there, under that name, and never answered."""
    said = [
        t
        for t in context.facts.arm(*_TALK, subject=service)
        if (t.address, t.flow.server_name) == (flow.address, flow.server_name)
    ]
    return bool(said) and not any(map(residual.answered, said))


def _unheard(context: PlanningContext) -> list[Running]:
    """Flows about services whose handshake has not ended."""
    moment = context.moment
    return [
        r
        for task_id, r in moment.running.items()
        if r.task.role is Role.TARGET
        and task_id not in moment.secured
        and isinstance(r.task.probe, Flow)
    ]


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
