"""The README stays true: its words, commands and sample are those of the program."""

import re
import subprocess
import sys
from pathlib import Path

from msgprobe.model.verdict import Outcome, State
from msgprobe.report.exits import Exit

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_outcome_and_state_is_explained() -> None:
    words = {w.value for w in (*Outcome, *State)}
    assert {w for w in words if f"`{w}`" not in README} == set()


def test_every_exit_status_is_named() -> None:
    (line,) = re.findall(r"Exit status:.*?\n\n", README, re.DOTALL)
    assert {int(n) for n in re.findall(r"\b\d+\b", line)} == {int(e) for e in Exit}


def test_every_command_and_option_in_the_readme_exists() -> None:
    for words in re.findall(r"`msgprobe ([a-z ]+)", README):
        command = words.split()[0]
        found = subprocess.run(
            [sys.executable, "-m", "msgprobe", command, "--help"], capture_output=True, text=True
        )
        assert found.returncode == 0, f"msgprobe {command}: {found.stderr}"
    shown = "".join(
        subprocess.run(
            [sys.executable, "-m", "msgprobe", *command.split(), "--help"],
            capture_output=True,
            text=True,
        ).stdout
        for command in (
            "",
            "run",
            "explain",
            "export",
            "help",
            "judge",
            "seal",
            "serve",
            "timeline",
            "watch",
            "fleet state",
        )
    )
    for option in set(re.findall(r"--[a-z][a-z-]+", README)):
        assert option in shown, f"{option} is an option of no command that the README names"


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", README, re.MULTILINE)):
        name = target[0] or target[1]
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), f"make {name}"


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 200


def test_every_linked_file_exists() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
