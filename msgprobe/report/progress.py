"""What is being tried right now, on a terminal only, gone without a trace at the end."""

from typing import TYPE_CHECKING, TextIO

from msgprobe.evidence.conversation import fold
from msgprobe.evidence.facts import OWN_ARMS
from msgprobe.model.event import Counted, Decided, Event, Finished, Phase, Settled, Started
from msgprobe.model.measurement import Measurement
from msgprobe.model.target import Direction
from msgprobe.model.task import Flow, Inspect, Lookup, ResolverKind, Role, Task
from msgprobe.report import console, wording
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.language import _

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
        self._phase = _("starting")
        self._running: dict[str, Task] = {}
        self._bytes = ""
        self._at_most = ""
        self._decided: dict[str, str] = {}
        self._settled: dict[str, list[str]] = {}
        """Functions of each service whose words are certain, with these."""
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
                self._phase = _step(event, printable(_(title), limit=40))
            case Started(task=task):
                self._running[task.id] = task
            case Finished(measurement=measurement):
                self._running.pop(measurement.task.id, None)
                self._bytes = wording.amount(event.bytes_so_far)
                self._try(measurement)
            case Counted(bytes_so_far=count, at_most=left):
                self._bytes = wording.amount(count)
                self._at_most = "" if left is None else _at_most(left)
            case Settled(service=service, function=function):
                name = wording.function_word(function.function)
                word = wording.verdict_words(function.outcome, function.strength, function.partial)
                self._settled.setdefault(service, []).append(f"{name}: {word}")
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
        answered so far, and the words of its functions that are certain."""
        lines = list(self._decided.values())
        for service, hosts in self._tried.items():
            if service not in self._decided:
                text = _("{service}: {ok} of {tried} hosts answered so far")
                name = printable(service, limit=20)
                so_far = text.format(service=name, ok=sum(hosts.values()), tried=len(hosts))
                lines.append("; ".join((so_far, *self._settled.get(service, ()))))
        return lines

    def _render(self) -> "Text":
        from rich.text import Text

        lines = [*self.services()[-6:], self.line()]
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def _step(event: Phase, title: str) -> str:
    if not event.steps:
        return title
    text = _("step {number} of {steps}: {title}")
    return text.format(number=event.step, steps=event.steps, title=title)


def _at_most(seconds: float) -> str:
    return _("at most {seconds} s more").format(seconds=round(seconds))


def doing(task: Task) -> str:
    """What a task does, in a few words."""
    match task.probe:
        case Inspect():
            return _("looking at this device's connection")
        case Lookup(name=name, resolver=resolver):
            own = resolver.kind is ResolverKind.SYSTEM
            text = _("looking up {name}") if own else _("looking up {name} at {resolver}")
            return printable(text.format(name=name, resolver=resolver.name), limit=60)
        case Flow() as flow:
            host = flow.host or flow.address
            name = flow.server_name or host
            if task.check == "transfer":
                up = flow.option("direction") == Direction.UP
                text = _moving(up, named=flow.host not in (None, name))
                return printable(text.format(host=host, name=name), limit=60)
            text = _("trying {host} ({changed})") if task.changes else _("trying {host}")
            return printable(text.format(host=name, changed=_(task.changes or "")), limit=60)


def _moving(up: bool, *, named: bool) -> str:
    if named:
        found = _("uploading to {host}, naming {name}"), _("downloading from {host}, naming {name}")
    else:
        found = _("uploading to {host}"), _("downloading from {host}")
    return found[0] if up else found[1]
