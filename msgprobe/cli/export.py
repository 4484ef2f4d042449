"""Saved runs in formats that other programs take: ``msgprobe export``."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast

from msgprobe.cli.output import check_file
from msgprobe.cli.request import UsageError
from msgprobe.cli.saved import read
from msgprobe.cli.streams import OutputError, put, reason, say
from msgprobe.model.dataclass import dataclass
from msgprobe.model.run import Run
from msgprobe.report.language import _, ngettext


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A format in which runs go out: a module of `msgprobe.report` with ``write(runs, out)``."""

    module: str
    extra: str | None = None
    """The extra that has its library."""
    text: bool = True
    """It may be printed."""


EXPORTS = {
    "csv": Export(module="rows_csv"),
    "jsonl": Export(module="rows_jsonl"),
    "ooni": Export(module="ooni"),
    "prometheus": Export(module="prometheus"),
    "parquet": Export(module="rows_parquet", extra="parquet", text=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when (inclusive) to when (exclusive) runs began; None: there is no end on that side."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, run: Run) -> bool:
        """``run`` began in it; one whose start is unknown only does where there are no ends."""
        if self.since is None and self.until is None:
            return True
        try:
            began = _utc(run.started_at)
        except ValueError:
            return False
        return (self.since is None or self.since <= began) and (
            self.until is None or began < self.until
        )


def moment(flag: str, text: str | None) -> datetime | None:
    """``2026-11-26`` or ``2026-11-26T10:30Z``; UTC unless it says otherwise. Raises UsageError."""
    if text is None:
        return None
    try:
        return _utc(text)
    except ValueError:
        raise UsageError(
            f"{flag}: {text!r:.40} is no time; write it like 2026-11-26 or 2026-11-26T10:30Z"
        ) from None


def _utc(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def files(names: Sequence[str], *, redact: bool) -> Iterator[Run]:
    """The runs in the files, one after the other, as they may be shown. Raises UsageError."""
    if not names:
        raise UsageError("name saved runs, or --history for what is remembered")
    return _shown(names, redact=redact)


def _shown(names: Sequence[str], *, redact: bool) -> Iterator[Run]:
    from msgprobe import session
    from msgprobe.redaction.export import exported

    for name in names:
        run = read(name)
        yield exported(session.shown(run)) if redact else run


class Remembered:
    """The runs of ``span`` that a history has the evidence of, in the order of time; ``bare``
    counts those of which it has the words alone.

    Going through them raises HistoryError, naming its file.
    """

    def __init__(self, place: Path, span: Span) -> None:
        self._place, self._span = place, span
        self.bare = 0

    def __iter__(self) -> Iterator[Run]:
        from msgprobe.history.reading import documents
        from msgprobe.history.store import History
        from msgprobe.report.document import SavedRunError, read_run

        since, until = self._span.since, self._span.until
        with History(self._place, write=False) as history:
            for series, run_id, text in documents(
                history,
                None if since is None else int(since.timestamp()),
                # a run tells the minute in which it began, and the history the second
                None if until is None else int(until.timestamp()) + 60,
            ):
                if text is None:
                    self.bare += 1
                    continue
                try:
                    run = read_run(text)
                except SavedRunError as error:
                    raise UsageError(f"{self._place}: run {run_id:.40}: {error}") from None
                here = replace(run.vantage, series=run.vantage.series or series.public)
                yield replace(run, vantage=here)


def export(runs: Iterable[Run], form: str, output: Path | None, span: Span) -> None:
    """Write ``runs`` of ``span``, wherever they come from. Raises UsageError or OutputError.

    The file is whole or not there: a run that cannot be read leaves what was there before.
    """
    if form not in EXPORTS:
        raise UsageError(f"--format: {form!r:.40} is none; known are: {', '.join(EXPORTS)}")
    how = EXPORTS[form]
    if output is None and not how.text:
        raise UsageError(f"--format {form}: is no text; name a file with -o")
    if output is not None:
        check_file(output)
    chosen = _Chosen(runs, span)
    write = _writer(form, how)
    with _printed() if output is None else _file(output) as out:
        write(chosen, out)
    if output is not None:
        said = ngettext(
            "Written: {{file}} ({count} run)", "Written: {{file}} ({count} runs)", chosen.count
        )
        say(said.format(file=output))


def of_history(
    files: Sequence[str], given: str, form: str, output: Path | None, span: Span
) -> None:
    """The same with what is remembered. Raises UsageError, HistoryError or OutputError."""
    from msgprobe.cli.history import place

    if files:
        raise UsageError("--history: name files or the history, not both")
    runs = Remembered(place(given), span)
    export(runs, form, output, span)
    if runs.bare:
        said = _("Left out: {count} of which the words alone are remembered, not the evidence")
        say(said.format(count=runs.bare))


class _Chosen:
    """The runs of a span, counted as they go by."""

    def __init__(self, runs: Iterable[Run], span: Span) -> None:
        self._runs, self._span = runs, span
        self.count = 0

    def __iter__(self) -> Iterator[Run]:
        for run in self._runs:
            if self._span.holds(run):
                self.count += 1
                yield run


def _writer(form: str, how: Export) -> Callable[[Iterable[Run], BinaryIO], None]:
    if how.extra is not None:
        _check_library(form, how.extra)
    module = import_module(f"msgprobe.report.{how.module}")
    return cast("Callable[[Iterable[Run], BinaryIO], None]", module.write)


def _check_library(form: str, extra: str) -> None:
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise UsageError(f"--format {form}: needs a library: pip install 'msgprobe[{extra}]'")


@contextlib.contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    from msgprobe.cli.files import whole

    try:
        with whole(path) as out:
            yield out
    except OSError as error:
        raise OutputError(f"{path}: {reason(error)}") from error


@contextlib.contextmanager
def _printed() -> Iterator[BinaryIO]:
    """Standard output: what is written to it goes out at once. Raises OutputError."""
    yield cast("BinaryIO", _Standard())


class _Standard:
    def write(self, data: bytes) -> int:
        put(data.decode())
        return len(data)
