"""QUIC beside TCP: does the fault follow the service's name, or does UDP port 443 just not work?

Every client falls back to TCP, so that an extra pool earns nothing and spoils nothing. Only what is
shown to be done to the service's name counts: then the function is impaired, never blocked. Where
its name dies and others do not, and it could not be told why, nobody can say that all is well.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.doubts import DOUBT
from msgprobe.evidence.facts import OWN_ARMS, TRIES, by_address, networks
from msgprobe.evidence.pool import PoolFacts
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.hypotheses.rule import (
    IMPAIRED,
    LIKELY_IMPAIRED,
    UNCLEAR,
    Cited,
    Finding,
    PoolRule,
    first_holding,
)
from msgprobe.model.message import message
from msgprobe.model.observation import Proof
from msgprobe.model.task import Arm
from msgprobe.model.verdict import FunctionVerdict, Layer, Outcome

_IMPAIRED = IMPAIRED.at(Layer.PROTOCOL)

CHECK = "quic"

ARMS = (
    Arm.QUIC_NEUTRAL,
    Arm.QUIC_OTHER_SNI,
    Arm.QUIC_NEGOTIATION,
    Arm.QUIC_ELSEWHERE,
    Arm.QUIC_NEUTRAL_ELSEWHERE,
)

_TWICE = 2
"""Attempts that must meet silence before it is anything but a lost packet."""

PLACES = 2
"""Addresses at which the name must be what decides."""

_INITIAL = 1200
_EACH = 3
"""Initials that an attempt of the shortest patience sends, at 0, 1 and 3 s."""

_APART = 0.8
"""Seconds between the starts of attempts, at least: a second is planned, and one waits its turn."""

_SPAN = 5.0
"""Seconds from the start of the first attempt to the end of the last one, at least: longer than a
burst of losses, and longer than a server's moment of rest."""


def answered(conversation: Conversation) -> bool:
    """A QUIC server answered, however it ended: something came that is bound to our own ids."""
    return conversation.protocol is not None and conversation.protocol.proof >= Proof.NONCE


def unanswered(conversation: Conversation) -> bool:
    """Nothing came at all, and it was not we who stopped too early."""
    seen = conversation.protocol
    return (
        seen is not None
        and seen.first_byte is None
        and conversation.failure is not None
        and not conversation.failure.is_ours
    )


def name_unanswered(conversation: Conversation) -> bool:
    """The name was really sent, in an Initial packet, and only silence followed."""
    return (
        unanswered(conversation)
        and conversation.met_silence
        and conversation.protocol is not None
        and conversation.protocol.stage == "initial_sent"
    )


def _initials(conversation: Conversation) -> int:
    """Initial packets that bore the name; each fills a datagram (RFC 9000 §14.1)."""
    return conversation.protocol.bytes_sent // _INITIAL if conversation.protocol else 0


def _repeated(conversations: Iterable[Conversation]) -> tuple[Conversation, ...]:
    """The attempts in order, if all met silence and enough of them began apart; else none.

    Two are enough where they lost as many Initials as three of the shortest patience: on a long
    path each attempt waits, and asks, longer, and there is no time for a third.
    """
    tried = [t for t in conversations if not (t.failure and t.failure.is_ours)]
    if not tried or not all(name_unanswered(t) for t in tried):
        return ()
    ordered = sorted(tried, key=lambda t: (t.protocol_start, t.task.id))
    apart = [ordered[0]]
    for conversation in ordered[1:]:
        if conversation.protocol_start >= apart[-1].protocol_start + _APART:
            apart.append(conversation)
    lost = sum(map(_initials, ordered)) >= TRIES * _EACH
    lasted = max(t.protocol_end for t in ordered) - ordered[0].protocol_start
    return tuple(ordered) if len(apart) >= (TRIES - lost) and lasted >= _SPAN else ()


def _between(
    dead: Sequence[Conversation], others: Iterable[Conversation]
) -> tuple[Conversation, ...]:
    """Others that were answered after the first of the dead had begun and before the last had."""
    first, last = dead[0].protocol_start, dead[-1].protocol_start
    return tuple(t for t in others if answered(t) and first <= t.protocol_start <= last)


def here(p: PoolFacts) -> dict[str, tuple[Conversation, ...]]:
    """The service's own addresses at which its name dies and something else is answered."""
    found: dict[str, tuple[Conversation, ...]] = {}
    for member in p.members:
        for endpoint in member.endpoints:
            for view in endpoint.addresses:
                dead = _repeated(view.own)
                swaps = (Arm.QUIC_OTHER_SNI, Arm.QUIC_NEGOTIATION)
                alive = _between(dead, _of(view.probes, *swaps)) if dead else ()
                if alive:
                    found[view.address] = (*dead, *alive)
    return found


