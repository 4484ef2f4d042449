"""Which addresses stay, and what stands for those that do not.

An address inside somebody's own network tells about that network, and rules only ask whether two
are the same one or in the same network, and whether a public service can live there. So it is
replaced by one of the same kind: the first of its class is number one. What the target files name,
and what is anybody's on the Internet, stays.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgprobe.redaction.known import BLOCK_ADDRESSES, PUBLIC_RESOLVERS

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PRIVATE, LOOPBACK, LINK_LOCAL, PROVIDER = "private", "loopback", "link-local", "provider"
CLASSES = (PRIVATE, LOOPBACK, LINK_LOCAL, PROVIDER)
"""Of a resolver that is no public one; the last also of a router with a public address."""

_NAT64 = IPv6Network("64:ff9b::/96")
_MAPPED = IPv6Network("::ffff:0:0/96")
_OWN = IPv6Network("3ffe::/16")
"""Stands for networks of the user's own with public IPv6 addresses: given back in 2006 (RFC 3701),
and counted as public by whoever looks only whether a service could live there."""

_BLOCKS: tuple[Network, ...] = tuple(
    ip_network(block)
    for block in (
        *("127.0.0.0/8", "169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        *("100.64.0.0/10", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
        *("192.0.0.0/24", "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4"),
        *("fe80::/10", "fc00::/7", "ff00::/8", "2001:db8::/32", "3fff::/20", "2001::/32"),
        *("2002::/16", "64:ff9b:1::/48", "3ffe::/16", "fec0::/10", "100::/64", "::/8"),
    )
)
"""Kinds of special addresses (RFC 6890 and its heirs): the first that holds an address counts.
6to4 and Teredo are among them because they have the user's own IPv4 address inside."""


def parse(text: str) -> Address | None:
    """The address that a text is, without brackets and zone; None when it is none."""
    plain = text.strip("[]").partition("%")[0]
    return _parsed(plain) if len(plain) <= _LONGEST else None


_LONGEST = 45
"""Characters of an address: six groups, and one of IPv4 behind them."""


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def address_class(address: Address) -> str:
    """``private``, ``loopback``, ``link-local`` or ``provider``.

    Private are RFC 1918, RFC 4193, and the shared space of RFC 6598, which providers use inside
    their own networks.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return LOOPBACK
    if address.is_link_local:
        return LINK_LOCAL
    # is_private also covers documentation and benchmark ranges, which no resolver lives in
    if address.is_private or not (address.is_global or address.is_multicast):
        return PRIVATE
    return PROVIDER


class Addresses:
    """Keeps addresses as the module says, the same one always in the same way.

    ``known`` are texts of the target files, ``resolvers`` the system's resolvers as they came.
    """

    def __init__(self, known: Iterable[str], resolvers: Iterable[str]) -> None:
        self._known = {a for text in PUBLIC_RESOLVERS if (a := parse(text)) is not None}
        self._prefixes: list[Network] = []
        for text in known:
            if (address := parse(text)) is not None:
                self._known.add(address)
            elif (prefix := _prefix(text)) is not None:
                self._prefixes.append(prefix)
        fixed = {a for text in BLOCK_ADDRESSES if (a := parse(text)) is not None}
        self._fixed = fixed | self._known
        self._own = {
            _network(a)
            for text in resolvers
            if isinstance(a := parse(text), IPv6Address) and a.is_global and a not in self._known
        }
        self._stands: dict[Address, Address] = {}
        self._networks = {net: net for net in map(_network, self._fixed)}
        self._taken = set(self._networks)
        self._hosts: dict[Network, int] = {}
        self._blocks: dict[Network, int] = {}

    def is_known(self, text: str) -> bool:
        """It is in the target files, or a public resolver's."""
        return parse(text) in self._known

    def resolver(self, text: str) -> str | None:
        """A public resolver's address as it is, else its class; None when it is no address."""
        address = parse(text)
        if address is None:
            return None
        return str(address) if address in self._known else address_class(address)

    def kept(self, text: str) -> str | None:
        """What stands for the address ``text``; None when it is none."""
        address = parse(text)
        if address is None:
            return None
        if address not in self._stands:
            self._stands[address] = self._of(address)
        stands = self._stands[address]
        # as it was written where it stays, but without a zone: that is an interface's name
        return text if stands == address and "%" not in text else str(stands)

    def _of(self, address: Address) -> Address:
        if address in self._fixed or any(
            p.version == address.version and address in p for p in self._prefixes
        ):
            return address
        if isinstance(address, IPv6Address):
            for prefix in (_NAT64, _MAPPED):
                if address in prefix:
                    inner = IPv4Address(int(address) & 0xFFFFFFFF)
                    if inner not in self._stands:
                        self._stands[inner] = self._of(inner)
                    return IPv6Address(int(prefix.network_address) | int(self._stands[inner]))
        block = self._block(address)
        return address if block is None else self._numbered(address, block)

    def _block(self, address: Address) -> Network | None:
        """The kind of special addresses that it belongs to; None for anybody's on the Internet."""
        for block in _BLOCKS:
            if block.version == address.version and address in block:
                return block
        network = _network(address)
        if network in self._own:
            return _OWN
        return None if address.is_global else network

    def _numbered(self, address: Address, block: Network) -> Address:
        """The next host of the next network of the block, by order of appearance."""
        network = _network(address)
        if network not in self._networks:
            self._networks[network] = self._next(block)
        stands = self._networks[network]
        while True:
            self._hosts[stands] = number = self._hosts.get(stands, 0) + 1
            # 256 of a /24 at most, of which the last one gets the number 0
            host = number % 256 if stands.version == 4 else number
            found = _at(int(stands.network_address) + host, stands.version)
            if found not in self._fixed:
                return found

    def _next(self, block: Network) -> Network:
        width = _WIDTH[block.version]
        if block.prefixlen >= width:
            return ip_network((block.network_address, width), strict=False)
        while True:
            number = self._blocks.get(block, 0)
            self._blocks[block] = number + 1
            start = int(block.network_address) + (number << (block.max_prefixlen - width))
            found = _network(_at(start, block.version))
            if found not in self._taken:
                self._taken.add(found)
                return found


_WIDTH = {4: 24, 6: 48}
"""Bits of what counts as one network (see `msgprobe.evidence.addresses.network`)."""


def _at(number: int, version: int) -> Address:
    return IPv4Address(number) if version == 4 else IPv6Address(number)


@lru_cache(maxsize=4096)
def _network(address: Address) -> Network:
    return ip_network((address, _WIDTH[address.version]), strict=False)


def _prefix(text: str) -> Network | None:
    if "/" not in text or not text[:1].isalnum():
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
