"""What is remembered of one line over time: networks, ticks, words, gaps. Values only."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgprobe.model.dataclass import dataclass

CONNECTION = "connection"
"""The subject that stands for the connection itself; all others are ``service.function``."""

NOT_MEASURED = "not_measured"
"""The word for time in which nobody looked. It is never read as ``ok``."""


class TickKind(StrEnum):
    """How thoroughly was looked: what a tick of a kind cannot see, it cannot deny either."""

    RUN = "run"
    """A whole run: transfers and QUIC included."""
    QUICK = "quick"
    """A run without transfers."""
    PULSE = "pulse"
    """One conversation a service: cheap, and two in a row err together more often."""
    TRANSFER = "transfer"
    """A small paired transfer: sees throttling."""
    CONFIRM = "confirm"
    """A look that differs from the one before it: fresh ports, other members, later."""

    @property
    def sees_speed(self) -> bool:
        """Could have told throttling."""
        return self in (TickKind.RUN, TickKind.TRANSFER)


class GapReason(StrEnum):
    """Why nobody looked. None of them says anything about the network."""

    ASLEEP = "asleep"
    STOPPED = "stopped"
    BATTERY = "battery"
    NO_INTERFACE = "no_interface"
    UNKNOWN = "unknown"


class NetworkKind(StrEnum):
    """What this device's default route leads through."""

    WIFI = "wifi"
    ETHERNET = "ethernet"
    MOBILE = "mobile"
    VPN = "vpn"
    OTHER = "other"
    NONE = "none"
    """No route at all, or none that could be seen."""
    MIXED = "mixed"
    """The network changed during the run: its words belong to none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """The network that this device hangs on. ``gateway`` identifies it and leaves this process
    only as 16 bits of a salted hash; ``resolver`` is a class or a public resolver's address."""

    kind: NetworkKind
    gateway: str = ""
    resolver: str = ""
    vpn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One network in the history; words of two series are never compared.

    ``public`` is random and the only name of it that is ever written elsewhere.
    """

    id: int
    public: str
    kind: NetworkKind
    resolver: str = ""
    vpn: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One word on one subject: an outcome, or for the connection a state with its notes as
    ``mechanisms``."""

    word: str
    strength: str = ""
    partial: bool = False
    mechanisms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeedSeen:
    """How many times longer than neutral sources a transfer took."""

    subject: str
    direction: str
    ratio: float
    target_kbit: float
    control_kbit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One look at the line. ``at`` is seconds since 1970 (UTC), ``packed`` the redacted run's JSON
    text, compressed by zlib (None where only the words are kept), ``rtt_ms`` the median of neutral
    round trips."""

    run_id: str
    at: int
    kind: TickKind
    rules: int
    words: Mapping[str, Said]
    catalogue: str = ""
    packed: bytes | None = None
    speeds: Sequence[SpeedSeen] = ()
    rtt_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A subject's equal words over successive ticks ``first`` to ``last`` of a series.

    ``pulses`` and ``quicks`` are how many of those ticks were pulses, and how many were others that
    cannot see speed; ``rules`` is the version of the rules that gave the word.
    """

    first: int
    last: int
    pulses: int
    quicks: int
    said: Said
    rules: int

    @property
    def count(self) -> int:
        """How many ticks."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Gap:
    """A time (UTC, seconds since 1970) in which nobody looked, and why."""

    began: int
    ended: int
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Logged:
    """Something that happened and was told, such as an alarm: ``kind`` and JSON text."""

    at: int
    kind: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """All that is remembered of one series in a window: tick ``first`` has the time ``times[0]``.

    ``kinds`` has one letter a tick (`KIND_LETTERS`); ``catalogues`` are the ticks from which on
    another catalogue was used, ``documents`` the ticks whose evidence is kept, with their run ids,
    ``set_back`` those before which this device's clock was set back.
    """

    series: Series
    first: int
    times: Sequence[int]
    kinds: str
    spans: Mapping[str, Sequence[Span]]
    documents: Sequence[tuple[int, str]] = ()
    catalogues: Sequence[tuple[int, str]] = ()
    gaps: Sequence[Gap] = ()
    speeds: Sequence[tuple[int, SpeedSeen]] = ()
    rtts: Sequence[tuple[int, float]] = ()
    set_back: Sequence[int] = ()

    def at(self, tick: int) -> int:
        """When the tick was, in seconds since 1970."""
        return self.times[tick - self.first]


KIND_LETTERS: Mapping[TickKind, str] = {
    TickKind.RUN: "r",
    TickKind.QUICK: "q",
    TickKind.PULSE: "p",
    TickKind.TRANSFER: "t",
    TickKind.CONFIRM: "c",
}
SEEING = frozenset("rt")
"""Letters of kinds that see speed."""
