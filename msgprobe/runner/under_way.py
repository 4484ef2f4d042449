"""One task from when it is wanted until it is over."""

import asyncio
from dataclasses import field

from msgprobe.model.dataclass import dataclass
from msgprobe.model.observation import TcpObservation
from msgprobe.model.task import Task
from msgprobe.runner.standstill import Stops
from msgprobe.steps.context import Patience, Recorder


@dataclass(slots=True)
class UnderWay:
    """``started`` in seconds of the run, None while it waits for its turn; ``stops`` are what this
    device stood still since then. Of its bytes, ``reserved`` are set aside when it begins, and
    ``counted`` those of the last count. ``lacked``: this device had not what it takes."""

    task: Task
    handle: asyncio.Task[None]
    recorder: Recorder
    started: float | None = None
    stops: Stops = field(default_factory=Stops)
    patience: Patience = field(default_factory=Patience)
    lacked: bool = False
    reserved: int = 0
    counted: int = 0

    @property
    def knocked(self) -> float:
        """Seconds after which its connection stood where the first packet had to be sent again;
        else 0."""
        for seen in self.recorder.observations:
            if isinstance(seen, TcpObservation) and seen.failure is None:
                again = seen.info is not None and seen.info.total_retrans > 0
                return seen.window.seconds if again else 0.0
        return 0.0
