"""Rules about addresses that do not even connect."""

from collections import Counter
from collections.abc import Callable, Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.dead_places import dead_by_luck
from msgprobe.evidence.earliness import EARLY_REFUSALS, early
from msgprobe.evidence.facts import TRIES, networks
from msgprobe.evidence.halves import carries
from msgprobe.evidence.lasting import lasts
from msgprobe.evidence.pool import AddressFacts, PoolFacts
from msgprobe.hypotheses.rule import BLOCKED, LIKELY_BLOCKED, UNCLEAR, Cited, PoolRule
from msgprobe.model.target import Endpoint
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer

_BLOCKED = BLOCKED.at(Layer.TCP)
_LIKELY_BLOCKED = LIKELY_BLOCKED.at(Layer.TCP)
_UNCLEAR = UNCLEAR.at(Layer.TCP)


def _tried_enough(dialled: Iterable[tuple[Endpoint, AddressFacts]], symptom: str) -> bool:
    """All failed so, as often as it takes to be sure; reserve ports once at least."""
    every = [*dialled]
    tries: Counter[tuple[str, int]] = Counter()
    for e, a in every:
        tries[a.address, e.port] += sum(t.symptom == symptom for t in a.failed)
    alike = all(a.symptom == symptom for _, a in every)
    return alike and all(e.reserve or tries[a.address, e.port] >= TRIES for e, a in every)


def _all_fail(p: PoolFacts, symptom: str) -> tuple[Conversation, ...]:
    """Every address of every failing member fails this way (the usual ports in repeats, the
    reserve ports once at least); no member answers.

    A connection says no name before it stands: what several members share, an address and a port,
    has been tried as often as all of them have tried it.
    """
    every = [(e.endpoint, a) for e in p.failing for a in (*e.addresses, *e.elsewhere)]
    dialled = [(e, a) for e, a in every if a.failed]
    if p.ok or not _tried_enough(dialled, symptom) or all(e.reserve for e, _ in dialled):
        return ()
    if any(a.genuine for e in p.failing for a in e.elsewhere):
        return ()
    return tuple(t for _, a in dialled for t in a.failed)


def _alive(p: PoolFacts) -> tuple[Conversation, ...]:
    """The same addresses answer on another port: the machines are there."""
    return tuple(t for t in p.probes(Arm.OTHER_PORT) if t.connected)


def _connect(symptom: str, *, alive: bool) -> Callable[[PoolFacts], Cited]:
    """The licence for silence: two servers in two networks, names that hold, controls that work,
    over the same family (IPv4 or IPv6); and so for longer than servers take to be begun again.

    Two servers, because one server with two addresses may simply have been switched off; and more
    of it than luck explains on a line where neutral ones fail so, too.
    """

    def holds(p: PoolFacts) -> Cited:
        conversations = _all_fail(p, symptom)
        carried = [t for t in conversations if carries(p, t.address)]
        if len(networks(carried)) < 2 or not p.names_hold or not p.connection.controls_hold:
            return ()
        if len(p.tested) < 2 or not p.still_known or not lasts(carried):
            return ()
        other = _alive(p)
        if bool(other) is not alive or dead_by_luck(p, symptom):
            return ()
        return (*conversations, *other)

    return holds


def _early_refusal(p: PoolFacts) -> Cited:
    """Refusals that came faster than the measured path to those addresses."""
    found = [t for t in p.with_symptom("tcp.refused") if early(p.facts, t)]
    return found if len(found) >= EARLY_REFUSALS else ()


def _one_network(p: PoolFacts) -> Cited:
    for symptom in ("tcp.timeout", "ip.unreachable"):
        conversations = _all_fail(p, symptom)
        if conversations and (len(networks(conversations)) < 2 or len(p.tested) < 2):
            return conversations
    return ()


CONNECT_RULES: tuple[PoolRule, ...] = (
    _BLOCKED.rule("tcp.timeout.alive", "tcp.timeout", holds=_connect("tcp.timeout", alive=True)),
    _LIKELY_BLOCKED.rule(
        "tcp.timeout.everywhere", "tcp.timeout", holds=_connect("tcp.timeout", alive=False)
    ),
    _BLOCKED.rule(
        "ip.unreachable.alive", "ip.unreachable", holds=_connect("ip.unreachable", alive=True)
    ),
    _LIKELY_BLOCKED.rule(
        "ip.unreachable.everywhere", "ip.unreachable", holds=_connect("ip.unreachable", alive=False)
    ),
    _LIKELY_BLOCKED.rule(
        "tcp.refused.alive", "tcp.refused", holds=_connect("tcp.refused", alive=True)
    ),
    _BLOCKED.rule("tcp.refused.early", "tcp.refused", holds=_early_refusal),
)


def _briefly(p: PoolFacts) -> Cited:
    """All of that, but for less time than servers take to be begun again."""
    every = [_all_fail(p, symptom) for symptom in ("tcp.timeout", "ip.unreachable", "tcp.refused")]
    failed = next(filter(None, every), ())
    return failed if len(networks(failed)) >= 2 and not lasts(failed) else ()


UNCLEAR_RULES: tuple[PoolRule, ...] = (
    _UNCLEAR.rule("tcp.brief", holds=_briefly),
    _UNCLEAR.rule("tcp.refused.everywhere", holds=lambda p: _all_fail(p, "tcp.refused")),
    _UNCLEAR.rule("tcp.one_network", holds=_one_network),
)
