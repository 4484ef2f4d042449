"""Services whose conversations lose far more on the way than all others do, or oftener anything."""

from collections.abc import Iterable, Iterator, Sequence

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import OWN_ARMS, Facts
from msgprobe.evidence.ledger import remembered
from msgprobe.evidence.line_losses import lossiest, subject_of
from msgprobe.evidence.losses import FLOOR, TIMES, disturbed, exceeds, share, surely_bad, upwards
from msgprobe.evidence.lulls import out_of_lulls
from msgprobe.evidence.outages import under_way
from msgprobe.evidence.six import comparable
from msgprobe.evidence.statistics import fisher_greater
from msgprobe.model.dataclass import dataclass
from msgprobe.model.observation import TcpInfo
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Role

UNLIKELY = 1e-5
"""Fisher's p: as many as three dozen pools are looked at in a run."""

ROOTS = 1.0
"""Roots of its number by which what is lost may be more than it is by bad luck: the worst of
transit is the worst already, and what is told accuses nobody."""

AGAIN = 1e-2
"""Fisher's p of what else was lost, at other times than the worst."""

SUSPECTED = 1e-3
"""Fisher's p of what is lost of all that names a service, below which it is looked into whether
the name decides. It accuses nobody by itself: what the end of a tariff drops is not spread evenly.
"""


@dataclass(frozen=True, slots=True)
class Oftener:
    """How much oftener than all others a service's conversations must have lost anything: Fisher's
    p at all moments, and without the worst one, and how many times their share."""

    unlikely: float
    again: float
    times: float

    def holds(self, mine: tuple[int, int], others: tuple[int, int], unlikely: float) -> bool:
        """So many of so many, beside the others."""
        (hit, tried), (other, total) = mine, others
        if not total or hit * total < self.times * other * tried:
            return False
        return fisher_greater(hit, tried, other, total) < unlikely


OFTENER = Oftener(unlikely=1e-4, again=1e-2, times=TIMES)
"""More than a way loses that others share. A short way mends at once what was lost, so that nothing
is slow."""

