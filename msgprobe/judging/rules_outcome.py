"""Rules for the other words: ok, down, and the reasons for being inconclusive."""

from collections.abc import Callable, Iterable

from msgprobe.evidence import local_filters
from msgprobe.evidence.dead_places import dead_by_luck
from msgprobe.evidence.facts import OWN_ARMS, Seen
from msgprobe.evidence.inside import carried, misled, tunnelled
from msgprobe.evidence.luck import lost_alike
from msgprobe.evidence.misdirection import misdirected
from msgprobe.evidence.pool import EndpointFacts, PoolFacts
from msgprobe.hypotheses.dns_tampering.rules import DNS_RULES
from msgprobe.hypotheses.rule import (
    LIKELY_WORKS,
    NOT_TESTED,
    UNCLEAR,
    WORKS,
    Cited,
    PoolRule,
    apply,
)
from msgprobe.hypotheses.service_outage.rules import WITH_ERROR, only_errors
from msgprobe.judging.rules_members import enough, main_way
from msgprobe.model.failure import Failure
from msgprobe.model.message import message
from msgprobe.model.observation import Proof
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer

_LIKELY_WORKS = LIKELY_WORKS.at(Layer.DNS)
_UNCLEAR_CONNECTION = UNCLEAR.at(Layer.CONNECTION)
_UNCLEAR_TLS = UNCLEAR.at(Layer.TLS)
_UNTESTED = NOT_TESTED.at(Layer.CONNECTION)


def _authenticated(p: PoolFacts) -> Cited:
    if not enough(p) or p.proof < Proof.CRYPTO or only_errors(p) or not main_way(p):
        return ()
    return p.genuine


def _own_protocol(p: PoolFacts) -> Cited:
    if not enough(p) or p.proof >= Proof.CRYPTO or not main_way(p):
        return ()
    return p.genuine


def _gone(p: PoolFacts) -> Cited:
    """Every tested member's name has left the DNS for good."""
    gone = [m for m in p.members if m.gone]
    if p.tested or not gone:
        return ()
    return [o for m in gone for e in m.tested if e.name for o in e.name.absent]


def _hidden_by(note: str, p: PoolFacts) -> Cited:
    """Failing names that the user's own filter or hosts file hides; enough of them, tried at the
    addresses that others give, work."""
    named = [(e, e.name) for e in p.failing if e.name is not None]
    if (
        p.ok
        or not named
        or any(local_filters.own_filter(p.facts, name) != note for _, name in named)
    ):
        return ()
    elsewhere = [e for e, _ in named if e.genuine_elsewhere]
    if len({e.endpoint.member for e in elsewhere}) < p.need:
        return ()
    mine = [o for _, name in named for o in name.system]
    return (*mine, *(t for e in elsewhere for t in e.genuine_elsewhere))


def _own_filter(p: PoolFacts) -> Cited:
    cited = _hidden_by(local_filters.LOCAL_FILTER, p)
    return (*cited, *local_filters.advert_evidence(p.facts)) if cited else ()


def _by_other_resolver(p: PoolFacts) -> Cited:
    """The connection's resolver is dead for every name, or leads all of them to nobody; the service
    answers all the same, and more often than not. Where it is dead, who forges answers about the
    service's names is somebody else."""
    led = misled(p.connection)
    broken = led or (p.connection.resolver_dead and not apply(DNS_RULES, p))
    if not broken or p.ok or _answered_astray(p):
        return ()
    named = [e for e in p.failing if e.name is not None]
    good = [t for e in named for t in e.genuine_elsewhere]
    members = {e.endpoint.member for e in named if e.genuine_elsewhere}
    return good if len(members) >= p.need and len(good) > _failed_elsewhere(named) else ()


def _failed_elsewhere(endpoints: Iterable[EndpointFacts]) -> int:
    """Conversations that failed at addresses which others give; the system gives none where its
    resolver is dead."""
    unnamed = (a for e in endpoints if e.unresolved for a in e.addresses)
    others = (a for e in endpoints for a in e.elsewhere)
    return sum(len(a.failed) for a in (*unnamed, *others))


def _refuses_us(p: PoolFacts) -> Cited:
    if not enough(p) or not p.genuine:
        return ()
    refused = [t for t in p.genuine if t.refused_by_service]
    return refused if len(refused) == len(p.genuine) else ()


def _failing(symptom: str = "") -> Callable[[PoolFacts], Cited]:
    """No member answers, and attempts fail in this way."""
    return lambda p: () if p.ok else p.with_symptom(symptom)


def _inspected(p: PoolFacts) -> Cited:
    if enough(p) or p.connection.inspector is None:
        return ()
    return p.with_symptom("tls.certificate")


def _clock(p: PoolFacts) -> Cited:
    if p.ok or not p.connection.clock_wrong:
        return ()
    return [t for t in p.failed if t.failure is Failure.TLS_INVALID_CERTIFICATE]


def _no_controls(p: PoolFacts) -> Cited:
    return p.failed if p.facts.evidence.controls.empty and not p.ok else ()


def _controls_gone(p: PoolFacts) -> Cited:
    """Neutral sites failed as well. Where some members answer, the others met nothing but silence:
    a line that loses what is sent brings that about, and nothing else; or our own crowd kept them
    out, and others with them. Where neutral ones fail now and then, as many may do so by luck."""
    if alike := _silent_by_luck(p):
        return (*p.failed, *alike)
    silent = all(t.met_silence for t in p.failed)
    lost = _lost_in_our_crowd(p) if silent and len(p.ok) < p.need else ()
    if lost and (p.ok or not p.tested):
        return (*p.failed, *lost)
    if not p.failed or p.connection.controls_hold or (p.ok and not silent):
        return ()
    return (
        *p.failed,
        *(t for _, t in p.facts.site_conversations(Arm.AGAIN) if t.failure is not None),
    )


