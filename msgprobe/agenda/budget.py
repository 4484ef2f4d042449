"""Which of the wanted conversations there are bytes for: what tells most comes first."""

from collections import Counter
from collections.abc import Mapping, Sequence

from msgprobe.agenda.experiments import EXPERIMENTS, likely_bytes
from msgprobe.evidence.crowding import crowded_out
from msgprobe.evidence.facts import TRIES
from msgprobe.model.cost import TYPICAL
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Role, Task, attempt_ids
from msgprobe.planning.baseline import base_tasks, first_endpoints, joined_later
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.experiment import Telling
from msgprobe.planning.timetable import MANY_HANDSHAKES

MOST = 860_000
"""Bytes of a run about four services from which on no experiment and no repeat begins, transfers
not counted: what is under way then ends below a megabyte."""

A_SERVICE = 150_000
"""Bytes more for each service beyond four."""

ON_A_SLOW_LINE = 0.5
"""The share of those bytes that a slow line is burdened with."""

ON_A_LOSSY_LINE = ((0.14, 0.7), (0.075, 0.85), (0.055, 0.95))
"""The share of those bytes for a line on which so large a share of segments had to be sent again:
there a conversation costs more than it should, and those under way will."""

COUNTED = (Arm.SHARE, Arm.SHARE_ELSEWHERE)
"""The experiments that count handshakes."""

_FIRST_NAMES: Mapping[Arm, Arm] = {
    Arm.TARGET_SNI_ELSEWHERE: Arm.TARGET_SNI_ELSEWHERE,
    Arm.ALONE: Arm.ALONE,
    Arm.TOGETHER: Arm.ALONE,
}
"""For whose first name of a service bytes are kept, with the step that they begin with."""

CHEAP = 4_500
"""Bytes of a conversation in which nothing was answered: a ClientHello, sent seven times."""

FEW = 2_500
"""Bytes of one that was ended at its ClientHello, or whose few words, sent again and again, are no
more than that."""

ENDED = ("tls.reset", "tls.eof", "tls.alert")
"""How a conversation is ended at its ClientHello."""

HELD = 64_000
"""Bytes of those that are kept for requests at neutral servers while some conversation dies, or may
turn out to die, after its handshake: nothing else tells what it dies of."""


def affordable(context: PlanningContext, tasks: Sequence[Task]) -> tuple[Task, ...]:
    """The tasks without those that have not begun and that there are no bytes left for.

    First conversations and controls hold everything else together, and transfers have bounds of
    their own: none of them is ever left out, but for the members that join a pool because others
    failed. What is left out now may come later, when others have cost less than was feared.
    """
    joined = joined_later(context)
    usual = _usual_to_come(context, tasks)
    new = [
        t
        for t in tasks
        if context.started(t.id) is None
        and _costly(context, t, joined)
        and (t.first not in usual or _burdened(context))
    ]
    left = most_bytes(context) - context.moment.spent
    held = (HELD if _may_die_late(context) else 0) + _promised(context, tasks, usual)
    turns: Counter[tuple[str, Arm]] = Counter()
    queue: list[tuple[int, int, int, int, Task]] = []
    for number, task in enumerate(new):
        turns[task.subject, task.arm] += 1
        turn = turns[task.subject, task.arm]
        queue.append((_rank(task), task.attempt, turn, number, task))
    dropped: set[str] = set()
    for *_, task in sorted(queue, key=lambda q: q[:4]):
        if task.id in context.moment.queued:
            continue
        cost = likely_bytes(task)
        if cost > left - (held if _rank(task) > Telling.NAME else 0):
            dropped.add(task.id)
        else:
            left -= cost
    return tuple(t for t in tasks if t.id not in dropped)


