"""D1 to D4: a name looks wrong. Who says what, and who answers that should not?"""

from collections.abc import Iterator
from functools import partial

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.inside import astray
from msgprobe.evidence.ledger import remembered
from msgprobe.hypotheses.dns_tampering.rules_resolvers import KNOWN, of_several_zones, told
from msgprobe.model.cost import RESOLVE
from msgprobe.model.failure import Failure
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Resolver, ResolverKind, Role, Task
from msgprobe.planning import places as at
from msgprobe.planning.baseline import first_endpoints, name_task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.controls import neutral_host, neutral_silence
from msgprobe.planning.experiment import Experiment, Line, Part, Place, Scope, Telling
from msgprobe.planning.patience import dying_elsewhere
from msgprobe.planning.public_resolvers import (
    DIRECT,
    SYSTEM,
    all_encrypted,
    answered_dns,
    living_encrypted,
    tcp_resolvers,
    udp_resolvers,
    without_dns,
)
from msgprobe.planning.purpose import Purpose, question
from msgprobe.planning.suspects import failing
from msgprobe.planning.timetable import LINGER, LISTEN, NAMES_A_SERVICE, NOWHERE_TIMES, SPAN


def _beacons_of(scope: Scope) -> Iterator[Place]:
    for beacon in (s.beacon for s in scope.services if s.beacon is not None):
        for resolver in all_encrypted(scope.controls, scope.request):
            yield at.question(scope, resolver, beacon.host, at.FAILS)


def _again(scope: Scope) -> Iterator[Place]:
    """A neutral name, and one that advertisement filters hide, at the system's resolver; the first
    at others, too."""
    advert, host = scope.controls.advert_host, neutral_host(scope.controls, scope.request)
    if advert is not None:
        yield at.question(scope, SYSTEM, advert, at.ON_SERVICE)
    if host is not None:
        for resolver in (DIRECT, *udp_resolvers(scope.controls, scope.request)):
            yield at.question(scope, resolver, host, at.ON_SERVICE)


def _silent(scope: Scope) -> Iterator[Place]:
    """The neutral name at hosts that run no DNS: also when all is well."""
    host = neutral_host(scope.controls, scope.request)
    when = at.ON_SERVICE if scope.request.quick else at.UNLESS_SLOW
    return at.silent(scope, host, when) if host is not None else iter(())


_ELSEWHERE, _STATUS = Line(Part.FAILS, at.names_elsewhere, 2), Line(Part.FAILS, _beacons_of, 2)
_AGAIN, _SILENT = Line(Part.LAST, _again, 2), Line(Part.LAST, _silent, 2, times=NOWHERE_TIMES)

EXPERIMENTS = (
    Experiment(Arm.OTHER_RESOLVER, (RESOLVE,), Telling.RESOLVER, (_ELSEWHERE, _STATUS)),
    Experiment(Arm.OTHER_QUERY, (RESOLVE,), None, (_AGAIN,)),
    Experiment(Arm.NON_RESOLVER, (RESOLVE,), None, (_ELSEWHERE, _SILENT)),
)

_asks = partial(question, round=2, role=Role.TARGET)
_MEANS = "does the name mean the same elsewhere?"
_OTHERS = _asks(Arm.OTHER_RESOLVER, _MEANS, changes="resolver")
_NOWHERE = _asks(Arm.NON_RESOLVER, _MEANS, changes="resolver: a host without DNS")
_BEACON = _asks(Arm.OTHER_RESOLVER, "does the service itself report an outage?")
_AT_ONCE = "does the same resolver give a neutral name at the same time?"
_SAME = question(Arm.OTHER_QUERY, _AT_ONCE)
_HIDES = "does this resolver also hide an advertising name, as a filter of one's own does?"
_ADVERT = question(Arm.OTHER_QUERY, _HIDES)


def plan_resolvers(context: PlanningContext) -> list[Task]:
    """Questions about every failing name, and the neutral ones beside them."""
    if not context.connection.open or context.settling():  # first the services' own turn
        return []
    tasks: list[Task] = []
    for service in context.services:
        asked = (_ask_elsewhere(context, service, host) for host in _to_ask(context, service))
        tasks += [task for questions in asked for task in questions]
    if tasks:
        tasks += _neutral(context)
        tasks += _own_filter(context)
    tasks += _beacons(context)
    return tasks


