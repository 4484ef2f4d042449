"""The fuzzer that does not look at the code: its inputs, its limits, and what it leaves behind."""

import random
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from msgprobe.wire.error import WireError
from tests.fuzz import blind
from tests.fuzz.__main__ import main
from tests.fuzz.counts import Row
from tests.fuzz.havoc import havoc
from tests.fuzz.targets import LARGEST, TARGETS, USUAL
from tests.fuzz.watch import TooSlow, Watch

POOL = [b"a short one", bytes(range(200)), b'{"a": [1, 2]}']


@pytest.mark.parametrize("target", ["mqtt", "saved run", "http2"])
def test_a_seed_decides_the_inputs(target: str) -> None:
    first, again, other = (list(islice(blind.inputs(target, POOL, s), 500)) for s in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) > 250, "many are alike, even for so small a pool"
    assert max(map(len, first)) <= LARGEST.get(target, USUAL)


def test_every_change_can_be_made_of_any_bytes() -> None:
    chance = random.Random(1)
    sizes = set()
    for data in (b"", b"x", bytes(60)):
        for _ in range(3000):
            found = havoc(data, 64, chance, [b"", b"other"])
            assert len(found) <= 64
            sizes.add(len(found))
    assert sizes == {*range(65)}


def test_the_pool_is_the_seeds_and_what_was_kept(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"kept")
    (tmp_path / "a").write_bytes(bytes(USUAL + 1))
    first, *found = blind.pool("mqtt", tmp_path)
    assert found == [bytes(USUAL), b"kept"] and len(first) == 4
    assert blind.pool("mqtt", tmp_path / "none") == [first]


def fuzzed(
    monkeypatch: pytest.MonkeyPatch, place: Path, target: Callable[[bytes], object], runs: int
) -> int:
    monkeypatch.setitem(TARGETS, "mqtt", target)
    return blind.fuzz("mqtt", place, seconds=60, runs=runs, seed=3)


def test_it_tries_as_many_as_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[bytes] = []

    def refuses(data: bytes) -> None:
        seen.append(data)
        raise WireError("no")

    assert fuzzed(monkeypatch, tmp_path, refuses, 150) == 0
    assert "number_of_executed_units: 150\n" in capsys.readouterr().out
    assert blind.left(tmp_path) == seen[-1]


@pytest.mark.parametrize("fault", [WireError(""), KeyError("a"), MemoryError(), SystemExit(0)])
def test_anything_but_a_refusal_in_words_is_a_finding_that_is_kept(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    fault: BaseException,
) -> None:
    def breaks(data: bytes) -> None:
        if b"\x02" in data[1:]:
            raise fault

    assert fuzzed(monkeypatch, tmp_path, breaks, 100_000) == blind.FOUND
    (kept,) = tmp_path.glob("blind-*")
    assert b"\x02" in kept.read_bytes()[1:]
    said = capsys.readouterr()
    assert str(kept) in said.err and "number_of_executed_units: " in said.out


def test_an_input_that_takes_long_is_a_finding(tmp_path: Path) -> None:
    def counts(data: bytes) -> None:
        sum(range(20_000_000))

    with pytest.raises(TooSlow):
        Watch(counts, tmp_path / "worst")(b"")
    assert float((tmp_path / "worst").read_text()) > 100


def test_what_only_a_busy_machine_held_up_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(clock)))
    Watch(lambda data: None, tmp_path / "worst")(b"")
    assert not (tmp_path / "worst").exists() or float((tmp_path / "worst").read_text()) < 100


def test_a_finding_can_be_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_bytes(b"anything")
    argv = [sys.executable, "-m", "tests.fuzz.blind", "mqtt", str(tmp_path), "--again", str(file)]
    assert subprocess.run(argv, capture_output=True).returncode == 0


@pytest.mark.parametrize("fault", ["os.abort()", "re.fullmatch('(a|a)*b', 'a' * 60)"])
def test_where_the_process_dies_or_hangs_its_last_input_is_left(tmp_path: Path, fault: str) -> None:
    program = (
        "import os, re, sys\n"
        "from pathlib import Path\n"
        "from tests.fuzz import blind\n"
        "blind._HANGS_S = 0.5\n"
        f"blind.TARGETS['mqtt'] = lambda data: {fault} if len(data) == 9 else None\n"
        "blind.fuzz('mqtt', Path(sys.argv[1]), seconds=60, runs=10**6, seed=3)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True)
    assert done.returncode < 0
    assert len(blind.left(tmp_path)) == 9


def test_the_command_runs_it_and_counts_it_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: list[Row] = []
    monkeypatch.setattr("tests.fuzz.__main__._PLACE", tmp_path)
    monkeypatch.setattr("tests.fuzz.__main__.read", dict)
    monkeypatch.setattr("tests.fuzz.__main__.add", rows.extend)
    assert main(["mqtt length", "--blind", "--count", "--until", "300", "--seconds", "30"]) == 0
    (row,) = rows
    assert (row.target, row.guided, row.blind, row.findings) == ("mqtt length", 0, 300, 0)
    assert "0 with findings" in capsys.readouterr().out


def test_what_ends_the_process_is_a_finding_with_its_input(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def dies(argv: list[str], seconds: int) -> tuple[str, str | None]:
        place = tmp_path / "mqtt-length"
        (place / blind.CURRENT).write_bytes(b"\0\0\0\3abcrest of an earlier one")
        return "", "exit code -27"

    monkeypatch.setattr("tests.fuzz.__main__._PLACE", tmp_path)
    monkeypatch.setattr("tests.fuzz.__main__._run", dies)
    assert main(["mqtt length", "--blind"]) == 1
    (kept,) = (tmp_path / "mqtt-length").glob("blind-*")
    assert kept.read_bytes() == b"abc"
    assert f"--again {kept}" in capsys.readouterr().out
