"""Evidence becomes outcomes: total, deterministic, blind to the order of measurements."""

from collections.abc import Iterable
from dataclasses import replace

from msgprobe.evidence.connection import Gate
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.local_filters import LOCAL_FILTER, LOCAL_OVERRIDE
from msgprobe.evidence.paired_transfers import contests
from msgprobe.evidence.pool import PoolFacts
from msgprobe.evidence.speeds import unsaid
from msgprobe.hypotheses.calls.rules import LOSS_RULES, UDP_RULES
from msgprobe.hypotheses.connection.rules import CONNECTION_RULES
from msgprobe.hypotheses.dns_tampering.rules import DNS_RULES
from msgprobe.hypotheses.ip_blocking.rules import TCP_RULES
from msgprobe.hypotheses.quic.rules import QUIC_RULES, with_extras
from msgprobe.hypotheses.residual.rules import EARLY_RULES, RESIDUAL_RULES
from msgprobe.hypotheses.residual.rules_extra import EXTRA_RULES
from msgprobe.hypotheses.rule import CHANGED, RULES_VERSION, Finding, Rule, apply
from msgprobe.hypotheses.second_vantage.rules import (
    SECOND_RULES,
    may_be_outage,
    second_notes,
    second_vantage,
)
from msgprobe.hypotheses.throttling.rules import ALIKE, SPEED_RULES, judge_speed
from msgprobe.hypotheses.throttling.rules_loss import CONVERSATION_LOSS_RULES
from msgprobe.hypotheses.tls_fingerprint.rules import COUNT_RULES, COUNTED, HELLO_RULES
from msgprobe.hypotheses.tls_interception.rules import STORE_RULES
from msgprobe.hypotheses.tls_sni.rules import TLS_RULES
from msgprobe.hypotheses.tls_sni.rules_post_handshake import AFTER_RULES
from msgprobe.judging.calibration import counted_with, with_confidence
from msgprobe.judging.calibration_table import TABLE
from msgprobe.judging.connection import UNKNOWN, judge_connection
from msgprobe.judging.rules_members import DEGRADED_RULES, MEMBER_HIT, ONE_MEMBER
from msgprobe.judging.rules_outcome import (
    BY_CONNECTION,
    CUT_SHORT,
    DOWN_RULES,
    FRONT_ONLY,
    INCONCLUSIVE_RULES,
    MAY_BE_OLD,
    OK_RULES,
    OLD_FACTS,
    UNTESTED,
)
from msgprobe.judging.whole import deepest, joined, rolled_up
from msgprobe.judging.words import advice
from msgprobe.model.rule import RuleInfo
from msgprobe.model.run import Evidence
from msgprobe.model.target import Function, Service
from msgprobe.model.task import Arm, Role
from msgprobe.model.verdict import (
    ConnectionVerdict,
    Count,
    FunctionVerdict,
    Outcome,
    ServiceVerdict,
    State,
    Strength,
    Verdict,
)

ACCUSING: tuple[Rule, ...] = (
    *DNS_RULES,
    *TLS_RULES,
    *HELLO_RULES,
    *TCP_RULES,
    *EARLY_RULES,
    *UDP_RULES,
    *AFTER_RULES,
)


def rules() -> tuple[RuleInfo, ...]:
    """Every rule that a verdict may cite, connection rules first."""
    tables = (
        *OK_RULES,
        *ACCUSING,
        *SECOND_RULES,
        *EXTRA_RULES,
        *DOWN_RULES,
        ONE_MEMBER,
        MEMBER_HIT,
        *DEGRADED_RULES,
        *COUNT_RULES,
        *LOSS_RULES,
        *RESIDUAL_RULES,
        *CONVERSATION_LOSS_RULES,
        *STORE_RULES,
        *INCONCLUSIVE_RULES,
    )
    return (
        *(r.info for r in CONNECTION_RULES),
        UNKNOWN,
        *(r.info for r in tables),
        *(r.info for r in QUIC_RULES),
        *(r.info for r in SPEED_RULES),
        ALIKE,
        UNTESTED.info,
        CUT_SHORT.info,
        FRONT_ONLY.info,
        BY_CONNECTION.info,
    )


