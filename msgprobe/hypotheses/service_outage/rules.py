"""Rules about the service's own failure: what its servers, its name servers and its status say.

An error of a server's own (an authenticated 5xx) proves the genuine front and nothing about the
service behind it: many fronts answer an unexpected path that way by design (Signal's for group
calls: signalapp/Signal-Calling-Service frontend/src/api.rs, 2026-07-08). It says "down" only where
the catalogue says what should have come, and never on the word of one server alone.
"""

from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.names import NameFacts
from msgprobe.evidence.pool import EndpointFacts, PoolFacts
from msgprobe.hypotheses.rule import DOWN, LIKELY_DOWN, LIKELY_WORKS, Cited, PoolRule
from msgprobe.model.task import ResolverKind
from msgprobe.model.verdict import Layer

_DOWN = DOWN.at(Layer.DNS)

ERRING_MEMBERS = 2
"""Members that must answer so before the service is said to be down."""

APART = 30.0
"""Seconds between two such answers of one member that count like two members: a load balancer that
restarts a backend is over it by then."""


GONE_NAMES = 3
"""Names that must all have left the DNS before the service is said to have left it: fewer may have
been retired together."""


def only_errors(p: PoolFacts) -> bool:
    """Members answer, and every answer is an error of the server's own."""
    return bool(p.genuine) and all(t.server_error for t in p.genuine)


def server_down(p: PoolFacts) -> tuple[Conversation, ...]:
    """Errors where another answer is known to be due, of several members or of one for long."""
    if not only_errors(p):
        return ()
    due = {m.name: t for m in p.ok if (t := _overdue(m.endpoints))}
    lasting = any(_begun(t[-1]) - _begun(t[0]) >= APART for t in due.values())
    if len(due) < ERRING_MEMBERS and not lasting:
        return ()
    return tuple(conversation for conversations in due.values() for conversation in conversations)


def _overdue(endpoints: tuple[EndpointFacts, ...]) -> list[Conversation]:
    """Answers of the endpoints whose rows say what should have come, in the order of time."""
    return sorted((t for e in endpoints if _expects(e) for t in e.genuine), key=_begun)


def _expects(e: EndpointFacts) -> bool:
    row = e.endpoint
    return bool(row.expect_status) or row.expect_text is not None or bool(row.option("header"))


def _begun(conversation: Conversation) -> float:
    """Seconds since the run began when the question was sent."""
    return conversation.http.window.start if conversation.http is not None else 0.0


def _with_error(p: PoolFacts) -> Cited:
    enough = bool(p.tested) and len(p.ok) >= p.need
    return p.genuine if enough and only_errors(p) and not server_down(p) else ()


def _own_names_fail(p: PoolFacts) -> Cited:
    """SERVFAIL over encrypted DNS from two operators for every failing name."""
    if p.ok or not p.failing:
        return ()
    named = [e.name for e in p.failing if e.name is not None]
    if len(named) != len(p.failing) or not all(n.failing_everywhere for n in named):
        return ()
    return [o for n in named for o in n.failing_everywhere]


def _names_gone(p: PoolFacts) -> Cited:
    """Every name of the service that was asked for has left the DNS, by encrypted answers of two
    operators, and nothing of it answers. One name, or those of one function, may be retired. Where
    everything is re-signed, encrypted answers may be another's."""
    every = [q for q in (p, *p.beside) if not q.pool.caveat]
    if p.tested or p.connection.inspector or any(q.genuine for q in every):
        return ()
    return [o for n in _left(every) for o in n.absent]


def _left(pools: Iterable[PoolFacts]) -> list[NameFacts]:
    """Their names that are gone, if enough are and no other could still be used."""
    named = (e.name for p in pools for m in p.members for e in m.tested)
    names = {n.name: n for n in named if n is not None}
    gone = [n for n in names.values() if n.absent]
    failing = [n for n in names.values() if n.failing_everywhere]
    return gone if len(gone) >= GONE_NAMES and len(gone) + len(failing) == len(names) else []


def _beacon_down(p: PoolFacts) -> Cited:
    """The service's own status name says outage, by encrypted DNS."""
    beacon = p.service.beacon
    if beacon is None or p.ok or not p.failing:
        return ()
    said = p.facts.name(beacon.host).by(ResolverKind.DOH)
    return [o for o in said if o.addresses and set(o.addresses) <= set(beacon.down)]


WITH_ERROR = LIKELY_WORKS.at(Layer.HTTP).rule("ok.with_error", holds=_with_error)

SERVER_DOWN = DOWN.at(Layer.HTTP).rule("down.server_errors", holds=server_down)

DOWN_RULES: tuple[PoolRule, ...] = (
    SERVER_DOWN,
    _DOWN.rule("down.names_fail", holds=_own_names_fail),
    LIKELY_DOWN.at(Layer.DNS).rule("down.names_gone", holds=_names_gone),
    _DOWN.rule("down.beacon", holds=_beacon_down),
)