def _silent_by_luck(p: PoolFacts) -> tuple[Seen, ...]:
    """The neutral conversations that met with such silence as the pool's now and then, where luck
    explains it."""
    ways = {t.symptom for t in p.failed if t.symptom is not None}
    silent = all(t.met_silence for t in p.failed)
    return lost_alike(p.facts, ways) if silent and dead_by_luck(p, *ways) else ()


def _lost_in_our_crowd(p: PoolFacts) -> tuple[Seen, ...]:
    """Attempts at members of which nothing is known, and questions for their names."""
    names = [e.name for e in p.drowned if e.name is not None]
    return (*p.kept_out, *(o for name in names for o in name.system))


def _in_a_tunnel(p: PoolFacts) -> Cited:
    """A tunnel makes the addresses up, and nobody of the pool was asked, for none could prove
    himself there."""
    own = p.probes(*OWN_ARMS)
    asked = {t.task.endpoint for t in own} & {e.endpoint.name for e in p.failing}
    return _led_inside(p) if not asked and carried(p.connection) else ()


def _answered_astray(p: PoolFacts) -> Cited:
    """All names are led astray, and somebody answers there who is not the service: he may read
    along, which is to be said whoever it is."""
    return p.with_symptom("tls.certificate") if misdirected(p.facts) else ()


def _led_inside(p: PoolFacts) -> Cited:
    """Neutral names lead inside as well, or astray, or a tunnel carries this one, and the service
    did not prove itself there."""
    if p.ok:
        return ()
    if misdirected(p.facts) and not _answered_astray(p):
        return [o for e in p.failing if e.name is not None for o in e.name.system]
    named = [e.name for e in p.failing if e.unresolved and e.name is not None]
    everywhere = p.connection.fake_addresses
    return [o for n in named if everywhere or tunnelled(p.connection, n) for o in n.system]


def _unnamed(p: PoolFacts) -> Cited:
    """The name did not resolve, and no other resolver could be asked, or gave nobody to talk to."""
    if p.ok or p.failed:
        return ()
    return [o for e in p.failing if e.unresolved and e.name for o in e.name.system]


OK_RULES: tuple[PoolRule, ...] = (
    LIKELY_WORKS.at(Layer.HTTP).rule("http.refused_by_service", holds=_refuses_us),
    WORKS.at(Layer.TLS).rule("ok.authenticated", holds=_authenticated),
    WITH_ERROR,
    LIKELY_WORKS.at(Layer.PROTOCOL).rule("ok.own_protocol", holds=_own_protocol),
    _LIKELY_WORKS.rule("ok.own_filter", holds=_own_filter),
    _LIKELY_WORKS.rule(
        "ok.own_override", holds=lambda p: _hidden_by(local_filters.LOCAL_OVERRIDE, p)
    ),
    _LIKELY_WORKS.rule("ok.other_resolver", holds=_by_other_resolver),
)

INSPECTED: PoolRule = _UNCLEAR_TLS.rule("tls.inspection", holds=_inspected)

CONTROLS_FAILED: PoolRule = _UNCLEAR_CONNECTION.rule("controls.failed", holds=_controls_gone)

INCONCLUSIVE_RULES: tuple[PoolRule, ...] = (
    NOT_TESTED.at(Layer.DNS).rule("pool.gone", holds=_gone),
    NOT_TESTED.at(Layer.DNS).rule("dns.in_a_tunnel", holds=_in_a_tunnel),
    UNCLEAR.at(Layer.DNS).rule("dns.led_inside", holds=_led_inside),
    INSPECTED,
    _UNCLEAR_TLS.rule("tls.clock", holds=_clock),
    _UNCLEAR_CONNECTION.rule("controls.none", holds=_no_controls),
    CONTROLS_FAILED,
    _UNCLEAR_TLS.rule("tls.certificate", holds=_failing("tls.certificate")),
    UNCLEAR.at(Layer.DNS).rule("dns.unresolved", holds=_unnamed),
    UNCLEAR.at(Layer.TCP).rule("failed.unexplained", holds=_failing()),
)

UNTESTED = _UNTESTED.info("pool.untested")

CUT_SHORT: PoolRule = _UNCLEAR_CONNECTION.rule("pool.cut_short", holds=lambda p: p.interrupted)

FRONT_ONLY = _UNTESTED.info("pool.front_only")

FRONT_FAILS = _UNCLEAR_CONNECTION.info("pool.front_fails")
"""What cannot show that a function works cannot show that it is blocked."""

BY_CONNECTION = _UNCLEAR_CONNECTION.info("connection.explains")

OLD_FACTS = message("pool.old_facts")
"""Said beside every failure that a changed service would explain as well."""

MAY_BE_OLD = frozenset(
    {
        "pool.one_member",
        "pool.gone",
        "down.names_gone",
        "tls.certificate",
        "tls.store_age",
        "tls.mitm.swap",
        "tls.mitm.one_service",
        "dns.unresolved",
        "failed.unexplained",
        "tcp.one_network",
        "tcp.refused.everywhere",
        "protocol.impostor",
        "udp.unanswered",
        *(f"tls.one_front.{kind}" for kind in ("reset", "timeout", "eof", "alert")),
        "tls.post_handshake.one_front",
        "tls.post_handshake.backend",
    }
)
"""The rules that leave such a failure unexplained."""

BY_LINE = frozenset(
    {
        "connection.explains",
        "controls.failed",
        "controls.none",
        "dns.unresolved",
        "pool.cut_short",
        "tls.clock",
        "tls.inspection",
        "tls.store_age",
        "udp.policy",
        "udp.port",
    }
)
"""The rules by which the line, this device or the end of the run explains a failure."""
