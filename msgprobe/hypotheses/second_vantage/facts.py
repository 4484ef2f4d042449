"""What a second vantage saw of a pool that fails here: predicates for the rules about it."""

from collections.abc import Callable

from msgprobe.evidence.conversation import Conversation, Stage
from msgprobe.evidence.facts import TRIES
from msgprobe.evidence.inside import left_out
from msgprobe.evidence.local_filters import own_filter
from msgprobe.evidence.pool import AddressFacts, EndpointFacts, PoolFacts
from msgprobe.hypotheses.rule import Cited
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation, Proof
from msgprobe.model.protocol import PROTOCOLS
from msgprobe.model.run import Elsewhere, ElsewhereFunction
from msgprobe.model.task import ResolverKind, Role
from msgprobe.model.verdict import Layer, State

FRESH = 24 * 3600.0
"""Seconds for which a report made elsewhere says something about now."""

SLACK = 600.0
"""Seconds by which two devices' clocks may differ."""

_CARRIED = 443
"""The port that the neutral control shows the proxy to carry; many carry no other."""

_AGAIN = 2
"""Attempts through the proxy that have to fail alike."""

QUIET = ("tcp.timeout", "tcp.refused", "ip.unreachable", "tls.reset", "tls.timeout", "tls.alert")
"""Mechanisms that an outage can look like."""

SYMPTOMS = {
    "tcp.timeout": ("tcp.timeout", Layer.TCP),
    "tcp.refused": ("tcp.refused", Layer.TCP),
    "ip.unreachable": ("ip.unreachable", Layer.TCP),
    "tls.reset": ("tls.reset", Layer.TLS),
    "tls.eof": ("tls.reset", Layer.TLS),
    "tls.timeout": ("tls.timeout", Layer.TLS),
    "tls.alert": ("tls.alert", Layer.TLS),
    "tls.post_handshake": ("tls.post_handshake", Layer.TLS),
    **{f"protocol.{name}": (f"protocol.{name}", Layer.PROTOCOL) for name in PROTOCOLS},
}
"""The mechanism of each symptom, and its layer."""

NAMES = {
    "dns.nxdomain": (Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER),
    "dns.refused": (Failure.DNS_REFUSED,),
    "dns.servfail": (Failure.DNS_SERVFAIL,),
    "dns.timeout": (Failure.TIMED_OUT, Failure.DNS_TEMPORARY),
}
"""How the system's resolver may deny a name that another vantage resolves."""


# -- the first path


def _sound(p: PoolFacts) -> bool:
    """The pool fails on a connection that is fine, and nobody else answers in its place."""
    return (
        not p.ok
        and bool(p.failing)
        and p.connection.controls_hold
        and not p.connection.failing_now
        and p.connection.inspector is None
        and not p.connection.clock_wrong
        and not p.with_symptom("protocol.impostor", "tls.certificate", "tls.garbage", "local")
    )


def _main(p: PoolFacts) -> list[EndpointFacts]:
    return [e for e in p.failing if not e.endpoint.reserve]


def _repeated(e: EndpointFacts, symptom: str) -> list[AddressFacts]:
    return [a for a in (*e.addresses, *e.elsewhere) if a.symptom == symptom and a.repeated]


def _hidden(p: PoolFacts, e: EndpointFacts, mechanism: str) -> tuple[DnsObservation, ...]:
    """The resolver's answers that deny the name of ``e`` this way, to the system and to our own
    datagrams: several of them, on a resolver that works."""
    name = e.name
    if not e.unresolved or name is None or not p.connection.resolver_works:
        return ()
    if name.denied not in NAMES[mechanism] or own_filter(p.facts, name) is not None:
        return ()
    if left_out(p.connection, name):
        return ()
    asked = [o for o in (*name.system, *name.by(ResolverKind.DIRECT)) if o.family in (0, 4)]
    chance = mechanism in ("dns.servfail", "dns.timeout")
    if any(o.failure is None for o in asked) or len(asked) < (TRIES if chance else 2):
        return ()
    return tuple(asked)


# -- the user's proxy


def ran(conversation: Conversation) -> bool:
    """It ended by itself, not by our own stop."""
    return conversation.failure is None or not conversation.failure.is_ours


def _ended(conversation: Conversation) -> float:
    every = (conversation.tcp, conversation.tls, conversation.http, conversation.protocol)
    return max((o.window.end for o in every if o is not None), default=0.0)


def _proxy_works(p: PoolFacts) -> tuple[Conversation, ...]:
    """Neutral sites that answered through the proxy, when none failed after the last of them."""
    asked = [t for t in p.facts.second if t.task.role is Role.CONTROL and ran(t)]
    good = tuple(t for t in asked if t.genuine)
    last = max((_ended(t) for t in good), default=0.0)
    return () if any(not t.genuine and t.dialled >= last for t in asked) else good


def _tried(p: PoolFacts, e: EndpointFacts) -> list[Conversation]:
    mine = (p.service.name, e.endpoint.name)
    return [
        t
        for t in p.facts.second
        if t.task.role is Role.TARGET and (t.task.subject, t.task.endpoint) == mine and ran(t)
    ]


def _answers(conversation: Conversation) -> bool:
    """Genuine by more than its shape, which whoever runs the proxy could give as well."""
    return (
        conversation.genuine and conversation.proof >= Proof.NONCE and not conversation.server_error
    )


