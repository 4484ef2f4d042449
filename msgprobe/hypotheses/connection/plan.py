"""Round 0: is there a connection at all, and is it honest with neutral hosts?"""

from collections.abc import Sequence
from functools import partial

from msgprobe.evidence.controls import unknown_signers
from msgprobe.evidence.facts import TRIES
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.resigning import OWNERS
from msgprobe.hypotheses.connection.plan_dead import plan_foreign_names, plan_holes
from msgprobe.model.control import Sentinel, Site
from msgprobe.model.cost import HTTPS, LOCAL, MODERN, PAGE, PING, PORT, RESOLVE, TLS
from msgprobe.model.task import Arm, Flow, Inspect, Task
from msgprobe.planning import places as at
from msgprobe.planning.context import SMALL_SEGMENTS, PlanningContext
from msgprobe.planning.controls import (
    asks_home,
    chosen_sentinels,
    chosen_sites,
    foreign_sites,
    neutral_host,
    neutral_silence,
    nothing_abroad,
    page_address,
    reached_sites,
    spare_sites,
    usual_views,
)
from msgprobe.planning.experiment import Experiment, Line, Part
from msgprobe.planning.public_resolvers import (
    DIRECT,
    SYSTEM,
    doh_resolvers,
    first_question,
    living_encrypted,
    udp_resolvers,
)
from msgprobe.planning.purpose import Purpose, question
from msgprobe.planning.shared_experiments import ANY_NAME, MODERN_HELLO, OTHER_HELLO
from msgprobe.planning.timetable import (
    BESIDE_MODERN,
    BIG_HELLOS,
    MONITOR_MOST,
    PATIENCE,
    SHAPED_SITES,
    SMALL_SITES,
)

LOOK = "g.local"

"""Options of a ClientHello in two segments."""

_connection = partial(Line, Part.CONNECTION)
_state = partial(Line, Part.STATES)

_OWNER = "neutral site ({owner}), IPv6 too where there is any"
_SHAPED = f"once more with another program's ClientHello ({SHAPED_SITES} of these at most)"
_SMALL = "once more with small segments (MTU black hole)"
_CONNECTION = (
    _connection(at.neutral_names, 0),
    _connection(at.every_site, 0, "https", 2 * TRIES, _OWNER),
    _connection(at.sentinels, 0, "page", 1, "captive-portal page of {owner}"),
    _connection(at.resolvers, 0),
    _state(at.abroad, 0, "https", 1, _SMALL, at.ON_HANGING),
    _state(at.abroad, 0, "https", 1, _SHAPED, at.ON_DYING, options=OTHER_HELLO),
    Line(Part.NAMES, at.source_names, 1, unless_asked=True),
)
_BIG_PASS = "do ClientHellos as modern clients send them pass here?"
_BIG = _state(at.big_hello_at, 0, "http2", 3, _BIG_PASS, options=MODERN_HELLO)
_GOES = "does the connection come and go?"
_LOOKS = _state(at.abroad, 2, "tls", MONITOR_MOST, _GOES, at.ON_SILENCE)
_ABROAD = "does a domestic server answer when a foreign name is asked for?"
_NAMES = "does its address answer to another neutral name, or to a domestic one?"
_RENAMED = (
    _state(at.at_home, 0, "tls", 2, _ABROAD, at.ON_NOTHING_ABROAD),
    _state(at.abroad, 0, "tls", 2, _NAMES, at.ON_TARGETED),
    ANY_NAME,
)
_PORT = "does a port that routers need still pass?"
_SHUT = (
    Line(Part.HOLES, at.holes, 0, "connect", 1, _PORT, at.ON_SHUT),
    _state(at.echoes, 0, "ping", 1, "does an ICMP echo still pass?", at.ON_SHUT),
)
_AGAIN = Line(Part.LAST, at.abroad, 2, "tls", TRIES, "the neutral site once more", at.ON_SERVICE)

EXPERIMENTS = (
    Experiment(Arm.CONNECTION, (HTTPS, PAGE, RESOLVE, LOCAL), None, _CONNECTION),
    Experiment(Arm.BIG_HELLO, MODERN, None, (_BIG,)),
    Experiment(Arm.MONITOR, (TLS,), None, (_LOOKS,)),
    Experiment(Arm.NEUTRAL_SNI_ELSEWHERE, (TLS, HTTPS), None, _RENAMED),
    Experiment(Arm.HOLE, (PORT, PING), None, _SHUT),
    Experiment(Arm.AGAIN, (TLS,), None, (_AGAIN,)),
)

