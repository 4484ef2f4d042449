"""What a check is. A plug-in is one class like this and one entry point."""

from typing import Protocol, runtime_checkable

from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Flow, Lookup, Task
from msgprobe.model.traits import Traits
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


@runtime_checkable
class HasTraits(Protocol):
    """A check that says what its conversations are like. Optional: without it little is planned
    around them."""

    @property
    def traits(self) -> Traits:
        """What plans and rules must know; written into the run."""
        ...


@runtime_checkable
class Proves(Protocol):
    """A check that says what it can prove. Optional: one without it makes no promise."""

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The strongest proof that an honest server would give."""
        ...


@runtime_checkable
class Examines(Protocol):
    """A check that knows unusable options beforehand. Optional."""

    def problem(self, endpoint: Endpoint) -> str | None:
        """What is wrong with the endpoint's options and what would be right; None: nothing."""
        ...


@runtime_checkable
class WantsLibrary(Protocol):
    """A check whose proof takes the library ``cryptography``, which is then loaded before anybody
    waits for it. Optional."""

    @property
    def wants_library(self) -> bool:
        """Whether it does."""
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
