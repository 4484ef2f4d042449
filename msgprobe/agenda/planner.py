"""The planner: evidence so far and the clock become the set of tasks wanted. Pure."""

from collections.abc import Callable, Sequence
from typing import Final

from msgprobe.agenda.budget import affordable, most_telling
from msgprobe.agenda.variations import plan_variations
from msgprobe.evidence.ledger import remembered
from msgprobe.hypotheses.calls.plan import CHECK, plan_calls
from msgprobe.hypotheses.connection.plan import plan_connection
from msgprobe.hypotheses.connection.plan_monitor import plan_line_monitor
from msgprobe.hypotheses.connection.plan_targeted import plan_targeted
from msgprobe.hypotheses.dns_tampering.plan import plan_resolvers
from msgprobe.hypotheses.quic.plan import plan_quic
from msgprobe.hypotheses.residual.plan import plan_residual
from msgprobe.hypotheses.second_vantage.plan import plan_second
from msgprobe.hypotheses.throttling.plan import Moving, plan_transfers
from msgprobe.hypotheses.tls_fingerprint.plan import plan_connection_hello, plan_hello
from msgprobe.hypotheses.tls_fingerprint.plan_concurrency import plan_concurrency
from msgprobe.hypotheses.tls_fingerprint.plan_modern import plan_modern
from msgprobe.hypotheses.tls_sni.plan_shares import plan_shares
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Evidence
from msgprobe.model.task import Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.first_round import awaited, plan_base
from msgprobe.planning.moment import Agenda, Moment
from msgprobe.planning.patience import decided
from msgprobe.planning.timetable import FEW_AT_ONCE, WAITING

Plan = Callable[[PlanningContext], Sequence[Task]]
Smaller = Callable[[Agenda], Agenda]

FIRST: Final[tuple[Plan, ...]] = (
    plan_connection,
    plan_connection_hello,
    plan_targeted,
    plan_base,
    plan_quic,
    plan_resolvers,
)
THEN: Final[tuple[Plan, ...]] = (
    plan_hello,
    plan_concurrency,
    plan_modern,
    plan_shares,
    plan_residual,
    plan_second,
    plan_calls,
)
"""Who is asked before the variations of what fails, and who after them."""


class Planner:
    """Looks at a run again and again while it goes on: what has not changed since the last look is
    not worked out anew."""

    def __init__(self, smaller: Smaller | None = None) -> None:
        """``smaller`` leaves of what a whole run would want what a look is to be content with."""
        self._smaller = smaller
        self._context: PlanningContext | None = None
        self._seen: dict[str, Measurement] = {}

    def look(self, evidence: Evidence, moment: Moment) -> Agenda:
        """What `agenda` says, sooner where this is a later look at the same run."""
        seen = {m.task.id: m for m in evidence.measurements}
        new = [m for i, m in seen.items() if i not in self._seen]
        grown = all(seen.get(i) is m for i, m in self._seen.items())
        if self._context is not None and grown and self._context.may_go_on(evidence, moment):
            self._context.go_on(new, moment)
        else:
            self._context = PlanningContext(evidence, moment)
        self._seen = seen
        wanted = _wanted(self._context)
        return wanted if self._smaller is None else self._smaller(wanted)


def agenda(evidence: Evidence, moment: Moment) -> Agenda:
    """Every task wanted by now, each id once, and when time alone may add more."""
    return _wanted(PlanningContext(evidence, moment))


def _wanted(context: PlanningContext) -> Agenda:
    moving = _moving(context)
    tasks = [t for plan in FIRST for t in _of(context, plan)]
    tasks += plan_variations(context)
    tasks += [t for plan in THEN for t in _of(context, plan)]
    tasks += [*moving.tasks, *plan_line_monitor(context)]
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
        at_once=FEW_AT_ONCE if context.crowd is not None or context.may_be_crowded else 0,
        thin=context.thin,
        pending=moving.pending,
        decided=decided(context),
        first=frozenset() if context.crowded else _first(context, ordered),
    )


@remembered
def _of(context: PlanningContext, plan: Plan) -> tuple[Task, ...]:
    return tuple(plan(context))


@remembered
def _moving(context: PlanningContext) -> Moving:
    return plan_transfers(context)


def _first(context: PlanningContext, tasks: Sequence[Task]) -> frozenset[str]:
    """What takes longest, and what others wait for."""
    return awaited(context) | {t.id for t in tasks if t.check == CHECK}


def _later(task: Task) -> bool:
    """Whether others begin before it: the look at the connection, then call servers, for a train
    of a call's packets takes its second after all of them have answered, and transfers wait."""
    return task.round > 0 and task.check != CHECK
