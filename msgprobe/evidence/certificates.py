"""What a certificate that nobody vouches for may and may not tell.

A chain without a trusted end proves nothing about who shows it: neither that it is the service with
an authority that our list lacks, nor that it is somebody on the way. What tells them apart is where
else it is shown.
"""

from collections.abc import Iterable, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts, grouped
from msgprobe.evidence.former_roots import FORMER_ROOTS, FormerRoot
from msgprobe.evidence.resigning import issuers
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Certificate
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm

MINTED = 4
"""Handshakes with one name that must each have shown another certificate of one issuer before they
count as made on the spot: a front has one or two for a name, and a third while it changes them."""

_Shown = tuple[str, str, tuple[str, ...]]
"""Whom a certificate is for and whom by: forgers may make a new one each time."""

_FORMER: dict[str, tuple[FormerRoot, ...]] = {
    subject: tuple(root for root in FORMER_ROOTS if root.subject == subject)
    for subject in {root.subject for root in FORMER_ROOTS}
}


def leaf(conversation: Conversation) -> Certificate | None:
    """The certificate that the peer showed for itself; None where none came."""
    return (
        conversation.tls.chain[0]
        if conversation.tls is not None and conversation.tls.chain
        else None
    )


def names_host(certificate: Certificate, host: str) -> bool:
    """Whether the certificate is for ``host`` (RFC 9525 §6.3: ``*`` stands for one whole label)."""
    wanted = host.lower().rstrip(".")
    _, dot, parent = wanted.partition(".")
    return wanted in certificate.names or (bool(dot) and f"*.{parent}" in certificate.names)


def of_former_authority(conversation: Conversation) -> str | None:
    """The authority that public lists once held and ours lacks, where the chain says that it ends
    there and the certificate is for the right name; None otherwise.

    A list and a service of different age look like that, and so does anybody who writes such a
    name: it accuses nobody and proves nobody. Who shows another key under the authority's name, or
    a certificate begun after the authority's own had ended, is not it.
    """
    shown = leaf(conversation)
    if (
        shown is None
        or conversation.tls is None
        or conversation.failure is not Failure.TLS_UNKNOWN_AUTHORITY
    ):
        return None
    if conversation.flow.trust not in (Trust.PUBLIC, Trust.EITHER):
        return None
    host = conversation.tls.server_name or conversation.flow.server_name
    if not host or not names_host(shown, host) or _counterfeit(conversation.tls.chain):
        return None
    for issuer in issuers(conversation.tls.chain):
        if any(shown.not_before[:10] <= root.not_after for root in _FORMER.get(issuer, ())):
            return issuer
    return None


def of_public_authority(conversation: Conversation) -> bool:
    """A certificate that convinced nobody and yet says that it comes from a public authority: one
    that public lists once held, or one whose certificates public logs have promised to publish.

    Such promises are demanded by browsers (RFC 6962; Chrome's and Apple's policies since 2018), so
    that a public authority newer than our list has them and one that re-signs has none. They are
    not checked here: it accuses nobody and proves nobody.
    """
    shown = leaf(conversation)
    if shown is None or conversation.failure is not Failure.TLS_UNKNOWN_AUTHORITY:
        return False
    if conversation.flow.trust not in (Trust.PUBLIC, Trust.EITHER):
        return False
    host = (
        (conversation.tls.server_name if conversation.tls else None)
        or conversation.flow.server_name
        or ""
    )
    promised = shown.logged is True and names_host(shown, host)
    return promised or of_former_authority(conversation) is not None


def _counterfeit(chain: Sequence[Certificate]) -> bool:
    """A certificate in it carries the name of a former authority and another key."""
    return any(
        roots and all(c.spki_sha256 != r.spki_sha256 for r in roots)
        for c in chain
        for roots in [_FORMER.get(c.subject, ())]
    )


def shown_elsewhere(
    facts: Facts, failed: Iterable[Conversation], asked: Iterable[Conversation]
) -> tuple[Conversation, ...]:
    """D7 for certificates: neutral servers that 'have' one for the target's name by the untrusted
    issuer of the target's own addresses, together with those; empty where nothing shows a forger.

    ``failed`` are conversations with the target's addresses, ``asked`` those with neutral servers
    under its names. One neutral server may be the target's own: who delivers the name for the
    service (a CDN) shows the service's certificate at each of its addresses. It takes servers in
    two networks, or certificates that are made on the spot. What a server shows to other names as
    well tells nothing.
    """
    cited: list[Conversation] = []
    asked = tuple(asked)
    usual = _usual(facts)
    unknown = [t for t in failed if t.failure is Failure.TLS_UNKNOWN_AUTHORITY and leaf(t)]
    by_name = grouped(unknown, lambda t: t.flow.server_name or "")
    for name, mine in by_name.items():
        own = {ips.network(t.address) for t in mine}
        there = [
            t
            for t in asked
            if t.flow.server_name == name
            and ips.network(t.address) not in own
            and _same_maker(t, mine, usual)
        ]
        if len({_network(facts, t) for t in there}) >= 2 or (there and _minted((*mine, *there))):
            cited += (*there, *mine)
    return tuple(cited)


def _same_maker(
    conversation: Conversation, mine: Sequence[Conversation], usual: dict[str, set[_Shown]]
) -> bool:
    """The server's certificate is by the issuer that the target's addresses show, and not the one
    that it shows to everybody. An issuer that neutral servers have as well (a public authority,
    where the service trusts its own alone) must have made it for the very name."""
    there = _shown(conversation)
    own = {s for t in mine if (s := _shown(t)) is not None}
    if there is None or there in usual.get(conversation.address, set()):
        return False
    if there in own:
        return True
    if there[1] not in {issuer for _, issuer, _ in own}:
        return False
    neutral = {issuer for found in usual.values() for _, issuer, _ in found}
    certificate = leaf(conversation)
    named = certificate is not None and names_host(certificate, conversation.flow.server_name or "")
    return named or there[1] not in neutral


def _usual(facts: Facts) -> dict[str, set[_Shown]]:
    """What neutral servers show under their own and under other neutral names, by address."""
    found: dict[str, set[_Shown]] = {}
    sites = (t for _, t in facts.site_conversations(Arm.CONNECTION, Arm.AGAIN, Arm.MONITOR))
    for conversation in (*sites, *facts.arm(Arm.NEUTRAL_SNI_ELSEWHERE)):
        shown = _shown(conversation)
        if shown is not None:
            found.setdefault(conversation.address, set()).add(shown)
    return found


def _shown(conversation: Conversation) -> _Shown | None:
    certificate = leaf(conversation)
    if certificate is None:
        return None
    return certificate.subject, certificate.issuer, certificate.names


def _minted(conversations: Sequence[Conversation]) -> bool:
    """Every handshake showed another certificate."""
    shown = [c.sha256 for t in conversations if (c := leaf(t)) is not None]
    return len(shown) >= MINTED and len(set(shown)) == len(shown)


def _network(facts: Facts, conversation: Conversation) -> str:
    """Who routes a neutral server: one label an operator, however many addresses it has."""
    for site in facts.controls.sites:
        if conversation.address in site.addresses:
            return site.network
    for site, other in facts.site_conversations(Arm.CONNECTION, Arm.AGAIN, Arm.MONITOR):
        if other.address == conversation.address:
            return site.network
    return ips.network(conversation.address)
