"""Neutral servers: which of them may be compared with here, and what they show by themselves."""

from collections.abc import Iterable, Mapping, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.certificates import of_public_authority
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.resigning import NEUTRAL_ARMS, OWNERS, owners_by_signer, signer
from msgprobe.model.control import CallServer, Site, Source
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm

DYING: Mapping[str, str] = {
    "tls.reset": "tls.reset",
    "tls.timeout": "tls.timeout",
    "tls.eof": "tls.reset",
    "tls.alert": "tls.alert",
}
"""How a ClientHello dies, and the mechanism that it is called by: torn down is torn down."""

BROKEN_OFF = {end: DYING[end] for end in ("tls.reset", "tls.alert", "tls.eof")}
"""The ends among them that somebody makes, and that may come too early to be the server's."""

OWN_FAILURES = 2
"""ClientHellos with its own name that a site must have failed before it counts as targeted."""

SAME_SECONDS = 10.0
"""Seconds between the starts of two conversations that are compared."""

RE_SIGNED = 2
"""Owners whose sites must be signed by one unknown authority before it counts as an inspector where
hardly anybody else answers."""

Neutral = Site | Source | CallServer
"""A neutral server at addresses of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """One neutral site: ``reached`` when a TLS peer answered as far as the user's box lets it."""

    site: Site
    conversations: tuple[Conversation, ...]
    reached: tuple[Conversation, ...]

    @property
    def connected(self) -> tuple[Conversation, ...]:
        """Conversations whose TCP handshake completed."""
        return tuple(t for t in self.conversations if t.connected)

    @property
    def hello_dies(self) -> bool:
        """TCP connects, and everything ends at the ClientHello."""
        return bool(self.connected) and not self.reached

    @property
    def address(self) -> str | None:
        """Where it was reached, over IPv4 if it was there; None where it was not."""
        return ips.four_first(t.address for t in self.reached)

    @property
    def address_six(self) -> str | None:
        """Where it was reached over IPv6; None where it was not."""
        return next((t.address for t in self.reached if ips.family(t.address) == 6), None)


def fair(country: str | None, rows: Iterable[Neutral]) -> bool:
    """Whether what these neutral servers show may accuse anybody.

    It takes one that is fair: in the ``country`` that the user named, or everywhere where none is
    named; or servers of two different networks. A guessed country does not count: who judges the
    saved run elsewhere has none.
    """
    picks = tuple(rows)
    if any(country not in row.unfair_in if country else not row.unfair_in for row in picks):
        return True
    return len({row.network for row in picks}) >= 2


def addresses_of(facts: Facts) -> tuple[tuple[Neutral, frozenset[object]], ...]:
    """Neutral servers, each with every address known of it."""
    controls = facts.controls
    rows: tuple[Neutral, ...] = (*controls.sites, *controls.sources, *controls.calls)
    return tuple(
        (
            row,
            frozenset(
                ips.parse(a) for a in (*row.addresses, *facts.name(row.host).system_addresses)
            ),
        )
        for row in rows
    )


def inspector(facts: Facts) -> str | None:
    """The authority that re-signs neutral sites abroad of three owners or more, or of two where
    fewer show certificates that hold; None when nobody does.

    Some names may be exempt (banks, health, messengers), so that those that are prove nothing.
    Domestic sites tell nothing here: a country's own authority may sign for many of them. Nor do
    certificates that say to be a public authority's: our list may be too old, or too new.
    """
    owners = unknown_signers(facts)
    conversations = facts.site_conversations(*NEUTRAL_ARMS)
    held = {s.owner for s, t in conversations if s.country is None and t.authenticated}
    widest = max(sorted(owners), key=lambda who: len(owners[who]), default=None)
    if widest is None:
        return None
    enough = min(OWNERS, max(RE_SIGNED, len(held) + 1))
    return widest if len(owners[widest]) >= enough else None


def unknown_signers(facts: Facts) -> dict[str, frozenset[str]]:
    """Owners of neutral sites abroad by the authority, known to nobody, that signs for them."""
    conversations = [t for _, t in facts.site_conversations(*NEUTRAL_ARMS)]
    unknown = [
        t for t in conversations if unknown_issuer(t) is not None and not of_public_authority(t)
    ]
    return owners_by_signer(unknown, facts.controls.sites)


def unknown_issuer(conversation: Conversation) -> str | None:
    """Who signed a certificate of an authority that this device does not know."""
    if conversation.tls is None or conversation.failure is not Failure.TLS_UNKNOWN_AUTHORITY:
        return None
    return conversation.tls.chain[0].issuer if conversation.tls.chain else None


def reached(
    facts: Facts, conversation: Conversation, inspector: str | None, *, clock_wrong: bool
) -> bool:
    """A neutral site answered as far as the user's box, this device's clock and the age of our own
    list let it."""
    if conversation.authenticated or conversation.genuine:
        return True
    if conversation.tls is None or not conversation.tls.chain or conversation.failure is None:
        return False
    if conversation.failure is Failure.TLS_INVALID_CERTIFICATE:
        return clock_wrong
    if signer(conversation) == inspector or of_public_authority(conversation):
        return True
    return own_authority(facts, conversation)


def own_authority(facts: Facts, conversation: Conversation) -> bool:
    """A domestic site under an authority that this device does not know, where nobody abroad shows
    such a one: its country's own. The site has been reached, which is all that it is asked for.

    Who signs each certificate by itself, as portals do, is no authority.
    """
    issuer = unknown_issuer(conversation)
    if issuer is None or conversation.task.subject not in {s.name for s in facts.controls.domestic}:
        return False
    if conversation.tls is None or conversation.tls.chain[0].subject == issuer:
        return False
    abroad = [
        t for s, t in facts.site_conversations(Arm.CONNECTION, Arm.AGAIN) if s.country is None
    ]
    return not any(unknown_issuer(t) for t in abroad)


def other_names(facts: Facts, view: SiteView) -> tuple[Conversation, ...]:
    """ClientHellos with another name that a site answered while it failed under its own."""
    own = [t for t in view.connected if t.symptom in DYING]
    if len(own) < OWN_FAILURES or len(own) < len(view.connected):
        return ()
    conversations = facts.arm(Arm.NEUTRAL_SNI_ELSEWHERE, subject=view.site.name)
    return tuple(t for t in conversations if _answers_instead(t, own))


def _answers_instead(conversation: Conversation, own: Sequence[Conversation]) -> bool:
    """An answer that conversations under the own name at that address lack, in the same seconds.

    A certificate always is one. A bare alert is one too, but not where the own name dies in
    silence after the server had acknowledged it, for where only big answers vanish an alert passes
    as well; and not where the own name gets alerts.
    """
    here = [t for t in own if t.address == conversation.address]
    near = [t for t in here if abs(t.dialled - conversation.dialled) <= SAME_SECONDS]
    if not near or conversation.tls is None:
        return False
    if conversation.tls.chain or conversation.tls.failure is None:
        return True
    silent = [t for t in here if t.symptom == "tls.timeout"]
    heard = any(t.tls is None or t.tls.hello_acked is not False for t in silent)
    return (
        conversation.tls.alert_received
        and not heard
        and all(t.symptom != "tls.alert" for t in here)
    )
