"""MQTT's first two packets: CONNECT, and the CONNACK that answers it.

Source: OASIS MQTT 3.1.1, §2.2.3 (remaining length), §3.1, §3.2. Facebook speaks it under a name of
its own, with a blob where the client's identity would be (mautrix/facebook ``maufbapi/mqtt``).
"""

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError
from msgprobe.wire.protobuf import varint

MAX_PACKET = 256
"""An honest CONNACK has 4 bytes; version 5 may add properties."""

_CONNECT, _CONNACK = 0x10, 0x20
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class ConnAck:
    """The server's answer. Code 0: welcome; 5: not authorised (§3.2.2.3)."""

    code: int


def connect(name: str, level: int, flags: int, keep_alive: int, payload: bytes) -> bytes:
    """A CONNECT packet for the protocol ``name`` at version ``level``; ``keep_alive`` in seconds.

    ``payload`` goes after the variable header as it is.
    """
    title = name.encode()
    body = len(title).to_bytes(2, "big") + title + bytes((level, flags))
    body += keep_alive.to_bytes(2, "big") + payload
    return bytes((_CONNECT,)) + varint(len(body)) + body


def missing(packet: bytes) -> int:
    """How many bytes ``packet``, the beginning of one, lacks at least; 0: it is whole.

    Raises WireError for what is no CONNACK or too long for one.
    """
    if packet and packet[0] != _CONNACK:
        raise WireError(f"mqtt: packet begins with {packet[0]:#04x}")
    size = 0
    for index in range(_LENGTH_BYTES):
        if len(packet) < 2 + index:
            return 2 + index - len(packet)
        byte = packet[1 + index]
        size |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            if size > MAX_PACKET:
                break
            return max(0, 2 + index + size - len(packet))
    raise WireError("mqtt: packet is too long")


def parse_connack(packet: bytes) -> ConnAck:
    """The answer in a whole packet. Raises WireError."""
    if missing(packet):
        raise WireError("mqtt: packet is cut short")
    head = next(n for n in range(1, 1 + _LENGTH_BYTES) if not packet[n] & 0x80) + 1
    body = packet[head:]
    if len(body) < 2 or body[0] > 1:
        raise WireError("mqtt: malformed CONNACK")
    return ConnAck(code=body[1])
