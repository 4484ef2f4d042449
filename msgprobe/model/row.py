"""A row of the catalogue beside what came when it was asked (``msgprobe services verify``)."""

from enum import StrEnum

from msgprobe.model.control import Controls
from msgprobe.model.dataclass import dataclass
from msgprobe.model.observation import Certificate
from msgprobe.model.target import Provenance, Service

CONTROLS = "controls"
"""How the controls are called where services are named."""


class Word(StrEnum):
    """What is said about a row."""

    HOLDS = "holds"
    DIFFERS = "differs"
    """Something else came than the row says."""
    NO_ANSWER = "no answer"
    NOT_ASKED = "not asked"
    """This line or this installation cannot ask it, or the time was over: nothing is known."""


class Kind(StrEnum):
    """What a row is, as target files call it, and which property of it is meant."""

    MEMBER = "member"
    ADDRESS = "address"
    """An address that a row gives beside its name."""
    ASSET = "asset"
    ROOT = "root"
    KEY = "key"
    BEACON = "beacon"
    SITE = "site"
    ANY_NAME = "any_name"
    QUIC = "quic"
    SENTINEL = "sentinel"
    RESOLVER = "resolver"
    TRANSFER = "transfer"
    UPLOAD = "upload"
    STUN = "stun"
    SILENT = "silent"
    ADVERT = "advert_host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came instead, as far as a new row can be made of it.

    ``gone``: the name does not exist. ``addresses`` are those of the name, as the system's resolver
    gave them, that answered as the row says. ``shown`` is the chain of certificates that did not
    convince. ``body`` is the beginning of the answer.
    """

    gone: bool = False
    status: int | None = None
    addresses: tuple[str, ...] = ()
    shown: tuple[Certificate, ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One row and the word about it.

    ``service`` is `CONTROLS` for a control. ``table`` is the name of the TOML table that the row
    stands in (a member, an asset, a control), ``row`` says which part of it was asked
    (``dc1-443-v4``). ``address`` is the one of an address row, ``port`` that of a member's
    endpoint. ``cut``: it is unknown only because the time was over or somebody stopped the work.
    """

    service: str
    table: str
    row: str
    kind: Kind
    word: Word
    what: str = ""
    provenance: Provenance | None = None
    address: str | None = None
    port: int | None = None
    came: Came = Came()
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """All rows that were wanted, and the circumstances.

    ``started_at`` is ISO 8601 in UTC. ``closed`` says why nothing is concluded from this line
    (empty: it is open). ``interrupted`` is ``SIGINT``, ``SIGTERM``, ``SIGHUP`` or ``max_time``.
    """

    started_at: str
    duration_s: float
    services: tuple[Service, ...]
    controls: Controls | None
    rows: tuple[Checked, ...]
    closed: str = ""
    interrupted: str | None = None
    bytes_sent: int = 0
    bytes_received: int = 0
