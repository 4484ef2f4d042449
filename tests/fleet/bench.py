"""``python -m tests.fleet.bench --words 1e6,1e7,1e8``: a country's view over that many words.

Two thousand lines in twenty networks say twenty words every quarter of an hour: the words are made
by DuckDB, in files as `msgprobe fleet pack` writes them, and asked by the command itself, all of
them: time and memory are those of the whole process. Wants 10 GB of disk for a hundred million.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from msgprobe.fleet.parquet import connect
from msgprobe.fleet.store import Store
from msgprobe.interchange.facts import SCHEMA_VERSION
from tests.fleet.country import BEGIN

LINES, NETWORKS, SUBJECTS, BUCKETS = 2000, 20, 20, 96
DAY = LINES * SUBJECTS * BUCKETS
"""Words of a day: 3.84 million."""

_ROWS = """
SELECT {version} AS schema_version, printf('%016x', hash(line, bucket, {day})) AS run_id,
  'line-' || line AS vantage, (9001 + line % {networks})::BIGINT AS asn,
  ({begin} + 86400 * {day} + 900 * bucket + hash(line, bucket, {day}) % 900)::BIGINT AS began,
  'quick' AS kind, 'online' AS connection,
  ['messenger', 'signal', 'telegram', 'whatsapp'][1 + subject // 5] AS service,
  ['calls', 'media', 'signup', 'text', 'web'][1 + subject % 5] AS "function",
  CASE WHEN luck < 20 THEN 'inconclusive' WHEN luck < 30 THEN 'down'
    WHEN (subject = 13 AND bucket BETWEEN 40 AND 60) <> (luck >= 990) THEN 'blocked'
    ELSE 'ok' END AS outcome,
  'confirmed' AS strength, FALSE AS "partial",
  CASE WHEN subject = 13 AND bucket BETWEEN 40 AND 60 THEN 'tls.reset.sni' ELSE '' END
    AS mechanisms,
  13::BIGINT AS rules_version, repeat('ab', 32) AS catalogue_sha256, TRUE AS vote
FROM (
  SELECT line, bucket, subject, hash(line, bucket, subject, {day}) % 1000 AS luck
  FROM range({lines}) a(line), range({buckets}) b(bucket), range({subjects}) c(subject)
) ORDER BY service, "function", asn, vantage, began, run_id LIMIT {limit}
"""


def make(folder: Path, words: int) -> None:
    """A store with so many words."""
    store = Store(folder, create=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as spill, connect(Path(spill)) as database:
        for day in range(-(-words // DAY)):
            date = time.strftime("%Y-%m-%d", time.gmtime(BEGIN + 86400 * day))
            target = store.path / f"word/country=KZ/date={date}/part.parquet"
            target.parent.mkdir(parents=True)
            rows = _ROWS.format(
                version=f"{SCHEMA_VERSION}::BIGINT",
                begin=BEGIN,
                day=day,
                lines=LINES,
                networks=NETWORKS,
                buckets=BUCKETS,
                subjects=SUBJECTS,
                limit=min(DAY, words - day * DAY),
            )
            database.execute(
                f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, "
                f"KV_METADATA {{msgprobe_fleet: '{SCHEMA_VERSION}'}})"
            )


def ask(folder: Path) -> tuple[float, float, int, int]:
    """Seconds, seconds of processor, kilobytes at most, and rows of the answer."""
    command = [str(Path(sys.executable).with_name("msgprobe")), "fleet", "state", "--national"]
    with tempfile.TemporaryFile() as out:
        began = time.monotonic()
        done = subprocess.Popen([*command, "--csv", "--store", str(folder)], stdout=out)
        _, status, used = os.wait4(done.pid, 0)
        took = time.monotonic() - began
        done.returncode = os.waitstatus_to_exitcode(status)
        assert done.returncode == 0
        out.seek(0)
        worked = used.ru_utime + used.ru_stime
        return took, worked, used.ru_maxrss, sum(1 for _ in out) - 1


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 where a hundred million take more than 15 s or 4 GB."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet.bench", description=__doc__)
    parser.add_argument("--words", default="1e6,1e7,1e8")
    parser.add_argument("--folder", type=Path, help="where the stores lie meanwhile")
    parser.add_argument("--make", nargs=2, metavar=("STORE", "WORDS"), help="one store, no more")
    options = parser.parse_args(argv)
    if options.make:
        make(Path(options.make[0]), int(options.make[1]))
        return 0
    slow = False
    print("words          made s   disk MB   asked s     cpu s   memory MB   rows")
    for words in (int(float(text)) for text in options.words.split(",")):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            store = Path(folder) / "store"
            began = time.monotonic()
            # in a process of its own: what starts another one hands its own peak of memory on
            subprocess.run(
                [sys.executable, "-m", __spec__.name, "--make", store, str(words)], check=True
            )
            made = time.monotonic() - began
            size = sum(p.stat().st_size for p in store.rglob("*.parquet"))
            took, worked, memory, rows = min(ask(store) for _ in range(3))
        print(
            f"{words:<13,}{made:>8.1f}{size / 1e6:>10.1f}{took:>10.2f}{worked:>10.2f}"
            f"{memory / 1e3:>12.0f}{rows:>7}",
            flush=True,
        )
        slow |= took > 15 or memory > 4_000_000
    return int(slow)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
