"""Parquet files through DuckDB, which works in this process and loads nothing from anywhere."""

import errno
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgprobe.fleet.error import FleetError
from msgprobe.fleet.store import PART, Partition, Store
from msgprobe.interchange.facts import SCHEMA_VERSION, VOTE, columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "3GB"
"""Most that the engine takes for itself; what does not fit goes to the disk."""


@contextmanager
def connect(spill: Path | None, name: str = ":memory:") -> "Iterator[DuckDBPyConnection]":
    """A database of its own; ``spill`` is where it may put what does not fit into memory.

    Raises FleetError without the library, and for whatever DuckDB refuses inside; OSError where
    nothing more can be written.
    """
    try:
        import duckdb
    except ImportError:
        raise FleetError("fleet needs a library: pip install 'msgprobe[fleet]'") from None
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    if spill is not None:
        settings["temp_directory"] = str(spill / "spill")
    try:
        with duckdb.connect(name, config=settings) as database:
            database.execute("SET enable_progress_bar = false")
            yield database
    except duckdb.Error as error:
        number = next((n for n in _DISK if os.strerror(n) in str(error)), None)
        if number is not None:
            raise OSError(number, os.strerror(number)) from None
        raise FleetError(_said(error)) from None


_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""What the system says where nothing more can be written."""


def _said(error: Exception) -> str:
    text = str(error).splitlines()[0]
    if type(error).__name__ in ("InvalidInputException", "IOException", "SerializationException"):
        return f"{text}; a file that is torn or foreign has to be taken out of the store"
    return f"DuckDB: {text}"


def quoted(path: Path) -> str:
    """A path as SQL's text."""
    return "'" + str(path.absolute()).replace("'", "''") + "'"


def listed(paths: Sequence[Path]) -> str:
    """Paths as SQL's list of texts."""
    return f"[{', '.join(map(quoted, paths))}]"


@contextmanager
def read_from(database: "DuckDBPyConnection", paths: Sequence[Path]) -> Iterator[None]:
    """Where reading fails inside, the file that cannot be read is named. Raises FleetError."""
    import duckdb

    try:
        yield
    except duckdb.Error:
        for path in paths:
            try:
                database.execute(f"SELECT max(hash(every)) FROM read_parquet({quoted(path)}) every")
            except duckdb.Error:
                raise FleetError(f"{path}: is torn inside; {_remedy(path)}") from None
        raise


_OUT = "take it out of the store"


def _remedy(path: Path) -> str:
    """Of a file that cannot be read. A run that stands in the table of runs is not packed again."""
    if path.name != PART:
        return _OUT
    return f"{_OUT}, with the same day of the other tables, and pack that day's runs again"


def inspect(store: Store) -> None:
    """Finish what a packer began, and check what another engine is to read. Raises FleetError."""
    store.settle()
    with connect(None) as database:
        for fact in ("word", "run"):
            check(database, store, fact)


def check(database: "DuckDBPyConnection", store: Store, fact: str) -> None:
    """Every file of a table is ours, whole, of a schema that is known, and the only one of its day.

    Raises FleetError.
    """
    files = store.files(fact)
    for path in files:
        country, date = path.parts[-3], path.parts[-2]
        if not country.startswith("country=") or not date.startswith("date="):
            raise FleetError(f"{path}: lies in no country=CC/date=DAY; {_OUT}")
    wanted = {n: k for n, k in columns(fact).items() if n != "country"}
    if fact == "word":
        wanted[VOTE] = "BOOLEAN"
    for path in files:
        began = _check(database, path, wanted)
        part = Partition(fact, path.parts[-3].partition("=")[2], path.parts[-2].partition("=")[2])
        if path != store.part(part):
            raise FleetError(
                f"{path}: is a second file of its day, and a line has one vote; {_OUT}, and pack "
                "the runs that it was made of"
            )
        if any(time.strftime("%Y-%m-%d", time.gmtime(at)) != part.date for at in began):
            raise FleetError(f"{path}: holds runs of another day; {_OUT}")


def _check(database: "DuckDBPyConnection", path: Path, wanted: dict[str, str]) -> tuple[int, ...]:
    """Gives when its first and its last run began, where it has any."""
    import duckdb

    try:
        found = database.execute(
            f"SELECT decode(value) FROM parquet_kv_metadata({quoted(path)}) "
            "WHERE decode(key) = 'msgprobe_fleet'"
        ).fetchone()
        version = 0 if found is None else int(found[0])
        if version > SCHEMA_VERSION:
            raise FleetError(
                f"{path}: was packed by a newer msgprobe (schema {version}, this one knows up to "
                f"{SCHEMA_VERSION}); update msgprobe, or {_OUT}"
            )
        have = {
            str(name): str(kind)
            for name, kind in database.execute(
                f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet("
                f"{quoted(path)}, hive_partitioning = false))"
            ).fetchall()
        }
        ends = database.execute(
            "SELECT min(stats_min_value::BIGINT), max(stats_max_value::BIGINT) FROM "
            f"parquet_metadata({quoted(path)}) WHERE path_in_schema = 'began'"
        ).fetchone()
    except (duckdb.Error, ValueError, UnicodeDecodeError):
        raise FleetError(f"{path}: is torn, or no Parquet; {_remedy(path)}") from None
    if have != wanted or not version:
        odd = sorted(set(have.items()) ^ set(wanted.items()))
        raise FleetError(
            f"{path}: was not packed by msgprobe"
            + (f" (column {odd[0][0]!r:.40})" if odd else "")
            + f"; {_OUT}"
        )
    return tuple(int(at) for at in ends or () if at is not None)
