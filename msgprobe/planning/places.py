"""Selectors of the plan of contacts that several experiments share: whom a run may contact."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from msgprobe.model.control import Site
from msgprobe.model.target import Endpoint, Pool, Service
from msgprobe.model.task import Resolver, ResolverKind
from msgprobe.model.traits import over_websocket
from msgprobe.planning.baseline import (
    endpoints_of,
    extra_endpoints,
    sample,
    sample_size,
    spare_members,
    wanted_pools,
)
from msgprobe.planning.controls import (
    asks_home,
    chosen_sentinels,
    chosen_sites,
    neutral_host,
    spare_sites,
)
from msgprobe.planning.experiment import Place, Scope
from msgprobe.planning.public_resolvers import (
    DIRECT,
    SYSTEM,
    all_encrypted,
    doh_resolvers,
    tcp_resolvers,
    udp_resolvers,
    without_dns,
)
from msgprobe.planning.timetable import ENCRYPTED, HOLE_HOSTS, WIDEN
from msgprobe.planning.transfers import all_sources, asset_hosts, moved_assets

YOUR_RESOLVER = "your resolver"
"""How the plan names the resolver that this machine is configured to use."""

STREAM = Resolver(kind=ResolverKind.TCP, name=SYSTEM.name)
"""That resolver over TCP."""

FAILS = "if it fails or hangs"
ON_SERVICE = "if a service fails"
ON_FAILURE = "if {} fails or hangs"
UNLESS_SLOW = "unless the line is slow"
ON_HANGING = "if handshakes with neutral sites hang"
ON_DYING = "if ClientHellos of our shape die at every neutral site"
ON_TARGETED = "if ClientHellos with its own name get no answer"
ON_SILENCE = "if neutral sites fall silent together"
ON_STRANGE = "if a neutral site shows a certificate that nobody vouches for"
ON_SHUT = "if no neutral site answers"
ON_NOTHING_ABROAD = "if nothing abroad answers"
ON_ANSWER = "if another host that runs no DNS answers"
ON_DENIAL = "if it is a public one and denies the name"
ON_SIX = "if the name has an IPv6 address"


def question(
    scope: Scope, resolver: Resolver, name: str, condition: str = "", **more: Any
) -> Place:
    """``resolver`` is asked for ``name``."""
    doh = resolver.kind is ResolverKind.DOH
    stream = doh or resolver.kind is ResolverKind.TCP
    return Place(
        target=resolver.address or YOUR_RESOLVER,
        subject=resolver.name,
        port=443 if doh else 53,
        transport="tcp" if stream else "udp",
        check="resolve",
        condition=condition,
        words={"how": "DoH" if doh else resolver.kind.value},
        asks=name,
        most=scope.lookup(name, resolver),
        **more,
    )


# -- the connection: sites, pages, resolvers


def at_site(site: Site, condition: str = "", **more: Any) -> Place:
    """A neutral site."""
    words = {"owner": site.owner}
    return Place(target=site.host, subject=site.name, condition=condition, words=words, **more)


def foreign_sites(scope: Scope) -> list[Site]:
    """Neutral sites abroad that a run contacts."""
    return [s for s in chosen_sites(scope.controls, scope.request) if s.country is None]


def abroad(scope: Scope) -> Iterator[Place]:
    """Each of them."""
    return map(at_site, foreign_sites(scope))


def big_hello_at(scope: Scope) -> Iterator[Place]:
    """Each of them, the first one alone when all is well; none with ``--quick``."""
    for number, site in enumerate(foreign_sites(scope) if not scope.request.quick else ()):
        yield at_site(site, "if a big ClientHello vanished elsewhere" if number else UNLESS_SLOW)


def at_home(scope: Scope) -> list[Place]:
    """Each domestic site, where there are others to compare with."""
    sites = chosen_sites(scope.controls, scope.request)
    return [at_site(s) for s in sites if s.country is not None and foreign_sites(scope)]


def every_site(scope: Scope) -> Iterator[Place]:
    """Each neutral site, those of a guess only where nothing abroad answers."""
    for site in chosen_sites(scope.controls, scope.request):
        fits = 4 in scope.request.families or any(":" in a for a in site.addresses)
        late = site.country is not None and not asks_home(scope.request)
        yield at_site(site, ON_NOTHING_ABROAD if late else "" if fits else ON_SIX)
    for site in spare_sites(scope.controls, scope.request):
        yield at_site(site, ON_STRANGE)


def sentinels(scope: Scope) -> Iterator[Place]:
    """Each captive-portal page."""
    for page in chosen_sentinels(scope.controls):
        when, words = "" if 4 in scope.request.families else ON_SIX, {"owner": page.owner}
        yield Place(target=page.host, subject=page.name, port=80, condition=when, words=words)


def neutral_names(scope: Scope) -> Iterator[Place]:
    """The name of each of these, at the system's resolver."""
    on = (ON_NOTHING_ABROAD, ON_STRANGE)
    late = {p.target: p.condition for p in every_site(scope) if p.condition in on}
    for host in dict.fromkeys(p.target for p in (*every_site(scope), *sentinels(scope))):
        yield question(scope, SYSTEM, host, late.get(host, ""))


