"""Rules about a second vantage: the user's proxy, or a report that was made elsewhere.

It tells an outage from blocking where the connection alone cannot: what answers there is not down,
what fails there alike probably is. Neither is ever more than likely: a service may turn away one
network itself, and the second vantage may lie behind the same censor.
"""

from collections.abc import Callable, Iterator, Sequence

from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation, Proof
from msgprobe.model.run import Elsewhere, ElsewhereFunction
from msgprobe.model.task import Role
from msgprobe.model.verdict import Layer, Outcome, State, Strength
from msgprobe.verdict.conversation import Conversation, Stage
from msgprobe.verdict.facts import Facts
from msgprobe.verdict.filters import own_filter
from msgprobe.verdict.pool import AddressFacts, EndpointFacts, PoolFacts
from msgprobe.verdict.rule import Cited, Finding, Rule, apply, rule

FRESH = 24 * 3600.0
"""Seconds for which a report made elsewhere says something about now."""

SLACK = 600.0
"""Seconds by which two devices' clocks may differ."""

PROXY_FAILED = "second_path_failed"
TOO_OLD = "report_too_old"

_CARRIED = 443
"""The port that the neutral control shows the proxy to carry; many carry no other."""

_AGAIN = 2
"""Attempts through the proxy that have to fail alike."""

_QUIET = ("tcp.timeout", "tcp.refused", "ip.unreachable", "tls.reset", "tls.timeout", "tls.alert")
"""Mechanisms that an outage can look like."""

_SYMPTOMS = {
    "tcp.timeout": ("tcp.timeout", Layer.TCP, "It is silent"),
    "tcp.refused": ("tcp.refused", Layer.TCP, "It refuses"),
    "ip.unreachable": ("ip.unreachable", Layer.TCP, "It is declared unreachable"),
    "tls.reset": ("tls.reset", Layer.TLS, "The greeting is reset"),
    "tls.eof": ("tls.reset", Layer.TLS, "The greeting is cut short"),
    "tls.timeout": ("tls.timeout", Layer.TLS, "The greeting gets no answer"),
    "tls.alert": ("tls.alert", Layer.TLS, "The greeting ends with an alert"),
    "tls.post_handshake": ("tls.post_handshake", Layer.TLS, "Data dies after the greeting"),
    "protocol.mtproto": ("protocol.mtproto", Layer.PROTOCOL, "Its own protocol fails"),
    "protocol.noise": ("protocol.noise", Layer.PROTOCOL, "Its own protocol fails"),
}
"""Symptom: mechanism, layer and how it is said."""

_NAMES = {
    "dns.nxdomain": (Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER),
    "dns.refused": (Failure.DNS_REFUSED,),
    "dns.servfail": (Failure.DNS_SERVFAIL,),
    "dns.timeout": (Failure.TIMED_OUT, Failure.DNS_TEMPORARY),
}
"""How the system's resolver may deny a name that another vantage resolves."""


def second_vantage(p: PoolFacts) -> tuple[Finding, ...]:
    """What the second vantage says: findings of one word, or none.

    A proxy that reaches it outweighs everything; where a proxy does not and a report does, the two
    contradict each other and nothing is said.
    """
    reached, alike = apply(REACHED_RULES, p), apply(ALIKE_RULES, p)
    if reached:
        return reached
    told = apply(REPORT_REACHED_RULES, p)
    if alike:
        return () if told else alike[:1]
    return told or apply(REPORT_ALIKE_RULES, p)[:1]


def may_be_outage(found: Sequence[Finding]) -> bool:
    """All that accuses is likely at most, and an outage would look like it."""
    return all(
        f.info.strength is not Strength.CONFIRMED and f.info.mechanism in _QUIET for f in found
    )


def second_notes(facts: Facts) -> list[str]:
    """Remarks on a second vantage that could tell nothing."""
    controls = [t for t in facts.second if t.task.role is Role.CONTROL and _ran(t)]
    found = [PROXY_FAILED] if controls and not any(t.genuine for t in controls) else []
    return [*found, TOO_OLD] if any(not _fresh(r) for r in facts.evidence.elsewhere) else found


