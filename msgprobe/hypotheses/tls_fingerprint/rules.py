"""Rules about the shape of the ClientHello (D8) and about many ClientHellos at once (D13)."""

from collections.abc import Callable, Iterable, Iterator
from math import inf

from msgprobe.evidence.controls import DYING
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS, TRIES, Facts, networks
from msgprobe.evidence.handshakes import alone, modern
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.luck import by_luck, too_early
from msgprobe.evidence.pool import AddressFacts, PoolFacts
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.hypotheses.rule import (
    BLOCKED,
    LIKELY_BLOCKED,
    LIKELY_IMPAIRED,
    UNCLEAR,
    Cited,
    PoolRule,
)
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.target import Service
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer

_BLOCKED = BLOCKED.at(Layer.TLS)

ANSWERS = 2
"""Genuine answers in another shape, and none that failed: one may be luck."""

COUNTED = "tls.conn_count"

_SILENCE = "tls.timeout"

CROWD = 2
"""Conversations at the same time, at least."""

LUCK = 1e-6
"""Fisher's p: those of one moment freeze together, so that they count for less than they are."""


def _shaped(address: AddressFacts, shape: Hello) -> tuple[Conversation, ...]:
    return tuple(
        t
        for t in address.probes
        if t.task.arm is Arm.OTHER_HELLO and t.flow.option(OPTION) == shape
    )


def _answered(address: AddressFacts, shape: Hello) -> tuple[Conversation, ...]:
    """All ClientHellos of that shape, if the genuine server answered every one while ClientHellos
    of the usual shape went on to fail: an outage that had ended would look alike otherwise."""
    conversations = _shaped(address, shape)
    if (
        len(conversations) < ANSWERS
        or not all(t.authenticated for t in conversations)
        or not address.repeated
    ):
        return ()
    first = min(t.tls.window.end for t in conversations if t.tls is not None)
    last = max(t.tls.window.start for t in address.failed if t.tls is not None)
    return conversations if first <= last else ()


def _split(symptom: str, *, named: bool) -> Callable[[PoolFacts], Cited]:
    """The cut alone makes the genuine server answer. ``named``: a neutral name does so uncut."""

    def holds(p: PoolFacts) -> Cited:
        if not p.connection.controls_hold:
            return
        for a in p.failing_addresses(symptom):
            cut, neutral = _answered(a, Hello.SPLIT), a.swapped
            if cut and bool(neutral) is named and not _luck(p, _naming_the_same(p, a), symptom):
                yield from (*a.failed, *cut, *neutral)

    return holds


def _naming_the_same(p: PoolFacts, address: AddressFacts) -> list[Conversation]:
    """All that bear a name that failed there, wherever."""
    names = {t.flow.server_name for t in address.failed}
    return [t for t in p.facts.conversations if t.flow.server_name in names]


def _luck(p: PoolFacts, said: Iterable[Conversation], symptom: str) -> bool:
    """On a line that swallows ClientHellos, whosever, all of these may have died by luck, and those
    that were cut be answered."""
    usual = (t for t in said if t.flow.option(OPTION) is None and not modern(t))
    ended = [t for t in usual if t.symptom in DYING or t.answered_tls]
    died = [t for t in ended if t.symptom in DYING]
    return by_luck(p.facts, died, ended, silent=symptom == _SILENCE)


def _fingerprinted(p: PoolFacts, symptom: str) -> Iterator[AddressFacts]:
    """Addresses where any name dies in our shape, and the genuine server answers another one."""
    for a in p.failing_addresses(symptom):
        swaps = [t for t in a.probes if t.task.arm is Arm.OTHER_SNI]
        dead = bool(swaps) and all(t.symptom == symptom for t in swaps)
        other = dead and p.connection.controls_hold and _answered(a, Hello.OTHER)
        if other and not _luck(p, (*a.own, *a.probes), symptom):
            yield a


def _all_of(address: AddressFacts) -> tuple[Conversation, ...]:
    swaps = tuple(t for t in address.probes if t.task.arm is Arm.OTHER_SNI)
    return (*address.failed, *_shaped(address, Hello.OTHER), *swaps)


def _unacked(p: PoolFacts) -> list[AddressFacts]:
    """Addresses whose kernel never acknowledged a usual ClientHello, in all of the attempts."""
    return [
        a
        for a in _fingerprinted(p, _SILENCE)
        if len(a.failed) >= TRIES
        and all(t.tls is not None and t.tls.hello_acked is False for t in a.failed)
    ]


def _unacked_shape(p: PoolFacts) -> Cited:
    """Dropped before the machines: in two networks no kernel acknowledged any usual ClientHello.

    The networks are counted over the whole service: one that ran all its fronts behind walls of
    its own would have to run them so in every one of those networks.
    """
    hit = _unacked(p)
    if not hit:
        return ()
    cited = [t for a in hit for t in _all_of(a)]
    if len(networks(cited)) < 2:
        cited += [t for other in p.beside for a in _unacked(other) for t in _all_of(a)]
    return cited if len(networks(cited)) >= 2 else ()


UNACKED_SHAPE: PoolRule = LIKELY_BLOCKED.at(Layer.TLS).rule(
    "tls.fingerprint.unacked", "tls.fingerprint", holds=_unacked_shape
)


def _early_shape(p: PoolFacts) -> Cited:
    """Broken off sooner than the server could."""
    for symptom in DYING:
        hit = list(_fingerprinted(p, symptom))
        early = {t.address for t in too_early(p.facts, (a.failed for a in hit))}
        for a in hit:
            if a.address in early:
                yield from _all_of(a)


EARLY_SHAPE: PoolRule = _BLOCKED.rule(
    "tls.fingerprint.early", "tls.fingerprint", holds=_early_shape
)


