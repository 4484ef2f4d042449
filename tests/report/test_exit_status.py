"""One number says what a run means: the order of the design."""

from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msgprobe.model.target import Function
from msgprobe.model.verdict import Outcome, State
from msgprobe.report import junit
from msgprobe.report.exit_status import FAIL_ON_WORDS, exit_status, fail_on_words
from msgprobe.report.view import View
from tests.grouped import each
from tests.report.sample import function, run, service_verdict

OK = service_verdict(Outcome.OK)


STATUSES = {
    0: (Outcome.OK,),
    1: (Outcome.BLOCKED, Outcome.THROTTLED),
    3: (Outcome.DEGRADED, Outcome.DOWN, Outcome.INCONCLUSIVE, Outcome.NOT_TESTED),
}


@pytest.mark.parametrize(("status", "outcome"), each(STATUSES))
def test_the_worst_service_decides(outcome: Outcome, status: int) -> None:
    assert exit_status(run(service_verdict(outcome), OK)) == status
    assert exit_status(run(OK, service_verdict(outcome))) == status


def test_nothing_tested_is_not_all_ok() -> None:
    assert exit_status(run()) == 3


@pytest.mark.parametrize("state", list(State))
def test_only_a_usable_connection_lets_the_services_speak(state: State) -> None:
    # of measurements of others, which hold no controls, nothing is known of the connection
    speaking = (State.ONLINE, State.BAD_LINK, State.UNKNOWN)
    expected = 1 if state in speaking else 4
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
    assert exit_status(run(OK), words) == 0
    assert exit_status(run(), fail_on_words("not_tested")) == 1


def test_what_could_not_be_measured_never_passes() -> None:
    """A run on a dead line has not shown that nothing is blocked."""
    words = fail_on_words("blocked,throttled")
    unknown = service_verdict(
        Outcome.INCONCLUSIVE, functions=(function(Function.TEXT, Outcome.INCONCLUSIVE),)
    )
    assert exit_status(run(unknown, unknown), words) == 3
    assert exit_status(run(), words) == 3
    assert exit_status(run(unknown, OK), words) == 0
    for state in (State.NO_INTERNET, State.SHUTDOWN, State.DNS_FAULT, State.LOCAL_FAULT):
        assert exit_status(run(unknown, state=state), words) == 4
        assert exit_status(run(OK, state=state), words) == 4


@pytest.mark.parametrize("part", [Outcome.INCONCLUSIVE, Outcome.DEGRADED, Outcome.DOWN])
def test_a_function_that_does_not_work_is_not_all_ok(part: Outcome) -> None:
    functions = (function(Function.TEXT), function(Function.CALLS, part))
    verdict = service_verdict(Outcome.OK, functions=functions)
    assert exit_status(run(verdict)) == 3
    assert exit_status(run(verdict), fail_on_words(part.value)) == 1


def test_a_function_that_nobody_can_test_keeps_nothing_from_ok() -> None:
    functions = (function(Function.TEXT), function(Function.CALLS, Outcome.NOT_TESTED))
    verdict = service_verdict(Outcome.OK, functions=functions)
    assert exit_status(run(verdict)) == 0
    assert exit_status(run(verdict), fail_on_words("not_tested")) == 0


_OUTCOMES = st.sampled_from(Outcome)
_FUNCTIONS = st.lists(st.tuples(st.sampled_from(Function), _OUTCOMES), max_size=3)
_SERVICES = st.lists(st.tuples(_OUTCOMES, _FUNCTIONS, st.booleans()), max_size=3)


@settings(max_examples=300, deadline=None)
@given(
    _SERVICES,
    st.sampled_from(State),
    st.none() | st.frozensets(st.sampled_from(FAIL_ON_WORDS), min_size=1, max_size=3),
    st.sampled_from([None, "SIGINT", "SIGTERM", "max_time"]),
)
def test_junit_has_faults_exactly_where_the_status_is_not_0(
    services: list[tuple[Outcome, list[tuple[Function, Outcome]], bool]],
    state: State,
    fail_on: frozenset[str] | None,
    interrupted: str | None,
) -> None:
    verdicts = [
        service_verdict(word, partial=partial, functions=tuple(function(*f) for f in parts))
        for word, parts, partial in services
    ]
    told = run(*verdicts, state=state, interrupted=interrupted)
    status = exit_status(told, fail_on)
    root = fromstring(junit.render(told, View(exit_code=status, fail_on=fail_on)))
    failures, errors = int(root.attrib["failures"]), int(root.attrib["errors"])
    assert (status == 0) == (failures + errors == 0)
    assert status != 1 or failures or not verdicts


@pytest.mark.parametrize("text", ["", ",", "blocked,bad", "Blocked"])
def test_an_unknown_word_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="blocked"):
        fail_on_words(text)
