"""The word for the connection itself, and the remarks beside it."""

from collections.abc import Callable
from functools import partial

from msgprobe.evidence import clock
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.cut_places import cut_alike
from msgprobe.evidence.line import capped_line, slow_abroad, slow_line
from msgprobe.evidence.six import lossy_six
from msgprobe.evidence.state_roots import STATE_ROOTS, foreign_state_roots
from msgprobe.hypotheses.connection.rules import (
    CONNECTION_RULES,
    LOSSY,
    nothing_beyond,
    small_segments_alone,
)
from msgprobe.hypotheses.quic.rules import quic_answers, quic_blocked
from msgprobe.hypotheses.rule import Finding, Word, first_holding
from msgprobe.model.message import message
from msgprobe.model.rule import RuleInfo
from msgprobe.model.target import Direction
from msgprobe.model.verdict import ConnectionVerdict, State, Strength

UNKNOWN = Word(State.NO_INTERNET, Strength.LIKELY).info(
    "connection.untested",
)

NO_CONTROLS = Word(State.UNKNOWN, Strength.LIKELY).info(
    "connection.no_controls",
)


def _no_calls(g: ConnectionFacts) -> bool:
    """No neutral call server answers, in whatever form."""
    return g.calls.nothing_passes and not g.calls.recognised


def _dns_intercepted(g: ConnectionFacts) -> bool:
    """Some name of a service got an answer over UDP that its resolver does not give over TCP."""
    hosts = {e.host for s in g.facts.services for e in s.endpoints if e.host is not None}
    return any(g.facts.name(host).intercepted for host in sorted(hosts))


def _named(note: str, g: ConnectionFacts) -> bool:
    """A state's authority signs here for names that are not its own country's."""
    return note in foreign_state_roots(g.facts)


def _works(g: ConnectionFacts) -> bool:
    """Something abroad answers."""
    return bool(g.networks(g.abroad))


def _encrypted_dns_blocked(g: ConnectionFacts) -> bool:
    """Encrypted resolvers fail, and not for a reason that fells ClientHellos of all kinds."""
    otherwise = g.inspector or small_segments_alone(g) or g.facts.other_shape
    return _works(g) and g.doh_blocked and not otherwise


def _proxies(g: ConnectionFacts) -> bool:
    return g.facts.local is not None and bool(g.facts.local.proxies)


def _six_missing(g: ConnectionFacts) -> bool:
    return g.facts.local is not None and not g.facts.local.route6 and g.facts.local.route4


NOTES: dict[str, Callable[[ConnectionFacts], object]] = {
    "clock_skew": lambda g: g.clock_wrong or abs(g.clock_offset or 0.0) > clock.TOLERANCE,
    "tls_inspection": lambda g: g.inspector is not None,
    **{note: partial(_named, note) for note in STATE_ROOTS},
    "own_roots": lambda g: g.facts.local is not None and g.facts.local.own_roots,
    "vpn": lambda g: g.facts.local is not None and g.facts.local.tunnel,
    "proxy_configured": lambda g: _works(g) and _proxies(g),
    "proxy_only": lambda g: _proxies(g) and nothing_beyond(g) is not None,
    "ipv6_missing": _six_missing,
    "ipv6_broken": lambda g: _works(g) and g.six_broken,
    "ipv6_lossy": lambda g: _works(g) and bool(lossy_six(g.facts)),
    "udp_blocked": lambda g: _works(g) and _no_calls(g) and not quic_answers(g),
    "stun_blocked": lambda g: _works(g) and _no_calls(g) and quic_answers(g),
    "stun_recognised": lambda g: _works(g) and g.calls.nothing_passes and g.calls.recognised,
    "quic_blocked": quic_blocked,
    "encrypted_dns_blocked": _encrypted_dns_blocked,
    "transparent_dns": lambda g: g.transparent_dns,
    "dns_intercepted": _dns_intercepted,
    "plain_http_tampered": lambda g: _works(g) and g.tampered,
    "tls_fingerprint": lambda g: g.facts.other_shape,
    "mtu_black_hole": small_segments_alone,
    "pq_intolerant": lambda g: _works(g) and g.big_hello_dies and not small_segments_alone(g),
    "plan_cap": lambda g: _works(g) and capped_line(g.facts),
    "networks_cut": lambda g: any(cut_alike(g.facts, way) for way in Direction),
    "slow_line": lambda g: slow_line(g.facts),
    "slow_abroad": lambda g: slow_abroad(g.facts),
    "lossy": lambda g: _works(g) and g.retransmitted >= LOSSY / 2,
}
"""Remarks that change no word, by their stable names, and when each is made."""


def notes(g: ConnectionFacts) -> tuple[str, ...]:
    """The remarks to make, in the order of the table."""
    return tuple(name for name, holds in NOTES.items() if holds(g))


def _untold(g: ConnectionFacts) -> RuleInfo:
    """Why nothing is said: there was nothing to ask, or it was not asked."""
    return NO_CONTROLS if g.facts.evidence.controls.empty else UNKNOWN


def judge_connection(g: ConnectionFacts) -> ConnectionVerdict:
    """The first rule that holds gives the state; without any evidence nothing is claimed."""
    found = first_holding(CONNECTION_RULES, g) or Finding(info=_untold(g), evidence=())
    assert isinstance(found.info.outcome, State)
    return ConnectionVerdict(
        state=found.info.outcome,
        strength=found.info.strength or Strength.LIKELY,
        notes=notes(g),
        why=(message(found.info.rule_id),),
        rules=(found.info.rule_id,),
        evidence=found.evidence,
    )
