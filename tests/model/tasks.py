"""Tasks made by hand."""

from typing import Any

from msgprobe.model.task import Arm, Probe, Role, Task


def task_of(
    check: str,
    probe: Probe,
    *,
    subject: str = "service",
    arm: Arm = Arm.BASE,
    task_id: str = "t",
    nth_round: int = 1,
    role: Role = Role.TARGET,
    **more: Any,
) -> Task:
    """One conversation of ``check``; ``more`` are further fields of `Task`."""
    return Task(
        id=task_id,
        round=nth_round,
        role=role,
        arm=arm,
        check=check,
        subject=subject,
        probe=probe,
        **more,
    )


def control_of(
    check: str, probe: Probe, subject: str, task_id: str, arm: Arm = Arm.CONNECTION
) -> Task:
    """A conversation with somebody neutral, before any service is spoken to."""
    return task_of(
        check, probe, subject=subject, task_id=task_id, arm=arm, nth_round=0, role=Role.CONTROL
    )
