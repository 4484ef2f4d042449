"""Neutral sites once more, while the targets fail: do they still work?"""

from msgprobe.evidence.controls import SiteView
from msgprobe.model.task import Arm, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import shown_sites, usual_views
from msgprobe.planning.picks import first_of_each
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.timetable import CONTROLS_AFTER, ENOUGH_CONTROLS, SPACING

_AGAIN = Purpose(Arm.AGAIN, "tls", "do neutral sites still work while the target fails?")


def controls_again(context: PlanningContext) -> list[Task]:
    """One site a network, again as long as something about a target is under way."""
    tasks: list[Task] = []
    for view in _asked(context):
        site = view.site
        flow = context.https(view.reached[0].address, site.host)
        base = _AGAIN.task(f"again.{site.name}", site.name, flow, context.timeout())
        tasks.append(base)
        begun = context.started(base.id)
        for number in (2, 3):
            due = None if begun is None else begun + SPACING * (number - 1)
            if due is None or context.moment.now < due:
                if due is not None and context.moment.running:
                    context.wake(due)
                break
            again = base.again(number)
            if not _targets_running(context) and context.ended(again.id) is None:
                break
            tasks.append(again)
    return tasks


def _asked(context: PlanningContext) -> list[SiteView]:
    """One site a network: those that are shown a target's name only where others are too few, for
    who punishes the name would silence them."""
    reached = [view for view in usual_views(context) if view.reached]
    every = first_of_each(reached, lambda view: view.site.network)
    shown = shown_sites(context)
    clear = [view for view in every if view.site not in shown]
    if len(clear) >= ENOUGH_CONTROLS:
        return clear[:CONTROLS_AFTER]
    return [*clear, *(view for view in reversed(every) if view.site in shown)][:CONTROLS_AFTER]


def _targets_running(context: PlanningContext) -> bool:
    """Some experiment or repeat is still under way, so a control in its window is worth it."""
    under_way = (r.task for r in context.moment.running.values())
    return any(t.round > 0 and t.arm is not Arm.AGAIN for t in under_way)
