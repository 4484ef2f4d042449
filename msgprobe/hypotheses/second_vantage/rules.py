"""Rules about a second vantage: the user's proxy, or a report that was made elsewhere.

It tells an outage from blocking where the connection alone cannot: what answers there is not down,
what fails there alike probably is. Neither is ever more than likely: a service may turn away one
network itself, or fail in one region, and the second vantage may lie behind the same censor.
"""

from collections.abc import Iterator, Sequence

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.rule import LIKELY_BLOCKED, LIKELY_DOWN, Finding, PoolRule, apply
from msgprobe.hypotheses.second_vantage import facts as vantage
from msgprobe.model.task import Role
from msgprobe.model.verdict import Layer, Strength

_LIKELY_BLOCKED_DNS = LIKELY_BLOCKED.at(Layer.DNS)
_LIKELY_DOWN = LIKELY_DOWN.at(Layer.CONNECTION)

PROXY_FAILED = "second_path_failed"
TOO_OLD = "report_too_old"


def second_vantage(p: PoolFacts) -> tuple[Finding, ...]:
    """What the second vantage says: findings of one word, or none.

    A proxy that reaches it outweighs everything; where a proxy does not and a report does, the two
    contradict each other and nothing is said.
    """
    answers, alike = apply(REACHED_RULES, p), apply((PATH_ALIKE,), p)
    if answers:
        return answers
    told = apply(REPORT_REACHED_RULES, p)
    if alike:
        return () if told else alike[:1]
    return told or apply((REPORT_ALIKE,), p)[:1]


def may_be_outage(found: Sequence[Finding]) -> bool:
    """All that accuses is likely at most, and an outage would look like it."""
    return all(
        f.info.strength is not Strength.CONFIRMED and f.info.mechanism in vantage.QUIET
        for f in found
    )


def second_notes(facts: Facts) -> list[str]:
    """Remarks on a second vantage that could tell nothing."""
    controls = [t for t in facts.second if t.task.role is Role.CONTROL and vantage.ran(t)]
    found = [PROXY_FAILED] if controls and not any(t.genuine for t in controls) else []
    old = any(not vantage.fresh(r) for r in facts.evidence.elsewhere)
    return [*found, TOO_OLD] if old else found


def _reached_rules() -> Iterator[PoolRule]:
    for symptom, (mechanism, layer) in vantage.SYMPTOMS.items():
        yield LIKELY_BLOCKED.at(layer).rule(
            f"second.path.{symptom}", mechanism, holds=vantage.reached(symptom)
        )
    for mechanism in vantage.NAMES:
        yield _LIKELY_BLOCKED_DNS.rule(
            f"second.path.{mechanism}", mechanism, holds=vantage.name_reached(mechanism)
        )


def _report_rules() -> Iterator[PoolRule]:
    for symptom, (mechanism, layer) in vantage.SYMPTOMS.items():
        yield LIKELY_BLOCKED.at(layer).rule(
            f"second.report.{symptom}", mechanism, holds=vantage.report_reached(symptom)
        )
    for mechanism in vantage.NAMES:
        yield _LIKELY_BLOCKED_DNS.rule(
            f"second.report.{mechanism}", mechanism, holds=vantage.report_name_reached(mechanism)
        )
    yield LIKELY_BLOCKED.at(Layer.PROTOCOL).rule(
        "second.report.udp", "udp.drop", holds=vantage.report_calls_reached
    )


REACHED_RULES: tuple[PoolRule, ...] = tuple(_reached_rules())

PATH_ALIKE: PoolRule = _LIKELY_DOWN.rule("second.path.alike", holds=vantage.fails_alike)

REPORT_REACHED_RULES: tuple[PoolRule, ...] = tuple(_report_rules())

REPORT_ALIKE: PoolRule = _LIKELY_DOWN.rule("second.report.alike", holds=vantage.report_alike)

SECOND_RULES: tuple[PoolRule, ...] = (
    *REACHED_RULES,
    PATH_ALIKE,
    *REPORT_REACHED_RULES,
    REPORT_ALIKE,
)
