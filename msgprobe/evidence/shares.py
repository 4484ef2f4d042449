"""Shares: how many of many handshakes with a service fail, and whether neutral ones fail so too.

What accuses was decided on before it was seen: first attempts, which every run makes, those of the
experiment that asks about shares, and what is moved; never repeats, which meet the moment in which
the first one failed. The test is Fisher's exact one against neutral handshakes of the same minutes,
with Holm's correction (S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scand.
J. Stat. 6 (1979)) over all that could have been chosen: names and services of the run, those
included that nobody had a reason to look at; of what is said at neutral servers, the services that
were chosen by what came of them at home.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.cut_places import stopped_alike
from msgprobe.evidence.facts import OWN_ARMS, TRIES, Facts, grouped
from msgprobe.evidence.handshakes import (
    ELSEWHERE,
    answered,
    mixed,
    mixed_modern,
    modern,
    named,
)
from msgprobe.evidence.ledger import derived, remembered
from msgprobe.evidence.six import comparable
from msgprobe.evidence.statistics import Key, holm
from msgprobe.evidence.tallies import (
    FLOOR,
    Tally,
    joined,
    named_there,
    tally,
    took,
)
from msgprobe.model.hello import OPTION
from msgprobe.model.target import Direction, Service
from msgprobe.model.task import Arm, Role

ALPHA = 1e-3
"""Errors allowed over all names of a run."""

SURE = ALPHA / 10
"""Errors allowed of a count that ends before its time because it is clear. That it is looked at
after each of twenty handshakes, and at the end as ever, errs no more often than `ALPHA` together:
the exact test keeps well below what it allows."""

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


def _comparable(neutral: Conversation) -> bool:
    return bool(neutral.flow.server_name) and neutral.flow.port == 443


def _shape(conversation: Conversation) -> tuple[bool, str | None]:
    """Whether it asks for small segments, and whose ClientHello it is."""
    return bool(conversation.flow.mss), conversation.flow.option(OPTION)


def shut(there: Sequence[Conversation]) -> bool:
    """Each of several attempts there fails."""
    return len(there) >= TRIES and not any(map(answered, there))


class Shares:
    """The handshakes of a run, counted."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.ledger = facts.ledger

    @derived
    def neutral(self) -> Tally:
        """Conversations with neutral servers that answer at all, whatever they were named, to their
        very end, for what a poor line cuts off later counts against it as well; not what somebody
        cuts off at one place, nor what goes over an IPv6 that loses much, where services' are not
        counted either. A name that is never answered there is not one of which some fail."""
        return self._tally(comparable(self._facts, self._facts.arm(*_NEUTRAL)))

    @remembered
    def neutral_over(self, version: int) -> Tally:
        """Those over IPv4, or over IPv6, however much that loses."""
        said = self._facts.arm(*_NEUTRAL)
        return self._tally(t for t in said if ips.family(t.address) == version)

    def _tally(self, said: Iterable[Conversation]) -> Tally:
        counted = [t for t in self._fit(said) if _shape(t) == self._usual_shape]
        wrong = [t for t in counted if self._went_wrong(t)]
        well = (t for t in counted if answered(t) and not self._went_wrong(t))
        return Tally(tuple(wrong), tuple(well))

    def _fit(self, said: Iterable[Conversation]) -> list[Conversation]:
        every = [t for t in said if not modern(t) and t.task.role is Role.CONTROL]
        alive = {t.address for t in every if answered(t)}
        dead = {name for name, there in grouped(every, named_there).items() if shut(there)}
        fit = (t for t in every if t.address in alive and named_there(t) not in dead)
        return [t for t in fit if _comparable(t)]

    def _went_wrong(self, neutral: Conversation) -> bool:
        wrong = neutral.symptom not in (None, "tls.certificate")
        return wrong and neutral.transaction not in self._cut_at_one_place

    @derived
    def _cut_at_one_place(self) -> frozenset[int]:
        """Neutral transfers that end where those from other networks do, as transactions."""
        ways = (stopped_alike(self._facts, way) for way in Direction)
        return frozenset(s.transaction for group in ways for s in group)

    @derived
    def _usual_shape(self) -> tuple[bool, str | None]:
        """How services are spoken to here: what long segments or our usual ClientHello meet on a
        line that lets none of them pass shows nothing about the ones that were used instead."""
        own = (t for t in self._facts.arm(*OWN_ARMS) if t.task.role is Role.TARGET)
        shapes = Counter(_shape(t) for t in own if t.flow.server_name and not modern(t))
        return max(shapes, key=lambda shape: shapes[shape], default=(False, None))

    @remembered
    def named(self, service: Service) -> dict[str, list[Conversation]]:
        """By what names them the service's conversations that are in that shape, or modern."""
        usual = self._usual_shape
        return {
            what: [t for t in conversations if modern(t) or _shape(t) == usual]
            for what, conversations in named(self._facts, service).items()
        }

    @derived
    def neutral_modern(self) -> Tally:
        """Neutral handshakes in the shape of modern clients', which some boxes mind whomever they
        name."""
        return tally(t for t in self._facts.arm(*_MODERN_NEUTRAL) if modern(t))

    def chance(self, one: Tally) -> float:
        """That so many fail by luck, where neutral ones of the same shape fail as they do."""
        if one.share < FLOOR:
            return 1.0  # whatever the others' is
        shapes = {modern(t) for t in one.every}
        beside = [t for t in (False, True) if t in shapes]
        return one.exceeds(joined(self.neutral_modern if t else self.neutral for t in beside))

    @derived
    def patience(self) -> float:
        """Seconds that the slowest neutral handshake took which went well."""
        every = (*self.neutral.answered, *self.neutral_modern.answered)
        return max(map(took, every), default=0.0)

    @remembered
    def own(self, service: Service) -> dict[str, Tally]:
        """What came of each name, at addresses that are not dead to it."""
        found = {}
        for what, conversations in self.named(service).items():
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
        usual = {s: [*filter(in_usual_form, names.values())] for s, names in tallies.items()}
        whole = {
            (s, secured): joined(t for t in some if t.secured is secured)
            for s, some in usual.items()
            for secured in (True, False)
        }
        alike = set(self._beyond(whole, alpha / 2))
        shown = {(s, n) for (s, n), t in each.items() if t.failed and (s, t.secured) in alike}
        shown.update(self._beyond(each, alpha / 2))
        return {s: frozenset(n for _, n in them) for s, them in grouped(shown, _whose).items()}

    def _beyond(self, tallies: Mapping[Key, Tally], alpha: float) -> tuple[Key, ...]:
        chances = {key: self.chance(one) for key, one in tallies.items()}
        return holm(chances, alpha)

    @remembered
    def planned(self, service: Service) -> dict[str, Tally]:
        """What came of each name at all of its addresses, those included that are dead to it."""
        return {
            what: tally(filter(_planned, conversations), self.patience)
            for what, conversations in self.named(service).items()
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
    def _elsewhere(self, service: Service) -> dict[str, Tally]:
        """What was planned of names at neutral servers: those that waver, and fail at home by
        chances that are small for each of them."""
        home = self.planned(service)
        suspected = {w for w, t in home.items() if self.chance(t) <= ALPHA}
        suspected |= self.excessive.get(service.name, frozenset())
        wavering = {*mixed(self._facts, service), *mixed_modern(self._facts, service)}
        some = suspected & wavering
        found = {what: self.said_elsewhere(service, what, _planned) for what in some}
        return {what: there for what, there in found.items() if there.tried}

    def said_elsewhere(
        self, service: Service, what: str, fit: Callable[[Conversation], bool] = bool
    ) -> Tally:
        """At servers that answer other foreign names in that shape, of what connected: a SYN bears
        no name."""
        as_clients = what in mixed_modern(self._facts, service)
        checks = _HANDSHAKES if as_clients else ("tls",)
        asked = self._facts.arm(*ELSEWHERE, Arm.MODERN_ELSEWHERE, subject=service.name)
        alike = (t for t in asked if t.connected and modern(t) is as_clients)
        mine = (t for t in alike if t.flow.server_name == what)
        fair = self._fair(as_clients)
        return tally(
            (t for t in mine if t.address in fair and fit(t) and t.task.check in checks),
            self.patience,
        )

    @remembered
    def _fair(self, as_clients: bool) -> frozenset[str]:
        """Neutral servers that answer foreign names, said as modern clients do or as ever."""
        asked = self._facts.arm(*_TWINS)
        twins = [t for t in asked if t.connected and modern(t) is as_clients]
        there = grouped(twins, lambda t: t.address)
        return frozenset(address for address, found in there.items() if _serves(found))


@remembered
def shares(facts: Facts) -> Shares:
    """The same for all who ask."""
    return Shares(facts)


def in_usual_form(tally: Tally) -> bool:
    """None was said as modern clients say it."""
    return not any(map(modern, tally.every))


def _whose(name: tuple[str, str]) -> str:
    return name[0]


def _planned(conversation: Conversation) -> bool:
    """It was made whatever came of others; or it is moved, where attempts are numbered as pairs and
    go on until enough went well: so many failures by then are rarer than among as many planned."""
    task = conversation.task
    return task.arm is Arm.TRANSFER or (task.attempt == 1 and task.arm is not Arm.REPEAT)


def _serves(there: Sequence[Conversation]) -> bool:
    found = tally(there)
    return bool(found.answered) and found.share <= FLOOR
