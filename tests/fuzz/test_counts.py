"""The table of all executions: what ends at the same moment is added up all the same."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.counts import Row, add, read

RUNS = 40


def ran(number: int) -> Row:
    return Row(target=f"dns {number % 2}", blind=10, worst_ms=1.0, findings=0, last="2026-11-28 0")


def test_runs_that_end_together_are_all_counted(tmp_path: Path) -> None:
    table = tmp_path / "counts.txt"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add([ran(n)], table), range(RUNS)))
    assert {name: row.blind for name, row in read(table).items()} == {
        "dns 0": 10 * RUNS // 2,
        "dns 1": 10 * RUNS // 2,
    }
