"""Which word was true at each tick: a hidden Markov model over runs of equal words.

Hidden is the true word, seen is the one that was told. How often one is told for the other is
counted in the lab (`confusion_table`), and so is how often a wrong word is repeated: after one the
same comes again with that probability, whatever is true (an autoregressive HMM: J. Hamilton,
Econometrica 57, 1989). What works does so for about ``LASTS``, what does not for
about ``TROUBLE_LASTS``, and mostly works again then. Within a run of equal words a change is never
likelier than at one of its ends, so that whole runs are decoded (L. Rabiner, Proc. IEEE 77, 1989,
for the algorithms).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import exp, expm1, log

from msgprobe.model.dataclass import dataclass
from msgprobe.model.verdict import Outcome, State
from msgprobe.timeline.confusion_table import OUTCOMES, REPEATED, STATES, Counts

LASTS = 30 * 86400.0
"""Seconds for which what works does so on average: a line has about an event a month."""

LINE_LASTS = 5 * 86400.0
"""The same for a connection: lines fail oftener than services do."""

TROUBLE_LASTS = 12 * 3600.0
"""The same for every other word: from flaps of minutes to blocks of years."""

WELL_AT_FIRST = 0.9
"""Probability that all is well before anybody looked."""

RECOVERS = 0.8
"""Share of troubles that end with all being well, not with another trouble."""

WELL_AGAIN, STILL_SO = 0.5, 0.1
"""Probability that it works, or that the same trouble holds, after a time without any look, however
long it was."""

PULSES, APART = "pulse", "apart"
"""Looks that are alike and follow each other, and looks of their own: whole and quick runs, with
fresh ports and repeats inside."""

SERVICE_ERRORS, LINE_ERRORS = "service", "line"

FORETOLD = {PULSES: 0.3, APART: 0.02}
"""Probability that a wrong word is told again by the next look, before the exam has counted it.
Simulated: with 0.2 for pulses and no allowance for it, a quiet year has 44 false events."""

BELIEVED = {PULSES: 20.0, APART: 50.0}
"""Counted wrong words that weigh as much as that."""


def told_again(whose: str, kind: str, counted: Mapping[tuple[str, str], tuple[int, int]]) -> float:
    """Probability that a wrong word is told again: what was foretold and what was counted, each by
    its weight."""
    wrong, same = counted.get((whose, kind), (0, 0))
    return (BELIEVED[kind] * FORETOLD[kind] + same) / (BELIEVED[kind] + wrong)


SURE = 20.0
"""Imagined counts of a true word told as itself, ..."""

DOUBT = 0.25
"""... and of each true word told as another."""

TRUE_WORDS = (
    Outcome.OK.value,
    Outcome.DEGRADED.value,
    Outcome.THROTTLED.value,
    Outcome.BLOCKED.value,
    Outcome.DOWN.value,
    Outcome.INCONCLUSIVE.value,
)
STATE_WORDS = tuple(state.value for state in State)

BLIND_TO: Mapping[str, float] = {Outcome.THROTTLED.value: 0.95, Outcome.DEGRADED.value: 0.5}
"""How often a look without transfers, or at one member of several, takes these for ``ok``."""

PLAUSIBLE = 0.1
"""Probability from which on a word is none of a true word's errors, which repeat themselves."""


