"""`msgprobe judge --from ooni`: one measurement a line, each with its words."""

import csv
import gzip
import io
import json
import resource
import subprocess
from pathlib import Path

import pytest

from tests.cli.process import Msgprobe
from tests.interchange.ooni_runs import ELSEWHERE
from tests.interchange.test_ooni_in import GOOD, measurement, page


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A measurement that works, one of another test, and one in which a name is torn."""
    made = [
        measurement("telegram", **page("web.telegram.org", GOOD), telegram_web_status="ok"),
        measurement("ndt"),
        measurement(
            "signal",
            **page("storage.signal.org", ELSEWHERE, "connection_reset"),
            signal_backend_status="blocked",
        ),
    ]
    path = tmp_path / "ooni.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in made))
    return path


def test_each_measurement_gets_its_words_beside_oonis(msgprobe: Msgprobe, archive: Path) -> None:
    done = msgprobe("judge", "--from", "ooni", str(archive))
    assert done.returncode == 3, done.stderr
    assert "Line 1: telegram 1, 2026-01-05 10:30 UTC, KZ, AS9198" in done.stdout
    assert "OONI says: not blocked." in done.stdout
    assert "Line 3: signal" in done.stdout
    assert "OONI says: blocked (signal_backend_status)" in done.stdout
    assert "1 measurement of other tests was left out" in done.stderr
    assert "blocked (confirmed)" not in done.stdout


@pytest.mark.parametrize("packed", [False, True])
def test_rows_and_lines_of_many(
    msgprobe: Msgprobe, archive: Path, tmp_path: Path, packed: bool
) -> None:
    path = archive
    if packed:
        path = tmp_path / "ooni.jsonl.gz"
        path.write_bytes(gzip.compress(archive.read_bytes()))
    done = msgprobe("judge", "--from", "ooni", str(path), "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    said = {(r["service"], r["function"]): r["outcome"] for r in rows}
    assert said["telegram", "web"] == "ok"
    assert said["signal", "media"] == "inconclusive"
    assert {r["connection"] for r in rows} == {"unknown"}
    assert {r["asn"] for r in rows} == {"9198"}
    out = tmp_path / "out.jsonl"
    done = msgprobe("judge", "--from", "ooni", str(path), "--jsonl", "-o", str(out))
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["type"] for line in lines] == ["service", "run"] * 2
    assert len({line["run_id"] for line in lines}) == 2
    again = msgprobe("judge", "--from", "ooni", str(path), "--jsonl", "--evidence").stdout
    assert again == out.read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--json"], ["--json", "--jsonl"]),
        (["-o", "out.json"], ["-o", "--jsonl"]),
        (["--junit", "out.xml"], ["--junit", "--csv"]),
    ],
)
def test_a_form_for_one_run_is_refused(
    msgprobe: Msgprobe, archive: Path, words: list[str], told: list[str], tmp_path: Path
) -> None:
    done = msgprobe("judge", "--from", "ooni", str(archive), *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert all(word in done.stderr for word in told)


def test_what_is_neither_is_told(msgprobe: Msgprobe, archive: Path, saved: Path) -> None:
    done = msgprobe("judge", "--from", "wehe", str(archive))
    assert done.returncode == 2 and "ooni" in done.stderr
    done = msgprobe("judge", "--from", "ooni", str(saved))
    assert done.returncode == 2 and f"{saved}: line 1: " in done.stderr
    done = msgprobe("judge", "--from", "ooni", str(archive.parent / "none"))
    assert done.returncode == 2 and "none" in done.stderr


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))


@pytest.mark.parametrize("kind", ["torn", "deep", "long", "gzip", "bomb", "binary"])
def test_a_hostile_file_is_one_line_of_error_within_bounded_memory(
    msgprobe: Msgprobe, archive: Path, tmp_path: Path, kind: str
) -> None:
    good = archive.read_bytes()
    data = {
        "torn": good + good[:200],
        "deep": good + b"[" * 2_000_000 + b"\n",
        "long": good + b'{"test_name": "' + b"x" * 20_000_000,
        "gzip": gzip.compress(good * 50)[:-30],
        "bomb": gzip.compress(good + b"a" * 100_000_000, 1),
        "binary": good + bytes(range(256)) * 10 + b"\n",
    }[kind]
    path = tmp_path / "bad"
    path.write_bytes(data)
    out = tmp_path / "out.csv"
    done: subprocess.CompletedProcess[str] = msgprobe(
        "judge", "--from", "ooni", str(path), "--csv", "-o", str(out), preexec_fn=limited
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert f"{path}: line " in done.stderr
    assert not out.exists()
    assert {one.name for one in tmp_path.iterdir()} <= {"bad", "ooni.jsonl"}
