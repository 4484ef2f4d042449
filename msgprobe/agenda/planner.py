"""The planner: evidence so far and the clock become the set of tasks wanted. Pure."""

from msgprobe.agenda.budget import affordable, most_telling
from msgprobe.agenda.variations import plan_variations
from msgprobe.hypotheses.calls.plan import CHECK, plan_calls
from msgprobe.hypotheses.connection.plan import plan_connection
from msgprobe.hypotheses.connection.plan_monitor import plan_line_monitor
from msgprobe.hypotheses.connection.plan_targeted import plan_targeted
from msgprobe.hypotheses.dns_tampering.plan import plan_resolvers
from msgprobe.hypotheses.quic.plan import plan_quic
from msgprobe.hypotheses.residual.plan import plan_residual
from msgprobe.hypotheses.second_vantage.plan import plan_second
from msgprobe.hypotheses.throttling.plan import plan_transfers
from msgprobe.hypotheses.tls_fingerprint.plan import plan_connection_hello, plan_hello
from msgprobe.hypotheses.tls_fingerprint.plan_concurrency import plan_concurrency
from msgprobe.hypotheses.tls_fingerprint.plan_modern import plan_modern
from msgprobe.hypotheses.tls_sni.plan_shares import plan_shares
from msgprobe.model.run import Evidence
from msgprobe.model.task import Task
from msgprobe.planning.baseline import plan_base
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Agenda, Moment
from msgprobe.planning.timetable import FEW_AT_ONCE, WAITING


def agenda(evidence: Evidence, moment: Moment) -> Agenda:
    """Every task wanted by now, each id once, and when time alone may add more."""
    context = PlanningContext(evidence, moment)
    moving = plan_transfers(context)
    tasks = [
        *plan_connection(context),
        *plan_connection_hello(context),
        *plan_targeted(context),
        *plan_base(context),
        *plan_quic(context),
        *plan_resolvers(context),
        *plan_variations(context),
        *plan_hello(context),
        *plan_concurrency(context),
        *plan_modern(context),
        *plan_shares(context),
        *plan_residual(context),
        *plan_second(context),
        *plan_calls(context),
        *moving.tasks,
        *plan_line_monitor(context),
    ]
    unique: dict[str, Task] = {}
    for task in tasks:
        unique.setdefault(task.id, task)
    ordered = affordable(context, tuple(sorted(unique.values(), key=_later)))
    if context.crowded:
        ordered = most_telling(context, ordered, WAITING)
    return Agenda(
        tasks=ordered,
        wake_at=context.wake_at,
        pace=context.between_starts,
        asking=0.0 if context.crowd is None else context.crowd.pace,
        at_once=0 if context.crowd is None else FEW_AT_ONCE,
        pending=moving.pending,
    )


def _later(task: Task) -> bool:
    """Whether others begin before it: the look at the connection, then call servers, for a train
    of a call's packets takes its second after all of them have answered, and transfers wait."""
    return task.round > 0 and task.check != CHECK
