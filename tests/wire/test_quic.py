"""Version negotiation against RFC 8999/9000 by hand, and against aioquic."""

import pytest
from aioquic._buffer import Buffer
from aioquic.quic.packet import (
    QuicPacketType,
    encode_quic_version_negotiation,
    pull_quic_header,
)

from msgprobe.wire.error import WireError
from msgprobe.wire.quic import PROBE_SIZE, parse_version_negotiation, version_probe

RANDOM = bytes((7 * n + 3) % 256 for n in range(PROBE_SIZE))
PROBE = version_probe(RANDOM)


def answer(destination: bytes = PROBE.source, source: bytes = PROBE.destination) -> bytes:
    """A Version Negotiation packet as RFC 9000 section 17.2.1 draws it."""
    ids = bytes([len(destination)]) + destination + bytes([len(source)]) + source
    return b"\xca" + bytes(4) + ids + b"\x00\x00\x00\x01\x6b\x33\x43\xcf"


def test_another_implementation_reads_the_probe_as_a_whole_initial_of_no_version() -> None:
    header = pull_quic_header(Buffer(data=PROBE.data))
    assert header.packet_type is QuicPacketType.INITIAL
    assert (header.destination_cid, header.source_cid) == (PROBE.destination, PROBE.source)
    assert header.packet_length == len(PROBE.data) == 1200  # RFC 9000 section 14.1
    assert len(header.destination_cid) >= 8  # section 7.2
    assert header.version is not None and header.version & 0x0F0F0F0F == 0x0A0A0A0A  # section 15
    assert header.token == b""


def test_the_ids_and_the_version_are_random() -> None:
    other = version_probe(bytes(reversed(RANDOM)))
    assert other.destination != PROBE.destination
    assert other.source != PROBE.source
    assert other.data[1:5] != PROBE.data[1:5]


def test_too_little_chance_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="1200"):
        version_probe(bytes(100))


def test_the_versions_of_a_genuine_answer() -> None:
    assert parse_version_negotiation(answer(), PROBE) == (1, 0x6B3343CF)
    theirs = encode_quic_version_negotiation(
        source_cid=PROBE.destination, destination_cid=PROBE.source, supported_versions=[1]
    )
    assert 1 in parse_version_negotiation(theirs, PROBE)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (answer(PROBE.destination, PROBE.source), "other connection ids"),
        (answer(source=bytes(8)), "other connection ids"),
        (answer()[:-1], "versions of 7 bytes"),
        (answer()[:23], "versions of 0 bytes|long header"),
        (answer()[:1] + b"\x00\x00\x00\x01" + answer()[5:], "version 00000001"),
        (b"\x4a" + answer()[1:], "long header"),
        (PROBE.data, "version"),
        (answer() + bytes(400), "list of"),
    ],
)
def test_what_is_no_answer_to_us(data: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        parse_version_negotiation(data, PROBE)
