"""The lab's own packet and content readers: total on any bytes, and true to what was written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab import packet as ip
from tests.lab.action_file import ActionFile
from tests.lab.censor import Action, DnsForge, Drop, Match, OnSni, PassOnly
from tests.lab.content import Kind, answers, covers, first_words, question
from tests.lab_tests.client import client_hello

ENDS = (ip.packed("192.0.2.1"), 1234), (ip.packed("198.51.100.7"), 443)
ENDS6 = (ip.packed("2001:db8::1"), 1234), (ip.packed("2001:db8::7"), 443)


def transport_sum(packet: ip.Packet) -> int:
    """0 where the checksum of a TCP or UDP packet is right."""
    body = packet.data[packet.l4 :]
    pseudo = packet.src + packet.dst + len(body).to_bytes(4, "big") + bytes((0, 0, 0, packet.proto))
    return ip.checksum(pseudo + body)


@given(st.binary(max_size=200))
def test_readers_are_total(data: bytes) -> None:
    ip.parse(data)
    for first in (b"\x45", b"\x60", b"\x16\x03\x01"):
        ip.parse(first + data, 0)
        first_words(first + data)
    question(data)
    answers(data)


@given(st.binary(max_size=300))
def test_a_damaged_client_hello_is_no_fault(noise: bytes) -> None:
    hello = client_hello("example.org")
    first_words(hello[: 60 + len(noise)] + noise)
    first_words(hello[:43] + noise)


@pytest.mark.parametrize("ends", [ENDS, ENDS6])
@given(payload=st.binary(max_size=40), port=st.integers(1, 65535))
def test_rewriting_keeps_sums_right(
    ends: tuple[tuple[bytes, int], tuple[bytes, int]], payload: bytes, port: int
) -> None:
    elsewhere = ip.packed("203.0.113.5" if ends is ENDS else "2001:db8:5::5")
    for data in (ip.tcp(*ends, (1, 2), ip.ACK, payload), ip.udp(*ends, payload)):
        packet = ip.parse(data, 0)
        assert packet is not None
        assert transport_sum(packet) == 0
        moved = ip.rewritten(packet, dport=port, src=elsewhere)
        assert (moved.dport, moved.src, moved.payload) == (port, elsewhere, payload)
        assert transport_sum(moved) == 0
        if len(moved.src) == 4:
            assert ip.checksum(moved.data[:20]) == 0


def test_later_fragments_have_no_ports() -> None:
    data = bytearray(ip.udp(*ENDS, b"abc"))
    data[6:8] = (5).to_bytes(2, "big")
    packet = ip.parse(bytes(data), 0)
    assert packet is not None
    assert (packet.dport, packet.payload) == (0, b"")


def test_client_hellos() -> None:
    hello = client_hello("Web.Telegram.ORG")
    assert first_words(hello) == (Kind.TLS, "web.telegram.org")
    assert first_words(client_hello(None)) == (Kind.TLS, None)
    assert first_words(hello[:-1]) == (Kind.UNDECIDED, None)
    assert first_words(hello[:1]) == (Kind.UNDECIDED, None)
    hidden = b"\x16" + bytes(range(0x40, 0xAB))  # one in 256 of all streams that look like noise
    assert first_words(hidden) == (Kind.OTHER, None)
    two_records = (
        hello[:3]
        + (100).to_bytes(2, "big")
        + hello[5:105]
        + hello[:3]
        + (len(hello) - 105).to_bytes(2, "big")
        + hello[105:]
    )
    assert first_words(two_records) == (Kind.TLS, "web.telegram.org")


def test_names() -> None:
    assert covers(("telegram.org",), "web.telegram.org")
    assert not covers(("telegram.org",), "nottelegram.org")
    assert not covers(("=telegram.org",), "web.telegram.org")
    assert covers(("*",), None)
    assert not covers(("telegram.org",), None)


def test_actions_survive_json() -> None:
    actions: list[Action] = [
        Drop(match=Match(to=("192.0.2.0/24",), ports=(1, 2))),
        PassOnly(holes=(Match(proto=("udp",)), Match(family=6))),
        DnsForge(names=("a.b",), answer=("nxdomain",), at_ms=3.5),
        OnSni(names=("a.b",), do="alert", residual_s=2.0),
        Drop(match=Match(quic_name=("a.b",)), residual_s=3.0),
    ]
    assert ActionFile.load(json.loads(json.dumps(ActionFile.dump(actions)))) == actions
    with pytest.raises(ValueError, match="unknown action 'Dorp'"):
        ActionFile.load([{"action": "Dorp"}])
    with pytest.raises(ValueError, match=r"Match\.to: .*192\.0\.2\.0/24"):
        Match(to=("nowhere",))
