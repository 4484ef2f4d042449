"""Rules about resolvers: one that fails for one service alone, and none left that is honest.

A resolver that does not reach a zone's name servers fails for that zone, and remembers it (RFC 2308
section 7), so that neither repeats nor several names of one zone tell it from one that was told to
fail; names of two zones do, where neutral ones resolve. Services of one owner may hang on the same
name servers: where they alone fail together, that owner's servers are the cheaper explanation.
"""

from collections.abc import Callable, Collection, Sequence

from msgprobe.evidence.families import unrelated
from msgprobe.evidence.lasting import asked_for_long
from msgprobe.evidence.names import NameFacts
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.dns_tampering import predicates
from msgprobe.hypotheses.dns_tampering.predicates import CHANCE, NO_NAME, SILENT, Named, denial
from msgprobe.hypotheses.rule import LIKELY_BLOCKED, LIKELY_IMPAIRED, UNCLEAR, Cited, PoolRule
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import ResolverKind
from msgprobe.model.verdict import Layer

NAMES, ZONES = 3, 2
"""Names of a service, and zones that they are of, for which one resolver must fail."""

NEUTRAL = 5
"""Neutral names that it must give in the same run."""

KNOWN = 2
"""Names of a service that must be answered for at addresses that only the catalogue knows: one may
have been given up by the service itself."""

_LABELS = 2
"""Labels of a name by which its zone is told. Of a country with names like ``co.uk`` too many are
then of one zone, which accuses nobody."""

_SERVFAIL = (Failure.DNS_SERVFAIL,)


def _alone(p: PoolFacts, failures: Sequence[Failure]) -> Named:
    """Names for which this connection's resolver alone fails so, each time, while encrypted
    resolvers know them."""
    return [
        (e, name)
        for e, name in predicates.denied(p, failures)
        if name.exists
        and not predicates.fails_everywhere(p, name, failures)
        and (e.genuine_elsewhere or predicates.acquitted(p, e, name))
    ]


def _serves(p: PoolFacts) -> bool:
    """This resolver gives as many neutral names as a claim needs, and hardly ever fails for one."""
    asked = p.connection.neutral_answers(ResolverKind.SYSTEM, ResolverKind.DIRECT)
    failed = [o for o in asked if o.failure is not None]
    given = {o.name for o in asked if o.addresses}
    return len(given) >= NEUTRAL and len(failed) <= CHANCE * len(asked)


def _wide(named: Named) -> bool:
    return of_several_zones({name.name for _, name in named})


def of_several_zones(hosts: Collection[str]) -> bool:
    """So many names, of so many zones, that no zone's own fault explains it if all of them fail."""
    zones = {tuple(host.lower().rstrip(".").split(".")[-_LABELS:]) for host in hosts}
    return len(hosts) >= NAMES and len(zones) >= ZONES


def _one_owners(p: PoolFacts, failures: Sequence[Failure]) -> bool:
    """Other services fail so as well, and all of them have something to do with each other."""
    found = {
        service: [
            t
            for pool in service.pools
            for e, _ in _alone(PoolFacts(p.facts, p.connection, service, pool), failures)
            for t in (*e.genuine, *e.genuine_elsewhere)
        ]
        for service in p.facts.services
        if service.name != p.service.name
    }
    others = [s for s in found if found[s]]
    mine = [t for e, _ in _alone(p, failures) for t in e.genuine_elsewhere]
    every = (*mine, *(t for s in others for t in found[s]))
    return bool(others) and not unrelated((p.service, *others), every)


def _one_resolver(failures: Sequence[Failure], *, wide: bool) -> Callable[[PoolFacts], Cited]:
    """It fails for names of this pool; ``wide``: for so many of the service that no zone's own
    fault explains it, and for longer than it takes to be over an accident on the way to its
    servers."""

    def holds(p: PoolFacts) -> Cited:
        mine = _alone(p, failures)
        if not mine or not _serves(p):
            return ()
        every = [*mine, *(found for other in p.beside for found in _alone(other, failures))]
        lasting = [(e, name) for e, name in every if asked_for_long(predicates.lie(name))]
        if wide is not (_wide(lasting) and not _one_owners(p, failures)):
            return ()
        return denial(lasting if wide else mine)

    return holds


def _unsteady(p: PoolFacts) -> Cited:
    """The same on a resolver of which too little is known, or that fails for others as well."""
    return () if _serves(p) else denial(_alone(p, (*_SERVFAIL, *SILENT)))


UNSTEADY: PoolRule = UNCLEAR.at(Layer.DNS).rule("dns.one_resolver", holds=_unsteady)


def _known_addresses(mechanism: str) -> Callable[[PoolFacts], Cited]:
    """No encrypted resolver could be asked, this connection's denies several names, and at the
    addresses that the catalogue knows them by the service proves itself."""

    def holds(p: PoolFacts) -> Cited:
        failures = predicates.DENIALS[mechanism]
        mine = _only_known(p, failures)
        if set(failures) <= {*SILENT, *_SERVFAIL}:
            mine = [(e, name) for e, name in mine if _fails_here(name)]
        every = [*mine, *(found for other in p.beside for found in _only_known(other, failures))]
        return denial(every) if mine and len({n.name for _, n in every}) >= KNOWN else ()

    return holds


def _fails_here(name: NameFacts) -> bool:
    """This connection's resolver has failed for it for long, and another one, in the open, knows
    it: a name whose own servers are dead fails everywhere."""
    others = (*name.by(ResolverKind.UDP), *name.by(ResolverKind.TCP))
    return asked_for_long(predicates.lie(name)) and any(o.addresses for o in others)


def _only_known(p: PoolFacts, failures: Sequence[Failure]) -> Named:
    if not _serves(p):
        return []
    return [
        (e, name)
        for e, name in predicates.denied(p, failures)
        if not any(told(o) for o in name.encrypted)
        and any(t.address in e.endpoint.addresses for t in e.genuine_elsewhere)
    ]


def told(seen: DnsObservation) -> bool:
    """A resolver said something about the name, be it that there is none."""
    return seen.failure is None or seen.failure in (*NO_NAME, *_SERVFAIL, Failure.DNS_REFUSED)


_KINDS: tuple[tuple[str, tuple[Failure, ...]], ...] = (
    ("dns.servfail", _SERVFAIL),
    ("dns.timeout", SILENT),
)

_ALONE: tuple[PoolRule, ...] = tuple(
    rule
    for mechanism, failures in _KINDS
    for rule in (
        LIKELY_BLOCKED.at(Layer.DNS).rule(
            f"{mechanism}.one_resolver", mechanism, holds=_one_resolver(failures, wide=True)
        ),
        LIKELY_IMPAIRED.at(Layer.DNS).rule(
            f"{mechanism}.few_names", mechanism, holds=_one_resolver(failures, wide=False)
        ),
    )
)

RESOLVER_RULES: tuple[PoolRule, ...] = (
    *_ALONE,
    *LIKELY_BLOCKED.at(Layer.DNS).rules(
        "{symptom}.known_address",
        {mechanism: mechanism for mechanism in predicates.DENIALS},
        holds=_known_addresses,
    ),
    UNSTEADY,
)
"""The rules about few names impair, and speak where nothing accuses."""