def most_telling(context: PlanningContext, tasks: Sequence[Task], most: int) -> tuple[Task, ...]:
    """The tasks that have begun, controls that do not wait, and of the others the first ``most``:
    the look at the connection and first conversations, then each experiment with each service by
    turns, what tells most first; of repeats, without which nothing is sure, three in a turn."""
    joined = joined_later(context)
    turns: Counter[tuple[str, Arm]] = Counter()
    queue: list[tuple[bool, int, int, int, str]] = []
    for number, task in enumerate(tasks):
        if context.started(task.id) is not None or task.arm in (Arm.AGAIN, Arm.MONITOR):
            continue
        later = task.arm is Arm.BASE and (task.subject, task.endpoint) in joined
        late = task.round > 1 or later or (task.attempt > 1 and isinstance(task.probe, Flow))
        telling = EXPERIMENTS[task.arm].telling or 0
        turns[task.subject, task.arm] += 1
        turn = turns[task.subject, task.arm] // (TRIES if task.arm is Arm.REPEAT else 1)
        queue.append((late, turn if late else 0, telling, number, task.id))
    dropped = {task_id for *_, task_id in sorted(queue)[most:]}
    return tuple(t for t in tasks if t.id not in dropped)


def _promised(context: PlanningContext, tasks: Sequence[Task], usual: Mapping[str, int]) -> int:
    """Bytes of the tries that are still to come where a name dies elsewhere, another shape of a
    ClientHello was answered, or a share is counted: too few of them would be worth nothing."""
    begun: Counter[str] = Counter()
    for task in tasks:
        if task.arm is Arm.TARGET_SNI_ELSEWHERE and context.started(task.id) is not None:
            begun[task.first] += TRIES if context.good(task.id) else 1
    tries = sum(max(0, TRIES - n) for n in begun.values())
    tries += sum(usual.values())
    return TYPICAL * (tries + _shapes_to_come(context) + _shares_to_come(context, tasks))


def _shares_to_come(context: PlanningContext, tasks: Sequence[Task]) -> int:
    """Handshakes that are still to be counted, of names that fail now and then: fewer tell less."""
    counted = [t for t in tasks if t.arm in COUNTED]
    begun = sum(context.started(t.id) is not None for t in counted)
    return len({(t.subject, t.pair) for t in counted}) * 2 * MANY_HANDSHAKES - begun


def _shapes_to_come(context: PlanningContext) -> int:
    """ClientHellos of another shape that were answered once, and are to be answered once more."""
    first = [t for t in context.facts.arm(Arm.OTHER_HELLO) if t.task.attempt == 1]
    answered = {t.task.attempts()[1] for t in first if t.authenticated}
    return sum(context.started(second) is None for second in answered)


def _usual_to_come(context: PlanningContext, tasks: Sequence[Task]) -> dict[str, int]:
    """How often the usual ClientHello is still to be repeated where another shape was answered,
    by the conversation that is repeated: an answer proves nothing beside too few failures."""
    answered = {
        (t.task.subject, t.task.endpoint, t.flow.address)
        for t in context.facts.arm(Arm.OTHER_HELLO)
        if t.authenticated
    }
    return {
        t.id: sum(context.started(i) is None for i in t.attempts()[:TRIES])
        for t in tasks
        if t.arm is Arm.BASE
        and isinstance(t.probe, Flow)
        and (t.subject, t.endpoint, t.probe.address) in answered
    }


def _rank(task: Task) -> int:
    """Requests under other names settle what dies after a good handshake."""
    swapped = task.arm is Arm.OTHER_SNI and task.check == "https"
    telling = Telling.NAME if swapped else EXPERIMENTS[task.arm].telling
    assert telling is not None  # the others are no part of what is chosen from
    return telling


def _may_die_late(context: PlanningContext) -> bool:
    """A service's conversation died after a good handshake, or is past it and not over yet."""
    if any(t.dies_after_handshake for t in context.facts.arm(Arm.BASE)):
        return True
    own = (Arm.BASE, Arm.REPEAT)
    running = context.moment.running
    return any(i in running and running[i].task.arm in own for i in context.moment.secured)


def _burdened(context: PlanningContext) -> bool:
    """The line is slow, far, or loses a lot: even what was promised may cost too much."""
    return context.sparing or _loses(context) < 1.0


def _costly(context: PlanningContext, task: Task, joined: frozenset[tuple[str, str]]) -> bool:
    if task.arm is Arm.BASE and (task.subject, task.endpoint) not in joined:
        return False
    if task.arm is Arm.WORDS_ELSEWHERE or _kept_out(context, task):
        return False  # a few bytes, that nobody acknowledges or that end the conversation
    chosen = EXPERIMENTS[task.arm].telling is not None
    if task.role is not Role.TARGET or not chosen or task.check in ("stun", "volley"):
        return False
    if isinstance(task.probe, Lookup):
        return task.probe.resolver.kind is ResolverKind.DOH
    if _set_aside(context, task) and not _burdened(context):
        return False
    # A port alone, or one that nobody opens, costs a few SYNs.
    if not isinstance(task.probe, Flow) or task.check == "connect":
        return False
    return not _never_opens(context, task) and not _small_change(context, task)


