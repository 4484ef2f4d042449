"""Which tasks the runner treats otherwise than the rest."""

from msgprobe.model.task import Arm, Lookup, ResolverKind, Task

TRANSFER = "transfer"
_MOVERS = (TRANSFER, "volley")
"""Checks that move bytes to see how fast they go."""

PROMPT = (Arm.AGAIN, Arm.MONITOR, Arm.NEUTRAL_SNI_ELSEWHERE)
"""Neutral conversations that do not queue for their turn: long after the failure beside which they
stand they would show nothing."""

_LIGHT = ("connect", "ping", "stun")
"""Checks that send a packet or two."""

_DATAGRAM = (ResolverKind.SYSTEM, ResolverKind.DIRECT, ResolverKind.UDP)
"""Ways of asking that take a datagram each way."""

PAGE, QUIC, LIGHT = 5.0, 2.0, 0.1
"""How many times as much as a conversation over TLS a page of 20 kB costs, the padded first flight
of QUIC (which goes up, where lines carry least), and a packet or two."""


def moves(task: Task) -> bool:
    """It is a transfer, or the page that names the object of one."""
    return transfers(task) or task.arm is Arm.TRANSFER_PAGE


def transfers(task: Task) -> bool:
    """It moves bytes to see how fast they go."""
    return task.check in _MOVERS


def weight(task: Task) -> float:
    """How many times as much as a conversation over TLS it costs."""
    if task.arm is Arm.TRANSFER_PAGE:
        return PAGE
    probe = task.probe
    asks = isinstance(probe, Lookup) and probe.resolver.kind in _DATAGRAM
    return LIGHT if asks or task.check in _LIGHT else QUIC if task.check == "quic" else 1.0


def asks_system(task: Task) -> bool:
    """It is a question to the system's resolver, by the system or by ourselves."""
    own = (ResolverKind.SYSTEM, ResolverKind.DIRECT)
    return isinstance(task.probe, Lookup) and task.probe.resolver.kind in own
