"""Rules about pools that answer at some addresses, or over one family, and fail at others."""

from collections.abc import Callable

from msgprobe.evidence.dead_places import dead_by_luck
from msgprobe.evidence.halves import alike, failing_half
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.ip_blocking.rules import CONNECT_RULES
from msgprobe.hypotheses.protocol_blocking.rules import PROTOCOL_RULES
from msgprobe.hypotheses.residual.rules import EARLY_RULES
from msgprobe.hypotheses.rule import IMPAIRED, LIKELY_IMPAIRED, Cited, Finding, PoolRule, apply
from msgprobe.hypotheses.tls_sni.rules import TLS_RULES
from msgprobe.hypotheses.tls_sni.rules_post_handshake import AFTER_RULES
from msgprobe.judging.rules_members import enough
from msgprobe.model.verdict import Layer, Outcome, Strength

_ACCUSING: tuple[PoolRule, ...] = (
    *TLS_RULES,
    *CONNECT_RULES,
    *PROTOCOL_RULES,
    *EARLY_RULES,
    *AFTER_RULES,
)
"""What shows interference at addresses that are dialled; forged certificates have rules of their
own about halves."""

_SYMPTOMS = {
    "tcp.timeout": "tcp.timeout",
    "tcp.refused": "tcp.refused",
    "ip.unreachable": "ip.unreachable",
    "tls.reset": "tls.reset",
    "tls.eof": "tls.reset",
    "tls.timeout": "tls.timeout",
    "tls.alert": "tls.alert",
    "tls.post_handshake": "tls.post_handshake",
    "protocol.mtproto": "protocol.mtproto",
    "protocol.noise": "protocol.noise",
}
"""How a half fails, and the mechanism that it is called by."""


def _hit(p: PoolFacts) -> Cited:
    half = failing_half(p)
    if not enough(p) or not half.failing:
        return ()
    return (*p.genuine, *half.failed)


HALF_HIT: PoolRule = IMPAIRED.at(Layer.TCP).rule("pool.half_hit", holds=_hit)
"""Speaks beside a rule that accuses alone: one way that works does not acquit the other."""


def _fails(symptom: str) -> Callable[[PoolFacts], Cited]:
    """Some of this pool's working members have addresses that fail this way, and so have others of
    the service, in another network; more than luck explains."""

    def holds(p: PoolFacts) -> Cited:
        mine = [a for a in failing_half(p).views if a.symptom == symptom]
        if not mine or not enough(p) or not p.connection.controls_hold:
            return ()
        if dead_by_luck(p, symptom):
            return ()
        return [t for a in alike(p, symptom) for t in a.failed]

    return holds


HALF_FAILS: tuple[PoolRule, ...] = LIKELY_IMPAIRED.at(Layer.TCP).rules(
    "pool.half.{symptom}", _SYMPTOMS, holds=_fails
)


def half_hit(p: PoolFacts) -> tuple[Finding, ...]:
    """What shows that somebody interferes with the failing half; where a fault of the service's
    own is left as an explanation it is not shown, for the half that works does not exclude one."""
    half = failing_half(p)
    if not half.failing:
        return ()
    found = [f for f in apply(_ACCUSING, half) if f.info.outcome is Outcome.BLOCKED]
    sure = [f for f in found if f.info.strength is Strength.CONFIRMED]
    return (*apply((HALF_HIT,), p), *sure) if sure else ()
