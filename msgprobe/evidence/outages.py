"""A line that comes and goes: when neutral hosts answered, and when all of them were silent.

An outage is a time without any sign of life from hosts abroad in which several neutral ones
that answer at other times, in two networks or more, were waited for in vain. A lossy line shows no
such outage: while one host is waited for, others answer. The criteria (two changes, or a share of
successes between 20 and 80 % with too few runs for chance) are those of the outage observatories,
as far as a single client can borrow them.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from math import sqrt

from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.ledger import derived
from msgprobe.model.dataclass import dataclass
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, Role

QUIET = 3.0
"""Seconds without an answer that count: a SYN and its first two repeats (at 1 s and 3 s)."""

SLACK = 1.0
"""Seconds before the last sign of life in which something may have been sent that was lost."""

WITNESSES = 3
"""Waits of that length within an outage, at least."""

LOW, HIGH = 0.2, 0.8
"""Share of neutral conversations that worked between which runs may speak of coming and going."""

FEW_RUNS = -1.645
"""z below which there are fewer runs than chance gives (Wald and Wolfowitz, one-sided p < 0.05)."""

NEUTRAL = (Arm.CONNECTION, Arm.AGAIN, Arm.MONITOR, Arm.TRANSFER_SOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Seconds of the run in which somebody of ``network`` was waited for and nothing came."""

    start: float
    end: float
    network: str
    transaction: int = 0

    def fits(self, start: float, end: float) -> bool:
        """The line having been dead between ``start`` and ``end`` explains it.

        It may last longer by as much again, for TCP repeats after 1, 3, 7 s; but who began well
        before, or waited much longer, was not answered while the line worked.
        """
        inside = min(self.end, end) - max(self.start, start)
        return inside >= max(QUIET, (self.end - self.start) / 2) and self.start >= start - SLACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """An outage. ``before`` and ``after`` say whether neutral hosts answered on its sides."""

    start: float
    end: float
    before: bool
    after: bool
    transactions: tuple[int, ...] = ()