def reached(symptom: str) -> Callable[[PoolFacts], Cited]:
    """The very address that fails here answers through the proxy, and fails here again after."""

    def holds(p: PoolFacts) -> Cited:
        neutral = _proxy_works(p) if _sound(p) else ()
        cited: list[Conversation] = []
        for e in _main(p) if neutral else ():
            for a in _repeated(e, symptom):
                last = max(t.dialled for t in a.failed)
                good = [t for t in _tried(p, e) if t.address == a.address and _answers(t)]
                if any(_ended(t) <= last for t in good):
                    cited += (*a.failed, *good)
        return (*cited, *neutral) if cited else ()

    return holds


def name_reached(mechanism: str) -> Callable[[PoolFacts], Cited]:
    """The name that this connection's resolver denies, before and after, leads there."""

    def holds(p: PoolFacts) -> Cited:
        neutral = _proxy_works(p) if _sound(p) else ()
        cited: list[Conversation | DnsObservation] = []
        for e in _main(p) if neutral else ():
            denied = _hidden(p, e, mechanism)
            last = max((o.window.start for o in denied), default=0.0)
            good = [t for t in _tried(p, e) if t.address == e.endpoint.host and _answers(t)]
            if any(_ended(t) <= last for t in good):
                cited += (*denied, *good)
        return (*cited, *neutral) if cited else ()

    return holds


def fails_alike(p: PoolFacts) -> Cited:
    """Whatever was tried through the working proxy fails as it does here, repeatedly."""
    neutral = _proxy_works(p) if _sound(p) else ()
    tried = [(e, conversations) for e in _main(p) if (conversations := _tried(p, e))]
    members: set[str] = set()
    cited: list[Conversation] = []
    for e, conversations in tried:
        symptom = e.symptom or ""
        if not all(_alike(symptom, t) for t in conversations):
            return ()
        here = [t for a in _repeated(e, symptom) for t in a.failed]
        if here and len(conversations) >= _AGAIN and e.endpoint.port == _CARRIED:
            members.add(e.endpoint.member)
            cited += (*here, *conversations)
    enough = neutral and len(members) >= max(1, min(2, len(p.tested)))
    return (*cited, *neutral) if enough else ()


def _alike(symptom: str, conversation: Conversation) -> bool:
    """The failure through the proxy is what an outage with that symptom here would cause there."""
    if (
        conversation.failure is None
        or conversation.failure is Failure.PROXY_FAILED
        or conversation.impostor
    ):
        return False
    if symptom in ("tcp.timeout", "tcp.refused", "ip.unreachable"):
        if conversation.stage is Stage.CONNECT:
            return True
        # some proxies (ssh -D) say yes before they dial, and hang up when it fails
        heard = conversation.tls.bytes_received if conversation.tls is not None else 0
        heard += conversation.protocol.bytes_received if conversation.protocol is not None else 0
        return conversation.failure is Failure.EOF and not heard
    cut = ("tls.reset", "tls.eof")
    return conversation.symptom == symptom or (symptom in cut and conversation.symptom in cut)


# -- a report made elsewhere


def fresh(report: Elsewhere) -> bool:
    """The report is of the last day, so that it says something about now."""
    return -SLACK <= report.age_s <= FRESH


def _told(p: PoolFacts) -> list[tuple[Elsewhere, ElsewhereFunction]]:
    return [
        (report, said)
        for report in p.facts.evidence.elsewhere
        if fresh(report)
        for said in report.functions
        if (said.service, said.function) == (p.service.name, p.pool.function)
    ]


def _answered_there(p: PoolFacts) -> set[str]:
    return {name for _, said in _told(p) for name in said.answered}


def report_reached(symptom: str) -> Callable[[PoolFacts], Cited]:
    """What fails here this way answered there."""

    def holds(p: PoolFacts) -> Cited:
        there = _answered_there(p) if _sound(p) else set()
        mine = [e for e in _main(p) if e.endpoint.name in there]
        return [t for e in mine for a in _repeated(e, symptom) for t in a.failed]

    return holds


def report_name_reached(mechanism: str) -> Callable[[PoolFacts], Cited]:
    """The endpoint whose name this connection's resolver denies answered there."""

    def holds(p: PoolFacts) -> Cited:
        there = _answered_there(p) if _sound(p) else set()
        return [o for e in _main(p) if e.endpoint.name in there for o in _hidden(p, e, mechanism)]

    return holds


def report_calls_reached(p: PoolFacts) -> Cited:
    """Not where the port is closed for everybody: neutral servers in two networks answer on it."""
    silent = tuple(report_reached("udp.timeout")(p))
    ports = sorted({e.endpoint.port for e in _main(p)})
    neutral = tuple(t for port in ports for t in p.connection.calls.answered(port))
    return (*silent, *neutral) if silent and len(p.connection.calls.networks(neutral)) >= 2 else ()


def report_alike(p: PoolFacts) -> Cited:
    """It failed there alike, on a connection that was fine; no report says that it answered."""
    if not _sound(p) or _answered_there(p):
        return ()
    online = [said for report, said in _told(p) if report.state is State.ONLINE]
    there = set().union(*(said.failed for said in online))
    same = [e for e in _main(p) if (e.endpoint.name, e.symptom or "") in there]
    if len({e.endpoint.member for e in same}) < min(2, len(p.tested)):
        return ()
    views = [a for e in same for a in _repeated(e, e.symptom or "")]
    return [t for a in views if _quiet(a.symptom or "") for t in a.failed]


def _quiet(symptom: str) -> bool:
    return SYMPTOMS.get(symptom, ("",))[0] in QUIET