def judge(evidence: Evidence) -> Verdict:
    """The verdict over everything that was measured."""
    facts = Facts(evidence)
    gate = Gate(facts)
    connection = judge_connection(gate)
    facts = _while_it_worked(facts, gate)
    table = counted_with(TABLE, RULES_VERSION, CHANGED)
    services = tuple(
        with_confidence(table, judge_service(facts, gate, connection, s), s.primary)
        for s in evidence.services
    )
    used = {rule_id for s in services for f in s.functions for rule_id in f.rules}
    own = {"ok.own_filter": LOCAL_FILTER, "ok.own_override": LOCAL_OVERRIDE}
    notes = [*(own[r] for r in sorted(used & own.keys())), *second_notes(facts)]
    connection = _with_notes(connection, notes)
    return Verdict(
        connection=connection,
        services=services,
        advice=advice(connection, services),
        rules_version=RULES_VERSION,
    )


def _while_it_worked(facts: Facts, gate: Gate) -> Facts:
    """The facts without what services failed at while the line itself was dead."""
    if not gate.stretches.dead:
        return facts
    spoilt = {t.task.id for t in facts.talks if _own(t) and gate.stretches.spoilt(t)}
    kept = tuple(m for m in facts.measurements if m.task.id not in spoilt)
    return Facts(replace(facts.evidence, measurements=kept)) if spoilt else facts


def _own(talk: Conversation) -> bool:
    """A service's own conversation, or a transfer that one of its transfers is compared with."""
    return talk.task.role is Role.TARGET or talk.transfer is not None


def _with_notes(connection: ConnectionVerdict, more: Iterable[str]) -> ConnectionVerdict:
    return replace(connection, notes=tuple(dict.fromkeys((*connection.notes, *more))))


def judge_service(
    facts: Facts, gate: Gate, connection: ConnectionVerdict, service: Service
) -> ServiceVerdict:
    """The worst of the service's functions, ``partial`` when another one works."""
    wanted = facts.request.functions
    functions = []
    for function in Function:
        pools = [p for p in service.pools if p.function is function and not p.extra]
        excuse = dict(service.untestable).get(function)
        if not pools and excuse is None:
            continue
        if wanted and function not in wanted:
            functions.append(_not_tested(function, "It was not asked for."))
        elif not pools:
            functions.append(_not_tested(function, excuse or UNTESTED.info.why))
        else:
            views = [PoolFacts(facts, gate, service, p) for p in pools]
            whole = joined(function, [_judge_pool(v, connection) for v in views])
            trains = tuple(t for v in views for t in v.probes(Arm.TRAIN))
            functions.append(replace(whole, loss=gate.calls.loss(trains)))
    if connection.state.usable:
        # Where connections are counted, those of transfers freeze as well: no speed means anything.
        counted = any(COUNTED in f.mechanisms for f in functions)
        every = () if counted else contests(facts, service)
        found = tuple(c for c in every if c.own)
        functions = [unsaid(judge_speed(f, found), every) for f in functions]
        extras = [PoolFacts(facts, gate, service, p) for p in service.pools if p.extra]
        functions = [
            with_extras(f, [p for p in extras if p.pool.function is f.function]) for f in functions
        ]
    return rolled_up(service, tuple(functions))


def _not_tested(function: Function, why: str) -> FunctionVerdict:
    return FunctionVerdict(
        function=function, outcome=Outcome.NOT_TESTED, why=why, rules=(UNTESTED.info.rule_id,)
    )


def _judge_pool(p: PoolFacts, connection: ConnectionVerdict) -> FunctionVerdict:
    fine = apply(OK_RULES, p)
    if fine:
        return _fine(p, fine[:1])
    if not any(m.tested for m in p.members):
        return _untested(p, connection)
    if not connection.state.usable and not p.ok:
        return _by_connection(p, connection)
    accused = _accused(p)
    return _impaired(p, accused) or _failed(p, accused)


def _accused(p: PoolFacts) -> list[Finding]:
    """What shows interference with members that do not answer."""
    accused = [f for f in apply(ACCUSING, p) if f.info.outcome is Outcome.BLOCKED]
    if p.gate.failing_now:
        accused = [f for f in accused if not _is_silence(f.info.mechanism or "")]
    return accused


def _fine(p: PoolFacts, fine: tuple[Finding, ...]) -> FunctionVerdict:
    """Enough of the pool works; what else there is to say of it?"""
    accused = _accused(p) if p.ok and p.failing else []
    hit = (*apply((MEMBER_HIT,), p), *accused) if accused else ()
    worse = apply((*LOSS_RULES, *RESIDUAL_RULES, *CONVERSATION_LOSS_RULES), p)
    verdict = _verdict(p, hit or worse or fine)
    return _with_caveat(verdict, p.pool.caveat) if p.pool.caveat else verdict


