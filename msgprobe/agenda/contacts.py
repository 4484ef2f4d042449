"""Everything that a run may contact, said beforehand: the text behind ``msgprobe plan``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from msgprobe.evidence.facts import TRIES
from msgprobe.hypotheses.calls.contacts import call_diagnosis, neutral_call_hosts, neutral_calls
from msgprobe.hypotheses.connection.contacts import UNLESS_SLOW, state_contacts
from msgprobe.hypotheses.quic.contacts import quic_contacts
from msgprobe.hypotheses.second_vantage.contacts import proxy_contacts, second_contacts
from msgprobe.hypotheses.throttling.contacts import transfer_contacts, transfer_hosts
from msgprobe.hypotheses.tls_fingerprint.plan import hello_contacts, neutral_hello_contacts
from msgprobe.model.contact import Contact
from msgprobe.model.control import Controls
from msgprobe.model.run import Request
from msgprobe.model.target import Endpoint, Pool, Service
from msgprobe.model.task import (
    Resolver,
    ResolverKind,
)
from msgprobe.model.traits import KnownTraits, Traits, over_websocket
from msgprobe.planning.baseline import (
    endpoints_of,
    sample,
    sample_size,
    spare_members,
    wanted_pools,
)
from msgprobe.planning.contact_lines import at_site
from msgprobe.planning.controls import asks_home, chosen_sentinels, chosen_sites, neutral_host
from msgprobe.planning.costs import Costs, MaxBytes
from msgprobe.planning.public_resolvers import (
    all_encrypted,
    doh_resolvers,
    tcp_resolvers,
    udp_resolvers,
    without_dns,
)
from msgprobe.planning.timetable import ENCRYPTED, HOLE_HOSTS, WIDEN

YOUR_RESOLVER = "your resolver"
"""How the plan names the resolver that this machine is configured to use."""

ADDRESSES = 3
"""Addresses of one name that may be dialled at most, in one experiment."""

ON_FAILURE = "if {} fails or hangs"
ON_SHUT = "if no neutral site answers"
ON_NOTHING_ABROAD = "if nothing abroad answers"
ON_ANSWER = "if another host that runs no DNS answers"
ON_DENIAL = "if it is a public one and denies the name"
ON_SPARE = "if another encrypted resolver fails"
ON_SIX = "if the name has an IPv6 address"


def contacts(
    services: Sequence[Service],
    controls: Controls,
    request: Request,
    max_bytes: Mapping[str, MaxBytes],
    traits: KnownTraits,
    *,
    seeded: bool = True,
) -> tuple[Contact, ...]:
    """Every line of the plan, round by round.

    With ``seeded`` the samples are those that ``request.seed`` draws; without it the seed of the
    run is not known yet, and every member that may be drawn is listed.
    """
    costs = Costs(max_bytes, traits)
    lines = [*_gate(controls, request, costs), *state_contacts(controls, request, costs.flow)]
    for service in services:
        for pool in wanted_pools(service, request):
            lines += _pool(service, pool, request, costs, seeded)
    system = Resolver(kind=ResolverKind.SYSTEM, name="system")
    asked = {line.asks for line in lines if not line.condition}
    extras = tuple(quic_contacts(services, controls, request, costs.flow))
    own = {service.name for service in services}
    quic = [line.target for line in extras if line.subject in own]
    moved = [host for _, host in transfer_hosts(services, controls, request)]
    for host in (*quic, *moved):
        if host in asked:
            continue
        asked.add(host)
        lines.append(_question(YOUR_RESOLVER, system, host, request, costs, "resolve", 1))
    lines += extras
    for _, host, always in neutral_call_hosts(services, controls, request):
        when = "" if always else "if a service's call server does not answer"
        lines.append(_question(YOUR_RESOLVER, system, host, request, costs, "resolve", 1, when))
    lines += neutral_calls(services, controls, request, costs.stun)
    lines += transfer_contacts(services, controls, request, seeded=seeded)
    for service in services:
        lines += _diagnosis(service, controls, request, costs, seeded)
    lines += [*proxy_contacts(controls, request, costs), *_again(controls, request, costs)]
    return tuple(replace(line, usual_bytes=_usual(line, traits)) for line in lines)


def _usual(line: Contact, traits: KnownTraits) -> int:
    """What one conversation of the line costs with an honest server."""
    own = traits.of(line.check)
    if own.moves:
        return line.max_bytes
    return min(line.max_bytes, Traits().usual_bytes if line.over else own.usual_bytes)


def _gate(controls: Controls, request: Request, costs: Costs) -> Iterator[Contact]:
    system = Resolver(kind=ResolverKind.SYSTEM, name="system")
    sites, sentinels = chosen_sites(controls, request), chosen_sentinels(controls)
    late = {s.host for s in sites if s.country is not None and not asks_home(request)}
    hosts = dict.fromkeys([*(s.host for s in sites), *(s.host for s in sentinels)])
    for host in hosts:
        when = ON_NOTHING_ABROAD if host in late else ""
        yield _question(YOUR_RESOLVER, system, host, request, costs, "resolve", 0, when)
    for site in sites:
        fits = 4 in request.families or _six(site.addresses)
        yield at_site(
            site,
            0,
            "https",
            ON_NOTHING_ABROAD if site.host in late else "" if fits else ON_SIX,
            f"neutral site ({site.owner}), IPv6 too where there is any",
            2 * TRIES * costs.flow("https", site.host, 443),
        )
    for sentinel in sentinels:
        yield Contact(
            target=sentinel.host,
            port=80,
            transport="tcp",
            round=0,
            subject=sentinel.name,
            check="page",
            condition="" if 4 in request.families else ON_SIX,
            reason=f"captive-portal page of {sentinel.owner}",
            max_bytes=costs.flow("page", sentinel.host, 80),
        )
    neutral = neutral_host(controls, request)
    if neutral is not None:
        direct = Resolver(kind=ResolverKind.DIRECT, name="system")
        yield _question(YOUR_RESOLVER, direct, neutral, request, costs, "resolve", 0)
        for resolver in (*udp_resolvers(controls, request), *doh_resolvers(controls, request)):
            yield _question(None, resolver, neutral, request, costs, "resolve", 0)
        for resolver in all_encrypted(controls, request)[ENCRYPTED:]:
            yield _question(None, resolver, neutral, request, costs, "resolve", 0, ON_SPARE)
    yield from _holes(controls, request, costs)
    dying = "if greetings of our shape die at every neutral site"
    yield from neutral_hello_contacts(controls, request, costs, dying)


def _six(addresses: Sequence[str]) -> bool:
    return any(":" in a for a in addresses)


def _holes(controls: Controls, request: Request, costs: Costs) -> Iterator[Contact]:
    sites = [s for s in chosen_sites(controls, request) if s.country is None]
    known = [s for s in sites if any(":" not in a for a in s.addresses)]
    for site in known[:HOLE_HOSTS]:
        for port in controls.holes:
            yield at_site(
                site,
                0,
                "connect",
                ON_SHUT,
                "does a port that routers need still pass?",
                costs.flow("connect", site.host, port),
                port=port,
            )
    for site in sites:
        yield at_site(
            site,
            0,
            "https",
            "if handshakes with neutral sites hang",
            "once more with small segments (MTU black hole)",
            costs.flow("https", site.host, 443),
        )


def _question(
    target: str | None,
    resolver: Resolver,
    name: str,
    request: Request,
    costs: Costs,
    check: str,
    number: int,
    condition: str = "",
) -> Contact:
    doh = resolver.kind is ResolverKind.DOH
    udp = resolver.kind in (ResolverKind.SYSTEM, ResolverKind.DIRECT, ResolverKind.UDP)
    return Contact(
        target=target or resolver.address or "",
        port=443 if doh else 53,
        transport="udp" if udp else "tcp",
        round=number,
        subject=resolver.name,
        check=check,
        condition=condition,
        reason=f"resolve over {'DoH' if doh else resolver.kind.value}",
        asks=name,
        max_bytes=costs.lookup(name, resolver, request.families),
    )


def _members(
    service: Service, pool: Pool, request: Request, seeded: bool
) -> tuple[tuple[str, str], ...]:
    """Members that may be contacted, each with its condition (empty: always)."""
    order, size = sample(service, pool, request), sample_size(service, pool)
    widened = ON_FAILURE.format(f"another {pool.name} server")
    spare = spare_members(service, pool)
    late = order[size : size + WIDEN]
    if seeded or size >= len(order) - len(spare):
        return (*((m, "") for m in order[:size]), *((m, widened) for m in late))
    always = {e.member for e in service.endpoints if e.pool == pool.name and e.always}
    lots = f"{size - len(always)} of {len(order) - len(always) - len(spare)}"
    drawn = f"if drawn by lot ({lots} are), or {widened}"
    first = tuple(m for m in service.members(pool.name) if m not in spare)
    usual = ((m, "" if m in always else drawn) for m in first)
    return (*usual, *((m, widened) for m in late if m in spare))


def _wanted(
    service: Service, pool: Pool, request: Request, seeded: bool
) -> list[tuple[Endpoint, str]]:
    """Endpoints of a pool that may be contacted, each with its condition."""
    return [
        (e, ON_FAILURE.format(f"{member} on its usual port") if e.reserve else condition)
        for member, condition in _members(service, pool, request, seeded)
        for e in endpoints_of(service, pool, member)
    ]


def _pool(
    service: Service, pool: Pool, request: Request, costs: Costs, seeded: bool
) -> Iterator[Contact]:
    wanted = _wanted(service, pool, request, seeded)
    system = Resolver(kind=ResolverKind.SYSTEM, name="system")
    always = {e.host for e, condition in wanted if not condition}
    asked: set[str] = set()
    for endpoint, condition in wanted:
        host = endpoint.host
        if host is not None and host not in asked:
            asked.add(host)
            late = "" if host in always else condition
            yield _question(YOUR_RESOLVER, system, host, request, costs, "resolve", 1, late)
        yield from _endpoint(service, endpoint, condition, request, costs)


def _dialled(endpoint: Endpoint, request: Request) -> list[tuple[str, str]]:
    """The endpoint's name or the addresses of it that are dialled, each with its condition."""
    if endpoint.host is not None:
        return [(endpoint.host, "" if 4 in request.families else ON_SIX)]
    most = 1 if request.quick else 2
    four = [a for a in endpoint.addresses if ":" not in a and 4 in request.families][:most]
    six = [a for a in endpoint.addresses if ":" in a and 6 in request.families][:most]
    usual = 0 if request.quick else 1
    when = ["if IPv6 works" if n < usual else "if there is IPv6 alone" for n in range(len(six))]
    return [*((a, "") for a in four), *zip(six, when, strict=True)]


