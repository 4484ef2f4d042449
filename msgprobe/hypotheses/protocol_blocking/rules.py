"""Rules about the messengers' own first words, on connections that stand."""

from collections.abc import Callable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES, networks
from msgprobe.evidence.lasting import lasts
from msgprobe.evidence.own_words import filtered, unheard
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.rule import BLOCKED, LIKELY_BLOCKED, UNCLEAR, Cited, PoolRule
from msgprobe.model.observation import Proof
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer

OWN_PROTOCOLS = ("mtproto", "noise")
"""Messengers' own protocols whose filtering is called by its name."""


def _other_words(protocol: str) -> Callable[[PoolFacts], Cited]:
    """The messenger's own words get nothing where another protocol is answered, and its servers are
    of no use for longer than they take to be begun again: those that answer the other one need not
    be the same."""

    def holds(p: PoolFacts) -> Cited:
        if p.with_symptom("protocol.impostor"):
            return ()
        other = [t for t in p.probes(Arm.OTHER_PAYLOAD) if t.http is not None and t.http.status]
        both = {t.address for t in other}
        hit = [t for t in p.with_symptom(f"protocol.{protocol}") if t.address in both]
        if p.ok or len(networks(hit)) < 2 or not p.connection.controls_hold or not p.still_known:
            return ()
        every = [t for e in p.failing for a in e.addresses for t in a.failed]
        return (*hit, *other) if lasts(every) else ()

    return holds


def _other_form(protocol: str) -> Callable[[PoolFacts], Cited]:
    """The protocol dies repeatedly in the form that the apps use; in between, the same addresses
    prove in another form that they are the service's (in between: else an outage that ended in
    time for the second form would look the same)."""

    def holds(p: PoolFacts) -> Cited:
        if p.ok or not p.connection.controls_hold:
            return ()
        cited: list[Conversation] = []
        for view in (a for e in p.failing for a in e.addresses):
            if view.symptom != f"protocol.{protocol}" or not view.repeated:
                continue
            last = max(t.dialled for t in view.failed)
            other = [t for t in view.probes if _proved(t) and t.protocol_end <= last]
            cited += (*view.failed, *other) if other else ()
        return cited if len(networks(cited)) >= 2 else ()

    return holds


def _elsewhere(protocol: str) -> Callable[[PoolFacts], Cited]:
    """The protocol's first words get to no neutral server either, where TLS does in the same
    seconds."""

    def holds(p: PoolFacts) -> Cited:
        hit = [t for t in p.with_symptom(f"protocol.{protocol}") if unheard(t)]
        if p.ok or len(hit) < TRIES or not p.connection.controls_hold:
            return ()
        away = filtered(p.probes(Arm.WORDS_ELSEWHERE), p.facts.arm(Arm.WORDS_NEUTRAL))
        return (*hit, *away) if away else ()

    return holds


def _proved(conversation: Conversation) -> bool:
    """Another form of the service's own protocol, up to the proof of its key."""
    spoken = conversation.task.arm is Arm.OTHER_PAYLOAD and conversation.protocol is not None
    return spoken and conversation.genuine and conversation.proof >= Proof.CRYPTO


PROTOCOL_RULES: tuple[PoolRule, ...] = (
    BLOCKED.at(Layer.PROTOCOL).rule(
        "protocol.mtproto.other_form", "protocol.mtproto", holds=_other_form("mtproto")
    ),
    LIKELY_BLOCKED.at(Layer.PROTOCOL).rule(
        "protocol.mtproto.other_words", "protocol.mtproto", holds=_other_words("mtproto")
    ),
    *LIKELY_BLOCKED.at(Layer.PROTOCOL).rules(
        "protocol.elsewhere.{symptom}",
        {name: f"protocol.{name}" for name in OWN_PROTOCOLS},
        holds=_elsewhere,
    ),
    UNCLEAR.at(Layer.PROTOCOL).rule(
        "protocol.impostor", holds=lambda p: () if p.ok else p.with_symptom("protocol.impostor")
    ),
)
