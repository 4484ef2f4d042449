"""The second vantage: is there a library for the proxy, and which reports are compared with?"""

from collections.abc import Sequence
from datetime import datetime

from msgprobe.cli import saved
from msgprobe.cli.request import UsageError
from msgprobe.model.run import Run
from msgprobe.model.target import Service
from msgprobe.report import integrity


def check_library(wanted: object) -> None:
    """Raise UsageError when ``wanted`` is a proxy and nothing here could speak to it."""
    from msgprobe.steps.proxy import EXTRA, available

    if wanted is not None and not available():
        raise UsageError(
            f"--via: needs the extra {EXTRA!r}; install it with: pip install 'msgprobe[{EXTRA}]'"
        )


def reports(names: Sequence[str], services: Sequence[Service]) -> tuple[Run, ...]:
    """The saved runs in the files ``names``. Raises UsageError naming the one that is of no use."""
    return tuple(_report(name, services) for name in names)


def _report(name: str, services: Sequence[Service]) -> Run:
    try:
        run = saved.read(name)
    except UsageError as error:
        raise UsageError(f"--compare: {error}") from None
    shown = "standard input" if name == "-" else name
    try:
        when = datetime.fromisoformat(run.started_at)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise UsageError(
            f"--compare: {shown}: $.started_at: should be a date and time in UTC, is "
            f"{run.started_at!r:.40}"
        )
    if told := integrity.warning(run):
        raise UsageError(f"--compare: {shown}: {told}")
    theirs = {s.name for s in run.evidence.services}
    if not theirs & {s.name for s in services}:
        known = ", ".join(sorted(theirs)) or "none"
        raise UsageError(
            f"--compare: {shown}: is about none of the services of this run (it has: {known}); "
            "make one with the same services"
        )
    return run
