"""A run whose outcome cannot be written says so in one line and exits 74, whatever it found."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.process import ALONE, COMMAND, Msgprobe, isolated, one_line

pytestmark = isolated


def _piped(words: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A shell's pipeline, whose status is that of the first command that fails."""
    return subprocess.run(
        [*(ALONE or []), "bash", "-o", "pipefail", "-c", f"{COMMAND} {words}"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize("form", ["", "--json", "--json --evidence", "--jsonl"])
def test_a_reader_that_has_gone_away(form: str, environ: dict[str, str]) -> None:
    # The reader ends before a run can have anything to say.
    one_line(_piped(f"run {form} | true", environ), 74, "standard output")
    one_line(_piped(f"run {form} | head -c 0", environ), 74, "standard output")


@pytest.mark.parametrize("form", ["", "--json", "--json --evidence", "--jsonl"])
def test_a_full_disk_behind_standard_output(form: str, environ: dict[str, str]) -> None:
    one_line(_piped(f"run {form} > /dev/full", environ), 74, "No space left")


@pytest.mark.parametrize("flag", ["-o", "--junit"])
def test_a_full_disk_under_a_file_keeps_the_view(flag: str, msgprobe: Msgprobe) -> None:
    done = msgprobe("run", flag, "/dev/full", alone=True)
    one_line(done, 74, "/dev/full", "No space left")
    assert "Connection: fault on this device" in done.stdout


@pytest.mark.parametrize("flag", ["-o", "--junit"])
def test_a_folder_that_is_missing_is_found_before_measuring(
    flag: str, msgprobe: Msgprobe, tmp_path: Path
) -> None:
    done = msgprobe("run", flag, str(tmp_path / "absent" / "run"), alone=True)
    one_line(done, 74, "no folder")
    assert done.stdout == ""


def test_a_full_disk_for_json_lines_in_a_file(msgprobe: Msgprobe) -> None:
    one_line(msgprobe("run", "--jsonl", "-o", "/dev/full", alone=True), 74, "/dev/full")


def test_the_file_is_written_though_standard_output_is_not(
    environ: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    one_line(_piped(f"run -q -o {path} > /dev/full", environ), 74, "No space left")
    found = json.loads(path.read_text())
    assert found["exit_code"] == 4
    assert found["connection"]["state"] == "local_fault"
