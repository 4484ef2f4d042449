"""What held when, and since when: what is remembered, under today's rules."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from msgprobe.chronicle import story
from msgprobe.cli import history as remembered
from msgprobe.cli.output import check_file, look, write_file
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import put, say
from msgprobe.history.store import History
from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import CONNECTION
from msgprobe.model.timeline import Story
from msgprobe.report.exits import Exit
from msgprobe.report.language import _
from msgprobe.report.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be told, and in which form."""

    services: Sequence[str] = ()
    since: str | None = None
    json: bool = False
    csv: bool = False
    html: Path | None = None
    verbose: int = 0


def timeline(wanted: Wanted, given: str | None) -> int:
    """Print the timeline and give the exit status: 0, or 3 where nothing is remembered.

    Raises UsageError, HistoryError or OutputError.
    """
    if wanted.json and wanted.csv:
        raise UsageError("--json and --csv exclude each other")
    if wanted.html is not None:
        check_file(wanted.html)
    now = remembered.now()
    since = None
    if wanted.since is not None:
        try:
            since = now - remembered.span(wanted.since)
        except ValueError as error:
            raise UsageError(f"--since: {error}") from None
    with History(remembered.place(given), write=False) as history:
        chosen = _chosen(wanted.services, _known(history))
        found = [
            one
            for where in history.all_series()
            if (one := story(history, where, since=since, until=now, wanted=chosen)) is not None
        ]
    if wanted.html is not None:
        from msgprobe.report.timeline_html import render as page

        write_file(wanted.html, page(found))
        say(_("Timeline written: {file}").format(file=wanted.html))
    put(_text(wanted, found))
    return Exit.OK if found else Exit.UNPROVEN


def _text(wanted: Wanted, found: Sequence[Story]) -> str:
    from msgprobe.report import timeline as text
    from msgprobe.report import timeline_data as data

    if wanted.json:
        return data.render_json(found)
    if wanted.csv:
        return data.render_csv(found)
    can = look(sys.stdout)
    view = View(verbose=wanted.verbose, width=can.width, color=can.color, unicode=can.unicode)
    return text.render(found, view)


def _known(history: History) -> tuple[str, ...]:
    """The subjects that anything is remembered of."""
    found = sorted(str(name) for (name,) in history.rows("SELECT name FROM subject"))
    return tuple(name for name in found if name != CONNECTION)


def _chosen(services: Sequence[str], known: Sequence[str]) -> Callable[[str], bool]:
    """Which subjects are told: of services, or ``service.function``. Raises UsageError."""
    wanted = [s.lower() for s in services]
    for one in wanted:
        if not any(k == one or k.startswith(f"{one}.") for k in known):
            names = ", ".join(sorted({k.partition(".")[0] for k in known})) or "nothing yet"
            raise UsageError(f"{one!r:.40}: is not remembered; known are: {names}")
    return lambda subject: (
        not wanted or any(subject == one or subject.startswith(f"{one}.") for one in wanted)
    )
