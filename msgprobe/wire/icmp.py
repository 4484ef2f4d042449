"""ICMP echo (RFC 792): the question, and which question an answer belongs to."""

from msgprobe.wire.error import WireError

PAYLOAD = 16
"""Random bytes that an echo has to bring back."""

_HEADER = 8
_ECHO, _REPLY = 8, 0


def echo(sequence: int, payload: bytes) -> bytes:
    """An echo request. Identifier and checksum are left to the kernel, which sets both on a
    datagram socket."""
    return bytes((_ECHO, 0, 0, 0, 0, 0)) + (sequence & 0xFFFF).to_bytes(2, "big") + payload


def echoed(message: bytes) -> bytes:
    """The payload that an echo reply brings back. Raises WireError for anything else."""
    if len(message) < _HEADER or message[0] != _REPLY or message[1] != 0:
        raise WireError("icmp: not an echo reply")
    return message[_HEADER:]
