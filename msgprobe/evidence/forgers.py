"""Who forges certificates: known by one hand that signs for services which are strangers.

A service alone may change its authority, or make a mistake at all of its fronts. That two services
which have nothing to do with each other do so on the same day, with the same authority or the same
key that no public list knows, while neutral names keep theirs, is somebody on the way.
"""

from collections.abc import Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.certificates import leaf, names_host, of_public_authority
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS, Facts
from msgprobe.evidence.families import unrelated
from msgprobe.evidence.resigning import NEUTRAL_ARMS, signer
from msgprobe.evidence.state_roots import at_home
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm, Role

KEEP_THEIRS = 2
"""Owners of neutral sites whose certificates must hold before others' may be called forged."""

_SPOKEN = (*OWN_ARMS, Arm.OTHER_ADDRESS)

Hand = tuple[str, str]
"""What makes two certificates one hand's work: a key where one is shown, else a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forger:
    """``shown`` are the conversations in which the hand's certificates came, of every service;
    ``strangers``: among them are services that have nothing to do with each other."""

    shown: tuple[Conversation, ...]
    strangers: bool

    def of(self, service: str) -> tuple[Conversation, ...]:
        """Those of one service."""
        return tuple(t for t in self.shown if t.task.subject == service)

    def agrees(self, service: str) -> bool:
        """Several hosts say the same: of strangers, or of this service in two networks."""
        mine = self.of(service)
        hosts = {t.flow.server_name for t in mine}
        return self.strangers or (
            len(hosts) >= 2 and len({ips.network(t.address) for t in mine}) >= 2
        )


def hand(conversation: Conversation) -> Hand | None:
    """Whose work the shown certificate is; None where none came.

    Names like ``localhost`` are anybody's, so that who signs for himself is known by the key.
    """
    if conversation.tls is None or not conversation.tls.chain:
        return None
    shown, *rest = conversation.tls.chain
    if shown.subject == shown.issuer:
        return "key", shown.spki_sha256
    above = next((c for c in rest if c.subject == shown.issuer), None)
    return ("key", above.spki_sha256) if above is not None else ("name", signer(conversation) or "")


def forgers(facts: Facts) -> tuple[Forger, ...]:
    """Hands whose certificates several hosts of services show and no neutral site does, while
    neutral sites keep their own.

    Not one that says to be a public authority, nor one of a service's own country's.
    """
    neutral = [(s, t) for s, t in facts.site_conversations(*NEUTRAL_ARMS) if s.country is None]
    if len({s.owner for s, t in neutral if t.authenticated}) < KEEP_THEIRS:
        return ()
    usual = {hand(t) for _, t in neutral}
    by_hand: dict[Hand, list[Conversation]] = {}
    for conversation in _untrusted(facts):
        who = hand(conversation)
        if who is not None and who not in usual:
            by_hand.setdefault(who, []).append(conversation)
    return tuple(
        Forger(shown=tuple(found), strangers=unrelated(facts.services, _worth(found)))
        for _, found in sorted(by_hand.items())
    )


def _untrusted(facts: Facts) -> list[Conversation]:
    by_name = {s.name: s for s in facts.services}
    return [
        t
        for t in facts.arm(*_SPOKEN)
        if t.task.role is Role.TARGET
        and t.failure is Failure.TLS_UNKNOWN_AUTHORITY
        and t.flow.trust is not Trust.HASH
        and t.task.subject in by_name
        and _unlogged(t)
        and not of_public_authority(t)
        and not at_home(by_name[t.task.subject], t)
    ]


def _unlogged(conversation: Conversation) -> bool:
    """No log has promised to publish it. What an older file does not say convicts nobody: a new
    public authority, which our list lacks, looks the same there."""
    shown = leaf(conversation)
    return shown is not None and shown.logged is False


def _worth(found: Sequence[Conversation]) -> list[Conversation]:
    """Certificates made for the very name; or one that several services show, whoever it is for."""
    hashes: dict[str, set[str]] = {}
    for conversation in found:
        shown = leaf(conversation)
        if shown is not None:
            hashes.setdefault(shown.sha256, set()).add(conversation.task.subject)
    return [
        t
        for t in found
        for shown in [leaf(t)]
        if shown is not None
        and (
            not shown.names
            or names_host(shown, t.flow.server_name or "")
            or len(hashes[shown.sha256]) >= 2
        )
    ]


def second_way(facts: Facts, forged: Sequence[Conversation]) -> tuple[Conversation, ...]:
    """Genuine certificates for the names of the ``forged`` ones, seen another way: at another
    address, which may be another resolver's or of the other family, or over QUIC."""
    addresses: dict[str, set[str]] = {}
    for conversation in forged:
        addresses.setdefault(conversation.flow.server_name or "", set()).add(conversation.address)
    return tuple(
        t
        for t in facts.conversations
        if t.task.role is Role.TARGET and (name := t.flow.server_name or t.flow.host) in addresses
        if (t.authenticated and t.address not in addresses[name]) or _proved_by_quic(t)
    )


def _proved_by_quic(conversation: Conversation) -> bool:
    said = conversation.protocol
    if said is None or said.transport != "udp" or conversation.failure is not None:
        return False
    return conversation.tls is None and said.protocol == "quic" and said.proof is Proof.CRYPTO
