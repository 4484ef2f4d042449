"""Rules about pools of which some members answer and others do not."""

from collections.abc import Callable, Collection, Iterable, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.dead_places import dead_by_luck
from msgprobe.evidence.facts import OWN_ARMS, TRIES, grouped
from msgprobe.evidence.pool import EndpointFacts, PoolFacts
from msgprobe.hypotheses.connection.rules import merely_far
from msgprobe.hypotheses.rule import IMPAIRED, UNCLEAR, Cited, PoolRule
from msgprobe.model.verdict import ConnectionVerdict, Layer, State

_IMPAIRED = IMPAIRED.at(Layer.TCP)

SEVERAL = 2
"""What one accident does not explain: attempts under other names that fail as one member does,
hosts that fail, and networks in which they do."""

_ALIKE = ("tcp.timeout", "tcp.refused", "ip.unreachable", "tls.reset", "tls.timeout")
"""Ways to fail in which all members that do may be alike."""


def enough(p: PoolFacts) -> bool:
    """As many members answer as the pool needs."""
    return bool(p.tested) and len(p.ok) >= p.need


def main_way(p: PoolFacts) -> bool:
    """Some member answered on an endpoint that is not a mere reserve."""
    return any(e.genuine and not e.endpoint.reserve for m in p.ok for e in m.endpoints)


def _reserve_only(p: PoolFacts) -> Cited:
    if not p.ok or main_way(p):
        return ()
    return (*p.genuine, *(t for m in p.ok for e in m.endpoints for t in e.failed))


def _some_members(p: PoolFacts) -> Cited:
    if not p.ok or enough(p):
        return ()
    return (*p.genuine, *p.failed)


def _one_member(p: PoolFacts) -> Cited:
    """All but a single member answer: one row of the catalogue may be wrong. It is not where the
    member proves itself at an address that another resolver gives, and this one leads astray; nor
    does that explain why others of the service fail as it does now and then."""
    single = len(p.tested) - len(p.ok) == 1 and main_way(p)
    retired = single and not any(map(_alive, p.failing)) and not _others_fail_so(p)
    return _some_members(p) if retired else ()


def _others_fail_so(p: PoolFacts) -> bool:
    """Under other names of the service attempts failed the same way where another was answered, and
    the member fails still when those are answered again: what befell all of them is not over for
    it. Not by silence: packets get lost on every line."""
    failed = [t for e in p.failing for t in e.failed if not t.met_silence]
    answered, alike = _wavering(p, failed)
    back = [_back(some, answered[there]) for there, some in alike.items()]
    many = sum(map(len, alike.values())) >= SEVERAL
    return many and max(t.dialled for t in failed) > max(back)


_There = tuple[str, str]


def _wavering(
    p: PoolFacts, failed: Sequence[Conversation]
) -> tuple[dict[_There, list[Conversation]], dict[_There, list[Conversation]]]:
    """Attempts under other names: those that were answered, by place, and of the same places those
    that failed as ``failed`` did."""
    ways, names = {t.symptom for t in failed}, {_named(t) for t in failed}
    others = [t for t in p.facts.arm(*OWN_ARMS, subject=p.service.name) if _named(t) not in names]
    answered = grouped((t for t in others if t.genuine), _there)
    same = (t for t in others if t.symptom in ways and not t.met_silence and _there(t) in answered)
    return answered, grouped(same, _there)


def _back(failed: Sequence[Conversation], answered: Sequence[Conversation]) -> float:
    """Seconds since the run began when one began that was answered after those had failed; 0 where
    none was."""
    last = max(t.dialled for t in failed)
    return min((t.dialled for t in answered if t.dialled > last), default=0.0)


def _named(t: Conversation) -> str:
    return t.flow.server_name or t.flow.host or t.address


def _there(t: Conversation) -> _There:
    return t.address, _named(t)


def _alive(e: EndpointFacts) -> bool:
    """A resolver that fails leads nobody anywhere: it may be our own crowd of questions."""
    if e.name is None or not e.name.system_addresses:
        return False
    return any(t.address in e.name.other_addresses for t in e.genuine_elsewhere)


def _some_fail(symptom: str) -> Callable[[PoolFacts], Cited]:
    """Some members answer; every one of the others fails this way, repeatedly, and more of them
    than luck explains."""

    def holds(p: PoolFacts) -> Cited:
        main = [e for e in p.failing if not e.endpoint.reserve]
        views = [a for e in main for a in e.addresses if a.failed]
        if not p.ok or enough(p) or not views:
            return ()
        if any(a.symptom != symptom or not a.repeated for a in views):
            return ()
        return () if dead_by_luck(p, symptom) else p.failed

    return holds


_UNPROVEN = frozenset({"local", "protocol.impostor", "tls.certificate"})
"""Failures that show nothing about the function: somebody answered, who could not be told to be the
service (which may have changed its certificates), or this device did not let us ask."""


def spread(pools: Iterable[PoolFacts], ways: Collection[str] = ()) -> bool:
    """Two hosts in two networks fail in as many attempts as a claim needs. Where ``ways`` are given
    all must fail alike, in one of these; else in any, for whoever is silenced after the first words
    fails in two."""
    failing = [
        (e.endpoint.host or a.address, ips.network(a.address))
        for p in pools
        for e in p.failing
        for a in e.addresses
        if a.symptom not in _UNPROVEN
        and (a.repeated and a.symptom in ways if ways else len(a.failed) >= TRIES)
    ]
    return all(len(set(each)) >= SEVERAL for each in zip(*failing, strict=True)) and bool(failing)


def line_holds(line: ConnectionFacts, said: ConnectionVerdict) -> bool:
    """As far as can be seen: that it is long loses nothing, and where its resolver is dead another
    one has helped."""
    far = said.state is State.BAD_LINK and merely_far(line)
    helped = said.state is State.DNS_FAULT and line.resolver_dead
    return line.controls_hold and (said.state is State.ONLINE or far or helped)


def explained(p: PoolFacts, said: ConnectionVerdict) -> bool:
    """One fact of the catalogue would explain all that cannot be reached of the service. Servers
    whose silence shows nothing do not count, nor those that hang after a good handshake: what is
    known about them is said by rules of their own."""
    every = [q for q in (p, *p.beside) if not q.pool.caveat]
    return not (p in every and line_holds(p.connection, said) and spread(every, _ALIKE))


ONE_MEMBER = UNCLEAR.at(Layer.TCP).rule("pool.one_member", holds=_one_member)
"""Comes before the rules below: one fact of the catalogue may be wrong. Where something shows who
is to blame for that one member, it does not speak."""

MEMBER_HIT: PoolRule = _IMPAIRED.rule(
    "pool.member_hit", holds=lambda p: (*p.genuine, *p.failed) if enough(p) and p.failing else ()
)
"""Speaks beside a rule that accuses alone: one way that works acquits nobody who cuts another."""

DEGRADED_RULES: tuple[PoolRule, ...] = (
    _IMPAIRED.rule("pool.some_members", holds=_some_members),
    _IMPAIRED.rule("pool.reserve_only", holds=_reserve_only),
    *_IMPAIRED.rules("pool.some_members.{symptom}", {way: way for way in _ALIKE}, holds=_some_fail),
)
