"""The installed command as users and scripts meet it: a process, two streams, a status.

Nothing here may send anything: what measures runs in a network namespace without a link.
"""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import parse

import jsonschema  # type: ignore[import-untyped]
import pytest

from msgprobe.cli import option
from msgprobe.model.verdict import Outcome
from msgprobe.report.document import document, dumps, read_run
from tests.report import sample

COMMAND = Path(sys.executable).with_name("msgprobe")
Msgprobe = Callable[..., subprocess.CompletedProcess[str]]


def _isolation() -> list[str] | None:
    for prefix in (["unshare", "-n"], ["unshare", "-Urn"]):
        if (
            shutil.which("unshare")
            and not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
        ):
            return prefix
    return None


ALONE = _isolation()
isolated = pytest.mark.skipif(ALONE is None, reason="no network namespaces here")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    found = {k: v for k, v in os.environ.items() if not k.startswith("MSGPROBE_")}
    for key in ("NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING", "SSL_CERT_FILE"):
        found.pop(key, None)
    return found | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "TERM": "xterm"}


@pytest.fixture
def msgprobe(environ: dict[str, str]) -> Msgprobe:
    def call(
        *words: str, alone: bool = False, env: dict[str, str] | None = None, **more: object
    ) -> subprocess.CompletedProcess[str]:
        prefix = (ALONE or []) if alone else []
        arguments: dict[str, object] = {
            "env": environ | (env or {}),
            "capture_output": True,
            "text": True,
            "timeout": 50,
            "check": False,
        }
        return subprocess.run([*prefix, str(COMMAND), *words], **arguments | more)  # type: ignore[call-overload, no-any-return]

    return call


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "run.json"
    run = sample.run(sample.blocked(), sample.service_verdict(Outcome.OK, "Signal"))
    path.write_text(dumps(document(run, exit_code=1, evidence=True)))
    return path


