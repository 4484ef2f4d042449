"""Under new rules evidence is judged again: once, and equal ticks as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from msgprobe.history.layers import layer_for
from msgprobe.history.reading import recorded
from msgprobe.history.schema import FIRST
from msgprobe.history.store import History
from msgprobe.model.history import Said
from tests.history.ticks import TEXT, home, pulse, tick

NEW = 2


@dataclass
class Judge:
    """New rules: evidence that says so is blocked, all other works. Counts what it is asked."""

    asked: list[str] = field(default_factory=list)

    def __call__(self, texts: Sequence[str]) -> list[Mapping[str, Said] | None]:
        self.asked += texts
        return [
            None if t == "broken" else {TEXT: Said("blocked" if "BLOCK" in t else "ok")}
            for t in texts
        ]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.db", create=True)


def words(history: History, layer: int) -> str:
    """The first letter of each tick's word."""
    spans = recorded(history, home(history), 1, layer).spans[TEXT]
    return "".join(s.said.word[0] * s.count for s in spans)


def test_words_of_todays_rules_are_taken_as_they_are(history: History) -> None:
    judge = Judge()
    history.add(home(history), tick(1))
    assert layer_for(history, home(history), 1, 1, judge) == FIRST
    assert judge.asked == []


def test_evidence_is_judged_once_under_new_rules(history: History) -> None:
    for number in range(1, 5):
        history.add(home(history), tick(number, "ok", document="BLOCK" if number > 2 else "x"))
    judge = Judge()
    assert layer_for(history, home(history), 1, NEW, judge) == NEW
    assert words(history, NEW) == "oobb"
    assert words(history, FIRST) == "oooo"
    asked = len(judge.asked)
    layer_for(history, home(history), 1, NEW, judge)
    assert len(judge.asked) == asked
    history.add(home(history), tick(5, document="BLOCK"))
    layer_for(history, home(history), 1, NEW, judge)
    assert len(judge.asked) == asked + 1
    assert words(history, NEW) == "oobbb"


def test_of_a_long_quiet_time_only_some_evidence_is_judged(history: History) -> None:
    for number in range(1, 200):
        history.add(home(history), tick(number, document=f"x{number}"))
    judge = Judge()
    layer_for(history, home(history), 1, NEW, judge)
    assert judge.asked == ["x1", "x199"]
    assert words(history, NEW) == "o" * 199


def test_where_the_ends_differ_the_turn_is_found(history: History) -> None:
    for number in range(1, 129):
        text = f"{'BLOCK' if number > 77 else 'x'}{number}"
        history.add(home(history), tick(number, document=text))
    judge = Judge()
    layer_for(history, home(history), 1, NEW, judge)
    assert words(history, NEW) == "o" * 77 + "b" * 51
    assert len(judge.asked) < 12


def test_pulses_without_evidence_take_what_equal_words_came_to(history: History) -> None:
    for number in range(1, 4):
        history.add(home(history), pulse(number))
    history.add(home(history), tick(4, document="BLOCK"))
    for number in range(5, 8):
        history.add(home(history), pulse(number))
    history.add(home(history), tick(8, "down", document=None))
    layer_for(history, home(history), 1, NEW, Judge())
    assert words(history, NEW) == "bbbbbbbd"
    spans = recorded(history, home(history), 1, NEW).spans[TEXT]
    assert [(s.pulses, s.rules) for s in spans] == [(3, 2), (3, 2), (0, 1)]


def test_evidence_that_cannot_be_read_any_more_leaves_the_word(history: History) -> None:
    history.add(home(history), tick(1, "blocked", document="broken"))
    layer_for(history, home(history), 1, NEW, Judge())
    assert words(history, NEW) == "b"


def test_a_part_is_judged_first_and_the_rest_when_it_is_asked_for(history: History) -> None:
    for number in range(1, 7):
        history.add(home(history), replace(tick(number, document=f"BLOCK{number}")))
    judge = Judge()
    layer_for(history, home(history), 5, NEW, judge)
    assert judge.asked == ["BLOCK5", "BLOCK6"]
    layer_for(history, home(history), 1, NEW, judge)
    assert words(history, NEW) == "b" * 6


def test_layers_of_other_versions_go(history: History) -> None:
    history.add(home(history), tick(1, document="BLOCK"))
    layer_for(history, home(history), 1, NEW, Judge())
    layer_for(history, home(history), 1, NEW + 1, Judge())
    layers = {layer for (layer,) in history.rows("SELECT layer FROM span")}
    assert layers == {FIRST, NEW + 1}
    assert history.rows("SELECT DISTINCT rules FROM rejudged") == [(NEW + 1,)]
