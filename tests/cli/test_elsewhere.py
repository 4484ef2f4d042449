"""The command on other systems, as far as Python without what they lack can tell."""

import concurrent.futures
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from msgprobe import chronicle
from msgprobe.report.document import document, dumps
from tests.cli.process import ALONE, COMMAND, isolated
from tests.report import sample

SYSTEMS = ("win32", "darwin", "android")
SCRIPT = Path(__file__).with_name("elsewhere.py")

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved run."""
    made = tmp_path_factory.mktemp("saved")
    run = sample.run(sample.blocked())
    (made / "run.json").write_text(dumps(document(run, exit_code=1, evidence=True)))
    return made


def at(folder: Path, *words: object, encoding: str = "utf-8") -> "subprocess.CompletedProcess[str]":
    """A command line of its own in that folder, with a history there."""
    return subprocess.run(
        list(map(str, words)),
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "APPDATA": str(folder),
            "LOCALAPPDATA": str(folder),
            "PYTHONIOENCODING": encoding,
        },
        capture_output=True,
        encoding=encoding,
        timeout=100,
    )


WORDS = (
    "--version",
    "--help",
    "judge run.json",
    "judge run.json --json",
    "explain run.json",
    "report run.json -o -",
    "services",
    "help verdicts",
    "judge nowhere.json",
    "export run.json",
)


@pytest.mark.parametrize("words", WORDS)
def test_it_says_the_same(words: str, folder: Path) -> None:
    here = at(folder, COMMAND, *words.split())
    assert here.stdout or here.returncode == 2
    for system in SYSTEMS:
        there = at(folder, sys.executable, SCRIPT, system, *words.split())
        assert (there.stdout, there.stderr, there.returncode) == (
            here.stdout,
            here.stderr,
            here.returncode,
        ), system


@isolated
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_run_without_a_network_ends_with_a_word_and_is_remembered(
    system: str, tmp_path: Path
) -> None:
    elsewhere = (sys.executable, SCRIPT, system)
    words = ("run", "--quick", "--json", "--history=h.db", "-o", "run.json")
    done = at(tmp_path, *(ALONE or []), *elsewhere, *words)
    assert "Traceback" not in done.stderr and "itself failed" not in done.stderr, done.stderr
    found = json.loads((tmp_path / "run.json").read_text())
    assert found["connection"]["state"] in ("no_internet", "local_fault")
    assert at(tmp_path, *elsewhere, "plan", "--quick").returncode == 0
    listed = at(tmp_path, *elsewhere, "history", "list", "--history=h.db")
    assert listed.returncode == 0 and listed.stdout.count("\n") >= 1, listed.stderr


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "cp437", "ascii"])
def test_what_a_console_cannot_show_is_no_error(encoding: str, folder: Path) -> None:
    """Code pages of Windows' consoles."""
    done = at(folder, sys.executable, SCRIPT, "win32", "judge", "run.json", encoding=encoding)
    assert done.returncode == at(folder, COMMAND, "judge", "run.json").returncode
    assert "Connection: no Internet." in done.stdout and done.stderr == ""


def test_many_runs_are_judged_where_processes_cannot_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Android's Python has no semaphores (PEP 738)."""

    def missing(*_: object) -> None:
        raise NotImplementedError("This Python build lacks multiprocessing.synchronize")

    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", missing)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    text = dumps(document(sample.run(sample.blocked()), exit_code=1, evidence=True))
    found = chronicle.judged_again([text] * (chronicle.ALONE + 1))
    assert len(found) == chronicle.ALONE + 1
    assert all(one is not None for one in found)