def _some_shape(p: PoolFacts) -> Cited:
    """Another program's ClientHello is answered, ours is not, and nothing says who minds."""
    for symptom in DYING:
        for a in _fingerprinted(p, symptom):
            yield from _all_of(a)


SOME_SHAPE: PoolRule = UNCLEAR.at(Layer.TLS).rule("tls.fingerprint.unclear", holds=_some_shape)


def froze(conversation: Conversation) -> bool:
    """It connected, spoke TLS or began to, and then nothing came any more."""
    return conversation.met_silence and conversation.connected and conversation.tls is not None


def _frozen(p: PoolFacts) -> list[Conversation]:
    """The pool's own conversations that froze, if nothing of it fails otherwise and they are as
    many as a claim needs; where others answer, in two networks, for one path convicts nobody."""
    own = [t for m in p.tested for e in m.endpoints for a in e.addresses for t in a.own]
    frozen = [t for t in own if froze(t)]
    if not p.connection.controls_hold or len(frozen) < TRIES or not all(map(froze, p.failed)):
        return []
    return [] if p.ok and len(networks(frozen)) < 2 else frozen


def _alone(p: PoolFacts) -> Cited:
    """What froze together is answered alone, and together it freezes again: an outage that ended in
    between looks otherwise.

    Whoever counts connections counts those of all names of a service. So its names are taken
    together, and none of a pool that froze in company is then said to die of its name.
    """
    frozen, lonely = _frozen(p), _lonely(p)
    first = min((one.dialled for one in lonely), default=inf)
    again = [t for t in _together(p) if t.dialled > first]
    froze_again = [t for t in again if froze(t)]
    # The first of a crowd may have been through before the others came.
    if len(lonely) >= ANSWERS and len(froze_again) >= CROWD and 2 * len(froze_again) > len(again):
        yield from (*frozen, *lonely, *froze_again) if frozen else ()


CONN_COUNT: PoolRule = LIKELY_IMPAIRED.at(Layer.TLS).rule("tls.conn_count", COUNTED, holds=_alone)


def _together(p: PoolFacts) -> list[Conversation]:
    """Those that were to be at the same time, and were: one may have had to wait for its turn."""
    asked = p.facts.arm(Arm.TOGETHER, subject=p.service.name)
    return [t for t in asked if not alone(p.facts, t)]


_SINGLE = (Arm.SHARE, Arm.SHARE_ELSEWHERE, Arm.TARGET_SNI_ELSEWHERE)
"""The arms that name what froze once more, here and at neutral servers."""


def _lonely(p: PoolFacts) -> tuple[Conversation, ...]:
    """Each of the service's conversations that was alone, if every one was answered; transfers
    that name what froze, and that nothing else of ours named at the time, are such, too, where
    there are more than one. None where any other that was alone froze: their number is not what
    silences them; unless company did so far oftener, for whoever counts does not see the end of
    what he froze, and may count it with the next."""
    lonely = p.facts.arm(Arm.ALONE, subject=p.service.name)
    moved = _naming(p, Arm.TRANSFER)
    every = (*lonely, *moved) if lonely or len(moved) >= ANSWERS else ()
    if not all(t.genuine for t in every):
        return ()
    if any(map(froze, _naming(p, *_SINGLE))) and not _company_freezes(p.facts, p.service):
        return ()
    return every


@remembered
def _company_freezes(facts: Facts, service: Service) -> bool:
    """Of all that named what froze, conversations in company froze oftener than those alone, by
    `LUCK`."""
    named = [t for t in facts.conversations if t.task.subject == service.name]
    hosts = {t.flow.server_name for t in named if froze(t)}
    told = [t for t in named if t.flow.server_name in hosts and (froze(t) or t.answered_tls)]
    company = [froze(t) for t in told if not alone(facts, t)]
    single = [froze(t) for t in told if alone(facts, t)]
    return fisher_greater(sum(company), len(company), sum(single), len(single)) <= LUCK


def _naming(p: PoolFacts, *arms: Arm) -> list[Conversation]:
    """Conversations of those arms that name what froze, and that nothing else of ours named at the
    time."""
    own = p.facts.arm(*OWN_ARMS, subject=p.service.name)
    names = {t.flow.server_name for t in own if froze(t)}
    named = p.facts.arm(*arms, subject=p.service.name)
    return [t for t in named if t.flow.server_name in names and alone(p.facts, t)]


def _answered_alone(p: PoolFacts) -> Cited:
    """Unless as many at the same time are answered as well."""
    together = _together(p)
    if together and 2 * sum(t.genuine for t in together) > len(together):
        return ()
    frozen, lonely = _frozen(p), _lonely(p)
    return (*frozen, *lonely) if frozen and lonely else ()


ANSWERED_ALONE: PoolRule = LIKELY_IMPAIRED.at(Layer.TLS).rule(
    "tls.answered_alone", holds=_answered_alone
)


def _split_rules() -> Iterator[PoolRule]:
    for symptom, path in DYING.items():
        kind = symptom.removeprefix("tls.")
        yield _BLOCKED.rule(
            f"tls.split_name.{kind}", f"{path}.sni", holds=_split(symptom, named=True)
        )
        yield _BLOCKED.rule(f"tls.split.{kind}", path, holds=_split(symptom, named=False))


HELLO_RULES: tuple[PoolRule, ...] = (*_split_rules(), EARLY_SHAPE, UNACKED_SHAPE, SOME_SHAPE)

COUNT_RULES: tuple[PoolRule, ...] = (CONN_COUNT, ANSWERED_ALONE)
"""In order: the first that holds speaks. Whose name is answered alone does not die of it."""
