"""`msgprobe services verify` as a process. Nothing here may send anything: it runs in a network
namespace without a link, or with nothing behind it.
"""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.cli.process import Msgprobe, isolated, one_line, own_file, unanswered, under_way

OLD = own_file("acme", source="an old book", date="2021-03")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nosuch"], ["nosuch", "telegram"]),
        (["telegran"], ["did you mean telegram"]),
        (["controls", "nosuch"], ["nosuch"]),
        (["--max-time", "never"], ["--max-time", "30s"]),
        (["--targets", "/absent.toml"], ["/absent.toml"]),
        (["-4", "-6"], ["-4", "-6"]),
        (["--bogus"], ["--bogus", "--help"]),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_2(
    msgprobe: Msgprobe, words: list[str], told: list[str]
) -> None:
    done = msgprobe("services", "verify", *words)
    one_line(done, 2, *told)
    assert done.stdout == ""


def test_a_broken_target_file_names_file_and_key(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OLD.replace('check = "tls"', 'check = "tsl"'))
    one_line(msgprobe("services", "verify", "--targets", str(path)), 2, "own.toml", "check", "tls")


@isolated
def test_without_a_network_nothing_is_asked_and_that_is_said(msgprobe: Msgprobe) -> None:
    begun = time.monotonic()
    done = msgprobe("services", "verify", "signal", alone=True)
    assert time.monotonic() - begun < 10
    assert done.returncode == 3, done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("Nothing was asked: this device has no route to the Internet.")
    assert "chat-443" in done.stdout and "# Proposed" not in done.stdout


@isolated
def test_json_is_one_object_also_without_a_network(msgprobe: Msgprobe) -> None:
    done = msgprobe("services", "verify", "telegram", "controls", "--json", alone=True)
    found = json.loads(done.stdout)
    assert (done.returncode, found["exit_code"], found["proposal"]) == (3, 3, "")
    assert found["line"] == "this device has no route to the Internet"
    assert {r["service"] for r in found["rows"]} == {"telegram", "controls"}
    assert {r["status"] for r in found["rows"]} == {"not_asked"}
    assert {"service", "row", "kind", "status", "what", "date", "age_days", "source"} <= set(
        found["rows"][0]
    )


@isolated
def test_a_service_with_a_warning_is_asked_only_by_its_name(msgprobe: Msgprobe) -> None:
    done = msgprobe("services", "verify", "--json", alone=True)
    services = {r["service"] for r in json.loads(done.stdout)["rows"]}
    assert "session" not in services and "telegram" in services
    assert "Session is left out" in done.stderr
    named = msgprobe("services", "verify", "session", "--json", alone=True)
    assert {r["service"] for r in json.loads(named.stdout)["rows"]} == {"session"}


@isolated
def test_own_target_files_are_asked(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OLD)
    done = msgprobe("services", "verify", "acme", "--json", "--targets", str(path), alone=True)
    (row,) = json.loads(done.stdout)["rows"]
    assert (row["row"], row["stale"], row["source"]) == ("one-443", True, "an old book")


@isolated
def test_where_no_neutral_site_answers_no_row_is_doubted(environ: dict[str, str]) -> None:
    out, err = unanswered(environ, "services", "verify", "signal").communicate(timeout=40)
    assert "Nothing was asked: no neutral site answers from here" in out, err
    assert "differs" not in out and "no answer:" not in out and "# Proposed" not in out


@isolated
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_and_what_is_known_is_printed(
    number: signal.Signals, status: int, environ: dict[str, str]
) -> None:
    process = unanswered(environ, "services", "verify", "signal", "--json")
    under_way(process.pid)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == status, err
    found = json.loads(out)
    assert (found["interrupted"], found["exit_code"]) == (number.name, status)
    assert {r["status"] for r in found["rows"]} == {"not_asked"}
    assert "Traceback" not in err


# -- services check ------------------------------------------------------------------------------


def test_check_warns_of_old_rows_and_finds_no_fault(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OLD)
    done = msgprobe("services", "check", str(path))
    assert done.returncode == 0
    assert done.stdout.startswith("No fault found.")
    one_line(done, 0, "own.toml", "1 of 1 rows is older than 18 months", "one (2021-03)")
    path.write_text(OLD.replace("2021-03", "2199-03"))
    assert msgprobe("services", "check", str(path)).stderr == ""
