"""Actions at work: each packet goes through the enforcers, one per action, in order."""

import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from tests.lab import censor
from tests.lab import packet as ip
from tests.lab.content import covers, dns_reply, question
from tests.lab.flows import Flow, FlowKey, FlowTable, key_of
from tests.lab.matching import Matcher, Prefixes
from tests.lab.packet import ACK, RST, SYN, TCP, UDP, Packet

_ICMP4: Final = {"net": 0, "host": 1, "port": 3, "admin": 13}
_ICMP6: Final = {"net": 0, "host": 3, "port": 4, "admin": 1}
_RCODES: Final = {"nxdomain": 3, "refused": 5, "servfail": 2, "empty": 0}
_DNS_PORT: Final = 53
_MOST_REMEMBERED: Final = 8192


@dataclass(frozen=True, slots=True)
class Injection:
    """A packet of the box's own. To the client it arrives ``delay`` seconds after the packet that
    set it off was seen; to the server it follows that packet."""

    to_client: bool
    data: bytes
    delay: float = 0.0


@dataclass(slots=True)
class Bench:
    """What the enforcers share: the round trip (seconds), chance, what has been done how
    often, and the packets to inject now.

    ``arrival`` is when the packet in hand reaches the box: what the client sends in one burst the
    line has spaced out by then. ``hold`` is how many seconds later than that it is to go on.
    """

    rtt: float
    chance: random.Random
    seed: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    injections: list[Injection] = field(default_factory=list)
    arrival: float = 0.0
    hold: float = 0.0

    def matcher(self, match: censor.Match) -> Matcher:
        return Matcher(match, self.chance)


class Enforcer(Protocol):
    """One action at work. The packet given back goes on, late by what was added to the bench's
    ``hold``; None means it was dropped."""

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None: ...


class Rewriter(Protocol):
    """An action that sends packets elsewhere; ``back`` undoes it for what returns."""

    def forth(self, packet: Packet, now: float) -> Packet: ...

    def back(self, packet: Packet) -> Packet: ...


class DropEnforcer:
    def __init__(self, action: censor.Drop, bench: Bench) -> None:
        self._fits, self._bench, self._name = bench.matcher(action.match), bench, action.name
        self._residual_s, self._pair = action.residual_s, action.residual == "pair"
        self._until: dict[tuple[bytes, bytes, int, int], float] = {}

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        if self._fits(packet, up, now):
            self._bench.fired[self._name] += 1
            if self._residual_s:
                self._until[self._ends(packet, up)] = now + self._residual_s
            return None
        if self._until and now < self._until.get(self._ends(packet, up), now):
            return None
        return packet

    def _ends(self, packet: Packet, up: bool) -> tuple[bytes, bytes, int, int]:
        if self._pair:
            return (packet.src, packet.dst, 0, 0) if up else (packet.dst, packet.src, 0, 0)
        if up:
            return packet.src, packet.dst, packet.dport, packet.proto
        return packet.dst, packet.src, packet.sport, packet.proto


