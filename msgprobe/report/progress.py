"""What is being tried right now, on a terminal only, gone without a trace at the end."""

from typing import TYPE_CHECKING, TextIO

from msgprobe.model.event import Counted, Decided, Event, Finished, Phase, Started
from msgprobe.model.target import Direction
from msgprobe.model.task import Flow, Inspect, Lookup, Task
from msgprobe.report import wording
from msgprobe.report.escape import ascii_only, printable

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text


class Progress:
    """Shows events on ``stream`` (standard error) while used as a context manager.

    Call it with every event. It never raises for a terminal that goes away: the run matters more.
    """

    def __init__(self, stream: TextIO, *, color: bool, unicode: bool) -> None:
        self._stream = stream
        self._color = color
        self._unicode = unicode
        self._live: Live | None = None
        self._phase = "starting"
        self._running: dict[str, Task] = {}
        self._tasks = ""
        self._bytes = ""
        self._decided: list[str] = []

    def __enter__(self) -> "Progress":
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, no_color=not self._color, highlight=False)
        # a renderable that is asked again at each refresh: events only change the fields
        self._live = Live(
            get_renderable=self._render,
            console=console,
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        try:
            self._live.start()
        except OSError:
            self._live = None
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            try:
                self._live.stop()
            except OSError:
                return

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case Phase(title=title):
                self._phase = printable(title, limit=40)
            case Started(task=task):
                self._running[task.id] = task
            case Finished(measurement=measurement):
                self._running.pop(measurement.task.id, None)
                self._tasks = f"{event.done}/{event.planned}"
                self._bytes = wording.amount(event.bytes_so_far)
            case Counted(bytes_so_far=count):
                self._bytes = wording.amount(count)
            case Decided(verdict=verdict):
                word = wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial)
                self._decided.append(f"{printable(verdict.name, limit=20)}: {word}")

    def line(self) -> str:
        """The present state in one line."""
        parts = [self._phase]
        counts = ", ".join(filter(None, (self._tasks, self._bytes)))
        if counts:
            parts.append(counts)
        if self._running:
            newest = next(reversed(self._running.values()))
            parts.append(doing(newest))
        text = "; ".join(parts)
        return text if self._unicode else ascii_only(text)

    def _render(self) -> "Text":
        from rich.text import Text

        lines = [*self._decided[-6:], self.line()]
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def doing(task: Task) -> str:
    """What a task does, in a few words."""
    match task.probe:
        case Inspect():
            return "looking at this device's connection"
        case Lookup(name=name, resolver=resolver):
            return printable(f"asking {resolver.name} for {name}", limit=60)
        case Flow() as flow:
            name = flow.server_name or flow.host or flow.address
            if task.check == "transfer":
                upload = flow.option("direction") == Direction.UP
                way = "uploading to" if upload else "downloading from"
                also = f", naming {name}" if flow.host not in (None, name) else ""
                return printable(f"{way} {flow.host or flow.address}{also}", limit=60)
            return printable(f"{task.check} to {name}:{flow.port}", limit=60)
