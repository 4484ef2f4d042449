"""Transfers: who moves what and when, so that slow can be told from slowed down."""

from dataclasses import replace

from msgprobe.evidence.transfer_samples import MOVING
from msgprobe.hypotheses.throttling.plan_bursts import plan_volleys, wanted_volleys
from msgprobe.hypotheses.throttling.plan_pairs import plan_contests, plan_later
from msgprobe.hypotheses.throttling.plan_survey import plan_first_look, round_open
from msgprobe.hypotheses.throttling.tasks import (
    asset_hosts,
    drawn_sources,
    page_task,
    wanted_assets,
)
from msgprobe.model.target import Asset, Direction, Service
from msgprobe.model.task import Arm, Lookup, Role, Task
from msgprobe.planning.baseline import first_endpoints
from msgprobe.planning.context import Scene
from msgprobe.planning.controls import lookup
from msgprobe.planning.public_resolvers import SYSTEM
from msgprobe.planning.timetable import OVERDUE, TRAIN_SECONDS


def plan_transfers(scene: Scene) -> list[Task]:
    """Every transfer wanted by now, and the questions for the names."""
    request = scene.request
    pairs = [(s, a) for s in scene.services for a in wanted_assets(s, request)]
    if request.quick or not pairs or not scene.controls.sources or not scene.gate.open:
        return []
    tasks = _names(scene, pairs)
    tasks += [t for s, a in pairs if (t := page_task(scene, s, a)) is not None]
    scene.pending |= {s.name for s, _ in pairs}
    if (scene.pace > 0.0 and not request.throttle) or scene.gate.inspector:
        scene.pending.clear()
        return tasks
    if not _quiet(scene):
        return tasks
    scene.pending.clear()
    ways = {d: [p for p in pairs if p[1].direction is d] for d in Direction}
    first = any(round_open(scene, mine, way) for way, mine in ways.items())
    contests = [] if first else plan_contests(scene, pairs)
    scene.contest_open = bool(scene.pending)
    for direction, mine in ways.items():
        tasks += plan_first_look(scene, mine, direction)
    tasks += contests
    if scene.waiting:
        scene.pending |= {s.name for s, _ in pairs}
    elif not scene.contest_open:
        volleys, going_on = plan_volleys(scene)
        tasks += volleys
        if going_on:
            scene.pending |= {s.name for s in scene.services if wanted_volleys(s, request)}
        elif request.throttle:
            tasks += plan_later(scene, pairs)
    return tasks


def _names(scene: Scene, pairs: list[tuple[Service, Asset]]) -> list[Task]:
    """Hosts of assets that no endpoint of this run asks for, and hosts of sources."""
    tasks = []
    hosts = {(s.name, h): s for s, a in pairs for h in asset_hosts(a)}
    for (_, host), service in hosts.items():
        if all(e.host != host for _, e in first_endpoints(scene, service)):
            tasks.append(
                Task(
                    id=f"t.name.{service.name}.{host}",
                    round=1,
                    role=Role.TARGET,
                    arm=Arm.BASE,
                    check="resolve",
                    subject=service.name,
                    probe=Lookup(name=host, resolver=SYSTEM, families=scene.request.families),
                    reason="where is its asset?",
                    timeout=scene.timeout(),
                )
            )
    neutral = {s.host: s for d in Direction for s in drawn_sources(scene, d)}
    neutral |= {s.host: s for s in scene.controls.sources if s.country is not None}
    for host in neutral:
        task = lookup(
            f"t.name.{host}",
            host,
            SYSTEM,
            Arm.GATE,
            families=scene.request.families,
            why="where is a neutral object to compare with?",
        )
        tasks.append(replace(task, round=1, timeout=scene.timeout()))
    return tasks


def _quiet(scene: Scene) -> bool:
    """Nothing else occupies the line: what still runs is waiting for an answer that is overdue."""
    quiet = bool(scene.facts.talks)
    for running in scene.moment.running.values():
        arm = running.task.arm
        if arm in MOVING:
            continue
        train = TRAIN_SECONDS + (scene.facts.rtt or 0.0)
        due = running.since + (train if arm in (Arm.TRAIN, Arm.NEUTRAL_TRAIN) else OVERDUE)
        if scene.moment.now < due:
            scene.wake(due)
            quiet = False
    started = any(t.task.arm is Arm.TRANSFER_SOURCE for t in scene.facts.talks)
    moving = any(r.task.surveys for r in scene.moment.running.values())
    return quiet or started or moving
