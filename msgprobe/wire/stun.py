"""STUN messages (RFC 8489), and as much of TURN (RFC 8656) as needs no account."""

from enum import StrEnum

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError

HEADER_SIZE = 20
ID_SIZE = 16
"""Bytes of a transaction id with the cookie before it; before RFC 5389 all 16 were random."""

COOKIE = bytes.fromhex("2112a442")
MAX_MESSAGE = 2048
"""Longer than any honest answer to what we ask."""

_BINDING, _ALLOCATE = 0x0001, 0x0003
_SUCCESS, _ERROR = 0x0100, 0x0110
_MAPPED, _ERROR_CODE, _REALM, _XOR_MAPPED = 0x0001, 0x0009, 0x0014, 0x0020
_REQUESTED_TRANSPORT = bytes.fromhex("0019000411000000")
"""REQUESTED-TRANSPORT: UDP (17), RFC 8656 §14.7."""


class Form(StrEnum):
    """How a STUN server is asked."""

    BINDING = "binding"
    """As every client does it since RFC 5389, with the magic cookie."""
    CLASSIC = "classic"
    """As in RFC 3489: 16 random bytes where cookie and id are now. Servers answer it alike."""
    ALLOCATE = "allocate"
    """A relay without credentials, which a TURN server refuses and names its realm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StunAnswer:
    """A response. ``identity`` is the whole id of the question, cookie included.

    ``error`` is the code of an error response, None for success; ``mapped`` says whether it tells
    the asker's address, ``realm`` who would have to be logged in to.
    """

    identity: bytes
    error: int | None
    mapped: bool
    realm: bytes


def question(form: Form, identity: bytes) -> bytes:
    """One request. ``identity`` are 16 bytes (only 12 of them are used behind the cookie)."""
    if len(identity) != ID_SIZE:
        raise ValueError(f"an identity has {ID_SIZE} bytes, not {len(identity)}")
    kind, body = (_ALLOCATE, _REQUESTED_TRANSPORT) if form is Form.ALLOCATE else (_BINDING, b"")
    return (
        kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + asked_identity(form, identity)
    ) + body


def asked_identity(form: Form, identity: bytes) -> bytes:
    """The 16 bytes that the answer must bear."""
    return identity if form is Form.CLASSIC else COOKIE + identity[4:]


def body_size(header: bytes) -> int:
    """Bytes that follow the first 20 of a message on a stream. Raises WireError."""
    if len(header) != HEADER_SIZE or header[0] & 0xC0:
        raise WireError("stun: not a message")
    size = int.from_bytes(header[2:4], "big")
    if size % 4 or size > MAX_MESSAGE:
        raise WireError(f"stun: a length of {size} bytes")
    return size


def parse_answer(data: bytes) -> StunAnswer:
    """A response to Binding or Allocate. Raises WireError."""
    size = body_size(data[:HEADER_SIZE])
    body = data[HEADER_SIZE:]
    if len(body) != size:
        raise WireError(f"stun: {len(body)} bytes where the header says {size}")
    kind = int.from_bytes(data[:2], "big")
    success = kind in (_BINDING | _SUCCESS, _ALLOCATE | _SUCCESS)
    if not success and kind not in (_BINDING | _ERROR, _ALLOCATE | _ERROR):
        raise WireError(f"stun: message type {kind:#06x} is no answer")
    fields = _attributes(body)
    code = fields.get(_ERROR_CODE)
    if not success and (code is None or len(code) < 4):
        raise WireError("stun: an error response without a code")
    return StunAnswer(
        identity=data[4:HEADER_SIZE],
        # RFC 8489 §14.8: class (hundreds) and number (rest)
        error=None if success or code is None else (code[2] & 7) * 100 + code[3],
        mapped=_XOR_MAPPED in fields or _MAPPED in fields,
        realm=fields.get(_REALM, b""),
    )


def _attributes(body: bytes) -> dict[int, bytes]:
    """Attributes by type, the first of each (RFC 8489 §14). Raises WireError."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(body):
        if at + 4 > len(body):
            raise WireError("stun: an attribute is cut off")
        kind, size = (
            int.from_bytes(body[at : at + 2], "big"),
            int.from_bytes(body[at + 2 : at + 4], "big"),
        )
        value = body[at + 4 : at + 4 + size]
        if len(value) != size:
            raise WireError("stun: an attribute is longer than its message")
        found.setdefault(kind, value)
        at += 4 + size + -size % 4
    return found
