"""``python -m tests.fleet.parity``: the same answers from DuckDB, ClickHouse and Spark.

Packs a made-up country, asks every question of `msgprobe.fleet.queries` on every engine, of all and
of a part, and compares the rows to the last one. ClickHouse is asked in this process (chdb) and, by
the client that users have, over HTTP from a port of this process; Spark runs in a JVM here.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from msgprobe.fleet import queries
from msgprobe.fleet.engines import engine
from msgprobe.fleet.pack import pack
from msgprobe.fleet.queries import Scope
from msgprobe.fleet.store import Store
from tests.fleet.country import BEGIN, HOUR
from tests.fleet.exam import stormy

QUESTIONS = ("cells", "national", "turns", "brackets", "mechanisms", "lines")
SCOPES = (
    Scope(),
    Scope(since=BEGIN + 2 * HOUR, until=BEGIN + 5 * HOUR, country="KZ", service="telegram"),
    Scope(since=BEGIN + 900 * HOUR),
)
Answers = dict[tuple[str, int], list[tuple[object, ...]]]


def answers(url: str, store: str) -> Answers:
    """The rows of every question and scope, sorted."""
    found: Answers = {}
    with engine(url, store) as asked:
        for question in QUESTIONS:
            source = asked.source("run" if question == "lines" else "word")
            for number, scope in enumerate(SCOPES):
                rows = asked.rows(getattr(queries, question)(source, scope))
                found[question, number] = sorted(map(_plain, rows))
    return found


def _plain(row: tuple[object, ...]) -> tuple[object, ...]:
    for one in row:
        assert isinstance(one, int | str), f"{one!r} is no whole number or text"
    return tuple(row)


@contextmanager
def packed(seed: int, lasts: int) -> Iterator[str]:
    """The folder of a store with a country in it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        country = replace(stormy(seed), lasts=lasts)
        done = pack(Store(store, create=True), country.runs())
        print(f"{done.new} runs in {len(country.networks)} networks")
        yield str(store)


def main(argv: Sequence[str]) -> int:
    """Compare; 1 where a row differs."""
    from tests.fleet.clickhouse_port import port

    parser = argparse.ArgumentParser(prog="python -m tests.fleet.parity", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=int, default=8)
    options = parser.parse_args(argv)
    differ = 0
    with packed(options.seed, options.hours * HOUR) as store, port() as number:
        right: Answers = {}
        for url in ("duckdb:", "chdb:", f"clickhouse://127.0.0.1:{number}", "local[2]"):
            began = time.monotonic()
            found = answers(url, store)
            right = right or found
            for key, rows in found.items():
                if rows != right[key]:
                    differ += 1
                    odd = set(rows) ^ set(right[key])
                    print(
                        f"{url}: {key}: {len(odd)} rows differ, such as {sorted(odd, key=str)[:2]}"
                    )
            total, took = sum(map(len, found.values())), time.monotonic() - began
            print(f"{url.partition('//')[0]} {total} rows of {len(found)} answers in {took:.1f} s")
    print("the same answers" if not differ else f"{differ} answers differ")
    return int(bool(differ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
