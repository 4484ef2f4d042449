"""Where bytes may go when only an answer of the network named the address.

Whoever answers a question for a name may answer it with 127.0.0.1, with the router's address or
with that of another device in this network. What services on this device and its neighbours are
asked, and what they say, is then the liar's choice. So an address that came in an answer is dialled
by what it is: an ordinary one freely, one of a private, shared or other special range only for as
long as the peer has yet to prove itself, and one of this device's own never.

Source of the ranges: IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, as of
2025-10); prefixes that embed an IPv4 address count as that address.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network
IPInterface = IPv4Interface | IPv6Interface


class Reach(StrEnum):
    """What may be done with an address that only an answer of the network names."""

    FREE = "free"
    """It is dialled as any."""
    PROOF_FIRST = "proof_first"
    """It is asked to prove itself (TLS, or a protocol with keys of its own), and told nothing
    before it has."""
    NEVER = "never"
    """No packet goes there."""


NEVER: tuple[IPNetwork, ...] = tuple(
    ip_network(prefix)
    for prefix in (
        "0.0.0.0/8",  # "this network", RFC 791: Linux takes 0.0.0.0 for this device
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link-local, RFC 3927
        "224.0.0.0/4",  # multicast, RFC 5771
        "255.255.255.255/32",  # limited broadcast, RFC 919
        "::/128",  # unspecified, RFC 4291
        "::1/128",  # loopback, RFC 4291
        "fe80::/10",  # link-local, RFC 4291
        "ff00::/8",  # multicast, RFC 4291
    )
)
"""Ranges that lead to this device or to whoever is on the same link."""

PROOF_FIRST: tuple[IPNetwork, ...] = tuple(
    ip_network(prefix)
    for prefix in (
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # shared, RFC 6598: providers' own networks, and some tunnels
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # 6to4 relays that are no more, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarks, RFC 2544: where tunnels take their fake addresses from
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "240.0.0.0/4",  # reserved, RFC 1112: some tunnels take fake addresses from here
        "100::/64",  # discard-only, RFC 6666
        "100:0:0:1::/64",  # dummy, RFC 9780
        "2001::/23",  # IETF protocol assignments, RFC 2928
        "2001:db8::/32",  # documentation, RFC 3849
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fc00::/7",  # unique local, RFC 4193: tunnels take fake addresses from here as well
        "fec0::/10",  # site-local, deprecated by RFC 3879
    )
)
"""Ranges in which no public service lives, but portals, tunnels and providers' own servers may."""

_NEIGHBOURHOODS = tuple(
    ip_network(prefix) for prefix in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
"""RFC 1918."""

BENCHMARK = IPv4Network("198.18.0.0/15")
"""RFC 2544. No neighbours live there: a tunnel that has its own address in it gives the others to
the names that it carries."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only part of IPv6 that IANA has given out for public servers so far."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""The well-known prefix of RFC 6052."""

_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
"""The prefix for a network's own translator, RFC 8215."""

_TRANSLATORS = (_NAT64, _NAT64_LOCAL)

_LAST = tuple(IPv6Network(prefix) for prefix in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96"))
"""IPv4-compatible, IPv4-mapped (RFC 4291) and IPv4-translated (RFC 2765) addresses."""

_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")

_ORDER = (Reach.FREE, Reach.PROOF_FIRST, Reach.NEVER)


def reach(address: str, own: Iterable[str] = ()) -> Reach:
    """What may be done with ``address``, an IP literal; NEVER for what is none.

    ``own`` are this device's addresses with the lengths of their networks' prefixes
    (``192.0.2.7/24``). Where an address embeds others, the strictest of all decides.
    """
    parsed = _parsed(address)
    if parsed is None:
        return Reach.NEVER
    if is_own(address, own):
        return Reach.NEVER
    return _by_range(parsed)


def is_special(address: str) -> bool:
    """No public service lives there, whatever this device's own networks are."""
    return reach(address) is not Reach.FREE


def may_be_neighbour(address: str) -> bool:
    """``address`` is one of RFC 1918, as those of this network's other devices are."""
    parsed = _parsed(address)
    return parsed is not None and any(
        parsed.version == n.version and parsed in n for n in _NEIGHBOURHOODS
    )


def special_range(address: str) -> str | None:
    """The range of `PROOF_FIRST` that ``address`` lies in, as its prefix; of a private network, in
    which neighbours may live, only the /24. None for any other address."""
    parsed = _parsed(address)
    if parsed is None:
        return None
    found = next((n for n in PROOF_FIRST if parsed.version == n.version and parsed in n), None)
    if found in _NEIGHBOURHOODS:
        return str(IPv4Network((int(parsed), 24), strict=False))
    return None if found is None else str(found)


def is_own(address: str, own: Iterable[str]) -> bool:
    """``address``, or one that it embeds, lies in a network of ``own`` (see `reach`)."""
    parsed = _parsed(address)
    if parsed is None:
        return False
    every = (parsed, *embedded(parsed))
    networks = [network for one in own if (network := _network(one)) is not None]
    return any(a.version == n.version and a in n for a in every for n in networks)


def embedded(address: IPAddress) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses to which packets for ``address`` are translated or tunnelled."""
    if isinstance(address, IPv4Address):
        return ()
    return tuple(dict.fromkeys(_embedded(address)))


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    octets = address.packed
    if address in _NAT64 or (any(address in p for p in _LAST) and int(address) > 1):
        yield IPv4Address(octets[12:])
    elif address in _NAT64_LOCAL:
        yield from _translated(octets)
    elif address in _SIX_TO_FOUR:
        yield IPv4Address(octets[2:6])  # RFC 3056
    elif address in _TEREDO:
        yield IPv4Address(octets[4:8])  # the server, RFC 4380
        yield IPv4Address(bytes(octet ^ 0xFF for octet in octets[12:]))  # the client


def _translated(octets: bytes) -> Iterator[IPv4Address]:
    """By every length of prefix that a network may use below a /48 (RFC 6052 §2.2: octet 8 is
    skipped, and what follows the address is zero)."""
    for length in (6, 7, 8):
        high = octets[length:8]
        end = 9 + 4 - len(high)
        if not any(octets[end:]):
            yield IPv4Address(high + octets[9:end])
    if any(octets[12:]):
        yield IPv4Address(octets[12:])


def _by_range(address: IPAddress) -> Reach:
    inner = [_of(one) for one in embedded(address)]
    translated = isinstance(address, IPv6Address) and any(address in p for p in _TRANSLATORS)
    if translated and inner:  # it counts as what it embeds, and as nothing else
        return max(inner, key=_ORDER.index)
    return max((_of(address), *inner), key=_ORDER.index)


@lru_cache(maxsize=4096)
def _of(address: IPAddress) -> Reach:
    if any(address.version == n.version and address in n for n in NEVER):
        return Reach.NEVER
    if any(address.version == n.version and address in n for n in PROOF_FIRST):
        return Reach.PROOF_FIRST
    foreign = isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST
    return Reach.PROOF_FIRST if foreign else Reach.FREE


@lru_cache(maxsize=4096)
def _parsed(address: str) -> IPAddress | None:
    try:
        return ip_address(address.partition("%")[0])
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _network(own: str) -> IPNetwork | None:
    try:
        interface: IPInterface = ip_interface(own)
    except ValueError:
        return None
    return interface.network
