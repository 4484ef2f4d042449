"""D13: a name whose conversations freeze together is tried once more when none other names it.

Some boxes freeze several ClientHellos that name one host at the same time, and let a single one
pass.
"""

from collections.abc import Iterator
from dataclasses import replace

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.transfer_samples import MOVING
from msgprobe.hypotheses.tls_fingerprint.rules import froze
from msgprobe.model.cost import ENDPOINT
from msgprobe.model.hello import OPTION
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Lookup, Task
from msgprobe.planning.context import PlanningContext, gap
from msgprobe.planning.controls import troubled
from msgprobe.planning.experiment import Experiment, Telling
from msgprobe.planning.name_swaps import dying_later, dying_names
from msgprobe.planning.patience import was_alone
from msgprobe.planning.shared_experiments import SERVICES
from msgprobe.planning.suspects import Suspect, suspects
from msgprobe.planning.timetable import CROWD, PROMPT, QUIET_BEFORE_ALONE

EXPERIMENTS = tuple(
    Experiment(arm, ENDPOINT, Telling.CROWD, SERVICES) for arm in (Arm.ALONE, Arm.TOGETHER)
)


def plan_concurrency(context: PlanningContext) -> list[Task]:
    """The first name of each pool whose conversations froze side by side, once nothing names it.

    Also where the name froze at a neutral server too, for that was not alone either; not where a
    ClientHello of another shape is answered.
    """
    if not context.connection.open or not context.roomy or troubled(context):
        return []
    tasks: list[Task] = []
    for service in context.services:
        pools: set[str] = set()
        found = suspects(context, service)
        dying = dying_names(context, found)
        for key, later in dying_later(context, found).items():
            dying[key] = [*dying.get(key, ()), *later]
        for (pool, host), group in dying.items():
            if pool in pools or not _froze_together(context, service, host):
                continue
            if _shape_matters(context, service, host):
                continue
            pools.add(pool)
            sure = [s for s in group if context.started(s.task.attempts()[-1]) is not None]
            tasks += _steps(context, service, sure or group, host)
    return tasks


def _froze_together(context: PlanningContext, service: Service, host: str) -> bool:
    """Two conversations or more that named the host froze at overlapping times, and it is not known
    that the first froze all alone."""
    conversations = [t for t in _named(context, service, host) if froze(t)]
    if was_alone(context, conversations):
        return False
    windows = [context.facts.window(t) for t in conversations]
    return any(
        a.start < b.end and b.start < a.end for n, a in enumerate(windows) for b in windows[n + 1 :]
    )


def _named(context: PlanningContext, service: Service, host: str) -> list[Conversation]:
    """The service's own conversations, as the messenger holds them, that named the host."""
    mine = context.facts.arm(Arm.BASE, Arm.REPEAT, subject=service.name)
    return [t for t in mine if t.flow.server_name == host]


def _shape_matters(context: PlanningContext, service: Service, host: str) -> bool:
    """A ClientHello of one other shape was answered more than once, which is no luck."""
    other = context.facts.arm(Arm.OTHER_HELLO, subject=service.name)
    answered = [t.flow.option(OPTION) for t in other if t.flow.server_name == host and t.genuine]
    return len(answered) > len(set(answered))


def _steps(
    context: PlanningContext, service: Service, group: list[Suspect], host: str
) -> Iterator[Task]:
    """One alone, as many together as at first, one alone again; each once all is quiet, and as
    long as it goes as it would where somebody counts."""
    first = min(group, key=lambda s: s.task.id)
    at_once = len([t for t in _named(context, service, host) if t.task.arm is Arm.BASE])
    crowd = [group[n % len(group)] for n in range(max(CROWD, at_once))]
    steps = (
        (Arm.ALONE, [first], "does it work when it is the only one?"),
        (Arm.TOGETHER, crowd, "do those at the same time freeze again?"),
        (Arm.ALONE, [first], "does a single one work again?"),
    )
    for step, (arm, chosen, reason) in enumerate(steps, start=1):
        tasks = [
            _task(context, service, s, arm, f"{step}.{n}", reason) for n, s in enumerate(chosen)
        ]
        if context.started(tasks[0].id) is None and not _quiet(context, service, host):
            return
        yield from tasks
        if any(context.ended(t.id) is None for t in tasks):
            return
        well = sum(context.good(t.id) for t in tasks)
        # The first of a crowd may be through before the others come.
        if (2 * well >= len(tasks)) if arm is Arm.TOGETHER else (well < len(tasks)):
            return


def _task(
    context: PlanningContext, service: Service, s: Suspect, arm: Arm, number: str, reason: str
) -> Task:
    alone = arm is Arm.ALONE
    rtt = context.facts.rtt or 0.0
    return replace(
        s.task,
        id=f"d13.{service.name}.{s.endpoint.host}.{number}",
        round=2,
        arm=arm,
        attempt=1,
        changes="alone: nothing else names the host" if alone else "several at the same time",
        reason=reason,
        timeout=min(gap(s.task) + 1.0, max(PROMPT + 10.0 * rtt, 8.0 * context.typical)),
    )


def _names(task: Task, host: str) -> bool:
    """It tells somebody on the way that it is about the host, whose port alone it may try."""
    if isinstance(task.probe, Lookup):
        return task.probe.name == host
    return isinstance(task.probe, Flow) and (task.probe.server_name or task.probe.host) == host


def _quiet(context: PlanningContext, service: Service, host: str) -> bool:
    """Nothing that names the host is under way, and whatever named it last ended a while ago.

    Repeats overlap, for what freezes takes longer to end than the next takes to begin: when
    nothing is under way any more, they are over.
    """
    for running in context.moment.running.values():
        task = running.task
        if task.subject == service.name and (task.arm in MOVING or _names(task, host)):
            return False
    ends = [
        m.window.end
        for m in context.facts.measurements
        if isinstance(m.task.probe, Flow) and m.task.probe.server_name == host
    ]
    return context.due(max(ends, default=0.0), QUIET_BEFORE_ALONE)
