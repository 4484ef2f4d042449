"""Which tasks the runner treats otherwise than the rest."""

from msgprobe.model.task import Arm, Lookup, ResolverKind, Task

TRANSFER = "transfer"
_MOVERS = (TRANSFER, "volley")
"""Checks that move bytes to see how fast they go."""

PROMPT = (Arm.AGAIN, Arm.MONITOR, Arm.NEUTRAL_SNI_ELSEWHERE)
"""Neutral conversations that do not queue for their turn: long after the failure beside which they
stand they would show nothing."""


def moves(task: Task) -> bool:
    """It is a transfer, or the page that names the object of one."""
    return task.check in _MOVERS or task.arm is Arm.TRANSFER_PAGE


def asks_system(task: Task) -> bool:
    """It is a question to the system's resolver, by the system or by ourselves."""
    own = (ResolverKind.SYSTEM, ResolverKind.DIRECT)
    return isinstance(task.probe, Lookup) and task.probe.resolver.kind in own
