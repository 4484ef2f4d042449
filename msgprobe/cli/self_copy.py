"""The program as one file hands itself on: by stick, Bluetooth or whatever carries a file."""

import hashlib
import sys
from pathlib import Path

from msgprobe import __version__
from msgprobe.cli.files import replace_file
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import OutputError, put, reason
from msgprobe.report.columns import wrap
from msgprobe.report.language import N_, _

_ADVICE = N_(
    "Tell this number to whoever gets the file by another way: by voice, on paper, in a message. "
    "There, compare it with what `sha256sum {name}` prints (Windows: `certutil -hashfile {name} "
    "SHA256`). A number that travels with the file proves nothing."
)


def copy_to(folder: Path) -> None:
    """Put a copy of the file that is running into ``folder`` and print its SHA-256.

    Raises UsageError where the program is no single file, ``folder`` is none, or another file of
    that name is there already; OutputError where it cannot be written.
    """
    mine = running_file()
    if mine is None:
        raise UsageError(
            "--self-copy needs the program as one file, msgprobe.pyz, and this one is installed."
            " Make it with: make pyz"
        )
    if not folder.is_dir():
        raise UsageError(f"--self-copy {folder}: there is no such folder; name one that exists")
    there = folder / mine.name
    try:
        data = mine.read_bytes()
        if there.exists() and there.read_bytes() != data:
            raise UsageError(
                f"--self-copy {folder}: another {mine.name} is there already;"
                " remove it, or name another folder"
            )
        if not there.exists():
            replace_file(there, data)
        there.chmod(0o755)
        same = there.read_bytes() == data
    except OSError as error:
        raise OutputError(f"{there}: {reason(error)}") from error
    if not same:
        raise OutputError(f"{there}: what was written reads differently; try another medium")
    said = _("Copied msgprobe {version} to {file} ({size} MB).")
    put(said.format(version=__version__, file=there, size=f"{len(data) / 1e6:.1f}") + "\n")
    put(f"SHA-256: {hashlib.sha256(data).hexdigest()}\n")
    put("\n".join(wrap(_(_ADVICE).format(name=mine.name), 80)) + "\n")


def running_file() -> Path | None:
    """The single file that this program is; None where it is installed."""
    loader = sys.modules["msgprobe"].__loader__
    archive = getattr(loader, "archive", None)
    return None if archive is None else Path(archive)
