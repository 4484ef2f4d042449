"""Lines for monitoring systems, and annotations for GitHub."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.model.target import Function
from msgprobe.model.verdict import Outcome, State
from msgprobe.report import github, nagios
from msgprobe.report.exit_status import exit_status
from msgprobe.report.summary import summary
from msgprobe.report.view import View
from tests.grouped import each
from tests.report.sample import function, run, service_verdict

OK = service_verdict(Outcome.OK)

_PERFORMANCE = re.compile(r"^'?[^ '=]+'?=[0-9.]+(s|B)?(;[0-9.]*){0,4}$")
"""Monitoring Plugins Development Guidelines, "Performance data"."""


STATUSES = {
    0: (Outcome.OK,),
    1: (Outcome.DEGRADED,),
    2: (Outcome.BLOCKED, Outcome.THROTTLED, Outcome.DOWN),
    3: (Outcome.INCONCLUSIVE, Outcome.NOT_TESTED),
}


@pytest.mark.parametrize(("status", "outcome"), each(STATUSES))
def test_a_monitor_gets_the_status_of_the_worst_service(outcome: Outcome, status: int) -> None:
    told = run(OK, service_verdict(outcome))
    assert nagios.status(told, exit_status(told)) == status


@pytest.mark.parametrize("state", [State.SHUTDOWN, State.CAPTIVE_PORTAL, State.LOCAL_FAULT])
def test_no_service_is_reported_for_this_devices_own_connection(state: State) -> None:
    told = run(service_verdict(Outcome.BLOCKED), state=state)
    code = exit_status(told)
    assert nagios.status(told, code) == nagios.Status.UNKNOWN
    first = nagios.render(told, View(exit_code=code)).splitlines()[0]
    assert first.startswith(f"MSGPROBE UNKNOWN - connection {state.value}")


def test_what_was_cut_short_or_only_named_by_fail_on() -> None:
    blocked = run(service_verdict(Outcome.BLOCKED), interrupted="SIGTERM")
    assert nagios.status(blocked, exit_status(blocked)) == nagios.Status.UNKNOWN
    one = run(service_verdict(Outcome.INCONCLUSIVE))
    assert nagios.status(one, exit_status(one, {"inconclusive"})) == nagios.Status.CRITICAL


@given(st.text())
def test_the_line_is_one_line_with_performance_data_whatever_the_network_says(text: str) -> None:
    told = run(service_verdict(Outcome.BLOCKED, text), OK)
    lines = nagios.render(told, View(exit_code=1)).splitlines()
    assert [line.count("|") for line in lines] == [1, *[0] * (len(lines) - 1)]
    assert lines[0].startswith("MSGPROBE CRITICAL - ")
    for datum in lines[0].partition(" | ")[2].split():
        assert _PERFORMANCE.fullmatch(datum), datum


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome.BLOCKED, "error"),
        (Outcome.THROTTLED, "error"),
        (Outcome.DOWN, "warning"),
        (Outcome.INCONCLUSIVE, "warning"),
    ],
)
def test_an_annotation_for_each_service_that_is_not_fine(outcome: Outcome, kind: str) -> None:
    bad = service_verdict(outcome)
    told = run(OK, bad)
    lines = github.render(told, View(exit_code=exit_status(told))).splitlines()
    told_of = [n for n in lines if n.endswith(f"::{summary(bad)}")]
    assert told_of and all(n.startswith(f"::{kind} title=") for n in told_of)
    assert any(n.startswith("::error ") for n in lines), "the step fails, and something says why"


def test_all_fine_is_told_too_and_a_line_without_internet_is_an_error() -> None:
    assert github.render(run(OK), View()).startswith("::notice title=msgprobe::")
    shut = run(OK, state=State.SHUTDOWN)
    assert "::error title=connection%3A shutdown::" in github.render(shut, View(exit_code=4))


def test_fail_on_alone_makes_errors() -> None:
    told = run(service_verdict(Outcome.BLOCKED))
    assert "::error" not in github.render(told, View(fail_on=frozenset({"down"})))
    part = function(Function.MEDIA, Outcome.DOWN)
    told = run(service_verdict(Outcome.DEGRADED, functions=(part,)))
    assert "::error" in github.render(told, View(exit_code=1, fail_on=frozenset({"down"})))


@given(st.text())
def test_nothing_that_the_network_says_is_a_command_or_leaves_its_cell(text: str) -> None:
    told = run(service_verdict(Outcome.BLOCKED, text))
    lines = github.render(told, View(exit_code=1)).split("\n")
    assert all(re.match(r"::(error|warning|notice) title=[^:,]*::", n) for n in lines if n)
    row = next(n for n in github.page(told, View(exit_code=1)).split("\n") if "| blocked |" in n)
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert "<" not in row
