"""What many lines say together: cells, onsets, events of a country. Values only.

All times are seconds since 1970 in UTC. A country that nobody named is ``ZZ``, a network that
nobody named is AS 0, as OONI writes them.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgprobe.model.dataclass import dataclass
from msgprobe.model.timeline import Bracket

BUCKET = 900
"""Seconds of a cell: in them a vantage has one vote."""

UNKNOWN_COUNTRY = "ZZ"
UNKNOWN_ASN = 0


class CellState(StrEnum):
    """What the votes of a cell amount to."""

    OK = "ok"
    DEGRADED = "degraded"
    THROTTLED = "throttled"
    BLOCKED = "blocked"
    """For the connection: cut off."""
    DOWN = "down"
    MIXED = "mixed"
    """No word has two thirds."""
    INSUFFICIENT = "insufficient"
    """Fewer than three vantages could tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is talked about, and where: a function of a service, or the ``connection``."""

    country: str
    service: str
    function: str

    @property
    def name(self) -> str:
        """``telegram.text``, or ``connection``."""
        return f"{self.service}.{self.function}" if self.function else self.service


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """How many vantages said what; ``vantages`` counts those that could not tell as well."""

    vantages: int
    ok: int
    degraded: int
    throttled: int
    blocked: int
    down: int

    @property
    def known(self) -> int:
        """Those that could tell."""
        return self.ok + self.degraded + self.throttled + self.blocked + self.down

    @property
    def hit(self) -> int:
        """Those that saw interference."""
        return self.throttled + self.blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One network in one quarter of an hour. ``low`` and ``high`` bound the share of vantages that
    saw interference (Wilson's interval, 95 %)."""

    subject: Subject
    asn: int
    bucket: int
    state: CellState
    votes: Votes
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class National:
    """The same of a whole country: its votes, and how many networks are in which state."""

    subject: Subject
    bucket: int
    votes: Votes
    networks: dict[CellState, int]
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """A network's change to interference (``hit``) or back. ``vantages`` is how many lines' own
    changes agree with the bracket, ``of`` how many changed thereabouts."""

    subject: Subject
    asn: int
    hit: bool
    bracket: Bracket
    vantages: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A network's time of interference; without ``resolution`` it goes on."""

    asn: int
    onset: Onset
    resolution: Onset | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryEvent:
    """What happened to a service in a country: enough networks, or lines, at once.

    ``episodes`` are in the order of their onsets. ``all_networks``: each one that is watched there.
    ``resolution`` is None while it goes on.
    """

    country: str
    service: str
    functions: tuple[str, ...]
    onset: Bracket
    resolution: Bracket | None
    episodes: Sequence[Episode]
    all_networks: bool
    mechanisms: tuple[str, ...] = ()
