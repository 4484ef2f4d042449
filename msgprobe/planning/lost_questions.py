"""Questions to the system's resolver that were lost with all others of their moment, not minded."""

from math import inf

from msgprobe.evidence.ledger import remembered
from msgprobe.model.dataclass import dataclass
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import Arm, Lookup, ResolverKind, Task
from msgprobe.planning.look import Look
from msgprobe.planning.timetable import ONE_MOMENT


@dataclass(frozen=True, slots=True)
class _Question:
    """A neutral one. ``ended`` is endless while it is under way."""

    begun: float
    ended: float
    answered: bool


def lost_with_others(look: Look, question: Task) -> bool:
    """Neutral names of the same moment hang, or hung, as it does, and the resolver answers what it
    was asked since: a radio that wakes up loses all that is said meanwhile. What somebody drops by
    its name hangs beside neutral ones that do not."""
    begun = look.started(question.id)
    if not look.due(begun, ONE_MOMENT):
        return False  # as nearly all are answered by then: what else runs is not looked through
    assert begun is not None
    beside = [q for q in _neutral(look) if abs(q.begun - begun) <= ONE_MOMENT]
    since = [q.ended for q in _neutral(look) if q.answered and q.begun > begun]
    return bool(beside and since) and all(q.ended > min(since) for q in beside)


@remembered
def _neutral(look: Look) -> tuple[_Question, ...]:
    asked = [m for m in look.facts.measured(Arm.CONNECTION) if _to_system(m.task)]
    over = [_Question(m.window.start, m.window.end, _answered(m.observations)) for m in asked]
    running = (r for r in look.moment.running.values() if r.task.arm is Arm.CONNECTION)
    hanging = [_Question(r.since, inf, False) for r in running if _to_system(r.task)]
    return (*over, *hanging)


def _to_system(task: Task) -> bool:
    probe = task.probe
    return isinstance(probe, Lookup) and probe.resolver.kind is ResolverKind.SYSTEM


def _answered(observations: tuple[object, ...]) -> bool:
    return any(isinstance(o, DnsObservation) and o.failure is None for o in observations)
