"""Round 0: is there a connection at all, and is it honest with neutral hosts?"""

from dataclasses import replace
from random import Random

from msgprobe.diagnosis.neutral import plan_big_hello, plan_foreign_names
from msgprobe.diagnosis.scene import PATIENCE, SMALL_SEGMENTS, Scene
from msgprobe.model.control import Controls, Sentinel, Site
from msgprobe.model.run import Request
from msgprobe.model.task import (
    Arm,
    Flow,
    Inspect,
    Lookup,
    Resolver,
    ResolverKind,
    Role,
    Task,
)
from msgprobe.verdict import addresses as ips

LOOK = "g.local"
SYSTEM = Resolver(kind=ResolverKind.SYSTEM, name="system")
DIRECT = Resolver(kind=ResolverKind.DIRECT, name="system")

SITES = 5
SENTINELS = 4
HOLE_HOSTS = 2

NO_RESOLVER = "d3.neutral.silent"
"""The question to a host without DNS, which is asked once however many want to know."""

LISTEN = 3.0
"""Seconds that an answer from nowhere is waited for."""

SMALL_SITES = 3
"""Neutral sites that are tried with small segments."""


def chosen_sites(controls: Controls, request: Request) -> tuple[Site, ...]:
    """Neutral sites abroad, one a network, those with known addresses first; then domestic ones."""
    by_network: dict[str, Site] = {}
    for site in sorted(controls.abroad, key=lambda s: not s.addresses):
        by_network.setdefault(site.network, site)
    abroad = list(by_network.values())[: SITES - 1 if request.quick else SITES]
    return (*abroad, *controls.domestic)


def chosen_sentinels(controls: Controls) -> tuple[Sentinel, ...]:
    """One sentinel an owner."""
    by_owner: dict[str, Sentinel] = {}
    for sentinel in controls.sentinels:
        by_owner.setdefault(sentinel.owner, sentinel)
    return tuple(by_owner.values())[:SENTINELS]


def udp_resolvers(controls: Controls, request: Request) -> tuple[Resolver, ...]:
    """Two public resolvers of different operators over plain UDP."""
    honest = [r for r in controls.resolvers if not r.filters]
    picks = []
    for r in honest[:2]:
        address = _literal(r.addresses, request)
        if address is not None:
            picks.append(Resolver(kind=ResolverKind.UDP, name=r.name, address=address))
    return tuple(picks)


def tcp_resolver(controls: Controls, request: Request) -> tuple[Resolver, ...]:
    """One public resolver over TCP."""
    return tuple(
        Resolver(kind=ResolverKind.TCP, name=r.name, address=r.address)
        for r in udp_resolvers(controls, request)[:1]
    )


def doh_resolvers(controls: Controls, request: Request) -> tuple[Resolver, ...]:
    """Two encrypted resolvers of different operators, dialled by known address."""
    picks = []
    for r in controls.resolvers:
        address = _literal(r.addresses, request)
        if r.filters or r.doh_host is None or address is None:
            continue
        picks.append(
            Resolver(
                kind=ResolverKind.DOH,
                name=r.name,
                address=address,
                port=443,
                host=r.doh_host,
                path=r.doh_path,
            )
        )
    return tuple(picks[:2])


def _literal(addresses: tuple[str, ...], request: Request) -> str | None:
    fit = [a for a in addresses if ips.family(a) in request.families]
    return next((a for a in fit if ":" not in a), fit[0] if fit else None)


def neutral_host(controls: Controls, request: Request) -> str | None:
    """The neutral name that resolvers are asked for."""
    sites = chosen_sites(controls, request)
    return sites[0].host if sites else None


def lookup(
    task_id: str, name: str, resolver: Resolver, arm: Arm, *, families: tuple[int, ...], why: str
) -> Task:
    """A neutral question, as a control task."""
    return Task(
        id=task_id,
        round=0,
        role=Role.CONTROL,
        arm=arm,
        check="resolve",
        subject=resolver.name,
        probe=Lookup(name=name, resolver=resolver, families=families),
        reason=why,
        timeout=PATIENCE,
    )


