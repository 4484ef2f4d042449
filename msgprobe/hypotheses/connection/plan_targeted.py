"""A neutral site that dies under its own name: does its address answer to another one?

Then the site is a target of whoever interferes here, and no control.
"""

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.controls import DYING
from msgprobe.model.control import Site
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import (
    chosen_sites,
    foreign_sites,
    nothing_abroad,
    usual_views,
)
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.timetable import TARGETED_SITES

_ANOTHER = "a neutral site fails under its own name: does its address answer to another?"
_OTHER = "server name: another neutral one"
_RENAMED = Purpose(Arm.NEUTRAL_SNI_ELSEWHERE, "tls", _ANOTHER, 0, _OTHER)


def plan_targeted(context: PlanningContext) -> list[Task]:
    """Another name at the address of each site abroad whose own name dies at the ClientHello: that
    of a neutral site that answers; where nothing abroad does, one that was not asked for yet, and
    that of a domestic site that answers."""
    abroad = foreign_sites(context.controls, context.request)
    dying = [(s, a) for s in abroad if (a := _dying_at(context, s)) is not None]
    dying.sort(key=lambda pair: not _begun(context, pair[0]))
    if not context.connection.open:
        dying = dying[:TARGETED_SITES]
    tasks = []
    for site, address in dying:
        for kind, name in _names(context, site):
            task_id = f"g.other.{site.name}.{kind}"
            done = context.ended(task_id)
            tasks.append(done.task if done else _hello_task(context, site, address, name, task_id))
    return tasks


def _begun(context: PlanningContext, site: Site) -> bool:
    ids = (f"g.other.{site.name}.{kind}" for kind in ("abroad", "home"))
    return any(context.started(i) is not None for i in ids)


def _dying_at(context: PlanningContext, site: Site) -> str | None:
    """Where the site's first conversation failed, or hangs, after TCP had connected."""
    base = f"g.site.{site.name}"
    conversation = context.conversation(base)
    if conversation is not None:
        return conversation.address if conversation.symptom in DYING else None
    if (
        base not in context.moment.opened
        or base in context.moment.secured
        or not context.dead(base)
    ):
        return None
    return ips.four_first(context.known(site.host, site.addresses))


def _names(context: PlanningContext, site: Site) -> list[tuple[str, str]]:
    """Which names to show to its address, each with a word for it. None as long as other sites may
    still answer: what dies here may die everywhere."""
    views = [v for v in usual_views(context) if v.reached and v.site.network != site.network]
    views.sort(key=lambda v: not context.connection.fair((v.site,)))
    if views:
        return [("abroad", views[0].site.host)]
    if not nothing_abroad(context):
        return []
    asked = {s.network for s in chosen_sites(context.controls, context.request)}
    others = [s for s in context.controls.abroad if s.network not in asked]
    home = [v.site for v in context.connection.domestic if v.reached]
    found = [("abroad", others[0].host)] if others else []
    return [*found, *(("home", s.host) for s in home[:1])]


def _hello_task(
    context: PlanningContext, site: Site, address: str, name: str, task_id: str
) -> Task:
    flow = Flow(address=address, port=443, host=name, server_name=name, trust=None)
    return _RENAMED.task(task_id, site.name, flow, context.hello_timeout())
