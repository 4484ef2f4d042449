"""`Cut`: a connection that is ended after so many bytes, by silence, a reset or an end."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from tests.lab import packet as ip
from tests.lab.censor import Action, Match
from tests.lab.content import Kind, covers
from tests.lab.enforce import Bench, Injection
from tests.lab.flows import Flow
from tests.lab.packet import ACK, FIN, RST, TCP, Packet

_BOTH_WAYS: Final = Match(direction="both")
End = Literal["silence", "rst", "fin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(Action):
    """Ends a TCP connection at the first segment that begins ``after_bytes`` octets or more into
    what one side sends: the server, or the client where ``counted`` is "up".

    With ``names`` (as in `tests.lab.censor.OnSni`) only connections whose ClientHello bears one of
    them, else all that ``match`` fits. The end: ``silence`` (nothing passes either way any more),
    ``rst`` (resets to both sides) or ``fin`` (an end in the server's name, a reset to the server).
    """

    match: Match = _BOTH_WAYS
    names: tuple[str, ...] = ()
    after_bytes: int = 16_000
    counted: Literal["down", "up"] = "down"
    end: End = "silence"

    def __post_init__(self) -> None:
        if self.end not in get_args(End):
            raise ValueError(f"{self.name}.end: unknown {self.end!r}; known: {get_args(End)}")


@dataclass(slots=True)
class _Course:
    """What is remembered of a connection: the number of the first octet counted, whether it was
    cut, and what the client last said it expects."""

    base: int | None = None
    cut: bool = False
    expected: int = 0


class CutEnforcer:
    """Counts by sequence numbers, so that what is sent again counts once."""

    def __init__(self, action: Cut, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._fits = bench.matcher(action.match)

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        if packet.proto != TCP or flow is None or not self._fits.flow(packet, up):
            return packet
        in_time = self._fits.in_time(now)
        course = flow.marks.setdefault(id(self), _Course())
        assert isinstance(course, _Course)
        if course.cut:
            return self._ended(packet, up)
        counted = up == (self._action.counted == "up")
        if not counted or not packet.payload_size or not in_time:
            return packet
        if course.base is None:
            course.base = packet.seq
        so_far = (packet.seq - course.base) & 0xFFFFFFFF
        if so_far < self._action.after_bytes or so_far >= 1 << 31 or not self._named(flow):
            return packet
        course.cut = True
        self._bench.fired[self._action.name] += 1
        return self._ended(packet, up)

    def _named(self, flow: Flow) -> bool:
        names = self._action.names
        return not names or (flow.kind is Kind.TLS and covers(names, flow.name))

    def _ended(self, packet: Packet, up: bool) -> Packet | None:
        """What becomes of a packet of a connection that was cut; each is answered anew, for what
        was said before may have been lost."""
        if self._action.end == "silence" or packet.flags & RST:
            return None
        word = RST if self._action.end == "rst" else FIN
        if not up:  # in its place and turn, behind what passed before
            ends = (packet.src, packet.sport), (packet.dst, packet.dport)
            self._reset_server((packet.dst, packet.dport), (packet.src, packet.sport), packet.ack)
            return ip.parse(ip.tcp(*ends, (packet.seq, packet.ack), word | ACK), 0)
        after = packet.seq + packet.payload_size + bool(packet.flags & FIN)
        ends = (packet.dst, packet.dport), (packet.src, packet.sport)
        said = word if packet.payload_size or word == RST else 0
        segment = ip.tcp(*ends, (packet.ack, after if word == FIN else packet.seq), said | ACK)
        self._bench.injections.append(Injection(True, segment, 0.3 * self._bench.rtt))
        self._reset_server((packet.src, packet.sport), (packet.dst, packet.dport), packet.seq)
        return None

    def _reset_server(self, near: tuple[bytes, int], far: tuple[bytes, int], seq: int) -> None:
        self._bench.injections.append(Injection(False, ip.tcp(near, far, (seq, 0), RST | ACK)))
