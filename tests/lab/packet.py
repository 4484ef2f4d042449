"""IP packets as values: parsed, rewritten and made, with right checksums.

Only what a middlebox needs: IPv4 (RFC 791), IPv6 with the usual extension headers (RFC 8200), TCP
(RFC 9293), UDP (RFC 768), ICMP and ICMPv6 errors (RFC 792, RFC 4443). Sums are those of RFC 1071,
and rewriting adjusts them as in RFC 1624.
"""

import socket
import struct
from typing import Final

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
ICMP6: Final = 58

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10

_NAMES: Final = {ICMP: "icmp", ICMP6: "icmp", TCP: "tcp", UDP: "udp"}
_FLAGS: Final = ((SYN, "S"), (FIN, "F"), (RST, "R"), (PSH, "P"), (ACK, "A"))
_FLAG_NAMES: Final = tuple(
    "".join(letter for bit, letter in _FLAGS if flags & bit) for flags in range(32)
)
_EXTENSIONS: Final = frozenset({0, 43, 60})
_FRAGMENT: Final = 44


class Packet:
    """One IP packet. ``data`` is the whole of it; the other fields are read from it once.

    Ports, ``seq``, ``ack`` and ``flags`` are 0 where the packet has none, as in later fragments.
    ``payload_at`` is the offset of what TCP or UDP carries (of the message, for ICMP).
    """

    __slots__ = (
        "ack",
        "data",
        "dport",
        "dst",
        "flags",
        "l4",
        "payload_at",
        "proto",
        "seq",
        "sport",
        "src",
    )

    def __init__(self, data: bytes, src: bytes, dst: bytes, proto: int, l4: int) -> None:
        self.data = data
        self.src = src
        self.dst = dst
        self.proto = proto
        self.l4 = l4
        self.sport = self.dport = self.flags = self.seq = self.ack = 0
        self.payload_at = l4

    @property
    def payload(self) -> bytes:
        return self.data[self.payload_at :]

    @property
    def payload_size(self) -> int:
        return len(self.data) - self.payload_at

    @property
    def proto_name(self) -> str:
        return _NAMES.get(self.proto, str(self.proto))

    @property
    def flag_names(self) -> str:
        """The TCP flags as letters, ``SA`` for a SYN-ACK; empty for anything but TCP."""
        return _FLAG_NAMES[self.flags & 0x1F]


def parse(frame: bytes, at: int = 14) -> Packet | None:
    """The IP packet that starts at ``at``; None if it is no well-formed IP packet."""
    if len(frame) < at + 20:
        return None
    version = frame[at] >> 4
    if version == 4:
        packet = _parse4(frame, at)
    elif version == 6:
        packet = _parse6(frame, at)
    else:
        return None
    if packet is not None:
        _parse_transport(packet)
    return packet


def _parse4(frame: bytes, at: int) -> Packet | None:
    header = (frame[at] & 0x0F) * 4
    total = int.from_bytes(frame[at + 2 : at + 4], "big")
    if header < 20 or total < header or at + total > len(frame):
        return None
    data = frame[at : at + total]
    later_fragment = int.from_bytes(data[6:8], "big") & 0x1FFF
    return Packet(data, data[12:16], data[16:20], data[9], total if later_fragment else header)


def _parse6(frame: bytes, at: int) -> Packet | None:
    if len(frame) < at + 40:
        return None
    total = 40 + int.from_bytes(frame[at + 4 : at + 6], "big")
    if at + total > len(frame):
        return None
    data = frame[at : at + total]
    following, offset = data[6], 40
    while following in _EXTENSIONS and offset + 8 <= total:
        following, offset = data[offset], offset + (data[offset + 1] + 1) * 8
    if following == _FRAGMENT and offset + 8 <= total:
        later = int.from_bytes(data[offset + 2 : offset + 4], "big") >> 3
        following, offset = data[offset], total if later else offset + 8
    return Packet(data, data[8:24], data[24:40], following, offset)


def _parse_transport(packet: Packet) -> None:
    data, l4 = packet.data, packet.l4
    if packet.proto == TCP and len(data) >= l4 + 20:
        packet.sport, packet.dport, packet.seq, packet.ack, offset, packet.flags = (
            struct.unpack_from("!HHIIBB", data, l4)
        )
        packet.payload_at = min(l4 + (offset >> 4) * 4, len(data))
    elif packet.proto == UDP and len(data) >= l4 + 8:
        packet.sport, packet.dport = struct.unpack_from("!HH", data, l4)
        packet.payload_at = l4 + 8