_DEVICE = Purpose(Arm.CONNECTION, "local", "has this device a route, a resolver, a proxy?", 0)
_NAME = question(Arm.CONNECTION, "does this connection's resolver give neutral names?")
_RESOLVER = question(Arm.CONNECTION, "which resolvers answer for a neutral name?")
_SITE = Purpose(Arm.CONNECTION, "https", "does a neutral site abroad answer?", 0)
_HOME = Purpose(Arm.CONNECTION, "https", "does a neutral site at home answer?", 0)
_PORTAL = "does a page with a known answer come unchanged (captive portal)?"
_SENTINEL = Purpose(Arm.CONNECTION, "page", _PORTAL, 0)
_BIGGER = Purpose(Arm.BIG_HELLO, "http2", _BIG_PASS, 0, "ClientHello: two segments, with HTTP/2")


def plan_connection(context: PlanningContext) -> list[Task]:
    """Everything of round 0 that is wanted by now."""
    tasks = [_DEVICE.task(LOOK, "this device", Inspect(), 2.0)]
    local = context.facts.local
    if context.ended(LOOK) is None or (local is not None and not (local.route4 or local.route6)):
        return tasks
    tasks += _names(context)
    tasks += _resolvers(context)
    for site in _asked_sites(context):
        tasks += _site(context, site)
    for sentinel in chosen_sentinels(context.controls):
        tasks += _sentinel(context, sentinel)
    if context.connection.open:
        return [*tasks, *_big_hello(context), *_no_resolver(context)]
    return [*tasks, *_small_segments(context), *plan_holes(context), *plan_foreign_names(context)]


def _asked_sites(context: PlanningContext) -> tuple[Site, ...]:
    """The sites that are asked by now."""
    sites = chosen_sites(context.controls, context.request)
    if not asks_home(context.request) and not nothing_abroad(context):
        sites = tuple(s for s in sites if s.country is None)
    return (*sites, *spare_sites(context.controls, context.request)) if _strange(context) else sites


def _strange(context: PlanningContext) -> bool:
    """Some neutral site abroad shows a certificate of an authority that nobody knows, not enough of
    them to tell a box that re-signs: others may be exempt."""
    if context.connection.portal or not (inspected := unknown_signers(context.facts)):
        return False
    spare = (f"g.site.{s.name}" for s in spare_sites(context.controls, context.request))
    begun = any(context.started(i) is not None for i in spare)
    return begun or max(len(owners) for owners in inspected.values()) < OWNERS


def _names(context: PlanningContext) -> list[Task]:
    hosts = [s.host for s in _asked_sites(context)]
    hosts += [s.host for s in chosen_sentinels(context.controls)]
    families = context.request.families
    names = [_NAME.lookup(f"g.name.{h}", h, SYSTEM, families) for h in dict.fromkeys(hosts)]
    # Where our own crowd was too much for the resolver, silence says nothing: it is asked again.
    again = [t for name in names if context.crowd is not None for t in context.asked_again(name)]
    return [*names, *again]


def _resolvers(context: PlanningContext) -> list[Task]:
    host = neutral_host(context.controls, context.request)
    if host is None:
        return []
    encrypted = {r.name: r for r in doh_resolvers(context.controls, context.request)}
    encrypted |= {r.name: r for r in living_encrypted(context)}
    others = [DIRECT, *udp_resolvers(context.controls, context.request), *encrypted.values()]
    return [_RESOLVER.lookup(first_question(r), host, r) for r in others]


@remembered
def _site(context: PlanningContext, site: Site) -> tuple[Task, ...]:
    good = context.known(site.host, site.addresses)
    tasks: list[Task] = []
    four = next((a for a in good if ":" not in a), None)
    six = next((a for a in good if ":" in a), None)
    if four is not None:
        tasks += context.tries(_site_task(context, site, four, f"g.site.{site.name}"))
    if six is not None:
        base = _site_task(context, site, six, f"g.site6.{site.name}")
        tasks += context.tries(base) if four is None else [base]
    return tuple(tasks)


def _site_task(
    context: PlanningContext, site: Site, address: str, task_id: str, mss: int = 0
) -> Task:
    flow = Flow(
        address=address,
        port=443,
        host=site.host,
        server_name=site.host,
        path=site.path,
        mss=mss,
        check_dates=not context.connection.clock_wrong,
    )
    purpose = _SITE if site.country is None else _HOME
    return purpose.task(task_id, site.name, flow, context.timeout())


