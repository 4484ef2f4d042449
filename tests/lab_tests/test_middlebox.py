"""Each action of the middlebox, seen with plain sockets through real kernels."""

import struct
import time
from pathlib import Path

import pytest

from tests.lab.censor import (
    DnsForge,
    DnsRedirect,
    Drop,
    Freeze,
    IcmpUnreachable,
    Match,
    OnHost,
    OnPattern,
    OnSni,
    PassOnly,
    PortRewrite,
    RstOnSyn,
)
from tests.lab.content import ALPN, ECH, answers, cipher_suites, extensions, protocols
from tests.lab.link import Link
from tests.lab.network import Lab
from tests.lab_tests.client import Client, client_hello, quic_initial
from tests.lab_tests.conftest import RTT_MS, TINY_WORLD

WEB, OTHER, SIX = "198.51.100.7", "203.0.113.9", "2001:db8::7"
BAD, GOOD = client_hello("web.telegram.org"), client_hello("example.org")
SLACK_MS = 20.0
"""How late a busy machine may be; nothing may be early."""


def near(value: float, wanted: float) -> bool:
    return wanted - 1 <= value <= wanted + SLACK_MS


def query(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
    return b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + labels + b"\0" + struct.pack("!HH", kind, 1)


def with_extension(hello: bytes, kind: int, data: bytes = b"\0\1\2\3") -> bytes:
    """The ClientHello, in one record, with an extension more."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + len(cipher_suites(hello))
    at += 1 + hello[at]
    rest = hello[at + 2 :] + struct.pack("!HH", kind, len(data)) + data
    message = hello[9:at] + struct.pack("!H", len(rest)) + rest
    size = len(message)
    return hello[:3] + struct.pack("!HB", size + 4, 1) + size.to_bytes(3, "big") + message


def sni(do: str, **fields: object) -> OnSni:
    return OnSni(names=("telegram.org",), do=do, label="it", **fields)  # type: ignore[arg-type]


def test_without_actions_every_address_answers_after_one_round_trip(client: Client) -> None:
    for tried in client.tcp((WEB, 443, b"x"), (OTHER, 5222, b"x"), (SIX, 443, b"x")):
        assert tried.error == ""
        assert near(tried.connect_ms, RTT_MS)
        assert near(tried.after_ms, RTT_MS)
    assert client.tcp((WEB, 443, b"hello"))[0].reply == f"{WEB} 443 5".encode()
    assert client.tcp((WEB, 444, b""))[0].error == "ECONNREFUSED"
    ((ms, reply),) = client.udp(OTHER, 9000, b"echo")
    assert reply == b"echo"
    assert near(ms, RTT_MS)
    assert [said for _, said in client.udp(OTHER, 9001, b"x")] == [b"ECONNREFUSED"]


def test_drop_by_the_name_in_a_quic_initial_packet(client: Client, lab: Lab) -> None:
    named = Match(ports=(9000,), quic_name=("telegram.org",))
    lab.set_actions([Drop(match=named, label="name")])
    for name, passes in (("web.telegram.org", False), ("example.org", True), (None, True)):
        initial = quic_initial(name)
        replies = [said for _, said in client.udp(OTHER, 9000, initial)]
        assert replies == ([initial] if passes else [])
    assert [said for _, said in client.udp(OTHER, 9000, b"telegram.org")] == [b"telegram.org"]
    assert lab.log.fired["name"] == 1


def test_a_dropped_packet_can_silence_its_far_end_for_a_while(client: Client, lab: Lab) -> None:
    named = Match(ports=(9000,), quic_name=("telegram.org",))
    lab.set_actions([Drop(match=named, residual_s=60.0)])
    assert len(client.udp(OTHER, 9000, b"before")) == 1
    assert client.udp(OTHER, 9000, quic_initial("telegram.org")) == []
    assert client.udp(OTHER, 9000, b"after") == []
    assert len(client.udp(WEB, 9000, b"elsewhere")) == 1
    assert client.tcp((OTHER, 443, b"x"))[0].error == ""


def test_nobody_lives_at_other_addresses(client: Client, lab: Lab) -> None:
    (tried,) = client.tcp(("192.0.2.1", 443, b"x"))
    assert (tried.error, tried.stage) == ("timeout", "connect")
    assert any(one.fate == "nobody" and one.dst == "192.0.2.1" for one in lab.capture)


def test_drop_by_address_port_and_protocol(client: Client, lab: Lab) -> None:
    lab.set_actions(
        [
            Drop(match=Match(to=("198.51.100.0/25",), ports=(443,)), label="port"),
            Drop(match=Match(proto=("udp",), not_ports=(53,)), label="udp"),
            Drop(match=Match(family=6), label="v6"),
        ]
    )
    blocked, port, other, six = client.tcp(
        (WEB, 443, b"x"), (WEB, 80, b"x"), ("198.51.100.200", 443, b"x"), (SIX, 443, b"x")
    )
    assert (blocked.error, blocked.stage) == ("timeout", "connect")
    assert (port.error, other.error) == ("", "")
    assert (six.error, six.stage) == ("timeout", "connect")
    assert client.udp(OTHER, 9000, b"x") == []
    assert len(client.udp("8.8.8.8", 53, query("example.org"))) == 1
    assert set(lab.log.fired) == {"port", "udp", "v6"}
    assert all(lab.log.fired.values())


def test_drop_of_replies_lets_the_acknowledgements_pass(client: Client, lab: Lab) -> None:
    lab.set_actions([Drop(match=Match(direction="down", segment="data", ports=(443,)))])
    (tried,) = client.tcp((WEB, 443, b"x"))
    assert (tried.error, tried.stage) == ("timeout", "reply")
    acks = [p for p in lab.capture if not p.up and p.src == WEB and p.flags == "A" and not p.fate]
    assert acks


def test_a_blackout_with_holes(client: Client, lab: Lab) -> None:
    holes = (Match(proto=("tcp",), ports=(179,)), Match(proto=("udp",), ports=(53,)))
    lab.set_actions([PassOnly(holes=holes, label="blackout")])
    dead, alive, six = client.tcp((WEB, 443, b"x"), (WEB, 179, b"x"), (SIX, 179, b"x"))
    assert (dead.error, dead.stage) == ("timeout", "connect")
    assert (alive.error, six.error) == ("", "")
    assert len(client.udp("8.8.8.8", 53, query("example.org"))) == 1
    assert client.udp(OTHER, 9000, b"x") == []


def test_an_allow_list_behind_the_handshake(client: Client, lab: Lab) -> None:
    holes = (Match(to=("203.0.113.0/24",)),)
    lab.set_actions([PassOnly(holes=holes, pass_handshake=True, label="list")])
    other, listed = client.tcp((WEB, 443, b"x"), (OTHER, 443, b"x"))
    assert (other.error, other.stage) == ("timeout", "reply")
    assert near(other.connect_ms, RTT_MS)
    assert listed.error == ""


def test_everything_off(client: Client, lab: Lab) -> None:
    lab.set_actions([Drop(match=Match(direction="both"), label="off")])
    tried = client.tcp((WEB, 443, b"x"), (OTHER, 80, b"x"), (SIX, 443, b"x"))
    assert [one.error for one in tried] == ["timeout"] * 3
    assert client.udp("8.8.8.8", 53, query("example.org")) == []


@pytest.mark.parametrize("address", [WEB, SIX])
@pytest.mark.parametrize("early", [True, False])
def test_refusal(client: Client, lab: Lab, address: str, early: bool) -> None:
    lab.set_actions([RstOnSyn(match=Match(ports=(443,)), early=early, at_rtt=0.3, label="no")])
    refused, spared = client.tcp((address, 443, b"x"), (address, 80, b"x"))
    assert refused.error == "ECONNREFUSED"
    assert near(refused.connect_ms, RTT_MS * (0.3 if early else 1))
    assert spared.error == ""
    assert lab.log.fired == {"no": 1}


@pytest.mark.parametrize(
    ("address", "code", "error"),
    [
        (WEB, "admin", "EHOSTUNREACH"),
        (WEB, "host", "EHOSTUNREACH"),
        (WEB, "net", "ENETUNREACH"),
        (SIX, "admin", "EACCES"),
        (SIX, "host", "EHOSTUNREACH"),
    ],
)
def test_icmp(client: Client, lab: Lab, address: str, code: str, error: str) -> None:
    match = Match(ports=(443,))
    lab.set_actions([IcmpUnreachable(match=match, code=code, label="icmp")])  # type: ignore[arg-type]
    (tried,) = client.tcp((address, 443, b"x"))
    assert tried.error == error
    assert near(tried.connect_ms, RTT_MS * 0.3)
    routers = {one.src for one in lab.capture if one.proto == "icmp" and not one.up}
    assert routers & {"10.77.1.3", "fd77:1::3"}


@pytest.mark.parametrize("address", [WEB, SIX])
@pytest.mark.parametrize("forward", [True, False])
def test_reset_by_name(client: Client, lab: Lab, address: str, forward: bool) -> None:
    lab.set_actions([sni("rst", forward=forward)])
    bad, good, nameless = client.tcp(
        (address, 443, BAD), (address, 443, GOOD), (address, 443, client_hello(None))
    )
    assert (bad.error, bad.stage) == ("ECONNRESET", "reply")
    assert near(bad.after_ms, RTT_MS * 0.3)
    assert (good.error, nameless.error) == ("", "")
    assert lab.log.fired == {"it": 1}


@pytest.mark.parametrize("address", [WEB, SIX])
@pytest.mark.parametrize(("do", "forward"), [("rst", True), ("rst", False), ("alert", True)])
def test_the_server_is_reset_too(
    client: Client, lab: Lab, address: str, do: str, forward: bool
) -> None:
    lab.set_actions([sni(do, forward=forward)])
    ((_, before),) = client.udp(WEB, 9000, b"resets", wait=0.15)
    client.tcp((address, 443, BAD))
    ((_, after),) = client.udp(WEB, 9000, b"resets", wait=0.15)
    assert int(after) == int(before) + 1


@pytest.mark.parametrize(
    ("do", "sport"), [("drop", 40001), ("drop_both", 40002), ("drop_reply", 40003)]
)
def test_silence_by_name(client: Client, lab: Lab, do: str, sport: int) -> None:
    lab.set_actions([sni(do)])
    before = len(lab.capture)
    bad, good = client.tcp((WEB, 443, BAD, {"sport": sport}), (WEB, 443, GOOD))
    assert (bad.error, bad.stage) == ("timeout", "reply")
    assert good.error == ""
    acknowledged = [
        one
        for one in lab.capture[before:]
        if not one.up and one.dport == sport and one.flags == "A" and not one.fate
    ]
    assert bool(acknowledged) == (do == "drop_reply")


def test_silence_may_begin_later(client: Client, lab: Lab) -> None:
    lab.set_actions([sni("drop_both", after_packets=2)])
    (tried,) = client.tcp((WEB, 443, BAD, {"again": b"more".hex()}))
    assert (tried.error, tried.stage) == ("timeout", "again")


def test_the_client_s_packets_alone_may_count(client: Client, lab: Lab) -> None:
    lab.set_actions([sni("drop_both", after_packets=2, counted="up")])
    (tried,) = client.tcp((WEB, 443, BAD, {"again": b"more".hex()}))
    assert (tried.error, tried.reply) == ("timeout", f"{WEB} 443 {len(BAD)}".encode())
    (tried,) = client.tcp((WEB, 443, GOOD, {"again": b"more".hex()}))
    assert tried.error == ""


def test_greetings_with_an_encrypted_inner_one(client: Client, lab: Lab) -> None:
    assert ECH not in extensions(BAD) and 0 in extensions(BAD)
    assert extensions(b"\x16\x03\x01") == extensions(with_extension(BAD, ECH)[:-9]) == {}
    inner = with_extension(BAD, ECH)
    assert [*extensions(inner)] == [*extensions(BAD), ECH]
    lab.set_actions([sni("drop", ech=True)])
    plain, hidden, other = client.tcp(
        (WEB, 443, BAD), (WEB, 443, inner), (WEB, 443, with_extension(GOOD, ECH))
    )
    assert (plain.error, hidden.error, other.error) == ("", "timeout", "")
    assert lab.log.fired == {"it": 1}


def test_a_box_may_answer_in_the_server_s_name(client: Client, lab: Lab) -> None:
    page = b"HTTP/1.1 403 Forbidden\r\n\r\n" + b"blocked " * 400
    for action, said, expected in (
        (sni("alert"), BAD, bytes((21, 3, 3, 0, 2, 2, 112))),
        (sni("fin"), BAD, b""),
        (OnHost(names=("telegram.org",), do="answer", answer=page.hex(), label="it"), b"", page),
    ):
        request = said or b"GET / HTTP/1.1\r\nHost: web.telegram.org\r\n\r\n"
        lab.set_actions([action])
        (tried,) = client.tcp((WEB, 80, request))
        assert tried.error == ""
        assert near(tried.after_ms, RTT_MS * 0.3)
        assert expected.startswith(tried.reply)
        assert bool(tried.reply) == bool(expected)
        assert lab.log.fired == {"it": 1}


def test_host_and_pattern(client: Client, lab: Lab) -> None:
    lab.set_actions(
        [
            OnHost(names=("telegram.org",), label="host"),
            OnPattern(pattern=r"\xee{4}", do="drop", label="pattern"),
        ]
    )
    http = b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n"
    bad, good, mtproto, other = client.tcp(
        (WEB, 80, http % b"telegram.org:80"),
        (WEB, 80, http % b"nottelegram.org"),
        (WEB, 80, b"\xee\xee\xee\xee123"),
        (WEB, 80, b"\xef123"),
    )
    assert (bad.error, good.error) == ("ECONNRESET", "")
    assert (mtproto.error, other.error) == ("timeout", "")
    assert lab.log.fired == {"host": 1, "pattern": 1}


def test_a_split_client_hello_is_read_only_by_a_box_that_reassembles(
    client: Client, lab: Lab
) -> None:
    split = {"pieces": [BAD.index(b"telegram")]}
    lab.set_actions([sni("rst")])
    assert client.tcp((WEB, 443, BAD, split))[0].error == "ECONNRESET"
    lab.set_actions([sni("rst", reassemble=False)])
    assert client.tcp((WEB, 443, BAD, split))[0].error == ""
    assert client.tcp((WEB, 443, BAD))[0].error == "ECONNRESET"


def test_a_box_that_acts_at_the_second_segment_spares_whole_client_hellos(
    client: Client, lab: Lab
) -> None:
    lab.set_actions([sni("rst", spares_whole=True)])
    assert client.tcp((WEB, 443, BAD))[0].error == ""
    split = {"pieces": [BAD.index(b"telegram")]}
    assert client.tcp((WEB, 443, BAD, split))[0].error == "ECONNRESET"


def test_a_box_may_act_on_those_alone_that_offer_a_protocol(client: Client, lab: Lab) -> None:
    h2 = with_extension(BAD, ALPN, b"\0\x0c\2h2\x08http/1.1")
    assert protocols(h2) == ("h2", "http/1.1")
    assert protocols(BAD) == protocols(h2[:60]) == ()
    lab.set_actions([sni("rst", alpn="h2")])
    assert client.tcp((WEB, 443, BAD))[0].error == ""
    assert client.tcp((WEB, 443, h2))[0].error == "ECONNRESET"


def test_a_fingerprint_is_the_cipher_suites_in_their_order(client: Client, lab: Lab) -> None:
    offered = cipher_suites(BAD).hex()
    assert len(offered) >= 8
    lab.set_actions([sni("rst", ciphers=offered)])
    assert client.tcp((WEB, 443, BAD))[0].error == "ECONNRESET"
    turned = offered[4:] + offered[:4]
    lab.set_actions([sni("rst", ciphers=turned)])
    assert client.tcp((WEB, 443, BAD))[0].error == ""


def test_many_greetings_with_one_name_are_struck_together_and_one_alone_passes(
    client: Client, lab: Lab
) -> None:
    lab.set_actions([sni("drop_both", together=3)])
    for _ in range(2):
        assert [one.error for one in client.tcp((WEB, 443, BAD), (WEB, 443, GOOD))] == ["", ""]
    three = client.tcp(*[(WEB, 443, BAD)] * 3, (WEB, 443, GOOD))
    assert [one.error for one in three] == ["timeout"] * 3 + [""]


@pytest.mark.parametrize(("residual", "sport"), [("tuple3", 40011), ("tuple4", 40012)])
def test_residual(client: Client, lab: Lab, residual: str, sport: int) -> None:
    lab.set_actions([sni("drop", residual_s=1.2, residual=residual)])
    bad, same, other_port, other = client.tcp(
        (WEB, 443, BAD, {"sport": sport}),
        (WEB, 443, GOOD, {"after": 0.7}),
        (WEB, 80, GOOD, {"after": 0.7}),
        (OTHER, 443, GOOD, {"after": 0.7}),
    )
    assert bad.error == "timeout"
    assert same.error == ("timeout" if residual == "tuple3" else "")
    assert (other_port.error, other.error) == ("", "")


def test_who_is_punished_by_address_is_so_whatever_the_port(client: Client, lab: Lab) -> None:
    lab.set_actions([sni("drop", residual_s=2.0, residual="pair")])
    bad, other_port, other = client.tcp(
        (WEB, 443, BAD),
        (WEB, 80, GOOD, {"after": 0.7}),
        (OTHER, 443, GOOD, {"after": 0.7}),
    )
    assert (bad.error, other_port.error, other.error) == ("timeout", "timeout", "")


def test_who_is_punished_with_resets_connects_first(client: Client, lab: Lab) -> None:
    lab.set_actions([sni("rst", residual_s=2.0, residual="pair", residual_do="rst")])
    bad, said, opened, other = client.tcp(
        (WEB, 443, BAD),
        (WEB, 443, GOOD, {"after": 0.5}),
        (WEB, 443, b"", {"after": 0.5}),
        (OTHER, 443, GOOD, {"after": 0.5}),
    )
    assert (bad.error, said.error) == ("ECONNRESET", "ECONNRESET")
    assert (opened.error, other.error) == ("", "")


def test_residual_ends(client: Client, lab: Lab) -> None:
    lab.set_actions([sni("rst", residual_s=0.3, forward=False)])
    bad, soon, later = client.tcp(
        (WEB, 443, BAD),
        (WEB, 443, GOOD, {"after": 0.2}),
        (WEB, 443, GOOD, {"after": 1.3}),
        wait=0.3,
    )
    assert (bad.error, soon.error, later.error) == ("ECONNRESET", "timeout", "")


def test_port_rewrite_keeps_the_true_address(client: Client, lab: Lab) -> None:
    lab.set_actions([PortRewrite(match=Match(ports=(443,)), to_port=10443, label="relay")])
    four, six, plain = client.tcp((WEB, 443, b"x"), (SIX, 443, b"x"), (WEB, 80, b"x"))
    assert four.reply == f"{WEB} 10443 1".encode()
    assert six.reply == f"{SIX} 10443 1".encode()
    assert plain.reply == f"{WEB} 80 1".encode()
    assert lab.log.fired == {"relay": 2}


@pytest.mark.parametrize(
    ("answer", "rcode", "addresses"),
    [
        (("10.10.34.36",), 0, ["10.10.34.36"]),
        (("nxdomain",), 3, []),
        (("refused",), 5, []),
        (("servfail",), 2, []),
        (("empty",), 0, []),
    ],
)
def test_dns_lie(
    client: Client, lab: Lab, answer: tuple[str, ...], rcode: int, addresses: list[str]
) -> None:
    lab.set_actions([DnsForge(names=("telegram.org",), answer=answer, label="lie")])
    ((ms, lie),) = client.udp("8.8.8.8", 53, query("web.telegram.org"))
    assert (lie[3] & 15, answers(lie)) == (rcode, addresses)
    assert near(ms, RTT_MS * 0.3)
    ((_, truth),) = client.udp("8.8.8.8", 53, query("example.org"))
    assert answers(truth) == ["203.0.113.80"]
    assert lab.log.fired == {"lie": 1}


def test_dns_lie_about_one_family(client: Client, lab: Lab) -> None:
    lie = DnsForge(names=("telegram.org",), answer=("fd00::1",), family=6, label="lie")
    lab.set_actions([lie])
    ((_, truth),) = client.udp("8.8.8.8", 53, query("telegram.org"))
    assert answers(truth) == ["203.0.113.80"]
    ((_, told),) = client.udp("8.8.8.8", 53, query("telegram.org", 28))
    assert answers(told) == ["fd00::1"]


def test_a_resolver_that_answers_so_many_questions_a_second(client: Client, lab: Lab) -> None:
    lab.set_actions([DnsForge(names=("*",), answer=("refused",), beyond=2, within_s=30.0)])
    asked = [client.udp("8.8.8.8", 53, query("example.org"))[0][1] for _ in range(3)]
    assert [reply[3] & 15 for reply in asked] == [0, 0, 5]


def test_dns_race_silence_and_hosts_without_dns(client: Client, lab: Lab) -> None:
    race = DnsForge(names=("telegram.org",), answer=("198.18.0.1",), mode="race", at_ms=5)
    lab.set_actions([race])
    first, second = client.udp("8.8.8.8", 53, query("telegram.org"))
    assert (answers(first[1]), answers(second[1])) == (["198.18.0.1"], ["203.0.113.80"])
    assert near(first[0], 5)
    assert near(second[0], RTT_MS)
    assert len(client.udp("192.0.2.53", 53, query("telegram.org"))) == 1
    lab.set_actions([DnsForge(names=("telegram.org",), answer=("drop",), servers=("8.8.8.8/32",))])
    assert client.udp("8.8.8.8", 53, query("telegram.org")) == []
    assert len(client.udp("10.77.0.53", 53, query("telegram.org"))) == 1


def test_dns_redirect_seems_to_come_from_the_server_asked(client: Client, lab: Lab) -> None:
    assert client.udp("192.0.2.53", 53, query("example.org")) == []
    lab.set_actions([DnsRedirect(to="10.77.0.53", label="proxy")])
    ((_, reply),) = client.udp("192.0.2.53", 53, query("example.org"))
    assert answers(reply) == ["203.0.113.80"]
    assert lab.log.fired == {"proxy": 1}


def test_freeze(client: Client, lab: Lab) -> None:
    lab.set_actions([Freeze(after_bytes=16_000, label="ice")])
    (frozen,) = client.tcp((WEB, 443, b"GET big"))
    assert frozen.error == "timeout"
    assert 14_000 <= len(frozen.reply) <= 18_000
    lab.set_actions([])
    (whole,) = client.tcp((WEB, 443, b"GET big"), wait=3)
    assert len(whole.reply) == 300_000


def test_counters_agree_with_the_capture(client: Client, lab: Lab) -> None:
    counted, seen = lab.counters(), len(lab.capture)
    client.tcp((WEB, 443, b"GET big"), wait=3)
    time.sleep(0.2)  # the last acknowledgements
    octets = lab.counters().ip_bytes - counted.ip_bytes
    captured = sum(one.length for one in lab.capture[seen:] if one.fate != "nobody")
    assert abs(octets - captured) <= 200  # ARP and neighbour discovery


def test_link(lab_possible: None, tmp_path: Path) -> None:
    slow = Link(delay_ms=10, jitter_ms=5, down_kbit=4000, up_kbit=1000, black_hole_mtu=1400)
    with Lab(workdir=tmp_path, link=slow, world_command=TINY_WORLD) as lab:
        small, big = Client(lab).tcp((WEB, 443, b"x" * 1000), (WEB, 443, b"y" * 1500), wait=0.4)
        assert small.error == ""
        assert (big.error, big.stage) == ("timeout", "reply")
        assert lab.log.too_long > 0
    clear = Link(delay_ms=10, down_kbit=4000, queue_ms=100)
    with Lab(workdir=tmp_path, link=clear, world_command=TINY_WORLD) as lab:
        (whole,) = Client(lab).tcp((WEB, 443, b"GET big"), wait=5)
        assert len(whole.reply) == 300_000
        rate = 300_000 * 8 / whole.after_ms  # kbit/s
        assert 2500 < rate < 4000
