"""Round 0: is there a connection at all, and is it honest with neutral hosts?"""

from dataclasses import replace
from random import Random

from msgprobe.evidence import addresses as ips
from msgprobe.model.control import Controls, Sentinel, Site
from msgprobe.model.run import Request
from msgprobe.model.task import (
    Arm,
    Flow,
    Inspect,
    Lookup,
    Resolver,
    Role,
    Task,
)
from msgprobe.planning.context import SMALL_SEGMENTS, Scene
from msgprobe.planning.control_variants import plan_big_hello, plan_foreign_names
from msgprobe.planning.public_resolvers import (
    DIRECT,
    SYSTEM,
    answered_dns,
    doh_resolvers,
    gate_question,
    living_encrypted,
    udp_resolvers,
    without_dns,
)
from msgprobe.planning.timetable import (
    HOLE_HOSTS,
    LISTEN,
    NEUTRAL_NAMES,
    PATIENCE,
    SENTINELS,
    SITES,
    SMALL_SITES,
    SPACING,
)

LOOK = "g.local"

NO_RESOLVER = "d3.neutral.silent"
"""The question to a host without DNS, which is asked once however many want to know."""


def chosen_sites(controls: Controls, request: Request) -> tuple[Site, ...]:
    """Neutral sites abroad, one a network, in the catalogue's order; then domestic ones."""
    by_network: dict[str, Site] = {}
    for site in controls.abroad:
        by_network.setdefault(site.network, site)
    abroad = list(by_network.values())[: SITES - 1 if request.quick else SITES]
    return (*abroad, *controls.domestic)


def chosen_sentinels(controls: Controls) -> tuple[Sentinel, ...]:
    """One sentinel an owner."""
    by_owner: dict[str, Sentinel] = {}
    for sentinel in controls.sentinels:
        by_owner.setdefault(sentinel.owner, sentinel)
    return tuple(by_owner.values())[:SENTINELS]


def neutral_host(controls: Controls, request: Request) -> str | None:
    """The neutral name that resolvers are asked for."""
    sites = chosen_sites(controls, request)
    return sites[0].host if sites else None


def neutral_names(scene: Scene) -> list[str]:
    """Names of neutral sites abroad that servers may be shown: of those that answer under them, for
    whose own name dies may be a target itself. Never a domestic one: it may be favoured."""
    abroad = [s for s in chosen_sites(scene.controls, scene.request) if s.country is None]
    good = [s for s in abroad if scene.good(f"g.site.{s.name}")]
    return [s.host for s in (good if len(good) >= NEUTRAL_NAMES else abroad)]


def neutral_name(scene: Scene) -> str:
    """The neutral name that servers are shown first."""
    return next(iter(neutral_names(scene)), "example.com")


def foreign_name(scene: Scene, server: Site) -> str:
    """A neutral name that ``server`` does not own: one that turns all foreign names away by itself
    must not look like a censor."""
    return [server.host, *(n for n in neutral_names(scene) if n != server.host)][-1]


def nothing_abroad(scene: Scene) -> bool:
    """Every neutral site abroad that could be dialled is dead or hangs."""
    sites = [s for s in chosen_sites(scene.controls, scene.request) if s.country is None]
    begun = [i for s in sites if scene.started(i := f"g.site.{s.name}") is not None]
    return bool(begun) and all(scene.dead(i) for i in begun)


def asks_home(request: Request) -> bool:
    """Domestic sites are asked at once: the user named the country. Those of a guess wait until
    nothing abroad answers."""
    return request.country is not None


def asked_sites(scene: Scene) -> tuple[Site, ...]:
    """The sites that are asked by now."""
    sites = chosen_sites(scene.controls, scene.request)
    if asks_home(scene.request) or nothing_abroad(scene):
        return sites
    return tuple(s for s in sites if s.country is None)


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
    for site in asked_sites(scene):
        tasks += _site(scene, site)
    for sentinel in chosen_sentinels(scene.controls):
        tasks += _sentinel(scene, sentinel)
    if scene.gate.open:
        return [*tasks, *plan_big_hello(scene), *_no_resolver(scene)]
    return [*tasks, *_small_segments(scene), *_holes(scene), *plan_foreign_names(scene)]


def _names(scene: Scene) -> list[Task]:
    hosts = [s.host for s in asked_sites(scene)]
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
    encrypted = {r.name: r for r in doh_resolvers(scene.controls, scene.request)}
    encrypted |= {r.name: r for r in living_encrypted(scene)}
    others = [DIRECT, *udp_resolvers(scene.controls, scene.request), *encrypted.values()]
    return [
        lookup(
            gate_question(r),
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
        if scene.moment.now < begun + SPACING:
            scene.wake(begun + SPACING)
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
    return neutral_silence(scene, host)


def neutral_silence(scene: Scene, host: str) -> list[Task]:
    """The question for the neutral ``host`` to hosts without DNS: the second where the first
    answers."""
    tasks: list[Task] = []
    for resolver in without_dns(scene.controls):
        if tasks and not answered_dns(scene, tasks[-1].id):
            break
        asked = lookup(
            f"{NO_RESOLVER}.{len(tasks) + 1}" if tasks else NO_RESOLVER,
            host,
            resolver,
            Arm.NON_RESOLVER,
            families=(4,),
            why="does somebody answer all questions, whomever they are for?",
        )
        tasks.append(replace(asked, timeout=LISTEN))
    return tasks


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
