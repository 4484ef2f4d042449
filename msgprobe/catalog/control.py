"""The controls of a target file: [controls], [[site]], [[sentinel]], [[resolver]], [[transfer]]
(neutral sources of big objects) and [[stun]] (neutral servers that calls could start with)."""

from collections.abc import Iterable
from typing import TypeVar

from msgprobe.catalog import value
from msgprobe.catalog.error import quoted
from msgprobe.catalog.table import PROVENANCE, Table
from msgprobe.model.control import CallServer, Controls, PublicResolver, Sentinel, Site, Source
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Provenance

_SERVER = ("name", "host", "owner", "network")
_FAIR = ("unfair_in", *PROVENANCE)
_CONTROLS = ("allow", "silent", "holes", "advert_host", *PROVENANCE)
_SITE = (*_SERVER, "country", "addresses", "path", "any_name", "quic", *_FAIR)
_SENTINEL = ("name", "host", "path", "owner", "status", "body", *_FAIR)
_RESOLVER = ("name", "owner", "network", "addresses", "doh_host", "doh_path", "filters", *_FAIR)
_SOURCE = (*_SERVER, "path", "upload_path", "country", "addresses", "any_name", *_FAIR)
_CALL_SERVER = (*_SERVER, "port", "addresses", *_FAIR)
SECTIONS = ("controls", "site", "sentinel", "resolver", "transfer", "stun")

N = TypeVar("N", Site, Sentinel, PublicResolver, Source, CallServer)
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one file says about controls; None where it says nothing."""

    sites: tuple[Site, ...] = ()
    sentinels: tuple[Sentinel, ...] = ()
    resolvers: tuple[PublicResolver, ...] = ()
    sources: tuple[Source, ...] = ()
    calls: tuple[CallServer, ...] = ()
    silent: tuple[str, ...] | None = None
    holes: tuple[int, ...] | None = None
    advert_host: str | None = None

    def names(self) -> list[tuple[str, str]]:
        """The kind and the name of every control."""
        return [
            *(("site", site.name) for site in self.sites),
            *(("sentinel", sentinel.name) for sentinel in self.sentinels),
            *(("resolver", resolver.name) for resolver in self.resolvers),
            *(("transfer", source.name) for source in self.sources),
            *(("stun", server.name) for server in self.calls),
        ]


def head(top: Table) -> Table | None:
    """The table [controls] of the file ``top``, if there is one. Raises CatalogError."""
    return top.table("controls", _CONTROLS)


def read_controls(top: Table) -> Part:
    """The controls in the file ``top``. Raises CatalogError."""
    lists = head(top)
    base = None
    if lists is not None and any(key in lists for key in PROVENANCE):
        base = lists.provenance(None)
    return Part(
        sites=tuple(_site(table, base) for table in top.tables("site", _SITE)),
        sentinels=tuple(_sentinel(table, base) for table in top.tables("sentinel", _SENTINEL)),
        resolvers=tuple(_resolver(table, base) for table in top.tables("resolver", _RESOLVER)),
        sources=tuple(_source(table, base) for table in top.tables("transfer", _SOURCE)),
        calls=tuple(_call_server(table, base) for table in top.tables("stun", _CALL_SERVER)),
        silent=lists.each("silent", value.address) or None if lists else None,
        holes=lists.each("holes", value.port) or None if lists else None,
        advert_host=lists.take("advert_host", value.host, None) if lists else None,
    )


def _site(table: Table, base: Provenance | None) -> Site:
    return Site(
        name=table.need("name", value.name),
        host=table.need("host", value.host),
        owner=table.need("owner", value.line),
        network=table.need("network", value.name),
        country=table.take("country", value.country, None),
        addresses=table.each("addresses", value.address),
        path=table.take("path", value.path, "/"),
        any_name=table.take("any_name", value.flag, False),
        quic=table.take("quic", value.flag, False),
        unfair_in=_unfair_in(table),
        provenance=table.provenance(base),
    )


def _sentinel(table: Table, base: Provenance | None) -> Sentinel:
    return Sentinel(
        name=table.need("name", value.name),
        host=table.need("host", value.host),
        path=table.need("path", value.path),
        owner=table.need("owner", value.line),
        status=table.need("status", value.status),
        body=table.take("body", value.body, ""),
        unfair_in=_unfair_in(table),
        provenance=table.provenance(base),
    )


def _resolver(table: Table, base: Provenance | None) -> PublicResolver:
    addresses = table.each("addresses", value.address)
    if not addresses:
        raise table.fault("addresses", "missing", "give the addresses that answer on port 53")
    return PublicResolver(
        name=table.need("name", value.name),
        owner=table.need("owner", value.line),
        network=table.need("network", value.name),
        addresses=addresses,
        doh_host=table.take("doh_host", value.host, None),
        doh_path=table.take("doh_path", value.path, "/dns-query"),
        filters=table.take("filters", value.flag, False),
        unfair_in=_unfair_in(table),
        provenance=table.provenance(base),
    )


def _source(table: Table, base: Provenance | None) -> Source:
    return Source(
        name=table.need("name", value.name),
        host=table.need("host", value.host),
        owner=table.need("owner", value.line),
        network=table.need("network", value.name),
        path=table.need("path", value.path),
        upload_path=table.take("upload_path", value.path, None),
        country=table.take("country", value.country, None),
        addresses=table.each("addresses", value.address),
        any_name=table.take("any_name", value.flag, False),
        unfair_in=_unfair_in(table),
        provenance=table.provenance(base),
    )


def _call_server(table: Table, base: Provenance | None) -> CallServer:
    return CallServer(
        name=table.need("name", value.name),
        host=table.need("host", value.host),
        owner=table.need("owner", value.line),
        network=table.need("network", value.name),
        port=table.take("port", value.port, 3478),
        addresses=table.each("addresses", value.address),
        unfair_in=_unfair_in(table),
        provenance=table.provenance(base),
    )


def _unfair_in(table: Table) -> tuple[str, ...]:
    """Countries where the control is none. A site of a country that is unfair at home would say
    nothing to anybody."""
    found = table.each("unfair_in", value.country)
    home = table.take("country", value.country, None) if "country" in table else None
    if home in found:
        why = f"{quoted(home)} is the country of this site itself"
        raise table.fault("unfair_in", why, "take it out, or remove the row")
    return found


def merge(parts: list[Part]) -> Controls:
    """All controls; what a later part says replaces what an earlier one says by the same name."""
    return Controls(
        sites=_latest(part.sites for part in parts),
        sentinels=_latest(part.sentinels for part in parts),
        resolvers=_latest(part.resolvers for part in parts),
        sources=_latest(part.sources for part in parts),
        calls=_latest(part.calls for part in parts),
        silent=_last(part.silent for part in parts) or (),
        holes=_last(part.holes for part in parts) or (),
        advert_host=_last(part.advert_host for part in parts),
    )


def _latest(controls: Iterable[tuple[N, ...]]) -> tuple[N, ...]:
    """Of each name the last one, in the place of the first."""
    return tuple({control.name: control for some in controls for control in some}.values())


def _last(values: Iterable[V | None]) -> V | None:
    return next((v for v in reversed([*values]) if v is not None), None)
