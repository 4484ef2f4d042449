"""A server that fell silent at its own protocol's first words, and whose port is dead since then:
is the machine there?"""

from msgprobe.model.task import Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.suspects import Suspect, other_port, suspects
from msgprobe.planning.timetable import DEAD_PORTS


def plan_residual(context: PlanningContext) -> list[Task]:
    """Another port of each such machine, as soon as the repeats show that its own has died."""
    if not context.connection.open:
        return []
    tasks: list[Task] = []
    for service in context.services:
        dead = [
            s
            for s in suspects(context, service)
            if context.traits.has_forms(s.endpoint) and _died(context, s)
        ]
        tasks += [other_port(context, service, s, ".after") for s in dead[:DEAD_PORTS]]
    return tasks


def _died(context: PlanningContext, s: Suspect) -> bool:
    """It connected once, and later not even that."""
    first = context.conversation(s.task.id)
    later = [context.conversation(i) for i in s.task.attempts()[1:]]
    return (
        first is not None
        and first.connected
        and any(t is not None and t.symptom == "tcp.timeout" for t in later)
    )
