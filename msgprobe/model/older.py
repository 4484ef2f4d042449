"""Tasks in files of older versions, which said in their ids what has fields of its own now."""

from dataclasses import replace

from msgprobe.model.measurement import Measurement
from msgprobe.model.task import Arm, Task


def as_today(measurement: Measurement) -> Measurement:
    """The measurement with the fields of its task that its version did not write yet."""
    task = task_as_today(measurement.task)
    return measurement if task is measurement.task else replace(measurement, task=task)


def task_as_today(task: Task) -> Task:
    """The task with those fields."""
    stem, mark, number = task.id.rpartition("#")
    if task.attempt_of is None and mark and number.isdecimal():
        return replace(task, attempt_of=stem)
    stem, _, last = task.id.rpartition(".")
    if task.attempt_of is None and task.id.startswith("t.first.") and task.arm is Arm.TRANSFER:
        return task if last == "0" else replace(task, attempt_of=f"{stem}.0")
    if task.pair is None and task.id.startswith("d12."):
        return replace(task, pair=stem)
    return task
