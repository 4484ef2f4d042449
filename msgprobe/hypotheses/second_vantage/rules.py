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


_OWN_DOING = (
    "(A service that itself turns this network away, or fails in this region alone, would look the "
    "same.)"
)
_LATER = (
    "(An outage that began since would look the same; whether that report was made on another "
    "network is for you to know.)"
)


def _reached_rules() -> Iterator[PoolRule]:
    for symptom, (mechanism, layer, what) in vantage.SYMPTOMS.items():
        yield LIKELY_BLOCKED.at(layer).rule(
            f"second.path.{symptom}",
            mechanism,
            licence="a second vantage reaches the same address while repeats from here fail, before"
            " and after",
            why=f"{what} from here in repeated tries, also after the genuine service had answered "
            f"at the same address through your proxy: it is not down. {_OWN_DOING}",
            holds=vantage.reached(symptom),
        )
    for mechanism in vantage.NAMES:
        yield _LIKELY_BLOCKED_DNS.rule(
            f"second.path.{mechanism}",
            mechanism,
            licence="a second vantage reaches the name that this connection's resolver denies, "
            "before and after",
            why="This connection's resolver denies the name and serves neutral ones; through your "
            "proxy the name leads to the genuine service.",
            holds=vantage.name_reached(mechanism),
        )


def _report_rules() -> Iterator[PoolRule]:
    for symptom, (mechanism, layer, what) in vantage.SYMPTOMS.items():
        yield LIKELY_BLOCKED.at(layer).rule(
            f"second.report.{symptom}",
            mechanism,
            licence="a report of the last day, made elsewhere, reached the same endpoint",
            why=f"{what} from here in repeated tries; in the report for comparison the genuine "
            f"service answers. {_LATER}",
            holds=vantage.report_reached(symptom),
        )
    for mechanism in vantage.NAMES:
        yield _LIKELY_BLOCKED_DNS.rule(
            f"second.report.{mechanism}",
            mechanism,
            licence="a report of the last day, made elsewhere, reached the endpoint whose name this"
            " connection's resolver denies",
            why="This connection's resolver denies the name and serves neutral ones; in the report "
            f"for comparison the genuine service answers. {_LATER}",
            holds=vantage.report_name_reached(mechanism),
        )
    yield LIKELY_BLOCKED.at(Layer.PROTOCOL).rule(
        "second.report.udp",
        "udp.drop",
        licence="a report of the last day, made elsewhere, got an answer of the same call server; "
        "neutral ones in two networks answer on that port here",
        why="Its call server never answers here, while neutral ones on that port do; in the report "
        f"for comparison it answers. {_LATER}",
        holds=vantage.report_calls_reached,
    )


REACHED_RULES: tuple[PoolRule, ...] = tuple(_reached_rules())

PATH_ALIKE: PoolRule = _LIKELY_DOWN.rule(
    "second.path.alike",
    licence="a second vantage that reaches neutral sites fails alike, repeatedly",
    why="It fails alike through your proxy, which reaches neutral sites: the fault is probably "
    "the service's. (A proxy behind the same censor would look the same.)",
    holds=vantage.fails_alike,
)

REPORT_REACHED_RULES: tuple[PoolRule, ...] = tuple(_report_rules())

REPORT_ALIKE: PoolRule = _LIKELY_DOWN.rule(
    "second.report.alike",
    licence="a report of the last day, made elsewhere on a connection that was fine, fails alike",
    why="It fails alike in the report for comparison, whose connection was fine: the fault is "
    "probably the service's, if that report was made on another network, which is for you to "
    "know.",
    holds=vantage.report_alike,
)

SECOND_RULES: tuple[PoolRule, ...] = (
    *REACHED_RULES,
    PATH_ALIKE,
    *REPORT_REACHED_RULES,
    REPORT_ALIKE,
)
