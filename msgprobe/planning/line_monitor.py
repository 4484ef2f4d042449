"""The line seems to come and go: neutral sites time and again for a while, to see it change."""

from dataclasses import replace
from random import Random

from msgprobe.evidence.outages import QUIET, Stretches, Wait
from msgprobe.model.control import Site
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.planning.baseline import base_tasks, first_endpoints
from msgprobe.planning.context import Scene
from msgprobe.planning.timetable import (
    LAST_CONTROLS,
    MONITOR_EVERY,
    MONITOR_MOST,
    MONITOR_PATIENCE,
    MONITOR_UNTIL,
    STEADY,
    STUCK,
)


def troubled(scene: Scene) -> bool:
    """Neutral sites fail just now: what is tried meanwhile shows nothing, and loads the line."""
    talks = [t for _, t in scene.facts.site_talks(Arm.AGAIN, Arm.LOOK_ON) if t.tcp is not None]
    talks.sort(key=lambda t: scene.facts.by_id[t.task.id].window.end)
    last = talks[-LAST_CONTROLS:]
    failed = sum(t.symptom is not None for t in last)
    return len(last) >= LAST_CONTROLS - 1 and 2 * failed > len(last)


def plan_look_on(scene: Scene) -> list[Task]:
    """Looks as they fall due; then the services once more that failed while the line was dead."""
    begun = [i for n in range(1, MONITOR_MOST + 1) if scene.started(i := f"look.{n}") is not None]
    stretches = _so_far(scene)
    if not begun and not (stretches.dead and stretches.life) and not _stuck(scene):
        _think_again(scene)
        return []
    return [*_looks(scene, stretches, len(begun)), *_once_more(scene, stretches)]


def _think_again(scene: Scene) -> None:
    """Look again when a neutral conversation under way will have been silent for long enough."""
    for begun in _waiting(scene).values():
        if scene.moment.now < begun + QUIET:
            scene.wake(begun + QUIET + 0.01)


def _stuck(scene: Scene) -> bool:
    """A neutral transfer takes far longer than on a line like this: does anything else answer?"""
    if scene.lean:
        return False
    abroad = {s.name for s in scene.controls.sources if s.country is None}
    for running in scene.moment.running.values():
        if running.task.surveys and running.task.subject in abroad:
            if scene.moment.now >= running.since + STUCK:
                return True
            scene.wake(running.since + STUCK + 0.01)
    return False


def _waiting(scene: Scene) -> dict[str, float]:
    """When conversations under way with sites that had answered before began, by site."""
    names = {v.site.name for v in scene.gate.abroad if v.reached}
    found = {}
    for running in scene.moment.running.values():
        name = running.task.subject
        if name in names and running.task.first in (f"g.site.{name}", f"again.{name}"):
            found[name] = running.since
    return found


def _so_far(scene: Scene) -> Stretches:
    network = {s.name: s.network for s in scene.controls.sites}
    pending = [
        Wait(start=begun, end=scene.moment.now, network=network[name])
        for name, begun in _waiting(scene).items()
    ]
    return Stretches(scene.facts, pending)


def _looks(scene: Scene, stretches: Stretches, number: int) -> list[Task]:
    sites = _known(scene)
    if not sites:
        return []
    tasks = [_look(scene, n, *sites[n % len(sites)]) for n in range(1, number + 1)]
    over = number >= MONITOR_MOST or scene.moment.now > MONITOR_UNTIL
    if over or _enough(scene, stretches, number):
        return tasks
    last = scene.started(f"look.{number}") if number else None
    due = scene.moment.now if last is None else last + MONITOR_EVERY
    if scene.moment.now < due:
        scene.wake(due)
        return tasks
    return [*tasks, _look(scene, number + 1, *sites[(number + 1) % len(sites)])]


def _enough(scene: Scene, stretches: Stretches, number: int) -> bool:
    """It changed twice, or has worked again for a while."""
    steady = number >= STEADY and all(
        scene.good(f"look.{n}") for n in range(number - STEADY + 1, number + 1)
    )
    return steady or (stretches.changes >= 2 and number >= 2 and scene.good(f"look.{number}"))


def _known(scene: Scene) -> list[tuple[Site, str]]:
    """Sites that answered at some time, one a network, in an order of this run's own."""
    picks: dict[str, tuple[Site, str]] = {}
    for view in scene.gate.abroad:
        talks = [t for t in view.reached if ":" not in t.address] or list(view.reached)
        if talks:
            picks.setdefault(view.site.network, (view.site, talks[0].address))
    sites = [picks[n] for n in sorted(picks)]
    Random(f"{scene.request.seed}/look").shuffle(sites)
    return sites


def _look(scene: Scene, number: int, site: Site, address: str) -> Task:
    return Task(
        id=f"look.{number}",
        round=2,
        role=Role.CONTROL,
        arm=Arm.LOOK_ON,
        check="tls",
        subject=site.name,
        probe=scene.flow(address, 443, site.host, server_name=site.host),
        reason="neutral sites fell silent together: does the connection come and go?",
        timeout=MONITOR_PATIENCE,
        attempt=number,
    )


def _once_more(scene: Scene, stretches: Stretches) -> list[Task]:
    """What failed while the line was dead is tried once more when it works again."""
    back = [s.end for s in stretches.dead if s.after]
    if not back or any(not s.after for s in stretches.dead) or not scene.gate.open:
        return []
    tasks = []
    for service in scene.services:
        for _, endpoint in first_endpoints(scene, service):
            for base in base_tasks(scene, service, endpoint):
                again = f"{base.id}#again"
                ids = base.attempts()
                talks = [t for i in ids if (t := scene.talk(i)) is not None]
                if any(t.genuine for t in talks) or any(i in scene.moment.running for i in ids):
                    continue
                if scene.started(again) is not None or any(stretches.spoilt(t) for t in talks):
                    assert isinstance(base.probe, Flow)
                    tasks.append(
                        replace(
                            base,
                            id=again,
                            arm=Arm.REPEAT,
                            attempt=4,
                            reason=f"the line was dead before: {base.reason}",
                        )
                    )
    return tasks
