"""Evidence becomes outcomes: total, deterministic, blind to the order of measurements."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.local_filters import LOCAL_FILTER, LOCAL_OVERRIDE
from msgprobe.evidence.paired_transfers import paired_transfers
from msgprobe.evidence.pool import PoolFacts, pool_facts
from msgprobe.evidence.speeds import unsaid
from msgprobe.evidence.stopped_once import stopped_once
from msgprobe.hypotheses.quic.rules import with_extras
from msgprobe.hypotheses.rule import CHANGED, RULES_VERSION, Finding
from msgprobe.hypotheses.second_vantage.rules import second_notes
from msgprobe.hypotheses.throttling.rules import judge_speeds
from msgprobe.hypotheses.tls_fingerprint.rules import COUNTED
from msgprobe.hypotheses.tls_sni.rules_shares import SHARE_DOUBT
from msgprobe.judging.calibration import counted_with, with_confidence
from msgprobe.judging.calibration_table import TABLE
from msgprobe.judging.connection import judge_connection
from msgprobe.judging.lost import lost, may_be_old
from msgprobe.judging.precedence import Case, first
from msgprobe.judging.rules_outcome import (
    BY_CONNECTION,
    FRONT_FAILS,
    FRONT_ONLY,
    MAY_BE_OLD,
    OLD_FACTS,
    UNTESTED,
)
from msgprobe.judging.whole import GRAVE, deepest, joined, rolled_up
from msgprobe.model.message import Message, literal, message
from msgprobe.model.run import Evidence
from msgprobe.model.target import Function, Service
from msgprobe.model.task import Arm, Role
from msgprobe.model.verdict import (
    ConnectionVerdict,
    Count,
    FunctionVerdict,
    Outcome,
    ServiceVerdict,
    Strength,
    Verdict,
)


def judge(evidence: Evidence, only: Collection[str] | None = None) -> Verdict:
    """The verdict over everything that was measured; of the services that ``only`` names, if any:
    each has the same word as among the others."""
    facts = Facts(evidence)
    connection = ConnectionFacts(facts)
    said = judge_connection(connection)
    facts = _while_it_worked(facts, connection)
    table = counted_with(TABLE, RULES_VERSION, CHANGED)
    services = tuple(
        with_confidence(table, judge_service(facts, connection, said, s), s.primary)
        for s in evidence.services
        if only is None or s.name in only
    )
    used = {rule_id for s in services for f in s.functions for rule_id in f.rules}
    own = {"ok.own_filter": LOCAL_FILTER, "ok.own_override": LOCAL_OVERRIDE}
    notes = [*(own[r] for r in sorted(used & own.keys())), *second_notes(facts)]
    said = replace(said, notes=tuple(dict.fromkeys((*said.notes, *notes))))
    return Verdict(connection=said, services=services, rules_version=RULES_VERSION)


def _while_it_worked(facts: Facts, connection: ConnectionFacts) -> Facts:
    """The facts without what services failed at while the line itself was dead."""
    if not connection.outages.dead:
        return facts
    spoilt = {t.task.id for t in facts.conversations if _own(t) and connection.outages.spoilt(t)}
    kept = tuple(m for m in facts.measurements if m.task.id not in spoilt)
    return Facts(replace(facts.evidence, measurements=kept)) if spoilt else facts


def _own(conversation: Conversation) -> bool:
    """A service's own conversation, or a transfer that one of its transfers is compared with."""
    return conversation.task.role is Role.TARGET or conversation.transfer is not None


def judge_service(
    facts: Facts, connection: ConnectionFacts, said: ConnectionVerdict, service: Service
) -> ServiceVerdict:
    """The worst of the service's functions, ``partial`` when another one works."""
    pools = [pool_facts(facts, connection, service, p) for p in service.pools if not p.extra]
    found = (_function(facts, connection, said, service, f, pools) for f in Function)
    functions = tuple(f for f in found if f is not None)
    if said.state.usable:
        functions = _with_extras(
            facts, connection, service, _with_speeds(facts, service, functions)
        )
    gone = lost(functions, pools, said)
    return rolled_up(service, tuple(may_be_old(f, gone) for f in functions), gone)


