"""What happens during a run, told to whoever shows progress."""

from msgprobe.model.dataclass import dataclass
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Run
from msgprobe.model.task import Task
from msgprobe.model.verdict import FunctionVerdict, ServiceVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A task has begun."""

    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A task has ended. Byte counts are the run's so far."""

    measurement: Measurement
    done: int
    planned: int
    bytes_so_far: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Time has passed: bytes on the wire so far, also of tasks that still run, and the seconds
    within which the run ends whatever happens (None: nobody knows)."""

    bytes_so_far: int
    at_most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A new part of the run, in plain words: the ``step``-th of so many ``steps``, not all of which
    are always needed (0: they are not counted)."""

    title: str
    step: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A service's verdict will not change any more.

    ``run`` is as it stood then: which run it is, and what was known of the connection.
    """

    run: Run
    verdict: ServiceVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A function's word will not change any more, while its service is still being measured."""

    service: str
    function: FunctionVerdict


Event = Started | Finished | Counted | Phase | Settled | Decided
