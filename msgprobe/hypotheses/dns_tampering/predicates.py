"""What rules about names have in common: whose names are suspected, and how a resolver fails."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import inf

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES, grouped
from msgprobe.evidence.inside import left_out, tunnelled
from msgprobe.evidence.local_filters import own_filter
from msgprobe.evidence.misdirection import misdirected
from msgprobe.evidence.names import NameFacts
from msgprobe.evidence.pool import EndpointFacts, PoolFacts
from msgprobe.hypotheses.rule import Cited
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import ResolverKind

NO_NAME = (Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER)
CHANCE = 0.1
"""Share of neutral questions that may vanish before silence stops meaning anything."""

OPERATORS = 2
"""Other operators of resolvers that must agree."""

SILENT = (Failure.TIMED_OUT, Failure.DNS_TEMPORARY, Failure.CONNECTION_REFUSED)

DENIALS: Mapping[str, Sequence[Failure]] = {
    "dns.nxdomain": NO_NAME,
    "dns.refused": (Failure.DNS_REFUSED,),
    "dns.servfail": (Failure.DNS_SERVFAIL,),
    "dns.timeout": SILENT,
}
"""Mechanism: how a resolver denies a name."""

Named = list[tuple[EndpointFacts, NameFacts]]
"""Endpoints with their names."""


def suspected(p: PoolFacts) -> Named:
    """`answered` names, on a resolver that serves neutral ones."""
    return answered(p) if p.connection.resolver_works else []


def answered(p: PoolFacts) -> Named:
    """Failing endpoints with their names, where neutral ones are served, or not answered at all: a
    resolver that fails for every name excuses nobody who answers for some of them. But what a
    filter of the user's own hides, or a tunnel carries, is no lie."""
    if misdirected(p.facts) or not (p.connection.resolver_works or p.connection.resolver_dead):
        return []
    named = [(e, e.name) for e in p.failing if e.name is not None]
    unproved = [(e, n) for e, n in named if not n.proved & set(n.system_addresses)]
    return [
        (e, n)
        for e, n in unproved
        if own_filter(p.facts, n) is None and not tunnelled(p.connection, n)
    ]


def lie(name: NameFacts) -> tuple[DnsObservation, ...]:
    """What this connection's resolver says of the name, to the system and to our own question."""
    return (*name.system, *name.by(ResolverKind.DIRECT))


def silence_counts(p: PoolFacts, name: NameFacts) -> bool:
    """Three questions of our own vanished, on a link where neutral ones do not."""
    lost = [o for o in name.by(ResolverKind.DIRECT) if o.failure in SILENT]
    return len(lost) >= TRIES and p.connection.quiet_share <= CHANCE


def unheard_elsewhere(p: PoolFacts) -> bool:
    """The system's resolver says nothing to anybody, which is no word about these names; but two
    other operators' keep silent to each of several questions for some of the service's names, and
    answer those for others that began after that: their way carries questions, and was not worn
    out."""
    mine = {e.host for e in p.service.endpoints}
    asked = [o for o in p.facts.lookups(ResolverKind.UDP) if o.failure is not Failure.INTERRUPTED]
    silent = {
        who
        for who, there in grouped(asked, lambda o: o.resolver_name).items()
        if _silent_to(there, mine)
    }
    return p.connection.resolver_dead and len(silent) >= OPERATORS


def _silent_to(asked: Sequence[DnsObservation], names: Collection[str | None]) -> bool:
    """To all of several questions for some of these names, and not to those for others since the
    first."""
    heard = {o.name for o in asked if o.failure not in SILENT}
    mine = [o for o in asked if o.name in names and o.name not in heard]
    unheard = {o.name for o in mine}
    first = min((o.window.start for o in mine), default=inf)
    since = [o for o in asked if o.name not in unheard and o.window.start >= first]
    quiet = sum(o.failure in SILENT for o in since)
    return len(mine) >= TRIES and bool(since) and quiet <= CHANCE * len(since)


def fails_everywhere(p: PoolFacts, name: NameFacts, failures: Sequence[Failure]) -> bool:
    """Other operators' resolvers fail alike when they are asked in the open: something on the way
    does it. One resolver alone may not reach the name's servers, or not believe their signatures
    (RFC 4035), which an operator brings about as well as a censor. Where somebody takes all
    questions over UDP, whomever they are for, their answers are all that one resolver's."""
    if p.connection.transparent_dns:
        return False
    others = name.by(ResolverKind.UDP)
    return bool(others) and all(o.failure in failures for o in others)


def always_fails(name: NameFacts, failure: Failure = Failure.DNS_SERVFAIL) -> bool:
    """The resolver failed so for this name each time it was asked: many fail now and then for
    any."""
    direct = name.by(ResolverKind.DIRECT)
    failed = [o for o in direct if o.failure is failure]
    return len(failed) >= TRIES and len(failed) == len(direct)


def steadily(p: PoolFacts, name: NameFacts) -> bool:
    """The name is denied in a manner that no chance explains: silence and failures count only where
    they were repeated, and so does who refuses, where he failed for a neutral name as well."""
    if name.denied in SILENT:
        return silence_counts(p, name)
    if name.denied is Failure.DNS_REFUSED:
        return not p.connection.resolver_stumbles or always_fails(name, Failure.DNS_REFUSED)
    return name.denied is not Failure.DNS_SERVFAIL or always_fails(name)


def acquitted(p: PoolFacts, e: EndpointFacts, name: NameFacts) -> bool:
    """Two operators agree on the name, or its encrypted address is one the service is known by."""
    truth = name.encrypted_addresses
    known = any(ips.within(a, p.service.prefixes) for a in truth) or ips.same(
        truth, e.endpoint.addresses
    )
    return known or len({o.resolver_name for o in name.exists}) >= 2


def denied(p: PoolFacts, failures: Sequence[Failure]) -> Named:
    """Names that this connection's resolver denies this way, by no chance, though it gives neutral
    ones addresses of a family that they have, and never gives an impossible address for. Where it
    serves no name at all it is not its word that counts, but that of others to whom neutral names
    are known."""
    found = suspected(p)
    if p.connection.resolver_dead and others_answer(p):
        found = [(e, name) for e, name in answered(p) if fails_everywhere(p, name, failures)]
    return [
        (e, name)
        for e, name in found
        if name.denied in failures and not name.bogons and steadily(p, name)
        if not left_out(p.connection, name)
    ]


def others_answer(p: PoolFacts) -> bool:
    """Other operators' resolvers, asked in the open, give neutral names."""
    return any(o.addresses for o in p.connection.neutral_answers(ResolverKind.UDP))


def denial(named: Iterable[tuple[EndpointFacts, NameFacts]]) -> Cited:
    """What shows that names are denied which exist: both resolvers' answers, and the service's."""
    found: list[Conversation | DnsObservation] = []
    for e, name in named:
        found += [*lie(name), *name.exists, *e.genuine_elsewhere]
    return found
