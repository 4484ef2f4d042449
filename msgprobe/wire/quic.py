"""QUIC version negotiation: does whoever lives there speak QUIC at all? No cryptography needed.

Sources: RFC 8999 (what all versions share), RFC 9000 sections 6 (version negotiation), 14.1 (a
first datagram has at least 1200 bytes), 15 (versions 0x?a?a?a?a are reserved to provoke it) and
17.2.1 (the answer).
"""

from msgprobe.model.dataclass import dataclass
from msgprobe.wire.error import WireError

PROBE_SIZE = 1200
"""Bytes of a probe; a server must ignore smaller first datagrams."""

_LONG, _FIXED = 0x80, 0x40
_ID = 8
_VERSION_AND_IDS = 4 + 2 * _ID
_HEAD = 1 + 4 + 1 + _ID + 1 + _ID
_NO_TOKEN = b"\x00"
_MOST_VERSIONS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionProbe:
    """A datagram that every QUIC server answers, and the connection ids that the answer repeats."""

    data: bytes
    destination: bytes
    source: bytes


def version_probe(random: bytes) -> VersionProbe:
    """An Initial-shaped packet of a version that nobody speaks; its payload means nothing.

    ``random`` are `PROBE_SIZE` bytes that nobody can guess. Raises ValueError for fewer.
    """
    if len(random) < PROBE_SIZE:
        raise ValueError(f"{len(random)} random bytes, where {PROBE_SIZE} are needed")
    version = bytes(byte & 0xF0 | 0x0A for byte in random[:4])
    destination, source = random[4 : 4 + _ID], random[4 + _ID : _VERSION_AND_IDS]
    first = bytes([_LONG | _FIXED | random[-1] & 0x0F])
    head = first + version + bytes([_ID]) + destination + bytes([_ID]) + source + _NO_TOKEN
    rest = PROBE_SIZE - len(head) - 2
    # The length is a varint of two bytes (RFC 9000 section 16): 01 in front.
    length = (0x4000 | rest).to_bytes(2, "big")
    payload = random[_VERSION_AND_IDS : _VERSION_AND_IDS + rest]
    return VersionProbe(data=head + length + payload, destination=destination, source=source)


def parse_version_negotiation(data: bytes, probe: VersionProbe) -> tuple[int, ...]:
    """The versions that a server offers in answer to ``probe``.

    Raises WireError for anything that is not a Version Negotiation packet with our ids, swapped.
    """
    if len(data) < _HEAD or not data[0] & _LONG:
        raise WireError("no QUIC packet with a long header")
    if data[1:5] != bytes(4):
        raise WireError(f"QUIC version {data[1:5].hex()}, where Version Negotiation has none")
    swapped = bytes([_ID]) + probe.source + bytes([_ID]) + probe.destination
    if data[5:_HEAD] != swapped:
        raise WireError("a Version Negotiation packet for other connection ids than ours")
    rest = data[_HEAD:]
    if not rest or len(rest) % 4:
        raise WireError(f"a list of versions of {len(rest)} bytes")
    if len(rest) > 4 * _MOST_VERSIONS:
        raise WireError(f"a list of {len(rest) // 4} versions")
    return tuple(int.from_bytes(rest[at : at + 4], "big") for at in range(0, len(rest), 4))
