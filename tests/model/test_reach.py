"""What may be done with an address that only an answer of the network names."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.model.reach import Reach, is_own, is_special, reach

OWN = ("192.0.2.7/24", "10.77.0.2/16", "2a0f:77::2/64", "198.18.0.1/32")

ADDRESSES = {
    Reach.NEVER: (
        "0.0.0.0 0.1.2.3 127.0.0.1 127.255.255.254 169.254.169.254 224.0.0.1 239.255.255.250 "
        "255.255.255.255 :: ::1 fe80::1 febf::1 ff02::1 ff0e::1 fe80::1%eth0"
    ),
    Reach.PROOF_FIRST: (
        "10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 172.16.0.1 172.31.255.255 192.0.0.9 "
        "192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 "
        "240.0.0.1 255.255.255.254 100::1 2001:1::9 2001:2::1 2001:db8::1 3fff::1 5f00::1 fc00::1 "
        "fd00::1 fec0::1 4000::1"
    ),
    Reach.FREE: (
        "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 "
        "169.253.255.255 172.15.255.255 172.32.0.0 192.167.255.255 198.17.255.255 198.20.0.0 "
        "223.255.255.255 2001:200::1 2001:4860:4860::8888 2a00:1450::1"
    ),
}


@pytest.mark.parametrize("expected", list(ADDRESSES), ids=str)
def test_each_range_counts_from_its_first_to_its_last_address(expected: Reach) -> None:
    assert {a: reach(a) for a in ADDRESSES[expected].split()} == dict.fromkeys(
        ADDRESSES[expected].split(), expected
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("64:ff9b::7f00:1", Reach.NEVER),  # 127.0.0.1, RFC 6052
        ("64:ff9b::a9fe:a9fe", Reach.NEVER),  # 169.254.169.254
        ("64:ff9b::a00:1", Reach.PROOF_FIRST),  # 10.0.0.1
        ("64:ff9b::808:808", Reach.FREE),  # 8.8.8.8
        ("64:ff9b:1::7f00:1", Reach.NEVER),  # below a /96, RFC 8215
        ("64:ff9b:1::808:808", Reach.FREE),
        ("64:ff9b:1:7f00:0:100::", Reach.NEVER),  # 127.0.0.1 below the /48 itself
        ("64:ff9b:1:808:8:800::", Reach.FREE),  # 8.8.8.8
        ("::ffff:127.0.0.1", Reach.NEVER),  # mapped, RFC 4291
        ("::ffff:10.0.0.1", Reach.PROOF_FIRST),
        ("::127.0.0.1", Reach.NEVER),  # compatible
        ("::ffff:0:127.0.0.1", Reach.NEVER),  # translated, RFC 2765
        ("2002:7f00:1::1", Reach.NEVER),  # 6to4, RFC 3056
        ("2002:a00:1::1", Reach.PROOF_FIRST),
        ("2001:0:7f00:1::", Reach.NEVER),  # Teredo, RFC 4380: the server
        (
            "2001:0:4136:e378::f5ff:fffe",
            Reach.PROOF_FIRST,
        ),  # the client: 10.0.0.1
        ("2001:0:4136:e378::80ff:fffe", Reach.NEVER),  # 127.0.0.1
    ],
)
def test_an_address_counts_as_those_that_it_embeds(address: str, expected: Reach) -> None:
    assert reach(address) is expected


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f.1", "1.2.3.4.5", "::g", "[::1]"])
def test_what_is_no_literal_is_never_dialled(text: str) -> None:
    assert reach(text) is Reach.NEVER


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("192.0.2.99", True),
        ("10.77.255.1", True),
        ("2a0f:77::1", True),
        ("64:ff9b::a4d:63", True),  # 10.77.0.99 behind NAT64
        ("::ffff:10.77.0.99", True),
        ("198.18.0.1", True),
        ("198.18.0.2", False),
        ("10.78.0.1", False),
        ("2a0f:78::1", False),
        ("8.8.8.8", False),
    ],
)
def test_this_device_s_own_networks_are_never_dialled(address: str, own: bool) -> None:
    assert is_own(address, OWN) is own
    assert (reach(address, OWN) is Reach.NEVER) is own


def test_what_a_system_calls_its_networks_may_be_nonsense() -> None:
    assert reach("8.8.8.8", ("", "eth0", "1.2.3.4/99", "::/x")) is Reach.FREE


@given(st.ip_addresses(v=4))
def test_what_is_free_is_global_by_python_s_own_table(address: ipaddress.IPv4Address) -> None:
    if not is_special(str(address)):
        assert address.is_global


@given(st.ip_addresses(v=6, network="2000::/3"))
def test_what_is_free_of_ipv6_is_global_too(address: ipaddress.IPv6Address) -> None:
    if not is_special(str(address)):
        assert address.is_global


@given(st.text(max_size=40))
def test_any_text_gets_a_word(text: str) -> None:
    assert reach(text, (text,)) in Reach