def plan_gate(scene: Scene) -> list[Task]:
    """Everything of round 0 that is wanted by now."""
    look = Task(
        id=LOOK,
        round=0,
        role=Role.CONTROL,
        arm=Arm.GATE,
        check="local",
        subject="this device",
        probe=Inspect(),
        reason="has this device a route, a resolver, a proxy?",
        timeout=2.0,
    )
    tasks = [look]
    local = scene.facts.local
    if scene.ended(LOOK) is None or (local is not None and not (local.route4 or local.route6)):
        return tasks
    tasks += _names(scene)
    tasks += _resolvers(scene)
    for site in chosen_sites(scene.controls, scene.request):
        tasks += _site(scene, site)
    for sentinel in chosen_sentinels(scene.controls):
        tasks += _sentinel(scene, sentinel)
    if scene.gate.open:
        return [*tasks, *plan_big_hello(scene), *_no_resolver(scene)]
    return [*tasks, *_small_segments(scene), *_holes(scene), *plan_foreign_names(scene)]


def _names(scene: Scene) -> list[Task]:
    hosts = [s.host for s in chosen_sites(scene.controls, scene.request)]
    hosts += [s.host for s in chosen_sentinels(scene.controls)]
    return [
        lookup(
            f"g.name.{host}",
            host,
            SYSTEM,
            Arm.GATE,
            families=scene.request.families,
            why="does this connection's resolver give neutral names?",
        )
        for host in dict.fromkeys(hosts)
    ]


def _resolvers(scene: Scene) -> list[Task]:
    host = neutral_host(scene.controls, scene.request)
    if host is None:
        return []
    others = [
        DIRECT,
        *udp_resolvers(scene.controls, scene.request),
        *doh_resolvers(scene.controls, scene.request),
    ]
    return [
        lookup(
            f"g.dns.{r.kind.value}.{r.name}",
            host,
            r,
            Arm.GATE,
            families=(4,),
            why="which resolvers answer for a neutral name?",
        )
        for r in others
    ]


def _site(scene: Scene, site: Site) -> list[Task]:
    known = [*site.addresses, *scene.facts.name(site.host).system_addresses]
    good = [a for a in known if scene.facts.usable(a) and not ips.is_bogon(a)]
    tasks = []
    four = next((a for a in good if ":" not in a), None)
    six = next((a for a in good if ":" in a), None)
    if four is not None:
        tasks += scene.tries(_site_task(scene, site, four, f"g.site.{site.name}"))
    if six is not None:
        base = _site_task(scene, site, six, f"g.site6.{site.name}")
        tasks += scene.tries(base) if four is None else [base]
    return tasks


def _site_task(scene: Scene, site: Site, address: str, task_id: str, mss: int = 0) -> Task:
    domestic = site.country is not None
    return Task(
        id=task_id,
        round=0,
        role=Role.CONTROL,
        arm=Arm.GATE,
        check="https",
        subject=site.name,
        probe=Flow(
            address=address,
            port=443,
            host=site.host,
            server_name=site.host,
            path=site.path,
            mss=mss,
            check_dates=not scene.gate.clock_wrong,
        ),
        reason=f"does a neutral site {'at home' if domestic else 'abroad'} answer?",
        timeout=scene.timeout(),
    )


def _sentinel(scene: Scene, sentinel: Sentinel) -> list[Task]:
    found = scene.facts.name(sentinel.host).system_addresses
    usable = [a for a in found if scene.facts.usable(a)]
    address = next((a for a in usable if ":" not in a), usable[0] if usable else None)
    if address is None:
        return []
    task = Task(
        id=f"g.sentinel.{sentinel.name}",
        round=0,
        role=Role.CONTROL,
        arm=Arm.GATE,
        check="page",
        subject=sentinel.name,
        probe=Flow(
            address=address,
            port=80,
            host=sentinel.host,
            trust=None,
            path=sentinel.path,
            expect_status=(sentinel.status,),
            expect_text=sentinel.body,
            options=(("exact", "yes"),),
        ),
        reason="does a page with a known answer come unchanged (captive portal)?",
        timeout=scene.timeout(),
    )
    return [task]