@dataclass(frozen=True, slots=True)
class Run:
    """Equal words told over ``count`` successive ticks, from the time ``began`` to ``ended``.

    ``pulses`` of them were pulses, ``quicks`` other looks that see no speed; ``first`` and ``last``
    are the ticks. ``fresh``: nobody looked just before, so that nothing is repeated.
    ``unseen``: seconds before ``began`` in which no look saw speed.
    """

    word: str
    first: int
    last: int
    began: int
    ended: int
    count: int
    pulses: int = 0
    quicks: int = 0
    fresh: bool = False
    unseen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The words that may be true (the first one: all is well), how they are told, and how long they
    last."""

    words: tuple[str, ...]
    counts: Counts
    lasts: float = LASTS
    trouble_lasts: float = TROUBLE_LASTS
    repeats: float = told_again(SERVICE_ERRORS, PULSES, REPEATED)
    repeats_apart: float = told_again(SERVICE_ERRORS, APART, REPEATED)

    def table(self, *, seeing: bool) -> Mapping[str, tuple[float, ...]]:
        """By the word that was told: its probability for each that may be true."""
        return _table(self.words, _frozen(self.counts), seeing)


SERVICE = Model(words=TRUE_WORDS, counts=OUTCOMES)
LINE = Model(
    words=STATE_WORDS,
    counts=STATES,
    lasts=LINE_LASTS,
    repeats=told_again(LINE_ERRORS, PULSES, REPEATED),
    repeats_apart=told_again(LINE_ERRORS, APART, REPEATED),
)

_Frozen = tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


def _frozen(counts: Counts) -> _Frozen:
    return tuple((true, tuple(row.items())) for true, row in counts.items())


@cache
def _table(words: tuple[str, ...], counts: _Frozen, seeing: bool) -> dict[str, tuple[float, ...]]:
    rows = {true: _row(words, true, dict(dict(counts).get(true, ()))) for true in words}
    if not seeing:
        for true, share in BLIND_TO.items():
            if true in rows:
                ok = rows[Outcome.OK.value]
                own = rows[true]
                rows[true] = {w: share * ok[w] + (1 - share) * own[w] for w in words}
    return {told: tuple(rows[true][told] for true in words) for told in words}


def _row(words: tuple[str, ...], true: str, counted: Mapping[str, int]) -> dict[str, float]:
    given = {w: counted.get(w, 0) + (SURE if w == true else DOUBT) for w in words}
    total = sum(given.values())
    return {w: n / total for w, n in given.items()}


class Decoder:
    """Decodes runs under one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.size = len(model.words)
        slow = Outcome.THROTTLED.value
        self._slow = model.words.index(slow) if slow in model.words else None
        self._blind, self._seeing = model.table(seeing=False), model.table(seeing=True)
        self._costs: dict[tuple[str, int, int, int, str], tuple[float, ...]] = {}

    def likelihood(self, run: Run, before: str) -> tuple[float, ...]:
        """The logarithm of how likely the run is for each true word, told after ``before``."""
        key = (run.word, run.pulses, run.quicks, run.count, before)
        if key not in self._costs:
            if len(self._costs) > 100_000:
                self._costs.clear()
            self._costs[key] = self._likelihood(run, before)
        return self._costs[key]

    def _likelihood(self, run: Run, before: str) -> tuple[float, ...]:
        if run.word not in self._blind:
            return (0.0,) * self.size
        whole = run.count - run.pulses - run.quicks
        kinds = (
            (run.pulses, self._blind[run.word], self.model.repeats),
            (run.quicks, self._blind[run.word], self.model.repeats_apart),
            (whole, self._seeing[run.word], self.model.repeats_apart),
        )
        total = [0.0] * self.size
        new = run.word != before
        for count, shares, repeats in kinds:
            if not count:
                continue
            for i, share in enumerate(shares):
                again = share if share > PLAUSIBLE else repeats + (1 - repeats) * share
                first = 1 if new else 0
                total[i] += first * log(share) + (count - first) * log(again)
            new = False
        return tuple(total)

    def decode(self, runs: Sequence[Run]) -> tuple[list[int], list[tuple[float, ...]]]:
        """The likeliest true words of the runs (as numbers), and each one's probabilities."""
        if not runs:
            return [], []
        befores = ["", *(run.word for run in runs[:-1])]
        costs = [
            self._held(run, self.likelihood(run, "" if run.fresh else before))
            for run, before in zip(runs, befores, strict=True)
        ]
        costs[0] = [c + log(p) for c, p in zip(costs[0], self._at_first(), strict=True)]
        moves = [
            self.move(max(1.0, float(run.began - last.ended)), float(run.unseen))
            for last, run in pairwise(runs)
        ]
        return self._path(costs, moves), self._posteriors(costs, moves)

    def _at_first(self) -> list[float]:
        others = (1 - WELL_AT_FIRST) / (self.size - 1)
        return [WELL_AT_FIRST, *[others] * (self.size - 1)]

    def _held(self, run: Run, cost: Sequence[float]) -> list[float]:
        """With the cost of a word's lasting as long as the run."""
        wait = run.ended - run.began
        well, trouble = wait / self.model.lasts, wait / self.model.trouble_lasts
        return [c - (trouble if i else well) for i, c in enumerate(cost)]

    def move(self, wait: float, unseen: float = 0.0) -> "Move":
        """What may become of a word in ``wait`` seconds. Throttling may have come or gone in all
        of the time ``unseen`` by looks that see it."""
        model, others = self.model, self.size - 1
        leaves_well = _leaves(wait, model.lasts, WELL_AGAIN)
        leaves = _leaves(wait, model.trouble_lasts, STILL_SO)
        fails = [leaves_well / others] * self.size
        recovers = [leaves * RECOVERS] * self.size
        if unseen > wait and (slow := self._slow) is not None:
            fails[slow] = _leaves(unseen, model.lasts, WELL_AGAIN) / others
            recovers[slow] = _leaves(unseen, model.trouble_lasts, STILL_SO) * RECOVERS
        return Move(
            well=1 - sum(fails[1:]),
            fails=fails,
            trouble=1 - leaves,
            recovers=recovers,
            changes=leaves * (1 - RECOVERS) / (others - 1),
        )

    def _path(self, costs: Sequence[Sequence[float]], moves: Sequence["Move"]) -> list[int]:
        score = list(costs[0])
        came: list[list[int]] = []
        troubles = range(1, self.size)
        for cost, move in zip(costs[1:], moves, strict=True):
            trouble, changes = log(move.trouble), log(move.changes)
            fails = [score[0] + log(f) for f in move.fails]
            comes = [s + log(r) for s, r in zip(score, move.recovers, strict=True)]
            back = max(troubles, key=comes.__getitem__)
            best = max(troubles, key=score.__getitem__)
            second = max((i for i in troubles if i != best), key=score.__getitem__)
            stays = score[0] + log(move.well)
            origin = [0 if stays >= comes[back] else back]
            new = [max(stays, comes[back]) + cost[0]]
            for i in troubles:
                other = second if i == best else best
                kept, moved = score[i] + trouble, score[other] + changes
                top = max(kept, moved, fails[i])
                origin.append(i if kept == top else 0 if fails[i] == top else other)
                new.append(top + cost[i])
            came.append(origin)
            score = new
        path = [max(range(self.size), key=score.__getitem__)]
        for origin in reversed(came):
            path.append(origin[path[-1]])
        path.reverse()
        return path

    def _posteriors(
        self, costs: Sequence[Sequence[float]], moves: Sequence["Move"]
    ) -> list[tuple[float, ...]]:
        shares = [_scaled(cost) for cost in costs]
        forward = [_normal(shares[0])]
        for share, move in zip(shares[1:], moves, strict=True):
            moved = move.forward(forward[-1])
            forward.append(_normal([m * s for m, s in zip(moved, share, strict=True)]))
        backward: list[float] = [1.0] * self.size
        found = [tuple(forward[-1])]
        for k in range(len(costs) - 1, 0, -1):
            seen = [b * s for b, s in zip(backward, shares[k], strict=True)]
            backward = _normal(moves[k - 1].backward(seen))
            both = [f * b for f, b in zip(forward[k - 1], backward, strict=True)]
            found.append(tuple(_normal(both)))
        found.reverse()
        return found


