"""``python -m tests.timeline_scale``: how long the timeline of ten million stored words takes.

A year of a fleet of ten lines, or ten years of one: a pulse every five minutes with ten words, a
whole run a day with its evidence. The words are drawn as the exam's confusion counts say. The
first time is under rules that are newer than those which gave the words: all is judged again.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from msgprobe.chronicle import tick
from msgprobe.history import words
from msgprobe.history.schema import FIRST
from msgprobe.history.store import History
from msgprobe.hypotheses.rule import RULES_VERSION
from msgprobe.model.history import Attachment, NetworkKind, Said, Span, Tick, TickKind
from msgprobe.model.verdict import Outcome
from msgprobe.report.document import read_run
from tests.report import sample
from tests.timeline.virtual_line import Errors

SERVICES = ("messenger", "signal", "telegram", "whatsapp")
SUBJECTS = (
    "connection",
    *(f"{s}.{f}" for s in SERVICES for f in ("media", "text")),
    "signal.calls",
)
PULSE, DAY = 300, 86400


def fill(path: Path, lines: int, count: int, evidence: Tick) -> None:
    """``count`` words over ``lines`` series, until now, as older rules would have said them."""
    ticks = count // lines // len(SUBJECTS)
    end = int(datetime.now(UTC).timestamp())
    with History(path, create=True) as history:
        for number in range(lines):
            network = Attachment(kind=NetworkKind.WIFI, gateway=f"g{number}", resolver="private")
            where = history.series_of(network, f"line {number}")
            random = Random(number)
            began = end - ticks * PULSE
            kinds = ["run" if n % (DAY // PULSE) == 1 else "pulse" for n in range(1, ticks + 1)]
            with history.writing() as database:
                database.execute("INSERT OR IGNORE INTO catalogue (sha256) VALUES ('c')")
                database.executemany(
                    "INSERT INTO tick VALUES (?, ?, ?, ?, ?, 1, 40.0)",
                    (
                        (where.id, n, began + n * PULSE, kind, f"{number}-{n}")
                        for n, kind in enumerate(kinds, 1)
                    ),
                )
                database.executemany(
                    "INSERT INTO document (series, n, rules, packed) VALUES (?, ?, ?, ?)",
                    (
                        (where.id, n, RULES_VERSION - 1, evidence.packed)
                        for n, kind in enumerate(kinds, 1)
                        if kind == "run"
                    ),
                )
                rows = {s: list(_spans(random, ticks, s, kinds)) for s in SUBJECTS}
                words.insert(database, history.names, FIRST, where.id, rows)


def _spans(random: Random, ticks: int, subject: str, kinds: Sequence[str]) -> Iterator[Span]:
    """Runs of right words, and between them wrong ones as often as the exam has them."""
    right = "online" if subject == "connection" else "ok"
    row = {"bad_link": 0.004} if subject == "connection" else dict(Errors().row("ok"))
    share = sum(row.values())
    n = 1
    while n <= ticks:
        length = int(random.expovariate(share)) + 1
        yield _span(n, min(n + length - 1, ticks), right, kinds)
        n += length
        if n <= ticks:
            (wrong,) = random.choices(list(row), list(row.values()))
            yield _span(n, n, wrong, kinds)
            n += 1


def _span(first: int, last: int, word: str, kinds: Sequence[str]) -> Span:
    runs = kinds[first - 1 : last].count("run")
    return Span(first, last, last - first + 1 - runs, 0, Said(word), RULES_VERSION - 1)


def timed(path: Path, *more: str) -> str:
    """Seconds that the command takes from its start to its end, and of processors."""
    call = [sys.executable, "-m", "msgprobe", "timeline", f"--history={path}", "--json", *more]
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(call, stdout=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{time.monotonic() - begun:.2f} s ({used:.2f} s of processors)"


def main(argv: Sequence[str]) -> int:
    """Print the figures; 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.timeline_scale", description=__doc__)
    parser.add_argument("--words", type=int, default=10_000_000)
    parser.add_argument("--lines", type=int, default=10)
    parser.add_argument("--run", type=Path, help="a saved run as the evidence; else a small one")
    options = parser.parse_args(argv)
    if options.run is None:
        evidence = tick(sample.run(sample.service_verdict(Outcome.OK)), TickKind.RUN)
    else:
        evidence = replace(tick(read_run(options.run.read_text())), kind=TickKind.RUN)
    with tempfile.TemporaryDirectory(prefix="msgprobe-scale-") as folder:
        path = Path(folder, "history.db")
        begun = time.monotonic()
        fill(path, options.lines, options.words, evidence)
        with History(path, write=False) as history:
            ((spans,),) = history.rows("SELECT count(*) FROM span")
            ((runs,),) = history.rows("SELECT count(*) FROM document")
        print(
            f"{options.words} words in {options.lines} series: {spans} runs of equal words, "
            f"{runs} with evidence, {path.stat().st_size / 1e6:.0f} MB, "
            f"made in {time.monotonic() - begun:.0f} s"
        )
        print(f"whole, first under new rules: {timed(path)}")
        print(f"whole, later: {timed(path)}")
        print(f"--since 7d: {timed(path, '--since', '7d')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
