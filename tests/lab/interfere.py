"""`Interference` at work: what befalls a TCP connection once its first words are recognised."""

import re
from dataclasses import dataclass
from typing import Final

from tests.lab import censor
from tests.lab import packet as ip
from tests.lab.content import ECH, Kind, cipher_suites, covers, extensions, protocols
from tests.lab.enforce import Bench, Injection
from tests.lab.flows import Flow
from tests.lab.packet import ACK, FIN, PSH, RST, SYN, TCP, Packet

_ALERT: Final = bytes((21, 3, 3, 0, 2, 2, 112))
"""A fatal unrecognized_name in a TLS 1.2 record (RFC 8446 section 6, RFC 6066 section 3)."""
_ANSWER_SIZE: Final = 1200
_SPARED: Final = object()
_SPOKEN_FOR: Final = frozenset({"alert", "fin", "answer"})


@dataclass(slots=True)
class _Struck:
    """A flow that was recognised; ``left`` packets with data still pass."""

    left: int


class InterferenceEnforcer:
    """Recognises a flow once, then treats all its packets as the action says."""

    def __init__(self, action: censor.Interference, bench: Bench) -> None:
        self._action, self._bench = action, bench
        self._fits = bench.matcher(action.match)
        self._residual: dict[tuple[bytes, ...], float] = {}
        self._crowds: dict[str | None, dict[int, tuple[float, Flow]]] = {}
        pattern = action.pattern if isinstance(action, censor.OnPattern) else ""
        self._pattern = re.compile(pattern.encode("latin-1"), re.DOTALL)

    def apply(self, packet: Packet, flow: Flow | None, up: bool, now: float) -> Packet | None:
        if self._residual and self._is_poisoned(packet, up, now):
            return self._punished(packet, up)
        if packet.proto != TCP or flow is None:
            return packet
        if self._crowds and packet.flags & (FIN | RST):
            self._crowds.get(flow.name, {}).pop(id(flow), None)
        mark = flow.marks.get(id(self))
        if mark is None and up and packet.payload_size:
            mark = self._judge(packet, flow, now)
        return self._treat(packet, up, mark) if isinstance(mark, _Struck) else packet

    def _judge(self, packet: Packet, flow: Flow, now: float) -> object:
        recognised = self._recognises(flow)
        if recognised is None:
            return None
        mark: object = _SPARED
        if recognised and self._fits(packet, True, now) and self._crowded(flow, now):
            mark = _Struck(self._action.after_packets)
            self._bench.fired[self._action.name] += 1
            if self._action.residual_s:
                key = self._residual_key(packet, True)
                self._residual[key] = now + self._action.residual_s
        flow.marks[id(self)] = mark
        return mark

    def _crowded(self, flow: Flow, now: float) -> bool:
        """Whether enough connections that name the same are open that greeted not long ago; then
        the others are struck as well."""
        action = self._action
        if not isinstance(action, censor.OnSni) or not action.together:
            return True
        others = self._crowds.setdefault(flow.name, {})
        others[id(flow)] = (now, flow)
        for key, (at, _) in list(others.items()):
            if at < now - action.within_s:
                del others[key]
        if len(others) < action.together:
            return False
        for _, other in others.values():
            if not isinstance(other.marks.get(id(self)), _Struck):
                other.marks[id(self)] = _Struck(action.after_packets)
        return True

    def _recognises(self, flow: Flow) -> bool | None:
        """Whether this is a flow to interfere with; None: too early to say."""
        action = self._action
        if isinstance(action, censor.OnPattern):
            return self._pattern.match(flow.stream) is not None if flow.stream else None
        if flow.kind is Kind.UNDECIDED:
            return None
        if flow.in_one_segment and action.spares_whole:
            return False
        if not action.reassemble and not flow.in_one_segment:
            return False
        if isinstance(action, censor.OnSni) and not _offers(action, flow.stream):
            return False
        if isinstance(action, censor.OnSni | censor.OnHost):
            wanted = Kind.TLS if isinstance(action, censor.OnSni) else Kind.HTTP
            named = covers(action.names, flow.name) and not covers(action.but, flow.name)
            return flow.kind is wanted and named
        return False

    def _punished(self, packet: Packet, up: bool) -> Packet | None:
        """What becomes of a packet of whoever has been recognised before."""
        if self._action.residual_do == "drop":
            return None
        return self._reset(packet, up) if packet.proto == TCP else packet

    def _residual_key(self, packet: Packet, up: bool) -> tuple[bytes, ...]:
        near, far = (packet.src, packet.dst) if up else (packet.dst, packet.src)
        if self._action.residual == "pair":
            return near, far
        near_port, far_port = (packet.sport, packet.dport) if up else (packet.dport, packet.sport)
        key = near, far, far_port.to_bytes(2, "big")
        return (*key, near_port.to_bytes(2, "big")) if self._action.residual == "tuple4" else key

    def _is_poisoned(self, packet: Packet, up: bool, now: float) -> bool:
        if packet.proto != TCP and self._action.residual != "pair":
            return False
        key = self._residual_key(packet, up)
        until = self._residual.get(key)
        if until is None:
            return False
        if now >= until:
            del self._residual[key]
            return False
        if up:
            self._residual[key] = now + self._action.residual_s
        return True

    def _treat(self, packet: Packet, up: bool, struck: _Struck) -> Packet | None:
        do = self._action.do
        if do == "rst":
            return self._reset(packet, up)
        if do in _SPOKEN_FOR:
            self._speak(packet, up)
            return None
        if struck.left > 0:
            if up or self._action.counted == "both":
                struck.left -= packet.payload_size > 0
            return packet
        if do == "drop":
            return None if up else packet
        if do == "drop_both":
            return None
        says_something = packet.payload_size > 0 or bool(packet.flags & FIN)
        return None if not up and says_something else packet

    def _reset(self, packet: Packet, up: bool) -> Packet | None:
        """Resets both ends at each packet with data: a lost reset is followed by another."""
        if not up or not packet.payload_size:
            return packet
        action, after = self._action, packet.seq + packet.payload_size
        to_client = self._segment(packet, RST | ACK, after)
        self._bench.injections += [
            Injection(True, to_client, action.at_rtt * self._bench.rtt)
            for _ in range(max(1, action.copies))
        ]
        self._reset_server(packet, after if action.forward else packet.seq)
        return packet if action.forward else None

    def _reset_server(self, packet: Packet, seq: int) -> None:
        ends = (packet.src, packet.sport), (packet.dst, packet.dport)
        reset = ip.tcp(*ends, (seq, packet.ack), RST | ACK)
        self._bench.injections.append(Injection(False, reset))

    def _segment(
        self, packet: Packet, flags: int, ack: int, payload: bytes = b"", offset: int = 0
    ) -> bytes:
        """A segment in the server's name, in answer to the client's ``packet``."""
        ends = (packet.dst, packet.dport), (packet.src, packet.sport)
        return ip.tcp(*ends, (packet.ack + offset, ack), flags, payload)

    def _speak(self, packet: Packet, up: bool) -> None:
        """Answers in the server's name and closes; acknowledges the client's own FIN."""
        if not up or packet.flags & (SYN | RST):
            return
        delay = self._action.at_rtt * self._bench.rtt
        after = packet.seq + packet.payload_size + bool(packet.flags & FIN)
        if not packet.payload_size:
            if packet.flags & FIN:
                segment = self._segment(packet, ACK, after)
                self._bench.injections.append(Injection(True, segment, delay))
            return
        said = {"alert": _ALERT, "fin": b""}.get(
            self._action.do, bytes.fromhex(self._action.answer)
        )
        pieces = [said[at : at + _ANSWER_SIZE] for at in range(0, len(said), _ANSWER_SIZE)] or [b""]
        for index, piece in enumerate(pieces):
            last = FIN if index == len(pieces) - 1 else 0
            flags = ACK | last | (PSH if piece else 0)
            segment = self._segment(packet, flags, after, piece, index * _ANSWER_SIZE)
            self._bench.injections.append(Injection(True, segment, delay))
        self._reset_server(packet, packet.seq)


def _offers(action: censor.OnSni, stream: bytes) -> bool:
    """Whether the ClientHello has, beside its name, all that ``action`` asks of one."""
    if action.ciphers and cipher_suites(stream) != bytes.fromhex(action.ciphers):
        return False
    if action.ech and ECH not in extensions(stream):
        return False
    return not action.alpn or action.alpn in protocols(stream)
