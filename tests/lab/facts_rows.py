"""The facts that a default run relies on, taken from the catalogue: one for each server, with all
the rows that rest on it, and one for each thing that is no server (a key, a silent address).

Nothing is listed by hand, so that a new row of the catalogue is a new fact. What no default run
contacts, by its own plan, is none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from msgprobe.catalog.loader import Catalogue
from msgprobe.model.contact import Contact
from msgprobe.model.run import Request
from msgprobe.model.target import Asset, Endpoint, Pool, Service, Trust
from msgprobe.model.traits import over_websocket
from msgprobe.session import planned
from tests.lab.scenario import CORE
from tests.lab.world.hosts import shipped

Standing = Literal["deciding", "asked", "drawn", "late"]
"""``deciding``: every clean run asks it, and a word or the state of the connection rests on the
answer; ``asked``: for what adds to words; ``drawn``: where the lot falls on it; ``late``: only when
something else failed."""

DEFAULT: Final = Request()
"""What a user asks for who gives no option."""

_RANK: Final = {"deciding": 0, "asked": 1, "drawn": 2, "late": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """``hosts`` are the world's names of the servers (several where one key or root stands for
    many), ``rows`` those of the catalogue, ``sorts`` what these are, ``speaks`` what is spoken.

    ``paths``: the fact is about these paths alone. ``pools`` are ``service/pool`` where it counts.
    ``reads``: some row says what text the answer should hold.
    """

    id: str
    hosts: tuple[str, ...]
    rows: tuple[str, ...]
    sorts: frozenset[str]
    speaks: frozenset[str]
    owner: str
    standing: Standing
    named: bool = True
    paths: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    reads: bool = False
    several_ports: bool = False
    address: str = ""
    """Where the fact is an address alone; of a beacon, the one that says that all is down."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The hosts as the world's policies name them."""
        return tuple(f"={host}" for host in self.hosts)


@dataclass(slots=True, kw_only=True)
class _Server:
    """A server in the making."""

    host: str
    owner: str
    named: bool = True
    rows: list[str] = field(default_factory=list)
    sorts: set[str] = field(default_factory=set)
    speaks: set[str] = field(default_factory=set)
    standings: set[Standing] = field(default_factory=set)
    pools: list[str] = field(default_factory=list)
    ports: dict[str, set[int]] = field(default_factory=dict)
    reads: bool = False

    def add(self, sort: str, row: str, standing: Standing, *speaks: str) -> None:
        self.sorts.add(sort)
        self.rows.append(row)
        self.standings.add(standing)
        self.speaks.update(speaks)

    def fact(self) -> Fact:
        return Fact(
            id=safe(self.host),
            hosts=(self.host,),
            rows=tuple(dict.fromkeys(self.rows)),
            sorts=frozenset(self.sorts),
            speaks=frozenset(self.speaks),
            owner=self.owner,
            standing=min(self.standings, key=_RANK.__getitem__),
            named=self.named,
            pools=tuple(dict.fromkeys(self.pools)),
            reads=self.reads,
            several_ports=any(len(ports) > 1 for ports in self.ports.values()),
        )


def safe(text: str) -> str:
    """``text`` as a part of an id and of a file's name."""
    return re.sub(r"[^A-Za-z0-9.]", "-", text)


def core(catalogue: Catalogue) -> tuple[Service, ...]:
    """The services that a run asks about when none is named."""
    return tuple(s for s in catalogue.services if s.core)


@lru_cache(maxsize=1)
def facts() -> tuple[Fact, ...]:
    """All of the shipped catalogue, in its order."""
    catalogue = shipped()
    assert {s.name for s in core(catalogue)} == set(CORE)
    return tuple(every(catalogue))


def plan(catalogue: Catalogue) -> tuple[Contact, ...]:
    """All that a default run may contact, whatever its seed."""
    return planned(core(catalogue), catalogue.controls, DEFAULT, seeded=False)