def _kept_out(context: PlanningContext, task: Task) -> bool:
    """It is a first conversation that our own crowd has kept out so far: its bytes were not spent
    yet."""
    if not context.crowded or task.arm is not Arm.REPEAT:
        return False
    before = (context.conversation(i) for i in attempt_ids(task.first, task.attempt - 1))
    known = [t for t in before if t is not None]
    return bool(known) and all(map(crowded_out, known))


def _small_change(context: PlanningContext, task: Task) -> bool:
    """It asks once more what was ended at the first word, or met silence and cost as little, or
    shows a neutral server once more a name that met either there: the first time proves nothing
    without the others, and these cost no more."""
    if task.arm not in (Arm.TARGET_SNI_ELSEWHERE, Arm.REPEAT) or task.attempt_of is None:
        return False
    first = context.ended(task.attempt_of)
    conversation = context.conversation(task.attempt_of)
    if first is None or conversation is None:
        return False
    cost = first.bytes_sent + first.bytes_received
    ended = conversation.symptom in ENDED
    most = FEW if ended or task.arm is Arm.REPEAT else CHEAP
    return (ended or conversation.met_silence) and cost <= most


def _set_aside(context: PlanningContext, task: Task) -> bool:
    """Bytes are kept for it: few names of a run, and what was promised when a first try began. What
    is silent over QUIC tells nothing before one name was said elsewhere, which is one a service.
    Nor is it known who minds a name before a neutral server was shown the first of a service; and a
    step that is tried alone and in company tells only beside the others, which come when all else
    has been paid for."""
    promised = task.arm in (Arm.TARGET_SNI_ELSEWHERE, Arm.OTHER_HELLO) and task.attempt > 1
    few = task.arm in (*COUNTED, Arm.QUIC_ELSEWHERE)
    return few or promised or _of_the_first_name(context, task)


def _of_the_first_name(context: PlanningContext, task: Task) -> bool:
    """It is of an experiment for whose first name of a service bytes are kept, and bears that name,
    or would be the first."""
    begins_with = _FIRST_NAMES.get(task.arm)
    if begins_with is None:
        return False
    begun = [t for t in context.known_tasks if t.arm is begins_with and t.subject == task.subject]
    return not begun or begun[0].flow.server_name == task.flow.server_name


def _never_opens(context: PlanningContext, task: Task) -> bool:
    """A repeat of what did not even connect, or a member that joins a service of which nothing
    connects in that protocol. Not on a line that comes and goes: there it may open well."""
    if task.check == "quic" or context.started("look.1") is not None:
        return False  # datagrams open nothing, and those of QUIC are large
    if task.arm is not Arm.BASE:
        return task.attempt_of is not None and _unopened(context, task.attempt_of)
    (service,) = [s for s in context.services if s.name == task.subject]
    bases = [
        t for _, e in first_endpoints(context, service) for t in base_tasks(context, service, e)
    ]
    alike = [t.id for t in bases if t.check == task.check and context.started(t.id) is not None]
    return bool(alike) and all(_unopened(context, i) for i in alike)


def _unopened(context: PlanningContext, task_id: str) -> bool:
    conversation = context.conversation(task_id)
    return (
        task_id not in context.moment.opened if conversation is None else not conversation.connected
    )


def most_bytes(context: PlanningContext) -> float:
    """Bytes of conversations from which on nothing that is left to choose begins any more."""
    most: float = MOST + A_SERVICE * max(0, len(context.services) - 4)
    return most * _loses(context) * (ON_A_SLOW_LINE if context.pace or context.choking else 1.0)


def _loses(context: PlanningContext) -> float:
    """The share of `ON_A_LOSSY_LINE` for this line; 1 where next to nothing is lost."""
    again = context.line_loses
    return next((share for least, share in ON_A_LOSSY_LINE if again >= least), 1.0)
