"""Runs go into a store: each once, a vantage's words of a quarter of an hour with one vote.

A partition that gets something new is written anew from what was there and what comes; so that it
stays one file, and which word is the vote does not depend on who packed first.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from msgprobe.fleet.parquet import check, connect, listed, quoted, read_from
from msgprobe.fleet.store import PART, Partition, Store
from msgprobe.interchange.facts import FACTS, SCHEMA_VERSION, VOTE, LineEvents, RunFacts, columns
from msgprobe.model.dataclass import dataclass
from msgprobe.model.fleet import BUCKET

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EARLIEST = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
"""Before it there was no msgprobe: a clock that says so was never set."""

AHEAD = 15 * 60
"""Seconds by which a run may be in the future: clocks differ by minutes, not by more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What packing came to, in runs."""

    new: int
    known: int


class Untimely(ValueError):
    """A run that cannot have begun when it says; the text says why."""


def check_time(began: int, now: int) -> None:
    """Raises Untimely for a run of the future, or of a clock that was never set."""
    when = datetime.fromtimestamp(began, UTC).isoformat() if abs(began) < 10**11 else str(began)
    if began > now + AHEAD:
        raise Untimely(f"it began at {when}, which is to come; set the clock of that device")
    if began < EARLIEST:
        raise Untimely(f"it began at {when}; that device's clock was never set")


Items = Iterable[RunFacts | LineEvents]


def pack(store: Store, items: Items) -> Packed:
    """Take runs in, and what lines' timelines tell; a run that is known changes nothing. All or
    nothing.

    Raises FleetError, OSError, or what ``items`` raises.
    """
    with store.packing() as staging, connect(staging) as database:
        count = _written(staging, items)
        if not count:
            return Packed(new=0, known=0)
        for fact in FACTS:
            check(database, store, fact)
            _load(database, fact, staging)
        with read_from(database, [path for fact in FACTS for path in store.files(fact)]):
            new = _sifted(database, store)
            parts = list(_partitions(database))
            for part in parts:
                _make(database, store, part, staging)
        if parts:
            store.put(staging, parts)
    return Packed(new=new, known=count - new)


def _written(staging: Path, items: Items) -> int:
    """The rows of ``items`` as lines of JSON, a file a table; gives the number of runs."""
    count = 0
    with ExitStack() as stack:
        files: dict[str, IO[str]] = {
            fact: stack.enter_context(_lines(staging, fact).open("w", encoding="ascii"))
            for fact in FACTS
        }
        for item in items:
            for fact, row in item.rows():
                files[fact].write(json.dumps({**row, "nth": count}, allow_nan=False) + "\n")
            count += isinstance(item, RunFacts)
    return count


def _lines(staging: Path, fact: str) -> Path:
    return staging / f"{fact}.jsonl"


def _load(database: "DuckDBPyConnection", fact: str, staging: Path) -> None:
    """The lines as table ``new_FACT``; ``nth`` tells the runs of one id apart."""
    typed = {**columns(fact), "nth": "BIGINT"}
    kinds = ", ".join(f"{name}: '{kind}'" for name, kind in typed.items())
    database.execute(
        f"CREATE TABLE new_{fact} AS SELECT *, strftime(make_timestamp(began * 1000000), "
        f"'%Y-%m-%d') AS date FROM read_json({quoted(_lines(staging, fact))}, columns = "
        f"{{{kinds}}}, format = 'newline_delimited', maximum_object_size = 67108864)"
    )


def _sifted(database: "DuckDBPyConnection", store: Store) -> int:
    """Leave of the new tables what is new: of runs with one id the first; gives their number."""
    known = store.files("run")
    seen = f"SELECT run_id FROM read_parquet({listed(known)})" if known else "SELECT ''"
    database.execute(
        "CREATE TABLE taken AS SELECT min(nth) AS nth FROM new_run WHERE run_id NOT IN "
        f"({seen}) GROUP BY run_id"
    )
    for fact in FACTS.keys() - {"event"}:
        database.execute(f"DELETE FROM new_{fact} WHERE nth NOT IN (SELECT nth FROM taken)")
    return int(_one(database, "SELECT count(*) FROM taken"))


def _one(database: "DuckDBPyConnection", query: str) -> int:
    found = database.execute(query).fetchone()
    assert found is not None
    return int(found[0])


def _partitions(database: "DuckDBPyConnection") -> Iterator[Partition]:
    for fact in FACTS:
        for country, date in database.execute(
            f"SELECT DISTINCT country, date FROM new_{fact} ORDER BY ALL"
        ).fetchall():
            yield Partition(fact, country, date)


def _make(database: "DuckDBPyConnection", store: Store, part: Partition, staging: Path) -> None:
    """The partition's file, with what was in it, in ``staging``."""
    target = staging / part.folder / PART
    target.parent.mkdir(mode=0o700, parents=True)
    names = ", ".join(n for n in columns(part.fact) if n != "country")
    rows = f"SELECT {names}, nth FROM new_{part.fact} WHERE country = ? AND date = ?"
    old = store.part(part)
    if old.exists():
        there = f"read_parquet({quoted(old)}, hive_partitioning = false)"
        rows += f" UNION ALL SELECT {names}, -1 FROM {there}"
    kept = f"{names}, {VOTE}" if part.fact == "word" else names
    order = "asn, vantage, began, run_id"
    if part.fact != "run":
        order = f"service, function, {order}"
    if part.fact == "word":
        rows = f"SELECT *, {_VOTE} AS {VOTE} FROM ({rows})"
    if part.fact == "event":
        rows = f"SELECT {names} FROM ({rows}) QUALIFY {_LATEST}"
    database.execute(
        f"COPY (SELECT {kept} FROM ({rows}) ORDER BY {order}) TO {quoted(target)} (FORMAT parquet, "
        f"COMPRESSION zstd, KV_METADATA {{msgprobe_fleet: '{SCHEMA_VERSION}'}})",
        [part.country, part.date],
    )


_VOTE = (
    "(row_number() OVER (PARTITION BY asn, vantage, service, function, "
    f"began - began % {BUCKET} ORDER BY (outcome = 'inconclusive'), began DESC, run_id DESC)) = 1"
)
"""A vantage's last word in the quarter of an hour that says something, or else its last one."""


_LATEST = (
    "(row_number() OVER (PARTITION BY asn, vantage, service, function, began ORDER BY nth DESC))"
    " = 1"
)
"""Of the tellings of one change the last one."""
