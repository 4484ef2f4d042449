"""What is remembered, as users meet it: off unless asked, one clear line where it cannot be."""

import csv
import gzip
import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest

from msgprobe.chronicle import tick
from msgprobe.history.store import History
from msgprobe.model.history import Attachment, NetworkKind
from msgprobe.model.verdict import Outcome
from msgprobe.report.document import read_run
from tests.cli.process import Msgprobe, isolated, one_line
from tests.history.ticks import pulse
from tests.report import sample

NOW = int(datetime.now(UTC).timestamp())
HOUR = 3600


@pytest.fixture
def state(environ: dict[str, str], tmp_path: Path) -> Path:
    environ["XDG_STATE_HOME"] = str(tmp_path / "state")
    return tmp_path / "state" / "msgprobe" / "history.db"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A day of hourly runs by hand: a service is blocked in the last third, then nobody looks."""
    path = tmp_path / "told.db"
    one = tick(sample.run(sample.service_verdict(Outcome.OK)))
    with History(path, create=True) as history:
        where = history.series_of(
            Attachment(kind=NetworkKind.WIFI, resolver="private"), "=home\x1b[2J"
        )
        for number in range(24):
            word = "blocked" if number >= 16 else "ok"
            words = {"telegram.text": replace(pulse(0, word).words["telegram.text"])}
            words["connection"] = pulse(0).words["connection"]
            if word == "blocked":
                said = replace(words["telegram.text"], mechanisms=("tls.reset.sni",))
                words["telegram.text"] = said
            at = NOW - 30 * HOUR + number * HOUR + HOUR // 2
            history.add(
                where,
                replace(one, run_id=f"{number:08}", at=at, words=words, packed=None),
            )
    return path


@isolated
def test_nothing_is_kept_unless_asked(msgprobe: Msgprobe, state: Path) -> None:
    assert msgprobe("run", "telegram", "--quick", alone=True).returncode == 4
    assert not state.exists()
    one_line(msgprobe("timeline"), 2, str(state), "msgprobe run --history")


@isolated
@pytest.mark.parametrize("way", ["flag", "variable", "path", "settings"])
def test_a_run_is_remembered_where_it_was_asked(
    msgprobe: Msgprobe, state: Path, environ: dict[str, str], tmp_path: Path, way: str
) -> None:
    words, env, path = ["run", "--quick", "telegram", "--history"], {}, state
    if way == "path":
        path = tmp_path / "mine.db"
        words[-1] = f"--history={path}"
    if way == "variable":
        words.pop()
        env = {"MSGPROBE_HISTORY": "1"}
    if way == "settings":
        words.pop()
        folder = Path(environ["XDG_CONFIG_HOME"], "msgprobe")
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text("history = true\n")
    assert msgprobe(*words, alone=True, env=env).returncode == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with History(path, write=False) as history:
        ((run_id,),) = history.rows("SELECT run FROM tick")
        kept = history.document(str(run_id))
    assert kept is not None
    run = read_run(kept)
    assert (run.run_id, str(UUID(run.run_id))) == (run_id, run_id)
    shown = msgprobe("history", "show", run.run_id[:8], f"--history={path}")
    assert shown.stdout == kept
    listed = msgprobe("history", f"--history={path}") if way == "flag" else None
    assert listed is None or listed.returncode == 2  # the option belongs behind the subcommand
    assert " 1 " in msgprobe("history", "list", f"--history={path}").stdout


@isolated
def test_what_is_kept_is_redacted_even_where_the_output_is_not(
    msgprobe: Msgprobe, state: Path
) -> None:
    done = msgprobe("run", "telegram", "--quick", "--no-redact", "--history", "--json", alone=True)
    printed = json.loads(done.stdout)
    with History(state, write=False) as history:
        kept = json.loads(history.document(printed["run_id"]) or "")
    assert not printed["started_at"].endswith(":00Z") or kept["started_at"].endswith(":00Z")
    assert kept["started_at"].endswith(":00Z")


def test_a_label_that_is_none_is_a_mistake(msgprobe: Msgprobe) -> None:
    one_line(msgprobe("run", "--history", "--label", "x" * 65), 2, "--label", "64")


@isolated
def test_where_it_cannot_be_written_nothing_is_measured(msgprobe: Msgprobe, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    path.write_text("something of somebody else's, long enough to look like a file" * 20)
    done = msgprobe("run", "--quick", f"--history={path}", alone=True)
    one_line(done, 74, "other.db", "damaged, or no history")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["timeline", "--since", "soon"], ["--since", "7d"]),
        (["timeline", "nosuch"], ["nosuch", "telegram"]),
        (["timeline", "--json", "--csv"], ["--json", "--csv"]),
        (["timeline", "--html", "/nowhere/x.html"], ["/nowhere"]),
        (["history", "show", "zz"], ["zz", "no such run"]),
        (["history", "show", "0000"], ["0000", "several"]),
        (["history", "show", "00000003"], ["words alone"]),
        (["history", "purge", "--all", "--older-than", "1d"], ["--all", "--older-than"]),
        (["history", "purge", "--older-than", "x"], ["--older-than", "12h"]),
        (["history", "purge", "--series", "zz"], ["--series", "zz"]),
        (["history", "merge", "/nowhere.db"], ["/nowhere.db"]),
        (["history", "import", "/nowhere.jsonl"], ["/nowhere.jsonl", "history export"]),
    ],
)
def test_what_makes_no_sense_is_said_on_one_line(
    msgprobe: Msgprobe, told: Path, words: list[str], said: list[str]
) -> None:
    done = msgprobe(*words, f"--history={told}")
    one_line(done, 74 if "--html" in words else 2, *said)


def test_the_timeline_tells_since_when(msgprobe: Msgprobe, told: Path) -> None:
    done = msgprobe("timeline", f"--history={told}")
    assert (done.returncode, done.stderr) == (0, "")
    (event,) = [line for line in done.stdout.splitlines() if "→" in line]
    assert event.strip() == "telegram text: works → blocked [tls.reset.sni]"
    assert "\x1b" not in done.stdout


def test_it_fits_into_eighty_columns_of_plain_letters(msgprobe: Msgprobe, told: Path) -> None:
    import pty
    import subprocess

    from tests.cli.process import COMMAND

    master, slave = pty.openpty()
    env = dict(os.environ, PYTHONIOENCODING="ascii", NO_COLOR="1", COLUMNS="80", TERM="xterm")
    call = [str(COMMAND), "timeline", "-v", f"--history={told}"]
    process = subprocess.Popen(call, stdout=slave, env=env)
    os.close(slave)
    text = b""
    try:
        while part := os.read(master, 4096):
            text += part
    except OSError:
        pass  # how a terminal ends
    os.close(master)
    assert process.wait() == 0
    assert text.isascii()
    assert b"\x1b" not in text
    assert max(map(len, text.decode().splitlines())) <= 80


def test_json_has_every_time_in_utc_and_local(msgprobe: Msgprobe, told: Path) -> None:
    done = msgprobe("timeline", "--json", f"--history={told}", env={"TZ": "Asia/Almaty"})
    (series,) = json.loads(done.stdout)["series"]
    (event,) = series["events"]
    earliest = datetime.fromisoformat(event["onset_earliest"])
    latest = datetime.fromisoformat(event["onset_latest"])
    assert int(latest.timestamp()) == NOW - 30 * HOUR + 16 * HOUR + HOUR // 2
    assert latest - earliest == timedelta(hours=1)
    assert datetime.fromisoformat(event["onset_latest_local"]) == latest
    assert event["onset_latest_local"].endswith("+05:00")
    (change,) = event["changes"]
    assert (change["before"], change["after"]) == ("ok", "blocked")
    text = [s for s in series["segments"] if s["function"] == "text"]
    assert [s["word"] for s in text] == ["ok", "blocked", "not_measured"]
    assert text[-1]["posterior"] is None


def test_csv_has_a_row_a_segment_and_no_formula(msgprobe: Msgprobe, told: Path) -> None:
    rows = list(csv.DictReader(StringIO(msgprobe("timeline", "--csv", f"--history={told}").stdout)))
    mine = [r for r in rows if r["function"] == "text"]
    assert [r["word"] for r in mine] == ["ok", "blocked", "not_measured"]
    assert {r["label"] for r in rows} == {"'=home\\x1b[2J"}
    assert {r["service"] for r in rows} == {"telegram", "connection"}


def test_the_page_loads_nothing_and_runs_nothing(
    msgprobe: Msgprobe, told: Path, tmp_path: Path
) -> None:
    page = tmp_path / "t.html"
    done = msgprobe("timeline", "--html", str(page), f"--history={told}")
    assert done.returncode == 0
    text = page.read_text()
    assert "<script" not in text
    assert "http://" not in text and "https://" not in text
    assert "\x1b" not in text
    assert "works → blocked" in text


def test_the_page_about_a_run_has_what_is_remembered_where_that_is_asked_for(
    msgprobe: Msgprobe, told: Path, saved: Path
) -> None:
    with_it = msgprobe("report", str(saved), f"--history={told}", "-o", "-")
    assert with_it.returncode == 0, with_it.stderr
    assert "Earlier runs" in with_it.stdout
    assert "<rect" in with_it.stdout
    alone = msgprobe("report", str(saved), "-o", "-")
    assert "Earlier runs" not in alone.stdout


def test_since_cuts_and_an_empty_time_is_said(msgprobe: Msgprobe, told: Path) -> None:
    done = msgprobe("timeline", "--since", "12h", "--json", f"--history={told}")
    (series,) = json.loads(done.stdout)["series"]
    assert series["looks"] == 6
    assert series["events"] == []
    done = msgprobe("timeline", "--since", "1h", f"--history={told}")
    assert done.returncode == 3
    assert "Nothing is remembered of that time" in done.stdout


@pytest.mark.parametrize("name", ["h.jsonl", "h.jsonl.gz", "-"])
def test_it_is_exported_and_taken_in_elsewhere(
    msgprobe: Msgprobe, told: Path, tmp_path: Path, name: str
) -> None:
    file = name if name == "-" else str(tmp_path / name)
    done = msgprobe("history", "export", file, f"--history={told}")
    assert done.returncode == 0, done.stderr
    if name.endswith(".gz"):
        gzip.decompress(Path(file).read_bytes())
    other = tmp_path / "other.db"
    for count in (24, 0):
        taken = msgprobe("history", "import", file, f"--history={other}", input=done.stdout)
        assert taken.stderr == f"Taken in: {count} runs.\n"
    shown = msgprobe("timeline", f"--history={other}").stdout
    assert "works → blocked" in shown
    assert "home" not in shown


def test_what_is_old_is_purged_as_settings_say(msgprobe: Msgprobe, told: Path) -> None:
    done = msgprobe("history", "purge", f"--history={told}")
    assert done.stderr == "Deleted: 0 runs.\n"
    env = {"MSGPROBE_HISTORY_KEEP": "12h"}
    done = msgprobe("history", "purge", f"--history={told}", env=env)
    assert done.stderr == "Deleted: 18 runs.\n"
    one_line(
        msgprobe("history", "purge", f"--history={told}", env={"MSGPROBE_HISTORY_KEEP": "long"}),
        2,
        "MSGPROBE_HISTORY_KEEP",
        "forever",
    )
    assert msgprobe("history", "purge", "--all", f"--history={told}").returncode == 0
    assert "Nothing is remembered" in msgprobe("history", "list", f"--history={told}").stdout
