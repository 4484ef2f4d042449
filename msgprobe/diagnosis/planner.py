"""The planner: evidence so far and the clock become the set of tasks wanted. Pure."""

from msgprobe.diagnosis.alone import plan_alone
from msgprobe.diagnosis.base import plan_base
from msgprobe.diagnosis.budget import affordable
from msgprobe.diagnosis.calls import CHECK, plan_calls
from msgprobe.diagnosis.experiments import plan_experiments
from msgprobe.diagnosis.gate import plan_gate
from msgprobe.diagnosis.hello import plan_gate_hello, plan_hello
from msgprobe.diagnosis.look_on import plan_look_on
from msgprobe.diagnosis.quic import plan_quic
from msgprobe.diagnosis.residual import plan_residual
from msgprobe.diagnosis.resolvers import plan_resolvers
from msgprobe.diagnosis.scene import Agenda, Moment, Scene
from msgprobe.diagnosis.second import plan_second
from msgprobe.diagnosis.targeted import plan_targeted
from msgprobe.diagnosis.transfers import plan_transfers
from msgprobe.model.run import Evidence
from msgprobe.model.task import Task


def agenda(evidence: Evidence, moment: Moment) -> Agenda:
    """Every task wanted by now, each id once, and when time alone may add more."""
    scene = Scene(evidence, moment)
    tasks = [
        *plan_gate(scene),
        *plan_gate_hello(scene),
        *plan_targeted(scene),
        *plan_base(scene),
        *plan_quic(scene),
        *plan_resolvers(scene),
        *plan_experiments(scene),
        *plan_hello(scene),
        *plan_alone(scene),
        *plan_residual(scene),
        *plan_second(scene),
        *plan_calls(scene),
        *plan_transfers(scene),
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
        pending=frozenset(scene.pending),
    )


def _later(task: Task) -> bool:
    """Whether others begin before it: the look at the connection, then call servers, for a train
    of a call's packets takes its second after all of them have answered, and transfers wait."""
    return task.round > 0 and task.check != CHECK
