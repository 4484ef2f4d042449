"""What is under way beside a task."""

import asyncio
from dataclasses import dataclass, field, replace

from msgprobe.model.observation import TcpObservation, Window
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.runner.company import ALIKE, named_often, unanswered
from msgprobe.steps.context import Recorder, StepContext
from tests.model.tasks import task_of
from tests.runner.test_engine import Scripted, execute

NOW = 10.0
STANDS = TcpObservation(
    transaction=1, window=Window(start=9, end=9.1), failure=None, address="192.0.2.1", port=443
)


@dataclass
class One:
    task: Task
    started: float | None
    recorder: Recorder = field(default_factory=Recorder)


def look(n: int, host: str = "a.example", arm: Arm = Arm.BASE, **more: object) -> Task:
    flow = Flow(address="192.0.2.1", port=443, host=host, server_name=host)
    task = task_of("scripted", flow, subject="acme", task_id=f"{arm}.{n}", nth_round=1)
    return replace(task, arm=arm, **more)  # type: ignore[arg-type]


def test_no_more_first_looks_at_once_than_boxes_let_pass_name_one_host() -> None:
    arms = (Arm.BASE, Arm.MODERN, Arm.TRANSFER_PAGE)
    begun = [One(look(n, arm=arm), NOW - 1) for n, arm in enumerate(arms)]
    assert named_often(look(9), begun, NOW)
    assert not named_often(look(9), begun[1:], NOW), "fewer"
    assert not named_often(look(9, "b.example"), begun, NOW), "another name"
    assert not named_often(look(9, arm=Arm.TOGETHER), begun, NOW), "that is meant so"
    old = [One(b.task, NOW - 3) for b in begun]
    assert not named_often(look(9), old, NOW), "nobody is waited for longer than that"
    assert not named_often(look(9), [One(b.task, None) for b in begun], NOW), "they wait as well"


def test_the_runner_holds_them_so() -> None:
    at_once: list[int] = [0]
    most: list[int] = []

    async def talk(ctx: StepContext) -> None:
        at_once[0] += 1
        most.append(at_once[0])
        await asyncio.sleep(0.05)
        at_once[0] -= 1

    execute([look(n) for n in range(8)], Scripted("scripted", talk))
    assert len(most) == 8 and max(most) == ALIKE


def test_who_waits_for_a_first_answer_is_counted_if_it_is_of_the_crowd() -> None:
    answered = One(look(1), NOW - 1)
    answered.recorder.record(STANDS)
    waiting = [
        One(look(0), NOW - 1),
        answered,
        One(look(2), NOW - 2),  # a SYN costs little by then
        One(look(3), None),
        One(look(4, attempt=2, attempt_of="x"), NOW - 1),
        One(look(5, round=2), NOW - 1),
    ]
    assert unanswered(waiting, NOW) == 1
