"""The lab's addresses, routes and the client's own files.

Client 10.77.0.2 and 2a0f:77::2; the gateway, 10.77.0.1 and 2a0f:77::1, is the world's own
interface, and behind it the world answers on every address there is ("AnyIP"). Linux accepts a
packet for, and answers from, an address only if the *local* table says so; hence the whole
Internet goes there, except the client, which a ``throw`` route takes out again. ``throw`` works
for IPv4 only once the local and main tables are apart, which the kernel does when the first rule
is added."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import certifi

from tests.lab.netns import Namespace

CLIENT_LINK: Final = "client0"
"""The middlebox's interface towards the client."""
WORLD_LINK: Final = "world0"
"""The middlebox's interface towards the world."""
CLIENT_END: Final = "lab0"
"""What the client's own interface is called unless a scenario gives it another name."""
WORLD_END: Final = "lab1"

CLIENT4: Final = "10.77.0.2"
CLIENT6: Final = "2a0f:77::2"
GATEWAY4: Final = "10.77.0.1"
GATEWAY6: Final = "2a0f:77::1"
RESOLVER6: Final = "2a0f:77::53"
_CLIENT_MAC: Final = "02:77:00:00:00:02"
_WORLD_MAC: Final = "02:77:00:00:00:01"

Settings = list[tuple[str, str]]
Configuration = tuple[list[str], list[str], Settings]
"""Interfaces, lines for ``ip -batch``, kernel settings under /proc/sys/net."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The three namespaces' configurations."""

    mtu: int
    ipv4: bool
    ipv6: bool
    access: Literal["up", "no_route", "no_link"]
    interface: str = CLIENT_END

    def middle(self, client_pid: int, world_pid: int) -> Configuration:
        """Makes both links and puts their far ends where they belong. No addresses here."""
        lines = []
        for inner, outer, pid, mac in (
            (CLIENT_LINK, self.interface, client_pid, _CLIENT_MAC),
            (WORLD_LINK, WORLD_END, world_pid, _WORLD_MAC),
        ):
            lines += [
                f"link add {inner} type veth peer name {outer} address {mac} netns {pid}",
                f"link set {inner} addrgenmode none",
                f"link set {inner} up",
            ]
        quiet = [("ipv6/conf/all/disable_ipv6", "1"), ("ipv6/conf/default/disable_ipv6", "1")]
        return [CLIENT_LINK, WORLD_LINK], lines, quiet

    def client(self) -> Configuration:
        """One address per family and a default route, unless told otherwise."""
        lines = self._interface(self.interface, CLIENT4, CLIENT6)
        if self.access == "no_link":
            lines.append(f"link set {self.interface} down")
        elif self.access == "up":
            if self.ipv4:
                lines.append(f"route add default via {GATEWAY4}")
            if self.ipv6:
                lines += _neighbours(self.interface, _WORLD_MAC, GATEWAY6, RESOLVER6)
                lines.append(f"route add default via {GATEWAY6} dev {self.interface}")
        return [self.interface], lines, self._settings()

    def world(self) -> Configuration:
        """Every address is here; see the module's words."""
        lines = self._interface(WORLD_END, GATEWAY4, GATEWAY6)
        if self.ipv6:
            lines.append(f"address add {RESOLVER6}/64 dev {WORLD_END} nodad")
            lines += _neighbours(WORLD_END, _CLIENT_MAC, CLIENT6)
        lines.append(f"rule add to {CLIENT4}/32 lookup main pref 10")
        for client, everything in ((f"{CLIENT4}/32", "0.0.0.0/0"), (f"{CLIENT6}/128", "::/0")):
            lines += [
                f"route add throw {client} table local",
                f"route add local {everything} dev lo table local",
            ]
        settings = [
            *self._settings(),
            ("ipv4/ip_nonlocal_bind", "1"),
            ("ipv6/ip_nonlocal_bind", "1"),
            ("ipv4/icmp_ratelimit", "0"),
            ("ipv6/icmp/ratelimit", "0"),
        ]
        return [WORLD_END], lines, settings

    def _interface(self, name: str, address4: str, address6: str) -> list[str]:
        lines = [
            "link set lo up",
            f"link set {name} mtu {self.mtu}",
            f"link set {name} addrgenmode none",
            f"link set {name} up",
        ]
        if self.ipv4 or name == WORLD_END:
            lines.append(f"address add {address4}/24 dev {name}")
        if self.ipv6:
            lines.append(f"address add {address6}/64 dev {name} nodad")
        return lines

    @staticmethod
    def _settings() -> Settings:
        return [
            ("ipv4/conf/all/rp_filter", "0"),
            ("ipv4/conf/default/rp_filter", "0"),
            ("ipv4/ping_group_range", '"0 0"'),
            ("ipv6/conf/all/disable_ipv6", "0"),
            ("ipv6/conf/default/disable_ipv6", "0"),
            ("ipv6/conf/all/accept_ra", "0"),
            ("ipv6/conf/default/accept_ra", "0"),
        ]


def _neighbours(interface: str, mac: str, *addresses: str) -> list[str]:
    """Who lives behind ``interface``, for good: a kernel without a link-local address can't ask
    whether a silent neighbour is still there (RFC 4861 §7.2.2), and gives it up after 8 s."""
    return [
        f"neighbor add {address} lladdr {mac} dev {interface} nud permanent"
        for address in addresses
    ]


_MOUNTS: Final = """
set -e
for daemon in /run/nscd /var/run/nscd /run/systemd/resolve /run/dbus /run/avahi-daemon; do
  if [ -d "$daemon" ]; then mount -t tmpfs tmpfs "$daemon"; fi
done
for name in resolv.conf hosts nsswitch.conf; do
  place=$(readlink -m "/etc/$name")
  case "$place" in /run/systemd/resolve/*) [ -e "$place" ] || : > "$place";; esac
  if ! [ -e "$place" ]; then
    echo "/etc/$name does not exist; make an empty one" >&2
    exit 1
  fi
  mount --bind "$1/$name" "$place"
done
if [ -n "$2" ]; then mount --bind "$2" "$3"; fi
"""


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """The files that say how the client resolves names, and whom it believes."""

    workdir: Path
    resolver: str
    hosts: Mapping[str, str]
    """More lines for /etc/hosts: name -> address."""
    trust: Path | None = None
    """What the client's public list of authorities (certifi's file) holds instead."""

    def mount(self, client: Namespace) -> None:
        """Writes the files and lays them over the client's own; also hides the host's
        name-service daemons, whose sockets would lead out of the lab. LabError if it can't."""
        place = self.workdir / "etc"
        place.mkdir(exist_ok=True)
        lines = ["127.0.0.1 localhost", "::1 localhost"]
        lines += [f"{address} {name}" for name, address in self.hosts.items()]
        for name, text in (
            ("resolv.conf", f"nameserver {self.resolver}\n"),
            ("hosts", "\n".join(lines) + "\n"),
            ("nsswitch.conf", "hosts: files dns\n"),
        ):
            (place / name).write_text(text, encoding="utf-8")
        laid = [str(self.trust), certifi.where()] if self.trust is not None else ["", ""]
        client.run(["sh", "-c", _MOUNTS, "sh", str(place), *laid])
