"""ClickHouse: a server of the user's, or the same engine in this process (chdb)."""

import json
from logging import NullHandler, getLogger
from pathlib import Path
from typing import Any

from msgprobe.fleet.engine import Engine, Rows, nothing, refused
from msgprobe.fleet.error import FleetError
from msgprobe.fleet.store import PART, has_none

GREETING = 20
"""Seconds for a server to say who it is."""

ANSWER = 600
"""Seconds in which it has to say something more while it works on an answer."""


def table(store: str | None, fact: str) -> str:
    """The table function that reads a store, as the server sees it; the table itself without."""
    if store is None:
        return fact
    if has_none(store, fact):
        return nothing(fact)
    function = "s3" if store.startswith(("s3://", "http://", "https://")) else "file"
    where = f"{store.rstrip('/')}/{fact}/*/*/{PART}".replace("\\", "\\\\").replace("'", "\\'")
    return f"{function}('{where}', 'Parquet')"


class _ClickHouse(Engine):
    """Either of them."""

    _store: str | None

    def source(self, fact: str) -> str:
        """See `table`."""
        return table(self._store, fact)


class Embedded(_ClickHouse):
    """chdb."""

    def __init__(self, path: Path | None, store: str | None) -> None:
        try:
            from chdb.session import Session
        except ImportError:
            raise FleetError("--engine chdb: needs a library: pip install chdb") from None
        self._session = Session() if path is None else Session(str(path))
        self._store = store

    def close(self) -> None:
        """See `Engine`."""
        self._session.close()

    def rows(self, query: str) -> Rows:
        """The answer."""
        try:
            told = self._session.query(
                f"{query} SETTINGS use_hive_partitioning = 1", "JSONCompactEachRow"
            )
        except Exception as error:
            raise FleetError(f"chdb: {str(error).splitlines()[0]:.300}") from None
        return [tuple(json.loads(line)) for line in told.bytes().splitlines()]


class Server(_ClickHouse):
    """A server, over HTTP. ``where`` are the arguments of clickhouse-connect."""

    def __init__(self, where: dict[str, Any], store: str | None) -> None:
        self._name = f"clickhouse://{where['host']}:{where['port']}"
        self._store = store
        self._secrets = [where[name] for name in ("password",) if where.get(name)]
        try:
            from clickhouse_connect import get_client
        except ImportError:
            raise FleetError(
                "--engine clickhouse: needs a library: pip install 'msgprobe[clickhouse]'"
            ) from None
        from clickhouse_connect.driver.exceptions import ClickHouseError
        from urllib3 import Timeout

        # What goes wrong is told by us, once; it would write of it too.
        getLogger("clickhouse_connect").addHandler(NullHandler())
        self._errors: tuple[type[Exception], ...] = (ClickHouseError, OSError, ValueError)
        settings = {"use_hive_partitioning": 1, **where.pop("settings")}
        try:
            self._client = get_client(
                **where, settings=settings, compress=False, send_receive_timeout=GREETING
            )
        except self._errors as error:
            raise refused(self._name, error, self._secrets) from None
        self._client.timeout = Timeout(connect=GREETING, read=ANSWER)

    def close(self) -> None:
        """See `Engine`."""
        self._client.close()

    def rows(self, query: str) -> Rows:
        """The answer."""
        try:
            return [tuple(row) for row in self._client.query(query).result_rows]
        except self._errors as error:
            raise refused(self._name, error, self._secrets) from None
