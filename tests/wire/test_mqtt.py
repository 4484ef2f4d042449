"""CONNECT and CONNACK, byte by byte as OASIS MQTT 3.1.1 has them."""

import pytest

from msgprobe.wire.error import WireError
from msgprobe.wire.mqtt import ConnAck, connect, missing, parse_connack


def test_connect_in_facebooks_dialect() -> None:
    # 10 <remlen> 00 06 "MQTToT" 03 02 00 3c <blob>
    packet = connect("MQTToT", 3, 0x02, 60, b"blob")
    assert packet == bytes.fromhex("10 10 0006 4d5154546f54 03 02 003c".replace(" ", "")) + b"blob"


def test_a_long_packet_has_a_length_of_two_bytes() -> None:
    # §2.2.3: 321 is 0xC1 0x02.
    packet = connect("MQTT", 4, 2, 60, bytes(321 - 10))
    assert packet[:3] == b"\x10\xc1\x02" and len(packet) == 3 + 321


@pytest.mark.parametrize("code", [0, 1, 5])
def test_connack(code: int) -> None:
    packet = bytes((0x20, 2, 0, code))
    assert [missing(packet[:n]) for n in range(5)] == [2, 1, 2, 1, 0]
    assert parse_connack(packet) == ConnAck(code=code)
    # Version 5 adds properties; the length may be padded to more bytes than it needs.
    assert parse_connack(b"\x20\x83\x00" + bytes((1, code, 0))) == ConnAck(code=code)


@pytest.mark.parametrize(
    "packet",
    [
        b"\x10\x02\0\0",
        b"HTTP",
        b"\x20\xff\xff\xff\xff",
        b"\x20\xff\x7f",
        b"\x20\x01\0",
        b"\x20\x02",
        b"\x20\x02\x02\x05",
    ],
)
def test_what_is_no_connack(packet: bytes) -> None:
    with pytest.raises(WireError, match="mqtt"):
        parse_connack(packet)