def _to_ask(context: PlanningContext, service: Service) -> list[str]:
    """The suspicious names; not one that comes up only when names of its pool are known to die at a
    neutral server as well, and several others were asked for that nobody answered who should not:
    what else it would be told could come seconds after the word."""
    names = suspicious_names(context, service)[:NAMES_A_SERVICE]
    begun = [n for n in names if _questions_begun(context, service, n)]
    dying = dying_elsewhere(context, service) if len(begun) < len(names) else frozenset()
    if not dying or len(begun) < KNOWN or any(_injected(context, service, n) for n in begun):
        return list(names)
    return [n for n in names if n in begun or n not in dying]


def _questions_begun(context: PlanningContext, service: Service, host: str) -> bool:
    return any(context.started(t.id) is not None for t in _ask_elsewhere(context, service, host))


def _injected(context: PlanningContext, service: Service, host: str) -> bool:
    """Somebody answered in the place of a host without DNS."""
    questions = _ask_elsewhere(context, service, host)
    return any(t.arm is Arm.NON_RESOLVER and answered_dns(context, t.id) for t in questions)


@remembered
def suspicious_names(context: PlanningContext, service: Service) -> tuple[str, ...]:
    """Names of endpoints that fail or hang at every address, or that have none to dial, or of whose
    addresses some are impossible."""
    return tuple(
        dict.fromkeys(
            e.host
            for _, e in first_endpoints(context, service)
            if e.host is not None
            and (failing(context, service, e) or _half_astray(context, e.host))
        )
    )


@remembered
def _half_astray(context: PlanningContext, host: str) -> bool:
    """Some of what the system says leads out, some nowhere."""
    name = context.facts.name(host)
    lies = () if context.connection.fake_addresses else astray(context.connection, name)
    return bool(lies) and any(name.leads_out(a) for a in name.system_addresses)


@remembered
def _ask_elsewhere(context: PlanningContext, service: Service, host: str) -> tuple[Task, ...]:
    families = _families(context, host)
    encrypted = living_encrypted(context)
    vouched = _vouched(context, service, host)
    open_ones = tcp_resolvers(context.controls, context.request)
    first = open_ones[:1] if not vouched else ()
    doubted = [r for r in open_ones if r not in first and _doubtful(context, host, r.name)]
    own = _own(context)
    resolvers = (
        *own,
        *udp_resolvers(context.controls, context.request),
        *first,
        *doubted,
        *_own_over_tcp(context, host),
        *(encrypted[:1] if not vouched else ()),
        *(encrypted[1:] if _second_opinion(context, service, host) else ()),
    )
    tasks: list[Task] = []
    for resolver in resolvers:
        linger = LINGER if resolver.kind in (ResolverKind.UDP, ResolverKind.DIRECT) else 0.0
        tasks.append(_asked(_OTHERS, service, host, resolver, families, linger=linger))
    tasks += _once_more(context, service, host, tasks[0]) if own else []
    for silent in without_dns(context.controls) if not vouched else ():
        tasks.append(_asked(_NOWHERE, service, host, silent, timeout=LISTEN))
        if not answered_dns(context, tasks[-1].id):
            break
    return tuple(tasks)


def _once_more(context: PlanningContext, service: Service, host: str, first: Task) -> list[Task]:
    """Once more, and again; not where this resolver is known to be dead: its silence is no news.
    Where it fails for so many names that somebody may have told it to, or for several and nobody
    else tells what they mean, the last time is when it would be over an accident."""
    if context.connection.resolver_dead:
        return []
    asked = context.started(name_task(service, host, context.request).id)
    names = suspicious_names(context, service)
    untold = len(names) >= KNOWN and not any(map(told, context.facts.name(host).encrypted))
    late = (untold or of_several_zones(names)) and asked is not None
    return context.asked_again(first, (asked or 0.0) + SPAN if late else 0.0)


def _own(context: PlanningContext) -> tuple[Resolver, ...]:
    """The system's own resolver; nobody where the system hides whom it asks."""
    local = context.facts.local
    return (DIRECT,) if local is None or local.resolvers else ()


