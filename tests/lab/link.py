"""The access link: delay, jitter, loss, rate, and what it does with large packets."""

import math
import random
from dataclasses import dataclass, field
from typing import Final

_SWAY_STEP_S: Final = 0.25
_SWAY_MEMORY: Final = math.exp(-_SWAY_STEP_S / 2.0)
"""The correlation of one step of the sway with the next, for a correlation time of 2 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How the client's line behaves; the default is an ideal line of 1500 octets.

    ``delay_ms`` is one way (half the round trip) and each packet's is drawn from ``delay_ms`` ±
    ``jitter_ms``; packets keep their order. ``loss`` (0..1) holds for each direction by itself;
    with ``burst`` > 1 the losses come in runs of that mean length (Gilbert's model, the same mean
    loss). Rates are in kbit/s of IP packets, 0 for unlimited; the queue before each drops what
    would wait longer than ``queue_ms``. ``sway`` makes both rates go up and down, as on the air:
    it is the standard deviation of the logarithm of the rate, whose mean stays as given (a
    log-normal AR(1) process, renewed every 0.25 s, with a correlation time of 2 s). ``mtu`` is that
    of the client's interface; packets longer than ``black_hole_mtu`` vanish in both directions
    without an ICMP error (0: none do).
    """

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    burst: float = 1.0
    down_kbit: float = 0.0
    up_kbit: float = 0.0
    queue_ms: float = 200.0
    sway: float = 0.0
    mtu: int = 1500
    black_hole_mtu: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.loss <= 1:
            raise ValueError(f"Link.loss is {self.loss}; it is a share, from 0 to 1")
        if self.burst < 1:
            raise ValueError(f"Link.burst is {self.burst}; a run of losses has at least 1 packet")
        for name in ("delay_ms", "jitter_ms", "down_kbit", "up_kbit", "queue_ms", "sway"):
            if getattr(self, name) < 0:
                raise ValueError(f"Link.{name} is {getattr(self, name)}; it can't be negative")
        if not 576 <= self.mtu <= 1500:
            raise ValueError(f"Link.mtu is {self.mtu}; the lab's links carry 576 to 1500 octets")


class Sway:
    """How the rate of a swaying line goes, as a factor whose mean is 1."""

    def __init__(self, deviation: float, chance: random.Random) -> None:
        self._deviation = deviation
        # Chance of its own: how often it is asked hangs on the clock, and mustn't shift the losses.
        self._chance = random.Random(chance.random())
        self._level = self._chance.gauss(0, deviation)
        self._renew_at: float | None = None
        self._factor = self._as_factor()

    def _as_factor(self) -> float:
        return math.exp(self._level - self._deviation**2 / 2)

    def factor(self, now: float) -> float:
        """The factor at ``now``, in monotonic seconds, counted from the first time asked."""
        if self._renew_at is None:
            self._renew_at = now + _SWAY_STEP_S
        if now < self._renew_at:
            return self._factor
        fresh = self._deviation * math.sqrt(1 - _SWAY_MEMORY**2)
        while now >= self._renew_at:
            self._level = _SWAY_MEMORY * self._level + self._chance.gauss(0, fresh)
            self._renew_at += _SWAY_STEP_S
        self._factor = self._as_factor()
        return self._factor


@dataclass(slots=True)
class Pipe:
    """One direction of a `Link`: when does a packet come out? Times are monotonic seconds."""

    link: Link
    kbit: float
    random: random.Random
    lost: int = 0
    """Packets lost at random."""
    overflowed: int = 0
    """Packets that the queue had no room for."""
    too_long: int = 0
    """Packets that fell into the MTU black hole."""
    _free_at: float = 0.0
    _last_out: float = 0.0
    _bad: bool = field(default=False)
    _sway: Sway | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.link.sway:
            self._sway = Sway(self.link.sway, self.random)

    def admit(self, now: float, size: int) -> float | None:
        """When a packet of ``size`` octets that enters at ``now`` comes out; None if it doesn't."""
        link = self.link
        if link.black_hole_mtu and size > link.black_hole_mtu:
            self.too_long += 1
            return None
        leaves = now
        if self.kbit:
            start = max(now, self._free_at)
            if start - now > link.queue_ms / 1000:
                self.overflowed += 1
                return None
            rate = self.kbit if self._sway is None else self.kbit * self._sway.factor(now)
            leaves = self._free_at = start + size * 8 / (rate * 1000)
        if self.loses():
            return None
        out = leaves + link.delay_ms / 1000
        if link.jitter_ms:
            out += self.random.uniform(-link.jitter_ms, link.jitter_ms) / 1000
        self._last_out = out = max(out, self._last_out, now)
        return out

    def loses(self) -> bool:
        """Draws whether the next packet is lost (and counts it)."""
        loss, burst = self.link.loss, self.link.burst
        if not loss:
            return False
        if burst == 1:
            self._bad = self.random.random() < loss
        elif self._bad:
            self._bad = self.random.random() >= 1 / burst
        else:
            start = loss / (burst * (1 - loss)) if loss < 1 else 1.0
            self._bad = self.random.random() < start
        self.lost += self._bad
        return self._bad
