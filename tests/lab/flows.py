"""Conversations as a censor's box sees them: who speaks to whom, and the client's first words."""

from dataclasses import dataclass, field

from tests.lab.content import LONGEST_FIRST_WORDS, Kind, first_words
from tests.lab.packet import ACK, SYN, TCP, UDP, Packet

FlowKey = tuple[int, bytes, int, bytes, int]
"""Protocol, client address and port, far address and port."""
_MOST_FLOWS = 8192


def key_of(packet: Packet, up: bool) -> FlowKey:
    """The flow that ``packet`` belongs to, the same for both directions."""
    if up:
        return packet.proto, packet.src, packet.sport, packet.dst, packet.dport
    return packet.proto, packet.dst, packet.dport, packet.src, packet.sport


@dataclass(slots=True)
class Flow:
    """One conversation. ``base`` is the sequence number of the client's first octet."""

    base: int
    stream: bytes = b""
    """The client's first octets in order, while they are being read."""
    kind: Kind = Kind.UNDECIDED
    name: str | None = None
    in_one_segment: bool = False
    """Whether the first words were complete in the first segment with data."""
    marks: dict[int, object] = field(default_factory=dict)
    """What each action remembers about this flow."""
    _early: dict[int, bytes] = field(default_factory=dict)

    def read(self, packet: Packet) -> None:
        """Takes in a segment from the client, until its first words are understood."""
        offset = (packet.seq - self.base) & 0xFFFFFFFF
        if offset > LONGEST_FIRST_WORDS:
            return
        alone = not self.stream and offset == 0
        self._early[offset] = packet.payload
        for start in sorted(self._early):
            if start <= len(self.stream):
                self.stream += self._early.pop(start)[len(self.stream) - start :]
        self.kind, self.name = first_words(self.stream)
        self.in_one_segment = alone and self.kind is not Kind.UNDECIDED


class FlowTable:
    """The flows now known; the oldest is forgotten when there are too many."""

    def __init__(self) -> None:
        self._flows: dict[FlowKey, Flow] = {}

    def follow(self, packet: Packet, up: bool) -> Flow | None:
        """The flow of a TCP or UDP packet, made on the client's SYN or first datagram."""
        if packet.proto not in (TCP, UDP):
            return None
        key = key_of(packet, up)
        flow = self._flows.get(key)
        if not up:
            return flow
        opens = packet.flags & (SYN | ACK) == SYN if packet.proto == TCP else flow is None
        if opens and (flow is None or flow.base != (packet.seq + 1) & 0xFFFFFFFF):
            if len(self._flows) >= _MOST_FLOWS:
                del self._flows[next(iter(self._flows))]
            flow = self._flows[key] = Flow(base=(packet.seq + 1) & 0xFFFFFFFF)
        if (
            flow is not None
            and packet.proto == TCP
            and flow.kind is Kind.UNDECIDED
            and packet.payload_size
        ):
            flow.read(packet)
        return flow
