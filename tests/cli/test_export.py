"""`msgprobe export`: files in, one file out, whole or not there."""

import csv
import gzip
import io
import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from msgprobe.history.store import History
from msgprobe.model.run import Run
from msgprobe.model.verdict import Outcome
from msgprobe.report.document import document, dumps
from tests.cli.process import Msgprobe
from tests.history import ticks
from tests.report import sample


def text(run: Run) -> str:
    return dumps(document(run, exit_code=0, evidence=True))


@pytest.fixture
def three(tmp_path: Path) -> list[str]:
    """Runs of three days; the last one is compressed."""
    made = []
    for day in (1, 2, 3):
        run = sample.run(sample.service_verdict(Outcome.OK, "Signal"))
        run = replace(run, run_id=f"run-{day}", started_at=f"2026-01-0{day}T10:30:00Z")
        path = tmp_path / f"{day}.json"
        path.write_text(text(run))
        made.append(path)
    packed = tmp_path / "3.json.gz"
    packed.write_bytes(gzip.compress(made.pop().read_bytes()))
    return [str(path) for path in (*made, packed)]


def ids(out: str) -> set[str]:
    return {row["run_id"] for row in csv.DictReader(io.StringIO(out))}


def test_runs_become_one_table(msgprobe: Msgprobe, three: list[str]) -> None:
    done = msgprobe("export", *three)
    assert (done.returncode, done.stderr) == (0, "")
    assert ids(done.stdout) == {"run-1", "run-2", "run-3"}
    lines = msgprobe("export", *three, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["run_id"] for line in lines[::3]] == ["run-1", "run-2", "run-3"]


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--since", "2026-01-02"], {"run-2", "run-3"}),
        (["--until", "2026-01-02"], {"run-1"}),
        (["--until", "2026-01-02T10:30Z"], {"run-1"}),
        (["--since", "2026-01-02T11:30+01:00", "--until", "2026-01-03"], {"run-2"}),
        (["--since", "2027-01-01"], set()),
    ],
)
def test_a_span_begins_with_since_and_ends_before_until(
    msgprobe: Msgprobe, three: list[str], words: list[str], left: set[str]
) -> None:
    assert ids(msgprobe("export", *three, *words).stdout) == left


