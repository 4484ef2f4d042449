"""The history: where it lies, what a run leaves in it, and what people do with it."""

import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgprobe.cli import settings
from msgprobe.cli.files import replace_file
from msgprobe.cli.output import check_file, look
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import OutputError, put, reason, say
from msgprobe.history.exchange import everything, lines, merge, parsed, rows, take_in
from msgprobe.history.file import HistoryError, readable_by_others
from msgprobe.history.store import RETENTION, History
from msgprobe.model.history import Attachment, NetworkKind, Series, Tick, TickKind
from msgprobe.model.run import Run
from msgprobe.redaction.addresses import Addresses
from msgprobe.report.language import _, ngettext
from msgprobe.steps.attachment import attachment, same

DEFAULT = ""
"""In place of a path: where the platform keeps what programs remember."""

FOREVER = "forever"
_SPAN = re.compile(r"(\d{1,5}) ?(min|h|d|w)")
_UNITS = {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def path(given: str | None) -> Path | None:
    """Where the history lies by the flag, the variable or the settings file; None where none is
    kept. Raises SettingsError."""
    if given is None:
        setting = settings.read().get("history")
        if setting is None or setting.value is None:
            return None
        given = setting.value
    if given == DEFAULT:
        from platformdirs import user_state_path

        return user_state_path("msgprobe", appauthor=False) / "history.db"
    return Path(given).expanduser()


def place(given: str | None) -> Path:
    """The same for who wants to read it: the default place where nothing is set."""
    found = path(given) or path(DEFAULT)
    assert found is not None
    return found


def retention() -> int | None:
    """Seconds for which ticks are kept; None: for ever. Raises SettingsError or UsageError."""
    setting = settings.read().get("history_keep")
    if setting is None:
        return RETENTION
    if setting.value == FOREVER:
        return None
    try:
        return span(setting.value)
    except ValueError as error:
        raise UsageError(f"{setting.origin}: {error}, or {FOREVER}") from None


def span(text: str) -> int:
    """``90min``, ``12h``, ``7d`` or ``4w`` in seconds. Raises ValueError."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None or not int(found[1]):
        raise ValueError(f"{text!r:.40} is no span of time; write it like 12h, 7d or 4w")
    return int(found[1]) * _UNITS[found[2]]


def now() -> int:
    """Seconds since 1970 (UTC)."""
    return int(datetime.now(UTC).timestamp())


# -- a run is remembered -------------------------------------------------------------------------


class Memory:
    """Remembers the run that is under way; begun before it, so that faults are told before
    anything is sent. Without a ``where`` it does nothing."""

    def __init__(self, where: Path | None, label: str = "") -> None:
        self._where = where
        self._label = label
        self._keep = None if where is None else retention()
        self._began: Attachment | None = None

    def prepare(self) -> None:
        """Find out whether it can be written. Raises OutputError."""
        if self._where is None:
            return
        with writing(), History(self._where, create=True):
            pass
        if readable_by_others(self._where):
            say(open_to_others(self._where))
        self._began = attachment()

    def add(self, run: Run) -> None:
        """Keep the run, and forget what is older than is kept. Raises OutputError."""
        if self._where is None:
            return
        from msgprobe.chronicle import tick

        kept = tick(run)
        with writing(), History(self._where, create=True) as history:
            history.add(history.series_of(self._network(), self._label), kept)
            if self._keep is not None:
                history.purge(before=now() - self._keep, now=now())

    def _network(self) -> Attachment:
        """The network of the run; one that changed meanwhile is none of those."""
        ended = attachment()
        if self._began is not None and not same(self._began, ended):
            return Attachment(kind=NetworkKind.MIXED)
        resolver = Addresses((), ()).resolver(ended.resolver) or ""
        return Attachment(kind=ended.kind, gateway=ended.gateway, resolver=resolver, vpn=ended.vpn)


def open_to_others(file: Path) -> str:
    """What is said of a history that is not the user's alone."""
    said = _("{file}: others on this machine can read it: chmod 600 it")
    return "msgprobe: " + said.format(file=file)


@contextmanager
def writing() -> Iterator[None]:
    """Raises OutputError for what a history refuses."""
    try:
        yield
    except HistoryError as error:
        raise OutputError(str(error)) from None


# -- commands ------------------------------------------------------------------------------------


def show_list(given: str | None) -> None:
    """Print every series."""
    from msgprobe.report.history import render_list

    can = look(sys.stdout)
    with History(place(given), write=False) as history:
        found = [(one, *_extent(history, one)) for one in history.all_series()]
    put(render_list(found, width=can.width, unicode=can.unicode))


def _extent(history: History, where: Series) -> tuple[int, int, int, int]:
    """Ticks, those with evidence, and the times of the first and the last one."""
    ((ticks, first, last),) = history.rows(
        "SELECT count(*), min(at), max(at) FROM tick WHERE series = ?", where.id
    )
    ((documents,),) = history.rows("SELECT count(*) FROM document WHERE series = ?", where.id)
    return int(str(ticks)), int(str(documents)), int(str(first or 0)), int(str(last or 0))


def show(run_id: str, given: str | None) -> None:
    """Print the evidence of one run, as it would have been saved. Raises UsageError."""
    with History(place(given), write=False) as history:
        found = history.rows(
            "SELECT run FROM tick WHERE substr(run, 1, ?) = ? LIMIT 2", len(run_id), run_id
        )
        if not found or not run_id:
            raise UsageError(f"{run_id!r:.50}: no such run is remembered; see: msgprobe timeline")
        if len(found) > 1:
            raise UsageError(f"{run_id!r:.50}: several runs begin so; write more of it")
        text = history.document(str(found[0][0]))
    if text is None:
        raise UsageError(f"{run_id!r:.50}: its words alone are remembered, not its evidence")
    put(text)


def witnesses(
    given: str, since: str | None
) -> tuple[list[tuple[str, bytes]], list[dict[str, Any]]]:
    """For a package: the remembered runs that are more than a pulse and whose evidence is kept,
    each with its id, and what is remembered of all others. Raises UsageError or HistoryError."""
    begin = None if since is None else now() - _since(since)
    with History(place(given), write=False) as history:
        found = [
            (item.run_id, text.encode())
            for _, item in everything(history, begin)
            if isinstance(item, Tick) and item.kind is not TickKind.PULSE
            if (text := history.document(item.run_id)) is not None
        ]
        return found, list(rows(history, begin))


def export(file: str, given: str | None, since: str | None) -> None:
    """Write the history as lines of JSON; ``-`` is standard output. Raises OutputError."""
    begin = None if since is None else now() - _since(since)
    with History(place(given), write=False) as history:
        found = (f"{line}\n" for line in lines(history, begin))
        if file == "-":
            for line in found:
                put(line)
            return
        check_file(Path(file))
        write = gzip.compress if file.endswith(".gz") else bytes
        data = write("".join(found).encode())
    try:
        replace_file(Path(file), data)
    except OSError as error:
        raise OutputError(f"{file}: {reason(error)}") from None
    said = _("Exported: {file}. It names no network; of evidence it holds what a saved run holds.")
    say(said.format(file=file))


def _since(text: str) -> int:
    try:
        return span(text)
    except ValueError as error:
        raise UsageError(f"--since: {error}") from None


def take(file: str, given: str | None) -> None:
    """Take in an exported history. Raises UsageError or HistoryError."""
    wrong = "name a file made by: msgprobe history export FILE"
    try:
        with _lines_of(file) as source, History(place(given), create=True) as history:
            count = take_in(history, parsed(source, file))
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error):
        raise UsageError(f"{file}: is cut off or no text; {wrong}") from None
    except OSError as error:
        raise UsageError(f"{file}: {reason(error)}; {wrong}") from None
    say(ngettext("Taken in: {count} run.", "Taken in: {count} runs.", count))