def _endpoint(
    service: Service, endpoint: Endpoint, condition: str, request: Request, costs: Costs
) -> Iterator[Contact]:
    for target, family_condition in _dialled(endpoint, request):
        yield Contact(
            target=target,
            port=endpoint.port,
            transport=costs.traits.of(endpoint.check).transport.value,
            round=1,
            subject=service.name,
            check=endpoint.check,
            condition=condition or family_condition,
            reason=f"{service.title}: {endpoint.pool} {endpoint.member}",
            over="websocket" if over_websocket(endpoint) else "",
            max_bytes=TRIES
            * ADDRESSES
            * costs.flow(endpoint.check, target, endpoint.port, endpoint.options),
        )


def _diagnosis(
    service: Service, controls: Controls, request: Request, costs: Costs, seeded: bool
) -> Iterator[Contact]:
    """Round 2: the same hosts on other ports, other resolvers, neutral servers with the names."""
    pools = wanted_pools(service, request)
    endpoints = [e for p in pools for e, _ in _wanted(service, p, request, seeded)]
    condition = ON_FAILURE.format("it")
    for endpoint in (e for e in endpoints if e.check == "stun"):
        for target, _ in _dialled(endpoint, request):
            yield from call_diagnosis(service, endpoint, target, request, costs.stun, condition)
    spoken = [e for e in endpoints if not costs.traits.datagrams(e)]
    yield from _otherwise(service, spoken, request, costs, condition)
    yield from hello_contacts(service, spoken, costs, condition)
    yield from second_contacts(service, spoken, request, costs)
    hosts = dict.fromkeys(e.host for e in endpoints if e.host is not None)
    for host in hosts:
        yield from _asked_elsewhere(host, controls, request, costs, condition)
    if service.beacon is not None:
        for resolver in all_encrypted(controls, request):
            beacon = service.beacon.host
            yield _question(None, resolver, beacon, request, costs, "resolve", 2, condition)
    named = any(e.host and not costs.traits.sends_no_name(e) for e in endpoints)
    for site in chosen_sites(controls, request) if named else ():
        if site.any_name and site.country is None:
            yield at_site(
                site,
                2,
                "https",
                condition,
                f"{service.title}'s name at a neutral server: does the fault follow it?",
                TRIES
                * 4
                * (costs.flow("tls", site.host, 443) + costs.flow("https", site.host, 443)),
            )