def test_a_file_is_written_whole_and_for_its_owner_alone(
    msgprobe: Msgprobe, three: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    done = msgprobe("export", *three, "-o", str(out))
    assert (done.returncode, done.stdout) == (0, "")
    assert "3 runs" in done.stderr
    assert ids(out.read_text()) == {"run-1", "run-2", "run-3"}
    if os.name == "posix":
        assert out.stat().st_mode & 0o777 == 0o600


def test_parquet_is_written_to_a_file(msgprobe: Msgprobe, three: list[str], tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "out.parquet"
    assert msgprobe("export", *three, "--format", "parquet", "-o", str(out)).returncode == 0
    assert set(pq.read_table(out).column("run_id").to_pylist()) == {"run-1", "run-2", "run-3"}
    done = msgprobe("export", *three, "--format", "parquet")
    assert (done.returncode, done.stdout) == (2, "")
    assert "-o" in done.stderr


@pytest.mark.parametrize("fault", ["torn", "foreign", "gzip", "bomb", "absent"])
def test_one_bad_file_is_named_and_nothing_is_written(
    msgprobe: Msgprobe, three: list[str], tmp_path: Path, fault: str
) -> None:
    bad, out = tmp_path / "bad.json", tmp_path / "out.csv"
    out.write_text("as it was")
    whole = Path(three[0]).read_bytes()
    data = {
        "torn": whole[: len(whole) // 2],
        "foreign": b'{"test_name": "whatsapp"}',
        "gzip": gzip.compress(whole)[:-200],
        "bomb": gzip.compress(b" " * 150_000_000),
    }
    if fault in data:
        bad.write_bytes(data[fault])
    before = set(tmp_path.iterdir())
    done = msgprobe("export", *three, str(bad), "-o", str(out))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and str(bad) in done.stderr
    assert out.read_text() == "as it was"
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--format", "xml"], ["--format", "csv, jsonl"]),
        (["--since", "yesterday"], ["--since", "2026-11-26"]),
        (["-o", "/nowhere/out.csv"], ["/nowhere"]),
    ],
)
def test_what_makes_no_sense_is_told(
    msgprobe: Msgprobe, three: list[str], words: list[str], told: list[str]
) -> None:
    done = msgprobe("export", *three, *words)
    assert done.returncode in (2, 74)
    assert len(done.stderr.splitlines()) == 1
    assert all(word in done.stderr for word in told)


@pytest.fixture
def remembered(tmp_path: Path) -> Path:
    """The same three days in a history, and a fourth run of which the words alone are kept."""
    path = tmp_path / "history.db"
    with History(path, create=True) as history:
        where = ticks.home(history)
        for day in (1, 2, 3, 4):
            run = sample.run(sample.service_verdict(Outcome.OK, "Signal"))
            run = replace(run, run_id=f"run-{day}", started_at=f"2026-01-0{day}T10:30:00Z")
            at = int(datetime.fromisoformat(run.started_at).timestamp()) + 59
            kept = text(run) if day < 4 else None
            found = ticks.tick(day, at=at, document=kept)
            history.add(where, replace(found, run_id=run.run_id))
    return path


def test_what_is_remembered_goes_out_as_files_do(
    msgprobe: Msgprobe, three: list[str], remembered: Path, tmp_path: Path
) -> None:
    done = msgprobe("export", f"--history={remembered}")
    assert done.returncode == 0 and "1 of which the words alone" in done.stderr
    of_files = list(csv.DictReader(io.StringIO(msgprobe("export", *three).stdout)))
    of_history = list(csv.DictReader(io.StringIO(done.stdout)))
    (series,) = {row.pop("series") for row in of_history}
    assert series
    assert of_history == [{k: v for k, v in row.items() if k != "series"} for row in of_files]
    out = tmp_path / "out.parquet"
    words = ("--format", "parquet", "-o", str(out), "--since", "2026-01-02T10:30Z")
    done = msgprobe("export", f"--history={remembered}", *words)
    assert (done.returncode, done.stdout) == (0, "") and "2 runs" in done.stderr


def test_a_span_cuts_what_is_remembered(msgprobe: Msgprobe, remembered: Path) -> None:
    for words, left in (
        (("--until", "2026-01-02T10:30Z"), {"run-1"}),
        (("--until", "2026-01-02T10:31Z"), {"run-1", "run-2"}),
        (("--since", "2026-01-02T10:30Z", "--until", "2026-01-03"), {"run-2"}),
    ):
        assert ids(msgprobe("export", f"--history={remembered}", *words).stdout) == left


def test_a_history_that_is_none_writes_nothing(
    msgprobe: Msgprobe, three: list[str], remembered: Path, tmp_path: Path
) -> None:
    bad, out = tmp_path / "bad.db", tmp_path / "out.csv"
    bad.write_bytes(remembered.read_bytes()[:3000])
    for words, told in (
        ((f"--history={bad}",), "bad.db"),
        ((f"--history={tmp_path / 'none.db'}",), "none.db"),
        ((three[0], f"--history={remembered}"), "not both"),
        ((), "--history"),
    ):
        done = msgprobe("export", *words, "-o", str(out))
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1 and told in done.stderr
        assert not out.exists()


def test_judge_prints_the_same_table(msgprobe: Msgprobe, three: list[str]) -> None:
    (one,) = ids(msgprobe("judge", three[0], "--csv").stdout)
    assert one == "run-1"


def test_ooni_measurements_are_lines_of_json(msgprobe: Msgprobe, three: list[str]) -> None:
    done = msgprobe("export", *three, "--format", "ooni")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["test_name"] for one in found} == {"telegram", "web_connectivity"}
    starts = {one["measurement_start_time"] for one in found}
    assert starts == {f"2026-01-0{day} 10:30:00" for day in (1, 2, 3)}


def test_a_run_without_a_start_is_no_measurement_of_theirs(
    msgprobe: Msgprobe, tmp_path: Path
) -> None:
    run = replace(sample.run(sample.blocked()), started_at="unknown")
    path = tmp_path / "run.json"
    path.write_text(text(run))
    done = msgprobe("export", str(path), "--format", "ooni")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert run.run_id in done.stderr and "start" in done.stderr
