"""Rules about datagrams: calls. Silence of a call server alone never accuses anybody.

Many servers never answer strangers, many networks close ports for everybody: what convicts is an
asymmetry at the same address and port.
"""

from msgprobe.evidence.call_servers import bound
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import networks
from msgprobe.evidence.lasting import lasts
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.rule import (
    BLOCKED,
    LIKELY_BLOCKED,
    LIKELY_IMPAIRED,
    UNCLEAR,
    Cited,
    PoolRule,
)
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer

_BLOCKED = BLOCKED.at(Layer.PROTOCOL)
_UNCLEAR = UNCLEAR.at(Layer.PROTOCOL)

STUN = "stun"


def _silent(p: PoolFacts) -> tuple[Conversation, ...]:
    """Every attempt at every call server of the pool, all silent and repeated."""
    if p.ok or not p.failing:
        return ()
    views = [a for e in p.failing if not e.endpoint.reserve for a in e.addresses if a.failed]
    calls = all(e.endpoint.check == STUN for e in p.failing)
    if not calls or not views:
        return ()
    if any(a.symptom != "udp.timeout" or not a.repeated for a in views):
        return ()
    return tuple(t for a in views for t in a.failed)


def _answered_otherwise(p: PoolFacts, arm: Arm) -> tuple[Conversation, ...]:
    """Silent attempts and, at the same address in between, an answer to what ``arm`` changed; none
    where neutral servers are silent now and then as well."""
    cited: list[Conversation] = []
    silent = () if p.connection.calls.wavers else _silent(p)
    for other in p.probes(arm):
        mine = [t for t in silent if t.address == other.address]
        if bound(other) and mine and other.protocol_end <= max(t.protocol_start for t in mine):
            cited += (*mine, other)
    return tuple(dict.fromkeys(cited))


def _other_form(p: PoolFacts) -> Cited:
    return _answered_otherwise(p, Arm.OTHER_PAYLOAD) if p.connection.controls_hold else ()


def _recognised_everywhere(p: PoolFacts) -> Cited:
    silent, calls = _silent(p), p.connection.calls
    if not silent or not calls.recognised or not p.connection.controls_hold or calls.answered():
        return ()
    return (*silent, *calls.recognised)


def _over_tcp(p: PoolFacts) -> Cited:
    """Alive over TCP, silent over UDP, and neutral servers on the port answer over UDP meanwhile.

    Silent in every form: else it is not UDP that is dropped. Under two names: the servers of one
    may have stopped to answer strangers over UDP. For longer than servers take to be begun again:
    those that answer over TCP need not be the same.
    """
    if any(bound(t) for t in p.probes(Arm.OTHER_PAYLOAD)):
        return ()
    cited = _answered_otherwise(p, Arm.OTHER_TRANSPORT)
    if not lasts(t for t in cited if t.met_silence):
        return ()
    since = min((t.protocol_start for t in _silent(p)), default=0.0)
    neutral = [t for t in _neutral_on_port(p) if t.protocol_start >= since]
    if len(p.connection.calls.networks(neutral)) < 2 or not p.connection.controls_hold:
        return ()
    names = {t.flow.host or t.address for t in cited}
    return (*cited, *neutral) if len(networks(cited)) >= 2 and len(names) >= 2 else ()


def _neutral_on_port(p: PoolFacts) -> tuple[Conversation, ...]:
    ports = {e.endpoint.port for e in p.failing}
    return tuple(t for port in sorted(ports) for t in p.connection.calls.answered(port))


def _nothing_passes(p: PoolFacts) -> Cited:
    silent, calls = _silent(p), p.connection.calls
    return (*silent, *calls.silent()) if silent and calls.nothing_passes else ()


def _port_closed(p: PoolFacts) -> Cited:
    """Neutral servers answer on other ports, and none on those of the service."""
    silent, calls = _silent(p), p.connection.calls
    ports = {e.endpoint.port for e in p.failing}
    there = tuple(t for port in sorted(ports) for t in calls.silent(port))
    if not silent or not calls.answered() or _neutral_on_port(p):
        return ()
    return (*silent, *there, *calls.answered()) if len(calls.networks(there)) >= 2 else ()


UDP_RULES: tuple[PoolRule, ...] = (
    _BLOCKED.rule("udp.stun.other_form", "udp.stun", holds=_other_form),
    _BLOCKED.rule("udp.stun.everywhere", "udp.stun", holds=_recognised_everywhere),
    LIKELY_BLOCKED.at(Layer.PROTOCOL).rule("udp.drop.transport", "udp.drop", holds=_over_tcp),
    _UNCLEAR.rule("udp.policy", holds=_nothing_passes),
    _UNCLEAR.rule("udp.port", holds=_port_closed),
    _UNCLEAR.rule("udp.unanswered", holds=_silent),
)

CALL_LOSS: PoolRule = LIKELY_IMPAIRED.at(Layer.PROTOCOL).rule(
    "udp.loss", holds=lambda p: p.connection.calls.losing(p.probes(Arm.TRAIN)) if p.ok else ()
)
