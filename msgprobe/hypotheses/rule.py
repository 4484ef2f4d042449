"""The shape of a verdict rule: data with a stable id, and the evidence that makes it hold."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import transactions
from msgprobe.evidence.pool import PoolFacts
from msgprobe.model.observation import DnsObservation
from msgprobe.model.rule import RuleInfo
from msgprobe.model.verdict import Layer, Outcome, Strength

RULES_VERSION = 10
"""Raised whenever a rule is added, or changed under a new id."""

CHANGED: Mapping[str, int] = {
    "down.server_errors": 8,
    "ok.with_error": 8,
    "pool.some_members": 8,
    "pool.one_member": 8,
    "tls.same_address": 8,
    "tls.mitm": 8,
    "tls.early": 9,
    "tls.fingerprint": 9,
    "tcp.timeout": 8,
    "dns.injection": 8,
    "dns.servfail": 8,
    "dns.timeout": 8,
    "protocol.mtproto": 9,
    "protocol.noise": 9,
    "udp.drop": 8,
    "throttle.name": 8,
    "transfer.freeze": 8,
    "transfer.nothing": 8,
    "speed.slow": 8,
}
"""Families of rules (the first two parts of their ids) that mean, or take, something else since
that version: what was counted before says nothing about them."""

Cited = Iterable[Conversation | DnsObservation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``holds`` returns what it rests on; nothing means that the rule does not apply."""

    info: RuleInfo
    holds: Callable[[PoolFacts], Cited]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that holds, with the transactions it rests on."""

    info: RuleInfo
    evidence: tuple[int, ...]


def rule(
    rule_id: str,
    layer: Layer,
    outcome: Outcome | None,
    strength: Strength | None,
    *,
    licence: str,
    why: str,
    holds: Callable[[PoolFacts], Cited],
    mechanism: str | None = None,
) -> Rule:
    """A rule; ``why`` may use ``{ok}``, ``{tested}`` and ``{pool}``."""
    info = RuleInfo(
        rule_id=rule_id,
        layer=layer,
        outcome=outcome,
        strength=strength,
        mechanism=mechanism,
        licence=licence,
        why=why,
    )
    return Rule(info=info, holds=holds)


def apply(rules: Iterable[Rule], pool: PoolFacts) -> tuple[Finding, ...]:
    """Every rule that holds, in the order of the table."""
    found = []
    for entry in rules:
        cited = tuple(entry.holds(pool))
        if cited:
            found.append(Finding(info=entry.info, evidence=transactions(cited)))
    return tuple(found)
