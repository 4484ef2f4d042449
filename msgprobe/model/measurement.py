"""All the observations of one task, and how the task itself went."""

from enum import StrEnum

from msgprobe.model.dataclass import dataclass
from msgprobe.model.observation import Observation, Window
from msgprobe.model.task import Task


class Status(StrEnum):
    """How the *task* went. Never read as a state of the network."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    """Cut by Ctrl-C or the run's deadline; what was seen is kept."""
    SKIPPED = "skipped"
    """Never started: budget of time or bytes, or Ctrl-C."""
    BUG = "bug"
    """The check itself broke: says nothing about the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one task saw. Byte counts are estimates on the wire, IP headers included. ``late``: the
    seconds of its window in which this device looked at nothing, for it stood still or was busy;
    of them the window's length tells of the device, not of the network."""

    task: Task
    status: Status
    window: Window
    observations: tuple[Observation, ...] = ()
    bytes_sent: int = 0
    bytes_received: int = 0
    detail: str | None = None
    late: float = 0.0
