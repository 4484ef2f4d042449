"""The shape of a verdict rule: data with a stable id, and the evidence that makes it hold.

What a rule proves, and how that is said, stands by its id in `msgprobe.report.sentences`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from msgprobe.evidence.facts import Seen, transactions
from msgprobe.evidence.pool import PoolFacts
from msgprobe.model.dataclass import dataclass
from msgprobe.model.rule import RuleInfo
from msgprobe.model.verdict import Layer, Outcome, State, Strength

RULES_VERSION = 54
"""Raised whenever a rule is added, or changed under a new id."""

CHANGED: Mapping[str, int] = {
    "down.server_errors": 8,
    "ok.with_error": 8,
    "ok.other_resolver": 22,
    "pool.some_members": 52,
    "pool.one_member": 29,
    "pool.half": 52,
    "pool.half_hit": 52,
    "controls.failed": 52,
    "udp.stun": 22,
    "tls.same_address": 52,
    "tls.mitm": 34,
    "tls.inspection": 12,
    "tls.store_age": 12,
    "connection.portal": 12,
    "connection.dns_lies": 47,
    "connection.allowlist": 47,
    "connection.bad_link": 47,
    "connection.online": 47,
    "tls.early": 52,
    "tls.fingerprint": 52,
    "tcp.timeout": 52,
    "tcp.refused": 52,
    "ip.unreachable": 52,
    "dns.injection": 51,
    "dns.servfail": 46,
    "dns.timeout": 46,
    "protocol.mtproto": 23,
    "protocol.elsewhere": 24,
    "protocol.noise": 22,
    "udp.drop": 39,
    "tls.modern": 43,
    "throttle.name": 50,
    "throttle.name_loss": 50,
    "throttle.losses": 38,
    "throttle.address": 50,
    "tcp.loss": 39,
    "transfer.cut": 29,
    "transfer.freeze": 29,
    "transfer.broken": 29,
    "transfer.broken_alone": 34,
    "transfer.dies": 53,
    "transfer.once_as_others": 32,
    "transfer.nothing": 8,
    "transfer.stopped": 47,
    "speed.lossy": 48,
    "speed.name_loss": 50,
    "speed.slow": 18,
    "speed.undecided": 18,
    "dns.nxdomain": 46,
    "dns.refused": 46,
    "dns.led_inside": 13,
    "tls.share": 54,
    "tls.sni": 52,
    "tls.conn_count": 38,
    "tls.post_handshake": 25,
    "tls.residual": 13,
    "quic.sni": 13,
    "quic.sni_here": 40,
    "second.path": 46,
    "second.report": 46,
}
"""Families of rules (the first two parts of their ids) that mean, or take, something else since
that version: what was counted before says nothing about them."""

Cited = Iterable[Seen]
Evidence = tuple[int, ...]
Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[Subject]):
    """``holds`` returns the transactions it rests on; None means that the rule does not apply."""

    info: RuleInfo
    holds: Callable[[Subject], Evidence | None]


PoolRule = Rule[PoolFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that holds, with the transactions it rests on."""

    info: RuleInfo
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Word:
    """What rules say: the outcome, how sure it is, and at which layer it was seen."""

    outcome: Outcome | State | None
    strength: Strength | None
    layer: Layer = Layer.CONNECTION

    def at(self, layer: Layer) -> "Word":
        """The same word about another layer."""
        return replace(self, layer=layer)

    def info(self, rule_id: str, mechanism: str | None = None) -> RuleInfo:
        """A rule that says it, as others may read it."""
        return RuleInfo(
            rule_id=rule_id,
            layer=self.layer,
            outcome=self.outcome,
            strength=self.strength,
            mechanism=mechanism,
        )

    def rule(
        self,
        rule_id: str,
        mechanism: str | None = None,
        *,
        holds: Callable[[Subject], Cited],
    ) -> Rule[Subject]:
        """A rule that says it where ``holds`` cites anything."""
        info = self.info(rule_id, mechanism)
        return Rule(info=info, holds=lambda subject: transactions(holds(subject)) or None)

    def rules(
        self,
        family: str,
        mechanisms: Mapping[str, str],
        *,
        holds: Callable[[str], Callable[[Subject], Cited]],
    ) -> tuple[Rule[Subject], ...]:
        """A rule for each symptom, with the mechanism that it is called by. Their ids are
        ``family`` with the symptom for ``{symptom}``, or for ``{kind}`` without its ``tls.``."""
        return tuple(
            self.rule(
                family.format(symptom=symptom, kind=symptom.removeprefix("tls.")),
                mechanism,
                holds=holds(symptom),
            )
            for symptom, mechanism in mechanisms.items()
        )


BLOCKED = Word(Outcome.BLOCKED, Strength.CONFIRMED)
LIKELY_BLOCKED = Word(Outcome.BLOCKED, Strength.LIKELY)
IMPAIRED = Word(Outcome.DEGRADED, Strength.CONFIRMED)
LIKELY_IMPAIRED = Word(Outcome.DEGRADED, Strength.LIKELY)
DOWN = Word(Outcome.DOWN, Strength.CONFIRMED)
LIKELY_DOWN = Word(Outcome.DOWN, Strength.LIKELY)
WORKS = Word(Outcome.OK, Strength.CONFIRMED)
LIKELY_WORKS = Word(Outcome.OK, Strength.LIKELY)
UNCLEAR = Word(Outcome.INCONCLUSIVE, None)
NOT_TESTED = Word(Outcome.NOT_TESTED, None)
REMARK = Word(None, None)
"""Adds to a word that another rule gives, and has none of its own."""


def apply(rules: Iterable[Rule[Subject]], subject: Subject) -> tuple[Finding, ...]:
    """Every rule that holds, in the order of the table."""
    found = ((entry.info, entry.holds(subject)) for entry in rules)
    return tuple(Finding(info=info, evidence=cited) for info, cited in found if cited is not None)


def first_holding(rules: Iterable[Rule[Subject]], subject: Subject) -> Finding | None:
    """The first rule that holds: the others are not asked."""
    for entry in rules:
        cited = entry.holds(subject)
        if cited is not None:
            return Finding(info=entry.info, evidence=cited)
    return None
