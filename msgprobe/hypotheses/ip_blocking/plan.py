"""D9: another port of the same machines."""

from msgprobe.model.cost import PORT
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.experiment import Experiment, Telling
from msgprobe.planning.shared_experiments import OTHERWISE
from msgprobe.planning.suspects import Suspect, one_an_address, variation
from msgprobe.planning.timetable import PORTS_A_POOL

EXPERIMENTS = (Experiment(Arm.OTHER_PORT, (PORT,), Telling.CAUSE, (OTHERWISE,)),)


def plan_ports(context: PlanningContext, service: Service, found: list[Suspect]) -> list[Task]:
    """Another port where the usual one does not open, or not yet; not where a protocol of its own
    is what dies on it."""
    tasks: list[Task] = []
    counts: dict[str, int] = {}
    for s in one_an_address(context, found):
        talk = context.talk(s.task.id)
        if talk is not None and talk.connected:
            continue
        counts[s.pool.name] = counts.get(s.pool.name, 0) + 1
        if counts[s.pool.name] > PORTS_A_POOL:
            continue
        port = 80 if s.endpoint.port != 80 else 443
        flow = context.flow(s.address, port, s.endpoint.host or s.address, trust=None)
        task_id = f"d9.{service.name}.{s.endpoint.name}.{s.address}"
        tasks.append(variation(s, service, Arm.OTHER_PORT, task_id, flow, "port", "connect"))
    return tasks