def _function(
    facts: Facts,
    connection: ConnectionFacts,
    said: ConnectionVerdict,
    service: Service,
    function: Function,
    pools: Iterable[PoolFacts],
) -> FunctionVerdict | None:
    """What the function's own pools say; None where the service has no such function."""
    views = [p for p in pools if p.pool.function is function]
    excuse = dict(service.untestable).get(function)
    if not views and excuse is None:
        return None
    wanted = facts.request.functions
    if wanted and function not in wanted:
        return _not_tested(function, message("pool.not_asked"))
    if not views:
        return _not_tested(function, literal(excuse) if excuse else message(UNTESTED.rule_id))
    whole = joined(function, [judge_pool(v, said) for v in views])
    trains = tuple(t for v in views for t in v.probes(Arm.TRAIN))
    return replace(whole, loss=connection.calls.loss(trains))


def _with_speeds(
    facts: Facts, service: Service, functions: tuple[FunctionVerdict, ...]
) -> tuple[FunctionVerdict, ...]:
    # Where connections are counted, those of transfers freeze as well: no speed means anything.
    counted = any(COUNTED in f.mechanisms for f in functions)
    every = () if counted else paired_transfers(facts, service)
    compared = [c for c in every if c.own or stopped_once(c)]
    said = judge_speeds(functions, compared, {SHARE_DOUBT.info.rule_id})
    return tuple(unsaid(f, every) for f in said)


def _with_extras(
    facts: Facts,
    connection: ConnectionFacts,
    service: Service,
    functions: tuple[FunctionVerdict, ...],
) -> tuple[FunctionVerdict, ...]:
    """With what pools say that clients can do without (QUIC)."""
    extras = [pool_facts(facts, connection, service, p) for p in service.pools if p.extra]
    return tuple(
        with_extras(f, [p for p in extras if p.pool.function is f.function]) for f in functions
    )


def _not_tested(function: Function, why: Message) -> FunctionVerdict:
    return FunctionVerdict(
        function=function, outcome=Outcome.NOT_TESTED, why=(why,), rules=(UNTESTED.rule_id,)
    )


def judge_pool(p: PoolFacts, said: ConnectionVerdict) -> FunctionVerdict:
    """The word of the row of `PRECEDENCE` that speaks first."""
    row, found = first(Case(p, said))
    verdict = _verdict(p, found)
    if found[0].info is BY_CONNECTION:
        return replace(
            verdict,
            why=(*said.why, message("connection.explains.service")),
            rules=(BY_CONNECTION.rule_id, *said.rules),
        )
    if p.pool.caveat and (row.caveat or verdict.outcome in GRAVE):
        return _with_caveat(verdict, p.pool.caveat, answers=row.caveat)
    return replace(verdict, partial=row.partial)


def _with_caveat(verdict: FunctionVerdict, caveat: str, *, answers: bool) -> FunctionVerdict:
    """Its front end answers, or fails: neither is enough to say what the function does."""
    head = FRONT_ONLY if answers else FRONT_FAILS
    said = (message("pool.front_answers"),) if answers else verdict.why
    return replace(
        verdict,
        outcome=Outcome.NOT_TESTED if answers else Outcome.INCONCLUSIVE,
        strength=None,
        mechanisms=(),
        why=(literal(caveat), *said),
        rules=(head.rule_id, *verdict.rules),
    )


def _verdict(p: PoolFacts, found: tuple[Finding, ...]) -> FunctionVerdict:
    """The first finding gives the word; all of them give mechanisms, rules and evidence."""
    head = min(found, key=_rank) if found[0].info.outcome is Outcome.BLOCKED else found[0]
    outcome = head.info.outcome
    assert isinstance(outcome, Outcome)
    rule_id = head.info.rule_id
    why = message(rule_id, ok=len(p.ok), tested=len(p.tested), pool=p.pool.name)
    return FunctionVerdict(
        function=p.pool.function,
        outcome=outcome,
        strength=head.info.strength,
        mechanisms=deepest(f.info.mechanism for f in found if f.info.mechanism is not None),
        endpoints=Count(tested=len(p.tested), ok=len(p.ok)),
        why=(why, OLD_FACTS) if rule_id in MAY_BE_OLD else (why,),
        rules=tuple(dict.fromkeys(f.info.rule_id for f in (head, *found))),
        evidence=tuple(sorted({t for f in found for t in f.evidence})),
    )


def _rank(found: Finding) -> tuple[int, int]:
    """Confirmed before likely, then the deeper mechanism; what only adds to others comes last."""
    depth = (found.info.mechanism or "").count(".")
    order = {Strength.CONFIRMED: 0, Strength.LIKELY: 1}
    return (order[found.info.strength] if found.info.strength is not None else 2, -depth)