def checksum(data: bytes) -> int:
    """The Internet checksum of ``data`` (RFC 1071)."""
    if len(data) & 1:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _adjusted(old: int, before: bytes, after: bytes) -> int:
    """``old`` after ``before`` became ``after`` somewhere under the sum (RFC 1624, equation 3)."""
    total: int = ~old & 0xFFFF
    total += sum(~word & 0xFFFF for word in struct.unpack(f"!{len(before) // 2}H", before))
    total += sum(struct.unpack(f"!{len(after) // 2}H", after))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def rewritten(packet: Packet, **changes: bytes | int) -> Packet:
    """The packet with another ``src``, ``dst`` (packed addresses), ``sport`` or ``dport``.

    Addresses keep their family. The sums stay right, or as wrong as they were.
    """
    data = bytearray(packet.data)
    v4 = len(packet.src) == 4
    at = {"src": 12 if v4 else 8, "dst": 16 if v4 else 24}
    sum_at = packet.l4 + (16 if packet.proto == TCP else 6)
    for name, value in changes.items():
        if isinstance(value, int):
            start, new = packet.l4 + (0 if name == "sport" else 2), value.to_bytes(2, "big")
        else:
            start, new = at[name], value
        old = bytes(data[start : start + len(new)])
        data[start : start + len(new)] = new
        sums = [sum_at] if isinstance(value, int) or not v4 else [sum_at, 10]
        for place in sums:
            current = int.from_bytes(data[place : place + 2], "big")
            if current or place != sum_at or packet.proto == TCP:
                found = _adjusted(current, old, new)
                if place == sum_at and packet.proto == UDP:
                    found = found or 0xFFFF  # 0 would say that there is no sum (RFC 768)
                data[place : place + 2] = found.to_bytes(2, "big")
    result = parse(bytes(data), 0)
    if result is None:
        raise ValueError("rewriting broke the packet")
    return result


def _ip(src: bytes, dst: bytes, proto: int, body: bytes, ttl: int = 60) -> bytes:
    if len(src) == 4:
        header = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0x4000, ttl, proto, 0, src, dst
        )
        return header[:10] + checksum(header).to_bytes(2, "big") + header[12:] + body
    return struct.pack("!IHBB16s16s", 6 << 28, len(body), proto, ttl, src, dst) + body


def _with_sum(src: bytes, dst: bytes, proto: int, body: bytes, sum_at: int) -> bytes:
    pseudo = src + dst + struct.pack("!IHBB", len(body), 0, 0, proto)
    value = checksum(pseudo + body)
    if proto == UDP and value == 0:
        value = 0xFFFF
    return body[:sum_at] + value.to_bytes(2, "big") + body[sum_at + 2 :]


def tcp(
    source: tuple[bytes, int],
    destination: tuple[bytes, int],
    numbers: tuple[int, int],
    flags: int,
    payload: bytes = b"",
) -> bytes:
    """A TCP segment in its IP packet; ``numbers`` are its sequence and acknowledgement numbers."""
    (src, sport), (dst, dport) = source, destination
    seq, ack = (number & 0xFFFFFFFF for number in numbers)
    window = 0 if flags & RST else 64240
    header = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, window, 0, 0)
    return _ip(src, dst, TCP, _with_sum(src, dst, TCP, header + payload, 16))


def udp(source: tuple[bytes, int], destination: tuple[bytes, int], payload: bytes) -> bytes:
    """A UDP datagram in its IP packet."""
    (src, sport), (dst, dport) = source, destination
    header = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    return _ip(src, dst, UDP, _with_sum(src, dst, UDP, header + payload, 6))


def unreachable(trigger: Packet, router: bytes, code: int) -> bytes:
    """The ICMP "destination unreachable" (type 3, or 1 of ICMPv6) that answers ``trigger``.

    ``router`` is the packed address it comes from, of the trigger's family.
    """
    if len(trigger.src) == 4:
        body = struct.pack("!BBHI", 3, code, 0, 0) + trigger.data[: trigger.l4 + 8]
        body = body[:2] + checksum(body).to_bytes(2, "big") + body[4:]
        return _ip(router, trigger.src, ICMP, body)
    body = struct.pack("!BBHI", 1, code, 0, 0) + trigger.data[:1200]
    return _ip(router, trigger.src, ICMP6, _with_sum(router, trigger.src, ICMP6, body, 2))


def packed(address: str) -> bytes:
    """The address in 4 or 16 octets. OSError if it is none."""
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def text(address: bytes) -> str:
    """A packed address as people write it."""
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)