def _otherwise(
    service: Service,
    endpoints: Sequence[Endpoint],
    request: Request,
    costs: Costs,
    condition: str,
) -> Iterator[Contact]:
    """The same hosts on other ports, with other words and names."""
    seen: set[tuple[str, int]] = set()
    for endpoint in endpoints:
        other = 80 if endpoint.port != 80 else 443
        for target, _ in _dialled(endpoint, request):
            for port in sorted({endpoint.port, endpoint.port if endpoint.reserve else other}):
                if (target, port) in seen:
                    continue
                seen.add((target, port))
                yield Contact(
                    target=target,
                    port=port,
                    transport="tcp",
                    round=2,
                    subject=service.name,
                    check="https" if port == 443 else "page",
                    condition=condition,
                    reason="other address, port, payload or server name; is there a block page?",
                    max_bytes=TRIES
                    * 4
                    * (costs.flow("tls", target, port) + costs.flow("https", target, port)),
                )


def _asked_elsewhere(
    host: str, controls: Controls, request: Request, costs: Costs, condition: str
) -> Iterator[Contact]:
    direct = Resolver(kind=ResolverKind.DIRECT, name="system")
    yield _question(YOUR_RESOLVER, direct, host, request, costs, "resolve", 2, condition)
    stream = Resolver(kind=ResolverKind.TCP, name="system")
    yield _question(YOUR_RESOLVER, stream, host, request, costs, "resolve", 2, ON_DENIAL)
    others = (
        *udp_resolvers(controls, request),
        *tcp_resolvers(controls, request),
        *all_encrypted(controls, request),
    )
    for resolver in others:
        yield _question(None, resolver, host, request, costs, "resolve", 2, condition)
    for number, silent in enumerate(without_dns(controls)):
        when = ON_ANSWER if number else condition
        yield _question(None, silent, host, request, costs, "resolve", 2, when)


def _again(controls: Controls, request: Request, costs: Costs) -> Iterator[Contact]:
    condition = "if a service fails"
    for site in chosen_sites(controls, request):
        if site.country is None:
            yield at_site(
                site,
                2,
                "tls",
                condition,
                "the neutral site once more",
                TRIES * costs.flow("tls", site.host, 443),
            )
    system = Resolver(kind=ResolverKind.SYSTEM, name="system")
    if controls.advert_host is not None:
        yield _question(
            YOUR_RESOLVER, system, controls.advert_host, request, costs, "resolve", 2, condition
        )
    neutral = neutral_host(controls, request)
    if neutral is not None:
        direct = Resolver(kind=ResolverKind.DIRECT, name="system")
        yield _question(YOUR_RESOLVER, direct, neutral, request, costs, "resolve", 2, condition)
        condition = condition if request.quick else UNLESS_SLOW
        for number, silent in enumerate(without_dns(controls)):
            when = ON_ANSWER if number else condition
            yield _question(None, silent, neutral, request, costs, "resolve", 2, when)
