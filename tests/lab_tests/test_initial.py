"""The lab's reader of QUIC Initial packets, against RFC 9001's numbers and aioquic's packets."""

import pytest
from aioquic.quic.packet import QuicProtocolVersion
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.wire.quic import PROBE_SIZE, version_probe
from tests.lab.content import server_name
from tests.lab.initial import _keys, client_hello
from tests.lab_tests.client import quic_initial

INITIAL = quic_initial("web.telegram.org")
END = 26 + (int.from_bytes(INITIAL[24:26], "big") & 0x3FFF)
"""Where the packet ends; aioquic fills the datagram up with zeros behind it."""
HELLO = client_hello(INITIAL)  # before the clock of any property runs: it imports cryptography


def test_the_keys_of_the_standards_example() -> None:
    """RFC 9001, appendix A.1."""
    assert tuple(part.hex() for part in _keys(bytes.fromhex("8394c8f03e515708"))) == (
        "1f369613dd76d5467730efcbe3b1a22d",
        "fa044b2f42a3fd3b46fb255c",
        "9f50449e04a0e810283a1e9933adedd2",
    )


@pytest.mark.parametrize("name", ["web.telegram.org", "example.org", "x" * 60 + ".example"])
def test_the_name_in_another_implementations_packet(name: str) -> None:
    hello = client_hello(quic_initial(name))
    assert hello is not None
    assert server_name(hello) == name


def test_a_packet_without_a_name() -> None:
    hello = client_hello(quic_initial(None))
    assert hello is not None
    assert server_name(hello) is None


def test_what_is_no_initial_of_version_1() -> None:
    assert client_hello(version_probe(bytes(range(240)) * 5).data) is None
    other = QuicProtocolVersion.VERSION_2.to_bytes(4, "big")
    assert client_hello(INITIAL[:1] + other + INITIAL[5:]) is None
    assert client_hello(INITIAL[:1000]) is None
    assert client_hello(b"") is None


@given(st.binary(max_size=PROBE_SIZE))
def test_it_is_total(data: bytes) -> None:
    client_hello(data)
    client_hello(INITIAL[:5] + data + bytes(PROBE_SIZE))


@given(st.integers(0, END - 1), st.integers(1, 255))
def test_a_changed_packet_is_none(at: int, change: int) -> None:
    assert HELLO is not None and END < len(INITIAL)
    damaged = bytearray(INITIAL)
    damaged[at] ^= change
    assert client_hello(bytes(damaged)) is None


@given(st.binary(max_size=200))
def test_a_name_in_any_bytes(data: bytes) -> None:
    server_name(data)
