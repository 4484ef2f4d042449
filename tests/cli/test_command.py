"""The installed command as users and scripts meet it: a process, two streams, a status."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from msgprobe import session
from msgprobe.cli.option import options
from msgprobe.redaction.redactor import redacted
from msgprobe.report.document import read_run
from tests.cli.process import COMMAND, Msgprobe, isolated, one_line
from tests.interpreter import python

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
    done = python(code, env=environ)
    assert done.returncode == 0, done.stderr


def test_help_names_every_option_of_the_issue(msgprobe: Msgprobe) -> None:
    text = msgprobe("run", "--help").stdout
    for word in (
        "--json --jsonl --junit -o --output --evidence --fail-on --quick --throttle --wait "
        "--max-time --max-bytes --only -4 -6 --country --targets --no-redact -v -q --seed SERVICE"
    ).split():
        assert word in text
    for one in options("run"):
        made = one.annotation.__metadata__[0]
        for name in (made.default, *(made.param_decls or ())):
            assert name is ... or name.split("/")[0] in text


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
        (["run", "--all", "telegram"], ["--all", "name none"]),
        (["plan", "--all", "telegram"], ["--all"]),
        (["run", "--quick", "--throttle"], ["--quick", "--throttle", "exclude each other"]),
        (["plan", "--quick", "--throttle"], ["--quick", "--throttle"]),
        (["run", "--wait", "30"], ["--wait", "--throttle"]),
        (["run", "--throttle", "--wait", "never"], ["--wait", "30s"]),
        (["explain", "dns.bogon", "--html", "x.html"], ["--html", "-o FILE"]),
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
    one_line(done, 2, *told)
    assert done.stdout == ""


def test_a_wrong_settings_file_is_named(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "config" / "msgprobe" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("quik = true\n")
    one_line(msgprobe("plan"), 2, str(path), "quik", "quick")


def test_a_broken_target_file_names_file_and_key(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[service]\nname = 3\n")
    done = msgprobe("run", "--targets", str(path))
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert all(line.startswith(f"msgprobe: {path}: ") for line in lines)
    told = {line.removeprefix(f"msgprobe: {path}: ").partition(": ")[0] for line in lines}
    assert {"service.name", "service.title", "pool"} <= told


@isolated
def test_an_unreadable_ca_bundle_is_named(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    done = msgprobe("run", alone=True, env={"SSL_CERT_FILE": str(path)})
    one_line(done, 2, "SSL_CERT_FILE", "ca.pem")


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
    assert first.evidence == redacted(read_run(saved.read_text()).evidence)


def test_what_reads_a_file_leaves_out_again_what_it_has_too_much(
    msgprobe: Msgprobe, saved: Path
) -> None:
    """The sample is as `run --no-redact` saves one: private addresses, a page, cookies."""
    secrets = ("192.168.1.1", "203.0.113.9", "id=person", "50123")
    assert all(secret in saved.read_text() for secret in secrets)
    for words in (
        ("judge", saved, "--json", "--evidence"),
        ("judge", saved, "--jsonl", "--evidence"),
        ("judge", saved, "-vv"),
        ("explain", saved, "-vv"),
        ("explain", saved, "--reveals"),
    ):
        done = msgprobe(*map(str, words))
        assert done.returncode in (0, 1, 3, 4), done.stderr
        assert not [s for s in secrets if s in done.stdout + done.stderr], words


def test_a_researcher_may_keep_everything(msgprobe: Msgprobe, saved: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    msgprobe("judge", str(saved), "--no-redact", "-o", str(again))
    assert read_run(again.read_text()).evidence == read_run(saved.read_text()).evidence
    assert json.loads(again.read_text())["reveals"][0].startswith("NOT REDACTED")
    done = msgprobe("judge", str(saved), "--no-redact", "--coarse-time")
    assert done.returncode == 2 and "exclude each other" in done.stderr


def test_a_file_tells_what_it_reveals(msgprobe: Msgprobe, saved: Path, tmp_path: Path) -> None:
    said = msgprobe("explain", str(saved), "--reveals").stdout
    assert "NOT REDACTED" in said and "msgprobe judge FILE -o COPY" in said
    clean = tmp_path / "clean.json"
    msgprobe("judge", str(saved), "--coarse-time", "-o", str(clean))
    said = msgprobe("explain", str(clean), "--reveals").stdout
    assert "NOT REDACTED" not in said and "Not in it: addresses of yours" in said
    assert "10:00:00Z (to the hour)" in said
    assert msgprobe("explain", "tls.mitm.swap", "--reveals").returncode == 2


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
        one_line(msgprobe(command, str(saved)), 2, "run.json", told)


def test_bytes_that_are_no_text_are_refused(msgprobe: Msgprobe, saved: Path) -> None:
    saved.write_bytes(b"\xff\xfe\x00")
    one_line(msgprobe("judge", str(saved)), 2, "run.json")


def test_explain_shows_evidence_and_how_to_ask_again(msgprobe: Msgprobe, saved: Path) -> None:
    done = msgprobe("explain", str(saved))
    assert done.returncode == 0
    assert "#3" in done.stdout
    assert "$ curl -sv --connect-to" in done.stdout
    one_line(msgprobe("explain", str(saved), "viber"), 2, "viber", "telegram")


def test_explain_writes_the_curves_as_a_page(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    page = tmp_path / "curves.html"
    done = msgprobe("explain", str(saved), "--html", str(page))
    assert done.returncode == 0
    assert str(page) in done.stderr
    assert "as the app asks: 140 kbit/s" in done.stdout
    assert "<polyline" in page.read_text()
    one_line(msgprobe("explain", str(saved), "--html", "/absent/x.html"), 74, "/absent")
    assert msgprobe("explain", str(saved), "viber", "--html", str(page)).returncode == 2


def test_explain_knows_every_rule(msgprobe: Msgprobe) -> None:
    listed = re.findall(r"^  (\S+): ", msgprobe("rules").stdout, re.MULTILINE)
    rules = [one.rule_id for one in session.rules()]
    assert sorted(listed) == sorted(rules)
    done = msgprobe("explain", rules[0])
    assert done.returncode == 0
    assert rules[0] in done.stdout


# -- output that cannot be written ---------------------------------------------------------------

COMMANDS = [["judge", "RUN"], ["judge", "RUN", "--json"], ["judge", "RUN", "--jsonl"], ["schema"]]
COMMANDS += [
    ["plan"],
    ["rules"],
    ["checks"],
    ["services"],
    ["services", "list"],
    ["explain", "RUN"],
]
COMMANDS += [["--help"], ["--version"], ["run", "--help"]]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_closed_pipe_is_exit_74_andone_line(
    msgprobe: Msgprobe, saved: Path, words: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [str(saved) if w == "RUN" else w for w in words]
    done = msgprobe(*words, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    one_line(done, 74, "standard output")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_full_disk_is_exit_74_andone_line(
    msgprobe: Msgprobe, saved: Path, words: list[str]
) -> None:
    words = [str(saved) if w == "RUN" else w for w in words]
    with open("/dev/full", "w") as full:
        done = msgprobe(*words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    one_line(done, 74, "No space left")


def test_a_stdout_that_is_not_there_is_exit_74(saved: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{COMMAND} judge {saved} >&-"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    one_line(done, 74, "standard output")


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
        one_line(done, 74, "/dev/full", "No space left")
        assert "Connection" in done.stdout
        one_line(msgprobe("judge", str(saved), flag, str(tmp_path / "a" / "b")), 74, "no folder")


def test_one_file_that_cannot_be_written_does_not_cost_another(
    msgprobe: Msgprobe, saved: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"
    done = msgprobe("judge", str(saved), "-q", "--junit", "/dev/full", "-o", str(kept))
    one_line(done, 74, "/dev/full", "No space left")
    assert json.loads(kept.read_text("utf-8"))["tool"]["name"] == "msgprobe"


# -- our own faults ------------------------------------------------------------------------------


def test_our_own_crash_is_exit_70_onone_line(environ: dict[str, str]) -> None:
    code = (
        "import msgprobe.cli.saved as saved\n"
        "def boom(name): raise RuntimeError('a\\x1b[31m fault')\n"
        "saved.judge = boom\n"
        "from msgprobe.cli.main import main\nmain(['judge', 'x'])\n"
    )
    done = python(code, env=environ)
    one_line(done, 70, "msgprobe itself failed", "report")
    assert "\x1b" not in done.stderr
    done = python(code, env=environ | {"MSGPROBE_DEBUG": "1"})
    assert done.returncode == 70
    assert "Traceback" in done.stderr