def every(catalogue: Catalogue) -> Iterator[Fact]:
    """Servers first, then what else a run believes."""
    servers: dict[str, _Server] = {}
    for service in core(catalogue):
        for pool in service.pools:
            _add_pool(servers, service, pool)
        for asset in service.assets:
            _add_asset(servers, service, asset)
    _add_controls(servers, catalogue, _Planned(plan(catalogue)))
    yield from (server.fact() for server in servers.values())
    for service in core(catalogue):
        yield from _paths(service)
        yield from _pinned(service)
    yield from _others(catalogue)


def host_of(service: Service, endpoint: Endpoint) -> str:
    """What the world calls the server of ``endpoint``."""
    return endpoint.host or f"{service.name}/{endpoint.member}"


def _server(servers: dict[str, _Server], host: str, owner: str) -> _Server:
    return servers.setdefault(host, _Server(host=host, owner=owner, named="/" not in host))


# --- the services ---------------------------------------------------------------------------------


def _spoken(endpoint: Endpoint) -> tuple[str, ...]:
    if over_websocket(endpoint):
        return ("tls", "http", "websocket", endpoint.check)
    inside = {
        "https": ("tls", "http"),
        "http2": ("tls", "http"),
        "tls": ("tls",),
        "mqtt": ("tls", "mqtt"),
        "signal": ("tls", "http", "websocket"),
    }
    return inside.get(endpoint.check, (endpoint.check,))


def _standing(pool: Pool, members: int, endpoint: Endpoint) -> Standing:
    if pool.extra:
        return "asked"
    if endpoint.spare:
        return "late"
    if pool.sample and pool.sample < members and not endpoint.always:
        return "drawn"
    return "asked" if pool.caveat else "deciding"


def _add_pool(servers: dict[str, _Server], service: Service, pool: Pool) -> None:
    members = service.members(pool.name)
    firsts: dict[str, bool] = {}
    for endpoint in (e for e in service.endpoints if e.pool == pool.name):
        server = _server(servers, host_of(service, endpoint), service.name)
        server.ports.setdefault(f"{pool.name}/{endpoint.member}", set()).add(endpoint.port)
        firsts[endpoint.member] = firsts.get(endpoint.member, False) or not endpoint.reserve
        late = endpoint.reserve and not firsts[endpoint.member]
        standing: Standing = "late" if late else _standing(pool, len(members), endpoint)
        row = f"{service.name}/{endpoint.member}"
        server.add("endpoint", row, standing, *_spoken(endpoint))
        if not pool.extra:
            server.pools.append(f"{service.name}/{pool.name}")
            server.reads |= endpoint.expect_text is not None


def _add_asset(servers: dict[str, _Server], service: Service, asset: Asset) -> None:
    if asset.pool is None:
        for host in (asset.host, asset.page_host):
            if host is not None:
                server = _server(servers, host, service.name)
                server.add("asset", f"{service.name}/{asset.name}", "asked", "tls", "http")


def _paths(service: Service) -> Iterator[Fact]:
    """What is moved, by its path alone: the rest of the server is as ever."""
    for asset in service.assets:
        if asset.pool is None:
            yield Fact(
                id=safe(f"asset-{service.name}-{asset.name}"),
                hosts=(asset.page_host or asset.host,),
                rows=(f"{service.name}/{asset.name}",),
                sorts=frozenset({"path"}),
                speaks=frozenset({"http"}),
                owner=service.name,
                standing="asked",
                paths=(asset.path.partition("?")[0],),
            )


def _pinned(service: Service) -> Iterator[Fact]:
    """Roots and keys of the service's own, each with all the servers that prove themselves by it.

    Not servers that show public certificates too.
    """
    by_check: dict[str, list[Endpoint]] = {"rsa-key": [], "noise-root": [], "roots": []}
    for endpoint in service.endpoints:
        if endpoint.check == "mtproto" and service.keys:
            by_check["rsa-key"].append(endpoint)
        if endpoint.option("root_key") is not None:
            by_check["noise-root"].append(endpoint)
        if endpoint.trust is Trust.PINNED:
            by_check["roots"].append(endpoint)
    for sort, found in by_check.items():
        if found:
            yield Fact(
                id=safe(f"{sort}-{service.name}"),
                hosts=tuple(dict.fromkeys(host_of(service, e) for e in found)),
                rows=(f"{service.name}/{sort}",),
                sorts=frozenset({sort}),
                speaks=frozenset({sort}),
                owner=service.name,
                standing="deciding",
                pools=tuple(dict.fromkeys(f"{service.name}/{e.pool}" for e in found)),
            )


