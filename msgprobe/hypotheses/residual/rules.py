"""Something on the way strikes at a messenger's own protocol: sooner than its server could, or its
servers die one by one while others go on answering."""

from collections.abc import Callable

from msgprobe.evidence.facts import TRIES, networks
from msgprobe.evidence.luck import too_early
from msgprobe.evidence.pool import AddressFacts, PoolFacts
from msgprobe.hypotheses.rule import BLOCKED, LIKELY_IMPAIRED, REMARK, Cited, PoolRule
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer


def _struck(address: AddressFacts, symptom: str) -> bool:
    """It connected, fell silent at the first words, and its port never connected again, while
    another port of the same machine did."""
    if len(address.own) < TRIES:
        return False
    first, *later = sorted(address.own, key=lambda t: t.task.attempt)
    silent = first.connected and first.symptom == symptom
    silent = silent and first.met_silence
    alive = any(t.task.arm is Arm.OTHER_PORT and t.connected for t in address.probes)
    return silent and alive and all(t.symptom == "tcp.timeout" for t in later)


def _hits(p: PoolFacts, symptom: str) -> list[AddressFacts]:
    views = [a for m in p.members for e in m.endpoints for a in e.addresses]
    return [a for a in views if _struck(a, symptom)]


def _some_die(p: PoolFacts) -> Cited:
    """Two servers or more of the service, in two networks, one of them of this pool."""
    if not p.connection.controls_hold:
        return ()
    symptom = "protocol.mtproto"
    mine = _hits(p, symptom)
    every = [*mine, *(a for other in p.beside for a in _hits(other, symptom))]
    cited = [t for a in every for t in (*a.own, *a.probes)]
    return cited if mine and len(networks(cited)) >= 2 else ()


SOME_DIE: PoolRule = LIKELY_IMPAIRED.at(Layer.PROTOCOL).rule(
    "protocol.mtproto.some_die", "protocol.mtproto", holds=_some_die
)


def _early(symptom: str) -> Callable[[PoolFacts], Cited]:
    """Its first words were answered by an end, sooner than the path to that very address allows."""

    def holds(p: PoolFacts) -> Cited:
        struck = [a for e in p.failing for a in e.addresses if a.symptom == symptom]
        ends = ([t for t in a.failed if t.symptom == symptom] for a in struck)
        return too_early(p.facts, ends)

    return holds


EARLY_RULES: tuple[PoolRule, ...] = BLOCKED.at(Layer.PROTOCOL).rules(
    "{symptom}.early",
    {symptom: symptom for symptom in ("protocol.mtproto", "protocol.noise")},
    holds=_early,
)


def _residual(p: PoolFacts) -> Cited:
    """The same four-tuple stays dead for a neutral name; a fresh port is answered at once."""
    tuples = p.probes(Arm.SAME_TUPLE)
    swaps = {t.address for t in p.probes(Arm.OTHER_SNI) if t.answered_tls}
    # Paired by task: redaction takes the port numbers away.
    first = {t.task.pair: t for t in tuples if t.flow.server_name == t.flow.host}
    for t in tuples:
        before = first.get(t.task.pair)
        dead = t.address in swaps and t.symptom in ("tls.timeout", "tcp.timeout")
        if dead and before is not None and before is not t and before.symptom is not None:
            yield from (before, t)


SAME_TUPLE: PoolRule = REMARK.at(Layer.TLS).rule("tls.residual", holds=_residual)
"""Adds to a blocking that other rules have licensed; alone it says nothing."""
