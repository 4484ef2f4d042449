"""A line by virtual clock: what is true, what a watch would look at, and what it would be told.

Pulses come every 60 to 120 s; a word that differs from the last established one is looked at again
by a quick run at once and by one that differs a minute later; a transfer is compared every hour and
a whole run made every day. What was found blocked or down is left alone but for quick runs, as
rarely as the watch's timetable says. Words are drawn from the exam's confusion counts, and a wrong
one is repeated with a probability of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from random import Random
from typing import NamedTuple

from msgprobe.history.words import joined
from msgprobe.model.history import (
    CONNECTION,
    KIND_LETTERS,
    NetworkKind,
    Recorded,
    Said,
    Series,
    Span,
    TickKind,
)
from msgprobe.timeline.confusion_table import OUTCOMES
from msgprobe.timeline.hmm import BLIND_TO, TRUE_WORDS
from msgprobe.watch.schedule import LEAST, MOST
from msgprobe.watch.surprises import SHUNNED
from msgprobe.watch.timetable import Timetable

SUBJECT = "telegram.text"
HOME = Series(id=1, public="00", kind=NetworkKind.WIFI)
PULSE = (60, 120)
"""Seconds between pulses, the least and the most."""
AT_ONCE, APART = 10, 70
"""Seconds after a surprise until it is looked at again, and once more otherwise."""
HOUR, DAY = 3600, 86400
USUAL = Timetable()
MOST_WRONG = 0.2
"""More than any true word's errors together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How a line's words go wrong. ``doubt`` are imagined counts of each wrong word, so that what
    was never seen happens too; ``again`` is the probability that a wrong word of a pulse is told
    once more, ``again_apart`` the same for looks of their own."""

    doubt: float = 0.25
    again: float = 0.3
    again_apart: float = 0.05

    def row(self, true: str) -> Mapping[str, float]:
        """The words other than ``true`` that are told, each with its probability."""
        return _row(true, self.doubt)


@cache
def _row(true: str, doubt: float) -> Mapping[str, float]:
    counted = OUTCOMES.get(true, {})
    wrong = {w: counted.get(w, 0) + doubt for w in TRUE_WORDS if w != true}
    total = sum(wrong.values()) + max(counted.get(true, 0), 20)
    return {w: n / total for w, n in wrong.items()}


class Told(NamedTuple):
    """One look and its word."""

    at: int
    kind: TickKind
    word: str


@dataclass(slots=True)
class Line:
    """Tells words over time. ``blind`` kinds take a throttled line for a good one."""

    random: Random
    errors: Errors
    last_wrong: str = ""
    established: str = "ok"
    changed: float = -inf
    """When the established word was confirmed."""

    def word(self, true: str, kind: TickKind) -> str:
        blind = 0.0 if true == "ok" or kind.sees_speed else BLIND_TO.get(true, 0.0)
        if blind and self.random.random() < blind:
            true = "ok"
        row = self.errors.row(true)
        if self.last_wrong in row:
            again = self.errors.again if kind is TickKind.PULSE else self.errors.again_apart
            if self.random.random() < again:
                return self.last_wrong
        draw = self.random.random()
        if draw > MOST_WRONG:
            self.last_wrong = ""
            return true
        for wrong, share in row.items():
            draw -= share
            if draw < 0:
                self.last_wrong = wrong
                return wrong
        self.last_wrong = ""
        return true

    @staticmethod
    def errors_fit(errors: Errors) -> bool:
        """No true word goes wrong oftener than is looked for."""
        return all(sum(errors.row(true).values()) < MOST_WRONG for true in TRUE_WORDS)

    def looks(self, truth: Sequence[tuple[int, int, str]]) -> Iterator[Told]:
        """Every look while ``truth`` (from, to, word; holes are time in which nobody looks)."""
        hour = day = truth[0][0]
        for began, ended, true in truth:
            at = began + self.random.randint(1, PULSE[1])
            while at < ended:
                shunned = self.established in SHUNNED
                kind = TickKind.QUICK if shunned else TickKind.PULSE
                if at >= day:
                    kind, day = TickKind.RUN, at + DAY
                elif at >= hour and not shunned:
                    kind, hour = TickKind.TRANSFER, at + HOUR
                word = self.word(true, kind)
                yield Told(at, kind, word)
                if word != self.established and at + APART < ended:
                    again = [
                        Told(at + AT_ONCE, TickKind.QUICK, self.word(true, TickKind.QUICK)),
                        Told(at + APART, TickKind.CONFIRM, self.word(true, TickKind.CONFIRM)),
                    ]
                    yield from again
                    at += APART
                    if all(one.word == word for one in again):
                        self.established, self.changed = word, at
                at += self._wait(at)

    def _wait(self, at: int) -> int:
        """Seconds until the next look."""
        chance = self.random.random()
        if self.established not in SHUNNED:
            return PULSE[0] + int(chance * (PULSE[1] - PULSE[0] + 1))
        soon = max(USUAL.first_again, 2 * (at - self.changed))
        return int(min(USUAL.rarely, soon) * (LEAST + (MOST - LEAST) * chance))


def recorded(looks: Sequence[Told], first: int = 1) -> Recorded:
    """What the history would hold of these looks."""
    said = {t.word: Said(t.word) for t in looks}
    told = ((n, t.kind, said[t.word], 1) for n, t in enumerate(looks, first))
    kinds = "".join(KIND_LETTERS[t.kind] for t in looks)
    quicks = kinds.count("q") + kinds.count("c")
    last = first + len(looks) - 1
    online = Span(first, last, kinds.count("p"), quicks, Said("online"), 1)
    spans: dict[str, Sequence[Span]] = {SUBJECT: list(joined(told)), CONNECTION: [online]}
    return Recorded(
        series=HOME,
        first=first,
        times=[t.at for t in looks],
        kinds=kinds,
        spans=spans,
    )
