"""Whom to ask for names: the system's resolver, public ones in the open and over DoH."""

from msgprobe.evidence import addresses as ips
from msgprobe.model.control import Controls, PublicResolver
from msgprobe.model.observation import DnsObservation
from msgprobe.model.run import Request
from msgprobe.model.task import Resolver, ResolverKind
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.timetable import ENCRYPTED, SPARE_ENCRYPTED

SYSTEM = Resolver(kind=ResolverKind.SYSTEM, name="system")
DIRECT = Resolver(kind=ResolverKind.DIRECT, name="system")


def udp_resolvers(controls: Controls, request: Request) -> tuple[Resolver, ...]:
    """Two public resolvers of different operators over plain UDP."""
    honest = [r for r in controls.resolvers if not r.filters]
    known = [(r.name, _literal(r.addresses, request)) for r in honest[:2]]
    return tuple(Resolver(kind=ResolverKind.UDP, name=n, address=a) for n, a in known if a)


def tcp_resolvers(controls: Controls, request: Request) -> tuple[Resolver, ...]:
    """The same ones over TCP, where an answer has to come from whoever was asked."""
    return tuple(
        Resolver(kind=ResolverKind.TCP, name=r.name, address=r.address)
        for r in udp_resolvers(controls, request)
    )


def doh_resolvers(
    controls: Controls, request: Request, most: int = ENCRYPTED
) -> tuple[Resolver, ...]:
    """Encrypted resolvers of different operators, dialled by known address."""
    honest = [r for r in controls.resolvers if not r.filters and r.doh_host is not None]
    known = [(r, a) for r in honest if (a := _literal(r.addresses, request)) is not None]
    return tuple(over_https(r, address) for r, address in known[:most])


def over_https(resolver: PublicResolver, address: str) -> Resolver:
    """A public resolver, asked over DoH at an address of it."""
    return Resolver(
        kind=ResolverKind.DOH,
        name=resolver.name,
        address=address,
        port=443,
        host=resolver.doh_host,
        path=resolver.doh_path,
    )


def all_encrypted(controls: Controls, request: Request) -> tuple[Resolver, ...]:
    """Every encrypted resolver that a run may ask; none is spare in a quick one."""
    most = ENCRYPTED if request.quick else ENCRYPTED + SPARE_ENCRYPTED
    return doh_resolvers(controls, request, most)


def living_encrypted(context: PlanningContext) -> tuple[Resolver, ...]:
    """Two encrypted resolvers: the first ones, others in the place of those that got nothing at the
    connection. The first ones again where nobody is left."""
    every = all_encrypted(context.controls, context.request)
    silent = [r for r in every if _gets_nothing(context, r)]
    return tuple([*(r for r in every if r not in silent), *silent][:ENCRYPTED])


def _gets_nothing(context: PlanningContext, resolver: Resolver) -> bool:
    """The neutral question through it failed without any DNS answer, or hangs."""
    asked = first_question(resolver)
    done = context.ended(asked)
    if done is not None:
        seen = [o for o in done.observations if isinstance(o, DnsObservation)]
        return bool(seen) and all(o.failure is not None and o.rcode is None for o in seen)
    return context.due(context.started(asked))


def first_question(resolver: Resolver) -> str:
    """The task in which ``resolver`` is asked for a neutral name in round 0."""
    return f"g.dns.{resolver.kind.value}.{resolver.name}"


def _literal(addresses: tuple[str, ...], request: Request) -> str | None:
    return ips.four_first(a for a in addresses if ips.family(a) in request.families)


def without_dns(controls: Controls) -> tuple[Resolver, ...]:
    """Hosts of two operators that run no DNS. The second is asked when the first has answered, for
    one of them may have got a name server since it was listed."""
    names = ("no resolver", "no resolver either")
    return tuple(
        Resolver(kind=ResolverKind.UDP, name=name, address=address)
        for name, address in zip(names, controls.silent, strict=False)
    )


def answered_dns(context: PlanningContext, task_id: str) -> bool:
    """The question was answered, however."""
    done = context.ended(task_id)
    seen = () if done is None else done.observations
    return any(isinstance(o, DnsObservation) and o.rcode is not None for o in seen)
