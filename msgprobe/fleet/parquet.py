"""Parquet files through DuckDB, which works in this process and loads nothing from anywhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgprobe.fleet.error import FleetError
from msgprobe.fleet.store import Store
from msgprobe.interchange.facts import SCHEMA_VERSION, VOTE, columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "3GB"
"""Most that the engine takes for itself; what does not fit goes to the disk."""


@contextmanager
def connect(spill: Path | None, name: str = ":memory:") -> "Iterator[DuckDBPyConnection]":
    """A database of its own; ``spill`` is where it may put what does not fit into memory.

    Raises FleetError without the library, and for whatever DuckDB refuses inside.
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
        raise FleetError(_said(error)) from None


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


def check(database: "DuckDBPyConnection", store: Store, fact: str) -> None:
    """Every file of a table is ours, whole and of a schema that is known. Raises FleetError."""
    files = store.files(fact)
    for path in files:
        part, country, date = path.parts[-1], path.parts[-3], path.parts[-2]
        if not part or not country.startswith("country=") or not date.startswith("date="):
            raise FleetError(f"{path}: lies in no country=CC/date=DAY; take it out of the store")
    wanted = {n: k for n, k in columns(fact).items() if n != "country"}
    if fact == "word":
        wanted[VOTE] = "BOOLEAN"
    for path in files:
        _check(database, path, wanted)


def _check(database: "DuckDBPyConnection", path: Path, wanted: dict[str, str]) -> None:
    import duckdb

    out = "take it out of the store"
    try:
        found = database.execute(
            f"SELECT decode(value) FROM parquet_kv_metadata({quoted(path)}) "
            "WHERE decode(key) = 'msgprobe_fleet'"
        ).fetchone()
        version = 0 if found is None else int(found[0])
        if version > SCHEMA_VERSION:
            raise FleetError(
                f"{path}: was packed by a newer msgprobe (schema {version}, this one knows up to "
                f"{SCHEMA_VERSION}); update msgprobe, or {out}"
            )
        have = {
            str(name): str(kind)
            for name, kind in database.execute(
                f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet("
                f"{quoted(path)}, hive_partitioning = false))"
            ).fetchall()
        }
    except (duckdb.Error, ValueError, UnicodeDecodeError):
        raise FleetError(f"{path}: is torn, or no Parquet; {out}") from None
    if have != wanted or not version:
        odd = sorted(set(have.items()) ^ set(wanted.items()))
        raise FleetError(
            f"{path}: was not packed by msgprobe"
            + (f" (column {odd[0][0]!r:.40})" if odd else "")
            + f"; {out}"
        )
