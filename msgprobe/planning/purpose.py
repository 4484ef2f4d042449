"""What a kind of task is for, stated once beside its planner: all but whom it asks."""

from dataclasses import replace
from typing import Any

from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Arm, Flow, Lookup, Probe, Resolver, Role, Task
from msgprobe.planning.timetable import PATIENCE


@dataclass(frozen=True, slots=True)
class Purpose:
    """What the tasks of one kind have in common; the fields are those of `Task`. ``check`` may be
    empty where it is each endpoint's own."""

    arm: Arm
    check: str
    reason: str
    round: int = 2
    changes: str = ""
    role: Role = Role.CONTROL

    def task(self, task_id: str, subject: str, probe: Probe, timeout: float, **more: Any) -> Task:
        """One of them: ``probe`` held with, or about, ``subject``; ``more`` are fields of this task
        alone, also in the place of those in common."""
        fields = {
            "round": self.round,
            "role": self.role,
            "arm": self.arm,
            "check": self.check,
            "changes": self.changes,
            "reason": self.reason,
            **more,
        }
        return Task(id=task_id, subject=subject, probe=probe, timeout=timeout, **fields)

    def lookup(
        self,
        task_id: str,
        name: str,
        resolver: Resolver,
        families: tuple[int, ...] = (4,),
        *,
        subject: str | None = None,
        timeout: float = PATIENCE,
        linger: float = 0.0,
    ) -> Task:
        """One of them: ``resolver``, which is its subject unless another is given, is asked for the
        addresses of ``name``."""
        probe = Lookup(name=name, resolver=resolver, families=families, linger=linger)
        return self.task(task_id, subject or resolver.name, probe, timeout)

    def of_endpoint(
        self, task_id: str, service: Service, endpoint: Endpoint, flow: Flow, timeout: float
    ) -> Task:
        """One of them: the conversation of an endpoint of a service."""
        own = {"endpoint": endpoint.name, "check": endpoint.check}
        return self.task(task_id, service.name, flow, timeout, **own)


def question(arm: Arm, reason: str, round: int = 0, **more: Any) -> Purpose:
    """The purpose of lookups, of a neutral name unless ``more`` says otherwise."""
    return Purpose(arm, "resolve", reason, round, **more)


def named(flow: Flow, host: str) -> Flow:
    """The same flow about another name."""
    return replace(flow, host=host, server_name=host)
