"""The file: opened or begun, checked whose it is, and every refusal said with its remedy."""

import contextlib
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes
from urllib.parse import quote

from msgprobe.history.schema import APPLICATION_ID, TABLES, VERSION

PATIENCE = 30.0
"""Seconds to wait for another writer; a tick is written in a hundredth of one, but whoever purges
a large file takes longer."""

_READ_ONLY = "cannot be written to; see its permissions and those of its folder, or name another"
_DAMAGED = (
    "is damaged, or no history of msgprobe; nothing in it was changed. Move it away (a new one is "
    "begun by itself), or name another file"
)
_WHY = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space, or: msgprobe history purge",
    sqlite3.SQLITE_BUSY: "another msgprobe is writing to it; try again when that one is done",
    sqlite3.SQLITE_LOCKED: "another msgprobe is writing to it; try again when that one is done",
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR: "the disk is full, or fails; free some space, or name another file",
}
"""By SQLite's result code (https://sqlite.org/rescode.html), without what it adds."""


class HistoryError(Exception):
    """The history cannot be used as asked; the text names the file and the remedy."""


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Raises HistoryError for whatever SQLite or the system refuses inside."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        why = _WHY.get((code or 0) & 0xFF) or f"{error}; move it away, or name another file"
        if isinstance(error, sqlite3.DatabaseError) and code is None:
            why = _DAMAGED
        raise HistoryError(f"{path}: {why}") from None
    except OSError as error:
        raise HistoryError(
            f"{path}: {error.strerror or error}; name another file with --history"
        ) from None


def connect(path: Path, *, create: bool, write: bool) -> sqlite3.Connection:
    """The database at ``path``, begun if there is none and ``create``. Raises HistoryError.

    Without ``write`` it may lie where nothing can be written.
    """
    if path.is_dir():
        raise HistoryError(f"{path}: is a folder; name a file with --history")
    with told(path):
        if not path.exists():
            if not create:
                raise HistoryError(
                    f"{path}: there is no history yet; begin one with: msgprobe run --history"
                )
            _begin(path)
        elif not stat.S_ISREG(path.stat().st_mode):
            raise HistoryError(f"{path}: is no plain file; name another with --history")
        found = _opened(path, write=write)
    try:
        with told(path):
            _checked(found, path, write=write)
    except BaseException:
        found.close()
        raise
    return found


def _begin(path: Path) -> None:
    """An empty file that only its owner may read; SQLite gives its companions the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _opened(path: Path, *, write: bool) -> sqlite3.Connection:
    where = f"file:{quote(str(path.absolute()))}"
    if write or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return _connection(f"{where}?mode=rw")
    # Readers of a WAL need to write beside it, unless nobody else can have it open.
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise HistoryError(
            f"{path}: its last ticks are in {log.name}, which cannot be read where nothing can be "
            "written; copy both files to another folder and name that copy with --history"
        )
    return _connection(f"{where}?mode=ro&immutable=1")


def _connection(uri: str) -> sqlite3.Connection:
    # Autocommit: every transaction of ours begins and ends by name.
    return sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)


def _checked(found: sqlite3.Connection, path: Path, *, write: bool) -> None:
    owner, version, tables = _whose(found)
    if not tables and not owner and not version:
        if not os.access(path, os.W_OK):
            raise HistoryError(f"{path}: is empty and {_READ_ONLY}")
        _make_tables(found)
        owner, version = APPLICATION_ID, VERSION
    if owner != APPLICATION_ID:
        raise HistoryError(
            f"{path}: is a database of another program; name another file with --history"
        )
    if version > VERSION:
        raise HistoryError(
            f"{path}: was written by a newer msgprobe (history {version}, this one knows up to "
            f"{VERSION}); update msgprobe, or name another file with --history"
        )
    if write and not os.access(path, os.W_OK):
        raise HistoryError(f"{path}: {_READ_ONLY}")
    if write:
        _keep_a_log(found)
    # What is deleted is overwritten, and copies that SQLite makes for a moment stay in memory.
    found.execute("PRAGMA secure_delete = ON")
    found.execute("PRAGMA temp_store = MEMORY")


def _make_tables(found: sqlite3.Connection) -> None:
    with transaction(found):
        (version,) = found.execute("PRAGMA user_version").fetchone()
        if version:
            return  # somebody else was quicker
        for statement in TABLES.split(";"):
            if statement.strip():
                found.execute(statement)
        found.execute("INSERT INTO meta VALUES ('salt', ?)", (token_bytes(16),))
        found.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        found.execute(f"PRAGMA user_version = {VERSION}")


def _whose(found: sqlite3.Connection) -> tuple[int, int, int]:
    """Its owner, version and number of tables, all of one moment: another may be making them."""
    found.execute("BEGIN")
    (owner,) = found.execute("PRAGMA application_id").fetchone()
    (version,) = found.execute("PRAGMA user_version").fetchone()
    (tables,) = found.execute("SELECT count(*) FROM sqlite_master").fetchone()
    found.execute("COMMIT")
    return owner, version, tables


def _keep_a_log(found: sqlite3.Connection) -> None:
    """Write-ahead logging, so that who reads and who writes do not wait for each other.

    SQLite gives up at once where somebody writes as the mode is changed, so the wait is ours.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if found.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                found.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
        time.sleep(0.01)


@contextlib.contextmanager
def transaction(found: sqlite3.Connection) -> Iterator[None]:
    """All of what is inside or nothing, alone among writers."""
    found.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            found.execute("ROLLBACK")
        raise
    try:
        found.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            found.execute("ROLLBACK")
        raise


def readable_by_others(path: Path) -> bool:
    """Others on this machine can read it."""
    try:
        return os.name == "posix" and bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def truncate_log(found: sqlite3.Connection) -> None:
    """Empty the write-ahead log, so that nothing deleted is left in it."""
    found.execute("PRAGMA wal_checkpoint(TRUNCATE)")
