"""Rules about handshakes: what licenses ``blocked`` at ``tls.*``."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.controls import BROKEN_OFF, DYING
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.dead_places import dead_by_luck
from msgprobe.evidence.facts import TRIES, by_address, grouped, networks
from msgprobe.evidence.luck import by_luck, too_early
from msgprobe.evidence.name_swaps import Shown, enough, follows
from msgprobe.evidence.pool import PoolFacts
from msgprobe.evidence.residual import PUNISHED_SERVERS, punished
from msgprobe.hypotheses.rule import BLOCKED, LIKELY_BLOCKED, UNCLEAR, Cited, PoolRule
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer

_BLOCKED = BLOCKED.at(Layer.TLS)
_UNCLEAR = UNCLEAR.at(Layer.TLS)

_SILENCE = "tls.timeout"
_ALERT = "tls.alert"

_REFUSING_NETWORKS = 2
"""Networks whose neutral servers must refuse a service's names with an alert. A server may do so
for reasons of its own, for one: the service lives there as well, and is out of order."""


def _followed(p: PoolFacts, symptom: str) -> tuple[Conversation, ...]:
    """D7: the pool's names die, and this way, at a neutral server that answers other names."""
    neutral = [t for t in p.facts.arm(Arm.NEUTRAL_SNI_ELSEWHERE) if t.answered_tls]
    served = {t.address for t in neutral}
    ended = [t for t in _asked(p) if t.symptom is not None or t.answered_tls]
    # A censor may read one family alone: that the other carries the name shows nothing of it.
    names = grouped(ended, lambda t: (t.flow.server_name, ips.family(t.address)))
    cited = [t for mine in names.values() for t in _dead_there(mine, symptom, served)]
    if not cited or not p.connection.fair(p.connection.servers(cited)) or _luck_there(p, symptom):
        return ()
    used = {t.address for t in cited}
    return (*cited, *(t for t in neutral if t.address in used))


def _luck_there(p: PoolFacts, symptom: str) -> bool:
    """On a line where neutral conversations die as well: as many of those that name the service may
    have died there by luck."""
    named = p.facts.arm(Arm.TARGET_SNI_ELSEWHERE, subject=p.service.name)
    ended = [t for t in named if t.symptom is not None or t.answered_tls]
    return by_luck(p.facts, [*filter(_died, ended)], ended, silent=symptom == _SILENCE)


def _luck_here(p: PoolFacts, symptom: str) -> bool:
    """The same at the pool's own addresses, or at those of them that were picked for failing."""
    own = [
        t
        for m in p.tested
        for e in m.endpoints
        for a in (*e.addresses, *e.elsewhere)
        for t in a.own
    ]
    alike = by_luck(p.facts, [*filter(_died, own)], own, silent=symptom == _SILENCE)
    return alike or dead_by_luck(p, symptom)


def _refused(p: PoolFacts) -> Cited:
    """D7 where an alert comes back: neutral servers in two networks refuse the service's names, the
    pool's among them, each time, and take others that they do not own. They have no reason to."""
    takes = _taking_any(p)
    refused = _refused_names(p, takes)
    mine = {t.task.id for t in p.probes(Arm.TARGET_SNI_ELSEWHERE)}
    own, cited = p.with_symptom(_ALERT), [t for t in refused if t.task.id in mine]
    refusing = p.connection.servers(refused)
    apart = len({server.network for server in refusing}) >= _REFUSING_NETWORKS
    if not own or not cited or not apart or not p.connection.fair(refusing):
        return ()
    return (*own, *refused, *(t for a in by_address(refused) for t in takes[a]))


def _refused_names(p: PoolFacts, servers: Collection[str]) -> list[Conversation]:
    """The service's names that those neutral servers refuse with an alert, each time."""
    named = p.facts.arm(Arm.TARGET_SNI_ELSEWHERE, subject=p.service.name)
    about = grouped((t for t in named if t.address in servers), lambda t: t.flow.server_name)
    return [t for mine in about.values() if _always(mine, _ALERT) for t in mine]


def _taking_any(p: PoolFacts) -> dict[str, list[Conversation]]:
    """Neutral servers that showed a certificate to every neutral name that they do not own."""
    twins = by_address(p.facts.arm(Arm.NEUTRAL_SNI_ELSEWHERE))
    return {
        address: there
        for address, there in twins.items()
        if all(t.answered_tls and t.symptom != _ALERT for t in there)
    }


