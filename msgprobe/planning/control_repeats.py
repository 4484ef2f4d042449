"""Neutral sites once more, while the targets fail: do they still work?"""

from msgprobe.model.control import Site
from msgprobe.model.task import Arm, Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.timetable import CONTROLS_AFTER, SPACING


def controls_again(context: PlanningContext) -> list[Task]:
    """One site a network, again as long as something about a target is under way."""
    picks: dict[str, tuple[Site, str]] = {}
    for view in context.connection.abroad:
        if view.reached:
            picks.setdefault(view.site.network, (view.site, view.reached[0].address))
    tasks: list[Task] = []
    for site, address in list(picks.values())[:CONTROLS_AFTER]:
        base = Task(
            id=f"again.{site.name}",
            round=2,
            role=Role.CONTROL,
            arm=Arm.AGAIN,
            check="tls",
            subject=site.name,
            probe=context.flow(address, 443, site.host, server_name=site.host),
            reason="do neutral sites still work while the target fails?",
            timeout=context.timeout(),
        )
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


def _targets_running(context: PlanningContext) -> bool:
    """Some experiment or repeat is still under way, so a control in its window is worth it."""
    under_way = (r.task for r in context.moment.running.values())
    return any(t.round > 0 and t.arm is not Arm.AGAIN for t in under_way)