@remembered
def _sentinel(context: PlanningContext, sentinel: Sentinel) -> tuple[Task, ...]:
    address = page_address(context, sentinel)
    if address is None:
        return ()
    flow = Flow(
        address=address,
        port=80,
        host=sentinel.host,
        trust=None,
        path=sentinel.path,
        expect_status=(sentinel.status,),
        expect_text=sentinel.body,
        options=(("exact", "yes"),),
    )
    task_id = f"g.sentinel.{sentinel.name}"
    return (_SENTINEL.task(task_id, sentinel.name, flow, context.timeout()),)


def _small_segments(context: PlanningContext) -> list[Task]:
    """Handshakes hang after TCP connects, for several neutral sites: try small segments."""
    tasks: list[Task] = []
    sites = foreign_sites(context.controls, context.request)
    tried = [s for s in sites if context.started(f"g.small.{s.name}") is not None]
    if len(tried) >= SMALL_SITES:
        return []  # others that still hang would only make a dead line's run longer
    for site in filter(partial(_hangs, context), sites):
        four = [a for a in context.known(site.host, site.addresses) if ":" not in a]
        if not four:
            continue
        if not context.due(context.started(f"g.site.{site.name}")):
            continue
        tasks.append(_site_task(context, site, four[0], f"g.small.{site.name}", SMALL_SEGMENTS))
    return tasks[:SMALL_SITES]


def _hangs(context: PlanningContext, site: Site) -> bool:
    """Its first conversation was silent at the ClientHello, or is under way."""
    base = f"g.site.{site.name}"
    conversation = context.conversation(base)
    return (
        base in context.moment.running
        if conversation is None
        else conversation.symptom == "tls.timeout"
    )


def _big_hello(context: PlanningContext) -> list[Task]:
    """One ClientHello of post-quantum size, where the line can take more, and what is to stand
    beside those of services that die, whatever it can take: without it nothing is told of these."""
    sites = reached_sites(usual_views(context))
    spared = context.choking or context.crowded or not context.roomy
    every = (*(() if spared else _first_big(context, sites)), *_beside_modern(context, sites))
    return list({task.id: task for task in every}.values())


def _first_big(context: PlanningContext, sites: Sequence[tuple[Site, str]]) -> list[Task]:
    """One of them; where it vanishes, repeats and more of them, until more sites have answered than
    have not."""
    tasks: list[Task] = []
    # Whoever was asked stays: once is not enough to say that it vanishes.
    asked = sorted(sites, key=lambda one: context.started(f"g.big.{one[0].name}") is None)
    answered = died = 0
    for site, address in asked[:BIG_HELLOS]:
        base = _bigger(context, site, address)
        tasks += context.tries(base, times=2)
        passed = any(context.good(i) for i in base.attempts())
        answered, died = answered + passed, died + (not passed and context.dead(base.id))
        if answered > died or not (passed or context.dead(base.id)):
            break
    return tasks


def _beside_modern(context: PlanningContext, sites: Sequence[tuple[Site, str]]) -> list[Task]:
    """More of them, to all of the sites by turns, once a service's own have died twice: that one
    was answered shows little where boxes mind some of them, whomever they name."""
    if not sites or not any(
        t.task.attempt > 1 and t.symptom is not None for t in context.facts.arm(Arm.MODERN)
    ):
        return []
    turns = [(turn, *sites[turn % len(sites)]) for turn in range(BESIDE_MODERN)]
    return [_bigger(context, site, a, turn // len(sites)) for turn, site, a in turns]


def _bigger(context: PlanningContext, site: Site, address: str, turn: int = 0) -> Task:
    flow = context.https(address, site.host, options=(*MODERN_HELLO, ("method", "HEAD")))
    more = f".{turn}" if turn else ""
    return _BIGGER.task(f"g.big.{site.name}{more}", site.name, flow, PATIENCE)


def _no_resolver(context: PlanningContext) -> list[Task]:
    """One question to a host that runs no DNS: an answer shows that the network takes them all."""
    host = neutral_host(context.controls, context.request)
    spared = context.request.quick or context.sparing or not context.facts.usable("192.0.2.1")
    return [] if spared or host is None else neutral_silence(context, host)
