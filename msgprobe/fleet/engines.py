"""The engines that can be asked, by URL.

Credentials in a URL go to the engine and nowhere else: no message repeats them.
"""

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from msgprobe.fleet.engine import Engine
from msgprobe.fleet.error import FleetError
from msgprobe.fleet.parquet import inspect
from msgprobe.fleet.store import Store, is_here

KNOWN = (
    "duckdb: (built in), duckdb:///FILE, clickhouse://USER:PASSWORD@HOST:8123/DATABASE, "
    "spark://HOST:7077, local[2] (Spark here), sc://HOST:15002 (Spark Connect), chdb: (ClickHouse "
    "here)"
)


def engine(url: str, store: str | None) -> Engine:
    """The engine that ``url`` names, over ``store``: a folder, or what the engine itself reads.

    Without a store the tables ``word`` and ``run`` of its database are asked. Raises FleetError.
    """
    if url.startswith(("local", "sc://", "spark://")):
        from msgprobe.fleet.spark import Spark

        return Spark(url, _inspected(store, here=url.startswith("local")))
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise FleetError(f"--engine: is no URL of an engine; known are: {KNOWN}") from None
    match parts.scheme:
        case "duckdb":
            from msgprobe.fleet.duck import Duck

            return Duck(_path(parts), _folder(store))
        case "chdb":
            from msgprobe.fleet.clickhouse import Embedded

            return Embedded(_path(parts), _local(_inspected(store, here=True)))
        case "clickhouse" | "clickhouses":
            from msgprobe.fleet.clickhouse import Server

            return Server(server(parts), _inspected(store, here=False))
        case _:
            pass
    raise FleetError(f"--engine: {parts.scheme or url!r:.20} is none; known are: {KNOWN}")


def server(parts: SplitResult) -> dict[str, Any]:
    """Host, port, credentials and database of a URL, by the names of clickhouse-connect."""
    if not parts.hostname:
        raise FleetError("--engine: names no host; write clickhouse://HOST:8123/DATABASE")
    found: dict[str, Any] = {"host": parts.hostname, "secure": parts.scheme == "clickhouses"}
    found["port"] = parts.port or (8443 if found["secure"] else 8123)
    if parts.username:
        found["username"] = unquote(parts.username)
    if parts.password:
        found["password"] = unquote(parts.password)
    if parts.path.strip("/"):
        found["database"] = parts.path.strip("/")
    return found | {"settings": dict(parse_qsl(parts.query))}


def _path(parts: SplitResult) -> Path | None:
    if parts.netloc:
        raise FleetError(f"--engine: names a host; write {parts.scheme}:///FOLDER/FILE")
    return Path(unquote(parts.path)) if parts.path.strip("/") else None


def _folder(store: str | None) -> Path | None:
    if store is not None and "://" in store:
        raise FleetError(
            f"--store: {store.partition('://')[0]}: DuckDB reads folders of this machine alone; "
            "name one, or an engine that reads it (ClickHouse, Spark)"
        )
    return None if store is None else Path(store)


def _inspected(store: str | None, *, here: bool) -> str | None:
    """``store``, with its files checked where they lie on this machine: other engines take foreign
    ones for ours. ``here``: a folder is one of this machine."""
    if store is not None and "://" not in store and (here or is_here(store)):
        inspect(Store(Path(store)))
    return store


def _local(store: str | None) -> str | None:
    return store if store is None or "://" in store else str(Path(store).absolute())
