"""What an address alone can tell. Prefixes acquit; being outside one convicts nothing."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from msgprobe.model.reach import is_special

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The well-known prefix of RFC 6052; an answer inside it is the IPv4 address it embeds."""


@lru_cache(maxsize=4096)
def parse(address: str) -> IPAddress | None:
    """The address, with NAT64 decoded; None when the text is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


@lru_cache(maxsize=4096)
def is_bogon(address: str) -> bool:
    """No public service can live there (RFC 6890): private, loopback, unspecified, reserved…"""
    return is_special(address)


def is_null(address: str) -> bool:
    """0.0.0.0 or ``::``: what advertisement filters answer."""
    ip = parse(address)
    return ip is not None and ip.is_unspecified


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """The network that an address counts for: its /24 or /48."""
    ip = parse(address)
    if ip is None:
        return address
    length = 24 if ip.version == 4 else 48
    return str(ipaddress.ip_network((ip, length), strict=False))


@lru_cache(maxsize=4096)
def family(address: str) -> int:
    """4 or 6 as it is dialled (a NAT64 address is dialled over IPv6); 0 when it is no address."""
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return 0


def families(address: str) -> set[int]:
    """Of which an answer with that address may be: its own, and for a NAT64 one that of the address
    in it as well."""
    ip = parse(address)
    return {family(address)} if ip is None else {family(address), ip.version}


@lru_cache(maxsize=256)
def _networks(
    prefixes: tuple[str, ...],
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(p, strict=False) for p in prefixes)


def within(address: str, prefixes: tuple[str, ...]) -> bool:
    """The address lies in one of the prefixes (CIDR)."""
    ip = parse(address)
    return ip is not None and any(ip.version == n.version and ip in n for n in _networks(prefixes))


def same(one: Iterable[str], other: Iterable[str]) -> bool:
    """The two answers share an address, NAT64 decoded."""
    return bool({parse(a) for a in one} & {parse(a) for a in other})


def same_network(one: Iterable[str], other: Iterable[str]) -> bool:
    """The two answers share a network, so that a turning order of addresses does not count."""
    return bool({network(a) for a in one} & {network(a) for a in other})


def four_first(addresses: Iterable[str]) -> str | None:
    """The first IPv4 address, else the first at all; None of none."""
    return min(addresses, key=lambda a: ":" in a, default=None)
