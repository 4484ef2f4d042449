"""The forms in which a run goes out: a new one is a module in `msgprobe.report` and a row here."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msgprobe.model.run import Run
    from msgprobe.model.verdict import ServiceVerdict
    from msgprobe.report.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One form of a run, asked for by the flag of its name."""

    name: str
    help: str
    module: str
    """In `msgprobe.report`, imported when used so that ``--help`` stays fast. It has
    ``render(run, view)``; one that ``streams`` has ``part(verdict)`` too."""
    to_file: bool = False
    """Its flag names a file, written beside what is printed; else it is what is printed."""
    streams: bool = False
    """Each service's part goes out once it is decided, what ``render`` gives at the end."""
    commands: str = "run judge"

    @property
    def flag(self) -> str:
        """As it stands on the command line."""
        return f"--{self.name}"

    def render(self, run: "Run", view: "View") -> str:
        """The whole of ``run``, or what is left of it after the parts."""
        text: str = self._renderer().render(run, view)
        return text

    def part(self, verdict: "ServiceVerdict") -> str:
        """What goes out as soon as ``verdict`` is final."""
        text: str = self._renderer().part(verdict)
        return text

    def _renderer(self) -> Any:
        return import_module(f"msgprobe.report.{self.module}")


TEXT = Format(name="text", help="", module="terminal", commands="")
"""For people; printed where nothing else is asked for."""

JSON = Format(
    name="json",
    help="Print one JSON object.",
    module="document",
    commands="run plan judge services_verify",
)
"""What a run is saved as."""

FORMATS = (
    JSON,
    Format(
        name="jsonl",
        help="Print one JSON object per service, then one for the run.",
        module="jsonl",
        streams=True,
    ),
    Format(name="junit", help="Also write JUnit XML to FILE.", module="junit", to_file=True),
)
"""In the order of the help."""
