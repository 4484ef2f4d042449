"""Nothing abroad answers: what passes all the same, a port that routers need, or chosen names?"""

from random import Random

from msgprobe.model.task import Arm, Flow, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import all_dead, foreign_sites, reached_sites
from msgprobe.planning.purpose import Purpose
from msgprobe.planning.timetable import HOLE_HOSTS, HOMES, PATIENCE

_PASSES = "everything is dead: does a port that routers need still pass?"
_PORT = Purpose(Arm.HOLE, "connect", _PASSES, 0, "port")
_ECHOED = "everything is dead: does an ICMP echo still pass?"
_ECHO = Purpose(Arm.HOLE, "ping", _ECHOED, 0, "protocol: ICMP")
_NAMED = "does a domestic server answer when a foreign name is asked for?"
_RENAMED = Purpose(Arm.NEUTRAL_SNI_ELSEWHERE, "tls", _NAMED, 0, "server name: a foreign one")


def plan_holes(context: PlanningContext) -> list[Task]:
    """Every site is dead or hangs: do the ports that routers need still pass?"""
    sites = foreign_sites(context.controls, context.request)
    with_address = [s for s in sites if any(":" not in a for a in s.addresses)]
    waiting = [s for s in with_address if not context.dead(f"g.site.{s.name}")]
    if not with_address or waiting or context.connection.networks(context.connection.abroad):
        return []
    rng = Random(context.request.seed)
    tasks = []
    for site in with_address[:HOLE_HOSTS]:
        address = next(a for a in site.addresses if ":" not in a)
        flow = Flow(address=address, port=0, trust=None)
        tasks.append(_ECHO.task(f"g.hole.{site.name}.icmp", site.name, flow, PATIENCE))
        ports = list(context.controls.holes)
        rng.shuffle(ports)
        for port in ports:
            flow = Flow(address=address, port=port, trust=None)
            tasks.append(_PORT.task(f"g.hole.{site.name}.{port}", site.name, flow, PATIENCE))
    return tasks


def plan_foreign_names(context: PlanningContext) -> list[Task]:
    """All that is foreign is dead and domestic sites answer: to any name, or to listed ones?"""
    home = reached_sites(context.connection.domestic)
    foreign = context.controls.abroad
    if len(home) < 2 or not foreign or not all_dead(context, foreign):
        return []
    name = foreign[0].host
    tasks = []
    for site, address in home[:HOMES]:
        flow = Flow(address=address, port=443, host=name, server_name=name, trust=None)
        base = _RENAMED.task(f"d7.home.{site.name}", site.name, flow, PATIENCE)
        tasks += context.tries(base, times=2)
    return tasks
