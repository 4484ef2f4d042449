"""Which wrong runs CI may try again."""

from tests.lab.exam import Result
from tests.lab.scenario import Kind, Scenario, truth
from tests.lab.table import once_more, passed, unforgivable


def ran(kind: Kind, word: str, true: str, *, accused: bool = False) -> Result:
    """A run of one service, judged as the exam does."""
    scenario = Scenario(
        id="x", title="", kind=kind, row="", services=("signal",), truths={"signal": truth(true)}
    )
    return Result(
        scenario=scenario,
        seed=1,
        words={"signal": word},
        faults=() if word in true.split("|") else (f"signal {word}, not {true}",),
        accusations=(f"signal {word}",) if accused else (),
    )


def test_a_missed_block_may_be_tried_again_but_an_accusation_and_a_false_fine_may_not() -> None:
    missed = ran("blocking", "inconclusive", "blocked")
    fine = ran("blocking", "ok", "blocked")
    accused = ran("innocent", "blocked", "ok", accused=True)
    right = [ran("innocent", "ok", "ok")] * 30
    assert not unforgivable(missed) and unforgivable(fine) and unforgivable(accused)
    assert once_more([missed, *right]) == [missed]
    assert once_more([missed, fine, *right]) == []
    assert once_more([accused, *right]) == []


def test_many_wrong_runs_are_no_matter_of_chance() -> None:
    missed = ran("blocking", "inconclusive", "blocked")
    right = [ran("innocent", "ok", "ok")] * 18
    assert once_more([missed, *right]) == [missed]
    assert once_more([missed, missed, *right]) == []
    assert not passed([missed, *right])


def test_fine_is_no_false_word_where_nobody_can_tell() -> None:
    assert not unforgivable(ran("innocent", "ok", "inconclusive"))
    assert not unforgivable(ran("blocking", "ok", "ok|blocked"))
