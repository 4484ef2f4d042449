"""Rules for the other words: ok, down, and the reasons for being inconclusive."""

from collections.abc import Callable

from msgprobe.evidence import local_filters
from msgprobe.evidence.facts import OWN_ARMS
from msgprobe.evidence.inside import carried, misled, tunnelled
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.rule import LIKELY_WORKS, NOT_TESTED, UNCLEAR, WORKS, Cited, PoolRule
from msgprobe.hypotheses.service_outage.rules import WITH_ERROR, only_errors
from msgprobe.judging.rules_members import enough, main_way
from msgprobe.model.failure import Failure
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
    answers all the same."""
    named = [e for e in p.failing if e.name is not None]
    broken = p.connection.resolver_dead or misled(p.connection)
    if not broken or p.ok or not named:
        return ()
    good = [t for e in named for t in e.genuine_elsewhere]
    enough = len({e.endpoint.member for e in named if e.genuine_elsewhere}) >= p.need
    return good if enough else ()


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
    if p.ok or not p.failed or p.connection.controls_hold:
        return ()
    return (
        *p.failed,
        *(t for _, t in p.facts.site_conversations(Arm.AGAIN) if t.failure is not None),
    )


def _in_a_tunnel(p: PoolFacts) -> Cited:
    """A tunnel makes the addresses up, and nobody of the pool was asked, for none could prove
    himself there."""
    own = p.probes(*OWN_ARMS)
    asked = {t.task.endpoint for t in own} & {e.endpoint.name for e in p.failing}
    return _led_inside(p) if not asked and carried(p.connection) else ()


def _led_inside(p: PoolFacts) -> Cited:
    """Neutral names lead inside as well, or a tunnel carries this one, and the service did not
    prove itself there."""
    if p.ok:
        return ()
    named = [e.name for e in p.failing if e.unresolved and e.name is not None]
    everywhere = p.connection.fake_addresses
    return [o for n in named if everywhere or tunnelled(p.connection, n) for o in n.system]


def _unnamed(p: PoolFacts) -> Cited:
    """The name did not resolve, and no other resolver could be asked."""
    if p.ok:
        return ()
    return [o for e in p.failing if e.unresolved and e.name for o in e.name.system]


OK_RULES: tuple[PoolRule, ...] = (
    LIKELY_WORKS.at(Layer.HTTP).rule(
        "http.refused_by_service",
        licence="an authenticated 403, 429 or 451",
        why="The genuine service answers and turns this client or country away itself: nobody on "
        "the way interferes.",
        holds=_refuses_us,
    ),
    WORKS.at(Layer.TLS).rule(
        "ok.authenticated",
        licence="an authenticated answer",
        why="The genuine service answered and proved who it is.",
        holds=_authenticated,
    ),
    WITH_ERROR,
    LIKELY_WORKS.at(Layer.PROTOCOL).rule(
        "ok.own_protocol",
        licence="an answer in the messenger's own protocol, bound to our question",
        why="A server answered in the messenger's own protocol.",
        holds=_own_protocol,
    ),
    _LIKELY_WORKS.rule(
        "ok.own_filter",
        licence="a filter of the user's own: a resolver known to filter, or one that hides "
        "advertising names too",
        why="A filter of your own (on this device or your router) hides the name; asked elsewhere, "
        "the genuine service answers.",
        holds=_own_filter,
    ),
    _LIKELY_WORKS.rule(
        "ok.own_override",
        licence="an override on this machine: its own resolver says otherwise",
        why="This device overrides the name itself (a hosts file?); asked directly, the genuine "
        "service answers.",
        holds=lambda p: _hidden_by(local_filters.LOCAL_OVERRIDE, p),
    ),
    _LIKELY_WORKS.rule(
        "ok.other_resolver",
        licence="the connection's resolver fails for every name; the service answers elsewhere",
        why="The genuine service answers when another resolver is asked; only the resolver of this "
        "connection is broken.",
        holds=_by_other_resolver,
    ),
)

INSPECTED: PoolRule = _UNCLEAR_TLS.rule(
    "tls.inspection",
    licence="neutral sites are re-signed too",
    why="All encrypted traffic here is opened and re-signed (by an employer, a school, a state or "
    "an antivirus), so the service's certificate cannot be judged. Somebody can read along: do not "
    "log in, unless you know who it is and trust them.",
    holds=_inspected,
)

INCONCLUSIVE_RULES: tuple[PoolRule, ...] = (
    NOT_TESTED.at(Layer.DNS).rule(
        "pool.gone",
        licence="NXDOMAIN over encrypted DNS from two operators",
        why="The names do not exist any more: what this version knows of the service is too old.",
        holds=_gone,
    ),
    NOT_TESTED.at(Layer.DNS).rule(
        "dns.in_a_tunnel",
        licence="a tunnel carries what proves itself, and these servers have no way to",
        why="Names are answered here with addresses that a tunnel made up. Servers there are asked "
        "only for a proof of who they are, which these cannot give.",
        holds=_in_a_tunnel,
    ),
    UNCLEAR.at(Layer.DNS).rule(
        "dns.led_inside",
        licence="neutral names are answered with addresses inside this device or network too, or "
        "other services prove themselves at such",
        why="Names are answered here with addresses inside this device or network (a login page, a "
        "tunnel or a broken resolver). The service did not prove itself there, which says nothing "
        "about the service.",
        holds=_led_inside,
    ),
    INSPECTED,
    _UNCLEAR_TLS.rule(
        "tls.clock",
        licence="the clock is off by more than a day",
        why="This device's clock is wrong, so certificates cannot be judged: set the clock.",
        holds=_clock,
    ),
    _UNCLEAR_CONNECTION.rule(
        "controls.none",
        licence="no control",
        why="Nothing neutral was asked at the time: the same failure everywhere would look alike.",
        holds=_no_controls,
    ),
    _UNCLEAR_CONNECTION.rule(
        "controls.failed",
        licence="the controls failed too",
        why="Neutral sites failed at the same time, so the connection itself may be the cause.",
        holds=_controls_gone,
    ),
    _UNCLEAR_TLS.rule(
        "tls.certificate",
        licence="an unexpected certificate, and nothing that shows it forged",
        why="The certificate is not one that this service should show, but nothing proves it "
        "forged: the service may have changed its own. Do not log in until you know.",
        holds=_failing("tls.certificate"),
    ),
    UNCLEAR.at(Layer.DNS).rule(
        "dns.unresolved",
        licence="the name does not resolve, and nothing trustworthy contradicts it",
        why="The name does not resolve here, and no trustworthy resolver could be asked instead.",
        holds=_unnamed,
    ),
    UNCLEAR.at(Layer.TCP).rule(
        "failed.unexplained",
        licence="a failure with a cheap explanation left",
        why="It does not work here while neutral sites do; what was measured cannot tell "
        "blocking from a fault of the service.",
        holds=_failing(),
    ),
)

UNTESTED = _UNTESTED.info(
    "pool.untested",
    licence="nothing was measured",
    why="It was not tested.",
)

CUT_SHORT: PoolRule = _UNCLEAR_CONNECTION.rule(
    "pool.cut_short",
    licence="the run ended before there was an answer",
    why="The run was stopped before an answer or a failure was certain.",
    holds=lambda p: p.interrupted,
)

FRONT_ONLY = _UNTESTED.info(
    "pool.front_only",
    licence="an answer of a front end that does not show the function at work",
    why="Only the front end of this function was tested, and it answers.",
)

FRONT_FAILS = _UNCLEAR_CONNECTION.info(
    "pool.front_fails",
    licence="a failure of what cannot show the function at work when it answers",
    why="Only the front end of this function was tested, and it fails.",
)
"""What cannot show that a function works cannot show that it is blocked."""

BY_CONNECTION = _UNCLEAR_CONNECTION.info(
    "connection.explains",
    licence="the connection itself explains the failure",
    why="The connection itself does not work, so nothing can be said about the service.",
)

OLD_FACTS = "What this tool knows about the service may also be out of date."
"""Said beside every failure that a changed service would explain as well."""

MAY_BE_OLD = frozenset(
    {
        "pool.one_member",
        "pool.gone",
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
