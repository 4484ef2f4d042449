"""ClickHouse: a server of the user's, or the same engine in this process (chdb)."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgprobe.fleet.engine import Rows
from msgprobe.fleet.error import FleetError


def table(store: str | None, fact: str) -> str:
    """The table function that reads a store, as the server sees it; the table itself without."""
    if store is None:
        return fact
    function = "s3" if store.startswith(("s3://", "http://", "https://")) else "file"
    where = f"{store.rstrip('/')}/{fact}/**/*.parquet".replace("\\", "\\\\").replace("'", "\\'")
    return f"{function}('{where}', 'Parquet')"


class Embedded:
    """chdb."""

    def __init__(self, path: Path | None, store: str | None) -> None:
        try:
            from chdb.session import Session
        except ImportError:
            raise FleetError("--engine chdb: needs a library: pip install chdb") from None
        self._session = Session() if path is None else Session(str(path))
        self._store = store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def source(self, fact: str) -> str:
        """See `table`."""
        return table(self._store, fact)

    def rows(self, query: str) -> Rows:
        """The answer."""
        try:
            told = self._session.query(
                f"{query} SETTINGS use_hive_partitioning = 1", "JSONCompactEachRow"
            )
        except Exception as error:
            raise FleetError(f"chdb: {str(error).splitlines()[0]:.300}") from None
        return [tuple(map(_number, json.loads(line))) for line in told.bytes().splitlines()]


def _number(value: Any) -> Any:
    return value


class Server:
    """A server, over HTTP. ``where`` are the arguments of clickhouse-connect."""

    def __init__(self, where: dict[str, Any], store: str | None) -> None:
        self._name = f"clickhouse://{where['host']}:{where['port']}"
        self._store = store
        try:
            from clickhouse_connect import get_client
        except ImportError:
            raise FleetError(
                "--engine clickhouse: needs a library: pip install 'msgprobe[clickhouse]'"
            ) from None
        from clickhouse_connect.driver.exceptions import ClickHouseError

        self._errors: tuple[type[Exception], ...] = (ClickHouseError, OSError)
        settings = {"use_hive_partitioning": 1, **where.pop("settings")}
        try:
            self._client = get_client(**where, settings=settings, compress=False)
        except self._errors as error:
            raise self._told(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def source(self, fact: str) -> str:
        """See `table`."""
        return table(self._store, fact)

    def rows(self, query: str) -> Rows:
        """The answer."""
        try:
            return [tuple(row) for row in self._client.query(query).result_rows]
        except self._errors as error:
            raise self._told(error) from None

    def _told(self, error: Exception) -> FleetError:
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return FleetError(f"{self._name}: {why:.300}")
