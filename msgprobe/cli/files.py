"""A file is whole or not there, and whoever is killed while writing leaves nothing behind for long.

Where the system knows files without a name (Linux, O_TMPFILE) the new one has none until it is
whole. Elsewhere, and where it replaces an older one, it bears a name of ours beside it, which the
next run that writes into that folder clears away.
"""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

_WINDOWS = os.name == "nt"
"""Neither renames nor removes a file that somebody has open."""

_OURS = re.compile(r"\.msgprobe-[0-9a-f]{16}\.part")
"""A file that was never finished; its owner holds a lock on it for as long as it lives."""


def replace_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put ``data`` into ``path``, whatever happens meanwhile: all of it, or what was there before.

    By default readable by its owner only. Raises OSError.
    """
    with _part_of(path) as part:
        if not _nameless(path, part, data, mode):
            number = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
            try:
                _lock(number)
                _write(number, data)
                if not _WINDOWS:
                    part.replace(path)
            finally:
                os.close(number)
            if _WINDOWS:
                part.replace(path)


@contextlib.contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write into piece by piece, which takes the place of ``path`` once all went well.

    What is no regular file (a device, a pipe) is written to as it is. Raises OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as special:
            yield special
        return
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with _part_of(path) as part:
        with open(os.open(part, flags, 0o600), "wb") as file:
            _lock(file.fileno())
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


@contextlib.contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """The name under which ``path`` is written; nothing is left of it unless all went well."""
    clear(path.parent)
    part = path.parent / f".msgprobe-{token_hex(8)}.part"
    try:
        yield part
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    _sync_folder(path.parent)


def clear(folder: Path) -> None:
    """Remove what runs that were killed left in ``folder``. Never raises."""
    with contextlib.suppress(OSError):
        names = [entry.name for entry in os.scandir(folder) if _OURS.fullmatch(entry.name)]
        for name in names:
            _remove(folder / name)


def _remove(part: Path) -> None:
    """Remove it unless it is somebody else's, or its writer is alive and holds the lock."""
    with contextlib.suppress(OSError):
        if _WINDOWS:
            part.unlink()
            return
        number = os.open(part, os.O_RDWR | os.O_NOFOLLOW)
        try:
            found = os.fstat(number)
            mine = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
            if mine and _lock(number):
                part.unlink()
        finally:
            os.close(number)


def _lock(number: int) -> bool:
    """Nobody else takes the file for abandoned while this process has it open.

    False where somebody else has locked it, or the file system knows no locks.
    """
    try:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _nameless(path: Path, part: Path, data: bytes, mode: int) -> bool:
    """Write a file without a name, then give it one; False where that cannot be.

    Not every file system has such files (vfat, NFS), and the name is given by way of /proc.
    """
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        number = os.open(path.parent, os.O_TMPFILE | os.O_RDWR, mode)
    except OSError:
        return False
    try:
        _lock(number)
        _write(number, data)
        for target in (path, part):
            try:
                # With a folder, which an absolute path has no use for, Python follows the link that
                # /proc has for the file: it then calls linkat.
                os.link(f"/proc/self/fd/{number}", target, src_dir_fd=number, follow_symlinks=True)
            except FileExistsError:
                continue
            except OSError:
                return False
            if target is part:
                part.replace(path)
            return True
        return False
    finally:
        os.close(number)


def _write(number: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(number, rest) :]
    os.fsync(number)


def _sync_folder(folder: Path) -> None:
    """The file's name survives a power cut, too, where folders can be synced."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(number)
        finally:
            os.close(number)
