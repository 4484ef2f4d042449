"""macOS: route(8), scutil(8), networksetup(8), arp(8) and pmset(1), which every one has."""

import re
from collections.abc import Iterator

from msgprobe.model.history import NetworkKind
from msgprobe.steps.accounts.account import LOW, PUBLIC, TUNNELS, Route, adapters, interfaces
from msgprobe.steps.accounts.command import Commands, SystemCommands

_ROUTE, _RESOLVERS = "/sbin/route", ("/usr/sbin/scutil", "--dns")
_PORTS = ("/usr/sbin/networksetup", "-listallhardwareports")
_NEIGHBOUR, _POWER = "/usr/sbin/arp", ("/usr/bin/pmset", "-g", "batt")

_NO_ROUTE = re.compile(r"not in table|route has not been found")
"""What route(8) says where there is no route; anything else says nothing of routes."""

_NAMESERVER = re.compile(r"^ *nameserver\[\d+\] *: *(\S+)", re.MULTILINE)
_DOMAIN = re.compile(r"^ *domain *:", re.MULTILINE)
_FOR_SOME = "DNS configuration (for "
"""How the parts for one interface, or one program, begin."""

_CHARGE = re.compile(r"(\d+)%; discharging")

_KINDS = (
    (("wi-fi", "airport"), NetworkKind.WIFI),
    (("iphone", "ipad", "wwan", "modem"), NetworkKind.MOBILE),
    (("ethernet", "lan", "thunderbolt", "usb"), NetworkKind.ETHERNET),
)
"""Words in the names of hardware ports."""


class MacOS:
    """Asks the system's own commands."""

    def __init__(self, commands: Commands | None = None) -> None:
        self._commands = commands or SystemCommands()

    def interfaces_up(self) -> int:
        """All: there are many that nobody uses."""
        return len(interfaces())

    def routes(self) -> tuple[Route, ...] | None:
        """``route -n get`` of a public address of each family: a tunnel that leaves the default
        route alone and takes both halves of the Internet is one, too."""
        found, hidden = [], False
        for family, address in zip(("-inet", "-inet6"), PUBLIC, strict=True):
            told = self._commands((_ROUTE, "-n", "get", family, address))
            said = _fields(told.out)
            device = said.get("interface", "")
            if device and not device.startswith("lo"):
                found.append(Route(device, _address(said.get("gateway", "")), self._kind(device)))
            elif not _NO_ROUTE.search(told.out + told.err):
                hidden = True
        return None if hidden and not found else tuple(found)

    def _kind(self, device: str) -> NetworkKind:
        if device.startswith(TUNNELS):
            return NetworkKind.VPN
        for port in self._commands(_PORTS).out.split("\n\n"):
            said = _fields(port)
            if said.get("device") == device:
                name = said.get("hardware port", "").lower()
                return next((kind for words, kind in _KINDS if any(w in name for w in words)), _ANY)
        return _ANY

    def resolvers(self) -> tuple[str, ...]:
        """Those for all names; others are for some names alone, or for one interface's."""
        general = self._commands(_RESOLVERS).out.partition(_FOR_SOME)[0]
        return tuple(dict.fromkeys(_general(general)))

    def hardware(self, gateway: str) -> str:
        """arp(8) leaves out zeros: ``0:14:22:1:23:45``."""
        said = self._commands((_NEIGHBOUR, "-n", gateway)).out
        found = re.search(r" at ((?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}) on ", said)
        return ":".join(octet.zfill(2) for octet in found[1].split(":")) if found else ""

    def is_tunnel(self, adapter: str) -> bool:
        """By the name."""
        return adapter.startswith(TUNNELS)

    def addresses(self) -> list[tuple[str, str, int]]:
        """By the C library."""
        return adapters()

    def battery_low(self) -> bool:
        """``pmset -g batt``."""
        found = _CHARGE.search(self._commands(_POWER).out)
        return found is not None and int(found[1]) < LOW


_ANY = NetworkKind.OTHER


def _address(gateway: str) -> str:
    """Without what is none: ``link#12`` stands for an interface."""
    return gateway if gateway[:1].isalnum() and not gateway.startswith("link") else ""


def _fields(said: str) -> dict[str, str]:
    """Lines ``name: value``."""
    pairs = (line.partition(":") for line in said.splitlines())
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _general(said: str) -> Iterator[str]:
    for resolver in re.split(r"^resolver #\d+", said, flags=re.MULTILINE)[1:]:
        if not _DOMAIN.search(resolver):
            yield from _NAMESERVER.findall(resolver)
