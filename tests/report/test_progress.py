"""What is shown while a run is under way: nothing that may still turn out otherwise as certain."""

import io
from dataclasses import replace

import pytest

from msgprobe.agenda.phases import first_step, new_steps
from msgprobe.model.event import Counted, Decided, Finished, Phase, Settled, Started
from msgprobe.model.run import Request
from msgprobe.model.target import Direction
from msgprobe.model.task import Arm, Inspect, Role
from msgprobe.report.progress import Progress, doing
from tests.model.tasks import task_of
from tests.report import sample


def progress() -> Progress:
    return Progress(io.StringIO(), color=False, unicode=True)


def test_progress_tells_which_way_a_transfer_goes() -> None:
    whole = sample.transfers()
    assert doing(whole[0].task) == "downloading from web.telegram.example"
    assert doing(whole[1].task) == "downloading from web.telegram.example, naming example.com"
    up = sample.moved(direction=Direction.UP)
    assert doing(up.task) == "uploading to web.telegram.example"


def test_progress_shows_step_bytes_time_and_what_is_tried() -> None:
    shown, one = progress(), sample.measurements()[2]
    shown(Phase(title="finding out why", step=3, steps=4))
    shown(Started(task=one.task))
    assert "trying web.telegram.example" in shown.line()
    shown(Finished(measurement=one, done=3, planned=9, bytes_so_far=81_234))
    shown(Counted(bytes_so_far=82_345, at_most=31.6))
    assert shown.line() == "step 3 of 4: finding out why; 82.3 kB; at most 32 s more"


def test_what_is_changed_is_said_beside_the_name() -> None:
    task = replace(sample.measurements()[2].task, changes="server name: a neutral one")
    assert doing(task) == "trying web.telegram.example (server name: a neutral one)"


def test_a_service_has_a_count_until_its_word_is_certain() -> None:
    shown = progress()
    for one in sample.measurements():
        if one.task.role is Role.TARGET and one.task.arm in (Arm.BASE, Arm.REPEAT):
            shown(Finished(measurement=one, done=1, planned=9, bytes_so_far=1))
    before = shown.services()
    assert before and all("hosts answered so far" in line for line in before)
    shown(Settled(service="telegram", function=sample.function()))
    assert any(line.endswith("answered so far; text: works") for line in shown.services())
    run = sample.run(sample.blocked())
    (verdict, *_) = run.verdict.services
    shown(Decided(run=run, verdict=verdict))
    (line,) = (one for one in shown.services() if one.startswith(verdict.name))
    assert "so far" not in line
    assert not any(one.startswith(f"{verdict.service}: ") for one in shown.services())


def steps(request: Request, *rounds: int) -> list[Phase]:
    told: set[int] = set()
    found = [first_step(request)]
    for number in rounds:
        found += new_steps([task_of("local", Inspect(), nth_round=number)], told, request)
    return found


def test_the_number_of_steps_is_known_from_the_beginning_and_none_comes_twice() -> None:
    found = steps(Request(), 0, 1, 1, 2, 1, 0, 2)
    assert [(p.step, p.steps) for p in found] == [(1, 4), (2, 4), (3, 4)]
    assert {p.steps for p in steps(Request(quick=True), 0, 1, 2)} == {3}, "no speeds are compared"


@pytest.mark.parametrize(("attempt", "step"), [(1, 2), (2, 3)])
def test_what_every_run_asks_is_no_failed_test(attempt: int, step: int) -> None:
    modern = task_of("http2", Inspect(), nth_round=2, arm=Arm.MODERN, attempt=attempt)
    (found,) = new_steps([modern], set(), Request())
    assert found.step == step


def test_speeds_are_the_last_step_whether_or_not_anything_failed() -> None:
    told: set[int] = set()
    moved = sample.transfers()[0].task
    assert moved.surveys
    (last,) = new_steps([moved], told, Request())
    assert (last.step, last.title) == (4, "comparing speeds")
    failed = task_of("local", Inspect(), nth_round=2)
    assert list(new_steps([failed], told, Request())) == []
