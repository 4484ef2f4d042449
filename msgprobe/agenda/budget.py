"""Which of the wanted conversations there are bytes for: what tells most comes first."""

from collections import Counter
from collections.abc import Sequence

from msgprobe.agenda.experiments import EXPERIMENTS, likely_bytes
from msgprobe.evidence.facts import TRIES
from msgprobe.model.cost import TYPICAL
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Role, Task
from msgprobe.planning.baseline import base_tasks, first_endpoints, joined_later
from msgprobe.planning.context import Scene
from msgprobe.planning.experiment import Telling

MOST = 860_000
"""Bytes of a run about four services from which on no experiment and no repeat begins, transfers
not counted: what is under way then ends below a megabyte."""

A_SERVICE = 150_000
"""Bytes more for each service beyond four."""

ON_A_SLOW_LINE = 0.5
"""The share of those bytes that a slow line is burdened with."""

ON_A_LOSSY_LINE = ((0.14, 0.5), (0.075, 0.6), (0.055, 0.75))
"""The share of those bytes for a line on which so large a share of segments had to be sent again:
there a conversation costs more than it should, and those under way will."""

HELD = 64_000
"""Bytes of those that are kept for requests at neutral servers while some conversation dies, or may
turn out to die, after its greeting: nothing else tells what it dies of."""


def affordable(scene: Scene, tasks: Sequence[Task]) -> tuple[Task, ...]:
    """The tasks without those that have not begun and that there are no bytes left for.

    First conversations and controls hold everything else together, and transfers have bounds of
    their own: none of them is ever left out, but for the members that join a pool because others
    failed. What is left out now may come later, when others have cost less than was feared.
    """
    new = [t for t in tasks if _costly(scene, t) and scene.started(t.id) is None]
    left = most_bytes(scene) - scene.moment.spent
    held = (HELD if _may_die_late(scene) else 0) + _promised(scene, tasks)
    turns: Counter[tuple[str, Arm]] = Counter()
    queue: list[tuple[int, int, int, int, Task]] = []
    for number, task in enumerate(new):
        turns[task.subject, task.arm] += 1
        turn = turns[task.subject, task.arm]
        queue.append((_rank(task), task.attempt, turn, number, task))
    dropped: set[str] = set()
    for *_, task in sorted(queue, key=lambda q: q[:4]):
        if task.id in scene.moment.queued:
            continue
        cost = likely_bytes(task)
        if cost > left - (held if _rank(task) > Telling.NAME else 0):
            dropped.add(task.id)
        else:
            left -= cost
    return tuple(t for t in tasks if t.id not in dropped)


def _promised(scene: Scene, tasks: Sequence[Task]) -> int:
    """Bytes of the tries that are still to come where a name dies elsewhere, or another shape of a
    greeting was answered: too few of them would be worth nothing."""
    begun: Counter[str] = Counter()
    for task in tasks:
        if task.arm is Arm.TARGET_SNI_ELSEWHERE and scene.started(task.id) is not None:
            begun[task.first] += TRIES if scene.good(task.id) else 1
    return TYPICAL * (sum(max(0, TRIES - n) for n in begun.values()) + _shapes_to_come(scene))


def _shapes_to_come(scene: Scene) -> int:
    """Greetings of another shape that were answered once, and are to be answered once more."""
    first = [t for t in scene.facts.arm(Arm.OTHER_HELLO) if t.task.attempt == 1]
    answered = {t.task.attempts()[1] for t in first if t.authenticated}
    return sum(scene.started(second) is None for second in answered)


def _rank(task: Task) -> int:
    """Requests under other names settle what dies after a good greeting."""
    swapped = task.arm is Arm.OTHER_SNI and task.check == "https"
    telling = Telling.NAME if swapped else EXPERIMENTS[task.arm].telling
    assert telling is not None  # the others are no part of what is chosen from
    return telling


def _may_die_late(scene: Scene) -> bool:
    """A service's conversation died after a good greeting, or is past it and not over yet."""
    if any(t.dies_after_greeting for t in scene.facts.arm(Arm.BASE)):
        return True
    own = (Arm.BASE, Arm.REPEAT)
    running = scene.moment.running
    return any(i in running and running[i].task.arm in own for i in scene.moment.secured)


def _burdened(scene: Scene) -> bool:
    """The line is slow, far, or loses a lot: even what was promised may cost too much."""
    return scene.lean or _loses(scene) < 1.0


def _costly(scene: Scene, task: Task) -> bool:
    if task.arm is Arm.BASE and (task.subject, task.endpoint) not in joined_later(scene):
        return False
    chosen = EXPERIMENTS[task.arm].telling is not None
    if task.role is not Role.TARGET or not chosen or task.check in ("stun", "volley"):
        return False
    if isinstance(task.probe, Lookup):
        return task.probe.resolver.kind is ResolverKind.DOH
    kept = (Arm.TARGET_SNI_ELSEWHERE, Arm.OTHER_HELLO)
    if task.arm in kept and task.attempt > 1 and not _burdened(scene):
        return False  # promised, and set aside since the first try began
    # A port alone, or one that nobody opens, costs a few SYNs.
    return (
        isinstance(task.probe, Flow) and task.check != "connect" and not _never_opens(scene, task)
    )


def _never_opens(scene: Scene, task: Task) -> bool:
    """A repeat of what did not even connect, or a member that joins a service of which nothing
    connects in that protocol. Not on a line that comes and goes: there it may open well."""
    if task.check == "quic" or scene.started("look.1") is not None:
        return False  # datagrams open nothing, and those of QUIC are large
    if task.arm is not Arm.BASE:
        return task.attempt_of is not None and _unopened(scene, task.attempt_of)
    (service,) = [s for s in scene.services if s.name == task.subject]
    bases = [t for _, e in first_endpoints(scene, service) for t in base_tasks(scene, service, e)]
    alike = [t.id for t in bases if t.check == task.check and scene.started(t.id) is not None]
    return bool(alike) and all(_unopened(scene, i) for i in alike)


def _unopened(scene: Scene, task_id: str) -> bool:
    talk = scene.talk(task_id)
    return task_id not in scene.moment.opened if talk is None else not talk.connected


def most_bytes(scene: Scene) -> float:
    """Bytes of conversations from which on nothing that is left to choose begins any more."""
    most: float = MOST + A_SERVICE * max(0, len(scene.services) - 4)
    return most * _loses(scene) * (ON_A_SLOW_LINE if scene.pace or scene.choking else 1.0)


def _loses(scene: Scene) -> float:
    """The share of `ON_A_LOSSY_LINE` for this line; 1 where next to nothing is lost."""
    again = scene.sent_again
    return next((share for least, share in ON_A_LOSSY_LINE if again >= least), 1.0)