def _one_line(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    assert done.returncode == status, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


# -- help and version ---------------------------------------------------------------------------


def test_version_is_one_line_on_stdout(msgprobe: Msgprobe) -> None:
    done = msgprobe("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("msgprobe 0.")


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["run", "--help"]])
def test_version_and_help_import_no_network(words: list[str], environ: dict[str, str]) -> None:
    code = (
        "import sys\nfrom msgprobe.cli.main import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit as end:\n    assert not end.code, end\n"
        "heavy = {'asyncio', 'ssl', 'socket', 'httpx', 'dns', 'rich', 'cattrs', 'cryptography'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_help_names_every_option_of_the_issue(msgprobe: Msgprobe) -> None:
    text = msgprobe("run", "--help").stdout
    for word in (
        "--json --jsonl --junit -o --output --evidence --fail-on --quick --max-time --max-bytes "
        "--only -4 -6 --country --targets --no-redact -v -q --seed SERVICE"
    ).split():
        assert word in text
    for names in vars(option).values():
        for made in getattr(names, "__metadata__", ()):
            for name in getattr(made, "param_decls", None) or ():
                assert name.split("/")[0] in text


def test_help_names_every_command_and_status(msgprobe: Msgprobe) -> None:
    text = msgprobe("--help").stdout
    for word in "run plan judge explain rules services checks schema 70 74 130 143".split():
        assert word in text


def test_no_command_is_a_usage_error_that_helps(msgprobe: Msgprobe) -> None:
    done = msgprobe()
    assert done.returncode == 2
    assert "Commands:" in done.stderr
    assert done.stdout == ""


# -- bad arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bogus"], ["bogus", "--help"]),
        (["run", "--bogus"], ["--bogus", "--help"]),
        (["run", "nosuch"], ["nosuch", "telegram"]),
        (["run", "telegran"], ["did you mean telegram"]),
        (["run", "--max-bytes", "many"], ["--max-bytes", "500k"]),
        (["run", "--max-time", "-1"], ["--max-time"]),
        (["run", "--only", "sms"], ["--only", "sms", "calls"]),
        (["run", "--fail-on", "bad"], ["--fail-on", "bad", "blocked"]),
        (["run", "-4", "-6"], ["-4", "-6"]),
        (["run", "--json", "--jsonl"], ["--json", "--jsonl"]),
        (["run", "--seed", "x"], ["--seed"]),
        (["run", "--country", "Kazakhstan"], ["--country", "KZ"]),
        (["run", "--targets", "/absent.toml"], ["/absent.toml"]),
        (["plan", "--targets", "/absent.toml"], ["/absent.toml"]),
        (["judge"], ["FILE"]),
        (["judge", "/absent.json"], ["/absent.json", "-o"]),
        (["judge", "/"], ["/"]),
        (["judge", "nul\\0byte"], ["nul"]),
        (["explain", "tls.bogus"], ["tls.bogus"]),
        (["explain", "absent/run.json"], ["absent/run.json", "-o"]),
        (["services", "show", "nosuch"], ["nosuch"]),
        (["services", "check", "/absent.toml"], ["/absent.toml"]),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_2(
    msgprobe: Msgprobe, words: list[str], told: list[str]
) -> None:
    done = msgprobe(*words)
    _one_line(done, 2, *told)
    assert done.stdout == ""


def test_a_wrong_settings_file_is_named(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "config" / "msgprobe" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("quik = true\n")
    _one_line(msgprobe("plan"), 2, str(path), "quik", "quick")


def test_a_broken_target_file_names_file_and_key(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[service]\nname = 3\n")
    _one_line(msgprobe("run", "--targets", str(path)), 2, "own.toml")


@isolated
def test_an_unreadable_ca_bundle_is_named(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    done = msgprobe("run", alone=True, env={"SSL_CERT_FILE": str(path)})
    _one_line(done, 2, "SSL_CERT_FILE", "ca.pem")


# -- saved runs ----------------------------------------------------------------------------------


def test_a_saved_run_is_judged_from_file_and_stdin_alike(msgprobe: Msgprobe, saved: Path) -> None:
    one = msgprobe("judge", str(saved), "--json")
    two = msgprobe("judge", "-", "--json", input=saved.read_text())
    assert one.stdout == two.stdout
    assert one.returncode == two.returncode == json.loads(one.stdout)["exit_code"]
    assert one.stderr == ""


def test_judging_again_changes_nothing(msgprobe: Msgprobe, saved: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    msgprobe("judge", str(saved), "-o", str(again))
    first = read_run(again.read_text())
    msgprobe("judge", str(again), "-o", str(again))
    assert read_run(again.read_text()) == first
    assert first.evidence == read_run(saved.read_text()).evidence


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text[:2000], "cut off"),
        (lambda text: "hello", "not JSON"),
        (lambda text: "{}", "no run saved by msgprobe"),
        (lambda text: text.replace('"format_version": 1', '"format_version": 9'), "newer"),
        (lambda text: text.replace('"port":443', '"port":"443"'), ".port"),
        (lambda text: "", "empty"),
    ],
)
def test_a_damaged_run_is_refused(
    msgprobe: Msgprobe, saved: Path, change: Callable[[str], str], told: str
) -> None:
    saved.write_text(change(saved.read_text()))
    for command in ("judge", "explain"):
        _one_line(msgprobe(command, str(saved)), 2, "run.json", told)


def test_bytes_that_are_no_text_are_refused(msgprobe: Msgprobe, saved: Path) -> None:
    saved.write_bytes(b"\xff\xfe\x00")
    _one_line(msgprobe("judge", str(saved)), 2, "run.json")


def test_explain_shows_evidence_and_how_to_ask_again(msgprobe: Msgprobe, saved: Path) -> None:
    done = msgprobe("explain", str(saved))
    assert done.returncode == 0
    assert "#3" in done.stdout
    assert "$ curl -sv --connect-to" in done.stdout
    _one_line(msgprobe("explain", str(saved), "viber"), 2, "viber", "telegram")


def test_explain_knows_every_rule(msgprobe: Msgprobe) -> None:
    rules = [line.split()[0] for line in msgprobe("rules").stdout.splitlines()[1:]]
    assert len(rules) > 20
    done = msgprobe("explain", rules[0])
    assert done.returncode == 0
    assert rules[0] in done.stdout


# -- output that cannot be written ---------------------------------------------------------------

COMMANDS = [["judge", "RUN"], ["judge", "RUN", "--json"], ["judge", "RUN", "--jsonl"], ["schema"]]
COMMANDS += [["plan"], ["rules"], ["checks"], ["services", "list"], ["explain", "RUN"]]
COMMANDS += [["--help"], ["--version"], ["run", "--help"]]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_closed_pipe_is_exit_74_and_one_line(
    msgprobe: Msgprobe, saved: Path, words: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [str(saved) if w == "RUN" else w for w in words]
    done = msgprobe(*words, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    _one_line(done, 74, "standard output")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_full_disk_is_exit_74_and_one_line(
    msgprobe: Msgprobe, saved: Path, words: list[str]
) -> None:
    words = [str(saved) if w == "RUN" else w for w in words]
    with open("/dev/full", "w") as full:
        done = msgprobe(*words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    _one_line(done, 74, "No space left")


def test_a_stdout_that_is_not_there_is_exit_74(saved: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{COMMAND} judge {saved} >&-"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    _one_line(done, 74, "standard output")


def test_a_stderr_that_is_not_there_changes_no_status(saved: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{COMMAND} judge /absent 2>&-"], env=environ, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")


def test_files_that_cannot_be_written_are_exit_74(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    for flag in ("-o", "--junit"):
        done = msgprobe("judge", str(saved), flag, "/dev/full")
        _one_line(done, 74, "/dev/full", "No space left")
        assert "Connection" in done.stdout
        _one_line(msgprobe("judge", str(saved), flag, str(tmp_path / "a" / "b")), 74, "no folder")


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
    assert [json.loads(line)["type"] for line in lines] == ["service", "service", "run"]


@isolated
def test_fail_on_replaces_the_status(msgprobe: Msgprobe) -> None:
    assert msgprobe("run", "--fail-on", "blocked", alone=True).returncode == 0
    assert msgprobe("run", "--fail-on", "local_fault", alone=True).returncode == 1


@isolated
def test_json_lines_into_a_closed_pipe_end_the_run(msgprobe: Msgprobe) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = msgprobe(
        "run", "--jsonl", alone=True, capture_output=False, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    _one_line(done, 74, "standard output")


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
    assert max(map(len, plain.splitlines())) <= 80


@isolated
def test_on_a_terminal_the_cost_is_said_first(environ: dict[str, str]) -> None:
    status, shown = _on_a_terminal([*(ALONE or []), str(COMMAND), "run"], environ)
    assert status == 4
    assert "at most" in shown.splitlines()[0]
    _, quiet = _on_a_terminal([*(ALONE or []), str(COMMAND), "run", "-q"], environ)
    assert "at most" not in quiet


# -- stopping ------------------------------------------------------------------------------------

_BLACK_HOLE = "ip link set lo up; ip route add blackhole default; "
"""A default route that swallows: the kernel answers EINVAL at once, and nothing leaves."""


@isolated
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_what_is_known_is_printed(
    number: signal.Signals, status: int, environ: dict[str, str]
) -> None:
    # a TUN-less way to make packets vanish: everything is routed to loopback, where a rule of
    # the kernel drops what is not from here; connects hang until our deadline
    setup = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo; "
    listen = f"exec {sys.executable} -c '{_HANG}' {COMMAND} run --json"
    process = subprocess.Popen(
        [*(ALONE or []), "sh", "-c", setup + listen],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(2.0)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == status, err
    found = json.loads(out)
    assert found["interrupted"] == number.name
    assert found["exit_code"] == status
    assert "Traceback" not in err


_HANG = (
    'import socket, sys, os; s = socket.create_server(("0.0.0.0", 443), backlog=512); '
    't = socket.create_server(("0.0.0.0", 80), backlog=512); '
    "[x.set_inheritable(True) for x in (s, t)]; os.execv(sys.argv[1], sys.argv[1:])"
)
"""Listens for every address and never answers, then becomes the command."""


# -- our own faults ------------------------------------------------------------------------------


def test_our_own_crash_is_exit_70_on_one_line(environ: dict[str, str]) -> None:
    code = (
        "import msgprobe.cli.saved as saved\n"
        "def boom(name): raise RuntimeError('a\\x1b[31m fault')\n"
        "saved.judge = boom\n"
        "from msgprobe.cli.main import main\nmain(['judge', 'x'])\n"
    )
    call = [sys.executable, "-c", code]
    done = subprocess.run(call, env=environ, capture_output=True, text=True, check=False)
    _one_line(done, 70, "msgprobe itself failed", "report")
    assert "\x1b" not in done.stderr
    done = subprocess.run(
        call, env=environ | {"MSGPROBE_DEBUG": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 70
    assert "Traceback" in done.stderr
