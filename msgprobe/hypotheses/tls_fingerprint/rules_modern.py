"""Rules about the ClientHellos of modern clients, where small ones are answered (D19).

Small ones are what a tool or an old app sends; a browser or a newer app has no other than these.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from msgprobe.evidence.black_hole import too_large
from msgprobe.evidence.controls import BROKEN_OFF, DYING
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.earliness import early
from msgprobe.evidence.facts import OWN_ARMS, TRIES, grouped
from msgprobe.evidence.name_swaps import Shown, follows
from msgprobe.evidence.pool import PoolFacts
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.evidence.tallies import named_there
from msgprobe.hypotheses.rule import BLOCKED, LIKELY_IMPAIRED, UNCLEAR, Cited, PoolRule
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Certificate
from msgprobe.model.task import Arm, Role
from msgprobe.model.verdict import Layer

_BLOCKED = BLOCKED.at(Layer.TLS)

LATE = "tls.post_handshake"

_TORN = (Failure.CONNECTION_RESET, Failure.EOF)
"""An answer that makes no sense is the server's own."""

LUCK = 1e-3
"""The chance, at most, that so many die by luck where neutral ones of that shape die as they do: a
box that minds modern ClientHellos now and then, whomever they name, lets one of them through."""

DOUBT = 1e-2
"""The same where it is only said that they die."""

EARLY_ENDS = 2
"""Ends that came sooner than the path allows: one may be a clock's doing."""


def _dying(p: PoolFacts, least: int = TRIES) -> Iterable[list[Conversation]]:
    """As `_dead`; nothing where small ones of the service die as well, unless these die far
    oftener in the same seconds: then it is not for their shape that they do."""
    own = p.facts.arm(*OWN_ARMS, subject=p.service.name)
    small_die = [t for t in own if t.symptom in DYING and not too_large(p.facts, t)]
    return _dead(p, least) if len(small_die) < TRIES or _oftener(p) else ()


def _oftener(p: PoolFacts) -> bool:
    """More of them die, by `LUCK`, than of the service's small ones since the first was begun."""
    modern = p.facts.arm(Arm.MODERN, Arm.MODERN_ELSEWHERE, subject=p.service.name)
    since = min((p.facts.window(t).start for t in modern), default=0.0)
    own = p.facts.arm(*OWN_ARMS, Arm.TRANSFER, subject=p.service.name)
    small = (t for t in own if t.task.role is Role.TARGET and p.facts.window(t).start >= since)
    return fisher_greater(*_count(modern), *_count(small)) <= LUCK


def _dead(p: PoolFacts, least: int = TRIES) -> Iterator[list[Conversation]]:
    """Of each name at each address where small ClientHellos are answered and every modern one dies,
    ``least`` of them; nothing where no neutral site answers modern ones, nor at the ClientHello
    where another pool's was answered."""
    if not _neutral(p):
        return
    passed = {
        named_there(t) for t in p.facts.arm(Arm.MODERN, subject=p.service.name) if _answered(t)
    }
    for place, conversations in grouped(p.probes(Arm.MODERN), named_there).items():
        small = [t for t in p.genuine if named_there(t) == place]
        ended = _ended(p, conversations, small)
        ways = {_way(t) for t in ended}
        dies = None not in ways and (place not in passed or ways == {LATE})
        if small and len(ended) >= least and dies:
            yield [*ended, *small]


def some_die(p: PoolFacts) -> bool:
    """Some modern ClientHello of the pool's own died: where none did, no rule of these holds."""
    return any(map(_way, p.probes(Arm.MODERN)))


def _ended(
    p: PoolFacts, conversations: list[Conversation], small: list[Conversation]
) -> list[Conversation]:
    """Those that came to an end. What was not waited for as long as a small one took is late, not
    dead."""
    late = max((_lasted(p, t) for t in small), default=0.0)
    told = [t for t in conversations if not (t.met_silence and _lasted(p, t) < late)]
    return [t for t in told if t.symptom is not None or t.answered_tls]


