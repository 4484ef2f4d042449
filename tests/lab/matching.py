"""`Match` made ready for speed: prefixes compiled once, addresses looked up once."""

import ipaddress
import random
from collections.abc import Sequence

from tests.lab.censor import Match
from tests.lab.content import covers, server_name
from tests.lab.initial import client_hello
from tests.lab.packet import ACK, ICMP, ICMP6, SYN, TCP, UDP, Packet

_PROTOS = {"tcp": (TCP,), "udp": (UDP,), "icmp": (ICMP, ICMP6)}
_CACHED = 4096


class Prefixes:
    """A set of prefixes of both families."""

    def __init__(self, prefixes: Sequence[str]) -> None:
        nets = [ipaddress.ip_network(one) for one in prefixes]
        self._single = {one.network_address.packed for one in nets if one.num_addresses == 1}
        self._wide = [
            (one.max_prefixlen // 8, int(one.network_address), int(one.netmask))
            for one in nets
            if one.num_addresses > 1
        ]
        self._seen: dict[bytes, bool] = {}

    def __contains__(self, address: bytes) -> bool:
        if address in self._single:
            return True
        if not self._wide:
            return False
        known = self._seen.get(address)
        if known is None:
            if len(self._seen) >= _CACHED:
                self._seen.clear()
            value = int.from_bytes(address, "big")
            known = any(
                len(address) == size and value & mask == net for size, net, mask in self._wide
            )
            self._seen[address] = known
        return known


class Matcher:
    """Says whether a packet fits a `Match`."""

    def __init__(self, match: Match, chance: random.Random) -> None:
        self._match = match
        self._to = Prefixes(match.to) if match.to else None
        self._not_to = Prefixes(match.not_to) if match.not_to else None
        self._ports = frozenset(match.ports)
        self._not_ports = frozenset(match.not_ports)
        self._protos = frozenset(number for name in match.proto for number in _PROTOS[name])
        self._size = {0: 0, 4: 4, 6: 16}[match.family]
        self._octets = bytes.fromhex(match.contains)
        self._ups = {"up": (True,), "down": (False,), "both": (True, False)}[match.direction]
        self._began: float | None = None
        self._chance = chance

    def __call__(self, packet: Packet, up: bool, now: float) -> bool:
        """Whether ``packet``, on its way up (from the client) or down, fits at time ``now``."""
        return up in self._ups and self.flow(packet, up) and self._now(packet, now)

    def flow(self, packet: Packet, up: bool) -> bool:
        """Whether the far end, protocol and family of ``packet`` fit, whatever its direction."""
        if self._protos and packet.proto not in self._protos:
            return False
        if self._size and len(packet.src) != self._size:
            return False
        port = packet.dport if up else packet.sport
        if self._ports and port not in self._ports:
            return False
        if port in self._not_ports:
            return False
        far = packet.dst if up else packet.src
        if self._to is not None and far not in self._to:
            return False
        return self._not_to is None or far not in self._not_to

    def in_time(self, now: float) -> bool:
        """Whether the match holds at time ``now``, when a packet comes that fits in all else."""
        match = self._match
        if not match.period_s:
            return True
        self._began = now if self._began is None else self._began
        return (now - self._began - match.phase_s) % match.period_s < match.on_s

    def _now(self, packet: Packet, now: float) -> bool:
        match = self._match
        if match.segment != "any" and not self._segment(packet):
            return False
        if self._octets and self._octets not in packet.payload:
            return False
        if match.quic_name and not self._named(packet):
            return False
        if match.longer_than and len(packet.data) <= match.longer_than:
            return False
        if not self.in_time(now):
            return False
        return match.probability >= 1 or self._chance.random() < match.probability

    def _named(self, packet: Packet) -> bool:
        if packet.proto != UDP:
            return False
        found = client_hello(packet.payload)
        return found is not None and covers(self._match.quic_name, server_name(found))

    def _segment(self, packet: Packet) -> bool:
        if packet.proto != TCP:
            return False
        if self._match.segment == "syn":
            return packet.flags & (SYN | ACK) == SYN
        if self._match.segment == "data":
            return packet.payload_size > 0
        return packet.flags & 0x17 == ACK and not packet.payload_size
