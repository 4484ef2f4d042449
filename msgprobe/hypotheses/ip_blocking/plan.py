"""D9: another port of the same machines."""

from collections.abc import Sequence

from msgprobe.model.cost import PORT
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.experiment import Experiment, Telling
from msgprobe.planning.patience import forged
from msgprobe.planning.shared_experiments import OTHERWISE
from msgprobe.planning.suspects import Suspect, first_of_pools, one_an_address, other_port
from msgprobe.planning.timetable import PORTS_A_POOL

EXPERIMENTS = (Experiment(Arm.OTHER_PORT, (PORT,), Telling.CAUSE, (OTHERWISE,)),)


def plan_ports(context: PlanningContext, service: Service, found: Sequence[Suspect]) -> list[Task]:
    """Another port where the usual one does not open, or not yet; not where a protocol of its own
    is what dies on it, nor at an address that is forged."""
    shut = [s for s in one_an_address(context, found) if not _connected(context, s)]
    tasks = ((s, other_port(context, service, s)) for s in first_of_pools(shut, PORTS_A_POOL))
    return [t for s, t in tasks if context.started(t.id) is not None or not _forged(context, s)]


def _forged(context: PlanningContext, s: Suspect) -> bool:
    return s.address in forged(context, s.endpoint.host)


def _connected(context: PlanningContext, s: Suspect) -> bool:
    conversation = context.conversation(s.task.id)
    return conversation is not None and conversation.connected
