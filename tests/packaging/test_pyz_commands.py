"""Every command of the one file, on a bare Python, says what the installed program says."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer.main

from msgprobe.chronicle import tick
from msgprobe.cli.app import app
from msgprobe.cli.help import commands
from msgprobe.history.store import History
from msgprobe.model.history import Attachment, NetworkKind
from msgprobe.model.verdict import Outcome
from msgprobe.report.document import document, dumps
from tests.cli.process import COMMAND
from tests.packaging.test_pyz import run
from tests.report import sample

pytestmark = pytest.mark.timeout(300)

ISOLATED = (sys.executable, "-I", "-S", "-B")
"""No installed package, no variable, no folder of the user's: what is missing is missing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two saved runs, a history with both, and a settled place to run in."""
    made = tmp_path_factory.mktemp("saved")
    runs = [
        replace(run, run_id=f"run-{day}", started_at=f"2026-01-0{day}T10:30:00Z")
        for day, run in (
            (1, sample.run(sample.service_verdict(Outcome.OK))),
            (2, sample.run(sample.blocked(), sample.service_verdict(Outcome.OK, "Signal"))),
        )
    ]
    with History(made / "history.db", create=True) as history:
        where = history.series_of(Attachment(kind=NetworkKind.WIFI, resolver="private"), "home")
        for number, one in enumerate(runs):
            (made / f"{number + 1}.json").write_text(
                dumps(document(one, exit_code=1, evidence=True))
            )
            history.add(where, tick(one))
    return made


WORDS = [
    "--version",
    "judge 2.json",
    "judge 2.json --json",
    "judge 1.json --nagios",
    "judge 1.json --prometheus",
    "explain 2.json",
    "explain tls.reset.sni",
    "report 1.json 2.json -o -",
    "rules",
    "checks",
    "schema",
    "help verdicts",
    "help --man",
    "help --completion bash",
    "services show telegram",
    "plan --country KZ --seed 1",
    "plan telegram --json --country KZ --seed 1",
    "timeline --history=history.db",
    "history --history=history.db",
    "history show run-2 --history=history.db",
    "export 1.json 2.json",
    "export 1.json 2.json --format jsonl",
    "export 2.json --format ooni",
    "run no-such-service",
    "run --no-such-option",
]


@pytest.mark.parametrize("words", WORDS)
def test_it_says_what_the_installed_says(one_file: Path, folder: Path, words: str) -> None:
    mine = _at(folder, *ISOLATED, one_file, *words.split())
    installed = _at(folder, COMMAND, *words.split())
    assert (_plain(mine.stdout, one_file), _plain(mine.stderr, one_file), mine.returncode) == (
        _plain(installed.stdout),
        _plain(installed.stderr),
        installed.returncode,
    )
    assert mine.stdout or mine.returncode == 2


def _plain(said: str, file: Path | None = None) -> str:
    """Its words, whatever the width; commands as those of the installed program."""
    return " ".join(said.split()).replace(f"python3 {file}", "msgprobe")


def test_the_commands_that_it_names_can_be_typed_where_it_lies(
    one_file: Path, folder: Path
) -> None:
    """Who carries one file has no ``msgprobe``."""
    copy = folder / "a stick" / "msgprobe.pyz"
    copy.parent.mkdir()
    copy.write_bytes(one_file.read_bytes())
    name = "python3 './a stick/msgprobe.pyz'"
    told = _at(folder, *ISOLATED, "./a stick/msgprobe.pyz", "judge", "2.json").stdout
    assert f"{name} explain 2.json" in told and f"{name} report 2.json" in told
    assert f"{name} judge 2.json" not in told and "msgprobe explain" not in told
    cron = _at(folder, *ISOLATED, "./a stick/msgprobe.pyz", "help", "cron").stdout
    assert f"*/30 * * * * python3 '{copy}' run -q" in cron, "cron has another folder"
    wrong = _at(folder, *ISOLATED, "./a stick/msgprobe.pyz", "explain", "nowhere.json").stderr
    assert f"{name} run -o FILE" in wrong, wrong


def _at(folder: Path, *argv: object) -> "subprocess.CompletedProcess[str]":
    """A command in ``folder``, in a time zone of no country."""
    own = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC", "HOME": str(folder)}
    words = [str(a) for a in argv]
    return subprocess.run(
        words, cwd=folder, env=own, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_package_is_sealed_and_verified(one_file: Path, folder: Path, tmp_path: Path) -> None:
    """Unsigned, for want of cryptography: that is told, and is no word of proof."""
    package = tmp_path / "case.zip"
    sealed = _at(folder, *ISOLATED, one_file, "seal", "1.json", "2.json", "-o", package)
    assert (sealed.returncode, "NOT SIGNED" in sealed.stdout) == (0, True), sealed.stderr
    mine = _at(folder, *ISOLATED, one_file, "verify", package)
    installed = _at(folder, COMMAND, "verify", package)
    assert (mine.returncode, mine.stderr, mine.stdout) == (3, "", installed.stdout)
    assert "agrees with its own hashes" in mine.stdout


def test_every_command_has_its_help(one_file: Path) -> None:
    every = [one.words for one in commands(typer.main.get_command(app))]
    assert ("msgprobe", "services", "show") in every
    for words in [("msgprobe",), *every]:
        done = run(*ISOLATED, one_file, *words[1:], "--help")
        if words[1:2] == ("fleet",) and len(words) > 2:
            assert (done.returncode, "msgprobe[fleet]" in done.stderr) == (2, True)
        else:
            assert (done.returncode, done.stderr) == (0, ""), words
            assert done.stdout.split()[:2] == ["Usage:", "msgprobe"]


def test_a_fault_of_ours_has_its_traceback(one_file: Path) -> None:
    words = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import msgprobe.cli.app as commands; "
        "commands.app = lambda *_, **__: {}['the fault']; "
        "from msgprobe.__main__ import main; main()"
    )
    done = run(*ISOLATED, "-c", words, one_file, "rules", "-vv")
    assert done.returncode == 70
    assert "msgprobe itself failed (KeyError: 'the fault')" in done.stderr
    assert "Traceback (most recent call last)" in done.stderr


def test_progress_is_drawn_on_a_terminal(one_file: Path, alone: list[str]) -> None:
    ours, theirs = pty.openpty()
    words = [*alone, *ISOLATED, str(one_file), "run", "telegram", "--quick", "--json"]
    own = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm", "UNICODE_VERSION": "9"}
    try:
        done = subprocess.run(
            words, env=own, stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=False
        )
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
    assert done.returncode == 4, shown
    assert json.loads(done.stdout)["exit_code"] == 4
    assert "\x1b[" in shown and "Error" not in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_that_asks_typer_for_completions_is_no_fault(one_file: Path, shell: str) -> None:
    asked = {"_MSGPROBE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "msgprobe "}
    asked |= {"COMP_WORDS": "msgprobe ", "COMP_CWORD": "1"}
    mine = run(sys.executable, "-S", one_file, env=asked)
    installed = run(COMMAND, env=asked)
    assert (mine.stdout, mine.stderr, mine.returncode) == (
        installed.stdout,
        installed.stderr,
        installed.returncode,
    )
