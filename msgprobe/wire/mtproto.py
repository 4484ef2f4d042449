"""MTProto's first words: ``req_pq_multi`` and its answer ``resPQ``, in plain messages.

Sources: core.telegram.org/mtproto/auth_key (messages), core.telegram.org/mtproto/mtproto-transports
(transport errors), tdlib ``td/generate/scheme/mtproto_api.tl`` (constructor ids).
Integers are little-endian unless said otherwise.
"""

import struct

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError

NONCE_SIZE = 16
_REQ_PQ_MULTI = 0xBE7E8EF1
_RES_PQ = 0x05162463
_VECTOR = 0x1CB5C415
_MAX_FINGERPRINTS = 64
FLOOD = -429
"""The code of a server that was asked too often."""

_MEANINGS = {
    -404: "message not understood",
    FLOOD: "too many requests",
    -444: "no such data centre here",
}


@dataclass(frozen=True, slots=True)
class TransportError:
    """A 4-byte packet with a negative code: -404, -429 (flood) or -444 (no such DC) are known."""

    code: int

    def __str__(self) -> str:
        """With what servers mean by it (tdesktop ``mtproto/session_private.cpp``)."""
        return f"transport error {self.code} ({_MEANINGS.get(self.code, 'unknown')})"


@dataclass(frozen=True, slots=True)
class ResPQ:
    """The server's answer, bound to our nonce. ``pq`` is the number to factor."""

    server_nonce: bytes
    pq: int
    fingerprints: tuple[int, ...]


def req_pq_multi(nonce: bytes) -> bytes:
    """The body of the first question. Raises ValueError when the nonce is not 16 bytes."""
    if len(nonce) != NONCE_SIZE:
        raise ValueError(f"nonce must be {NONCE_SIZE} bytes, not {len(nonce)}")
    return struct.pack("<I", _REQ_PQ_MULTI) + nonce


def plain_message(body: bytes, message_id: int) -> bytes:
    """A message before there is a key. ``message_id`` is unix time << 32, low 2 bits 0."""
    return struct.pack("<qqi", 0, message_id & ~3, len(body)) + body


def parse_message(payload: bytes) -> bytes | TransportError:
    """The body of a plain message that a server sent, or what it says instead of one.

    Raises WireError.
    """
    if len(payload) == 4:
        code: int = struct.unpack("<i", payload)[0]
        if code < 0:
            return TransportError(code)
    if len(payload) < 20:
        raise WireError(f"mtproto: message of {len(payload)} bytes")
    key_id, message_id, length = struct.unpack("<qqi", payload[:20])
    if key_id != 0:
        raise WireError("mtproto: answer to a plain message is encrypted")
    if message_id & 3 != 1:
        raise WireError("mtproto: message id is not that of an answer")
    if not 0 <= length <= len(payload) - 20:
        raise WireError("mtproto: message is cut short")
    return payload[20 : 20 + length]


def parse_res_pq(body: bytes, nonce: bytes) -> ResPQ:
    """The body of the answer to ``req_pq_multi``. Raises WireError."""
    if len(body) < 56 or struct.unpack("<I", body[:4])[0] != _RES_PQ:
        raise WireError("mtproto: answer is not resPQ")
    if body[4:20] != nonce:
        raise WireError("mtproto: answer carries another nonce")
    # TL bytes: one length byte, the data, zeros up to a multiple of 4; pq is big-endian.
    size = body[36]
    if not 1 <= size <= 16:
        raise WireError(f"mtproto: pq of {size} bytes")
    at = 36 + (1 + size + 3) // 4 * 4
    if len(body) < at + 8:
        raise WireError("mtproto: resPQ is cut short")
    vector, count = struct.unpack("<II", body[at : at + 8])
    if vector != _VECTOR or not 1 <= count <= _MAX_FINGERPRINTS or len(body) < at + 8 + 8 * count:
        raise WireError("mtproto: list of fingerprints is malformed")
    return ResPQ(
        server_nonce=body[20:36],
        pq=int.from_bytes(body[37 : 37 + size], "big"),
        fingerprints=struct.unpack_from(f"<{count}Q", body, at + 8),
    )