@contextmanager
def _lines_of(file: str) -> Iterator[Iterator[str]]:
    """The lines of a file, compressed or not; ``-`` is standard input. Raises OSError."""
    if file == "-":
        if sys.stdin is None:
            raise UsageError("standard input is closed")
        yield sys.stdin
        return
    with Path(file).open("rb") as raw:
        packed = raw.peek(2).startswith(b"\x1f\x8b")
        with gzip.open(raw) if packed else raw as data:
            yield io.TextIOWrapper(data, encoding="utf-8")


def join(other: Path, given: str | None) -> None:
    """Take in the history file of another device of the user's. Raises HistoryError."""
    where = place(given)
    if other.exists() and where.exists() and other.samefile(where):
        raise UsageError(f"{other}: is this history itself; name another device's file")
    if not other.exists():
        raise UsageError(f"{other}: there is no such file; name another device's history file")
    with History(where, create=True) as history:
        count = merge(history, other)
    say(ngettext("Merged: {count} run.", "Merged: {count} runs.", count))


def purge(given: str | None, older: str | None, public: str | None, *, everything: bool) -> None:
    """Delete what is older than is kept, or than is asked for. Raises UsageError."""
    if everything and older is not None:
        raise UsageError("--all and --older-than exclude each other")
    try:
        keep = retention() if older is None else span(older)
    except ValueError as error:
        if isinstance(error, UsageError | settings.SettingsError):
            raise
        raise UsageError(f"--older-than: {error}") from None
    if keep is None and not everything:
        raise UsageError("history_keep: keeps everything; say --older-than TIME or --all")
    with History(place(given)) as history:
        where = None if public is None else _series(history, public)
        if public is not None and older is None:
            everything = True
        before = None if everything else now() - (keep or 0)
        count = history.purge(before=before, now=now(), where=where)
    say(ngettext("Deleted: {count} run.", "Deleted: {count} runs.", count))


def _series(history: History, public: str) -> Series:
    found = [s for s in history.all_series() if public and s.public.startswith(public)]
    if len(found) != 1:
        known = ", ".join(s.public for s in history.all_series()) or "none"
        raise UsageError(f"--series: {public!r:.40} is no series; known are: {known}")
    return found[0]
