"""This machine's own account of its connection, read from files; asks nobody."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from ipaddress import ip_interface
from pathlib import Path

from msgprobe.model.reach import BENCHMARK

_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_UP, _POINT_TO_POINT = 0x1, 0x10
"""Flags of an interface (netdevice(7))."""

TUNNELS = ("tun", "tap", "wg", "ppp", "utun", "ipsec", "tailscale", "zt")
"""How the names of tunnels' devices begin."""

_FRESH = 1.0
"""Seconds for which a list of this device's addresses is used again: networks change while a run is
under way, but not between two packets."""

_DESCRIPTORS = 1024
"""Open files that are asked of the system: what most allow."""

_OTHERS = 12
"""Descriptors for the standard streams, the event loop, files and lookups."""

_MANY = 512
"""Conversations where nothing limits them."""


class SystemMachine:
    """Reads ``/sys``, ``/proc`` and ``/etc/resolv.conf`` under ``root``; says less without them."""

    def __init__(self, root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> None:
        self._root = root
        self._environment = environment
        self._own: tuple[float, tuple[str, ...]] | None = None

    def interfaces_up(self) -> int:
        """Interfaces besides loopback with IFF_UP; all that exist where flags cannot be read."""
        try:
            names = [name for _, name in socket.if_nameindex()]
        except (OSError, AttributeError):
            return 0
        return sum(1 for name in names if not name.startswith("lo") and self._is_up(name))

    def _is_up(self, name: str) -> bool:
        flags = self._read(f"sys/class/net/{name}/flags").strip()
        try:
            return bool(int(flags, 16) & _UP)
        except ValueError:
            return True

    def default_devices(self) -> tuple[str, ...]:
        """Devices of default routes: ``/proc/net/route`` and ``/proc/net/ipv6_route``."""
        devices: list[str] = []
        for line in self._read("proc/net/route").splitlines()[1:]:
            columns = line.split()
            if len(columns) >= 8 and columns[1] == "00000000" and columns[7] == "00000000":
                devices.append(columns[0])
        for line in self._read("proc/net/ipv6_route").splitlines():
            columns = line.split()
            if len(columns) >= 10 and columns[0] == "0" * 32 and columns[1] == "00":
                devices.append(columns[9])
        return tuple(d for d in dict.fromkeys(devices) if d != "lo")

    def system_resolvers(self) -> tuple[str, ...]:
        """``nameserver`` lines of ``/etc/resolv.conf`` (resolv.conf(5)), in order."""
        found = []
        for line in self._read("etc/resolv.conf").splitlines():
            words = line.split()
            if len(words) >= 2 and words[0] == "nameserver":
                found.append(words[1])
        return tuple(dict.fromkeys(found))

    def conversations(self) -> int:
        """As many as leave descriptors for files, lookups and a second socket of each.

        Raises the soft limit of open files where it is low (macOS: 256) and the hard one allows.
        """
        try:
            import resource

            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            if soft != resource.RLIM_INFINITY and soft < _DESCRIPTORS:
                wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
                resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
                soft = max(soft, wanted)
        except (ImportError, OSError, ValueError):
            return _MANY
        if soft == resource.RLIM_INFINITY:
            return _MANY
        return max(1, (soft - _OTHERS) // 2)

    def proxy_variables(self) -> tuple[str, ...]:
        """Names, in either case, as curl and most programs read them."""
        names = [v for name in _PROXY_VARIABLES for v in (name, name.lower())]
        return tuple(name for name in names if self._environment.get(name))

    def own_addresses(self) -> tuple[str, ...]:
        """Addresses of every interface with their prefixes' lengths, as of a second ago at most.

        Only the very address of a tunnel counts where it lies in the range for benchmarks: the
        others in it are names that the tunnel carries, not neighbours (`reach.BENCHMARK`).
        """
        now = time.monotonic()
        if self._own is None or now > self._own[0] + _FRESH:
            self._own = now, tuple(self._addresses())
        return self._own[1]

    def _addresses(self) -> Iterator[str]:
        # Takes 10 ms to import, which nobody waits for before something is to be dialled.
        import ifaddr

        for adapter in ifaddr.get_adapters():
            for one in adapter.ips:
                address = one.ip if isinstance(one.ip, str) else one.ip[0]
                own = ip_interface(f"{address}/{one.network_prefix}")
                carries = own.version == 4 and own.ip in BENCHMARK and self._is_tunnel(adapter.name)
                yield str(own.ip) if carries else str(own)

    def _is_tunnel(self, name: str) -> bool:
        try:
            flags = int(self._read(f"sys/class/net/{name}/flags").strip(), 16)
        except ValueError:
            flags = 0
        return bool(flags & _POINT_TO_POINT) or name.startswith(TUNNELS)

    def _read(self, path: str) -> str:
        try:
            return (self._root / path).read_text("utf-8", "replace")
        except OSError:
            return ""
