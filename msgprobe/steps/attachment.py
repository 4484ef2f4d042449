"""Which network this device hangs on: by its default route, read from files; asks nobody.

Linux tells it in ``/proc/net`` and ``/sys/class/net``. Elsewhere, and on Android, which hides them,
all networks look like one; the user can tell them apart by a label.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import NamedTuple

from msgprobe.model.history import Attachment, NetworkKind
from msgprobe.steps.machine import TUNNELS

_MOBILE = ("wwan", "rmnet", "ccmni", "wwp", "rev_rmnet", "pdp", "usbwwan")
"""How the names of mobile devices begin (Linux's wwan, Qualcomm, MediaTek)."""

_CARRIED = (NetworkKind.MOBILE, NetworkKind.VPN)
"""Kinds of which the gateway is another one every time, or tells nothing."""


class _Route(NamedTuple):
    """A default route."""

    metric: int
    device: str
    gateway: str


def attachment(root: Path = Path("/")) -> Attachment:
    """The network of the best default route; ``resolver`` is the first one's address as it came."""
    routes = sorted([*_routes4(root), *_routes6(root)])
    resolver = next(_resolvers(root), "")
    if not routes:
        kind = NetworkKind.OTHER if _hidden(root) else NetworkKind.NONE
        return Attachment(kind=kind, resolver=resolver)
    route = routes[0]
    kind = _kind(root, route.device)
    gateway = "" if kind in _CARRIED else _hardware(root, route.gateway) or route.gateway
    return Attachment(kind=kind, gateway=gateway, resolver=resolver, vpn=kind is NetworkKind.VPN)


def same(one: Attachment, other: Attachment) -> bool:
    """They are one network, as far as can be told: the gateway's hardware address is known only
    once something was sent there, and until then its own address stands for it."""
    alike = (one.kind, one.resolver, one.vpn) == (other.kind, other.resolver, other.vpn)
    both = _is_hardware(one.gateway) and _is_hardware(other.gateway)
    return alike and (one.gateway == other.gateway or not both)


def known(network: Attachment) -> bool:
    """Nothing more will be learned of it by sending something there."""
    return not network.gateway or _is_hardware(network.gateway)


def _is_hardware(gateway: str) -> bool:
    return gateway.count(":") == 5 and "::" not in gateway


def _kind(root: Path, device: str) -> NetworkKind:
    here = f"sys/class/net/{device}"
    if device.startswith(TUNNELS):
        return NetworkKind.VPN
    if device.startswith(_MOBILE) or "DEVTYPE=wwan" in _read(root, f"{here}/uevent"):
        return NetworkKind.MOBILE
    if (root / here / "wireless").exists() or (root / here / "phy80211").exists():
        return NetworkKind.WIFI
    if _read(root, f"{here}/type").strip() == "1":  # ARPHRD_ETHER
        return NetworkKind.ETHERNET
    return NetworkKind.OTHER


def _routes4(root: Path) -> Iterator[_Route]:
    """Default routes of ``/proc/net/route``: addresses are numbers as the machine has them."""
    for line in _read(root, "proc/net/route").splitlines()[1:]:
        columns = line.split()
        if len(columns) < 8 or columns[1] != "00000000" or columns[7] != "00000000":
            continue
        try:
            gateway = str(IPv4Address(bytes.fromhex(columns[2])[::-1]))
            yield _Route(int(columns[6]), columns[0], gateway)
        except ValueError:
            continue


def _routes6(root: Path) -> Iterator[_Route]:
    for line in _read(root, "proc/net/ipv6_route").splitlines():
        columns = line.split()
        if len(columns) < 10 or columns[0] != "0" * 32 or columns[1] != "00":
            continue
        if columns[9] == "lo":
            continue
        try:
            gateway = str(IPv6Address(bytes.fromhex(columns[4])))
            # behind any of IPv4: a device has one name for its network, whichever it speaks
            yield _Route((1 << 32) + int(columns[5], 16), columns[9], gateway)
        except ValueError:
            continue


def _hardware(root: Path, gateway: str) -> str:
    """The gateway's hardware address, which differs where private addresses are alike."""
    for line in _read(root, "proc/net/arp").splitlines()[1:]:
        columns = line.split()
        if len(columns) >= 4 and columns[0] == gateway and columns[3] != "00:00:00:00:00:00":
            return columns[3]
    return ""


def _resolvers(root: Path) -> Iterator[str]:
    for line in _read(root, "etc/resolv.conf").splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            yield words[1]


def _hidden(root: Path) -> bool:
    """Nothing may be known of routes here. An empty table is one."""
    try:
        (root / "proc/net/route").read_bytes()
    except OSError:
        return True
    return False


def _read(root: Path, path: str) -> str:
    try:
        return (root / path).read_text("utf-8", "replace")
    except OSError:
        return ""