def _small_segments(scene: Scene) -> list[Task]:
    """Handshakes hang after TCP connects, for several neutral sites: try small segments."""
    tasks: list[Task] = []
    sites = chosen_sites(scene.controls, scene.request)
    tried = [s for s in sites if scene.started(f"g.small.{s.name}") is not None]
    if len(tried) >= SMALL_SITES:
        return []  # others that still hang would only make a dead line's run longer
    for site in sites:
        base = f"g.site.{site.name}"
        talk = scene.talk(base)
        hangs = talk is not None and talk.symptom == "tls.timeout"
        if not hangs and (talk is not None or base not in scene.moment.running):
            continue
        known = [*site.addresses, *scene.facts.name(site.host).system_addresses]
        address = next((a for a in known if scene.facts.usable(a) and ":" not in a), None)
        if address is None or site.country is not None:
            continue
        begun = scene.started(base) or 0.0
        if scene.moment.now < begun + 3.0:
            scene.wake(begun + 3.0)
            continue
        tasks.append(_site_task(scene, site, address, f"g.small.{site.name}", SMALL_SEGMENTS))
    return tasks[:SMALL_SITES]


def _holes(scene: Scene) -> list[Task]:
    """Every site is dead or hangs: do the ports that routers need still pass?"""
    sites = [s for s in chosen_sites(scene.controls, scene.request) if s.country is None]
    with_address = [s for s in sites if any(":" not in a for a in s.addresses)]
    waiting = [s for s in with_address if not scene.dead(f"g.site.{s.name}")]
    if not with_address or waiting or scene.gate.networks(scene.gate.abroad):
        return []
    rng = Random(scene.request.seed)
    tasks = []
    for site in with_address[:HOLE_HOSTS]:
        address = next(a for a in site.addresses if ":" not in a)
        tasks.append(_echo(site, address))
        ports = list(scene.controls.holes)
        rng.shuffle(ports)
        tasks += [
            Task(
                id=f"g.hole.{site.name}.{port}",
                round=0,
                role=Role.CONTROL,
                arm=Arm.HOLE,
                check="connect",
                subject=site.name,
                probe=Flow(address=address, port=port, trust=None),
                changes="port",
                reason="everything is dead: does a port that routers need still pass?",
                timeout=PATIENCE,
            )
            for port in ports
        ]
    return tasks


def _no_resolver(scene: Scene) -> list[Task]:
    """One question to a host that runs no DNS: an answer shows that the network takes them all."""
    host = neutral_host(scene.controls, scene.request)
    if scene.request.quick or scene.lean or host is None or not scene.facts.usable("192.0.2.1"):
        return []
    asked = [
        lookup(
            NO_RESOLVER,
            host,
            Resolver(kind=ResolverKind.UDP, name="no resolver", address=address),
            Arm.NON_RESOLVER,
            families=(4,),
            why="does somebody answer all questions, whomever they are for?",
        )
        for address in scene.controls.silent[:1]
    ]
    return [replace(t, timeout=LISTEN) for t in asked]


def _echo(site: Site, address: str) -> Task:
    return Task(
        id=f"g.hole.{site.name}.icmp",
        round=0,
        role=Role.CONTROL,
        arm=Arm.HOLE,
        check="ping",
        subject=site.name,
        probe=Flow(address=address, port=0, trust=None),
        changes="protocol: ICMP",
        reason="everything is dead: does an ICMP echo still pass?",
        timeout=PATIENCE,
    )
