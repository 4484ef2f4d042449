"""A run: what was asked, what was used, what was seen, and (beside it) what it meant."""

from msgprobe.model.control import Controls
from msgprobe.model.dataclass import dataclass
from msgprobe.model.integrity import Integrity
from msgprobe.model.liberty import NO_ALLOWANCES, Allowances
from msgprobe.model.measurement import Measurement
from msgprobe.model.target import Function, Service
from msgprobe.model.traits import Traits
from msgprobe.model.verdict import ConnectionVerdict, Outcome, State, Strength, Verdict

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for. ``seed`` makes every choice of the planner repeatable.

    ``max_time`` is in seconds and ``max_bytes`` in bytes on the wire, both for the whole run.
    ``functions`` empty means all; ``families`` is which IP versions may be used. ``quick`` leaves
    out QUIC and the transfers that look for throttling, ``throttle`` makes more and larger ones,
    and all of them once more ``throttle_wait`` seconds later. ``via`` is how to speak to the user's
    proxy for a second path, ``socks5`` or ``http``; where it is and who may use it is never written
    down.
    """

    functions: tuple[Function, ...] = ()
    families: tuple[int, ...] = (4, 6)
    country: str | None = None
    quick: bool = False
    throttle: bool = False
    throttle_wait: float = 600.0
    max_time: float = 60.0
    max_bytes: int = 5_000_000
    seed: int = 0
    via: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewhereFunction:
    """What a report made elsewhere says about one function of a service that is measured here too.

    ``answered`` are endpoints (as both catalogues name and describe them) that answered genuinely
    there; ``failed`` are those that failed in repeats, each with the symptom.
    """

    service: str
    function: Function
    outcome: Outcome
    strength: Strength | None = None
    answered: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The relevant part of a report that the user says was made elsewhere (``--compare``).

    ``made_at`` is ISO 8601 in UTC, ``age_s`` how many seconds before this run's start that was
    (negative: after it). Where it was made cannot be known.
    """

    run_id: str
    made_at: str
    age_s: float
    state: State
    functions: tuple[ElsewhereFunction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a verdict may rest on: the rows of the catalogue in use and what was measured."""

    request: Request
    services: tuple[Service, ...]
    controls: Controls
    measurements: tuple[Measurement, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    traits: tuple[tuple[str, Traits], ...] = ()
    """What the checks of the run say about their conversations, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """Where a run was made, as far as its user says; nothing of it is looked up, or judged by.

    ``asn`` is the number of the autonomous system (``--asn``), ``label`` a name of the user's own
    (``--label``), and ``series`` names the runs of one line that a history keeps together. The
    country is in the `Request`, for it also changes what is asked.
    """

    asn: int | None = None
    label: str | None = None
    series: str | None = None


NOWHERE = Vantage()
"""The user said nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Who measured."""

    name: str = "msgprobe"
    version: str = ""
    python: str = ""
    openssl: str = ""
    platform: str = ""


UNJUDGED = Verdict(connection=ConnectionVerdict(state=State.NO_INTERNET))
"""Of a run that has only begun: nothing is known to work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run, complete: enough to be judged again elsewhere. ``started_at`` is ISO 8601 in UTC."""

    run_id: str
    tool: Tool
    catalogue_sha256: str
    started_at: str
    duration_s: float = 0.0
    bytes_sent: int = 0
    bytes_received: int = 0
    interrupted: str | None = None
    """Why the run was cut short: ``SIGINT``, ``SIGTERM``, ``SIGHUP``, ``max_time``, ``max_bytes``,
    or ``fault`` when this program or device failed."""
    evidence: Evidence
    verdict: Verdict = UNJUDGED
    vantage: Vantage = NOWHERE
    allowances: Allowances = NO_ALLOWANCES
    """What target files did with the user's leave; their names without folders."""
    integrity: Integrity = Integrity.UNSEALED
    """Of the file that it was read from."""
