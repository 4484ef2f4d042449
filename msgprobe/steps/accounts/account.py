"""What a system is asked about this device's connection, whichever system it is.

Nothing is sent anywhere, written, or done as another user. What a system hides is left out: the
verdict then says less.
"""

import socket
from typing import NamedTuple, Protocol

from msgprobe.model.history import NetworkKind

PUBLIC = ("198.41.0.4", "2001:503:ba3e::2:30")
"""Literals (a.root-servers.net) to which a system is asked for its route; nothing is sent there."""

TUNNELS = ("tun", "tap", "wg", "ppp", "utun", "ipsec", "tailscale", "zt")
"""How the names of tunnels' devices begin."""

MOBILE = ("wwan", "rmnet", "ccmni", "wwp", "rev_rmnet", "pdp", "usbwwan")
"""How the names of mobile devices begin (Linux's wwan, Qualcomm, MediaTek)."""

LOW = 10
"""Per cent below which a battery that nothing charges is kept for its owner."""


class Route(NamedTuple):
    """A way to the rest of the world."""

    device: str
    gateway: str
    """Its address; empty where there is none, or none is told."""
    kind: NetworkKind


class Account(Protocol):
    """One system's account. None of it raises but `addresses`."""

    def interfaces_up(self) -> int:
        """Network interfaces besides loopback that are up; all where that is not told."""
        ...

    def routes(self) -> tuple[Route, ...] | None:
        """Default routes, the best first. Empty: there is none; None: nothing may be known."""
        ...

    def resolvers(self) -> tuple[str, ...]:
        """Addresses of the DNS servers that are asked, in order. Empty: they are not told."""
        ...

    def hardware(self, gateway: str) -> str:
        """The gateway's hardware address, as ``02:00:00:00:00:07``, where it is known by now."""
        ...

    def is_tunnel(self, adapter: str) -> bool:
        """Whether that device, by the name that `addresses` gives it, leads into a tunnel."""
        ...

    def addresses(self) -> list[tuple[str, str, int]]:
        """Devices, their addresses and the lengths of their prefixes. Raises OSError, ImportError,
        AttributeError or AssertionError where they are hidden."""
        ...

    def battery_low(self) -> bool | None:
        """A battery feeds this device, is nearly empty and is not being charged. None: nothing is
        told, be it for want of a battery or of a permission."""
        ...


def interfaces() -> list[str]:
    """The names of interfaces besides loopback, in whatever state; none where they are hidden."""
    try:
        names = [name for _, name in socket.if_nameindex()]
    except (OSError, AttributeError):
        return []
    return [name for name in names if not name.startswith("lo")]


def adapters() -> list[tuple[str, str, int]]:
    """As `Account.addresses`, by the C library: 20 ms to import, and another program started."""
    import ifaddr

    return [
        (one.name, own.ip if isinstance(own.ip, str) else own.ip[0], own.network_prefix)
        for one in ifaddr.get_adapters()
        for own in one.ips
    ]


def nameservers(resolv_conf: str) -> tuple[str, ...]:
    """The ``nameserver`` lines of a resolv.conf(5), in order."""
    lines = (line.split() for line in resolv_conf.splitlines())
    return tuple(
        dict.fromkeys(words[1] for words in lines if len(words) >= 2 and words[0] == "nameserver")
    )