def _lasted(p: PoolFacts, conversation: Conversation) -> float:
    """Seconds from its first packet on."""
    return p.facts.window(conversation).seconds


def _way(conversation: Conversation) -> str | None:
    """How it died: at the ClientHello, or once the handshake was done; None: it did not."""
    failure = conversation.failure
    if conversation.dies_after_handshake:
        return LATE if failure and (failure.is_silence or failure in _TORN) else None
    return conversation.symptom if conversation.symptom in DYING else None


def _answered(conversation: Conversation) -> bool:
    """A TLS peer went on with it. An alert is no answer here: who forges one ends what he minds,
    and a server that sends one to whatever it does not serve shows nothing."""
    return conversation.answered_tls and _way(conversation) is None


def _neutral(p: PoolFacts) -> tuple[Conversation, ...]:
    """Modern ClientHellos that neutral sites answered under their own names."""
    return tuple(t for _, t in p.facts.site_conversations(Arm.BIG_HELLO) if _answered(t))


def _passes(p: PoolFacts) -> bool:
    """More neutral sites answer them than let all of theirs die. Who breaks off most of them minds
    their shape, whomever they name, and has let one through."""
    by_site = grouped(p.facts.site_conversations(Arm.BIG_HELLO), lambda one: one[0].name)
    told = [[t for _, t in some if _way(t) or _answered(t)] for some in by_site.values()]
    answered = sum(any(map(_answered, some)) for some in told)
    return answered > sum(bool(some) for some in told) - answered


def _beyond_luck(p: PoolFacts, said: Iterable[Conversation], luck: float = LUCK) -> bool:
    """More of these die than neutral ones do, under their own names or others, by ``luck``."""
    died, tried = _count(said)
    return fisher_greater(died, tried, *_neutral_count(p)) <= luck


def _neutral_count(p: PoolFacts) -> tuple[int, int]:
    sites = (t for _, t in p.facts.site_conversations(Arm.BIG_HELLO))
    return _count((*sites, *p.facts.arm(Arm.MODERN_NEUTRAL)))


def _count(conversations: Iterable[Conversation]) -> tuple[int, int]:
    """How many died, and of how many that came to an end."""
    ends = [_way(t) is not None for t in conversations if _way(t) or _answered(t)]
    return sum(ends), len(ends)


def _commonest(conversations: list[Conversation]) -> str | None:
    """How they die, broken off rather than silent: silence beside resets is a lost reset."""
    ways = Counter(way for t in conversations if (way := _way(t)))
    broken = sorted(way for way in ways if way != "tls.timeout") or sorted(ways)
    return max(broken, key=lambda way: ways[way], default=None)


def _followed(p: PoolFacts) -> list[Conversation]:
    """One of the service's names dies so at neutral servers that answer another foreign name in the
    same shape; of any pool, for the names of a service are hit together."""
    neutral = [t for t in p.facts.arm(Arm.MODERN_NEUTRAL) if _answered(t)]
    asked = p.facts.arm(Arm.MODERN_ELSEWHERE, subject=p.service.name)
    cited: list[Conversation] = []
    for there in grouped(asked, lambda t: t.flow.server_name).values():
        places = grouped(there, lambda t: t.address)
        beside = {a: [t for t in neutral if _same_server(mine, t)] for a, mine in places.items()}
        if follows([_shown(mine, served=bool(beside[a])) for a, mine in places.items()]):
            cited += [t for a, mine in places.items() if beside[a] for t in (*mine, *beside[a])]
    fair = p.connection.fair(p.connection.servers(cited))
    return list(dict.fromkeys(cited)) if fair else []


def _same_server(conversations: list[Conversation], twin: Conversation) -> bool:
    """The twin was held with that server, as far; and where the service's name died after the
    handshake, under the same certificate: it is no front of the service, whose dead backend would
    hang there as well."""
    first = conversations[0]
    shown = [_leaf(t) for t in conversations if t.dies_after_handshake]
    alike = all(leaf is not None and leaf == _leaf(twin) for leaf in shown)
    return (twin.address, twin.task.check) == (first.address, first.task.check) and alike


