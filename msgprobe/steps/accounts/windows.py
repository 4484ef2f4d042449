"""Windows: tables of its libraries, and arp.exe for the neighbour's hardware address."""

import contextlib
import os
import re

from msgprobe.model.history import NetworkKind
from msgprobe.steps.accounts.account import LOW, PUBLIC, Route, adapters
from msgprobe.steps.accounts.command import Commands, SystemCommands
from msgprobe.steps.accounts.windows_tables import Adapter, SystemTables, Tables

_LOOPBACK = 24

_KINDS = {
    6: NetworkKind.ETHERNET,
    23: NetworkKind.VPN,  # PPP, as on other systems
    71: NetworkKind.WIFI,
    131: NetworkKind.VPN,
    243: NetworkKind.MOBILE,
    244: NetworkKind.MOBILE,
}

_TUNNELS = ("wireguard", "wintun", "tap-windows", "openvpn", "tailscale", "zerotier", "vpn")
"""Words in the descriptions of tunnels' adapters, of which some call themselves Ethernet."""

_PLACEHOLDERS = "fec0:0:0:ffff::"
"""Site-local resolvers that every adapter without one has (RFC 3879 took them back)."""


class Windows:
    """Never raises: what a library does not tell is not known."""

    def __init__(self, tables: Tables | None = None, commands: Commands | None = None) -> None:
        self._tables = tables or SystemTables()
        self._commands = commands or SystemCommands()

    def interfaces_up(self) -> int:
        """By their state."""
        return sum(1 for one in self._adapters() or () if one.up and one.kind != _LOOPBACK)

    def routes(self) -> tuple[Route, ...] | None:
        """The adapter through which packets to a public address of each family go."""
        every = self._adapters()
        found, told = [], False
        for address in PUBLIC if every is not None else ():
            try:
                one = self._best(every or [], address)
            except (OSError, AttributeError):
                continue  # such as IPv6 that is not installed
            told = True
            if one is not None:
                found.append(Route(one.description, _gateway(one, address), _kind(one)))
        return tuple(found) if told else None

    def _best(self, every: list[Adapter], address: str) -> Adapter | None:
        index = self._tables.best_interface(address)
        six = ":" in address
        mine = (a for a in every if index and index == (a.index6 if six else a.index))
        return next((a for a in mine if a.up and a.kind != _LOOPBACK), None)

    def resolvers(self) -> tuple[str, ...]:
        """Those of the adapter that packets go through, then those of the others that are up."""
        every = [a for a in self._adapters() or () if a.up and a.kind != _LOOPBACK]
        used: list[Adapter] = []
        for address in PUBLIC:
            with contextlib.suppress(OSError, AttributeError):
                used += filter(None, [self._best(every, address)])
        named = (address for one in (*used, *every) for address in one.resolvers)
        return tuple(dict.fromkeys(a for a in named if not a.startswith(_PLACEHOLDERS)))

    def hardware(self, gateway: str) -> str:
        """``arp -a``: headings are in the user's language, rows are not."""
        arp = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "arp.exe")
        said = self._commands((arp, "-a", gateway)).out
        row = rf"^ *{re.escape(gateway)} +((?:[0-9a-f]{{2}}-){{5}}[0-9a-f]{{2}})"
        found = re.search(row, said, re.MULTILINE)
        return found[1].replace("-", ":") if found else ""

    def is_tunnel(self, adapter: str) -> bool:
        """ifaddr gives the GUID."""
        return any(
            one.name == adapter and _kind(one) is NetworkKind.VPN for one in self._adapters() or ()
        )

    def addresses(self) -> list[tuple[str, str, int]]:
        """By the C library."""
        return adapters()

    def battery_low(self) -> bool:
        """GetSystemPowerStatus: not on the mains, a battery, and little in it."""
        try:
            said = self._tables.power()
        except (OSError, AttributeError):
            return False
        no_battery = 128
        return len(said) == 3 and said[0] == 0 and not said[1] & no_battery and said[2] < LOW

    def _adapters(self) -> list[Adapter] | None:
        try:
            return self._tables.adapters()
        except (OSError, AttributeError):
            return None


def _kind(adapter: Adapter) -> NetworkKind:
    said = adapter.description.lower()
    if any(word in said for word in _TUNNELS):
        return NetworkKind.VPN
    return _KINDS.get(adapter.kind, NetworkKind.OTHER)


def _gateway(adapter: Adapter, address: str) -> str:
    six = ":" in address
    return next((g for g in adapter.gateways if (":" in g) is six), "")