class PassOnlyEnforcer:
    def __init__(self, action: censor.PassOnly, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._holes = [bench.matcher(hole) for hole in action.holes]
        self._ups = {"up": (True,), "down": (False,), "both": (True, False)}[action.direction]

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        if up not in self._ups or any(hole.flow(packet, up) for hole in self._holes):
            return packet
        if self._action.pass_handshake and packet.proto == TCP and not (up and packet.payload_size):
            return packet
        self._bench.fired[self._action.name] += 1
        return None


class RstOnSynEnforcer:
    def __init__(self, action: censor.RstOnSyn, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._fits = bench.matcher(action.match)

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        if packet.proto != TCP or flow is None:
            return packet
        mark = id(self)
        if up and packet.flags & (SYN | ACK) == SYN and self._fits(packet, up, now):
            if mark not in flow.marks:
                self._bench.fired[self._action.name] += 1
            flow.marks[mark] = True
            if not self._action.early:
                return packet
            refusal = ip.tcp(
                (packet.dst, packet.dport),
                (packet.src, packet.sport),
                (0, packet.seq + 1),
                RST | ACK,
            )
            delay = self._action.at_rtt * self._bench.rtt
            self._bench.injections.append(Injection(True, refusal, delay))
            return None
        if not up and packet.flags & (SYN | ACK) == SYN | ACK and mark in flow.marks:
            ends = (packet.src, packet.sport), (packet.dst, packet.dport)
            return ip.parse(ip.tcp(*ends, (packet.seq, packet.ack), RST | ACK), 0)
        return packet


class IcmpEnforcer:
    def __init__(self, action: censor.IcmpUnreachable, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._fits = bench.matcher(action.match)
        self._routers = {4: ip.packed(action.router), 16: ip.packed(action.router6)}

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        if not up or not self._fits(packet, up, now):
            return packet
        if packet.proto == TCP and packet.flags & (SYN | ACK) != SYN:
            return packet
        size = len(packet.src)
        code = (_ICMP4 if size == 4 else _ICMP6)[self._action.code]
        error = ip.unreachable(packet, self._routers[size], code)
        self._bench.injections.append(Injection(True, error, self._action.at_rtt * self._bench.rtt))
        self._bench.fired[self._action.name] += 1
        return None


_OF_FAMILY: Final = {4: 1, 6: 28}
"""The types of the records that hold addresses, A and AAAA (RFC 1035, RFC 3596)."""


class DnsForgeEnforcer:
    def __init__(self, action: censor.DnsForge, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._servers = Prefixes(action.servers) if action.servers else None
        self._not_servers = Prefixes(action.not_servers)
        word = action.answer[0] if len(action.answer) == 1 else ""
        self._rcode = _RCODES.get(word, 0)
        self._addresses = () if word in _RCODES else action.answer
        self._silent = word == "drop"
        self._answered: deque[float] = deque()
        self._since: float | None = None

    def _concerns(self, packet: Packet, up: bool) -> bool:
        if not up or packet.proto != UDP or packet.dport != _DNS_PORT:
            return False
        if self._servers is not None and packet.dst not in self._servers:
            return False
        return packet.dst not in self._not_servers

    def _spares(self, now: float) -> bool:
        """Whether so few have been answered of late that this question is as well."""
        while self._answered and self._answered[0] <= now - self._action.within_s:
            self._answered.popleft()
        if len(self._answered) >= self._action.beyond:
            return False
        self._answered.append(now)
        return True

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        action = self._action
        if not self._concerns(packet, up):
            return packet
        asked = question(packet.payload)
        if asked is None or not covers(action.names, asked.name) or covers(action.but, asked.name):
            return packet
        if action.family and asked.type != _OF_FAMILY[action.family]:
            return packet
        if action.probability < 1 and self._bench.chance.random() >= action.probability:
            return packet
        if action.beyond and self._spares(now):
            return packet
        self._since = now if self._since is None else self._since
        if action.for_s and now - self._since >= action.for_s:
            return packet
        self._bench.fired[action.name] += 1
        if self._silent:
            return None
        lie = dns_reply(packet.payload, self._rcode, self._addresses, action.ttl)
        datagram = ip.udp((packet.dst, packet.dport), (packet.src, packet.sport), lie)
        at = action.at_rtt * self._bench.rtt if action.at_ms is None else action.at_ms / 1000
        self._bench.injections.append(Injection(True, datagram, at))
        return packet if action.mode == "race" else None


class FreezeEnforcer:
    def __init__(self, action: censor.Freeze, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._fits = bench.matcher(action.match)

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        if flow is None or not packet.payload_size or not self._fits.flow(packet, up):
            return packet
        if self._action.names and covers(self._action.names, flow.name):
            return packet
        seen = flow.marks.setdefault(id(self), [0, 0])
        assert isinstance(seen, list)
        over_bytes = self._action.after_bytes and seen[0] >= self._action.after_bytes
        over_packets = self._action.after_packets and seen[1] >= self._action.after_packets
        if over_bytes or over_packets:
            self._bench.fired[self._action.name] += 1
            return None
        seen[0] += 0 if up else packet.payload_size
        seen[1] += 1
        return packet


class PortRewriter:
    def __init__(self, action: censor.PortRewrite, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._fits = bench.matcher(action.match)
        self._true_port: dict[FlowKey, int] = {}

    def forth(self, packet: Packet, now: float) -> Packet:
        if not packet.dport or not self._fits(packet, True, now):
            return packet
        sent = ip.rewritten(packet, dport=self._action.to_port)
        key = key_of(sent, True)
        if key not in self._true_port:
            if packet.proto == TCP and packet.flags & (SYN | ACK) != SYN:
                return packet  # a connection older than this action keeps its port
            if len(self._true_port) >= _MOST_REMEMBERED:
                del self._true_port[next(iter(self._true_port))]
            self._true_port[key] = packet.dport
            self._bench.fired[self._action.name] += 1
        return sent

    def back(self, packet: Packet) -> Packet:
        port = self._true_port.get(key_of(packet, False))
        return packet if port is None else ip.rewritten(packet, sport=port)


class DnsRedirector:
    def __init__(self, action: censor.DnsRedirect, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._proxy = {4: ip.packed(action.to)}
        if action.to6:
            self._proxy[16] = ip.packed(action.to6)
        self._not_servers = Prefixes(action.not_servers)
        self._asked: dict[tuple[bytes, int, bytes], bytes] = {}

    def forth(self, packet: Packet, now: float) -> Packet:
        if packet.proto != UDP or packet.dport != _DNS_PORT or packet.dst in self._not_servers:
            return packet
        proxy = self._proxy.get(len(packet.dst))
        if proxy is None or proxy == packet.dst:
            return packet
        if len(self._asked) >= _MOST_REMEMBERED:
            del self._asked[next(iter(self._asked))]
        self._asked[packet.src, packet.sport, packet.payload[:2]] = packet.dst
        self._bench.fired[self._action.name] += 1
        return ip.rewritten(packet, dst=proxy)

    def back(self, packet: Packet) -> Packet:
        if packet.proto != UDP or packet.sport != _DNS_PORT:
            return packet
        if packet.src != self._proxy.get(len(packet.src)):
            return packet
        server = self._asked.get((packet.dst, packet.dport, packet.payload[:2]))
        return packet if server is None else ip.rewritten(packet, src=server)


class Censor:
    """All actions of one box. Not reentrant; one packet at a time."""

    def __init__(self, actions: Sequence[censor.Action], bench: Bench) -> None:
        from tests.lab.cut import Cut, CutEnforcer
        from tests.lab.interfere import InterferenceEnforcer
        from tests.lab.throttle import ConnectionCapEnforcer, ThrottleEnforcer

        makers: dict[type[censor.Action], Callable[..., Enforcer]] = {
            censor.Drop: DropEnforcer,
            censor.PassOnly: PassOnlyEnforcer,
            censor.RstOnSyn: RstOnSynEnforcer,
            censor.IcmpUnreachable: IcmpEnforcer,
            censor.DnsForge: DnsForgeEnforcer,
            censor.Freeze: FreezeEnforcer,
            censor.OnSni: InterferenceEnforcer,
            censor.OnHost: InterferenceEnforcer,
            censor.OnPattern: InterferenceEnforcer,
            censor.Throttle: ThrottleEnforcer,
            censor.ConnectionCap: ConnectionCapEnforcer,
            Cut: CutEnforcer,
        }
        self.bench = bench
        self._flows = FlowTable()
        self._enforcers: list[tuple[str, Enforcer]] = []
        self._rewriters: list[Rewriter] = []
        for action in actions:
            bench.fired.setdefault(action.name, 0)
            if isinstance(action, censor.PortRewrite):
                self._rewriters.append(PortRewriter(action, bench))
            elif isinstance(action, censor.DnsRedirect):
                self._rewriters.append(DnsRedirector(action, bench))
            else:
                self._enforcers.append((action.name, makers[type(action)](action, bench)))

    def handle(
        self, packet: Packet, up: bool, now: float, arrival: float
    ) -> tuple[Packet | None, str]:
        """What becomes of ``packet``: it, perhaps changed, or None; and whose doing that was.

        It is seen at ``now``, but reaches the box at ``arrival``, and goes on ``bench.hold``
        seconds after that. What the box sends by itself is then in ``bench.injections``.
        """
        self.bench.arrival, self.bench.hold = arrival, 0.0
        if not up:
            for rewriter in self._rewriters:
                packet = rewriter.back(packet)
        if self._enforcers:
            flow = self._flows.follow(packet, up)
            for name, enforcer in self._enforcers:
                passed = enforcer.apply(packet, flow, up, now)
                if passed is None:
                    return None, name
                packet = passed
        if up:
            for rewriter in self._rewriters:
                packet = rewriter.forth(packet, now)
        return packet, ""
