"""Where a target file leads: which addresses and names are not of the Internet, which ports are
those of mail, and which of both a file has."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from msgprobe.catalog.control import Part
from msgprobe.model.liberty import Liberty
from msgprobe.model.target import Service

MAIL_PORTS: Final = frozenset(
    {24, 25, 109, 110, 143, 209, 220, 465, 587, 628, 993, 995, 2525, 4190}
)
"""IANA's registry of service names and port numbers, 2026-11: private mail systems, smtp, pop2,
pop3, imap, qmtp, imap3, submissions (RFC 8314), submission (RFC 6409), qmqp, imaps, pop3s, sieve;
and 2525, which no registry knows and most mail providers take beside 587."""

_KINDS: Final[tuple[tuple[int, int, int, str], ...]] = tuple(
    (network.version, int(network.network_address), int(network.netmask), kind)
    for kind, prefixes in {
        "this device": "0.0.0.0/8 127.0.0.0/8 ::/128 ::1/128",
        "the same link": "169.254.0.0/16 fe80::/10",
        "a private network": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10",
        "a provider's inside": "100.64.0.0/10",
        "a benchmark": "198.18.0.0/15 2001:2::/48",
        "many devices at once": "224.0.0.0/4 ff00::/8 255.255.255.255/32",
        "a protocol's own use": "192.0.0.0/24 192.88.99.0/24 64:ff9b:1::/48 100::/64 5f00::/16",
        "nobody yet": "240.0.0.0/4",
    }.items()
    for network in map(ip_network, prefixes.split())
)
"""IANA's registries of special-purpose addresses, 2026-11, and multicast (RFC 5771, RFC 4291).
Those for documentation (RFC 5737, RFC 3849, RFC 9637) are left out: they lead nowhere, and every
example has them."""

_EMBEDDING: Final = (
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
    IPv6Network("::/96"),  # IPv4-compatible, RFC 4291
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All that IANA has given out (RFC 4291 §2.4)."""

_HOME_NAMES: Final = ("localhost", "local", "internal", "home.arpa", "lan")
"""RFC 6761, RFC 6762, ICANN's resolution of 2024-07-29, RFC 8375; and what home routers use."""


def not_global(address: str) -> str | None:
    """Whose an address is, in words, where it is none of the Internet; None where it is one.

    An address that embeds others counts as those. Raises ValueError for what is no address.
    """
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return _kind(found)
    if found.scope_id is not None:
        return "the same link"
    inner = _embedded(found)
    kind = next(filter(None, [_kind(found), *map(_kind, inner)]), None)
    if kind is not None:
        return kind
    return None if inner or found in _GLOBAL_UNICAST else "nobody yet"


def _kind(address: IPv4Address | IPv6Address) -> str | None:
    version, number = address.version, int(address)
    return next(
        (k for of, start, mask, k in _KINDS if of == version and number & mask == start), None
    )


def _embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if any(address in network for network in _EMBEDDING):
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()


def at_home(host: str) -> bool:
    """The name is one that only this device or its own network knows."""
    return any(host == name or host.endswith(f".{name}") for name in _HOME_NAMES)


Step = tuple[Liberty, str, str]
"""A liberty, the key of the file where it is taken, and what stands there."""


def of_service(service: Service) -> Iterator[Step]:
    """The liberties that a service's endpoints and objects take."""
    for end in service.endpoints:
        place = f"pool[{end.pool}].member[{end.member}]"
        yield from _leads(place, end.host, end.addresses, end.port)
    for asset in service.assets:
        place = f"asset[{asset.name}]"
        yield from _leads(place, asset.host, asset.addresses)
        yield from _leads(place, asset.page_host, ())


def of_controls(part: Part) -> Iterator[Step]:
    """The liberties that the controls of a file take."""
    for site in part.sites:
        yield from _leads(f"site[{site.name}]", site.host, site.addresses)
    for sentinel in part.sentinels:
        yield from _leads(f"sentinel[{sentinel.name}]", sentinel.host, ())
    for resolver in part.resolvers:
        place = f"resolver[{resolver.name}]"
        yield from _leads(place, resolver.doh_host, resolver.addresses)
    for source in part.sources:
        yield from _leads(f"transfer[{source.name}]", source.host, source.addresses)
    for server in part.calls:
        yield from _leads(f"stun[{server.name}]", server.host, server.addresses, server.port)
    yield from _leads("controls", part.advert_host, ())
    for address in part.silent or ():
        if (kind := not_global(address)) is not None:
            yield Liberty.PRIVATE_ADDRESSES, "controls.silent", f"{address} ({kind})"
    for port in part.holes or ():
        if port in MAIL_PORTS:
            yield Liberty.MAIL_PORTS, "controls.holes", str(port)


def _leads(
    place: str, host: str | None, addresses: tuple[str, ...], port: int | None = None
) -> Iterator[Step]:
    if host is not None and at_home(host):
        yield Liberty.PRIVATE_ADDRESSES, f"{place}.host", f"{host} (a name of home networks)"
    for address in addresses:
        kind = not_global(address)
        if kind is not None:
            yield Liberty.PRIVATE_ADDRESSES, f"{place}.addresses", f"{address} ({kind})"
    if port is not None and port in MAIL_PORTS:
        key = "port" if place.startswith("stun") else "ports"
        yield Liberty.MAIL_PORTS, f"{place}.{key}", str(port)