def _leaf(conversation: Conversation) -> Certificate | None:
    chain = conversation.tls.chain if conversation.tls is not None else ()
    return chain[0] if chain else None


def _shown(conversations: list[Conversation], *, served: bool) -> Shown:
    died = [t for t in conversations if _way(t)]
    return Shown(
        answered=any(_answered(t) for t in conversations),
        died=tuple(t.met_silence for t in died),
        others=served,
    )


def _elsewhere(symptom: str) -> Callable[[PoolFacts], Cited]:
    def holds(p: PoolFacts) -> Cited:
        dying = [t for conversations in _dying(p) for t in conversations] if _passes(p) else []
        followed = _followed(p) if dying else []
        mine = [t for t in followed if t.task.arm is Arm.MODERN_ELSEWHERE]
        if mine and _commonest(mine) == symptom and _beyond_luck(p, _naming(p, mine)):
            yield from (*dying, *followed, *_neutral(p))

    return holds


def _naming(p: PoolFacts, mine: Iterable[Conversation]) -> list[Conversation]:
    """All that named the same hosts so, here and at neutral servers."""
    names = {t.flow.server_name for t in mine}
    said = p.facts.arm(Arm.MODERN, Arm.MODERN_ELSEWHERE, subject=p.service.name)
    return [t for t in said if t.flow.server_name in names]


def _early(symptom: str) -> Callable[[PoolFacts], Cited]:
    """They end sooner than the server could have ended them, whatever it minds: small ones show
    that it does not hang up on whoever connects."""

    def holds(p: PoolFacts) -> Cited:
        said = p.facts.arm(Arm.MODERN, subject=p.service.name)
        for conversations in _dying(p) if _passes(p) and _beyond_luck(p, said) else ():
            ends = [t for t in conversations if t.symptom == symptom]
            if sum(early(p.facts, t, lets_in=True) for t in ends) >= EARLY_ENDS:
                yield from (*conversations, *_neutral(p))

    return holds


def _unfinished(p: PoolFacts) -> Cited:
    """Too few to tell; or enough, and neutral ones do not die so, but small ones did as well, at
    other places or times: whether all died of one thing nobody knows."""
    said = p.facts.arm(Arm.MODERN, Arm.MODERN_ELSEWHERE, subject=p.service.name)
    excused = _dead(p) if _passes(p) and _beyond_luck(p, said) else ()
    for conversations in (*_dying(p, least=2), *excused):
        yield from conversations


def _unclear(p: PoolFacts) -> Cited:
    """Where some of everybody's die these die oftener, by `DOUBT`; it accuses nobody."""
    said = p.facts.arm(Arm.MODERN, Arm.MODERN_ELSEWHERE, subject=p.service.name)
    shared = _passes(p) and _neutral_count(p)[0] > 0
    for conversations in () if shared and not _beyond_luck(p, said, DOUBT) else _dying(p):
        yield from (*conversations, *p.probes(Arm.MODERN_ELSEWHERE), *_neutral(p))


def _most(p: PoolFacts) -> Cited:
    """Neither do most neutral sites answer them: it is not about the service."""
    return () if _passes(p) else _unclear(p)


MODERN_MOST: PoolRule = LIKELY_IMPAIRED.at(Layer.TLS).rule("tls.modern.most", holds=_most)

MODERN_UNCLEAR: PoolRule = LIKELY_IMPAIRED.at(Layer.TLS).rule("tls.modern.unclear", holds=_unclear)


MODERN_RULES: tuple[PoolRule, ...] = (
    *_BLOCKED.rules(
        "tls.modern.elsewhere.{kind}",
        {symptom: f"{path}.sni" for symptom, path in {**DYING, LATE: LATE}.items()},
        holds=_elsewhere,
    ),
    *_BLOCKED.rules("tls.modern.early.{kind}", BROKEN_OFF, holds=_early),
    MODERN_MOST,
    MODERN_UNCLEAR,
    UNCLEAR.at(Layer.TLS).rule("tls.modern.unfinished", holds=_unfinished),
)
"""In order: the first that holds speaks."""
