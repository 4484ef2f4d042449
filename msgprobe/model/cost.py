"""What a conversation is likely to cost on the wire, before anything is known about it."""

from msgprobe.model.task import Flow, ResolverKind, Task

TYPICAL = 3_100
"""Bytes of a conversation as most are, also of one that hangs, whose greeting is sent again and
again."""

QUIC = 5_500
"""Bytes of a conversation over QUIC, whose greeting fills packets of 1200 (RFC 9000, 14.1)."""

BARE = 400
"""Bytes of a connection that only opens, or does not even open: SYNs, each sent again."""

QUESTION = {ResolverKind.DOH: 5_000, ResolverKind.TCP: 900}
"""Bytes of a question, the resolver's handshake included; as datagrams it is `DATAGRAMS`."""

DATAGRAMS = 250
"""Bytes of a question and its answer as datagrams."""


def likely_bytes(task: Task) -> int:
    """Bytes both ways, headers included."""
    if not isinstance(task.probe, Flow):
        resolver = getattr(task.probe, "resolver", None)
        return 0 if resolver is None else QUESTION.get(resolver.kind, DATAGRAMS)
    if task.check == "connect":
        return BARE
    return QUIC if task.check == "quic" else TYPICAL
