"""Rules about certificates that nobody vouches for: forged, or of another age than our own list."""

from collections.abc import Callable, Iterable, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.certificates import of_public_authority, shown_elsewhere
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.forgers import Forger, second_way
from msgprobe.evidence.pool import AddressFacts, PoolFacts
from msgprobe.evidence.resigning import signer, widely_trusted
from msgprobe.evidence.state_roots import at_home, state_root
from msgprobe.hypotheses.rule import (
    BLOCKED,
    IMPAIRED,
    LIKELY_BLOCKED,
    LIKELY_IMPAIRED,
    UNCLEAR,
    Cited,
    PoolRule,
    Word,
)
from msgprobe.model.failure import Failure
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer

_UNCLEAR = UNCLEAR.at(Layer.TLS)

_Views = Callable[[PoolFacts], list[AddressFacts]]
"""Addresses with certificates that nobody trusts."""
_Shows = Callable[[PoolFacts, Sequence[Conversation]], tuple[Conversation, ...]]
"""What shows a forger of those certificates."""


def _store_age(p: PoolFacts) -> Cited:
    """No member answers, and every certificate that convinced nobody names a public authority."""
    if p.ok:
        return ()
    shown = p.with_symptom("tls.certificate")
    return shown if all(of_public_authority(t) for t in shown) else ()


STORE_AGE: PoolRule = _UNCLEAR.rule("tls.store_age", holds=_store_age)


def _untrusted(p: PoolFacts, views: Iterable[AddressFacts]) -> list[AddressFacts]:
    """Those whose certificate nobody trusts, on a link that does not re-sign neutral sites.

    Not where one certificate is known by its hash: a server that has got a new one looks the same.
    """
    if p.connection.inspector is not None:
        return []
    return [
        a
        for a in views
        if any(
            t.failure is Failure.TLS_UNKNOWN_AUTHORITY and t.flow.trust is not Trust.HASH
            for t in a.failed
        )
        and not _may_be_inspection(p, a)
    ]


def _may_be_inspection(p: PoolFacts, view: AddressFacts) -> bool:
    """The user's own list holds no public authority, and the one that signed here signs for neutral
    sites as well: inspection, unless this very server shows another one to a neutral name."""
    wide = widely_trusted(p.facts.conversations, p.facts.evidence) if _own_list(p) else frozenset()
    if not wide.intersection(who for t in view.failed if (who := signer(t)) is not None):
        return False
    swapped = {signer(t) for t in view.probes if t.task.arm is Arm.OTHER_SNI}
    return not swapped - wide - {None}


def _own_list(p: PoolFacts) -> bool:
    return p.facts.local is not None and p.facts.local.own_roots


def _failing(p: PoolFacts) -> list[AddressFacts]:
    """Untrusted addresses of members that do not answer."""
    return _untrusted(p, p.failing_addresses("tls.certificate"))


def _halves(p: PoolFacts) -> list[AddressFacts]:
    """Untrusted addresses that a program here would dial, of members that answer at others."""
    every = (a for m in p.ok for e in m.endpoints for a in e.addresses)
    return _untrusted(p, (a for a in every if a.symptom == "tls.certificate"))


def _conversations(views: Iterable[AddressFacts]) -> list[Conversation]:
    return [t for a in views for t in a.failed]


def _mitm_swap(p: PoolFacts) -> Cited:
    """The same address shows another issuer to a neutral name: a forged certificate, or a bad one
    of the service's own beside its front's good default.

    Not for services with roots of their own, whose new root beside a front's default looks alike.
    """
    for a in _failing(p):
        if all(t.flow.trust is Trust.PUBLIC for t in a.own):
            yield from _swapped(a)


MITM_SWAP: PoolRule = _UNCLEAR.rule("tls.mitm.swap", holds=_mitm_swap)


def _swapped(view: AddressFacts) -> tuple[Conversation, ...]:
    """What failed there, and a neutral name that was shown another issuer; empty where none was."""
    issuers = {_issuer(t) for t in view.failed}
    swaps = [t for t in view.probes if t.task.arm is Arm.OTHER_SNI and _issuer(t) is not None]
    other = bool(swaps) and all(_issuer(t) not in issuers for t in swaps)
    return (*view.failed, *swaps) if other else ()