@dataclass(frozen=True, slots=True)
class Move:
    """Probabilities of what becomes of a true word between two looks: what is well stays so or
    fails in one of the other ways; a trouble stays, recovers, or becomes a certain other one.

    ``fails`` and ``recovers`` are by the trouble's number.
    """

    well: float
    fails: Sequence[float]
    trouble: float
    recovers: Sequence[float]
    changes: float

    def forward(self, weights: Sequence[float]) -> list[float]:
        """The weights after the move."""
        return self._moved(weights, self.fails, self.recovers)

    def backward(self, weights: Sequence[float]) -> list[float]:
        """For each word before the move, what is expected of the weights behind it."""
        return self._moved(weights, self.recovers, self.fails)

    def _moved(
        self, weights: Sequence[float], spread: Sequence[float], joined: Sequence[float]
    ) -> list[float]:
        """What is well spreads over the troubles by ``spread``, and they join it by ``joined``."""
        well = weights[0]
        base = self.changes * sum(weights[1:])
        rest = self.trouble - self.changes
        found = [base + rest * w + s * well for w, s in zip(weights, spread, strict=True)]
        found[0] = self.well * well + sum(
            j * w for j, w in zip(joined[1:], weights[1:], strict=True)
        )
        return found


def _leaves(wait: float, lasts: float, rest: float) -> float:
    """Probability of having left a word that lasts so long, of which ``rest`` stays for ever."""
    return -(1 - rest) * expm1(-wait / lasts / (1 - rest))


def _scaled(cost: Sequence[float]) -> list[float]:
    top = max(cost)
    return [exp(c - top) for c in cost]


def _normal(weights: Sequence[float]) -> list[float]:
    total = sum(weights)
    return [w / total for w in weights] if total > 0 else [1 / len(weights)] * len(weights)
