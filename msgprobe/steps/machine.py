"""This machine's own account of its connection; asks nobody outside."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from ipaddress import ip_interface

from msgprobe.model.history import NetworkKind
from msgprobe.model.reach import BENCHMARK
from msgprobe.steps.accounts.account import PUBLIC, Account
from msgprobe.steps.accounts.own import own_account

_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
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
    """What the system's `Account` says, and what is the same on every system."""

    def __init__(
        self, account: Account | None = None, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._account = account or own_account()
        self._environment = environment
        self._own: tuple[float, tuple[str, ...]] | None = None

    def interfaces_up(self) -> int:
        """As the system counts them."""
        return self._account.interfaces_up()

    def tunnel(self) -> bool:
        """A default route leads into a tunnel; False where routes are hidden."""
        return any(route.kind is NetworkKind.VPN for route in self._account.routes() or ())

    def system_resolvers(self) -> tuple[str, ...]:
        """As the system tells them."""
        return self._account.resolvers()

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
        try:
            found = self._account.addresses()
        except (ImportError, OSError, AttributeError, AssertionError):
            yield from _sources()  # Android may hide them
            return
        for device, address, prefix in found:
            own = ip_interface(f"{address}/{prefix}")
            benchmark = own.version == 4 and own.ip in BENCHMARK
            carries = benchmark and self._account.is_tunnel(device)
            yield str(own.ip) if carries else str(own)


def _sources() -> Iterator[str]:
    """The addresses that packets to the rest of the world would bear; nothing is sent."""
    for family, address in zip((socket.AF_INET, socket.AF_INET6), PUBLIC, strict=True):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect((address, 53))
                yield str(sock.getsockname()[0])
        except OSError:
            continue
