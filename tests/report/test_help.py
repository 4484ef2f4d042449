"""Topics, the manual page and completion say the same, and nothing that does not exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from msgprobe.cli.app import app
from msgprobe.cli.help import arguments, commands
from msgprobe.model.verdict import Outcome, State
from msgprobe.report import help as words
from msgprobe.report.sentences.mechanisms import MECHANISMS
from tests.report.test_plain_words import UNPLAIN

COMMANDS = {" ".join(c.words[1:]): c for c in commands(get_command(app))}


@pytest.mark.parametrize("topic", words.TOPICS)
@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_topic_keeps_within_the_terminal_but_for_what_is_to_be_copied(
    topic: str, width: int
) -> None:
    for line in words.render(topic, width=width).splitlines():
        assert len(line) <= width or line.startswith("    "), line


@pytest.mark.parametrize("topic", words.TOPICS)
def test_what_a_topic_names_exists(topic: str) -> None:
    text = words.text(topic)
    every = {o for c in COMMANDS.values() for o in c.options} | {"--self-copy"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= every
    for line in re.findall(r"^    .*?\bmsgprobe (.+)$", text, re.MULTILINE):
        first, *rest = line.split()
        assert first in COMMANDS, line
        name = f"{first} {rest[0]}" if rest and f"{first} {rest[0]}" in COMMANDS else first
        for option in re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", line):
            assert option in COMMANDS[name].options, (line, option)


@pytest.mark.parametrize("topic", words.TOPICS)
def test_a_topic_is_in_plain_words(topic: str) -> None:
    assert not UNPLAIN.search(words.text(topic))


def test_every_word_of_a_verdict_is_explained() -> None:
    text = words.text("verdicts")
    for word in (*Outcome, *State):
        assert re.search(rf"\b{word.value}\b", text), word


def test_every_mechanism_is_listed() -> None:
    shown = words.render("mechanisms", width=None)
    assert all(name in shown for name in MECHANISMS)


def test_a_topic_nearly_right_is_suggested() -> None:
    with pytest.raises(words.UnknownTopic, match="verdicts"):
        words.render("verdits")


def test_the_manual_page_has_every_command_and_topic() -> None:
    page = words.manual("1.0", tuple(COMMANDS.values()), "Settings.")
    for name in COMMANDS:
        assert name.replace("-", "\\-") in page
    for topic in words.TOPICS:
        assert f'.SH "{words.title(topic).upper()}"' in page.replace("\\-", "-")


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here")
def test_the_manual_page_has_no_fault_that_groff_knows() -> None:
    page = words.manual("1.0", tuple(COMMANDS.values()), "Settings.")
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z"], input=page, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        (["msgprobe", "re"], "report"),
        (["msgprobe", "run", "sig"], "signal"),
        (["msgprobe", "run", "telegram", "--qu"], "--quick"),
        (["msgprobe", "services", "ve"], "verify"),
        (["msgprobe", "help", "ver"], "verdicts"),
    ],
)
def test_bash_completes(typed: list[str], due: str, tmp_path: Path) -> None:
    script = words.completion("bash", tuple(COMMANDS.values()), arguments())
    (tmp_path / "c.bash").write_text(script)
    line = " ".join(typed)
    code = (
        f"source {tmp_path}/c.bash; COMP_WORDS=({line}); COMP_CWORD={len(typed) - 1}; "
        '_msgprobe; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert due in done.stdout.splitlines()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_take_their_script(shell: str, tmp_path: Path) -> None:
    script = words.completion(shell, tuple(COMMANDS.values()), arguments())
    assert "report" in script and "verdicts" in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        done = subprocess.run([shell, "-n", str(tmp_path / "script")], capture_output=True)
        assert done.returncode == 0, done.stderr
