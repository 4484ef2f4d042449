"""Whom to ask for names: the system's resolver, public ones in the open and over DoH."""

from msgprobe.evidence import addresses as ips
from msgprobe.model.control import Controls
from msgprobe.model.observation import DnsObservation
from msgprobe.model.run import Request
from msgprobe.model.task import Resolver, ResolverKind
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.timetable import ENCRYPTED, SPACING, SPARE_ENCRYPTED

SYSTEM = Resolver(kind=ResolverKind.SYSTEM, name="system")
DIRECT = Resolver(kind=ResolverKind.DIRECT, name="system")


def udp_resolvers(controls: Controls, request: Request) -> tuple[Resolver, ...]:
    """Two public resolvers of different operators over plain UDP."""
    honest = [r for r in controls.resolvers if not r.filters]
    picks = []
    for r in honest[:2]:
        address = _literal(r.addresses, request)
        if address is not None:
            picks.append(Resolver(kind=ResolverKind.UDP, name=r.name, address=address))
    return tuple(picks)


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
    return tuple(picks[:most])


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
    asked = gate_question(resolver)
    done, begun = context.ended(asked), context.started(asked)
    if done is not None:
        seen = [o for o in done.observations if isinstance(o, DnsObservation)]
        return bool(seen) and all(o.failure is not None and o.rcode is None for o in seen)
    if begun is None:
        return False
    if context.moment.now < begun + SPACING:
        context.wake(begun + SPACING)
        return False
    return True


def gate_question(resolver: Resolver) -> str:
    """The task in which ``resolver`` is asked for a neutral name in round 0."""
    return f"g.dns.{resolver.kind.value}.{resolver.name}"


def _literal(addresses: tuple[str, ...], request: Request) -> str | None:
    fit = [a for a in addresses if ips.family(a) in request.families]
    return next((a for a in fit if ":" not in a), fit[0] if fit else None)


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
