"""What neutral call servers show: does STUN pass here, on which ports, and with what loss?"""

from collections.abc import Iterable

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES, Facts
from msgprobe.evidence.ledger import derived
from msgprobe.evidence.statistics import fisher_greater, median
from msgprobe.model.control import CallServer
from msgprobe.model.observation import Proof
from msgprobe.model.task import Arm
from msgprobe.model.verdict import CallLoss

FLOOR = 0.1
"""Share of lost packets from which on speech suffers (ITU-T G.113 App. I: some codecs earlier)."""

UNLIKELY = 5e-4
"""Fisher's p below which losing more than neutral servers is no accident."""


class Calls:
    """The neutral conversations over STUN."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.ledger = facts.ledger

    @derived
    def _by_server(self) -> tuple[tuple[CallServer, tuple[Conversation, ...]], ...]:
        conversations = self._facts.arm(Arm.NEUTRAL_CALL)
        found = []
        for server in self._facts.controls.calls:
            own = tuple(t for t in conversations if t.task.subject == server.name)
            if own:
                found.append((server, own))
        return tuple(found)

    def answered(self, port: int = 0) -> tuple[Conversation, ...]:
        """Neutral servers' answers; only of those on ``port`` when it is given."""
        return tuple(
            t
            for server, conversations in self._by_server
            if port in (0, server.port)
            for t in conversations
            if bound(t)
        )

    @derived
    def wavers(self) -> bool:
        """Of the neutral servers that answer, the most were silent at other times: whether a
        datagram passes here is chance, and so is whose does."""
        alive = [own for _, own in self._by_server if any(map(bound, own))]
        silent = [own for own in alive if any(t.symptom == "udp.timeout" for t in own)]
        return 2 * len(silent) > len(alive)

    def networks(self, conversations: Iterable[Conversation]) -> set[str]:
        """The networks of the neutral servers in ``conversations``."""
        label = {s.name: s.network for s in self._facts.controls.calls}
        return {label[t.task.subject] for t in conversations if t.task.subject in label}

    def silent(self, port: int = 0) -> tuple[Conversation, ...]:
        """Attempts at servers that were silent every time, often enough to count."""
        return tuple(
            t
            for server, conversations in self._by_server
            if port in (0, server.port)
            and len(conversations) >= TRIES
            and all(t.symptom == "udp.timeout" for t in conversations)
            for t in conversations
        )

    @derived
    def recognised(self) -> tuple[Conversation, ...]:
        """Neutral servers in two networks that are silent as clients speak, and answer the older
        form in between; with the silent attempts. Empty when there are fewer."""
        cited: list[Conversation] = []
        silent = self.silent()
        for form in self._facts.arm(Arm.NEUTRAL_FORM):
            mine = [t for t in silent if t.task.subject == form.task.subject]
            if bound(form) and mine and form.protocol_end <= max(t.protocol_start for t in mine):
                cited += (*mine, form)
        return tuple(cited) if len(self.networks(cited)) >= 2 else ()

    @property
    def nothing_passes(self) -> bool:
        """Neutral servers in three networks were asked, and no answer ever came."""
        silent = self.silent()
        return not self.answered() and len(self.networks(silent)) >= 3

    # -- trains

    def losing(self, own: tuple[Conversation, ...]) -> tuple[Conversation, ...]:
        """``own`` trains, with the neutral ones at the same time, when they lose far more, twice.

        A server that rations its answers stops answering at some point and stays silent; that is
        its own affair and no loss.
        """
        neutral = self._facts.arm(Arm.NEUTRAL_TRAIN)
        lossy = [t for t in own if _share(t) >= FLOOR / 2 and not _rationed(t)]
        if len(lossy) < 2 or len(self.networks(neutral)) < 2:
            return ()
        mine, others = _counts(own), _counts(neutral)
        if mine[0] < FLOOR * mine[1] or fisher_greater(*mine, *others) >= UNLIKELY:
            return ()
        return (*own, *neutral)

    def loss(self, own: tuple[Conversation, ...]) -> CallLoss | None:
        """What trains to a service's own servers and to neutral ones lost; None without both."""
        mine, others = _counts(own), _counts(self._facts.arm(Arm.NEUTRAL_TRAIN))
        trips = [
            t
            for conversation in own
            if conversation.protocol
            for t in conversation.protocol.round_trips
        ]
        came = [t for t in trips if t is not None]
        if not came or not others[1]:
            return None
        return CallLoss(
            sent=mine[1],
            lost=mine[0],
            neutral_sent=others[1],
            neutral_lost=others[0],
            median_ms=round(median(came) * 1000, 1),
        )


def bound(conversation: Conversation) -> bool:
    """An answer that bears our own transaction id."""
    return (
        conversation.failure is None
        and conversation.protocol is not None
        and conversation.proof >= Proof.NONCE
    )


def _counts(conversations: Iterable[Conversation]) -> tuple[int, int]:
    """(packets lost, packets sent) of trains of which something came."""
    trips = [t.protocol.round_trips for t in conversations if t.protocol is not None and bound(t)]
    return sum(t.count(None) for t in trips), sum(map(len, trips))


def _share(conversation: Conversation) -> float:
    lost, sent = _counts([conversation])
    return lost / sent if sent else 0.0


def _rationed(conversation: Conversation) -> bool:
    """Nothing was lost before the last answer, everything after it."""
    trips = conversation.protocol.round_trips if conversation.protocol is not None else ()
    answered = [n for n, trip in enumerate(trips) if trip is not None]
    return bool(answered) and None not in trips[: answered[-1]]