class Outages:
    """The working and the dead times of a run; ``pending`` are waits that are not over yet."""

    def __init__(self, facts: Facts, pending: Iterable[Wait] = ()) -> None:
        self._facts = facts
        self.ledger = facts.ledger
        self._pending = tuple(pending)

    @derived
    def _conversations(self) -> tuple[tuple[str, Conversation], ...]:
        """Neutral conversations abroad over IPv4 (or all there is) with the network asked."""
        controls = self._facts.controls
        label = {s.name: s.network for s in controls.abroad}
        label |= {s.name: s.network for s in controls.sources if s.country is None}
        label |= {s.name: s.owner for s in controls.sentinels}
        ours = self._facts.silenced
        conversations = [t for t in self._facts.arm(*NEUTRAL) if t.task.id not in ours]
        found = [(label[t.task.subject], t) for t in conversations if t.task.subject in label]
        four = [(n, t) for n, t in found if ":" not in t.address]
        return tuple(four or found)

    @derived
    def life(self) -> tuple[float, ...]:
        """Moments at which a neutral host or a service was heard, sorted.

        A line that carries a transfer of a service's is not dead, however little else it carries.
        """
        own = [t for t in self._facts.conversations if t.task.role is Role.TARGET]
        return tuple(
            sorted(at for t in (*own, *(t for _, t in self._conversations)) for at in t.heard)
        )

    @derived
    def waits(self) -> tuple[Wait, ...]:
        """Every wait of `QUIET` seconds or more for a neutral host that answers at other times."""
        alive = {t.task.subject for _, t in self._conversations if t.heard}
        found = [
            Wait(start=start, end=end, network=network, transaction=conversation.transaction)
            for network, conversation in self._conversations
            if conversation.task.subject in alive
            for start, end in silences(conversation)
            # Our own crowd loses first packets: who was not let in yet was not waited for.
            if not self._facts.crowded or start >= _opened(conversation)
        ]
        return tuple(w for w in (*found, *self._pending) if w.end - w.start >= QUIET)

    @derived
    def dead(self) -> tuple[Outage, ...]:
        """The outages, in order."""
        if not self.waits:
            return ()
        begin = min([w.start for w in self.waits] + list(self.life[:1]))
        end = max([w.end for w in self.waits] + list(self.life[-1:]))
        edges = [begin, *self.life, end]
        last = len(edges) - 2
        found = []
        for n, (a, b) in enumerate(pairwise(edges)):
            mine = [w for w in self.waits if b - a >= QUIET and w.fits(a, b)]
            if len(mine) < WITNESSES or len({w.network for w in mine}) < 2:
                continue
            if not self._awake(a, b):
                continue
            found.append(
                Outage(
                    start=max(a, min(w.start for w in mine)),
                    end=b,
                    before=n > 0,
                    after=n < last,
                    transactions=tuple(sorted({w.transaction for w in mine} - {0})),
                )
            )
        return tuple(found)

    @derived
    def _events(self) -> tuple[float, ...]:
        """Moments at which anything began or ended, sorted."""
        every = (o.window for m in self._facts.measurements for o in m.observations)
        return tuple(sorted(at for w in every for at in (w.start, w.end)))

    def _awake(self, start: float, end: float) -> bool:
        """Something began or ended in the middle of the time: the program itself was running.

        A device that is stopped or overloaded hears nobody, and does nothing either.
        """
        margin = (end - start) / 4
        at = bisect_left(self._events, start + margin)
        return at < len(self._events) and self._events[at] < end - margin

    @property
    def changes(self) -> int:
        """How often the line went from working to dead or back."""
        return sum(s.before + s.after for s in self.dead)

    @derived
    def outcomes(self) -> tuple[bool, ...]:
        """Whether each neutral conversation worked, in the order in which that was decided."""
        told = []
        for _, conversation in self._conversations:
            if conversation.failure is None:
                told.append((max(conversation.heard, default=0.0), True))
            elif conversation.failure.is_silence or conversation.failure is Failure.INTERRUPTED:
                told += [
                    (start, False) for start, end in silences(conversation) if end - start >= QUIET
                ]
        return tuple(ok for _, ok in sorted(told))

    @property
    def runs_too_few(self) -> bool:
        """Successes and failures stand together as chance would not put them."""
        good = sum(self.outcomes)
        bad = len(self.outcomes) - good
        every = good + bad
        if every < 6 or not LOW <= good / every <= HIGH:
            return False
        runs = 1 + sum(a != b for a, b in pairwise(self.outcomes))
        expected = 1 + 2 * good * bad / every
        spread = 2 * good * bad * (2 * good * bad - every) / (every**2 * (every - 1))
        return spread > 0 and (runs - expected) / sqrt(spread) < FEW_RUNS

    @property
    def comes_and_goes(self) -> bool:
        """Two changes at least, or one with runs that no chance explains."""
        return self.changes >= 2 or (self.changes >= 1 and self.runs_too_few)

    @property
    def evidence(self) -> tuple[int, ...]:
        """The transactions that waited in the outages."""
        return tuple(sorted({t for s in self.dead for t in s.transactions}))

    def spoilt(self, conversation: Conversation) -> bool:
        """The line was dead while this conversation waited, so that its failure proves nothing.

        A transfer is spoilt by any outage in it: it was slow for that reason.
        """
        if not self.dead:
            return False
        if conversation.transfer is not None:
            window = conversation.transfer.window
            return any(window.start < s.end and s.start < window.end for s in self.dead)
        if conversation.failure is None or not (
            conversation.failure.is_silence or conversation.failure is Failure.INTERRUPTED
        ):
            return False
        waits = silences(conversation)
        return any(_explains(s, a, b) for a, b in waits for s in self.dead)


def _explains(outage: Outage, start: float, end: float) -> bool:
    """The wait meets the outage, and did not go on for so long since that what was sent again then,
    after as much time again (RFC 6298 section 5.5), met silence as well."""
    return outage.start < end and end - outage.end <= outage.end - start + QUIET


def _opened(conversation: Conversation) -> float:
    """When its connection stood, or was given up."""
    return conversation.tcp.window.end if conversation.tcp is not None else 0.0


def under_way(conversation: Conversation) -> tuple[float, float]:
    """The seconds of the run between which something was done in it; nothing, before anything."""
    layers = conversation.layers
    return (layers[0][0], layers[-1][1]) if layers else (0.0, 0.0)


def silences(conversation: Conversation) -> list[tuple[float, float]]:
    """The times in which a conversation waited, between one sign of life and the next.

    A refusal or a reset is a sign of life of somebody: it ends a wait like an answer.
    """
    layers = conversation.layers
    if not layers:
        return []
    points = [layers[0][0], *sorted(conversation.heard), layers[-1][1]]
    return [(a, b) for a, b in pairwise(points) if b - a >= QUIET]
