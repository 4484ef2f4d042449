"""What remembered words amount to over time: segments, events, notes. Values only.

All times are seconds since 1970 in UTC.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """When something changed: after the last tick that speaks against it (None: none was seen),
    at or before the first one that speaks for it."""

    after: int | None
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A time in which one word held for a subject, or in which nobody looked (``reason`` says why).

    ``ended`` is its last tick. ``posterior`` is the probability of the word given all ticks, 0 to
    1; ``supporting`` are ticks that said the word, the last of them at ``seen_until``;
    ``witnesses`` are runs among them whose evidence is kept. ``settled``: enough of them said so to
    tell of a change.
    """

    subject: str
    word: str
    began: int
    ended: int
    onset: Bracket | None = None
    mechanisms: tuple[str, ...] = ()
    posterior: float = 0.0
    ticks: int = 0
    supporting: int = 0
    seen_until: int = 0
    witnesses: tuple[str, ...] = ()
    settled: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One subject's change from one word to another."""

    subject: str
    before: str
    after: str
    bracket: Bracket
    mechanisms: tuple[str, ...] = ()
    posterior: float = 0.0
    witnesses: tuple[str, ...] = ()


class Cause(StrEnum):
    """What changed: the world, or only how it is looked at."""

    NETWORK = "network"
    CATALOGUE = "catalogue"
    RULES = "rules"

    @property
    def real(self) -> bool:
        """Something happened; the others are no events."""
        return self is Cause.NETWORK


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """All that changed at once. ``absorbed`` are changes of services that the connection's own
    change explains."""

    bracket: Bracket
    changes: tuple[Change, ...]
    absorbed: tuple[Change, ...] = ()
    cause: Cause = Cause.NETWORK


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineNote:
    """Something that may come before an event, or that a person should know. ``kind`` is the id of
    a remark on the connection, ``slower`` (``value`` times slower beside neutral sources than in
    the seven days before), ``round_trips`` (``value`` times longer) or ``clock_back``."""

    at: int
    kind: str
    subject: str = ""
    value: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedPoint:
    """How many times longer than neutral sources a transfer took, and the ``usual`` one: the median
    of the seven days before (None where too few are known)."""

    at: int
    subject: str
    direction: str
    ratio: float
    usual: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The timeline of one series. ``interval`` is the usual time between ticks, in seconds."""

    series: Series
    began: int
    ended: int
    ticks: int
    interval: int
    rules: int
    segments: Sequence[tuple[str, Sequence[Segment]]]
    """By subject; the connection first."""
    events: Sequence[TimelineEvent] = ()
    notes: Sequence[TimelineNote] = ()
    speeds: Sequence[SpeedPoint] = ()