def elsewhere(p: PoolFacts) -> dict[str, tuple[Conversation, ...]]:
    """Neutral servers at which the service's name dies and a neutral one is answered."""
    neutral = by_address(p.facts.arm(Arm.QUIC_NEUTRAL_ELSEWHERE, Arm.QUIC_NEUTRAL))
    found: dict[str, tuple[Conversation, ...]] = {}
    for address, conversations in by_address(p.probes(Arm.QUIC_ELSEWHERE)).items():
        dead = _repeated(conversations)
        alive = _between(dead, neutral.get(address, ())) if dead else ()
        if alive:
            found[address] = (*dead, *alive)
    return found


def poisoned(p: PoolFacts) -> dict[str, tuple[Conversation, ...]]:
    """Neutral servers that answered until the service's name was sent there, and then nothing any
    more, in the order in which that happened. Servers to which other services were named as well
    are left out: whose name it was could not be told."""
    everybody = by_address(p.facts.arm(Arm.QUIC_ELSEWHERE))
    neutral = by_address(p.facts.arm(Arm.QUIC_NEUTRAL_ELSEWHERE, Arm.QUIC_NEUTRAL))
    found: dict[str, tuple[Conversation, ...]] = {}
    for address, conversations in by_address(p.probes(Arm.QUIC_ELSEWHERE)).items():
        alone = len({t.flow.server_name for t in everybody[address]}) == 1
        cited = _silenced(_repeated(conversations), neutral.get(address, ())) if alone else ()
        if cited:
            found[address] = cited
    return dict(sorted(found.items(), key=lambda item: _named_at(item[1])))


def _silenced(
    dead: Sequence[Conversation], plain: Iterable[Conversation]
) -> tuple[Conversation, ...]:
    """Others at that server, if it answered before the dead had begun and nothing ever after, with
    the dead in between."""
    if not dead:
        return ()
    first = dead[0].protocol_start
    before = [t for t in plain if answered(t) and t.protocol_start < first]
    after = [t for t in plain if t.protocol_start > first]
    gone = before and after and all(name_unanswered(t) for t in after)
    return (*before, *dead, *after) if gone else ()


def _named_at(conversations: Sequence[Conversation]) -> float:
    return min(t.protocol_start for t in conversations if t.task.arm is Arm.QUIC_ELSEWHERE)


def _of(conversations: Iterable[Conversation], *arms: Arm) -> tuple[Conversation, ...]:
    return tuple(t for t in conversations if t.task.arm in arms)


def _follows_the_name(p: PoolFacts) -> Cited:
    there = elsewhere(p)
    places = {**here(p), **there}
    if not there or len(places) < PLACES or p.connection.failing_now:
        return ()
    return [t for conversations in places.values() for t in conversations]


def _poisons(p: PoolFacts) -> Cited:
    """Two servers fall silent one after the other, each once the service was named there; the
    second still answered other names when the first was dead already."""
    by_address = poisoned(p)
    found = list(by_address.values())
    if len({ips.network(a) for a in by_address}) < PLACES or p.connection.failing_now:
        return ()
    for first, second in pairwise(found):
        dead_since = _named_at(first)
        witnesses = [t for t in second if answered(t) and t.protocol_start >= dead_since + _APART]
        if not witnesses:
            return ()
    return [t for conversations in found for t in conversations]


def _name_at_home(p: PoolFacts) -> Cited:
    """As above at the service's own addresses alone, and nobody answers to it elsewhere: fronts
    with a dead backend look alike at home, but who filters by name does so at neutral servers, too.
    """
    there = p.probes(Arm.QUIC_ELSEWHERE)
    told = sum(_initials(t) for t in there if name_unanswered(t)) >= _TWICE * _EACH
    own = here(p)
    if not told or any(map(answered, there)) or elsewhere(p):
        return ()
    if p.connection.failing_now or not p.names_hold:
        return ()
    if len({ips.network(address) for address in own}) < PLACES:
        return ()
    return [t for conversations in (*own.values(), there) for t in conversations]


def _name_untold(p: PoolFacts) -> Cited:
    """The name dies at the service's own addresses, others are answered there, and no neutral
    server has answered to it: there was no time for more, or no such server."""
    own = _own(p) or _not_crowded_out(p)
    dead = [t for t in own if not (t.failure and t.failure.is_ours)]
    if len(dead) < _TWICE or not all(map(name_unanswered, dead)):
        return ()
    beside = filter(answered, p.probes(Arm.QUIC_OTHER_SNI, Arm.QUIC_NEGOTIATION))
    alive = _at({t.address for t in dead}, beside)
    passes = any(map(answered, p.probes(Arm.QUIC_ELSEWHERE)))
    return () if not alive or passes or p.connection.failing_now else (*dead, *alive)


