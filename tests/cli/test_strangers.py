"""A stranger's target file at the command line: told on every run, in every form, on no setting."""

import json
from pathlib import Path

import pytest

from tests.cli.process import Msgprobe, one_line

FILE = """
[service]
name = "signal"
title = "Signal"
primary = "text"
source = "a test"
date = "2026-01"
allow = ["mail_ports"]
[[pool]]
name = "chat"
function = "text"
check = "connect"
ports = [25]
[[pool.member]]
name = "one"
host = "one.example.org"
"""
FLAGS = ("--allow-override", "--allow-mail-ports")


@pytest.fixture
def own(tmp_path: Path) -> str:
    path = tmp_path / "own\x1b[2J.toml"
    path.write_text(FILE)
    return str(path)


@pytest.mark.parametrize("words", [("plan", "signal"), ("services", "list"), ("run", "signal")])
def test_without_both_flags_one_line_says_which_is_wanting(
    words: tuple[str, ...], own: str, msgprobe: Msgprobe
) -> None:
    one_line(msgprobe(*words, "--targets", own), 2, "ports: 25", FLAGS[1])
    done = msgprobe(*words, "--targets", own, FLAGS[1])
    one_line(done, 2, "service.name", '"signal"', FLAGS[0])
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    "words", [("plan", "signal"), ("services", "list"), ("services", "show", "signal")]
)
def test_with_them_both_are_told(words: tuple[str, ...], own: str, msgprobe: Msgprobe) -> None:
    done = msgprobe(*words, "--targets", own, *FLAGS)
    assert done.returncode == 0, done.stderr
    assert "replaces the service signal" in done.stderr
    assert "ports of mail for service signal" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


def test_the_plan_for_scripts_has_them_without_the_folder(own: str, msgprobe: Msgprobe) -> None:
    done = msgprobe("plan", "signal", "--json", "--targets", own, *FLAGS)
    found = json.loads(done.stdout)
    name = Path(own).name
    assert found["overrides"] == [{"kind": "service", "name": "signal", "file": name}]
    assert found["allowed"] == [{"liberty": "mail_ports", "owner": "service signal", "file": name}]
    assert str(Path(own).parent) not in done.stdout
    assert [s["port"] for s in found["speech"] if s["subject"] == "signal"] == [25]


def test_a_file_can_be_looked_at_without_any_flag(own: str, msgprobe: Msgprobe) -> None:
    done = msgprobe("services", "check", own)
    assert done.returncode == 0 and "No fault found" in done.stdout
    assert all(f"needs {flag}" in done.stdout for flag in FLAGS)
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("variable", ["MSGPROBE_ALLOW_OVERRIDE", "MSGPROBE_ALLOW_MAIL_PORTS"])
def test_no_setting_gives_leave(variable: str, own: str, msgprobe: Msgprobe) -> None:
    done = msgprobe("plan", "signal", "--targets", own, env={variable: "1"})
    one_line(done, 2, FLAGS[1])
