"""What a conversation is likely to cost on the wire, before anything is known about it: bytes both
ways, headers included."""

from typing import NamedTuple

from msgprobe.model.task import Lookup, ResolverKind, Task

TYPICAL = 3_100
"""A conversation as most are, also one that hangs, whose ClientHello is sent again and again."""

QUIC = 5_500
"""A conversation over QUIC, whose ClientHello fills packets of 1200 (RFC 9000, 14.1)."""

BARE = 400
"""A connection that only opens, or does not even open: SYNs, each sent again."""

QUESTIONS = {ResolverKind.DOH: 5_000, ResolverKind.TCP: 900}
"""A question, the resolver's handshake included; as datagrams it is `DATAGRAMS`."""

DATAGRAMS = 250
"""A question and its answer as datagrams."""


class Use(NamedTuple):
    """A check (empty: the endpoint's own), and the bytes that a conversation is likely to cost."""

    check: str
    conversation: int = TYPICAL

    def likely_bytes(self, task: Task) -> int:
        """Bytes on the wire; those of a question are by how it is asked."""
        if isinstance(task.probe, Lookup):
            return QUESTIONS.get(task.probe.resolver.kind, DATAGRAMS)
        return self.conversation


LOCAL, PORT, OVER_QUIC = Use("local", 0), Use("connect", BARE), Use("quic", QUIC)
RESOLVE, TLS, HTTPS, PAGE = Use("resolve"), Use("tls"), Use("https"), Use("page")
MODERN = (TLS, Use("http2"))
"""Whatever has the ClientHello of a modern client."""
STUN, PING, MOVE, VOLLEY = Use("stun"), Use("ping"), Use("transfer"), Use("volley")
ENDPOINT = (Use(""), PORT, OVER_QUIC)
"""Whatever the endpoint's own check is."""
