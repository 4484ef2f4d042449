"""Files of older versions: what they said in the ids of tasks is read where the file is read."""

from dataclasses import replace

import pytest

from msgprobe.model.older import task_as_today
from msgprobe.model.task import Arm, Flow, Task
from tests.model.tasks import task_of

PLAIN = task_of(
    "tls", Flow(address="192.0.2.1", port=443), subject="acme", task_id="b.acme.chat.192.0.2.1"
)


@pytest.mark.parametrize(
    ("task", "attempt_of", "pair"),
    [
        (PLAIN, None, None),
        (replace(PLAIN, id=f"{PLAIN.id}#3", attempt=3), PLAIN.id, None),
        (replace(PLAIN, id="b.acme.odd#name"), None, None),
        (
            replace(PLAIN, id="t.first.acme.logo.1", arm=Arm.TRANSFER, check="transfer"),
            "t.first.acme.logo.0",
            None,
        ),
        (replace(PLAIN, id="t.first.acme.logo.0", arm=Arm.TRANSFER), None, None),
        (replace(PLAIN, id="d12.acme.a.b.neutral", arm=Arm.SAME_TUPLE), None, "d12.acme.a.b"),
    ],
)
def test_old_ids_become_fields(task: Task, attempt_of: str | None, pair: str | None) -> None:
    assert task_as_today(task) == replace(task, attempt_of=attempt_of, pair=pair)


def test_what_repeats_say_today_is_what_was_read_out_of_their_ids() -> None:
    again = PLAIN.again(2)
    assert task_as_today(replace(again, attempt_of=None)) == again
    assert again.first == PLAIN.first == PLAIN.id
    assert again.id == PLAIN.attempts()[1]