def _issuer(conversation: Conversation) -> str | None:
    return (
        conversation.tls.chain[0].issuer
        if conversation.tls is not None and conversation.tls.chain
        else None
    )


def _follows(p: PoolFacts, shown: Sequence[Conversation]) -> tuple[Conversation, ...]:
    """Neutral servers in two networks 'have' a certificate for the target's name, by the untrusted
    issuer that the target's own addresses show."""
    # A name of two pools is taken there for one of them alone.
    asked = p.facts.arm(Arm.TARGET_SNI_ELSEWHERE, subject=p.service.name)
    return shown_elsewhere(p.facts, shown, asked)


def _hands(p: PoolFacts, shown: Sequence[Conversation]) -> list[Forger]:
    """Who made these certificates, where several hosts show his."""
    ids = {t.task.id for t in shown}
    name = p.service.name
    return [
        f
        for f in p.connection.forgers
        if f.agrees(name) and any(t.task.id in ids for t in f.of(name))
    ]


def _otherwise(p: PoolFacts, shown: Sequence[Conversation]) -> tuple[Conversation, ...]:
    """Several hosts show one hand's certificates, and a genuine one for such a name is seen another
    way."""
    for who in _hands(p, shown):
        mine = who.of(p.service.name)
        if genuine := second_way(p.facts, mine):
            return (*mine, *genuine)
    return ()


def _strangers(p: PoolFacts, shown: Sequence[Conversation]) -> tuple[Conversation, ...]:
    """Services that have nothing to do with each other show one hand's certificates."""
    return tuple(t for who in _hands(p, shown) if who.strangers for t in who.shown)


def _one_service(p: PoolFacts) -> Cited:
    shown = _conversations(_failing(p))
    return [t for who in _hands(p, shown) for t in who.of(p.service.name)]


ONE_SERVICE: PoolRule = _UNCLEAR.rule("tls.mitm.one_service", holds=_one_service)


def _by_a_state(p: PoolFacts) -> Cited:
    """Who signed is a state's authority that nobody trusts, of another state than the service's;
    and a neutral name is shown another's at the same address, or hosts in two networks show it,
    some in one of the service's own, while neutral names keep theirs.

    One mistake of the service's explains neither; but whoever is known by no network of his own,
    and by no country's domain, may live under that state all the same.
    """
    views = [a for a in _failing(p) if any(_of_a_state(p, t) for t in a.failed)]
    swapped = [t for a in views for t in _swapped(a)]
    own = any(ips.within(a.address, p.service.prefixes) for a in views)
    return swapped or (_one_service(p) if own else ())


def _of_a_state(p: PoolFacts, conversation: Conversation) -> bool:
    return state_root(conversation) is not None and not at_home(p.service, conversation)


BY_A_STATE: PoolRule = LIKELY_BLOCKED.at(Layer.TLS).rule(
    "tls.mitm.state", "tls.mitm", holds=_by_a_state
)


def _sure_half(p: PoolFacts) -> Cited:
    shown = _conversations(_halves(p))
    return _follows(p, shown) or _otherwise(p, shown)


SURE_HALF: PoolRule = IMPAIRED.at(Layer.TLS).rule("tls.mitm.half", "tls.mitm", holds=_sure_half)


def _forged(word: Word, kind: str, shows: _Shows, views: _Views = _failing) -> PoolRule:
    """``shows`` that the certificates at those addresses are forged."""
    return word.at(Layer.TLS).rule(
        f"tls.mitm.{kind}", "tls.mitm", holds=lambda p: shows(p, _conversations(views(p)))
    )


FORGER_RULES: tuple[PoolRule, ...] = (
    _forged(BLOCKED, "elsewhere", _follows),
    _forged(BLOCKED, "second_way", _otherwise),
    BY_A_STATE,
    _forged(LIKELY_BLOCKED, "strangers", _strangers),
    MITM_SWAP,
    ONE_SERVICE,
)

HALF_RULES: tuple[PoolRule, ...] = (
    SURE_HALF,
    _forged(LIKELY_IMPAIRED, "half.strangers", _strangers, views=_halves),
)
"""One way that works acquits nobody who forges what is shown on another."""
