"""What a run prints, and how it ends early. Nothing here may send anything: it runs in a network
namespace without a link, or with nothing behind it.
"""

import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path
from xml.etree.ElementTree import parse

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.cli.process import ALONE, COMMAND, Msgprobe, isolated, one_line, unanswered, under_way

# -- what a run prints ---------------------------------------------------------------------------


@isolated
def test_without_any_link_the_connection_is_judged_within_10_s(
    msgprobe: Msgprobe, tmp_path: Path
) -> None:
    begun = time.monotonic()
    path, xml = tmp_path / "run.json", tmp_path / "run.xml"
    done = msgprobe("run", "-o", str(path), "--junit", str(xml), alone=True)
    assert time.monotonic() - begun < 10
    assert done.returncode == 4
    assert "Connection: fault on this device" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert parse(xml).getroot().tag == "testsuites"
    found = json.loads(path.read_text())
    jsonschema.validate(found, json.loads(msgprobe("schema").stdout))
    assert found["exit_code"] == 4
    assert found["measurements"]
    again = msgprobe("judge", str(path))
    assert (again.returncode, again.stdout) == (4, done.stdout)


@isolated
def test_json_is_one_object_and_json_lines_one_per_service(msgprobe: Msgprobe) -> None:
    done = msgprobe("run", "telegram", "signal", "--json", alone=True)
    assert done.stderr == ""
    whole = json.loads(done.stdout)
    assert [s["service"] for s in whole["services"]] == ["telegram", "signal"]
    assert whole["measurements"] == []
    lines = msgprobe("run", "telegram", "signal", "--jsonl", alone=True).stdout.splitlines()
    *parts, last = map(json.loads, lines)
    assert [part["type"] for part in (*parts, last)] == ["service", "service", "run"]
    for part in parts:
        for key in ("run_id", "started_at", "tool", "catalogue_sha256", "request", "connection"):
            assert part[key] == last[key], "each line says which run it is of, and that it is dead"


@isolated
def test_fail_on_replaces_the_status(msgprobe: Msgprobe) -> None:
    # Nothing could be measured: that nothing is blocked was not shown.
    assert msgprobe("run", "--fail-on", "blocked", alone=True).returncode == 4
    assert msgprobe("run", "--fail-on", "local_fault", alone=True).returncode == 1


@isolated
def test_json_lines_into_a_closed_pipe_end_the_run(msgprobe: Msgprobe) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = msgprobe(
        "run", "--jsonl", alone=True, capture_output=False, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    one_line(done, 74, "standard output")


def test_without_utf8_the_view_is_ascii(msgprobe: Msgprobe, saved: Path) -> None:
    done = msgprobe("judge", str(saved), env={"PYTHONIOENCODING": "ascii"})
    assert done.stdout.isascii()
    assert "Telegram" in done.stdout


def _on_a_terminal(words: list[str], environ: dict[str, str]) -> tuple[int, str]:
    """Run with both output streams on a pseudo-terminal; status and everything it showed."""
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        words, env=environ | {"COLUMNS": "80"}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(mine, 65536)
        except OSError:  # Linux: EIO when the last writer is gone
            break
        if not piece:
            break
        shown += piece
    os.close(mine)
    return process.wait(30), shown.decode()


def test_a_terminal_gets_colour_within_80_columns(saved: Path, environ: dict[str, str]) -> None:
    _, shown = _on_a_terminal([str(COMMAND), "judge", str(saved)], environ)
    assert "\x1b[" in shown
    _, plain = _on_a_terminal([str(COMMAND), "judge", str(saved)], environ | {"NO_COLOR": "1"})
    assert "\x1b" not in plain
    # a command is there to be copied, and is never broken
    prose = [line for line in plain.splitlines() if not line.startswith("    msgprobe ")]
    assert max(map(len, prose)) <= 80


@isolated
def test_on_a_terminal_the_cost_is_said_first(environ: dict[str, str]) -> None:
    status, shown = _on_a_terminal([*(ALONE or []), str(COMMAND), "run"], environ)
    assert status == 4
    assert "at most" in shown.splitlines()[0]
    _, quiet = _on_a_terminal([*(ALONE or []), str(COMMAND), "run", "-q"], environ)
    assert "at most" not in quiet


@isolated
def test_what_a_deep_look_costs_is_said_first_everywhere(msgprobe: Msgprobe) -> None:
    done = msgprobe("run", "telegram", "--throttle", "--json", alone=True)
    assert done.stderr == ("Uses at most 30 MB and 14 minutes; Ctrl-C keeps what was measured.\n")
    assert json.loads(done.stdout)["format_version"] == 1
    assert msgprobe("run", "telegram", "--throttle", "-q", alone=True).stderr == ""


# -- stopping ------------------------------------------------------------------------------------


@isolated
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_the_run_and_what_is_known_is_printed(
    number: signal.Signals, status: int, environ: dict[str, str]
) -> None:
    process = unanswered(environ, "run", "--json")
    under_way(process.pid)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == status, err
    found = json.loads(out)
    assert found["interrupted"] == number.name
    assert found["exit_code"] == status
    assert "Traceback" not in err


@isolated
def test_a_second_signal_ends_it_at_once(environ: dict[str, str]) -> None:
    process = unanswered(environ, "run", "--json")
    under_way(process.pid)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    begun = time.monotonic()
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - begun < 2
    assert process.returncode == 130
    assert "Traceback" not in err
