"""What a report made elsewhere says about services that are measured here too."""

from collections.abc import Iterator, Sequence

from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.pool import EndpointFacts, PoolFacts
from msgprobe.model.run import Elsewhere, ElsewhereFunction, Evidence
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.verdict import FunctionVerdict, Outcome, Verdict


def elsewhere(
    report: Evidence,
    verdict: Verdict,
    services: Sequence[Service],
    *,
    run_id: str,
    made_at: str,
    age_s: float,
) -> Elsewhere:
    """The part of ``report``, judged as ``verdict``, that is about ``services``."""
    facts = Facts(report)
    connection = ConnectionFacts(facts)
    mine = {s.name: s for s in services}
    theirs = {s.name: s for s in report.services}
    return Elsewhere(
        run_id=run_id,
        made_at=made_at,
        age_s=age_s,
        state=verdict.connection.state,
        functions=tuple(
            _function(facts, connection, theirs[s.service], mine[s.service], f)
            for s in verdict.services
            if s.service in mine and s.service in theirs
            for f in s.functions
            if f.outcome is not Outcome.NOT_TESTED
        ),
    )


def _function(
    facts: Facts, connection: ConnectionFacts, theirs: Service, mine: Service, said: FunctionVerdict
) -> ElsewhereFunction:
    pools = [p for p in theirs.pools if p.function is said.function]
    views = [
        e
        for pool in pools
        for m in PoolFacts(facts, connection, theirs, pool).members
        for e in m.tested
        if any(_same(e.endpoint, other) for other in _named(mine, e.endpoint.name))
    ]
    return ElsewhereFunction(
        service=mine.name,
        function=said.function,
        outcome=said.outcome,
        strength=said.strength,
        answered=tuple(e.endpoint.name for e in views if e.genuine),
        failed=tuple((e.endpoint.name, e.symptom) for e in views if e.symptom and _repeated(e)),
    )


def _repeated(e: EndpointFacts) -> bool:
    return any(a.symptom == e.symptom and a.repeated for a in e.addresses)


def _named(service: Service, name: str) -> Iterator[Endpoint]:
    return (e for e in service.endpoints if e.name == name)


def _same(one: Endpoint, other: Endpoint) -> bool:
    """The same place: catalogues of different versions may give a name to another one."""
    place = (one.host, one.port, one.check) == (other.host, other.port, other.check)
    return place and (one.host is not None or one.addresses == other.addresses)
