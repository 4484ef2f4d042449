"""What a check is. A plug-in is one class like this and one entry point."""

from typing import Protocol

from msgprobe.model.task import Flow, Lookup, Task
from msgprobe.steps.context import StepContext


class Check(Protocol):
    """One conversation with one service, as steps. It records; it judges nothing.

    What the network does never raises: it is in the observations. An exception from ``run`` is a
    bug of the check, and says nothing about the network. One instance serves many tasks at once.
    """

    @property
    def name(self) -> str:
        """What tasks and target files call it: lower case, unique."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the observations would."""
        ...

    @property
    def title(self) -> str:
        """One line for people."""
        ...

    def max_bytes(self, task: Task) -> int:
        """Upper bound of what ``task`` costs on the wire, both ways, IP headers included."""
        ...

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Hold the conversation and record every step of it."""
        ...


def flow_of(task: Task) -> Flow:
    """The task's flow. Raises ValueError when the task is of another kind."""
    if not isinstance(task.probe, Flow):
        raise ValueError(f"task {task.id}: check {task.check!r} needs a flow")
    return task.probe


def lookup_of(task: Task) -> Lookup:
    """The task's lookup. Raises ValueError when the task is of another kind."""
    if not isinstance(task.probe, Lookup):
        raise ValueError(f"task {task.id}: check {task.check!r} needs a lookup")
    return task.probe
