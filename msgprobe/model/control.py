"""What is measured beside the target, so that a failure of the target can mean something.

``unfair_in`` of a row are countries (ISO 3166-1 alpha-2) in which it is no fair control: it is
blocked or throttled there itself, or let through where others are not.
"""

from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Provenance, called


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A neutral web site reached over TLS.

    ``network`` labels who routes it (one label per autonomous system or CDN); ``country`` is None
    for a site abroad and an ISO 3166 code for a domestic one. ``any_name`` marks a server that
    gives a TLS-level answer whatever the SNI, so that it can host experiment D7. ``quic`` marks one
    that speaks QUIC on UDP port 443 as well.
    """

    name: str
    host: str
    owner: str
    network: str
    country: str | None = None
    addresses: tuple[str, ...] = ()
    path: str = "/"
    any_name: bool = False
    quic: bool = False
    unfair_in: tuple[str, ...] = ()
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinel:
    """A plain HTTP page with a known answer, made to find captive portals (RFC 8952 §1)."""

    name: str
    host: str
    path: str
    owner: str
    status: int
    body: str
    """Exact body after stripping white space at both ends; empty for a 204."""
    unfair_in: tuple[str, ...] = ()
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A neutral server that gives a big object, and takes one where ``upload_path`` is given.

    ``{bytes}`` in ``path`` stands for the number of bytes wanted. ``any_name`` marks a server that
    gives its object whatever the SNI, so that only the name in the ClientHello can be changed.
    ``network`` and ``country`` as of a `Site`.
    """

    name: str
    host: str
    owner: str
    network: str
    path: str
    upload_path: str | None = None
    addresses: tuple[str, ...] = ()
    country: str | None = None
    any_name: bool = False
    unfair_in: tuple[str, ...] = ()
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class CallServer:
    """A neutral server that answers STUN (RFC 8489) over UDP to everybody.

    ``network`` labels who routes it. Its port tells apart who closes a port from who
    recognises the protocol: some live on 3478 as calls do, others where other things live too.
    """

    name: str
    host: str
    owner: str
    network: str
    port: int = 3478
    addresses: tuple[str, ...] = ()
    unfair_in: tuple[str, ...] = ()
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicResolver:
    """A public resolver: ``addresses`` speak DNS over UDP and TCP 53; ``doh_host`` RFC 8484."""

    name: str
    owner: str
    network: str
    addresses: tuple[str, ...]
    doh_host: str | None = None
    doh_path: str = "/dns-query"
    filters: bool = False
    """It filters by policy (advertising, families): an answer of its own choosing."""
    unfair_in: tuple[str, ...] = ()
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """All controls of one catalogue.

    ``silent`` are routed addresses that run no DNS server (experiment D3); ``holes`` are the ports
    tried on control hosts when everything else is dead; ``advert_host`` is a name that
    advertisement filters answer with 0.0.0.0, so that a filter of the user's own can be told.
    """

    sites: tuple[Site, ...] = ()
    sentinels: tuple[Sentinel, ...] = ()
    resolvers: tuple[PublicResolver, ...] = ()
    sources: tuple[Source, ...] = ()
    calls: tuple[CallServer, ...] = ()
    silent: tuple[str, ...] = ()
    holes: tuple[int, ...] = ()
    advert_host: str | None = None

    def site(self, name: str) -> Site:
        """The site called ``name``. Raises KeyError."""
        return called(name, self.sites)

    def source(self, name: str) -> Source:
        """The source called ``name``. Raises KeyError."""
        return called(name, self.sources)

    @property
    def empty(self) -> bool:
        """Nothing neutral can be asked: these are measurements of others, without controls."""
        return self == Controls()

    @property
    def abroad(self) -> tuple[Site, ...]:
        """Neutral sites that belong to no favoured country."""
        return tuple(s for s in self.sites if s.country is None)

    @property
    def domestic(self) -> tuple[Site, ...]:
        """Sites of the country that the run was told about."""
        return tuple(s for s in self.sites if s.country is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Countries that this device may be in, and their domestic sites.

    Only a guess, by the time zone: it changes what is asked, it is never judged by and never
    written down.
    """

    countries: tuple[str, ...] = ()
    sites: tuple[Site, ...] = ()