def resolvers(scope: Scope) -> Iterator[Place]:
    """One neutral name at each resolver."""
    host, asked = neutral_host(scope.controls, scope.request), (scope.controls, scope.request)
    if host is None:
        return
    for resolver in (DIRECT, *udp_resolvers(*asked), *doh_resolvers(*asked)):
        yield question(scope, resolver, host)
    for resolver in all_encrypted(*asked)[ENCRYPTED:]:
        yield question(scope, resolver, host, "if another encrypted resolver fails")


def echoes(scope: Scope) -> Iterator[Place]:
    """Sites whose IPv4 address is known without asking."""
    known = [s for s in foreign_sites(scope) if any(":" not in a for a in s.addresses)]
    return (at_site(s, port=0) for s in known[:HOLE_HOSTS])


def holes(scope: Scope) -> Iterator[Place]:
    """Each port there that routers need."""
    for site in echoes(scope):
        for port in scope.controls.holes:
            yield Place(target=site.target, subject=site.subject, port=port)


def silent(scope: Scope, name: str, condition: str) -> Iterator[Place]:
    """Each host that runs no DNS is asked for ``name``."""
    for number, resolver in enumerate(without_dns(scope.controls)):
        yield question(scope, resolver, name, ON_ANSWER if number else condition)


# -- the services: endpoints and names


def _members(scope: Scope, service: Service, pool: Pool) -> tuple[tuple[str, str], ...]:
    """Members that may be contacted, each with its condition (empty: always)."""
    order, size = sample(service, pool, scope.request), sample_size(service, pool)
    widened = ON_FAILURE.format(f"another {pool.name} server")
    spare = spare_members(service, pool)
    late = order[size : size + WIDEN]
    if scope.seeded or size >= len(order) - len(spare):
        return (*((m, "") for m in order[:size]), *((m, widened) for m in late))
    always = {e.member for e in service.endpoints if e.pool == pool.name and e.always}
    lots = f"{size - len(always)} of {len(order) - len(always) - len(spare)}"
    drawn = f"if drawn by lot ({lots} are), or {widened}"
    first = tuple(m for m in service.members(pool.name) if m not in spare)
    usual = ((m, "" if m in always else drawn) for m in first)
    return (*usual, *((m, widened) for m in late if m in spare))


@lru_cache(maxsize=64)
def _wanted(scope: Scope) -> tuple[tuple[Service, Endpoint, str], ...]:
    """Endpoints that may be contacted, those of extra pools left out, each with its condition."""
    return tuple(
        (service, endpoint, _on_its_usual_port(member) if endpoint.reserve else condition)
        for service in scope.services
        for pool in wanted_pools(service, scope.request)
        for member, condition in _members(scope, service, pool)
        for endpoint in endpoints_of(service, pool, member)
    )


def _on_its_usual_port(member: str) -> str:
    return ON_FAILURE.format(f"{member} on its usual port")


def endpoints(scope: Scope) -> list[tuple[Service, Endpoint]]:
    """Each of these endpoints."""
    return [(service, endpoint) for service, endpoint, _ in _wanted(scope)]


def at_endpoint(service: Service, endpoint: Endpoint, target: str, **more: Any) -> Place:
    """The endpoint, by its name or an address of it."""
    words = {"title": service.title, "pool": endpoint.pool, "member": endpoint.member}
    over = "websocket" if over_websocket(endpoint) else ""
    given = {"over": over, "check": endpoint.check, "options": endpoint.options, **more}
    return Place(target=target, subject=service.name, port=endpoint.port, words=words, **given)


