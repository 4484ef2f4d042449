"""The world: the only way out of the program. Tests and plug-ins swap it whole."""

import os
import random
from collections.abc import Callable

from msgprobe.model.dataclass import dataclass
from msgprobe.steps.door import Clock, ConnectError, Datagrams, Machine, Network, Proxy, Stream
from msgprobe.steps.machine import SystemMachine
from msgprobe.steps.system import SystemClock, SystemNetwork
from msgprobe.steps.trust import TrustError, TrustStore

__all__ = [
    "Clock",
    "ConnectError",
    "Datagrams",
    "Machine",
    "Network",
    "Proxy",
    "Stream",
    "TrustError",
    "TrustStore",
    "World",
    "system_world",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside: network, clock, trust, chance, this machine.

    ``zero`` is the run's beginning on the monotonic clock. ``random`` makes choices that a seed can
    repeat; ``entropy`` gives the bytes that nobody may guess (DNS ids, nonces, keys).
    """

    network: Network
    clock: Clock
    trust: TrustStore
    random: random.Random
    machine: Machine
    zero: float
    entropy: Callable[[int], bytes] = os.urandom
    proxy: Proxy | None = None
    """The user's proxy, for flows that go ``via`` it."""
    to_proxy: Network | None = None
    """The way to that proxy, which may well be on this device or in its network; None: as all."""

    def now(self) -> float:
        """Seconds since the run began."""
        return self.clock.monotonic() - self.zero

    def system_resolvers(self) -> tuple[str, ...]:
        """Addresses of the DNS servers that this machine is configured to ask, in order."""
        return self.machine.system_resolvers()


def system_world(seed: int = 0) -> World:
    """The real world, beginning now. Raises TrustError when ``SSL_CERT_FILE`` is unusable."""
    clock = SystemClock()
    return World(
        network=SystemNetwork(),
        clock=clock,
        trust=TrustStore.from_environment(),
        random=random.Random(seed),
        machine=SystemMachine(),
        zero=clock.monotonic(),
    )
