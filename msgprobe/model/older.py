"""Files of older versions: what tasks said in their ids, and what checks did not say at all."""

from dataclasses import replace

from msgprobe.model.measurement import Measurement
from msgprobe.model.task import Arm, Task
from msgprobe.model.traits import Traits, Transport

_PROXIED = Traits(names_host=False, proxyable=True)
_TLS = Traits(opens_tls=True, proxyable=True)
TRAITS: tuple[tuple[str, Traits], ...] = (
    ("connect", Traits(names_host=False)),
    ("stun", Traits(names_host=False, transport=Transport.UDP)),
    ("mtproto", replace(_PROXIED, forms=("obfuscated", "plain", "http"))),
    *((name, _PROXIED) for name in ("dialogue", "noise", "threema", "mmtls", "smp", "tor")),
    *((name, _TLS) for name in ("tls", "https", "http2", "mqtt", "signal")),
)
"""What was true of the checks of files that do not say it."""


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
