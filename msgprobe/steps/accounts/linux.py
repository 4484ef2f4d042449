"""Linux: ``/proc/net``, ``/sys/class`` and ``/etc/resolv.conf``."""

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from msgprobe.model.history import NetworkKind
from msgprobe.steps.accounts import netlink
from msgprobe.steps.accounts.account import (
    LOW,
    MOBILE,
    TUNNELS,
    Route,
    adapters,
    interfaces,
    nameservers,
)

_UP, _POINT_TO_POINT = 0x1, 0x10
"""Flags of an interface (netdevice(7))."""

LOCAL_RESOLVER = "127.0.0.1"
"""Whom the C library asks when no nameserver is configured (resolv.conf(5))."""


class Linux:
    """Reads files under ``root``; says less without them."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def interfaces_up(self) -> int:
        """Those with IFF_UP; all that exist where flags cannot be read."""
        flags = map(self._flags, interfaces())
        return sum(1 for one in flags if one is None or one & _UP)

    def routes(self) -> tuple[Route, ...] | None:
        """``/proc/net/route`` and ``/proc/net/ipv6_route``, by metric, of devices that hang on
        something; hidden without the first. An empty table is one."""
        try:
            (self._root / "proc/net/route").read_bytes()
        except OSError:
            return None
        found = sorted(r for r in (*self._routes4(), *self._routes6()) if self._carries(r[1]))
        return tuple(Route(device, to, self._kind(device)) for _, device, to in found)

    def _carries(self, device: str) -> bool:
        """Nothing says that its cable is pulled out or its radio on no network: routes outlive
        both."""
        return self._read(f"sys/class/net/{device}/carrier").strip() != "0"

    def _routes4(self) -> Iterator[tuple[int, str, str]]:
        """Metric, device and gateway; addresses are numbers as the machine has them."""
        for line in self._read("proc/net/route").splitlines()[1:]:
            columns = line.split()
            if len(columns) < 8 or columns[1] != "00000000" or columns[7] != "00000000":
                continue
            try:
                gateway = str(IPv4Address(bytes.fromhex(columns[2])[::-1]))
                yield int(columns[6]), columns[0], gateway
            except ValueError:
                continue

    def _routes6(self) -> Iterator[tuple[int, str, str]]:
        for line in self._read("proc/net/ipv6_route").splitlines():
            columns = line.split()
            if len(columns) < 10 or columns[0] != "0" * 32 or columns[1] != "00":
                continue
            if columns[9] == "lo":
                continue
            try:
                gateway = str(IPv6Address(bytes.fromhex(columns[4])))
                # behind any of IPv4: a device has one name for its network, whichever it speaks
                yield (1 << 32) + int(columns[5], 16), columns[9], gateway
            except ValueError:
                continue

    def _kind(self, device: str) -> NetworkKind:
        here = f"sys/class/net/{device}"
        if device.startswith(TUNNELS):
            return NetworkKind.VPN
        if device.startswith(MOBILE) or "DEVTYPE=wwan" in self._read(f"{here}/uevent"):
            return NetworkKind.MOBILE
        if any((self._root / here / own).exists() for own in ("wireless", "phy80211")):
            return NetworkKind.WIFI
        if self._read(f"{here}/type").strip() == "1":  # ARPHRD_ETHER
            return NetworkKind.ETHERNET
        return NetworkKind.OTHER

    def resolvers(self) -> tuple[str, ...]:
        """Those of ``/etc/resolv.conf``, or this device itself where none is named."""
        return nameservers(self._read("etc/resolv.conf")) or (LOCAL_RESOLVER,)

    def hardware(self, gateway: str) -> str:
        """``/proc/net/arp``: differs where private addresses are alike."""
        for line in self._read("proc/net/arp").splitlines()[1:]:
            columns = line.split()
            if len(columns) >= 4 and columns[0] == gateway and columns[3] != "00:00:00:00:00:00":
                return columns[3]
        return ""

    def is_tunnel(self, adapter: str) -> bool:
        """By the flag of two ends, or the name."""
        return bool((self._flags(adapter) or 0) & _POINT_TO_POINT) or adapter.startswith(TUNNELS)

    def addresses(self) -> list[tuple[str, str, int]]:
        """Of the kernel itself; by the C library where that does not tell."""
        try:
            return list(netlink.addresses())
        except (OSError, ValueError, LookupError, struct.error):
            return adapters()

    def battery_low(self) -> bool | None:
        """``/sys/class/power_supply``."""
        try:
            supplies = sorted((self._root / "sys/class/power_supply").iterdir())
        except OSError:
            return None
        known = [low for one in supplies if (low := self._is_low(one)) is not None]
        return any(known) if known else None

    def _is_low(self, supply: Path) -> bool | None:
        def said(name: str) -> str:
            return self._read(f"sys/class/power_supply/{supply.name}/{name}").strip()

        charge = said("capacity")
        # not that of a mouse
        if said("type") != "Battery" or said("scope") == "Device" or not charge.isdecimal():
            return None
        return said("status") == "Discharging" and int(charge) < LOW

    def _flags(self, device: str) -> int | None:
        try:
            return int(self._read(f"sys/class/net/{device}/flags").strip(), 16)
        except ValueError:
            return None

    def _read(self, path: str) -> str:
        try:
            return (self._root / path).read_text("utf-8", "replace")
        except (OSError, ValueError):
            return ""
