"""Authorities that re-sign: which they are, and conversations read as they are without them.

An authority that only the user's own store holds (a company's, a state's) vouches for whatever its
owner likes. Where it signs for neutral sites of several owners, or for several services that have
nothing to do with each other, its certificates prove that somebody re-signs, and nothing about who
is behind them: they are read as if nobody vouched for them, which is how a device without that root
would see them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from msgprobe.evidence.conversation import Conversation, Stage
from msgprobe.evidence.families import unrelated
from msgprobe.evidence.former_roots import FORMER_ROOTS
from msgprobe.model.control import Site
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Certificate, LocalObservation
from msgprobe.model.run import Evidence
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm, Role

OWNERS = 3
"""Owners of neutral sites that one authority must sign for before it counts as re-signing."""

NEUTRAL_ARMS = (Arm.CONNECTION, Arm.AGAIN, Arm.MONITOR)
"""The arms in which neutral sites are spoken to under their own names."""

_OWN = (Arm.BASE, Arm.REPEAT)
_FORMER = frozenset(root.subject for root in FORMER_ROOTS)


def issuers(chain: Sequence[Certificate]) -> Iterator[str]:
    """Who is said to have signed the leaf, who that one's certificate, and so on: links of the
    chain only, for anything may be sent along."""
    issuer, rest = chain[0].issuer, list(chain[1:])
    while True:
        yield issuer
        above = next((c for c in rest if c.subject == issuer), None)
        if above is None:
            return
        rest.remove(above)
        issuer = above.issuer


def signer(conversation: Conversation) -> str | None:
    """The authority that the certificate's chain says to end in; None where none was shown.

    Not who signed the leaf: boxes that re-sign have several intermediate authorities.
    """
    if conversation.tls is None or not conversation.tls.chain:
        return None
    *_, last = issuers(conversation.tls.chain)
    return last


def owners_by_signer(
    conversations: Iterable[Conversation], sites: Iterable[Site]
) -> dict[str, frozenset[str]]:
    """Owners of neutral sites abroad by the authority that signs for them. Domestic sites tell
    nothing: a country's own authority may sign for many of them."""
    by_name = {s.name: s for s in sites if s.country is None}
    found: dict[str, set[str]] = {}
    for conversation in conversations:
        site, who = by_name.get(conversation.task.subject), signer(conversation)
        if site is not None and who is not None and _under_own_name(conversation):
            found.setdefault(who, set()).add(site.owner)
    return {who: frozenset(owners) for who, owners in found.items()}


def _under_own_name(conversation: Conversation) -> bool:
    return conversation.task.role is Role.CONTROL and conversation.task.arm in NEUTRAL_ARMS


def without_resigning(
    conversations: Sequence[Conversation], evidence: Evidence, local: LocalObservation | None
) -> tuple[Conversation, ...]:
    """The conversations; those that only an authority which re-signs here vouches for are read as
    if nobody did."""
    if local is None or not local.own_roots:
        return tuple(conversations)
    private = [t for t in conversations if _private(t)]
    makers = _agreed(private, evidence)
    closed = [t for t in conversations if _unclassed(t)]
    makers |= _shown_by_pins(closed, conversations, evidence)
    if not makers:
        return tuple(conversations)
    doubted = {t.task.id for t in (*private, *closed) if signer(t) in makers}
    return tuple(_unverified(t) if t.task.id in doubted else t for t in conversations)


def widely_trusted(conversations: Iterable[Conversation], evidence: Evidence) -> frozenset[str]:
    """Authorities of a store without any public one that sign for several owners' neutral sites:
    each may be that store's public one, or one that re-signs."""
    closed = [t for t in conversations if _unclassed(t)]
    found = owners_by_signer(closed, evidence.controls.sites)
    return frozenset(who for who, owners in found.items() if len(owners) >= OWNERS)


def _private(conversation: Conversation) -> bool:
    """Only the user's own store vouches for it, and no public list ever held its authority."""
    tls = conversation.tls
    return (
        tls is not None
        and tls.verified
        and tls.root_public is False
        and not _FORMER.intersection(issuers(tls.chain))
    )


def _unclassed(conversation: Conversation) -> bool:
    """The user's store vouches for it, and holds no public authority that it could be told by."""
    tls = conversation.tls
    return tls is not None and tls.verified and tls.root_public is None and not tls.root_pinned


def _agreed(private: Sequence[Conversation], evidence: Evidence) -> set[str]:
    """Private authorities that sign for several owners' neutral sites, or unrelated services."""
    if not private:
        return set()
    neutral = owners_by_signer(private, evidence.controls.sites)
    found = {who for who, owners in neutral.items() if len(owners) >= OWNERS}
    served: dict[str, list[Conversation]] = {}
    for conversation in private:
        if conversation.task.role is Role.TARGET and conversation.task.arm in _OWN:
            served.setdefault(signer(conversation) or "", []).append(conversation)
    return found | {who for who, seen in served.items() if unrelated(evidence.services, seen)}


def _shown_by_pins(
    closed: Sequence[Conversation], conversations: Sequence[Conversation], evidence: Evidence
) -> set[str]:
    """In a store without any public authority each may be the lab's public one, or a company's.

    It re-signs where it signs for neutral sites of several owners, and at a server whose service
    trusts its own roots alone it signs for that service's name and for a neutral one alike.
    """
    wide = widely_trusted(closed, evidence)
    if not wide:
        return set()
    pinned = {
        (signer(t), t.address)
        for t in conversations
        if t.flow.trust is Trust.PINNED and t.failure is Failure.TLS_UNKNOWN_AUTHORITY
    }
    swapped = [t for t in conversations if t.task.arm is Arm.OTHER_SNI]
    return {who for t in swapped if (who := signer(t)) in wide and (who, t.address) in pinned}


def _unverified(conversation: Conversation) -> Conversation:
    """As a device sees it that lacks the authority; what failed later has failed all the same."""
    assert conversation.tls is not None
    http = None if conversation.http is None else replace(conversation.http, authenticated=False)
    if conversation.failure is not None:
        return replace(conversation, tls=replace(conversation.tls, verified=False), http=http)
    failure = Failure.TLS_UNKNOWN_AUTHORITY
    tls = replace(conversation.tls, verified=False, failure=failure)
    return replace(
        conversation,
        stage=Stage.TLS,
        failure=failure,
        tls=tls,
        http=http,
        protocol=None,
        transfer=None,
    )