PERHAPS = Oftener(unlikely=1e-2, again=0.1, times=1.0)
"""From here on it is looked into whether the name decides, which accuses nobody by itself. No share
is some times that of a line that disturbs many itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """Conversations over some families of addresses; with ``named`` those alone whose ClientHello
    bears a name, for who minds the name sees no other."""

    families: tuple[int, ...]
    named: bool = False

    def of(self, conversations: Iterable[Conversation]) -> list[Conversation]:
        """Those that belong to it."""
        mine = [t for t in conversations if ips.family(t.address) in self.families]
        return [t for t in mine if t.flow.server_name or not self.named]


_NAMED = Part((4, 6), named=True)
_PARTS = (Part((4, 6)), Part((4,)), Part((6,)), _NAMED)


def well(facts: Facts, conversations: Iterable[Conversation]) -> list[Conversation]:
    """Those that ended well, and that can be compared: not held up by our own crowd. Who is neutral
    need not prove who he is for that."""
    seen = (t for t in comparable(facts, conversations) if t.info is not None)
    fit = (t for t in seen if t.genuine or (t.task.role is Role.CONTROL and t.failure is None))
    return [t for t in fit if not facts.held_up(t)]


@remembered
def lossy_parts(facts: Facts, service: Service) -> tuple[Part, ...]:
    """The parts of the service's conversations and transfers that lose far more than those of all
    others over the same families of addresses: all, each family alone, and what bears a name, that
    the rest must not dilute. What a dead line has lost is not theirs."""
    mine = well(facts, _of_services(facts, service))
    if not _lost(mine)[0]:
        return ()  # as on most lines: the others need not be counted
    others = _of_the_line(facts, service)
    lossy = [part for part in _PARTS if _lose_more(part, mine, others)]
    if not lossy:
        return ()  # as on nearly every line
    apart = out_of_lulls(facts, mine)
    return tuple(part for part in lossy if _lose_more(part, apart, others))


@remembered
def oftener_disturbed(facts: Facts, service: Service) -> bool:
    """Far more of the service's conversations and transfers lost something on the way, in either
    direction, than of all others, and not in one moment alone. Be it little each time: that is too
    little to say that it works badly, and more than a way loses that others share."""
    mine = well(facts, _of_services(facts, service))
    return _oftener(facts, service, mine, OFTENER)


@remembered
def perhaps_disturbed_by_name(facts: Facts, service: Service) -> bool:
    """The same of what bears its name in the ClientHello, which the rest would dilute, and by less
    than convinces; or that loses more, where something is lost of nearly everything."""
    mine = _NAMED.of(well(facts, _of_services(facts, service)))
    return _oftener(facts, service, mine, PERHAPS) or _suspected(facts, service, mine)


def _oftener(facts: Facts, service: Service, mine: list[Conversation], than: Oftener) -> bool:
    if not _disturbed(mine)[0]:
        return False  # as on most lines: the others need not be counted
    others = _disturbed(_of_the_line(facts, service))
    if not than.holds(_disturbed(mine), others, than.unlikely):
        return False
    apart = _apart_from_the_worst(out_of_lulls(facts, mine))
    return than.holds(_disturbed(apart), others, than.again)


def _suspected(facts: Facts, service: Service, mine: list[Conversation]) -> bool:
    lost, sent = _lost(mine)
    if not lost or lost < FLOOR * sent:
        return False  # as on most lines: the others need not be counted
    others = _lost(_of_the_line(facts, service))
    if fisher_greater(lost, sent, *others) >= SUSPECTED:
        return False
    apart = _apart_from_the_worst(out_of_lulls(facts, mine))
    return fisher_greater(*_lost(apart), *others) < AGAIN


def _disturbed(conversations: Iterable[Conversation]) -> tuple[int, int]:
    """How many lost something, and how many there are."""
    every = [disturbed(t.info) for t in conversations]
    return sum(every), len(every)


def _of_the_line(facts: Facts, service: Service) -> list[Conversation]:
    """All others, but those of the one other service that loses far more itself, if there is such:
    what its servers lose, or somebody on the way to them, the line does not."""
    others = well(facts, _beside(facts, service))
    worst = lossiest(others, _lost)
    return [t for t in others if worst is None or subject_of(t) != worst]


def _lost(conversations: Iterable[Conversation]) -> tuple[int, int]:
    """Segments lost, and sent."""
    return share(upwards(t.info) for t in conversations if t.info is not None)


def _lose_more(part: Part, mine: Iterable[Conversation], others: Iterable[Conversation]) -> bool:
    lost = part.of(mine)
    line = [t.info for t in others if ips.family(t.address) in part.families]
    infos = [t.info for t in lost]
    bad = surely_bad(infos, ROOTS) and exceeds(infos, line, UNLIKELY)
    return bad and _at_other_times(lost, line)


def _at_other_times(mine: Sequence[Conversation], line: Iterable[TcpInfo | None]) -> bool:
    """What was not under way at the moment at which most of the losers were lost more than others
    do as well: servers that hang for some seconds, once, lose what everybody sends them then."""
    apart = [t.info for t in _apart_from_the_worst(mine)]
    counts = [share(upwards(i) for i in each if i is not None) for each in (apart, line)]
    return fisher_greater(*counts[0], *counts[1]) < AGAIN


def _apart_from_the_worst(mine: Sequence[Conversation]) -> list[Conversation]:
    """Those that were not under way at the moment at which most of the losers were."""
    spans = [under_way(t) for t in mine if disturbed(t.info)]
    if not spans:
        return list(mine)
    worst = max((at for at, _ in spans), key=lambda at: sum(a <= at <= b for a, b in spans))
    return [t for t in mine if not _covers(t, worst)]


def _covers(conversation: Conversation, moment: float) -> bool:
    start, end = under_way(conversation)
    return start <= moment <= end


def _of_services(facts: Facts, service: Service) -> Iterator[Conversation]:
    every = facts.arm(*OWN_ARMS, Arm.TRANSFER, subject=service.name)
    return (t for t in every if t.task.role is Role.TARGET)


def _beside(facts: Facts, service: Service) -> Iterator[Conversation]:
    """Those of other services, and neutral ones."""
    name = service.name
    every = facts.arm(*OWN_ARMS, Arm.TRANSFER, Arm.TRANSFER_SOURCE)
    yield from (t for t in every if t.task.role is not Role.TARGET or t.task.subject != name)
    yield from (t for _, t in facts.site_conversations(Arm.CONNECTION, Arm.AGAIN))
