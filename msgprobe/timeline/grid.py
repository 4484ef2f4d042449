"""The dense grid: every tick has its word, and where nobody looked there is a hole, not a word."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import CONNECTION, SEEING, GapReason, Recorded, Span
from msgprobe.model.verdict import Outcome, State
from msgprobe.timeline.hmm import Run

MISSED = 3.0
"""Times the usual interval without a tick until nobody looked: pulses come at a random time between
two thirds and four thirds of it, and a run may take one's place."""

SHORTEST_HOLE = 20
"""Seconds below which there is no hole: looking takes time itself."""

NEAR = 8
"""Intervals before and behind that say what is usual: a line is watched now closely, now not."""

BY_CONNECTION = "connection"
"""Why nothing is known of services: the connection's own state explains whatever was seen."""

NOT_ASKED = "not_asked"
"""Others were measured then."""

PAUSES = 2
"""Other pauses that say how long those of a subject usually are, which is asked more rarely than
others: what is costly to ask, or was found blocked."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A time after one tick and before another in which nothing was measured, and why."""

    began: int
    ended: int
    reason: str


Piece = Run | Hole


class Grid:
    """The ticks of one series, and where between them nobody looked."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        self.interval, self.cuts = _cuts(recorded.times, recorded.first)
        line = recorded.spans.get(CONNECTION, ())
        self._dead = [s for s in line if not _usable(s.said.word)]
        self._dead_first = [s.first for s in self._dead]

    def pieces(self, subject: str) -> list[Piece]:
        """The runs of a subject's words in order, with the holes between them."""
        known = frozenset(State if subject == CONNECTION else Outcome)
        runs: list[Run] = []
        for span in self.recorded.spans.get(subject, ()):
            for part in self._parts(span, alive=subject != CONNECTION):
                word = part.said.word if part.said.word in known else Outcome.INCONCLUSIVE.value
                self._add(runs, self._run(part, word))
        found: list[Piece] = []
        seen = None
        usual = _usual_pauses(runs)
        for number, run in enumerate(runs):
            run = run if seen is None else replace(run, unseen=run.began - seen)
            last = self._seen(run)
            seen = run.began if seen is None and last is None else (last or seen)
            if found and isinstance(found[-1], Run):
                hole = self._hole(found[-1], run, usual.get(number, 0.0))
                if hole is not None:
                    found.append(hole)
                    run = replace(run, fresh=True)
            found.append(run)
        return found

    def _seen(self, run: Run) -> int | None:
        """When the last look in the run was that sees speed."""
        if run.count == run.pulses + run.quicks:
            return None
        low, high = run.first - self.recorded.first, run.last - self.recorded.first + 1
        index = max(self.recorded.kinds.rfind(letter, low, high) for letter in SEEING)
        return self.recorded.times[index] if index >= 0 else None

    def _add(self, runs: list[Run], run: Run) -> None:
        last = runs[-1] if runs else None
        if (
            last is None
            or (last.word, last.last) != (run.word, run.first - 1)
            or run.first in self.cuts
        ):
            runs.append(run)
            return
        runs[-1] = replace(
            last,
            last=run.last,
            ended=run.ended,
            count=last.count + run.count,
            pulses=last.pulses + run.pulses,
            quicks=last.quicks + run.quicks,
        )

    def _run(self, span: Span, word: str) -> Run:
        return Run(
            word=word,
            first=span.first,
            last=span.last,
            began=self.recorded.at(span.first),
            ended=self.recorded.at(span.last),
            count=span.count,
            pulses=span.pulses,
            quicks=span.quicks,
        )

    def _parts(self, span: Span, *, alive: bool) -> Iterator[Span]:
        """The parts of a span in the window, on a living connection, between holes."""
        recorded = self.recorded
        first = max(span.first, recorded.first)
        edges = [first]
        edges += self.cuts.between(first + 1, span.last)
        edges.append(span.last + 1)
        for begin, end in pairwise(edges):
            for low, high in self._living(begin, end - 1) if alive else [(begin, end - 1)]:
                if (low, high) == (span.first, span.last):
                    yield span
                else:
                    a, b = low - recorded.first, high - recorded.first + 1
                    quicks = recorded.kinds.count("q", a, b) + recorded.kinds.count("c", a, b)
                    pulses = recorded.kinds.count("p", a, b)
                    yield replace(span, first=low, last=high, pulses=pulses, quicks=quicks)

    def _living(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The parts of a range of ticks in which services can be judged."""
        index = max(0, bisect_right(self._dead_first, first) - 1)
        while index < len(self._dead) and self._dead[index].first <= last:
            dead = self._dead[index]
            if dead.first > first:
                yield first, dead.first - 1
            first = max(first, dead.last + 1)
            index += 1
        if first <= last:
            yield first, last

    def patience(self, runs: Sequence[Run]) -> float:
        """Seconds after the last of a subject's runs until nobody looked."""
        usual = list(_usual_pauses(runs).values())
        return max(SHORTEST_HOLE, MISSED * self.interval, MISSED * median(usual or [0.0]))

    def _hole(self, before: Run, after: Run, usual: float) -> Hole | None:
        """The hole between two runs; ``usual`` is how long other pauses of the subject are."""
        for dead in self._dead[max(0, bisect_right(self._dead_first, before.last) - 1) :]:
            if dead.first >= after.first:
                break
            if dead.last > before.last:
                return Hole(before.ended, after.began, f"{BY_CONNECTION} {dead.said.word}")
        if self.cuts.between(before.last + 1, after.first):
            return Hole(before.ended, after.began, self.reason(before.ended, after.began))
        if after.first > before.last + 1:
            least = max(SHORTEST_HOLE, MISSED * self.interval, MISSED * usual)
            long = after.began - before.ended > least
            return Hole(before.ended, after.began, NOT_ASKED) if long else None
        return None

    def reason(self, began: int, ended: int) -> str:
        """Why nobody looked between two times, as far as it was told."""
        found = [g for g in self.recorded.gaps if g.began < ended and g.ended > began]
        longest = max(found, key=lambda g: min(g.ended, ended) - max(g.began, began), default=None)
        return GapReason.UNKNOWN.value if longest is None else longest.reason.value


class Cuts:
    """Ticks before which nobody looked for a while."""

    def __init__(self, ticks: Sequence[int]) -> None:
        self._ticks = list(ticks)
        self._set = frozenset(ticks)

    def __contains__(self, tick: int) -> bool:
        return tick in self._set

    def __iter__(self) -> Iterator[int]:
        return iter(self._ticks)

    def between(self, first: int, last: int) -> list[int]:
        """Those from tick ``first`` to tick ``last``."""
        return self._ticks[bisect_left(self._ticks, first) : bisect_right(self._ticks, last)]


def _usual_pauses(runs: Sequence[Run]) -> dict[int, float]:
    """By the number of the run behind a pause in which others were asked: how long other pauses
    around it are. None where too few tell."""
    pauses = [
        (number, after.began - before.ended)
        for number, (before, after) in enumerate(pairwise(runs), start=1)
        if after.first > before.last + 1
    ]
    found = {}
    for place, (number, _) in enumerate(pauses):
        near = [*pauses[max(0, place - NEAR) : place], *pauses[place + 1 : place + 1 + NEAR]]
        if len(near) >= PAUSES:
            found[number] = median(seconds for _, seconds in near)
    return found


def _usable(word: str) -> bool:
    try:
        return State(word).usable
    except ValueError:
        return True


def _cuts(times: Sequence[int], first: int) -> tuple[int, Cuts]:
    """The usual interval in seconds, and the ticks before which there is a hole."""
    waits = [b - a for a, b in pairwise(times)]
    if not waits:
        return 0, Cuts([])
    found = []
    before = waits[0]
    for i, wait in enumerate(waits):
        if wait > SHORTEST_HOLE and (wait > 2 * before or i == 0):
            near = waits[max(0, i - NEAR) : i] + waits[i + 1 : i + 1 + NEAR]
            if near and wait > MISSED * median(near):
                found.append(first + i + 1)
        before = wait
    step = max(1, len(waits) // 10_000)
    return round(median(waits[::step])), Cuts(found)
