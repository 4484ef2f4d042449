"""What a monitor and GitHub get of the real command: their own exit statuses, and a file."""

from pathlib import Path

import pytest

from tests.cli.process import Msgprobe


def test_a_monitors_line_and_its_status(msgprobe: Msgprobe, saved: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    done = msgprobe("judge", str(saved), "--nagios", "-o", str(kept))
    assert done.returncode == 3, "the saved evidence is too little to say more than UNKNOWN"
    assert done.stdout.startswith("MSGPROBE UNKNOWN - connection ")
    again = msgprobe("judge", str(kept), "--json")
    assert again.returncode == 4, "what was saved is the whole run"


@pytest.mark.parametrize(
    "words", [("run", "nobody", "--nagios"), ("run", "--nagios", "--max-time", "soon")]
)
def test_wrong_usage_is_unknown_to_a_monitor(words: tuple[str, ...], msgprobe: Msgprobe) -> None:
    assert msgprobe(*words).returncode == 3


def test_output_that_cannot_be_written_is_unknown_to_a_monitor(
    msgprobe: Msgprobe, saved: Path
) -> None:
    done = msgprobe("judge", str(saved), "--nagios", "-o", "/dev/full")
    assert done.returncode == 3
    assert "could not write" in done.stderr


def test_the_table_is_added_to_the_workflows_summary(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Before\n")
    env = {"GITHUB_STEP_SUMMARY": str(summary)}
    done = msgprobe("judge", str(saved), "--github", env=env)
    assert done.returncode == 4
    assert done.stdout.startswith("::error title=")
    text = summary.read_text()
    assert text.startswith("# Before\n### msgprobe\n")
    assert "| telegram | inconclusive |" in text
    without = msgprobe("judge", str(saved), "--github")
    assert (without.returncode, without.stdout) == (4, done.stdout)


def test_a_summary_that_cannot_be_written_is_said(msgprobe: Msgprobe, saved: Path) -> None:
    env = {"GITHUB_STEP_SUMMARY": "/nowhere/summary.md"}
    done = msgprobe("judge", str(saved), "--github", env=env)
    assert done.returncode == 74
    assert "/nowhere/summary.md" in done.stderr
    assert done.stdout.startswith("::error title="), "the annotations come all the same"
