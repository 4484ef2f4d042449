"""What the evidence amounts to. Types only: the inference lives in ``msgprobe.judging``."""

from enum import StrEnum

from msgprobe.model.dataclass import dataclass
from msgprobe.model.message import Said
from msgprobe.model.target import Direction, Function


class Layer(StrEnum):
    """Where something was seen, never why."""

    CONNECTION = "connection"
    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    PROTOCOL = "protocol"


class Outcome(StrEnum):
    """The word for a function or a service."""

    OK = "ok"
    DEGRADED = "degraded"
    THROTTLED = "throttled"
    BLOCKED = "blocked"
    DOWN = "down"
    INCONCLUSIVE = "inconclusive"
    NOT_TESTED = "not_tested"


class Strength(StrEnum):
    """How sure the word is."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"


class State(StrEnum):
    """The word for the connection itself."""

    ONLINE = "online"
    BAD_LINK = "bad_link"
    INTERMITTENT = "intermittent"
    CAPTIVE_PORTAL = "captive_portal"
    DNS_FAULT = "dns_fault"
    DOMESTIC_ONLY = "domestic_only"
    ALLOWLIST = "allowlist"
    SHUTDOWN = "shutdown"
    NO_INTERNET = "no_internet"
    LOCAL_FAULT = "local_fault"
    UNKNOWN = "unknown"
    """Nothing neutral was asked: measurements of others, which have no controls."""

    @property
    def usable(self) -> bool:
        """Services can be judged on such a connection."""
        partly = (State.BAD_LINK, State.DNS_FAULT, State.INTERMITTENT)
        return self in (State.ONLINE, State.UNKNOWN, *partly)

    @property
    def blameless(self) -> bool:
        """It is no reason for anything: what a run means is what its services say."""
        return self in (State.ONLINE, State.BAD_LINK, State.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Members of a pool, or endpoints of a function: how many were tried, how many answered."""

    tested: int
    ok: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast an asset moved beside neutral objects; rates are medians in kbit/s.

    ``floor_kbit``: a limit below this would have shown; a milder one might not. ``moved`` is the
    most bytes that one transfer had to move: what begins later was not tested. ``pairs`` are
    comparisons with neutral transfers, ``slow`` of them were slow. ``ratio`` is the median of how
    many times longer than neutral sources it took, ``ratio_corrected`` the same with the longer way
    (smallest round trips) allowed for; 0 without such a comparison.
    """

    asset: str
    direction: Direction
    target_kbit: float
    control_kbit: float
    floor_kbit: float
    moved: int
    pairs: int = 0
    slow: int = 0
    ratio: float = 0.0
    ratio_corrected: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLoss:
    """How many packets like those of a call got no answer, beside neutral servers at the time.

    ``median_ms`` is the median round trip of those that were answered, in milliseconds.
    """

    sent: int
    lost: int
    neutral_sent: int
    neutral_lost: int
    median_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionVerdict:
    """The outcome of one function of one service."""

    function: Function
    outcome: Outcome
    strength: Strength | None = None
    confidence: float | None = None
    partial: bool = False
    mechanisms: tuple[str, ...] = ()
    endpoints: Count = Count(tested=0, ok=0)
    speeds: tuple[Speed, ...] = ()
    loss: CallLoss | None = None
    why: Said = ()
    rules: tuple[str, ...] = ()
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceVerdict:
    """The outcome of one service: the worst of its functions."""

    service: str
    name: str
    outcome: Outcome
    partial: bool = False
    strength: Strength | None = None
    confidence: float | None = None
    mechanisms: tuple[str, ...] = ()
    functions: tuple[FunctionVerdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionVerdict:
    """The state of the connection, with remarks that change no word."""

    state: State
    strength: Strength = Strength.LIKELY
    notes: tuple[str, ...] = ()
    why: Said = ()
    rules: tuple[str, ...] = ()
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Everything that is said about one run."""

    connection: ConnectionVerdict
    services: tuple[ServiceVerdict, ...] = ()
    rules_version: int = 0
