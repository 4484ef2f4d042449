"""One number says what a run means: the order of the design."""

import pytest

from msgprobe.model.verdict import Outcome, State
from msgprobe.report.exit_status import exit_status, fail_on_words
from tests.report.sample import run, service_verdict

OK = service_verdict(Outcome.OK)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.OK, 0),
        (Outcome.BLOCKED, 1),
        (Outcome.THROTTLED, 1),
        (Outcome.DEGRADED, 3),
        (Outcome.DOWN, 3),
        (Outcome.INCONCLUSIVE, 3),
        (Outcome.NOT_TESTED, 3),
    ],
)
def test_the_worst_service_decides(outcome: Outcome, status: int) -> None:
    assert exit_status(run(service_verdict(outcome), OK)) == status
    assert exit_status(run(OK, service_verdict(outcome))) == status


def test_nothing_tested_is_not_all_ok() -> None:
    assert exit_status(run()) == 3


@pytest.mark.parametrize("state", list(State))
def test_only_a_usable_connection_lets_the_services_speak(state: State) -> None:
    expected = 1 if state in (State.ONLINE, State.BAD_LINK) else 4
    assert exit_status(run(service_verdict(Outcome.BLOCKED), state=state)) == expected


def test_a_signal_wins_and_a_limit_does_not() -> None:
    blocked = service_verdict(Outcome.BLOCKED)
    assert exit_status(run(blocked, interrupted="SIGINT", state=State.SHUTDOWN)) == 130
    assert exit_status(run(blocked, interrupted="SIGTERM"), {"blocked"}) == 143
    assert exit_status(run(blocked, interrupted="max_time")) == 1


def test_fail_on_names_what_exits_1_and_everything_else_exits_0() -> None:
    words = fail_on_words("down, shutdown")
    assert exit_status(run(service_verdict(Outcome.DOWN)), words) == 1
    assert exit_status(run(service_verdict(Outcome.BLOCKED)), words) == 0
    assert exit_status(run(OK, state=State.SHUTDOWN), words) == 1
    assert exit_status(run(OK, state=State.NO_INTERNET), words) == 0
    assert exit_status(run(), fail_on_words("not_tested")) == 1


@pytest.mark.parametrize("text", ["", ",", "blocked,bad", "Blocked"])
def test_an_unknown_word_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="blocked"):
        fail_on_words(text)