def dialled(scope: Scope, endpoint: Endpoint) -> list[tuple[str, str]]:
    """The endpoint's name or the addresses of it that are dialled, each with its condition."""
    request = scope.request
    if endpoint.host is not None:
        return [(endpoint.host, "" if 4 in request.families else ON_SIX)]
    most = 1 if request.quick else 2
    four = [a for a in endpoint.addresses if ":" not in a and 4 in request.families][:most]
    six = [a for a in endpoint.addresses if ":" in a and 6 in request.families][:most]
    usual = 0 if request.quick else 1
    when = ["if IPv6 works" if n < usual else "if there is IPv6 alone" for n in range(len(six))]
    return [*((a, "") for a in four), *zip(six, when, strict=True)]


def baseline(scope: Scope) -> Iterator[Place]:
    """Each of them (kind "endpoint"), its name before it (kind "name") once a pool."""
    always = {(s.name, e.pool, e.host) for s, e, condition in _wanted(scope) if not condition}
    asked: set[tuple[str, str, str]] = set()
    for service, endpoint, condition in _wanted(scope):
        host = endpoint.host
        if host is not None and (key := (service.name, endpoint.pool, host)) not in asked:
            asked.add(key)
            late = "" if key in always else condition
            yield question(scope, SYSTEM, host, late, kind="name")
        for target, when in dialled(scope, endpoint):
            when = condition or when
            yield at_endpoint(service, endpoint, target, condition=when, kind="endpoint")


def extras(scope: Scope) -> list[Place]:
    """Each endpoint of the extra pools."""
    asked = [(s, e) for s in scope.services for e in extra_endpoints(s, scope.request)]
    return [at_endpoint(s, e, e.host or "") for s, e in asked]


def further_names(scope: Scope) -> Iterator[Place]:
    """Names of those, and of objects that are moved."""
    moved = moved_assets(scope.services, scope.controls, scope.request)
    names = [place.target for place in extras(scope)]
    for host in (*names, *(host for _, a in moved for host in asset_hosts(a))):
        yield question(scope, SYSTEM, host)


def source_names(scope: Scope) -> Iterator[Place]:
    """Names of neutral sources, where anything is moved."""
    if moved_assets(scope.services, scope.controls, scope.request):
        for source in all_sources(scope.controls, scope.request):
            yield question(scope, SYSTEM, source.host)


def streams(scope: Scope) -> list[tuple[Service, Endpoint]]:
    """Endpoints that open connections."""
    return [(s, e) for s, e in endpoints(scope) if not scope.traits.datagrams(e)]


def other_ports(scope: Scope) -> list[Place]:
    """Each of those on its own port and another one, once."""
    found: dict[tuple[str, int], Place] = {}
    for service, endpoint in streams(scope):
        other = endpoint.port if endpoint.reserve else 80 if endpoint.port != 80 else 443
        for target, _ in dialled(scope, endpoint):
            for port in sorted({endpoint.port, other}):
                check = "https" if port == 443 else "page"
                place = Place(target=target, subject=service.name, port=port, check=check)
                found.setdefault((target, port), place)
    return list(found.values())


def call_endpoints(scope: Scope) -> Iterator[Place]:
    """Each call server of the services; for lines about its other forms (kinds "classic", "tcp")
    and about trains of packets."""
    kinds = ("classic", "tcp") if scope.request.quick else ("classic", "tcp", "train")
    for service, endpoint in endpoints(scope):
        for target, _ in dialled(scope, endpoint) if endpoint.check == "stun" else ():
            for kind in kinds:
                way = "tcp" if kind == "tcp" else ""
                yield at_endpoint(service, endpoint, target, transport=way, options=(), kind=kind)


def names_elsewhere(scope: Scope) -> Iterator[Place]:
    """Each name at each other resolver, and at hosts that run no DNS."""
    asked = (scope.controls, scope.request)
    others = (*udp_resolvers(*asked), *tcp_resolvers(*asked), *all_encrypted(*asked))
    for host in dict.fromkeys(e.host for _, e in endpoints(scope)):
        if host is None:
            continue
        yield question(scope, DIRECT, host, FAILS)
        yield question(scope, STREAM, host, ON_DENIAL)
        for resolver in others:
            yield question(scope, resolver, host, FAILS)
        yield from silent(scope, host, FAILS)


def any_name_sites(scope: Scope) -> Iterator[Place]:
    """For each service that is called by a name, each neutral site that answers to any."""
    for service in scope.services:
        mine = [e for s, e in endpoints(scope) if s is service]
        if any(e.host and not scope.traits.sends_no_name(e) for e in mine):
            for site in foreign_sites(scope):
                if site.any_name:
                    words = {"title": service.title}
                    yield Place(target=site.host, subject=site.name, words=words)
