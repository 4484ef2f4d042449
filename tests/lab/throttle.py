"""`Throttle` and `ConnectionCap` at work: flows that are slowed down, and too many of them."""

import random
from collections import deque
from dataclasses import dataclass, field

from tests.lab import censor
from tests.lab.content import Kind, covers
from tests.lab.enforce import Bench
from tests.lab.flows import Flow, FlowKey, key_of
from tests.lab.packet import ACK, FIN, RST, SYN, TCP, Packet

_MOST_REMEMBERED = 8192


class TokenBucket:
    """A rate (kbit/s of IP packets) with a burst (octets). Times are monotonic seconds."""

    def __init__(self, kbit: float, burst: int) -> None:
        self._octets_per_s = kbit * 1000 / 8
        self._burst = burst
        self._debt = 0.0
        """Octets taken and not yet earned, those of waiting packets included."""
        self._at = 0.0

    def wait(self, at: float, size: int, patience: float) -> float | None:
        """How long a packet that comes at ``at`` waits for its tokens, behind those before it.

        None, and nothing is taken, if that is longer than ``patience`` seconds.
        """
        debt = max(0.0, self._debt - max(0.0, at - self._at) * self._octets_per_s)
        waits = max(0.0, debt + size - self._burst) / self._octets_per_s
        if waits > patience:
            return None
        self._debt, self._at = debt + size, max(at, self._at)
        return waits


@dataclass(slots=True)
class _Course:
    """What is remembered of a flow. ``struck`` is None until its name is known; ``seen`` are the
    octets that passed, ``last`` when the last packet of each direction goes on."""

    struck: bool | None
    buckets: dict[bool, TokenBucket]
    seen: int = 0
    counted: bool = False
    last: dict[bool, float] = field(default_factory=dict)


class ThrottleEnforcer:
    """Strikes flows as the action says, then impairs their packets; keeps each flow's order."""

    def __init__(self, action: censor.Throttle, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._fits = bench.matcher(action.match)
        self._plan = self._fresh_buckets()
        self._patience = action.queue_ms / 1000 if action.do == "shape" else 0.0
        self._contaminated: dict[tuple[bytes, int], float] = {}
        self._delays: dict[bytes, float] = {}
        self._strays: dict[FlowKey, _Course] = {}

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        if not self._fits.flow(packet, up):
            return packet
        far = (packet.dst, packet.dport) if up else (packet.src, packet.sport)
        course = self._course(packet, flow, up)
        # Before the flow is judged: the ClientHello that strikes it goes on unimpaired.
        impaired = course.struck or now < self._contaminated.get(far, 0.0)
        if course.struck is None and flow is not None:
            self._judge(course, flow, far, now)
        at = self._bench.arrival + self._bench.hold
        leaves: float | None = at
        if impaired and course.seen >= self._action.after_bytes:
            self._count(course)
            if self._fits(packet, up, now):
                leaves = self._impair(packet, course, up, at)
        if leaves is None:
            return None
        course.seen += len(packet.data)
        leaves = course.last[up] = max(leaves, course.last.get(up, 0.0))
        self._bench.hold += leaves - at
        return packet

    def _fresh_buckets(self) -> dict[bool, TokenBucket]:
        kbit, burst = self._action.kbit, self._action.bucket_bytes
        return {up: TokenBucket(kbit, burst) for up in (True, False)} if kbit else {}

    def _course(self, packet: Packet, flow: Flow | None, up: bool) -> _Course:
        """What is remembered of the packet's flow; of one that the box doesn't follow (ICMP, or
        older than the action), by its ends."""
        course = self._strays.get(key_of(packet, up)) if flow is None else flow.marks.get(id(self))
        if isinstance(course, _Course):
            return course
        buckets = self._plan if self._action.shared else self._fresh_buckets()
        course = _Course(None if self._action.names else True, buckets)
        if flow is not None:
            flow.marks[id(self)] = course
            return course
        if len(self._strays) >= _MOST_REMEMBERED:
            del self._strays[next(iter(self._strays))]
        self._strays[key_of(packet, up)] = course
        return course

    def _judge(self, course: _Course, flow: Flow, far: tuple[bytes, int], now: float) -> None:
        """Decides whether the flow is struck, once its first words are known."""
        action = self._action
        if flow.kind is Kind.UNDECIDED:
            return
        readable = flow.kind is Kind.TLS and (action.reassemble or flow.in_one_segment)
        named = covers(action.names, flow.name) and not covers(action.but, flow.name)
        course.struck = readable and named
        if course.struck and action.contaminate_s:
            self._contaminated[far] = now + action.contaminate_s

    def _count(self, course: _Course) -> None:
        if not course.counted:
            course.counted = True
            self._bench.fired[self._action.name] += 1

    def _impair(self, packet: Packet, course: _Course, up: bool, at: float) -> float | None:
        """When an impaired packet that comes at ``at`` goes on; None if it is dropped."""
        action = self._action
        if action.do == "lose":
            spared = action.acks_only and not _is_bare_ack(packet)
            return None if not spared and self._bench.chance.random() < action.loss else at
        if action.do == "delay":
            return at + self._delay(packet.dst if up else packet.src)
        waits = course.buckets[up].wait(at, len(packet.data), self._patience)
        return None if waits is None else at + waits

    def _delay(self, far: bytes) -> float:
        """The delay of a far-end address, in seconds: drawn from the seed and the address alone."""
        delay = self._delays.get(far)
        if delay is None:
            share = random.Random(f"{self._bench.seed} {far.hex()}").random()
            delay = (self._action.delay_ms + share * self._action.spread_ms) / 1000
            self._delays[far] = delay
        return delay


def _is_bare_ack(packet: Packet) -> bool:
    if packet.proto != TCP or packet.payload_size:
        return False
    return packet.flags & (SYN | FIN | RST | ACK) == ACK


class ConnectionCapEnforcer:
    """Counts the connections let through to each address. A SYN sent anew is no new one."""

    def __init__(self, action: censor.ConnectionCap, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._fits = bench.matcher(action.match)
        self._opened: dict[bytes, deque[float]] = {}

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        if flow is None or not up or not self._opens(packet):
            return packet
        if id(self) in flow.marks or not self._fits(packet, True, now):
            return packet
        opened = self._opened.setdefault(b"" if self._action.shared else packet.dst, deque())
        while opened and opened[0] <= now - self._action.window_s:
            opened.popleft()
        if len(opened) >= self._action.most:
            self._bench.fired[self._action.name] += 1
            return None
        opened.append(now)
        flow.marks[id(self)] = True
        return packet

    def _opens(self, packet: Packet) -> bool:
        """It may be the first of a flow that counts."""
        if packet.proto == TCP:
            return packet.flags & (SYN | ACK) == SYN
        return self._action.shared
