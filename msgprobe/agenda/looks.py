"""Looks that are smaller than a run: of what a whole run would want, only some experiments.

What they leave out they cannot tell: a failure is seen, and what it is due to is left to a run.
"""

from dataclasses import replace

from msgprobe.model.task import Arm, Lookup, ResolverKind, Task
from msgprobe.planning.moment import Agenda

PULSE = frozenset(
    (
        *(Arm.CONNECTION, Arm.BASE, Arm.REPEAT, Arm.HOLE),
        *(Arm.OTHER_RESOLVER, Arm.OTHER_QUERY, Arm.NON_RESOLVER),
    )
)
"""The look at the connection, what still passes where all is dead, first conversations; and where a
name fails, what others say of it: without that its own servers' answer might be taken for a lie."""

TRANSFER = PULSE | frozenset(
    (
        *(Arm.TRANSFER, Arm.TRANSFER_PAGE, Arm.TRANSFER_SOURCE),
        *(Arm.TRANSFER_NEUTRAL_SNI, Arm.TRANSFER_TARGET_SNI),
    )
)
"""Those, and transfers in pairs with neutral ones."""


def pulse(wanted: Agenda) -> Agenda:
    """First conversations and their repeats; nothing that looks into a failure."""
    return replace(wanted, tasks=tuple(_small(t) for t in wanted.tasks if _in_pulse(t)))


def _in_pulse(task: Task) -> bool:
    """Of neutral names the system's resolver alone is asked."""
    if task.arm is not Arm.CONNECTION or not isinstance(task.probe, Lookup):
        return task.arm in PULSE
    return task.probe.resolver.kind is ResolverKind.SYSTEM


def _small(task: Task) -> Task:
    """A neutral site proves itself in its handshake: a page tells no more, and costs a third."""
    neutral = task.arm is Arm.CONNECTION and task.check == "https"
    return replace(task, check="tls") if neutral else task


def transfer(wanted: Agenda) -> Agenda:
    """The same, every object moved once, and pairs where one was slow."""
    tasks = (t for t in wanted.tasks if t.arm in TRANSFER)
    return replace(wanted, tasks=tuple(t for t in tasks if not (t.surveys and t.attempt_of)))
