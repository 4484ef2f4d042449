"""Something failed: one thing at a time is changed, to see what the fault follows."""

from collections.abc import Callable, Sequence
from typing import Final

from msgprobe.evidence.ledger import remembered
from msgprobe.hypotheses.calls.plan import failing_calls
from msgprobe.hypotheses.connection.plan_repeats import controls_again
from msgprobe.hypotheses.dns_tampering.plan_addresses import plan_addresses, plan_page
from msgprobe.hypotheses.ip_blocking.plan import plan_ports
from msgprobe.hypotheses.protocol_blocking.plan import plan_other_forms, plan_other_words
from msgprobe.hypotheses.protocol_blocking.plan_elsewhere import plan_words_elsewhere
from msgprobe.hypotheses.tls_sni.plan import plan_names, plan_requests
from msgprobe.model.target import Service
from msgprobe.model.task import Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import troubled
from msgprobe.planning.suspects import Suspect, suspects

Question = Callable[[PlanningContext, Service, Sequence[Suspect]], Sequence[Task]]

QUESTIONS: Final[tuple[Question, ...]] = (
    plan_addresses,
    plan_ports,
    plan_other_words,
    plan_other_forms,
    plan_words_elsewhere,
    plan_names,
    plan_requests,
    plan_page,
)
"""What is asked about each service that fails, in the order in which it begins."""


PROMISING = (plan_names, plan_requests)
"""Those that share out neutral servers, one after another."""


def plan_variations(context: PlanningContext) -> list[Task]:
    """All that the evidence asks for by now; none when the connection is shut."""
    if not context.connection.open:
        return []
    if troubled(context):
        return controls_again(context)
    tasks: list[Task] = []
    for service in context.services:
        for plan in QUESTIONS:
            if plan in PROMISING:
                tasks += plan(context, service, suspects(context, service))
            else:
                tasks += _of(context, plan, service)
    if any(t.role is Role.TARGET for t in tasks) or failing_calls(context):
        tasks += controls_again(context)
    return tasks


@remembered
def _of(context: PlanningContext, plan: Question, service: Service) -> tuple[Task, ...]:
    return tuple(plan(context, service, suspects(context, service)))
