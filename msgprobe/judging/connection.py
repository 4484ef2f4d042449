"""The word for the connection itself, and the remarks beside it."""

from msgprobe.evidence.connection import CLOCK_TOLERANCE, Gate
from msgprobe.evidence.line import capped_line, slow_abroad, slow_line
from msgprobe.hypotheses.connection.rules import (
    CONNECTION_RULES,
    LOSSY,
    nothing_beyond,
    small_segments_alone,
)
from msgprobe.hypotheses.quic.rules import quic_answers, quic_blocked
from msgprobe.model.rule import RuleInfo
from msgprobe.model.verdict import ConnectionVerdict, Layer, State, Strength

UNKNOWN = RuleInfo(
    rule_id="connection.untested",
    layer=Layer.CONNECTION,
    outcome=State.NO_INTERNET,
    strength=Strength.LIKELY,
    mechanism=None,
    licence="nothing was measured",
    why="The connection was not tested long enough to say anything.",
)


def _no_calls(g: Gate) -> bool:
    """No neutral call server answers, in whatever form."""
    return g.calls.nothing_passes and not g.calls.recognised


def _dns_intercepted(g: Gate) -> bool:
    """Some name of a service got an answer over UDP that its resolver does not give over TCP."""
    hosts = {e.host for s in g.facts.services for e in s.endpoints if e.host is not None}
    return any(g.facts.name(host).intercepted for host in sorted(hosts))


def notes(g: Gate) -> tuple[str, ...]:
    """Remarks that change no word, as stable identifiers in a fixed order."""
    local = g.facts.local
    works = bool(g.networks(g.abroad))
    offset = g.clock_offset
    found = {
        "clock_skew": offset is not None and abs(offset) > CLOCK_TOLERANCE,
        "tls_inspection": g.inspector is not None,
        "own_roots": local is not None and local.own_roots,
        "vpn": local is not None and local.tunnel,
        "proxy_configured": works and local is not None and bool(local.proxies),
        "proxy_only": local is not None and bool(local.proxies) and nothing_beyond(g) is not None,
        "ipv6_missing": local is not None and not local.route6 and local.route4,
        "ipv6_broken": works and g.six_broken,
        "udp_blocked": works and _no_calls(g) and not quic_answers(g),
        "stun_blocked": works and _no_calls(g) and quic_answers(g),
        "stun_recognised": works and g.calls.nothing_passes and bool(g.calls.recognised),
        "quic_blocked": quic_blocked(g),
        "encrypted_dns_blocked": works
        and g.doh_blocked
        and not (g.inspector or small_segments_alone(g) or g.facts.other_shape),
        "transparent_dns": bool(g.transparent_dns),
        "dns_intercepted": _dns_intercepted(g),
        "plain_http_tampered": works and bool(g.tampered),
        "tls_fingerprint": bool(g.facts.other_shape),
        "mtu_black_hole": small_segments_alone(g),
        "pq_intolerant": works and bool(g.big_hello_dies) and not small_segments_alone(g),
        "plan_cap": works and bool(capped_line(g.facts)),
        "slow_line": bool(slow_line(g.facts)),
        "slow_abroad": bool(slow_abroad(g.facts)),
        "lossy": works and g.retransmitted >= LOSSY / 2,
    }
    return tuple(name for name, holds in found.items() if holds)


def judge_connection(g: Gate) -> ConnectionVerdict:
    """The first rule that holds gives the state; without any evidence nothing is claimed."""
    for rule in CONNECTION_RULES:
        evidence = rule.holds(g)
        if evidence is not None:
            assert isinstance(rule.info.outcome, State)
            return ConnectionVerdict(
                state=rule.info.outcome,
                strength=rule.info.strength or Strength.LIKELY,
                notes=notes(g),
                why=rule.info.why,
                rules=(rule.info.rule_id,),
                evidence=evidence,
            )
    return ConnectionVerdict(
        state=State.NO_INTERNET, notes=notes(g), why=UNKNOWN.why, rules=(UNKNOWN.rule_id,)
    )
