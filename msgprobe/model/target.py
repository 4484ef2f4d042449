"""What is measured: services with their functions, pools and endpoints."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol, TypeVar

from msgprobe.model.dataclass import dataclass

MOST_LINKS = 4
"""Objects that are looked at in search of one that is large enough, at most."""

MOST_HEADS = 24
"""HEADs that may go before an object on the same connection, to have its bytes come later."""


class Named(Protocol):
    """A row of the catalogue with a name of its own."""

    @property
    def name(self) -> str:
        """Unique where it stands."""
        ...


N = TypeVar("N", bound=Named)


def called(name: str, rows: Iterable[N]) -> N:
    """The one of ``rows`` that is called ``name``. Raises KeyError."""
    for row in rows:
        if row.name == name:
            return row
    raise KeyError(name)


class Function(StrEnum):
    """What a person uses a messenger for."""

    TEXT = "text"
    MEDIA = "media"
    CALLS = "calls"
    WEB = "web"
    SIGNUP = "signup"


class Direction(StrEnum):
    """Which way the payload of a transfer goes, seen from the user."""

    DOWN = "down"
    UP = "up"


class Trust(StrEnum):
    """Whose certificates an endpoint may show."""

    PUBLIC = "public"
    """certifi's store, or ``SSL_CERT_FILE`` instead of it."""
    PINNED = "pinned"
    """The service's own roots only."""
    EITHER = "either"
    HASH = "hash"
    """No authority's: the certificate that the server shows, or the one that signed it, is known by
    its SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a fact comes from and how old it is. ``date`` is ISO 8601, day or month."""

    source: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A certificate authority of the service's own (``Trust.PINNED``). ``sha256`` is of its DER."""

    name: str
    pem: str
    sha256: str
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An RSA public key of the service's own, with which it proves itself in its own protocol.

    ``modulus`` and ``fingerprint`` are hexadecimal; the latter is the 64-bit number by which
    MTProto names the key. ``old_padding``: it takes the padding from before RSA_PAD.
    """

    name: str
    modulus: str
    exponent: int
    fingerprint: str
    old_padding: bool = False
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusBeacon:
    """A name whose A record is the service's own statement about its health.

    Signal: ``uptime.signal.org`` is 127.0.0.1 when up and 127.0.0.2 during an outage
    (Signal-Android ``ServiceOutageDetectionJob``), so that neither is DNS poisoning.
    """

    host: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Members that can stand for each other within one function.

    ``ok_at`` members answering is ``ok``; fewer but not none is ``degraded`` with counts.
    ``sample`` members (0: all) are tried first, the rest only when one of those fails; members with
    an endpoint marked ``always`` are in every sample, ``spare`` ones in none: one of them is the
    first to join when one of the sample fails. ``caveat`` says why neither an answer nor a
    failure shows what the function does (only what its front end does): such a pool never earns
    ``ok``, nor is the function ever blocked for it. An ``extra`` pool is a way that clients do
    without when it fails (QUIC, beside TCP): its answers earn nothing and its failures spoil
    nothing, except where the fault is shown to follow the service's name.
    """

    name: str
    function: Function
    ok_at: int = 1
    sample: int = 0
    caveat: str = ""
    extra: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One way to one member of a pool.

    ``name`` is unique within the service and stable: addresses rotate, names do not.
    Either ``host`` is given (resolved at run time; ``addresses`` are then only known-good hints
    that acquit) or ``addresses`` alone are the endpoint. A ``reserve`` endpoint is contacted only
    when another endpoint of its member failed (experiment D9: another port).
    A ``spare`` one belongs to a member that is contacted only when another member of its pool
    failed: clients know it, but do without.
    ``certificate_sha256`` are those of the only certificates believed under ``Trust.HASH``.
    ``path``, ``expect_status`` and ``expect_text`` are for checks that speak HTTP; ``options`` are
    for the check named by ``check`` alone.
    """

    name: str
    pool: str
    member: str
    check: str
    port: int
    host: str | None = None
    addresses: tuple[str, ...] = ()
    trust: Trust = Trust.PUBLIC
    certificate_sha256: tuple[str, ...] = ()
    path: str = "/"
    expect_status: tuple[int, ...] = ()
    expect_text: str | None = None
    reserve: bool = False
    always: bool = False
    spare: bool = False
    options: tuple[tuple[str, str], ...] = ()
    provenance: Provenance

    def option(self, key: str) -> str | None:
        """The value of ``key`` in ``options``, None when it is not there."""
        return dict(self.options).get(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something of the service's own that can be moved without an account, to see how fast.

    ``direction`` down: a GET of ``path`` gives at least some tens of kilobytes; one of
    ``more_paths`` is moved instead where that is not there or is smaller. With ``find`` (how a link
    to ``host`` stands there, see `msgprobe.model.link`; a regular expression in runs saved
    before December 2026) the page at ``path`` names objects; where ``page_host`` is given it serves
    that page. ``direction`` up: the server takes a POST to ``path``, whatever it then answers. With
    ``pool`` it is no object: the servers of that pool, each once, answer many small questions in
    their own protocol, and ``host`` is empty. ``name`` is unique within the service; ``function``
    is the one that it stands for.
    """

    name: str
    function: Function
    host: str
    pool: str | None = None
    path: str = "/"
    more_paths: tuple[str, ...] = ()
    direction: Direction = Direction.DOWN
    find: str | None = None
    page_host: str | None = None
    addresses: tuple[str, ...] = ()
    trust: Trust = Trust.PUBLIC
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A messenger. ``prefixes`` (CIDR) acquit a DNS answer; being outside convicts nothing."""

    name: str
    title: str
    primary: Function
    pools: tuple[Pool, ...]
    endpoints: tuple[Endpoint, ...]
    assets: tuple[Asset, ...] = ()
    core: bool = False
    prefixes: tuple[str, ...] = ()
    roots: tuple[Root, ...] = ()
    keys: tuple[Key, ...] = ()
    beacon: StatusBeacon | None = None
    untestable: tuple[tuple[Function, str], ...] = ()
    """Functions that cannot be measured without an account, and why."""
    warning: str = ""
    """What measuring it may bring upon the user (empty: nothing). A service with a warning is
    measured only when it is named, and the warning is said beforehand."""
    provenance: Provenance

    def pool(self, name: str) -> Pool:
        """The pool called ``name``. Raises KeyError."""
        return called(name, self.pools)

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint called ``name``. Raises KeyError."""
        return called(name, self.endpoints)

    def asset(self, name: str) -> Asset:
        """The asset called ``name``. Raises KeyError."""
        return called(name, self.assets)

    def members(self, pool: str) -> tuple[str, ...]:
        """Names of the members of ``pool``, in the catalogue's order."""
        return tuple(dict.fromkeys(e.member for e in self.endpoints if e.pool == pool))
