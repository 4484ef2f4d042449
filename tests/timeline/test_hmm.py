"""The decoder against every path counted out, and what it must and must not fall for."""

from itertools import pairwise, product
from math import exp, inf, log
from random import Random

import pytest

from msgprobe.timeline.confusion_table import OUTCOMES
from msgprobe.timeline.hmm import (
    APART,
    FORETOLD,
    LINE,
    PULSES,
    SERVICE,
    SERVICE_ERRORS,
    TRUE_WORDS,
    Decoder,
    Model,
    Run,
    told_again,
)

SMALL = Model(words=("ok", "blocked", "down"), counts=OUTCOMES, lasts=1e5, trouble_lasts=1e4)


def run(word: str, began: int, count: int = 1, *, kind: str = "run", interval: int = 600) -> Run:
    return Run(
        word=word,
        first=began // interval,
        last=began // interval + count - 1,
        began=began,
        ended=began + (count - 1) * interval,
        count=count,
        pulses=count if kind == "pulse" else 0,
        quicks=count if kind == "quick" else 0,
    )


def random_runs(random: Random, words: tuple[str, ...], length: int) -> list[Run]:
    found, at = [], 0
    for _ in range(length):
        one = run(
            random.choice(words),
            at,
            random.randint(1, 3),
            kind=random.choice(("run", "pulse", "quick")),
        )
        found.append(one)
        at = one.ended + random.choice((60, 600, 86400))
    return found


@pytest.mark.parametrize("seed", range(30))
def test_the_path_and_the_probabilities_are_those_of_all_paths_counted_out(seed: int) -> None:
    decoder = Decoder(SMALL)
    runs = random_runs(Random(seed), SMALL.words, 6)
    befores = ["", *(r.word for r in runs[:-1])]
    costs = []
    for one, before in zip(runs, befores, strict=True):
        wait = one.ended - one.began
        costs.append(
            [
                c - wait / (SMALL.trouble_lasts if i else SMALL.lasts)
                for i, c in enumerate(decoder.likelihood(one, before))
            ]
        )
    moves = [decoder.move(b.began - a.ended) for a, b in pairwise(runs)]

    def one_move(number: int, a: int, b: int) -> float:
        move = moves[number]
        if a == b:
            return move.trouble if a else move.well
        if not a:
            return move.fails[b]
        return move.recovers[a] if not b else move.changes

    best: tuple[int, ...] = ()
    best_score = -inf
    total = 0.0
    shares = [[0.0] * 3 for _ in runs]
    for path in product(range(3), repeat=len(runs)):
        score = log(0.9 if path[0] == 0 else 0.05) + sum(
            cost[i] for cost, i in zip(costs, path, strict=True)
        )
        score += sum(log(one_move(k, a, b)) for k, (a, b) in enumerate(pairwise(path)))
        if score > best_score:
            best, best_score = path, score
        total += exp(score)
        for place, i in zip(shares, path, strict=True):
            place[i] += exp(score)
    found, posteriors = decoder.decode(runs)
    assert tuple(found) == best
    for mine, counted in zip(posteriors, shares, strict=True):
        assert mine == pytest.approx([c / total for c in counted], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("model", [SERVICE, LINE])
def test_whatever_happens_in_a_time_something_happens(model: Model) -> None:
    for wait in (1.0, 90.0, 3600.0, 86400.0, 1e9):
        move = Decoder(model).move(wait, unseen=2 * wait)
        assert move.well + sum(move.fails[1:]) == pytest.approx(1)
        plain = Decoder(model).move(wait)
        others = len(model.words) - 2
        assert plain.trouble + plain.recovers[1] + others * plain.changes == pytest.approx(1)


def decoded(*runs: Run) -> list[str]:
    path, _ = Decoder(SERVICE).decode(runs)
    return [TRUE_WORDS[i] for i in path]


@pytest.mark.parametrize("word", ["blocked", "down", "degraded", "throttled", "inconclusive"])
def test_one_wrong_word_between_right_ones_is_no_change(word: str) -> None:
    assert decoded(run("ok", 0, 100), run(word, 60_000), run("ok", 60_600, 100)) == ["ok"] * 3


@pytest.mark.parametrize("word", ["blocked", "down", "degraded", "throttled"])
def test_what_three_whole_runs_in_a_row_say_is_true(word: str) -> None:
    told = decoded(run("ok", 0, 100), run(word, 60_000, 3), run("ok", 61_800, 100))
    assert told == ["ok", word, "ok"]


def test_a_pulse_that_repeats_its_error_is_believed_less_than_a_look_of_its_own() -> None:
    for kind, word in (("pulse", "ok"), ("run", "blocked")):
        middle = run("blocked", 9000, 4, kind=kind, interval=90)
        after = run("ok", 9360, 100, kind="pulse", interval=90)
        assert decoded(run("ok", 0, 100, kind="pulse", interval=90), middle, after)[1] == word


def test_pulses_do_not_deny_what_only_transfers_see() -> None:
    told = []
    for hour in range(6):
        told.append(run("throttled", hour * 3600))
        told.append(run("ok", hour * 3600 + 90, 30, kind="pulse", interval=90))
    assert set(decoded(*told)) == {"throttled"}


def test_a_word_of_a_newer_version_tells_nothing_and_breaks_nothing() -> None:
    assert decoded(run("ok", 0, 5), run("novel", 3000), run("ok", 3600, 5)) == ["ok"] * 3


@pytest.mark.parametrize("kind", [PULSES, APART])
def test_how_often_errors_are_repeated_is_what_was_counted_once_enough_was(kind: str) -> None:
    def of(wrong: int, same: int) -> float:
        return told_again(SERVICE_ERRORS, kind, {(SERVICE_ERRORS, kind): (wrong, same)})

    assert told_again(SERVICE_ERRORS, kind, {}) == of(0, 0) == FORETOLD[kind]
    assert FORETOLD[kind] > of(10, 0) > of(100, 0) > 0
    assert FORETOLD[kind] < of(3, 3) < of(30, 30) < 1
    assert of(100_000, 40_000) == pytest.approx(0.4, abs=0.001)


def test_the_more_errors_are_repeated_the_more_looks_a_change_takes() -> None:
    def looks_until_told(repeats: float) -> int:
        model = Model(words=TRUE_WORDS, counts=OUTCOMES, repeats=repeats)
        for count in range(1, 60):
            runs = [run("ok", 0, 100, kind="pulse"), run("down", 60_600, count, kind="pulse")]
            _, shares = Decoder(model).decode(runs)
            if shares[-1][0] < 0.01:
                return count
        return 60

    told = [looks_until_told(repeats) for repeats in (0.02, 0.3, 0.8)]
    assert told == sorted(told)
    assert told[0] < told[-1]
    assert told[-1] < 60