def _own_over_tcp(context: PlanningContext, host: str) -> tuple[Resolver, ...]:
    """The system's own resolver over TCP, where it is a public one and denies the name over UDP."""
    local = context.facts.local
    address = next(iter(local.resolvers), None) if local is not None else None
    if address is None or not context.facts.leads_out(address) or not context.facts.usable(address):
        return ()
    said = context.facts.name(host).by(ResolverKind.DIRECT)
    if all(o.failure is not Failure.DNS_NXDOMAIN for o in said):
        return ()
    return (Resolver(kind=ResolverKind.TCP, name=DIRECT.name, address=address),)


def _doubtful(context: PlanningContext, host: str, resolver: str) -> bool:
    """Over UDP that resolver denies the name, or gives an address that encrypted DNS does not: who
    answers datagrams in a resolver's place seldom answers its connections as well."""
    name = context.facts.name(host)
    said = [o for o in name.by(ResolverKind.UDP) if o.resolver_name == resolver]
    truth = name.encrypted_addresses
    return any(
        o.failure is Failure.DNS_NXDOMAIN
        or (bool(o.addresses) and bool(truth) and not ips.same_network(o.addresses, truth))
        for o in said
    )


def _vouched(context: PlanningContext, service: Service, host: str) -> bool:
    """The system gives addresses of the service's own networks alone: what fails there is no lie
    about the name, and an encrypted question costs as much as a conversation."""
    mine = context.facts.name(host).system_addresses
    return bool(mine) and all(ips.within(a, service.prefixes) for a in mine)


def _second_opinion(context: PlanningContext, service: Service, host: str) -> bool:
    """One encrypted answer is not enough: it failed, denies the name, or nothing vouches for it.

    A second one costs a handshake, so it is not asked for where the first gives an address that
    the service is known by or that has already proved itself.
    """
    name = context.facts.name(host)
    if not name.encrypted:
        return False
    known = tuple(a for e in service.endpoints if e.host == host for a in e.addresses)
    found = name.encrypted_addresses
    vouched = any(ips.within(a, service.prefixes) for a in found)
    return not found or not (vouched or ips.same(found, known) or ips.same(found, name.proved))


def _families(context: PlanningContext, host: str) -> tuple[int, ...]:
    """Those to ask about: IPv4, where it leads anywhere, for that tells most and answers are
    compared; IPv6 too where the system gives nothing else, which IPv4 does not contradict."""
    local = context.facts.local
    if local is not None and not local.route4:
        return (6,)
    mine = context.facts.name(host).system_addresses
    return (4, 6) if mine and not any(4 in ips.families(a) for a in mine) else (4,)


def _asked(
    purpose: Purpose,
    service: Service,
    host: str,
    resolver: Resolver,
    families: tuple[int, ...] = (4,),
    **more: float,
) -> Task:
    task_id = f"d1.{service.name}.{host}.{resolver.kind.value}.{resolver.name}"
    return purpose.lookup(task_id, host, resolver, families, subject=service.name, **more)


def _neutral(context: PlanningContext) -> list[Task]:
    """D2: a neutral name to the same resolver, to the others that are asked where that is dead, and
    to the host that runs no DNS."""
    host = neutral_host(context.controls, context.request)
    if host is None:
        return []
    direct = [_SAME.lookup("d2.neutral.direct", host, own) for own in _own(context)]
    dead = context.connection.resolver_dead
    others = udp_resolvers(context.controls, context.request) if dead else ()
    direct += [_SAME.lookup(f"d2.neutral.{other.name}", host, other) for other in others]
    return [*direct, *neutral_silence(context, host)]


def _own_filter(context: PlanningContext) -> list[Task]:
    """A name that advertisement filters hide: is the filter the user's own? Asked as services'
    names are: a resolver that gives IPv6 addresses alone hides nothing by that."""
    host, families = context.controls.advert_host, context.request.families
    return [] if host is None else [_ADVERT.lookup("d2.advert", host, SYSTEM, families)]


def _beacons(context: PlanningContext) -> list[Task]:
    """The service's own status name, when the service fails."""
    tasks = []
    for service in context.services:
        beacon = service.beacon
        if beacon is None or not suspicious_names(context, service):
            continue
        encrypted = living_encrypted(context)[:1]
        tasks += [_asked(_BEACON, service, beacon.host, resolver) for resolver in encrypted]
    return tasks