def _always(conversations: Sequence[Conversation], symptom: str) -> bool:
    """These died in this way and no other, and at each address as often as a claim needs."""
    there = by_address(conversations).values()
    often = all(enough(t.met_silence for t in one) for one in there)
    return often and all(t.symptom == symptom for t in conversations)


def _asked(p: PoolFacts) -> list[Conversation]:
    """D7 of the pool's names, where no other name had silenced the server before. Not where the
    server has been silent to everybody since: that is `_punished`."""
    told = {t.task.id for s in p.facts.shown if not s.punished for t in s.named}
    return [t for t in p.probes(Arm.TARGET_SNI_ELSEWHERE) if t.task.id in told]


def _punishing(p: PoolFacts, symptom: str) -> list[Conversation]:
    """D7 where a name is punished: servers in two networks answered until some service's name was
    said there, one of this service's among them, and nothing since, while the line is well."""
    if not p.connection.controls_hold or p.connection.failing_now:
        return []
    servers = punished(p.facts.shown, ips.network)
    firsts = [s.named[0] for s in servers]
    if not any(t.task.subject == p.service.name and t.symptom == symptom for t in firsts):
        return []
    if _luck_since(p, (t for s in servers for t in s.after)):
        return []
    return [t for s in servers for t in (*s.before, *s.named, *s.after)]


def _luck_since(p: PoolFacts, ended: Iterable[Conversation]) -> bool:
    """On a line where neutral conversations die as well: these neutral ones, each counted once, may
    have died by luck since a name was said there. Which servers those are was chosen by what came
    of the name itself, and so counts nothing."""
    since = {t.task.id: t for t in ended}.values()
    ways = {t.met_silence for t in since}
    return by_luck(p.facts, since, since, silent=ways.pop() if len(ways) == 1 else None)


def _punished(symptom: str, *, named: bool) -> Callable[[PoolFacts], Cited]:
    """The pool's own name was ``named`` to one of those servers; or another of the service's was,
    and the pool's conversations die alike."""

    def holds(p: PoolFacts) -> Cited:
        cited, own = _punishing(p, symptom), p.with_symptom(symptom)
        mine = {t.task.id for t in p.probes(Arm.TARGET_SNI_ELSEWHERE)}
        said = any(t.task.id in mine for t in cited)
        return (*own, *cited) if cited and own and said is named else ()

    return holds


def _turned(symptom: str) -> Callable[[PoolFacts], Cited]:
    """The same where the name itself was still answered, and nobody since: the names said to those
    servers were this service's alone, and its own servers end what is said to them likewise."""

    def holds(p: PoolFacts) -> Cited:
        own = p.with_symptom(symptom)
        if not own or not p.connection.controls_hold or p.connection.failing_now:
            return ()
        mine = [t for t in p.facts.turns if t.showing.named[0].task.subject == p.service.name]
        alike = [t for t in mine if {s.symptom for s in t.since} == {symptom}]
        apart = {ips.network(t.showing.address) for t in alike}
        if len(apart) < PUNISHED_SERVERS or _luck_since(p, (c for t in alike for c in t.since)):
            return ()
        there = (c for t in alike for c in (*t.showing.before, *t.showing.named, *t.since))
        return (*own, *there)

    return holds


def _dead_there(
    conversations: Sequence[Conversation], symptom: str, served: set[str]
) -> list[Conversation]:
    """Those about one name that died where other names are ``served``, if the fault follows it
    there and this is the way in which it dies."""
    dead = [t for t in conversations if t.address in served and _died(t)]
    ways = Counter(t.symptom for t in dead)
    broken = Counter({way: n for way, n in ways.items() if way != _SILENCE})
    way = min(broken or ways, key=lambda w: (-ways[w], w or ""), default=None)
    return dead if way == symptom and follows(_shown(conversations, served)) else []


def _died(conversation: Conversation) -> bool:
    return conversation.symptom in DYING and not conversation.answered_tls


def _shown(conversations: Sequence[Conversation], served: set[str]) -> list[Shown]:
    """What came of one name at each neutral server; those in ``served`` answer other names."""
    return [
        Shown(
            answered=any(t.answered_tls for t in there),
            died=tuple(t.symptom == _SILENCE for t in there if _died(t)),
            others=address in served,
        )
        for address, there in by_address(conversations).items()
    ]


def _elsewhere(symptom: str) -> Callable[[PoolFacts], Cited]:
    def holds(p: PoolFacts) -> Cited:
        followed = _followed(p, symptom)
        return (*(p.with_symptom(symptom) or p.with_symptom(*DYING)), *followed) if followed else ()

    return holds


