"""MTProto's transports byte by byte, and on any bytes at all."""

import os
import struct
import zlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.wire.error import WireError
from msgprobe.wire.mtproto_transport import (
    MAX_PACKET,
    OPENING_BOUND,
    Framing,
    Transport,
    is_obfuscated_start,
)

WORDS = st.binary(min_size=1, max_size=200).map(lambda b: b * 4)
EVERY = [(f, obfuscated) for f in Framing for obfuscated in (False, True)][:-1]


def made(framing: Framing, obfuscated: bool) -> Transport:
    return Transport.obfuscated(framing, 2, os.urandom) if obfuscated else Transport(framing)


def test_the_opening_and_the_packets_in_the_open() -> None:
    payload = bytes(range(8))
    short = Transport(Framing.ABRIDGED)
    assert short.pack(payload) == b"\xef\x02" + payload
    assert short.pack(bytes(4 * 127)) == b"\x7f\x7f\0\0" + bytes(4 * 127)
    assert Transport(Framing.INTERMEDIATE).pack(payload) == b"\xee" * 4 + b"\x08\0\0\0" + payload
    full = Transport(Framing.FULL)
    for number in (0, 1):
        packet = struct.pack("<II", 20, number) + payload
        assert full.pack(payload) == packet + struct.pack("<I", zlib.crc32(packet))


@pytest.mark.parametrize("dc", [1, 203, -2])
@pytest.mark.parametrize("framing", [Framing.ABRIDGED, Framing.INTERMEDIATE])
def test_a_server_can_read_an_obfuscated_stream(framing: Framing, dc: int) -> None:
    ours = Transport.obfuscated(framing, dc, os.urandom)
    sent = ours.pack(bytes(range(8))) + ours.pack(bytes(4))
    # The server's side, from the description of the transport.
    back = sent[8:56][::-1]
    up = Cipher(algorithms.AES(sent[8:40]), modes.CTR(sent[40:56])).decryptor()
    down = Cipher(algorithms.AES(back[:32]), modes.CTR(back[32:48])).encryptor()
    plain = up.update(sent)
    assert plain[56:60] == (b"\xef" if framing is Framing.ABRIDGED else b"\xee") * 4
    assert struct.unpack("<h", plain[60:62]) == (dc,)
    twice = Transport(framing)
    bare = twice.pack(bytes(range(8))) + twice.pack(bytes(4))
    assert plain[64:] == bare[1 if framing is Framing.ABRIDGED else 4 :]
    assert ours.clear(down.update(b"hello") + down.update(b" there")) == b"hello there"


@pytest.mark.parametrize(
    "start",
    [
        *(b"\xef12345", b"HEAD5678", b"POST5678", b"GET 5678", b"OPTI5678", b"\xdd" * 8),
        *(b"\xee" * 8, bytes.fromhex("1603010212345678"), b"1234\0\0\0\0"),
    ],
)
def test_what_a_server_takes_for_something_else_is_not_sent(start: bytes) -> None:
    assert not is_obfuscated_start(start)
    draws = iter((start.ljust(64, b"x"), b"y" * 64))
    sent = Transport.obfuscated(Framing.INTERMEDIATE, 2, lambda n: next(draws)).pack(b"")
    assert sent[:56] == b"y" * 56


def test_what_has_no_obfuscated_form() -> None:
    for framing, dc in ((Framing.FULL, 2), (Framing.ABRIDGED, 1 << 15)):
        with pytest.raises(ValueError):
            Transport.obfuscated(framing, dc, os.urandom)
    with pytest.raises(ValueError):
        Transport(Framing.ABRIDGED).pack(b"123")


@pytest.mark.parametrize(("framing", "obfuscated"), EVERY)
def test_any_bytes_are_a_packet_or_a_wire_error(framing: Framing, obfuscated: bool) -> None:
    @given(st.binary(max_size=300))
    def check(data: bytes) -> None:
        transport, packet = made(framing, obfuscated), b""
        clear = transport.clear(data)
        try:
            while more := transport.missing(packet):
                assert more <= MAX_PACKET
                piece, clear = clear[:more], clear[more:]
                if not piece:
                    break
                packet += piece
            transport.payload(packet)
        except WireError as exc:
            assert str(exc)

    check()


@pytest.mark.parametrize("framing", list(Framing))
def test_packets_are_read_back(framing: Framing) -> None:
    @given(st.lists(WORDS, min_size=1, max_size=3))
    def check(payloads: list[bytes]) -> None:
        writer, reader = Transport(framing), Transport(framing)
        first = len(Transport(framing).pack(b"")) - len(Transport(framing)._cut(b""))
        stream = b"".join(writer.pack(p) for p in payloads)
        assert len(stream) <= sum(map(len, payloads)) + OPENING_BOUND + 12 * (len(payloads) - 1)
        stream = stream[first:]
        for payload in payloads:
            packet = b""
            while more := reader.missing(packet):
                packet, stream = packet + stream[:more], stream[more:]
            assert reader.payload(packet) == payload
        assert stream == b""

    check()


@pytest.mark.parametrize(
    ("framing", "packet"),
    [
        (Framing.FULL, struct.pack("<i", -404)),
        (Framing.INTERMEDIATE, struct.pack("<ii", 4, -404)),
        (Framing.ABRIDGED, b"\x01" + struct.pack("<i", -404)),
    ],
)
def test_an_error_is_four_bytes_in_every_framing(framing: Framing, packet: bytes) -> None:
    transport = Transport(framing)
    assert transport.missing(packet) == 0
    assert transport.payload(packet) == struct.pack("<i", -404)


def test_a_flipped_bit_in_the_full_framing_is_seen() -> None:
    packet = bytearray(Transport(Framing.FULL).pack(bytes(8)))
    packet[9] ^= 1
    with pytest.raises(WireError, match="checksum"):
        Transport(Framing.FULL).payload(bytes(packet))
