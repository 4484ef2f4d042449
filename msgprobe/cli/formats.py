"""The forms in which a run goes out: a new one is a module in `msgprobe.report` and a row here."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from msgprobe.model.dataclass import dataclass

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
    ``render(run, view)``; one that ``streams`` has ``part(run, verdict)`` too."""
    to_file: bool = False
    """Its flag names a file, written beside what is printed; else it is what is printed."""
    shared: bool = False
    """Other users of this machine may read that file: another program takes it from there."""
    streams: bool = False
    """Each service's part goes out once it is decided, what ``render`` gives at the end."""
    printed: bool = False
    """It is printed also beside ``-o FILE``, which then gets what a run is saved as."""
    own_status: bool = False
    """Its module has ``status(run, exit_code)``: who reads it has exit statuses of his own."""
    page_variable: str | None = None
    """The environment variable that names a file to which its module's ``page(run, view)`` is
    added, where it is set."""
    commands: str = "run judge"

    @property
    def flag(self) -> str:
        """As it stands on the command line."""
        return f"--{self.name}"

    def render(self, run: "Run", view: "View") -> str:
        """The whole of ``run``, or what is left of it after the parts."""
        text: str = self._renderer().render(run, view)
        return text

    def part(self, run: "Run", verdict: "ServiceVerdict") -> str:
        """What goes out as soon as ``verdict`` is final, of ``run`` as it stands then."""
        text: str = self._renderer().part(run, verdict)
        return text

    def status(self, run: "Run", exit_code: int) -> int:
        """The exit status of ``run``, whose usual one is ``exit_code``."""
        return int(self._renderer().status(run, exit_code)) if self.own_status else exit_code

    def page(self, run: "Run", view: "View") -> str:
        """What is added to the file of ``page_variable``."""
        text: str = self._renderer().page(run, view)
        return text

    def _renderer(self) -> Any:
        return import_module(f"msgprobe.report.{self.module}")


TEXT = Format(name="text", help="", module="terminal", commands="")
"""For people; printed where nothing else is asked for."""

JSON = Format(
    name="json",
    help="Print one JSON object.",
    module="document",
    commands="run plan judge services_verify timeline",
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
    Format(
        name="github",
        help="Print GitHub's annotations, and add a table to the workflow's summary.",
        module="github",
        printed=True,
        page_variable="GITHUB_STEP_SUMMARY",
    ),
    Format(
        name="nagios",
        help="Print a line for Nagios or Icinga and exit with 0, 1, 2 or 3, as their plugins do.",
        module="nagios",
        printed=True,
        own_status=True,
    ),
    Format(name="csv", help="Print CSV, one row per function.", module="rows_csv"),
    Format(name="junit", help="Also write JUnit XML to FILE.", module="junit", to_file=True),
    Format(
        name="prometheus",
        help="Also write metrics to FILE, for the node exporter's textfile collector.",
        module="prometheus",
        to_file=True,
        shared=True,
    ),
)
"""In the order of the help."""
