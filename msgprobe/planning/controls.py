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
from msgprobe.planning.context import SMALL_SEGMENTS, PlanningContext
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


def neutral_names(context: PlanningContext) -> list[str]:
    """Names of neutral sites abroad that servers may be shown: of those that answer under them, for
    whose own name dies may be a target itself. Never a domestic one: it may be favoured."""
    abroad = [s for s in chosen_sites(context.controls, context.request) if s.country is None]
    good = [s for s in abroad if context.good(f"g.site.{s.name}")]
    return [s.host for s in (good if len(good) >= NEUTRAL_NAMES else abroad)]


def neutral_name(context: PlanningContext) -> str:
    """The neutral name that servers are shown first."""
    return next(iter(neutral_names(context)), "example.com")


def foreign_name(context: PlanningContext, server: Site) -> str:
    """A neutral name that ``server`` does not own: one that turns all foreign names away by itself
    must not look like a censor."""
    return [server.host, *(n for n in neutral_names(context) if n != server.host)][-1]


def nothing_abroad(context: PlanningContext) -> bool:
    """Every neutral site abroad that could be dialled is dead or hangs."""
    sites = [s for s in chosen_sites(context.controls, context.request) if s.country is None]
    begun = [i for s in sites if context.started(i := f"g.site.{s.name}") is not None]
    return bool(begun) and all(context.dead(i) for i in begun)


def asks_home(request: Request) -> bool:
    """Domestic sites are asked at once: the user named the country. Those of a guess wait until
    nothing abroad answers."""
    return request.country is not None


def asked_sites(context: PlanningContext) -> tuple[Site, ...]:
    """The sites that are asked by now."""
    sites = chosen_sites(context.controls, context.request)
    if asks_home(context.request) or nothing_abroad(context):
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


def plan_gate(context: PlanningContext) -> list[Task]:
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
    local = context.facts.local
    if context.ended(LOOK) is None or (local is not None and not (local.route4 or local.route6)):
        return tasks
    tasks += _names(context)
    tasks += _resolvers(context)
    for site in asked_sites(context):
        tasks += _site(context, site)
    for sentinel in chosen_sentinels(context.controls):
        tasks += _sentinel(context, sentinel)
    if context.connection.open:
        return [*tasks, *plan_big_hello(context), *_no_resolver(context)]
    return [*tasks, *_small_segments(context), *_holes(context), *plan_foreign_names(context)]


def _names(context: PlanningContext) -> list[Task]:
    hosts = [s.host for s in asked_sites(context)]
    hosts += [s.host for s in chosen_sentinels(context.controls)]
    return [
        lookup(
            f"g.name.{host}",
            host,
            SYSTEM,
            Arm.GATE,
            families=context.request.families,
            why="does this connection's resolver give neutral names?",
        )
        for host in dict.fromkeys(hosts)
    ]


def _resolvers(context: PlanningContext) -> list[Task]:
    host = neutral_host(context.controls, context.request)
    if host is None:
        return []
    encrypted = {r.name: r for r in doh_resolvers(context.controls, context.request)}
    encrypted |= {r.name: r for r in living_encrypted(context)}
    others = [DIRECT, *udp_resolvers(context.controls, context.request), *encrypted.values()]
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


def _site(context: PlanningContext, site: Site) -> list[Task]:
    known = [*site.addresses, *context.facts.name(site.host).system_addresses]
    good = [a for a in known if context.facts.usable(a) and not ips.is_bogon(a)]
    tasks = []
    four = next((a for a in good if ":" not in a), None)
    six = next((a for a in good if ":" in a), None)
    if four is not None:
        tasks += context.tries(_site_task(context, site, four, f"g.site.{site.name}"))
    if six is not None:
        base = _site_task(context, site, six, f"g.site6.{site.name}")
        tasks += context.tries(base) if four is None else [base]
    return tasks


def _site_task(
    context: PlanningContext, site: Site, address: str, task_id: str, mss: int = 0
) -> Task:
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
            check_dates=not context.connection.clock_wrong,
        ),
        reason=f"does a neutral site {'at home' if domestic else 'abroad'} answer?",
        timeout=context.timeout(),
    )


def _sentinel(context: PlanningContext, sentinel: Sentinel) -> list[Task]:
    found = context.facts.name(sentinel.host).system_addresses
    usable = [a for a in found if context.facts.usable(a)]
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
        timeout=context.timeout(),
    )
    return [task]


def _small_segments(context: PlanningContext) -> list[Task]:
    """Handshakes hang after TCP connects, for several neutral sites: try small segments."""
    tasks: list[Task] = []
    sites = chosen_sites(context.controls, context.request)
    tried = [s for s in sites if context.started(f"g.small.{s.name}") is not None]
    if len(tried) >= SMALL_SITES:
        return []  # others that still hang would only make a dead line's run longer
    for site in sites:
        base = f"g.site.{site.name}"
        talk = context.talk(base)
        hangs = talk is not None and talk.symptom == "tls.timeout"
        if not hangs and (talk is not None or base not in context.moment.running):
            continue
        known = [*site.addresses, *context.facts.name(site.host).system_addresses]
        address = next((a for a in known if context.facts.usable(a) and ":" not in a), None)
        if address is None or site.country is not None:
            continue
        begun = context.started(base) or 0.0
        if context.moment.now < begun + SPACING:
            context.wake(begun + SPACING)
            continue
        tasks.append(_site_task(context, site, address, f"g.small.{site.name}", SMALL_SEGMENTS))
    return tasks[:SMALL_SITES]


def _holes(context: PlanningContext) -> list[Task]:
    """Every site is dead or hangs: do the ports that routers need still pass?"""
    sites = [s for s in chosen_sites(context.controls, context.request) if s.country is None]
    with_address = [s for s in sites if any(":" not in a for a in s.addresses)]
    waiting = [s for s in with_address if not context.dead(f"g.site.{s.name}")]
    if not with_address or waiting or context.connection.networks(context.connection.abroad):
        return []
    rng = Random(context.request.seed)
    tasks = []
    for site in with_address[:HOLE_HOSTS]:
        address = next(a for a in site.addresses if ":" not in a)
        tasks.append(_echo(site, address))
        ports = list(context.controls.holes)
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


def _no_resolver(context: PlanningContext) -> list[Task]:
    """One question to a host that runs no DNS: an answer shows that the network takes them all."""
    host = neutral_host(context.controls, context.request)
    if (
        context.request.quick
        or context.sparing
        or host is None
        or not context.facts.usable("192.0.2.1")
    ):
        return []
    return neutral_silence(context, host)


def neutral_silence(context: PlanningContext, host: str) -> list[Task]:
    """The question for the neutral ``host`` to hosts without DNS: the second where the first
    answers."""
    tasks: list[Task] = []
    for resolver in without_dns(context.controls):
        if tasks and not answered_dns(context, tasks[-1].id):
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