# --- the controls ---------------------------------------------------------------------------------


class _Planned:
    """Who is contacted, by name or address, and on which condition."""

    def __init__(self, lines: Sequence[Contact]) -> None:
        self._always = {t for c in lines if not c.condition for t in (c.target, c.asks)}
        self._ever = {t for c in lines for t in (c.target, c.asks)}

    def standing(self, always: Standing, *names: str) -> Standing | None:
        """``always`` where one of ``names`` always is, ``late`` on a condition; None for never."""
        if self._always & set(names):
            return always
        return "late" if self._ever & set(names) else None


def _add_controls(servers: dict[str, _Server], catalogue: Catalogue, when: _Planned) -> None:
    controls = catalogue.controls

    def add(
        sort: str,
        row: str,
        host: str,
        owner: str,
        standing: Standing | None,
        *speaks: str,
        any_name: bool = False,
    ) -> None:
        if standing is not None:
            strangers = ("any-name",) if any_name else ()
            _server(servers, host, owner).add(sort, row, standing, *speaks, *strangers)

    for site in controls.abroad:
        standing = when.standing("deciding", site.host)
        quic = ("quic",) if site.quic else ()
        inside = ("tls", "http", *quic)
        row = f"site/{site.name}"
        add("site", row, site.host, site.owner, standing, *inside, any_name=site.any_name)
    for page in controls.sentinels:
        standing = when.standing("deciding", page.host)
        add("sentinel", f"sentinel/{page.name}", page.host, page.owner, standing, "page")
    for resolver in controls.resolvers:
        row, own = f"resolver/{resolver.name}", resolver.addresses
        add("resolver", row, row, resolver.owner, when.standing("asked", *own), "dns")
        if resolver.doh_host is not None:
            standing = when.standing("deciding", resolver.doh_host, *own)
            inside = ("tls", "http", "doh")
            add("doh", f"{row}/doh", resolver.doh_host, resolver.owner, standing, *inside)
    for source in (s for s in controls.sources if s.country is None):
        standing = when.standing("asked", source.host)
        row = f"source/{source.name}"
        inside = ("tls", "http")
        add("source", row, source.host, source.owner, standing, *inside, any_name=source.any_name)
    for call in controls.calls:
        standing = when.standing("asked", call.host)
        add("call", f"stun/{call.name}", call.host, call.owner, standing, "stun")


def _others(catalogue: Catalogue) -> Iterator[Fact]:
    """Names that are only asked for, addresses where nobody should answer, ports of routers."""
    controls = catalogue.controls

    def bare(
        sort: str, name: str, owner: str, standing: Standing = "asked", address: str = ""
    ) -> Fact:
        return Fact(
            id=safe(f"{sort}-{name}"),
            hosts=() if sort in ("silent", "holes") else (name,),
            rows=(f"{sort}/{name}",),
            sorts=frozenset({sort}),
            speaks=frozenset({sort}),
            owner=owner,
            standing=standing,
            address=address,
        )

    for service in core(catalogue):
        if service.beacon is not None:
            beacon = service.beacon
            yield bare("beacon", beacon.host, service.name, "late", beacon.down[0])
    when = _Planned(plan(catalogue))
    for address in controls.silent:
        standing = when.standing("asked", address)
        if standing is not None:
            yield bare("silent", address, address, standing, address)
    if controls.advert_host is not None:
        yield bare("advert", controls.advert_host, controls.advert_host, "late")
    if controls.holes:
        yield bare("holes", "all", "routers", "late")


def served_by(found: Sequence[Fact]) -> dict[str, Fact]:
    """The fact of each server, by the world's name of it."""
    return {f.hosts[0]: f for f in found if len(f.hosts) == 1 and not f.paths}
