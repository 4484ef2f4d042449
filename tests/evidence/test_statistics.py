"""The statistics against scipy's, and the sequential test against its own error rates."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from msgprobe.evidence.statistics import (
    Decision,
    fisher_greater,
    rank_sum_greater,
    sprt,
    together,
)
from tests.grouped import each
from tests.lab.exam_text import wilson

trials = st.integers(1, 60)


@given(trials, trials, st.data())
def test_fisher_is_that_of_scipy(n: int, m: int, data: st.DataObject) -> None:
    a, c = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    expected = stats.fisher_exact([[a, n - a], [c, m - c]], alternative="greater").pvalue
    assert fisher_greater(a, n, c, m) == pytest.approx(expected, rel=1e-9, abs=1e-12)


chances = st.floats(1e-12, 1.0)


@given(chances, chances)
def test_two_chances_together_are_those_of_scipy(one: float, other: float) -> None:
    expected = stats.combine_pvalues([one, other], method="fisher").pvalue
    assert together(one, other) == pytest.approx(expected, rel=1e-6)
    assert together(0.0, other) == 0.0


some = st.lists(st.integers(0, 6).map(lambda n: n / 7), min_size=2, max_size=5)


@given(some, some)
def test_ranks_are_summed_as_in_all_permutations_of_scipy(
    mine: list[float], others: list[float]
) -> None:
    ranks = stats.rankdata([*mine, *others])

    def total(one: Any, _: Any, axis: int) -> Any:
        return one.sum(axis=axis)

    halves = (ranks[: len(mine)], ranks[len(mine) :])
    how: dict[str, Any] = {"permutation_type": "independent", "alternative": "greater"}
    expected = stats.permutation_test(halves, total, n_resamples=1000, **how)
    assert rank_sum_greater(mine, others) == pytest.approx(expected.pvalue)


@given(trials, st.data())
def test_wilson_is_that_of_scipy(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    z = float(stats.norm.ppf(0.975))
    expected = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson(hits, n, z) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_to_compare_proves_nothing() -> None:
    assert fisher_greater(0, 0, 3, 9) == 1.0
    assert fisher_greater(3, 9, 0, 0) == 1.0
    assert rank_sum_greater([], [1.0]) == rank_sum_greater([1.0], []) == 1.0
    assert wilson(0, 0) == (0.0, 1.0)


DECISIONS = {
    Decision.OPEN: ("", "SSS", "SNN", "NSNSNSNSNSSSSS"),  # ten pairs are all that count
    Decision.SLOW: ("SSSS", "SNSSSS"),
    Decision.NORMAL: ("NN", "SNNN", "NNSSSSSSSS"),  # decided is decided
}


@pytest.mark.parametrize(("decision", "pairs"), each(DECISIONS))
def test_the_sequential_test_stops_where_wald_says(decision: Decision, pairs: str) -> None:
    assert sprt(p == "S" for p in pairs) is decision


def _share(p: float, decision: Decision, runs: int = 20_000) -> float:
    draw = random.Random(7)
    hits = sum(sprt([draw.random() < p for _ in range(10)]) is decision for _ in range(runs))
    return hits / runs


def test_its_errors_are_those_promised() -> None:
    """Wald's bounds: at most alpha / (1 - beta) false alarms, beta / (1 - alpha) misses."""
    assert _share(0.1, Decision.SLOW) <= 1e-3 / 0.95
    assert _share(0.9, Decision.NORMAL) <= 0.05 / 0.999
