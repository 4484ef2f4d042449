"""Shares: how many of many handshakes with a service fail, and whether neutral ones fail so too.

What accuses was decided on before it was seen: first attempts, which every run makes, those of the
experiment that asks about shares, and what is moved; never repeats, which meet the moment in which
the first one failed. The test is Fisher's exact one against neutral handshakes of the same minutes,
with Holm's correction (S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scand.
J. Stat. 6 (1979)) over all that could have been chosen: names and services of the run, those
included that nobody had a reason to look at; of what is said at neutral servers, the services that
were chosen by what came of them at home. What leaves a doubt needs less, and counts repeats too.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import TRIES, Facts, grouped
from msgprobe.evidence.handshakes import (
    ELSEWHERE,
    answered,
    failed,
    mixed,
    mixed_modern,
    modern,
    named,
)
from msgprobe.evidence.ledger import derived, remembered
from msgprobe.evidence.statistics import Key, fisher_greater, holm, together
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Role

ALPHA = 1e-3
"""Errors allowed over all names of a run."""

DOUBT = 1e-2
"""Errors allowed of a name that is not called fine because it fails at neutral servers as well,
which no accident of its own servers brings about; it accuses nobody."""

SURE = ALPHA / 10
"""Errors allowed of a count that ends before its time because it is clear. That it is looked at
after each of twenty handshakes, and at the end as ever, errs no more often than `ALPHA` together:
the exact test keeps well below what it allows."""

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
    Arm.TRANSFER_SOURCE,
)
_MODERN_NEUTRAL = (Arm.SHARE_NEUTRAL, Arm.MODERN_NEUTRAL, Arm.BIG_HELLO)
"""What of these was said as modern clients say it."""
_TWINS = (Arm.NEUTRAL_SNI_ELSEWHERE, Arm.SHARE_NEUTRAL, Arm.MODERN_NEUTRAL)
_HANDSHAKES = ("tls", "http2")
"""Checks whose conversations with neutral servers show no more than whether they were answered."""


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
        well, badly = grouped(self.answered, _place), grouped(self.failed, _place)
        return any(_later(some, well.get(there, ())) for there, some in badly.items())

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


def _place(conversation: Conversation) -> tuple[str, int]:
    return conversation.address, conversation.flow.port


def tally(conversations: Iterable[Conversation], patience: float = 0.0) -> Tally:
    """Silence counts where it was waited for longer than ``patience`` seconds."""
    every = list(conversations)
    lost = (t for t in every if failed(t) and not _merely_late(t, patience))
    return Tally(tuple(lost), tuple(t for t in every if answered(t)))


def _comparable(neutral: Conversation) -> bool:
    return bool(neutral.flow.server_name) and not neutral.flow.mss and neutral.flow.port == 443


def _went_wrong(neutral: Conversation) -> bool:
    return neutral.symptom not in (None, "tls.certificate")


def _went_well(neutral: Conversation) -> bool:
    return answered(neutral) and not _went_wrong(neutral)


def _named_there(conversation: Conversation) -> tuple[str, str | None]:
    return conversation.address, conversation.flow.server_name


def _shut(there: Sequence[Conversation]) -> bool:
    """Each of several attempts there fails."""
    return len(there) >= TRIES and not any(map(answered, there))


def _merely_late(conversation: Conversation, patience: float) -> bool:
    """It was silent, and not for so long, or not so wholly, that only a lost cause is left: where
    some packets are lost what is said comes late, a little of it at least."""
    if conversation.failure is None or not conversation.failure.is_silence:
        return False
    if not conversation.connected:
        return _took(conversation) < SYNS
    heard = (o for o in (conversation.tls, conversation.protocol) if o is not None)
    return any(o.bytes_received for o in heard) or _took(conversation) <= patience


def _said_at(conversation: Conversation) -> float:
    """Seconds since the run began when its first words were to be said."""
    parts = (conversation.tls, conversation.protocol, conversation.tcp)
    return next((o.window.start for o in parts if o is not None), 0.0)


def _took(conversation: Conversation) -> float:
    """Seconds of connecting and of the handshake, be it one of a protocol of its own."""
    parts = (conversation.tcp, conversation.tls, conversation.protocol)
    return sum(o.window.seconds for o in parts if o is not None)


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
        said = [t for t in self._facts.arm(*_NEUTRAL) if not modern(t)]
        every = [t for t in said if t.task.role is Role.CONTROL]
        alive = {t.address for t in every if answered(t)}
        shut = {name for name, there in grouped(every, _named_there).items() if _shut(there)}
        fit = (t for t in every if t.address in alive and _named_there(t) not in shut)
        counted = [t for t in fit if _comparable(t)]
        return Tally(tuple(filter(_went_wrong, counted)), tuple(filter(_went_well, counted)))

    @derived
    def neutral_modern(self) -> Tally:
        """Neutral handshakes in the shape of modern clients', which some boxes mind whomever they
        name."""
        return tally(t for t in self._facts.arm(*_MODERN_NEUTRAL) if modern(t))

    def _chance(self, one: Tally) -> float:
        """That so many fail by luck, where neutral ones of the same shape fail as they do."""
        shapes = {modern(t) for t in one.every}
        beside = [t for t in (False, True) if t in shapes]
        return one.exceeds(joined(self.neutral_modern if t else self.neutral for t in beside))

    @derived
    def patience(self) -> float:
        """Seconds that the slowest neutral handshake took which went well."""
        every = (*self.neutral.answered, *self.neutral_modern.answered)
        return max(map(_took, every), default=0.0)

    @remembered
    def own(self, service: Service) -> dict[str, Tally]:
        """What came of each name, at addresses that are not dead to it."""
        found = {}
        for what, conversations in named(self._facts, service).items():
            alive = {t.address for t in conversations if answered(t)}
            counted = [t for t in conversations if t.address in alive and _planned(t)]
            found[what] = tally(counted, self.patience)
        return found

    @derived
    def excessive(self) -> dict[str, frozenset[str]]:
        """Names by service whose handshakes fail in a share that neutral ones do not: each by
        itself, or all of a service's together that speak alike (by TLS, or not). Half of the errors
        allowed goes to each of the two questions."""
        return self._excessive(ALPHA)

    def _excessive(self, alpha: float) -> dict[str, frozenset[str]]:
        tallies = {service.name: self.own(service) for service in self._facts.services}
        each = {(s, n): t for s, names in tallies.items() for n, t in names.items()}
        whole = {
            (s, secured): joined(t for t in names.values() if t.secured is secured and _usual(t))
            for s, names in tallies.items()
            for secured in (True, False)
        }
        alike = set(self._beyond(whole, alpha / 2))
        shown = {(s, n) for (s, n), t in each.items() if t.failed and (s, t.secured) in alike}
        shown.update(self._beyond(each, alpha / 2))
        return {s: frozenset(n for _, n in them) for s, them in grouped(shown, _whose).items()}

    def _beyond(self, tallies: Mapping[Key, Tally], alpha: float) -> tuple[Key, ...]:
        chances = {key: self._chance(one) for key, one in tallies.items()}
        return holm(chances, alpha)

    @remembered
    def planned(self, service: Service) -> dict[str, Tally]:
        """What came of each name at all of its addresses, those included that are dead to it."""
        return {
            what: tally(filter(_planned, conversations), self.patience)
            for what, conversations in named(self._facts, service).items()
        }

    @derived
    def following(self) -> dict[str, Tally]:
        """What came of names at neutral servers, by service, where they fail there in such a share
        as well. That asks about names that were chosen by what came of them at home, which luck at
        neutral servers knows nothing of: it is corrected for those that were said there alone."""
        return self._following(ALPHA)

    def _following(self, alpha: float) -> dict[str, Tally]:
        asked = {s.name: self._elsewhere(s) for s in self._facts.services}
        there = {s: joined(names.values()) for s, names in asked.items() if names}
        return {s: there[s] for s in self._beyond(there, alpha)}

    @derived
    def clear_at_home(self) -> dict[str, frozenset[str]]:
        """Names by service of which so many fail that further ones would not change it."""
        return self._excessive(SURE)

    @derived
    def clear_elsewhere(self) -> frozenset[str]:
        """Services whose names fail so often at neutral servers that it is as clear."""
        return frozenset(self._following(SURE))

    @remembered
    def striking(self, service: Service) -> frozenset[str]:
        """Names of the service that fail in such a share: by what came of them at home, or of some
        of them at neutral servers as well."""
        found = self.excessive.get(service.name, frozenset())
        if service.name in self.following:
            found |= {h for h, there in self._elsewhere(service).items() if there.failed}
        return found

    @remembered
    def doubtful(self, service: Service) -> dict[str, Tally]:
        """Names of which too many fail to call them fine, here, or here and at neutral servers
        together where they could be said there. Not where all failed first, and none since: what is
        over says nothing of now. Repeats count: so many failures before one goes well are rarer
        than among as many that were planned."""
        found = self._doubtful_together(service)
        for what, conversations in named(self._facts, service).items():
            alive = {_place(t) for t in conversations if answered(t)}
            fit = (t for t in conversations if _place(t) in alive or not alive)
            here, there = tally(fit, self.patience), self._said_elsewhere(service, what)
            both, chance = joined((here, there)), self._chance(here)
            many = chance <= ALPHA
            if there.failed:
                many = many or together(chance, self._chance(there)) <= DOUBT
            if many and (here.relapses or _later(there.failed, both.answered)):
                found[what] = both
        return found

    def _doubtful_together(self, service: Service) -> dict[str, Tally]:
        """The same of names that speak alike, where each place was asked too seldom to tell, as on
        a line that is spared: together they fail too often. Places that fail each of several times
        are left to others, and names that nobody answered: they are cut off or dead, as a whole. An
        outage is over once, or has not begun yet: what was answered since the first failure is
        followed by others."""
        found: dict[str, Tally] = {}
        every = {w: self._seldom(t) for w, t in named(self._facts, service).items()}
        for secured in (True, False):
            heard = {what: t for what, t in every.items() if t.answered and _usual(t)}
            alike = {what: t for what, t in heard.items() if t.secured is secured}
            whole = joined(alike.values())
            first = min(map(_said_at, whole.failed), default=math.inf)
            since = [t for t in whole.answered if _said_at(t) >= first]
            if _later(whole.failed, since) and self._chance(whole) <= ALPHA:
                found.update({what: t for what, t in alike.items() if t.failed})
        return found

    def _seldom(self, conversations: Iterable[Conversation]) -> Tally:
        """What came of those that connected, without places at which each of several failed: what
        takes no connection is dead or cut off, and no share."""
        places = grouped((t for t in conversations if t.connected), _place).values()
        return tally((t for some in places if not _shut(some) for t in some), self.patience)

    @remembered
    def _elsewhere(self, service: Service) -> dict[str, Tally]:
        """What was planned of names at neutral servers: those that waver, and fail at home by
        chances that are small for each of them."""
        home = self.planned(service)
        suspected = {w for w, t in home.items() if self._chance(t) <= ALPHA}
        suspected |= self.excessive.get(service.name, frozenset())
        wavering = {*mixed(self._facts, service), *mixed_modern(self._facts, service)}
        some = suspected & wavering
        found = {what: self._said_elsewhere(service, what, _planned) for what in some}
        return {what: there for what, there in found.items() if there.tried}

    def _said_elsewhere(
        self, service: Service, what: str, fit: Callable[[Conversation], bool] = bool
    ) -> Tally:
        """At servers that answer other foreign names in that shape."""
        as_clients = what in mixed_modern(self._facts, service)
        checks = _HANDSHAKES if as_clients else ("tls",)
        asked = self._facts.arm(*ELSEWHERE, Arm.MODERN_ELSEWHERE, subject=service.name)
        mine = (t for t in asked if t.flow.server_name == what and modern(t) is as_clients)
        fair = self._fair(as_clients)
        return tally(
            (t for t in mine if t.address in fair and fit(t) and t.task.check in checks),
            self.patience,
        )

    @remembered
    def _fair(self, as_clients: bool) -> frozenset[str]:
        """Neutral servers that answer foreign names, said as modern clients do or as ever."""
        twins = [t for t in self._facts.arm(*_TWINS) if modern(t) is as_clients]
        there = grouped(twins, lambda t: t.address)
        return frozenset(address for address, found in there.items() if _serves(found))


@remembered
def shares(facts: Facts) -> Shares:
    """The same for all who ask."""
    return Shares(facts)


def _usual(tally: Tally) -> bool:
    """None was said as modern clients say it."""
    return not any(map(modern, tally.every))


def _whose(name: tuple[str, str]) -> str:
    return name[0]


def _later(some: Sequence[Conversation], others: Sequence[Conversation]) -> bool:
    """Some of these began after the first of others."""
    since = min(map(_said_at, others), default=math.inf)
    return any(_said_at(t) > since for t in some)


def _planned(conversation: Conversation) -> bool:
    """It was made whatever came of others; or it is moved, where attempts are numbered as pairs and
    go on until enough went well: so many failures by then are rarer than among as many planned."""
    task = conversation.task
    return task.arm is Arm.TRANSFER or (task.attempt == 1 and task.arm is not Arm.REPEAT)


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