# -- the first path


def _sound(p: PoolFacts) -> bool:
    """The pool fails on a connection that is fine, and nobody else answers in its place."""
    return (
        not p.ok
        and bool(p.failing)
        and p.gate.controls_hold
        and not p.gate.failing_now
        and p.gate.inspector is None
        and not p.gate.clock_wrong
        and not p.with_symptom("protocol.impostor", "tls.certificate", "tls.garbage", "local")
    )


def _main(p: PoolFacts) -> list[EndpointFacts]:
    return [e for e in p.failing if not e.endpoint.reserve]


def _repeated(e: EndpointFacts, symptom: str) -> list[AddressFacts]:
    return [a for a in (*e.addresses, *e.elsewhere) if a.symptom == symptom and a.repeated]


def _hidden(p: PoolFacts, e: EndpointFacts, mechanism: str) -> tuple[DnsObservation, ...]:
    """The system's answers that deny the name of ``e`` this way, on a resolver that works."""
    if not e.unresolved or e.name is None or not p.gate.resolver_works:
        return ()
    if e.name.denied not in _NAMES[mechanism] or own_filter(p.facts, e.name) is not None:
        return ()
    return e.name.system


# -- the user's proxy


def _ran(talk: Conversation) -> bool:
    return talk.failure is not Failure.INTERRUPTED


def _begun(talk: Conversation) -> float:
    return talk.tcp.window.start if talk.tcp is not None else 0.0


def _ended(talk: Conversation) -> float:
    every = (talk.tcp, talk.tls, talk.http, talk.protocol)
    return max((o.window.end for o in every if o is not None), default=0.0)


def _proxy_works(p: PoolFacts) -> tuple[Conversation, ...]:
    """Neutral sites through the proxy, when the last one asked answered."""
    asked = [t for t in p.facts.second if t.task.role is Role.CONTROL and _ran(t)]
    asked.sort(key=lambda t: (_begun(t), t.task.id))
    return tuple(t for t in asked if t.genuine) if asked and asked[-1].genuine else ()


def _tried(p: PoolFacts, e: EndpointFacts) -> list[Conversation]:
    mine = (p.service.name, e.endpoint.name)
    return [
        t
        for t in p.facts.second
        if t.task.role is Role.TARGET and (t.task.subject, t.task.endpoint) == mine and _ran(t)
    ]


def _answers(talk: Conversation) -> bool:
    """Genuine by more than its shape, which whoever runs the proxy could give as well."""
    return talk.genuine and talk.proof >= Proof.NONCE and not talk.server_error


def _reached(symptom: str) -> Callable[[PoolFacts], Cited]:
    """The very address that fails here answers through the proxy, and fails here again after."""

    def holds(p: PoolFacts) -> Cited:
        neutral = _proxy_works(p) if _sound(p) else ()
        cited: list[Conversation] = []
        for e in _main(p) if neutral else ():
            for a in _repeated(e, symptom):
                last = max(_begun(t) for t in a.failed)
                good = [t for t in _tried(p, e) if t.address == a.address and _answers(t)]
                if any(_ended(t) <= last for t in good):
                    cited += (*a.failed, *good)
        return (*cited, *neutral) if cited else ()

    return holds


def _name_reached(mechanism: str) -> Callable[[PoolFacts], Cited]:
    """The name that this connection's resolver denies, before and after, leads there."""

    def holds(p: PoolFacts) -> Cited:
        neutral = _proxy_works(p) if _sound(p) else ()
        cited: list[Conversation | DnsObservation] = []
        for e in _main(p) if neutral else ():
            denied = _hidden(p, e, mechanism)
            last = max((o.window.start for o in denied), default=0.0)
            good = [t for t in _tried(p, e) if t.address == e.endpoint.host and _answers(t)]
            if len(denied) >= 2 and any(_ended(t) <= last for t in good):
                cited += (*denied, *good)
        return (*cited, *neutral) if cited else ()

    return holds


