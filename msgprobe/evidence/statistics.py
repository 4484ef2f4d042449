"""The statistics of pairs and shares: exact, small, and free of any library: the standard one, for
the sake of fractions, takes 0.6 MB and as long to import as a round trip nearby.

Sources: A. Wald, "Sequential Tests of Statistical Hypotheses", Ann. Math. Stat. 16 (1945); R. A.
Fisher's exact test as in any textbook. The constants are those of the method (see `sprt`).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from enum import StrEnum
from math import comb, fsum, log, sqrt
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


class Decision(StrEnum):
    """What a sequential test says so far."""

    SLOW = "slow"
    NORMAL = "normal"
    OPEN = "open"


MOST_PAIRS = 10
"""Pairs after which an undecided test stays undecided."""


def median(values: Iterable[float]) -> float:
    """The one in the middle, or what lies half-way between the two there. Raises IndexError where
    there are none, as do the other two."""
    ranked = sorted(values)
    return (_lower_middle(ranked) + _upper_middle(ranked)) / 2


def median_low(values: Iterable[float]) -> float:
    """The one in the middle, or the lower of the two there."""
    return _lower_middle(sorted(values))


def median_high(values: Iterable[float]) -> float:
    """The one in the middle, or the higher of the two there."""
    return _upper_middle(sorted(values))


def _lower_middle(ranked: Sequence[float]) -> float:
    return ranked[(len(ranked) - 1) // 2]


def _upper_middle(ranked: Sequence[float]) -> float:
    return ranked[len(ranked) // 2]


def variation(values: Sequence[float]) -> float:
    """The standard deviation of all of them as a share of their mean, which must not be 0."""
    mean = fsum(values) / len(values)
    return sqrt(fsum((v - mean) ** 2 for v in values) / len(values)) / mean


def sprt(
    slow: Iterable[bool],
    *,
    p0: float = 0.1,
    p1: float = 0.9,
    alpha: float = 1e-3,
    beta: float = 0.05,
) -> Decision:
    """Wald's test on slow and normal pairs in the order in which they were measured.

    ``p0`` is how often an innocent pair looks slow, ``p1`` how often a throttled one does;
    ``alpha`` and ``beta`` are the errors allowed. With the defaults it takes four slow pairs more
    than normal ones to say SLOW, and two normal ones more than slow to say NORMAL.
    """
    upper, lower = log((1 - beta) / alpha), log(beta / (1 - alpha))
    up, down = log(p1 / p0), log((1 - p1) / (1 - p0))
    score = 0.0
    for number, one in enumerate(slow):
        if number == MOST_PAIRS:
            break
        score += up if one else down
        if score >= upper:
            return Decision.SLOW
        if score <= lower:
            return Decision.NORMAL
    return Decision.OPEN


def fisher_greater(hits: int, trials: int, other_hits: int, other_trials: int) -> float:
    """Fisher's exact test, one-sided: the chance that ``hits`` of ``trials`` is so many by luck.

    The other pair is the control. 1.0 where one side has no trials.
    """
    every, total = trials + other_trials, hits + other_hits
    if not trials or not other_trials or not total:
        return 1.0
    ways = comb(every, total)
    most = min(trials, total)
    return min(
        1.0,
        sum(comb(trials, k) * comb(other_trials, total - k) for k in range(hits, most + 1)) / ways,
    )


def rank_sum_greater(mine: Sequence[float], others: Sequence[float]) -> float:
    """The chance that ``mine`` rank so high among all by luck, equal ones sharing their ranks: the
    rank sum test (F. Wilcoxon, "Individual Comparisons by Ranking Methods", Biometrics Bulletin 1
    (1945)), exact, for some dozens. 1.0 where one side has none."""
    ranked = sorted((*mine, *others))
    twice = {value: 2 * ranked.index(value) + 1 + ranked.count(value) for value in ranked}
    every = comb(len(ranked), len(mine))
    width = every.bit_length()
    ways = [1, *(0 for _ in mine)]
    """By how many are taken, a number whose digits, so many bits wide, say in how many ways they
    come to each sum of ranks."""
    for value in ranked:
        for size in range(len(mine), 0, -1):
            ways[size] += ways[size - 1] << width * twice[value]
    high, digit = 0, (1 << width) - 1
    rest = ways[-1] >> width * sum(twice[value] for value in mine)
    while rest:
        high, rest = high + (rest & digit), rest >> width
    return high / every


def together(one: float, other: float) -> float:
    """The chance that two independent tests come out so small together as these two did, by luck:
    Fisher's method (Statistical Methods for Research Workers, section 21.1), which has a closed
    form for two. Their bare product is small far more often than it says."""
    product = one * other
    return product * (1 - log(product)) if product > 0 else 0.0


def holm(chances: Mapping[Key, float], alpha: float) -> tuple[Key, ...]:
    """Those of several hypotheses that are rejected, the surest first, by Holm's step-down method:
    the chance that any true one is among them is at most ``alpha``.

    ``chances`` are the p-values of all that could have been looked at, 1 of those that were not.
    """
    found = []
    left = len(chances)
    for key in sorted(chances, key=lambda k: chances[k]):
        if chances[key] > alpha / left:
            break
        found.append(key)
        left -= 1
    return tuple(found)
