"""Shares: how many of many handshakes with a service fail, and whether neutral ones fail so too.

What is counted was decided on before it was seen: first attempts, which every run makes, and those
of the experiment that asks about shares, never repeats, which are made until one goes well. The
test is Fisher's exact one against neutral handshakes of the same minutes, with Holm's correction
over all names and services of the run (S. Holm, "A Simple Sequentially Rejective Multiple Test
Procedure", Scand. J. Stat. 6 (1979)), those included that nobody had a reason to look at.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.crowding import crowded_out
from msgprobe.evidence.facts import OWN_ARMS, TRIES, Facts, grouped
from msgprobe.evidence.ledger import derived, remembered
from msgprobe.evidence.statistics import Key, fisher_greater, holm
from msgprobe.model.observation import Proof
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Role

ALPHA = 1e-3
"""Errors allowed over all names of a run."""

FLOOR = 0.1
"""Share below which a front is merely imperfect, and above which a neutral server is no control."""

SYNS = 7.0
"""Seconds of silence after which a SYN and three repeats were lost (RFC 6298: at 1, 3 and 7 s)."""

_NEUTRAL = (
    Arm.CONNECTION,
    Arm.AGAIN,
    Arm.MONITOR,
    Arm.NEUTRAL_SNI_ELSEWHERE,
    Arm.SHARE_NEUTRAL,
)
_FAILS = frozenset(
    {"tls.reset", "tls.eof", "tls.timeout", "tls.alert", "tcp.timeout", "tcp.refused"}
)


def _answered(conversation: Conversation) -> bool:
    if conversation.tls is not None or conversation.protocol is None:
        return conversation.answered_tls and conversation.symptom not in _FAILS
    return conversation.protocol.proof >= Proof.SHAPE and not conversation.impostor


def _failed(conversation: Conversation) -> bool:
    symptom = conversation.symptom or ""
    own = symptom.startswith("protocol.") and conversation.tls is None
    return symptom in _FAILS or (own and not _answered(conversation) and not conversation.impostor)


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


def tally(conversations: Iterable[Conversation], patience: float = 0.0) -> Tally:
    """Silence counts where it was waited for longer than ``patience`` seconds."""
    every = list(conversations)
    failed = (t for t in every if _failed(t) and not _merely_late(t, patience))
    return Tally(tuple(failed), tuple(t for t in every if _answered(t)))


def _comparable(neutral: Conversation) -> bool:
    return bool(neutral.flow.server_name) and not neutral.flow.mss and neutral.flow.port == 443


def _went_wrong(neutral: Conversation) -> bool:
    return neutral.symptom not in (None, "tls.certificate")


def _went_well(neutral: Conversation) -> bool:
    return _answered(neutral) and not _went_wrong(neutral)


def _named_there(conversation: Conversation) -> tuple[str, str | None]:
    return conversation.address, conversation.flow.server_name


def _shut(there: Sequence[Conversation]) -> bool:
    """Each of several attempts there fails."""
    return len(there) >= TRIES and not any(map(_answered, there))


def _merely_late(conversation: Conversation, patience: float) -> bool:
    """It was silent, and not for so long, or not so wholly, that only a lost cause is left: where
    some packets are lost what is said comes late, a little of it at least."""
    if conversation.failure is None or not conversation.failure.is_silence:
        return False
    if not conversation.connected:
        return _took(conversation) < SYNS
    heard = (o for o in (conversation.tls, conversation.protocol) if o is not None)
    return any(o.bytes_received for o in heard) or _took(conversation) <= patience


def _took(conversation: Conversation) -> float:
    """Seconds of connecting and of the handshake, be it one of a protocol of its own."""
    parts = (conversation.tcp, conversation.tls, conversation.protocol)
    return sum(o.window.seconds for o in parts if o is not None)


def spoken(facts: Facts, service: Service) -> dict[str, list[Conversation]]:
    """Conversations that begin with a connection to the service's own addresses, whoever gave
    these, by what names them: the name in the ClientHello, the host where none is sent, the
    endpoint where there is none. What our own crowd kept from opening says nothing of them."""
    kinds = {e.name: e for e in service.endpoints}
    found = []
    for t in facts.arm(*OWN_ARMS, Arm.OTHER_ADDRESS, Arm.SHARE, subject=service.name):
        endpoint = kinds.get(t.task.endpoint or "")
        if t.task.role is not Role.TARGET or endpoint is None or facts.traits.datagrams(endpoint):
            continue
        tls = t.tls is not None or facts.traits.speaks_tls(endpoint)
        ours = facts.crowded and crowded_out(t)
        if tls == bool(t.flow.server_name) and not ours:
            found.append(t)
    return grouped(found, lambda t: t.flow.server_name or t.flow.host or t.task.endpoint or "")


def alone(facts: Facts, conversation: Conversation) -> bool:
    """No other conversation that named the same host was under way."""
    mine = facts.window(conversation)
    others = (
        facts.window(t)
        for t in facts.conversations
        if t.flow.server_name == conversation.flow.server_name and t is not conversation
    )
    return all(w.end <= mine.start or mine.end <= w.start for w in others)


def mixed(facts: Facts, service: Service) -> tuple[str, ...]:
    """Those that some address both answered and failed: neither cut off nor left alone."""
    return tuple(
        what
        for what, conversations in spoken(facts, service).items()
        if any(map(_wavers, grouped(conversations, lambda t: t.address).values()))
    )


def _wavers(there: Iterable[Conversation]) -> bool:
    ends = list(there)
    return any(map(_failed, ends)) and any(map(_answered, ends))


class Shares:
    """The handshakes of a run, counted."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.ledger = facts.ledger

    @derived
    def neutral(self) -> Tally:
        """Conversations with neutral servers that answer at all, whatever they were named, to their
        very end, for what a poor line cuts off later counts against it as well. A name that is
        never answered there is not one of which some fail."""
        every = [t for t in self._facts.arm(*_NEUTRAL) if t.task.role is Role.CONTROL]
        alive = {t.address for t in every if _answered(t)}
        shut = {name for name, there in grouped(every, _named_there).items() if _shut(there)}
        fit = (t for t in every if t.address in alive and _named_there(t) not in shut)
        counted = [t for t in fit if _comparable(t)]
        return Tally(tuple(filter(_went_wrong, counted)), tuple(filter(_went_well, counted)))

    @derived
    def patience(self) -> float:
        """Seconds that the slowest neutral handshake took which went well."""
        return max(map(_took, self.neutral.answered), default=0.0)

    @remembered
    def own(self, service: Service) -> dict[str, Tally]:
        """What came of each name, at addresses that are not dead to it."""
        found = {}
        for what, conversations in spoken(self._facts, service).items():
            alive = {t.address for t in conversations if _answered(t)}
            counted = [t for t in conversations if t.address in alive and _planned(t)]
            found[what] = tally(counted, self.patience)
        return found

    @derived
    def excessive(self) -> dict[str, frozenset[str]]:
        """Names by service whose handshakes fail in a share that neutral ones do not: each by
        itself, or all of a service's together that speak alike (by TLS, or not). Half of the errors
        allowed goes to each of the two questions."""
        tallies = {service.name: self.own(service) for service in self._facts.services}
        each = {(s, n): t for s, names in tallies.items() for n, t in names.items()}
        whole = {
            (s, secured): joined(t for t in names.values() if t.secured is secured)
            for s, names in tallies.items()
            for secured in (True, False)
        }
        alike = set(self._beyond(whole))
        shown = {(s, n) for (s, n), t in each.items() if t.failed and (s, t.secured) in alike}
        shown.update(self._beyond(each))
        return {s: frozenset(n for _, n in them) for s, them in grouped(shown, _whose).items()}

    def _beyond(self, tallies: Mapping[Key, Tally]) -> tuple[Key, ...]:
        chances = {key: one.exceeds(self.neutral) for key, one in tallies.items()}
        return holm(chances, ALPHA / 2)

    @derived
    def following(self) -> dict[str, Tally]:
        """Of those services: what came of the names at neutral servers, where they fail in such a
        share as well."""
        asked = {s: self._elsewhere(s, hosts) for s, hosts in self.excessive.items()}
        chances = {s: there.exceeds(self.neutral) for s, there in asked.items()}
        return {s: asked[s] for s in holm(chances, ALPHA)}

    def _elsewhere(self, service: str, hosts: frozenset[str]) -> Tally:
        """At servers that answer other foreign names."""
        twins = self._facts.arm(Arm.NEUTRAL_SNI_ELSEWHERE, Arm.SHARE_NEUTRAL)
        fair = {a for a, there in grouped(twins, lambda t: t.address).items() if _serves(there)}
        arms = (Arm.SHARE_ELSEWHERE, Arm.TARGET_SNI_ELSEWHERE)
        asked = [
            t
            for t in self._facts.arm(*arms, subject=service)
            if t.flow.server_name in hosts and t.address in fair and _planned(t)
        ]
        return tally((t for t in asked if t.task.check == "tls"), self.patience)


@remembered
def shares(facts: Facts) -> Shares:
    """The same for all who ask."""
    return Shares(facts)


def _whose(name: tuple[str, str]) -> str:
    return name[0]


def _planned(conversation: Conversation) -> bool:
    """It was made whatever came of others."""
    return conversation.task.attempt == 1 and conversation.task.arm is not Arm.REPEAT


def _serves(there: Sequence[Conversation]) -> bool:
    found = tally(there)
    return bool(found.answered) and found.share <= FLOOR


def joined(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    every = list(tallies)
    return Tally(
        tuple(t for one in every for t in one.failed),
        tuple(t for one in every for t in one.answered),
    )
