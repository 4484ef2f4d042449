"""What failed while the line was dead is asked once more when it works again."""

from dataclasses import replace

from msgprobe.evidence.outages import Outages
from msgprobe.model.task import Arm, Task
from msgprobe.planning.context import PlanningContext

AGAIN = "#again"
"""What the ids of such tasks end in."""


def is_back(context: PlanningContext, outages: Outages) -> bool:
    """The line was dead and works again, as far as is known."""
    over = bool(outages.dead) and all(outage.after for outage in outages.dead)
    return over and context.connection.open


def once_more(context: PlanningContext, outages: Outages, base: Task) -> Task | None:
    """The task again, as an attempt after all others, if it was spoilt; else None."""
    if not _spoilt(context, outages, base):
        return None
    reason = f"the line was dead before: {base.reason}"
    return replace(base, id=_later(base), arm=Arm.REPEAT, attempt=4, reason=reason)


def _later(base: Task) -> str:
    return f"{base.id}{AGAIN}"


def _spoilt(context: PlanningContext, outages: Outages, base: Task) -> bool:
    """No attempt went well or is under way, and one fell into a time when the line was dead."""
    ids = base.attempts()
    conversations = [t for i in ids if (t := context.conversation(i)) is not None]
    if any(t.genuine for t in conversations) or any(i in context.moment.running for i in ids):
        return False
    return context.started(_later(base)) is not None or any(map(outages.spoilt, conversations))
