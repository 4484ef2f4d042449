"""One line for Nagios, Icinga and whatever else calls monitoring plugins, and their exit status.

Source: Monitoring Plugins Development Guidelines
(https://www.monitoring-plugins.org/doc/guidelines.html): the status is 0 OK, 1 WARNING, 2 CRITICAL
or 3 UNKNOWN; performance data stand after a ``|``, further lines are for the details.
"""

from enum import IntEnum

from msgprobe.model.run import Run
from msgprobe.model.verdict import FunctionVerdict, Outcome, ServiceVerdict, State
from msgprobe.report.escape import printable
from msgprobe.report.exits import Exit
from msgprobe.report.language import in_english
from msgprobe.report.say import said
from msgprobe.report.summary import summary
from msgprobe.report.view import View

MOST_CHARACTERS = 1000
"""Of a line: older ones read no more than 1 kB of the first."""


class Status(IntEnum):
    """What a plugin exits with."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


def status(run: Run, exit_code: int) -> Status:
    """Of ``run``, whose usual exit status is ``exit_code``.

    CRITICAL is what is blocked, throttled or down (or named by ``--fail-on``), WARNING what works
    in part; what could not be measured is UNKNOWN, so also everything where this device has no
    connection: a monitor must not report somebody's service for that.
    """
    if exit_code == Exit.OK:
        return Status.OK
    if exit_code == Exit.INTERFERENCE:
        return Status.CRITICAL
    if exit_code != Exit.UNPROVEN:
        return Status.UNKNOWN
    services = run.verdict.services
    if any(s.outcome is Outcome.DOWN for s in services):
        return Status.CRITICAL
    if any(s.outcome is Outcome.DEGRADED or s.partial for s in services):
        return Status.WARNING
    return Status.UNKNOWN


@in_english
def render(run: Run, view: View) -> str:
    """The line with its performance data, then a line for each service that is not fine."""
    worst = status(run, view.exit_code)
    lines = [f"MSGPROBE {worst.name} - {_clean(_told(run))}{_performance(run)}"]
    lines += [_clean(summary(s)) for s in run.verdict.services if s.outcome is not Outcome.OK]
    return "\n".join(lines) + "\n"


def _told(run: Run) -> str:
    connection = run.verdict.connection
    if connection.state not in (State.ONLINE, State.BAD_LINK):
        return f"connection {connection.state.value}: {said(connection.why)}"
    return ", ".join(map(_service, run.verdict.services)) or "nothing was measured"


def _service(verdict: ServiceVerdict) -> str:
    parts = [_part(f) for f in verdict.functions if f.outcome is verdict.outcome]
    of_some = verdict.outcome is not Outcome.OK and len(parts) < len(verdict.functions)
    named = f" ({', '.join(parts)})" if of_some and parts else ""
    return f"{verdict.service} {verdict.outcome.value}{named}"


def _part(verdict: FunctionVerdict) -> str:
    return " ".join([verdict.function.value, *verdict.mechanisms[:1]])


def _performance(run: Run) -> str:
    """Seconds and bytes (``s`` and ``B`` are units of the guidelines), none below 0."""
    moved = run.bytes_sent + run.bytes_received
    good = sum(s.outcome is Outcome.OK for s in run.verdict.services)
    asked = len(run.verdict.services)
    return f" | time={run.duration_s:.2f}s;;;0 bytes={moved}B;;;0 ok={good};;;0;{asked}"


def _clean(text: str) -> str:
    """On one line, without the sign that begins performance data."""
    return printable(text, limit=MOST_CHARACTERS).replace("|", "/")
