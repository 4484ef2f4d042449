"""Android, as a terminal on it (Termux) sees it: its own commands, as far as it lets them answer.

``/proc/net`` is closed from Android 10 on, and before shows a table without the default route,
which lies in one table for each network. Resolvers were properties until Android 7; since then
they are nobody's to know, and names are asked for through getaddrinfo alone.
"""

import re
from itertools import pairwise

from msgprobe.model.history import NetworkKind
from msgprobe.steps.accounts.account import MOBILE, PUBLIC, TUNNELS, Route, adapters, interfaces
from msgprobe.steps.accounts.command import Commands, SystemCommands
from msgprobe.steps.accounts.linux import Linux

_IP, _PROPERTIES = "/system/bin/ip", "/system/bin/getprop"

_NO_ROUTE = "unreachable"
"""What ip(8) says of an address to which there is no route; other words say nothing of routes."""

_RESOLVER = re.compile(r"^\[net\.dns[1-4]\]: \[([0-9A-Fa-f.:]+(?:%\w+)?)\]", re.MULTILINE)

_KINDS = (
    (TUNNELS, NetworkKind.VPN),
    (MOBILE, NetworkKind.MOBILE),
    (("wlan", "swlan"), NetworkKind.WIFI),
    (("eth", "usb", "bt-pan"), NetworkKind.ETHERNET),
)


class Android:
    """Asks ``ip`` and ``getprop``, which every Android has."""

    def __init__(self, commands: Commands | None = None) -> None:
        self._commands = commands or SystemCommands()

    def interfaces_up(self) -> int:
        """All: states are hidden."""
        return len(interfaces())

    def routes(self) -> tuple[Route, ...] | None:
        """``ip route get`` of a public address of each family."""
        found, hidden = [], False
        for family, address in zip(("-4", "-6"), PUBLIC, strict=True):
            told = self._commands((_IP, family, "route", "get", address))
            route = _route(told.out, address)
            if route is not None:
                found.append(route)
            elif _NO_ROUTE not in told.out + told.err:
                hidden = True
        return None if hidden and not found else tuple(found)

    def resolvers(self) -> tuple[str, ...]:
        """The properties ``net.dns1`` to ``net.dns4``, until Android 7."""
        said = _RESOLVER.findall(self._commands((_PROPERTIES,)).out)
        return tuple(dict.fromkeys(one for one in said if one not in ("0.0.0.0", "::")))

    def hardware(self, gateway: str) -> str:
        """Hidden."""
        return ""

    def is_tunnel(self, adapter: str) -> bool:
        """By the name."""
        return adapter.startswith(TUNNELS)

    def addresses(self) -> list[tuple[str, str, int]]:
        """By the C library."""
        return adapters()

    def battery_low(self) -> bool | None:
        """Hidden in the system's files; `msgprobe.steps.power` has Termux's way to ask."""
        return Linux().battery_low()


def _route(said: str, address: str) -> Route | None:
    """``198.41.0.4 via 192.168.1.1 dev wlan0 table 1021 src …``: the device, and who is next."""
    words = said.split()
    after = dict(pairwise(words))
    device = after.get("dev", "")
    if words[:1] != [address] or not device or device == "lo":
        return None
    kinds = (kind for names, kind in _KINDS if device.startswith(names))
    return Route(device, after.get("via", ""), next(kinds, NetworkKind.OTHER))
