"""What is being tried right now, on a terminal only, gone without a trace at the end."""

from typing import TYPE_CHECKING, TextIO

from msgprobe.evidence.conversation import fold
from msgprobe.evidence.facts import OWN_ARMS
from msgprobe.model.event import Counted, Decided, Event, Finished, Phase, Started
from msgprobe.model.measurement import Measurement
from msgprobe.model.target import Direction
from msgprobe.model.task import Flow, Inspect, Lookup, ResolverKind, Role, Task
from msgprobe.report import console, wording
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
        self._bytes = ""
        self._at_most = ""
        self._decided: dict[str, str] = {}
        self._tried: dict[str, dict[str, bool]] = {}
        """Hosts of each service that have been tried, and whether they answered."""

    def __enter__(self) -> "Progress":
        from rich.live import Live

        # a renderable that is asked again at each refresh: events only change the fields
        self._live = Live(
            get_renderable=self._render,
            console=console.live(self._stream, color=self._color),
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
                at = f"step {event.step} of {event.steps}: " if event.steps else ""
                self._phase = at + printable(title, limit=40)
            case Started(task=task):
                self._running[task.id] = task
            case Finished(measurement=measurement):
                self._running.pop(measurement.task.id, None)
                self._bytes = wording.amount(event.bytes_so_far)
                self._try(measurement)
            case Counted(bytes_so_far=count, at_most=left):
                self._bytes = wording.amount(count)
                self._at_most = "" if left is None else f"at most {left:.0f} s more"
            case Decided(verdict=verdict):
                word = wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial)
                self._decided[verdict.service] = f"{printable(verdict.name, limit=20)}: {word}"

    def _try(self, measurement: Measurement) -> None:
        """Note what came of a service's own conversation, as a messenger would hold it."""
        task, seen = measurement.task, fold(measurement)
        if task.role is Role.TARGET and task.arm in OWN_ARMS and seen is not None and task.endpoint:
            hosts = self._tried.setdefault(task.subject, {})
            name = seen.flow.host or seen.address
            hosts[name] = hosts.get(name, False) or seen.genuine

    def line(self) -> str:
        """The present state in one line."""
        newest = doing(next(reversed(self._running.values()))) if self._running else ""
        text = "; ".join(filter(None, (self._phase, self._bytes, self._at_most, newest)))
        return text if self._unicode else ascii_only(text)

    def services(self) -> list[str]:
        """A line a service: its word where that is certain, else how many of its hosts have
        answered so far."""
        lines = list(self._decided.values())
        for service, hosts in self._tried.items():
            if service not in self._decided:
                came = f"{sum(hosts.values())} of {len(hosts)} hosts answered so far"
                lines.append(f"{printable(service, limit=20)}: {came}")
        return lines

    def _render(self) -> "Text":
        from rich.text import Text

        lines = [*self.services()[-6:], self.line()]
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def doing(task: Task) -> str:
    """What a task does, in a few words."""
    match task.probe:
        case Inspect():
            return "looking at this device's connection"
        case Lookup(name=name, resolver=resolver):
            where = "" if resolver.kind is ResolverKind.SYSTEM else f" at {resolver.name}"
            return printable(f"looking up {name}{where}", limit=60)
        case Flow() as flow:
            name = flow.server_name or flow.host or flow.address
            if task.check == "transfer":
                upload = flow.option("direction") == Direction.UP
                way = "uploading to" if upload else "downloading from"
                also = f", naming {name}" if flow.host not in (None, name) else ""
                return printable(f"{way} {flow.host or flow.address}{also}", limit=60)
            changed = f" ({task.changes})" if task.changes else ""
            return printable(f"trying {name}{changed}", limit=60)