def _fails_alike(p: PoolFacts) -> Cited:
    """Whatever was tried through the working proxy fails as it does here, repeatedly."""
    neutral = _proxy_works(p) if _sound(p) else ()
    tried = [(e, talks) for e in _main(p) if (talks := _tried(p, e))]
    members: set[str] = set()
    cited: list[Conversation] = []
    for e, talks in tried:
        symptom = e.symptom or ""
        if not all(_alike(symptom, t) for t in talks):
            return ()
        here = [t for a in _repeated(e, symptom) for t in a.failed]
        if here and len(talks) >= _AGAIN and e.endpoint.port == _CARRIED:
            members.add(e.endpoint.member)
            cited += (*here, *talks)
    enough = neutral and len(members) >= max(1, min(2, len(p.tested)))
    return (*cited, *neutral) if enough else ()


def _alike(symptom: str, talk: Conversation) -> bool:
    """The failure through the proxy is what an outage with that symptom here would cause there."""
    if talk.failure is None or talk.failure is Failure.PROXY_FAILED or talk.impostor:
        return False
    if symptom in ("tcp.timeout", "tcp.refused", "ip.unreachable"):
        if talk.stage is Stage.CONNECT:
            return True
        # some proxies (ssh -D) say yes before they dial, and hang up when it fails
        heard = talk.tls.bytes_received if talk.tls is not None else 0
        heard += talk.protocol.bytes_received if talk.protocol is not None else 0
        return talk.failure is Failure.EOF and not heard
    cut = ("tls.reset", "tls.eof")
    return talk.symptom == symptom or (symptom in cut and talk.symptom in cut)


# -- a report made elsewhere


def _fresh(report: Elsewhere) -> bool:
    return -SLACK <= report.age_s <= FRESH


def _told(p: PoolFacts) -> list[tuple[Elsewhere, ElsewhereFunction]]:
    return [
        (report, said)
        for report in p.facts.evidence.elsewhere
        if _fresh(report)
        for said in report.functions
        if (said.service, said.function) == (p.service.name, p.pool.function)
    ]


def _answered_there(p: PoolFacts) -> set[str]:
    return {name for _, said in _told(p) for name in said.answered}


def _report_reached(symptom: str) -> Callable[[PoolFacts], Cited]:
    def holds(p: PoolFacts) -> Cited:
        there = _answered_there(p) if _sound(p) else set()
        mine = [e for e in _main(p) if e.endpoint.name in there]
        return [t for e in mine for a in _repeated(e, symptom) for t in a.failed]

    return holds


def _report_name_reached(mechanism: str) -> Callable[[PoolFacts], Cited]:
    def holds(p: PoolFacts) -> Cited:
        there = _answered_there(p) if _sound(p) else set()
        return [o for e in _main(p) if e.endpoint.name in there for o in _hidden(p, e, mechanism)]

    return holds


def _report_calls_reached(p: PoolFacts) -> Cited:
    """Not where the port is closed for everybody: neutral servers in two networks answer on it."""
    silent = tuple(_report_reached("udp.timeout")(p))
    ports = sorted({e.endpoint.port for e in _main(p)})
    neutral = tuple(t for port in ports for t in p.gate.calls.answered(port))
    return (*silent, *neutral) if silent and len(p.gate.calls.networks(neutral)) >= 2 else ()


def _report_alike(p: PoolFacts) -> Cited:
    """It failed there alike, on a connection that was fine; no report says that it answered."""
    if not _sound(p) or _answered_there(p):
        return ()
    there = {
        pair for report, said in _told(p) if report.state is State.ONLINE for pair in said.failed
    }
    same = [e for e in _main(p) if (e.endpoint.name, e.symptom or "") in there]
    if len({e.endpoint.member for e in same}) < min(2, len(p.tested)):
        return ()
    views = [a for e in same for a in _repeated(e, e.symptom or "")]
    down = [a for a in views if _SYMPTOMS.get(a.symptom or "", ("",))[0] in _QUIET]
    return [t for a in down for t in a.failed]


