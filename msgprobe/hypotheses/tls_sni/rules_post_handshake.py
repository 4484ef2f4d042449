"""Rules about what dies after a good handshake: what licenses ``blocked`` at
``tls.post_handshake``."""

from collections.abc import Iterable

from msgprobe.evidence.answers import merely_late
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES, by_address, grouped, networks
from msgprobe.evidence.name_swaps import enough
from msgprobe.evidence.pool import AddressFacts, PoolFacts
from msgprobe.hypotheses.rule import BLOCKED, LIKELY_BLOCKED, UNCLEAR, Cited, PoolRule
from msgprobe.model.observation import Certificate
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer

_UNCLEAR = UNCLEAR.at(Layer.TLS)

REQUEST = "https"
"""The check of experiments that go on to a request; bare ClientHellos say nothing about what
follows them."""


def _dying(p: PoolFacts) -> list[AddressFacts]:
    """Addresses where every attempt died after the handshake, where all of the pool's together are
    as many as a claim needs."""
    views = [a for e in p.failing for a in e.addresses if a.own]
    dying = [a for a in views if all(t.dies_after_handshake for t in a.own)]
    return dying if enough(t.met_silence for a in dying for t in a.failed) else []


def _repeatedly(p: PoolFacts) -> list[AddressFacts]:
    """Those of them where as many attempts died as a claim about one address needs."""
    return [a for a in _dying(p) if len(a.failed) >= TRIES]


def _requests(conversations: Iterable[Conversation], arm: Arm) -> list[Conversation]:
    return [t for t in conversations if t.task.arm is arm and t.task.check == REQUEST]


def _shown(p: PoolFacts) -> list[Conversation]:
    """Requests that named the service at neutral servers, and were waited for."""
    asked = _requests(p.probes(Arm.TARGET_SNI_ELSEWHERE), Arm.TARGET_SNI_ELSEWHERE)
    return [t for t in asked if not merely_late(p.facts, p.service, t)]


def _names(addresses: Iterable[AddressFacts]) -> set[str | None]:
    return {t.flow.server_name for a in addresses for t in a.own}


def _leaf(conversation: Conversation) -> Certificate | None:
    return (
        conversation.tls.chain[0]
        if conversation.tls is not None and conversation.tls.chain
        else None
    )


def _same_server(conversation: Conversation, twins: Iterable[Conversation]) -> bool:
    """It has the same certificate for the service's name as for another foreign one: it is no
    front of the service, whose dead backend would hang there as well."""
    leaf = _leaf(conversation)
    return leaf is not None and all(leaf == _leaf(t) for t in twins)


def _elsewhere(p: PoolFacts) -> Cited:
    """D7 with a request: a neutral server answers another foreign name before and after, and every
    request that names the service dies there after the handshake."""
    dying = _dying(p)
    names = _names(dying)
    neutral = _requests(p.facts.arm(Arm.NEUTRAL_SNI_ELSEWHERE), Arm.NEUTRAL_SNI_ELSEWHERE)
    twins = by_address(neutral)
    followed: list[Conversation] = []
    for (name, address), there in grouped(
        _shown(p), lambda t: (t.flow.server_name, t.address)
    ).items():
        if name and name in names and _dies_beside(there, twins.get(address, [])):
            followed += [*there, *twins[address]]
    fair = p.connection.fair(p.connection.servers(followed))
    return (*(t for a in dying for t in a.own), *followed) if followed and fair else ()


def _dies_beside(there: list[Conversation], twins: list[Conversation]) -> bool:
    """Enough requests died after the handshake at a server that answered all those beside them."""
    served = bool(twins) and all(t.answered_http for t in twins)
    alike = all(t.dies_after_handshake and _same_server(t, twins) for t in there)
    silences = (t.met_silence for t in there)
    return served and alike and enough(silences)


def _passes_elsewhere(p: PoolFacts) -> bool:
    """One of the pool's names got an answer at a neutral server: the name is not the trigger."""
    return any(t.answered_http for t in p.probes(Arm.TARGET_SNI_ELSEWHERE))


def _swapped(address: AddressFacts) -> tuple[Conversation, ...]:
    """D6 with a request: a neutral name got an answer on the same address."""
    conversations = _requests(address.probes, Arm.OTHER_SNI)
    good = tuple(t for t in conversations if t.answered_http)
    return good if len(good) * 2 > len(conversations) else ()


def _hits(p: PoolFacts) -> tuple[Conversation, ...]:
    return tuple(t for a in _repeatedly(p) if (s := _swapped(a)) for t in (*a.own, *s))


def _spread(p: PoolFacts) -> bool:
    """Two names in two networks, which died at neutral servers too, as often as a claim needs, and
    none was answered there: without that word all backends of a service may hang behind its
    fronts."""
    hit = [a for a in _repeatedly(p) if _swapped(a)]
    apart = len(networks([t for a in hit for t in a.own])) >= 2
    died = enough(t.met_silence for t in _shown(p) if t.dies_after_handshake)
    return len(_names(hit)) >= 2 and apart and died and not _passes_elsewhere(p)


def _works_elsewhere(p: PoolFacts) -> Cited:
    """The service's own servers fall silent after the handshake, and its name is harmless."""
    passed = [t for t in p.probes(Arm.TARGET_SNI_ELSEWHERE) if t.answered_http]
    own = [t for a in _dying(p) for t in a.own]
    return (*own, *passed) if own and passed else ()


AFTER_RULES: tuple[PoolRule, ...] = (
    BLOCKED.at(Layer.TLS).rule(
        "tls.post_handshake.elsewhere", "tls.post_handshake.sni", holds=_elsewhere
    ),
    LIKELY_BLOCKED.at(Layer.TLS).rule(
        "tls.post_handshake.same_address",
        "tls.post_handshake",
        holds=lambda p: _hits(p) if _spread(p) else (),
    ),
    _UNCLEAR.rule("tls.post_handshake.one_front", holds=lambda p: () if _spread(p) else _hits(p)),
    _UNCLEAR.rule("tls.post_handshake.backend", holds=_works_elsewhere),
)
