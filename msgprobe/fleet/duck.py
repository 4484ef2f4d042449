"""DuckDB: in this process, over a store's folder or a database file of the user's."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from msgprobe.fleet.engine import Engine, Rows, nothing
from msgprobe.fleet.error import FleetError
from msgprobe.fleet.parquet import check, connect, listed, read_from
from msgprobe.fleet.store import Store
from msgprobe.interchange.facts import FACTS


class Duck(Engine):
    """The default engine."""

    def __init__(self, database: Path | None, store: Path | None) -> None:
        if database is not None and not database.is_file():
            raise FleetError(f"{database}: there is no such database; name a file of DuckDB's")
        if database is None and store is None:
            raise FleetError("--store: name the folder that msgprobe fleet pack wrote")
        self._name = ":memory:" if database is None else str(database)
        self._store = None if store is None else Store(store)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        spill = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="msgprobe-"))
        self._database = self._stack.enter_context(connect(Path(spill), self._name))
        if self._store is not None:
            self._store.settle()
        return self

    def __exit__(self, *exc: Any) -> None:
        try:
            self._stack.__exit__(*exc)
        except OSError as error:
            raise FleetError(
                f"DuckDB: {error.strerror}, where it works ({tempfile.gettempdir()})"
            ) from None

    def close(self) -> None:
        """See `Engine`."""
        self._stack.close()

    def source(self, fact: str) -> str:
        """The files, checked; an empty table where there is none."""
        if self._store is None:
            return fact
        check(self._database, self._store, fact)
        files = self._store.files(fact)
        if not files:
            return nothing(fact)
        return (
            f"read_parquet({listed(files)}, hive_partitioning = true, "
            "hive_types = {'country': VARCHAR, 'date': VARCHAR})"
        )

    def rows(self, query: str) -> Rows:
        """The answer."""
        files = [] if self._store is None else [f for t in FACTS for f in self._store.files(t)]
        with read_from(self._database, files):
            return self._database.execute(query).fetchall()
