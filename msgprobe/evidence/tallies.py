"""Handshakes that failed and that were answered, counted."""

import math
from collections import Counter
from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import grouped
from msgprobe.evidence.handshakes import answered, failed
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.model.dataclass import dataclass

FLOOR = 0.1
"""Share below which a front is merely imperfect, and above which a neutral server is no control."""

SYNS = 7.0
"""Seconds of silence after which a SYN and three repeats were lost (RFC 6298: at 1, 3 and 7 s)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Handshakes that failed, and that were answered; what was neither shows nothing."""

    failed: tuple[Conversation, ...]
    answered: tuple[Conversation, ...]

    @property
    def tried(self) -> int:
        """How many count."""
        return len(self.failed) + len(self.answered)

    @property
    def every(self) -> tuple[Conversation, ...]:
        """All that count."""
        return (*self.failed, *self.answered)

    @property
    def secured(self) -> bool:
        """They begin with a ClientHello that bears a name."""
        return any(t.flow.server_name for t in self.every)

    @property
    def relapses(self) -> bool:
        """At one place some failed that began after others which were answered there."""
        well, badly = grouped(self.answered, place), grouped(self.failed, place)
        return any(later(some, well.get(there, ())) for there, some in badly.items())

    @property
    def share(self) -> float:
        """The share that failed, 0 to 1; 0 of none."""
        return len(self.failed) / self.tried if self.tried else 0.0

    @property
    def symptom(self) -> str | None:
        """How most of them failed."""
        counts = Counter(t.symptom for t in self.failed)
        return min(counts, key=lambda s: (-counts[s], s or ""), default=None)

    def exceeds(self, other: "Tally") -> float:
        """The chance that so many fail by luck where ``other`` fails; 1 of a small share."""
        if self.share < FLOOR:
            return 1.0
        return fisher_greater(len(self.failed), self.tried, len(other.failed), other.tried)


def place(conversation: Conversation) -> tuple[str, int]:
    """Where it was held: address and port."""
    return conversation.address, conversation.flow.port


def named_there(conversation: Conversation) -> tuple[str, str | None]:
    """Which name was said at which address."""
    return conversation.address, conversation.flow.server_name


def tally(conversations: Iterable[Conversation], patience: float = 0.0) -> Tally:
    """Silence counts where it was waited for longer than ``patience`` seconds."""
    every = list(conversations)
    lost = (t for t in every if failed(t) and not _merely_late(t, patience))
    return Tally(tuple(lost), tuple(t for t in every if answered(t)))


def _merely_late(conversation: Conversation, patience: float) -> bool:
    """It was silent, and not for so long, or not so wholly, that only a lost cause is left: where
    some packets are lost what is said comes late, a little of it at least."""
    if conversation.failure is None or not conversation.failure.is_silence:
        return False
    if not conversation.connected:
        return took(conversation) < SYNS
    heard = (o for o in (conversation.tls, conversation.protocol) if o is not None)
    return any(o.bytes_received for o in heard) or took(conversation) <= patience


def said_at(conversation: Conversation) -> float:
    """Seconds since the run began when its first words were to be said."""
    parts = (conversation.tls, conversation.protocol, conversation.tcp)
    return next((o.window.start for o in parts if o is not None), 0.0)


def took(conversation: Conversation) -> float:
    """Seconds of connecting and of the handshake, be it one of a protocol of its own."""
    parts = (conversation.tcp, conversation.tls, conversation.protocol)
    return sum(o.window.seconds for o in parts if o is not None)


def later(some: Iterable[Conversation], others: Iterable[Conversation]) -> bool:
    """Some of these began after the first of others."""
    since = min(map(said_at, others), default=math.inf)
    return any(said_at(t) > since for t in some)


def joined(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    every = list(tallies)
    return Tally(
        tuple(t for one in every for t in one.failed),
        tuple(t for one in every for t in one.answered),
    )
