"""MTProto's transports: how packets are cut on a TCP stream, in the open or obfuscated.

Sources: core.telegram.org/mtproto/mtproto-transports; tdlib ``td/mtproto/TcpTransport.cpp``;
tdesktop ``mtproto/connection_tcp.cpp``. Integers are little-endian.
"""

import struct
import zlib
from collections.abc import Callable
from enum import StrEnum

from msgprobe.wire.aes import Stream, ctr
from msgprobe.wire.error import WireError

MAX_PACKET = 2048
"""An honest answer of a key exchange is below 700 bytes."""

INIT_SIZE = 64
"""Bytes before the first obfuscated packet."""

OPENING_BOUND = INIT_SIZE + 12
"""Most bytes that a transport adds to the first packet; all others get at most 12."""

Entropy = Callable[[int], bytes]
"""So many bytes that nobody can guess."""


class Framing(StrEnum):
    """How packets are cut."""

    ABRIDGED = "abridged"
    INTERMEDIATE = "intermediate"
    FULL = "full"


_TAGS = {Framing.ABRIDGED: b"\xef" * 4, Framing.INTERMEDIATE: b"\xee" * 4}
_OPENINGS = {Framing.ABRIDGED: b"\xef", Framing.INTERMEDIATE: b"\xee" * 4, Framing.FULL: b""}

# What a server would take the beginning for: another transport, HTTP, or a TLS record.
_TAKEN = (b"HEAD", b"POST", b"GET ", b"OPTI", b"\xdd" * 4, b"\xee" * 4, b"\x16\x03\x01\x02")


def is_obfuscated_start(init: bytes) -> bool:
    """Whether a server takes these first bytes for an obfuscated stream and nothing else."""
    return init[:1] != b"\xef" and init[:4] not in _TAKEN and init[4:8] != bytes(4)


class Transport:
    """One connection's packets, both ways; it holds no socket.

    Send what ``pack`` gives. To read, begin with nothing, ask ``missing`` how many bytes the packet
    lacks, put the ``clear`` form of so many received ones behind it, and again, until it lacks
    none; ``payload`` then is what is inside.
    """

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._opening = _OPENINGS[framing]
        self._out: Stream | None = None
        self._in: Stream | None = None
        self._packed = 0

    @classmethod
    def obfuscated(cls, framing: Framing, dc: int, entropy: Entropy) -> "Transport":
        """In obfuscated2, as the official clients do.

        ``dc`` is the data centre that is wanted, negative for its media servers. Raises ValueError
        for a dc beyond 16 bits and for the full framing, which has no tag.
        """
        if framing not in _TAGS or not -(1 << 15) <= dc < 1 << 15:
            raise ValueError(f"no obfuscated2 for {framing} and data centre {dc}")
        start = entropy(INIT_SIZE)
        while not is_obfuscated_start(start):
            start = entropy(INIT_SIZE)
        start = start[:56] + _TAGS[framing] + struct.pack("<h", dc) + start[62:]
        back = start[8:56][::-1]
        made = cls(framing)
        made._out, made._in = ctr(start[8:40], start[40:56]), ctr(back[:32], back[32:48])
        # The tag travels encrypted; what comes after it goes on in the same stream.
        made._opening = start[:56] + made._out.update(start)[56:]
        return made

    def pack(self, payload: bytes) -> bytes:
        """The bytes of the next packet, after the transport's opening if it is the first.

        Raises ValueError unless ``payload`` is whole 32-bit words.
        """
        if len(payload) % 4:
            raise ValueError(f"a packet of {len(payload)} bytes is not whole words")
        packet = self._cut(payload)
        self._packed += 1
        opening, self._opening = self._opening, b""
        return opening + (self._out.update(packet) if self._out else packet)

    def _cut(self, payload: bytes) -> bytes:
        if self._framing is Framing.ABRIDGED:
            words = len(payload) // 4
            short = words < 0x7F
            return (bytes((words,)) if short else b"\x7f" + words.to_bytes(3, "little")) + payload
        if self._framing is Framing.INTERMEDIATE:
            return struct.pack("<I", len(payload)) + payload
        packet = struct.pack("<II", len(payload) + 12, self._packed) + payload
        return packet + struct.pack("<I", zlib.crc32(packet))

    def clear(self, received: bytes) -> bytes:
        """Bytes as they came, without the obfuscation."""
        return self._in.update(received) if self._in else received

    def missing(self, packet: bytes) -> int:
        """How many bytes ``packet``, the beginning of one, still lacks at least; 0: it is whole.

        Raises WireError for one that is longer than any that is expected.
        """
        need = self._size(packet)
        if need > MAX_PACKET:
            raise WireError(f"mtproto: packet of {need} bytes")
        return max(0, need - len(packet))

    def _size(self, packet: bytes) -> int:
        if self._framing is Framing.ABRIDGED:
            if packet[:1] != b"\x7f":
                # Bit 7 marks a quick acknowledgement, which nobody may send before a key exists.
                if packet and not 0 < packet[0] < 0x7F:
                    raise WireError(f"mtproto: packet begins with {packet[0]:#04x}")
                return 1 + 4 * packet[0] if packet else 1
            return 4 if len(packet) < 4 else 4 + 4 * int.from_bytes(packet[1:4], "little")
        if len(packet) < 4:
            return 4
        size = int.from_bytes(packet[:4], "little", signed=True)
        if self._framing is Framing.FULL:
            if size < 0:  # a bare error code instead of a packet
                return 4
            if size < 16:
                raise WireError(f"mtproto: packet of {size} bytes")
            return size
        if size < 4:
            raise WireError(f"mtproto: packet of {size} bytes")
        return 4 + size

    def payload(self, packet: bytes) -> bytes:
        """What is inside a whole packet. Raises WireError for a wrong checksum or a cut one."""
        if self.missing(packet):
            raise WireError("mtproto: packet is cut short")
        if self._framing is Framing.ABRIDGED:
            return packet[4:] if packet[:1] == b"\x7f" else packet[1:]
        if self._framing is Framing.INTERMEDIATE or len(packet) == 4:
            return packet[4:] or packet
        if zlib.crc32(packet[:-4]) != int.from_bytes(packet[-4:], "little"):
            raise WireError("mtproto: packet with a wrong checksum")
        return packet[8:-4]