# -- the rules

_OWN_DOING = "(A service that itself turns this network away would look the same.)"
_LATER = (
    "(An outage that began since would look the same; whether that report was made on another "
    "network is for you to know.)"
)


def _reached_rules() -> Iterator[Rule]:
    for symptom, (mechanism, layer, what) in _SYMPTOMS.items():
        yield rule(
            f"second.path.{symptom}",
            layer,
            Outcome.BLOCKED,
            Strength.LIKELY,
            mechanism=mechanism,
            licence="a second vantage reaches the same address while repeats from here fail, before"
            " and after",
            why=f"{what} from here in repeated tries, also after the genuine service had answered "
            f"at the same address through your proxy: it is not down. {_OWN_DOING}",
            holds=_reached(symptom),
        )
    for mechanism in _NAMES:
        yield rule(
            f"second.path.{mechanism}",
            Layer.DNS,
            Outcome.BLOCKED,
            Strength.LIKELY,
            mechanism=mechanism,
            licence="a second vantage reaches the name that this connection's resolver denies, "
            "before and after",
            why="This connection's resolver denies the name and serves neutral ones; through your "
            "proxy the name leads to the genuine service.",
            holds=_name_reached(mechanism),
        )


def _report_rules() -> Iterator[Rule]:
    for symptom, (mechanism, layer, what) in _SYMPTOMS.items():
        yield rule(
            f"second.report.{symptom}",
            layer,
            Outcome.BLOCKED,
            Strength.LIKELY,
            mechanism=mechanism,
            licence="a report of the last day, made elsewhere, reached the same endpoint",
            why=f"{what} from here in repeated tries; in the report for comparison the genuine "
            f"service answers. {_LATER}",
            holds=_report_reached(symptom),
        )
    for mechanism in _NAMES:
        yield rule(
            f"second.report.{mechanism}",
            Layer.DNS,
            Outcome.BLOCKED,
            Strength.LIKELY,
            mechanism=mechanism,
            licence="a report of the last day, made elsewhere, reached the endpoint whose name this"
            " connection's resolver denies",
            why="This connection's resolver denies the name and serves neutral ones; in the report "
            f"for comparison the genuine service answers. {_LATER}",
            holds=_report_name_reached(mechanism),
        )
    yield rule(
        "second.report.udp",
        Layer.PROTOCOL,
        Outcome.BLOCKED,
        Strength.LIKELY,
        mechanism="udp.drop",
        licence="a report of the last day, made elsewhere, got an answer of the same call server; "
        "neutral ones in two networks answer on that port here",
        why="Its call server never answers here, while neutral ones on that port do; in the report "
        f"for comparison it answers. {_LATER}",
        holds=_report_calls_reached,
    )


REACHED_RULES: tuple[Rule, ...] = tuple(_reached_rules())

ALIKE_RULES: tuple[Rule, ...] = (
    rule(
        "second.path.alike",
        Layer.CONNECTION,
        Outcome.DOWN,
        Strength.LIKELY,
        licence="a second vantage that reaches neutral sites fails alike, repeatedly",
        why="It fails alike through your proxy, which reaches neutral sites: the fault is the "
        "service's. (A proxy behind the same censor would look the same.)",
        holds=_fails_alike,
    ),
)

REPORT_REACHED_RULES: tuple[Rule, ...] = tuple(_report_rules())

REPORT_ALIKE_RULES: tuple[Rule, ...] = (
    rule(
        "second.report.alike",
        Layer.CONNECTION,
        Outcome.DOWN,
        Strength.LIKELY,
        licence="a report of the last day, made elsewhere on a connection that was fine, fails "
        "alike",
        why="It fails alike in the report for comparison, whose connection was fine: the fault is "
        "the service's, if that report was made on another network, which is for you to know.",
        holds=_report_alike,
    ),
)

SECOND_RULES: tuple[Rule, ...] = (
    *REACHED_RULES,
    *ALIKE_RULES,
    *REPORT_REACHED_RULES,
    *REPORT_ALIKE_RULES,
)
