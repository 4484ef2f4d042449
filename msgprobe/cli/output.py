"""What a stream can show, and files: each is whole or not there."""

import codecs
import contextlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from msgprobe.cli.streams import OutputError, reason
from msgprobe.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a stream can show. ``width`` is None where nothing has to be wrapped."""

    terminal: bool
    width: int | None
    color: bool
    unicode: bool


def look(stream: TextIO | None, environ: Mapping[str, str] = os.environ) -> Look:
    """What ``stream`` can show, with ``NO_COLOR`` (stronger), ``FORCE_COLOR`` and ``TERM=dumb``.

    https://no-color.org: present and not empty means no colour.
    """
    terminal = False
    if stream is not None:
        with contextlib.suppress(ValueError, OSError):
            terminal = stream.isatty()
    width = None
    if terminal:
        from shutil import get_terminal_size

        width = min(80, get_terminal_size((80, 24)).columns)
    if environ.get("NO_COLOR"):
        color = False
    elif environ.get("FORCE_COLOR", "0") not in ("", "0"):
        color = True
    else:
        color = terminal and environ.get("TERM") != "dumb"
    return Look(terminal=terminal, width=width, color=color, unicode=_utf8(stream))


def _utf8(stream: TextIO | None) -> bool:
    try:
        name = codecs.lookup(getattr(stream, "encoding", None) or "ascii").name
    except LookupError:
        return False
    return name.startswith(("utf-8", "utf_8"))


def check_file(path: Path) -> None:
    """Say before a run, rather than after, that ``path`` cannot be written. Raises OutputError."""
    folder = path.parent
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file")
    if not folder.is_dir():
        raise OutputError(f"{path}: there is no folder {folder}; make it first")
    if not os.access(path if _special(path) else folder, os.W_OK):
        raise OutputError(f"{path}: no permission to write there")
    if not _special(path):
        from msgprobe.cli.files import clear

        clear(folder)


def write_file(path: Path, text: str, *, shared: bool = False) -> None:
    """Write the whole file or leave what was there. Readable by its owner only, unless ``shared``.

    Raises OutputError.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"), shared=shared)


def write_bytes(path: Path, data: bytes, *, shared: bool = False) -> None:
    """The same of what is no text."""
    from msgprobe.cli.files import replace_file

    try:
        if _special(path):
            path.write_bytes(data)
        else:
            replace_file(path, data, mode=0o644 if shared else 0o600)
    except OSError as error:
        raise OutputError(f"{path}: {reason(error)}") from error


def add_to_file(path: Path, text: str) -> None:
    """Write ``text`` at the end of a file, which belongs to others too. Raises OutputError."""
    try:
        with path.open("ab") as stream:
            stream.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise OutputError(f"{path}: {reason(error)}") from error


def _special(path: Path) -> bool:
    """A device, pipe or socket: it is written to, not replaced."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False
