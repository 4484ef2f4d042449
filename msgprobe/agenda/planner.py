"""The planner: evidence so far and the clock become the set of tasks wanted. Pure."""

from msgprobe.agenda.budget import affordable
from msgprobe.agenda.variations import plan_variations
from msgprobe.hypotheses.calls.plan import CHECK, plan_calls
from msgprobe.hypotheses.connection.plan_targeted import plan_targeted
from msgprobe.hypotheses.dns_tampering.plan import plan_resolvers
from msgprobe.hypotheses.quic.plan import plan_quic
from msgprobe.hypotheses.residual.plan import plan_residual
from msgprobe.hypotheses.second_vantage.plan import plan_second
from msgprobe.hypotheses.throttling.plan import plan_transfers
from msgprobe.hypotheses.tls_fingerprint.plan import plan_gate_hello, plan_hello
from msgprobe.hypotheses.tls_fingerprint.plan_concurrency import plan_alone
from msgprobe.model.run import Evidence
from msgprobe.model.task import Task
from msgprobe.planning.baseline import plan_base
from msgprobe.planning.context import Agenda, Moment, Scene
from msgprobe.planning.controls import plan_gate
from msgprobe.planning.line_monitor import plan_look_on


def agenda(evidence: Evidence, moment: Moment) -> Agenda:
    """Every task wanted by now, each id once, and when time alone may add more."""
    scene = Scene(evidence, moment)
    moving = plan_transfers(scene)
    tasks = [
        *plan_gate(scene),
        *plan_gate_hello(scene),
        *plan_targeted(scene),
        *plan_base(scene),
        *plan_quic(scene),
        *plan_resolvers(scene),
        *plan_variations(scene),
        *plan_hello(scene),
        *plan_alone(scene),
        *plan_residual(scene),
        *plan_second(scene),
        *plan_calls(scene),
        *moving.tasks,
        *plan_look_on(scene),
    ]
    unique: dict[str, Task] = {}
    for task in tasks:
        unique.setdefault(task.id, task)
    ordered = affordable(scene, tuple(sorted(unique.values(), key=_later)))
    return Agenda(
        tasks=ordered,
        wake_at=scene.wake_at,
        pace=scene.between_starts,
        pending=moving.pending,
    )


def _later(task: Task) -> bool:
    """Whether others begin before it: the look at the connection, then call servers, for a train
    of a call's packets takes its second after all of them have answered, and transfers wait."""
    return task.round > 0 and task.check != CHECK
