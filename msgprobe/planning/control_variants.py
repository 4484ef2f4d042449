"""Neutral sites in another manner: a ClientHello in two segments, or a name that is not theirs."""

from collections.abc import Iterable

from msgprobe.evidence.controls import SiteView
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.timetable import BIG_HELLOS, HOMES, PATIENCE

BIG_HELLO = ((OPTION, Hello.MODERN.value),)
"""Options of a ClientHello in two segments."""


def plan_big_hello(context: PlanningContext) -> list[Task]:
    """One ClientHello of post-quantum size; more of them, and repeats, only where it vanishes."""
    if context.request.quick or context.sparing or context.mss:
        return []
    tasks: list[Task] = []
    for view in _one_a_network(context.connection.abroad)[:BIG_HELLOS]:
        base = Task(
            id=f"g.big.{view.site.name}",
            round=0,
            role=Role.CONTROL,
            arm=Arm.BIG_HELLO,
            check="tls",
            subject=view.site.name,
            probe=context.flow(
                _address(view),
                443,
                view.site.host,
                server_name=view.site.host,
                options=BIG_HELLO,
            ),
            changes="greeting: two segments",
            reason="do greetings of post-quantum size pass here?",
            timeout=PATIENCE,
        )
        tasks += context.tries(base, times=2)
        if not context.dead(base.id):
            break
    return tasks


def plan_foreign_names(context: PlanningContext) -> list[Task]:
    """All that is foreign is dead and domestic sites answer: to any name, or to listed ones?"""
    home = _one_a_network(context.connection.domestic)
    foreign = context.controls.abroad
    if len(home) < 2 or not foreign or _still_open(context):
        return []
    tasks = []
    for view in home[:HOMES]:
        base = Task(
            id=f"d7.home.{view.site.name}",
            round=0,
            role=Role.CONTROL,
            arm=Arm.NEUTRAL_SNI_ELSEWHERE,
            check="tls",
            subject=view.site.name,
            probe=Flow(
                address=_address(view),
                port=443,
                host=foreign[0].host,
                server_name=foreign[0].host,
                trust=None,
            ),
            changes="server name: a foreign one",
            reason="does a domestic server answer when a foreign name is asked for?",
            timeout=PATIENCE,
        )
        tasks += context.tries(base, times=2)
    return tasks


def _still_open(context: PlanningContext) -> bool:
    """Some site abroad has not failed or hung yet."""
    begun = [
        i for s in context.controls.abroad if context.started(i := f"g.site.{s.name}") is not None
    ]
    return not begun or not all(context.dead(i) for i in begun)


def _one_a_network(views: Iterable[SiteView]) -> list[SiteView]:
    picks: dict[str, SiteView] = {}
    for view in views:
        if view.reached:
            picks.setdefault(view.site.network, view)
    return list(picks.values())


def _address(view: SiteView) -> str:
    talks = [t for t in view.reached if ":" not in t.address] or list(view.reached)
    return talks[0].address