def _own(p: PoolFacts) -> Sequence[Conversation]:
    views = (v for m in p.members for e in m.endpoints for v in e.addresses)
    return [t for v in views for t in v.own]


def _not_crowded_out(p: PoolFacts) -> Sequence[Conversation]:
    """Attempts while our own crowd kept others out, where it was not that, or hardly: what bears
    the name meets silence, at neutral servers too, and what does not is let in."""
    named = [t for t in (*p.kept_out, *p.probes(Arm.QUIC_ELSEWHERE)) if t.protocol is not None]
    since = min((t.protocol_start for t in named), default=0.0)
    neutral = p.facts.arm(Arm.QUIC_NEUTRAL_ELSEWHERE, Arm.QUIC_NEUTRAL)
    others = [*p.probes(Arm.QUIC_OTHER_SNI, Arm.QUIC_NEGOTIATION)]
    others += [t for t in neutral if t.protocol_start >= since]
    silent, lost = sum(map(unanswered, named)), sum(map(unanswered, others))
    chance = fisher_greater(silent, len(named), lost, len(others))
    return p.kept_out if chance <= DOUBT else ()


def _at(addresses: Collection[str], some: Iterable[Conversation]) -> tuple[Conversation, ...]:
    return tuple(t for t in some if t.address in addresses)


UNTOLD: Final = UNCLEAR.at(Layer.PROTOCOL).rule("quic.name_untold", holds=_name_untold)

QUIC_RULES: tuple[PoolRule, ...] = (
    _IMPAIRED.rule("quic.sni", "quic.sni", holds=_follows_the_name),
    _IMPAIRED.rule("quic.sni_residual", "quic.sni", holds=_poisons),
    LIKELY_IMPAIRED.at(Layer.PROTOCOL).rule("quic.sni_here", "quic.sni", holds=_name_at_home),
    UNTOLD,
)

_WORSE = (Outcome.BLOCKED, Outcome.THROTTLED, Outcome.DEGRADED, Outcome.DOWN)
"""Words that stay; what is done to QUIC then only joins the mechanisms."""


def with_extras(verdict: FunctionVerdict, pools: Sequence[PoolFacts]) -> FunctionVerdict:
    """The function's verdict with what its extra pools show, if they show anything."""
    for pool in pools:
        found = first_holding(QUIC_RULES, pool)
        verdict = verdict if found is None else _with(verdict, found)
    return verdict


def _with(verdict: FunctionVerdict, found: Finding) -> FunctionVerdict:
    named = {found.info.mechanism} if found.info.mechanism else set()
    joined = replace(
        verdict,
        mechanisms=tuple(sorted({*verdict.mechanisms, *named})),
        rules=tuple(dict.fromkeys((*verdict.rules, found.info.rule_id))),
        evidence=tuple(sorted({*verdict.evidence, *found.evidence})),
    )
    if verdict.outcome in _WORSE:
        return joined if named else verdict
    why = [message(found.info.rule_id)]
    if verdict.outcome is Outcome.OK:
        why.append(message("quic.tcp_works"))
    rules = (found.info.rule_id, *(r for r in joined.rules if r != found.info.rule_id))
    return replace(
        joined,
        outcome=Outcome.DEGRADED if named else Outcome.INCONCLUSIVE,
        strength=found.info.strength,
        why=tuple(why),
        rules=rules,
    )


def quic_answers(g: ConnectionFacts) -> bool:
    """Somebody answered over QUIC, so that UDP passes on its port at least."""
    return any(answered(t) for t in (*g.facts.arm(Arm.QUIC_NEUTRAL), *g.facts.arm(*ARMS[1:])))


def quic_blocked(g: ConnectionFacts) -> bool:
    """Neutral servers in two networks or more were asked over QUIC, and nobody answered anything,
    while neutral sites work over TCP: many networks drop UDP port 443, which accuses nobody."""
    neutral = g.facts.arm(Arm.QUIC_NEUTRAL)
    own = [t for t in g.facts.arm(*OWN_ARMS) if t.task.check == CHECK]
    tried = [t for t in (*neutral, *own, *g.facts.arm(*ARMS[1:])) if t.protocol is not None]
    if not all(unanswered(t) or (t.failure and t.failure.is_ours) for t in tried):
        return False
    silent = [t for t in neutral if unanswered(t)]
    sites = {s.name: s.network for s in g.facts.controls.sites}
    labels = {sites.get(t.task.subject, t.task.subject) for t in silent}
    return bool(g.networks(g.abroad)) and len(labels) >= 2 and len(networks(silent)) >= 2
