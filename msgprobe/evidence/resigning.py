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

NEUTRAL_ARMS = (Arm.GATE, Arm.AGAIN, Arm.MONITOR)
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


def signer(talk: Conversation) -> str | None:
    """The authority that the certificate's chain says to end in; None where none was shown.

    Not who signed the leaf: boxes that re-sign have several intermediate authorities.
    """
    if talk.tls is None or not talk.tls.chain:
        return None
    *_, last = issuers(talk.tls.chain)
    return last


def owners_by_signer(
    talks: Iterable[Conversation], sites: Iterable[Site]
) -> dict[str, frozenset[str]]:
    """Owners of neutral sites abroad by the authority that signs for them. Domestic sites tell
    nothing: a country's own authority may sign for many of them."""
    by_name = {s.name: s for s in sites if s.country is None}
    found: dict[str, set[str]] = {}
    for talk in talks:
        site, who = by_name.get(talk.task.subject), signer(talk)
        if site is not None and who is not None and _under_own_name(talk):
            found.setdefault(who, set()).add(site.owner)
    return {who: frozenset(owners) for who, owners in found.items()}


def _under_own_name(talk: Conversation) -> bool:
    return talk.task.role is Role.CONTROL and talk.task.arm in NEUTRAL_ARMS


def without_resigning(
    talks: Sequence[Conversation], evidence: Evidence, local: LocalObservation | None
) -> tuple[Conversation, ...]:
    """The conversations; those that only an authority which re-signs here vouches for are read as
    if nobody did."""
    if local is None or not local.own_roots:
        return tuple(talks)
    private = [t for t in talks if _private(t)]
    makers = _agreed(private, evidence)
    closed = [t for t in talks if _unclassed(t)]
    makers |= _shown_by_pins(closed, talks, evidence)
    if not makers:
        return tuple(talks)
    doubted = {t.task.id for t in (*private, *closed) if signer(t) in makers}
    return tuple(_unverified(t) if t.task.id in doubted else t for t in talks)


def widely_trusted(talks: Iterable[Conversation], evidence: Evidence) -> frozenset[str]:
    """Authorities of a store without any public one that sign for several owners' neutral sites:
    each may be that store's public one, or one that re-signs."""
    closed = [t for t in talks if _unclassed(t)]
    found = owners_by_signer(closed, evidence.controls.sites)
    return frozenset(who for who, owners in found.items() if len(owners) >= OWNERS)


def _private(talk: Conversation) -> bool:
    """Only the user's own store vouches for it, and no public list ever held its authority."""
    tls = talk.tls
    return (
        tls is not None
        and tls.verified
        and tls.root_public is False
        and not _FORMER.intersection(issuers(tls.chain))
    )


def _unclassed(talk: Conversation) -> bool:
    """The user's store vouches for it, and holds no public authority that it could be told by."""
    tls = talk.tls
    return tls is not None and tls.verified and tls.root_public is None and not tls.root_pinned


def _agreed(private: Sequence[Conversation], evidence: Evidence) -> set[str]:
    """Private authorities that sign for several owners' neutral sites, or unrelated services."""
    if not private:
        return set()
    neutral = owners_by_signer(private, evidence.controls.sites)
    found = {who for who, owners in neutral.items() if len(owners) >= OWNERS}
    served: dict[str, list[Conversation]] = {}
    for talk in private:
        if talk.task.role is Role.TARGET and talk.task.arm in _OWN:
            served.setdefault(signer(talk) or "", []).append(talk)
    return found | {who for who, seen in served.items() if unrelated(evidence.services, seen)}


def _shown_by_pins(
    closed: Sequence[Conversation], talks: Sequence[Conversation], evidence: Evidence
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
        for t in talks
        if t.flow.trust is Trust.PINNED and t.failure is Failure.TLS_UNKNOWN_AUTHORITY
    }
    swapped = [t for t in talks if t.task.arm is Arm.OTHER_SNI]
    return {who for t in swapped if (who := signer(t)) in wide and (who, t.address) in pinned}


def _unverified(talk: Conversation) -> Conversation:
    """As a device sees it that lacks the authority; what failed later has failed all the same."""
    assert talk.tls is not None
    http = None if talk.http is None else replace(talk.http, authenticated=False)
    if talk.failure is not None:
        return replace(talk, tls=replace(talk.tls, verified=False), http=http)
    failure = Failure.TLS_UNKNOWN_AUTHORITY
    tls = replace(talk.tls, verified=False, failure=failure)
    return replace(
        talk, stage=Stage.TLS, failure=failure, tls=tls, http=http, protocol=None, transfer=None
    )