def _untested(p: PoolFacts, connection: ConnectionVerdict) -> FunctionVerdict:
    if not connection.state.usable or connection.state is State.INTERMITTENT:
        return _by_connection(p, connection)
    cut = apply((CUT_SHORT,), p)
    bare = _verdict(p, cut or (Finding(info=UNTESTED.info, evidence=()),))
    # An open port earns nothing, which a pool that cannot show more says in its caveat.
    open_only = not cut and bool(p.pool.caveat) and bool(p.opened)
    return _with_caveat(bare, p.pool.caveat) if open_only else bare


def _impaired(p: PoolFacts, accused: list[Finding]) -> FunctionVerdict | None:
    """Some of the pool works and some does not; None where that is not so."""
    counted = apply(COUNT_RULES, p)
    if counted:
        return _verdict(p, counted)
    some = apply(DEGRADED_RULES, p)
    one = apply((ONE_MEMBER,), p) if some and not accused else ()
    if one:
        return replace(_verdict(p, one), partial=True)
    return _verdict(p, (*some, *accused)) if some else None


def _failed(p: PoolFacts, accused: list[Finding]) -> FunctionVerdict:
    """Nothing of the pool works."""
    down, second = apply(DOWN_RULES, p), second_vantage(p)
    if accused:
        return _verdict(p, _accusation(p, accused, () if down else second))
    if down or second:
        return _verdict(p, down[:1] or second)
    unclear = [f for f in apply(ACCUSING, p) if f.info.outcome is Outcome.INCONCLUSIVE]
    rest = apply((*INCONCLUSIVE_RULES, *STORE_RULES), p)
    first = [f for f in rest if f.info.rule_id in _BEFORE_LOOKALIKES]
    choice = (*first, *unclear, *rest)
    return _verdict(p, choice[:1] or (Finding(info=UNTESTED.info, evidence=()),))


def _accusation(
    p: PoolFacts, accused: list[Finding], second: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """What accuses, unless an outage explains it and a second vantage says that it is one."""
    if second and may_be_outage(accused):
        if second[0].info.outcome is Outcome.DOWN:
            return second
        accused = [*accused, *second]
    return (*accused, *apply(EXTRA_RULES, p))


def _is_silence(mechanism: str) -> bool:
    """The fault is that nothing came, which a line in trouble brings about by itself."""
    quiet = ("protocol.", "tls.post_handshake", "udp.")
    return ".timeout" in mechanism or mechanism.startswith(quiet)


def _with_caveat(verdict: FunctionVerdict, caveat: str) -> FunctionVerdict:
    """Its front end answers, which is not enough to say that the function works."""
    return replace(
        verdict,
        outcome=Outcome.NOT_TESTED,
        strength=None,
        why=f"{caveat[:1].upper()}{caveat[1:]}.",
        rules=(FRONT_ONLY.info.rule_id, *verdict.rules),
    )


_BEFORE_LOOKALIKES = (
    "pool.gone",
    "tls.inspection",
    "tls.clock",
    "controls.failed",
    "tls.store_age",
)


def _by_connection(p: PoolFacts, connection: ConnectionVerdict) -> FunctionVerdict:
    found = Finding(info=BY_CONNECTION.info, evidence=connection.evidence)
    return replace(
        _verdict(p, (found,)),
        why=f"{connection.why} Nothing can be said about the service itself.",
        rules=(BY_CONNECTION.info.rule_id, *connection.rules),
    )


def _verdict(p: PoolFacts, found: tuple[Finding, ...]) -> FunctionVerdict:
    """The first finding gives the word; all of them give mechanisms, rules and evidence."""
    head = min(found, key=_rank) if found[0].info.outcome is Outcome.BLOCKED else found[0]
    outcome = head.info.outcome
    assert isinstance(outcome, Outcome)
    counts = {"ok": len(p.ok), "tested": len(p.tested), "pool": p.pool.name}
    why = head.info.why.format(**counts)
    return FunctionVerdict(
        function=p.pool.function,
        outcome=outcome,
        strength=head.info.strength,
        mechanisms=deepest(f.info.mechanism for f in found if f.info.mechanism is not None),
        endpoints=Count(tested=len(p.tested), ok=len(p.ok)),
        why=f"{why} {OLD_FACTS}" if head.info.rule_id in MAY_BE_OLD else why,
        rules=tuple(dict.fromkeys(f.info.rule_id for f in (head, *found))),
        evidence=tuple(sorted({t for f in found for t in f.evidence})),
    )


def _rank(found: Finding) -> tuple[int, int]:
    """Confirmed before likely, then the deeper mechanism; what only adds to others comes last."""
    depth = (found.info.mechanism or "").count(".")
    order = {Strength.CONFIRMED: 0, Strength.LIKELY: 1}
    return (order[found.info.strength] if found.info.strength is not None else 2, -depth)
