"""Shares: how many of many handshakes with a service fail, and whether neutral ones fail so too.

What is counted was decided on before it was seen: first attempts, which every run makes, and those
of the experiment that asks about shares, never repeats, which are made until one goes well. The
test is Fisher's exact one against neutral handshakes of the same minutes, with Holm's correction
over all names and services of the run (S. Holm, "A Simple Sequentially Rejective Multiple Test
Procedure", Scand. J. Stat. 6 (1979)), those included that nobody had a reason to look at.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS, Facts, grouped
from msgprobe.evidence.statistics import fisher_greater, holm
from msgprobe.model.observation import Proof
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Role

ALPHA = 1e-3
"""Errors allowed over all names of a run."""

FLOOR = 0.1
"""Share below which a front is merely imperfect, and above which a neutral server is no control."""

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
        return conversation.answered_tls
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
    failed = (t for t in every if _failed(t) and not _impatient(t, patience))
    return Tally(tuple(failed), tuple(t for t in every if _answered(t)))


def _comparable(neutral: Conversation) -> bool:
    return bool(neutral.flow.server_name) and not neutral.flow.mss and neutral.flow.port == 443


def _went_wrong(neutral: Conversation) -> bool:
    return neutral.symptom not in (None, "tls.certificate")


def _went_well(neutral: Conversation) -> bool:
    return _answered(neutral) and not _went_wrong(neutral)


def _impatient(conversation: Conversation, patience: float) -> bool:
    failure = conversation.failure
    silent = failure is not None and failure.is_silence
    return silent and _took(conversation) <= patience


def _took(conversation: Conversation) -> float:
    """Seconds of connecting and of the handshake."""
    parts = (conversation.tcp, conversation.tls)
    return sum(o.window.seconds for o in parts if o is not None)


def named(facts: Facts, service: Service) -> dict[str, list[Conversation]]:
    """Conversations with the service's own addresses whose ClientHello names a host of its."""
    mine = (
        t
        for t in facts.arm(*OWN_ARMS, Arm.SHARE, subject=service.name)
        if t.task.role is Role.TARGET and t.flow.server_name and _speaks_tls(facts, service, t)
    )
    return grouped(mine, lambda t: t.flow.server_name or "")


def _speaks_tls(facts: Facts, service: Service, conversation: Conversation) -> bool:
    if conversation.tls is not None:
        return True
    found = (e for e in service.endpoints if e.name == conversation.task.endpoint)
    return any(facts.traits.speaks_tls(e) for e in found)


def _spoken(facts: Facts, service: Service) -> dict[str, list[Conversation]]:
    """Those, and conversations in protocols of its own that begin with a connection, by name, by
    host where none is sent, by endpoint where there is none."""
    udp = {e.name for e in service.endpoints if facts.traits.datagrams(e)}
    every = [t for there in named(facts, service).values() for t in there]
    for t in facts.arm(Arm.BASE, subject=service.name):
        plain = not t.flow.server_name and t.task.role is Role.TARGET
        if plain and t.tls is None and t.task.endpoint not in udp:
            every.append(t)
    return grouped(every, lambda t: t.flow.server_name or t.flow.host or t.task.endpoint or "")


def mixed(facts: Facts, service: Service) -> tuple[str, ...]:
    """Names that some address both answered and failed under: neither cut off nor left alone."""
    return tuple(
        host
        for host, conversations in named(facts, service).items()
        if any(map(_wavers, grouped(conversations, lambda t: t.address).values()))
    )


def _wavers(there: Iterable[Conversation]) -> bool:
    ends = list(there)
    return any(map(_failed, ends)) and any(map(_answered, ends))


class Shares:
    """The handshakes of a run, counted."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def neutral(self) -> Tally:
        """Conversations with neutral servers that answer at all, whatever they were named, to their
        very end, for what a poor line cuts off later counts against it as well."""
        every = [t for t in self._facts.arm(*_NEUTRAL) if t.task.role is Role.CONTROL]
        alive = {t.address for t in every if _answered(t)}
        counted = [t for t in every if t.address in alive and _comparable(t)]
        return Tally(tuple(filter(_went_wrong, counted)), tuple(filter(_went_well, counted)))

    @cached_property
    def patience(self) -> float:
        """Seconds that the slowest neutral handshake took which went well."""
        return max(map(_took, self.neutral.answered), default=0.0)

    def own(self, service: Service) -> dict[str, Tally]:
        """What came of each name, at addresses that are not dead to it."""
        found = {}
        for host, conversations in _spoken(self._facts, service).items():
            alive = self._alive(service, conversations)
            counted = [t for t in conversations if t.address in alive and _planned(t)]
            found[host] = tally(counted, self.patience)
        return found

    def _alive(self, service: Service, conversations: Iterable[Conversation]) -> set[str]:
        """Addresses at which one of them, or a repeat of it, was answered."""
        ends = {t.task.endpoint for t in conversations}
        repeats = self._facts.arm(*OWN_ARMS, subject=service.name)
        again = (t for t in repeats if t.task.endpoint in ends)
        return {t.address for t in (*conversations, *again) if _answered(t)}

    @cached_property
    def excessive(self) -> dict[str, frozenset[str]]:
        """Names by service whose handshakes fail in a share that neutral ones do not: each by
        itself, or all of a service's together."""
        chances: dict[tuple[str, str], float] = {}
        failing: dict[tuple[str, str], frozenset[str]] = {}
        for service in self._facts.services:
            names = self.own(service)
            hit = frozenset(h for h, t in names.items() if t.failed)
            whole = joined(names.values())
            for host, one in (*((h, t) for h, t in names.items()), ("", whole)):
                chances[service.name, host] = one.exceeds(self.neutral)
                failing[service.name, host] = frozenset({host}) if host else hit
        found: dict[str, frozenset[str]] = {}
        for key in holm(chances, ALPHA):
            found[key[0]] = found.get(key[0], frozenset()) | failing[key]
        return found

    @cached_property
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
