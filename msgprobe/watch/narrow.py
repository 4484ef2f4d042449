"""What a small look asks: of every service one member, of the neutral sites a few, by turns.

A look is a run of the usual kind over fewer rows of the catalogue; which ones is decided here.
"""

from collections.abc import Sequence
from dataclasses import replace

from msgprobe.model.control import Controls, Guess, Site, Source
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Asset, Direction, Pool, Service

NEUTRAL = 2
"""Neutral sites of a pulse, in as many networks: fewer show no connection."""

NEUTRAL_IN_TROUBLE = 4
"""The same while the connection does not work: what explains it takes three networks."""

SOURCES = 2
"""Neutral sources that transfers are compared with."""

MOVED_AT_ONCE = 2
"""Services whose objects one small transfer moves, beside as many neutral ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of the catalogue that a look uses."""

    services: tuple[Service, ...]
    controls: Controls
    guess: Guess


def pulse(rows: Rows, turn: int, *, dead: bool, dated: bool = False) -> Rows:
    """One primary conversation a service with the member whose turn it is, and neutral sites;
    ``dead``: the connection does not work, and what passes all the same is asked too; ``dated``:
    this device's clock is wrong, and servers are asked what time it is, for else no certificate
    seems to be valid and no site to answer."""
    return Rows(
        services=tuple(_one_member(s, turn) for s in rows.services),
        controls=_neutral(rows.controls, turn, dead=dead, dated=dated),
        guess=rows.guess if dead else Guess(),
    )


def transfer(rows: Rows, turn: int, *, dated: bool = False) -> Rows:
    """An object of each of some services, and neutral ones to compare them with; ``dated`` as in
    `pulse`."""
    groups = transfer_groups(rows.services)
    if not groups:
        return pulse(rows, turn, dead=False, dated=dated)
    number, group = divmod(turn, len(groups))
    moving = tuple(_moving(s, number) for s in groups[group])
    uploads = {a.direction for s in moving for a in s.assets} == {Direction.UP}
    sources = _turned(_sources(rows.controls.sources, uploads=uploads), turn)[:SOURCES]
    neutral = _neutral(rows.controls, turn, dead=False, dated=dated)
    return Rows(services=moving, controls=replace(neutral, sources=tuple(sources)), guess=Guess())


def transfer_groups(services: Sequence[Service]) -> list[tuple[Service, ...]]:
    """Services that one small transfer moves objects of, in as few groups as may be."""
    able = [s for s in services if _assets(s)]
    count = -(-len(able) // MOVED_AT_ONCE)
    return [tuple(able[first::count]) for first in range(count)]


def _moving(service: Service, number: int) -> Service:
    """The service with one object, one member of the pool of its function, and one primary one."""
    every = _assets(service)
    asset = every[number % len(every)]
    small = _one_member(service, number)
    beside = [_one_member(replace(service, primary=asset.function), number)]
    if asset.function is service.primary:
        beside = []
    return replace(
        small,
        assets=(asset,),
        pools=(*small.pools, *(p for one in beside for p in one.pools)),
        endpoints=(*small.endpoints, *(e for one in beside for e in one.endpoints)),
    )


def _one_member(service: Service, turn: int) -> Service:
    """The service as one member of one pool of its primary function."""
    places = [(pool, member) for pool in _pools(service) for member in _members(service, pool)]
    if not places:
        return service
    pool, member = places[turn % len(places)]
    mine = [e for e in service.endpoints if e.pool == pool.name and e.member == member]
    main = [e for e in mine if not e.reserve] or mine
    way = main[0].check, main[0].port
    same_way = tuple(e for e in main if (e.check, e.port) == way)
    found = replace(pool, ok_at=1, sample=0)
    return replace(service, pools=(found,), endpoints=same_way, assets=())


def _pools(service: Service) -> list[Pool]:
    """Those of its primary function, without what clients do without and, if there are others,
    without those whose answer shows nothing."""
    found = [p for p in service.pools if p.function is service.primary and not p.extra]
    return [p for p in found if not p.caveat] or found


def _members(service: Service, pool: Pool) -> list[str]:
    spare = {e.member for e in service.endpoints if e.pool == pool.name and e.spare}
    every = service.members(pool.name)
    return [m for m in every if m not in spare] or list(every)


def _neutral(controls: Controls, turn: int, *, dead: bool, dated: bool) -> Controls:
    by_network: dict[str, Site] = {}
    for site in controls.abroad:
        if site.addresses:
            by_network.setdefault(site.network, site)
    sites = _turned(list(by_network.values()), turn)[: NEUTRAL_IN_TROUBLE if dead else NEUTRAL]
    home = controls.domestic if dead else ()
    return Controls(
        sites=(*sites, *home),
        sentinels=controls.sentinels if dated else (),
        resolvers=controls.resolvers,
        silent=controls.silent,
        holes=controls.holes if dead else (),
        advert_host=controls.advert_host,
    )


def _assets(service: Service) -> list[Asset]:
    """Objects to move: what goes up, for it costs half as much; of a service that has none, what
    comes down."""
    every = [a for a in service.assets if a.pool is None]
    return [a for a in every if a.direction is Direction.UP] or every


def _sources(sources: Sequence[Source], *, uploads: bool) -> list[Source]:
    """Neutral sources abroad, one a network; those that take uploads where all go up."""
    able = [s for s in sources if s.country is None and (s.upload_path or not uploads)]
    first = {s.network: s for s in reversed(able)}
    return [s for s in able if first[s.network] is s]


def _turned(rows: list[Site] | list[Source], turn: int) -> list:  # type: ignore[type-arg]
    first = turn % len(rows) if rows else 0
    return [*rows[first:], *rows[:first]]