def _unacked(p: PoolFacts) -> Cited:
    """The target's ClientHello alone goes unacknowledged; a neutral one there is answered."""
    if _luck_here(p, _SILENCE):
        return
    for a in p.failing_addresses("tls.timeout"):
        lost = [t for t in a.failed if t.tls is not None and t.tls.hello_acked is False]
        swap = a.swapped
        if len(lost) >= TRIES and len(lost) == len(a.failed) and swap:
            yield from lost
            yield from swap


def _early(symptom: str) -> Callable[[PoolFacts], Cited]:
    """The end came faster than the path to that very address allows."""

    def holds(p: PoolFacts) -> Cited:
        hit = list(p.failing_addresses(symptom))
        early = too_early(p.facts, (a.failed for a in hit))
        at = {t.address for t in early}
        return (*early, *(t for a in hit if a.address in at for t in a.swapped))

    return holds


def passes_elsewhere(p: PoolFacts) -> tuple[Conversation, ...]:
    """D7 the other way: one of the pool's names is answered at a neutral server, so that the name
    alone is no trigger: what dies at the service's own addresses may be the service's doing."""
    return tuple(t for t in p.probes(Arm.TARGET_SNI_ELSEWHERE) if t.answered_tls)


def _dies_elsewhere(p: PoolFacts, symptom: str) -> bool:
    """The pool's names die in this way at neutral servers too, as often as a claim needs: one that
    was only lost there tells nothing, nor do servers that were silent to everybody by then."""
    told = {t.task.id for s in p.facts.shown if s.telling for t in s.named}
    asked = [t for t in p.probes(Arm.TARGET_SNI_ELSEWHERE) if t.task.id in told]
    died = enough(t.met_silence for t in asked if t.symptom == symptom)
    return died and not _luck_there(p, symptom)


def _same_address(symptom: str, *, wide: bool) -> Callable[[PoolFacts], Cited]:
    """Only the D6 contrast holds. Wide: two names in two networks, so no single dead backend, and
    none of the names was answered at a neutral server, where they died alike: a service that turns
    all its own names away (one mistake in one place) looks the same at its own addresses."""

    def holds(p: PoolFacts) -> Cited:
        hit = [a for a in p.failing_addresses(symptom) if a.repeated and a.swapped]
        conversations = [t for a in hit for t in a.failed]
        names = {t.flow.server_name or "" for a in hit for t in a.own}
        spread = len(names) >= 2 and len(networks(conversations)) >= 2 and not passes_elsewhere(p)
        spread = spread and _dies_elsewhere(p, symptom) and not _luck_here(p, symptom)
        if not hit or spread is not wide:
            return ()
        return (*conversations, *(t for a in hit for t in a.swapped))

    return holds


def _follow_rules() -> Iterator[PoolRule]:
    for symptom, path in DYING.items():
        kind = symptom.removeprefix("tls.")
        follows_it = _refused if symptom == _ALERT else _elsewhere(symptom)
        yield _BLOCKED.rule(f"tls.sni.elsewhere.{kind}", f"{path}.sni", holds=follows_it)
        yield _BLOCKED.rule(
            f"tls.sni.residual.{kind}", f"{path}.sni", holds=_punished(symptom, named=True)
        )
        yield LIKELY_BLOCKED.at(Layer.TLS).rule(
            f"tls.sni.residual_beside.{kind}", f"{path}.sni", holds=_punished(symptom, named=False)
        )
        yield _BLOCKED.rule(f"tls.sni.turned.{kind}", f"{path}.sni", holds=_turned(symptom))


def _swap_rules() -> Iterator[PoolRule]:
    for symptom, path in DYING.items():
        kind = symptom.removeprefix("tls.")
        yield LIKELY_BLOCKED.at(Layer.TLS).rule(
            f"tls.same_address.{kind}", path, holds=_same_address(symptom, wide=True)
        )
        yield _UNCLEAR.rule(f"tls.one_front.{kind}", holds=_same_address(symptom, wide=False))


TLS_RULES: tuple[PoolRule, ...] = (
    *_follow_rules(),
    _BLOCKED.rule("tls.sni.unacked", "tls.timeout.sni", holds=_unacked),
    *_BLOCKED.rules("tls.early.{kind}", BROKEN_OFF, holds=_early),
    *_swap_rules(),
)
