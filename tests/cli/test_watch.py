"""`msgprobe watch`: it says at once what is wrong, watches alone, and ends politely."""

import json
import os
import re
import signal
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from msgprobe.catalog.loader import load
from msgprobe.cli.history import now
from msgprobe.cli.watch import NOT_YET_TOLD, _since
from msgprobe.cli.watch_alarm import WINDOW
from msgprobe.cli.watch_loop import Asked, Follower, Teller, Watcher
from msgprobe.cli.watch_store import STATE, Store
from msgprobe.history.store import History
from msgprobe.model.control import Guess
from msgprobe.model.history import CONNECTION, Said, Tick, TickKind
from msgprobe.watch.narrow import Rows
from msgprobe.watch.reason import Reason
from msgprobe.watch.schedule import Schedule
from msgprobe.watch.state import Look
from tests.cli.process import ALONE, COMMAND, Msgprobe, isolated
from tests.history.ticks import tick


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--budget", "many"], ["--budget", "20MB/day"]),
        (["--budget", "100k/day"], ["--budget", "too small", "MB/day"]),
        (["--every", "5s"], ["--every", "60s"]),
        (["--every", "soon"], ["--every"]),
        (["--for", "ever"], ["--for", "12h"]),
        (["--on-change", "no-such-command"], ["--on-change", "no such command"]),
        (["--webhook", "http://example.org"], ["--webhook", "https"]),
        (["--timer", "sundial"], ["--timer", "cron", "systemd", "termux"]),
        (["nosuch"], ["nosuch"]),
    ],
)
def test_what_makes_no_sense_is_told_at_once(
    msgprobe: Msgprobe, tmp_path: Path, words: list[str], told: list[str]
) -> None:
    done = msgprobe("watch", *words, f"--history={tmp_path / 'h.db'}")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert all(word in done.stderr for word in told)


def test_the_budget_that_is_named_as_enough_is(msgprobe: Msgprobe, tmp_path: Path) -> None:
    history = f"--history={tmp_path / 'h.db'}"
    done = msgprobe("watch", "--budget", "100k/day", history)
    enough = re.findall(r"([\d.]+MB/day)", done.stderr)[0]
    broken = tmp_path / "h.db"
    broken.write_bytes(b"no database at all, but long enough to be looked at" * 20)
    done = msgprobe("watch", "--budget", enough, history)
    assert "--budget" not in done.stderr  # the next thing that is wrong is told instead
    assert str(broken) in done.stderr


def test_the_plan_lists_the_webhook_by_its_host_alone(msgprobe: Msgprobe) -> None:
    address = "https://hooks.example.org:8443/secret"
    done = msgprobe("plan", "--json", "--webhook", address)
    (line,) = [c for c in json.loads(done.stdout)["contacts"] if c["subject"] == "your webhook"]
    assert (line["target"], line["port"], line["transport"]) == ("hooks.example.org", 8443, "tcp")
    assert "secret" not in done.stdout
    assert "hooks.example.org" in msgprobe("plan", "--webhook", address).stdout
    assert msgprobe("plan", "--webhook", "http://example.org").returncode == 2


@pytest.mark.parametrize("name", ["cron", "systemd", "termux"])
def test_timers_are_printed(msgprobe: Msgprobe, name: str) -> None:
    done = msgprobe("watch", "--timer", name)
    assert done.returncode == 0
    assert "msgprobe watch" in done.stdout


def test_the_unit_is_one_that_systemd_reads(msgprobe: Msgprobe) -> None:
    import configparser

    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string(msgprobe("watch", "--timer", "systemd").stdout)
    assert set(unit.sections()) == {"Unit", "Service", "Install"}
    assert "watch" in unit["Service"]["ExecStart"].split()


def strangers(path: Path) -> None:
    """A database of another program."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE x (y)")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda p: p.write_bytes(os.urandom(5000)), "damaged"),
        (lambda p: p.mkdir(), "folder"),
        (strangers, "another program"),
    ],
)
def test_a_history_that_cannot_be_used_is_told_and_left_alone(
    msgprobe: Msgprobe, tmp_path: Path, make: object, told: str
) -> None:
    path = tmp_path / "h.db"
    assert callable(make)
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    done = msgprobe("watch", f"--history={path}", "--for", "60s")
    assert done.returncode in (2, 74)
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_where_nothing_can_be_written_that_is_told(msgprobe: Msgprobe) -> None:
    done = msgprobe("watch", "--history=/proc/msgprobe.db", "--for", "60s")
    assert done.returncode in (2, 74)
    assert "/proc/msgprobe.db" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# -- as a process --------------------------------------------------------------------------------


def watching(path: Path, *words: str) -> "subprocess.Popen[str]":
    """A watch in a namespace without any network, that has begun."""
    process = subprocess.Popen(
        [*(ALONE or []), str(COMMAND), "watch", f"--history={path}", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "HOME": str(path.parent)},
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Watching messenger, signal")
    return process


@isolated
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_politely(tmp_path: Path, number: int, status: int) -> None:
    with watching(tmp_path / "h.db") as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == status
    assert (out, err) == ("", "")
    with History(tmp_path / "h.db", write=False) as history:
        assert json.loads(history.kept(STATE) or "")["version"] == 1


@isolated
def test_two_watches_do_not_write_to_one_history(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with watching(path) as first:
        words = [*(ALONE or []), str(COMMAND), "watch", f"--history={path}"]
        second = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == 2
        assert len(second.stderr.splitlines()) == 1
        assert "another msgprobe watch" in second.stderr
        assert str(first.pid) in second.stderr
        first.send_signal(signal.SIGKILL)
        first.wait()
    with watching(path) as third:  # who was killed holds nothing up
        third.send_signal(signal.SIGTERM)
        third.communicate(timeout=20)
    assert third.returncode == 143


@isolated
def test_without_a_network_nothing_is_measured_and_the_time_is_over_when_it_was_said(
    tmp_path: Path,
) -> None:
    path = tmp_path / "h.db"
    with watching(path, "--for", "3s", "--jsonl") as process:
        out, err = process.communicate(timeout=30)
    assert process.returncode == 3
    assert err == ""
    assert out == ""
    with History(path, write=False) as history:
        assert history.rows("SELECT count(*) FROM tick") == [(0,)]


@isolated
def test_the_time_since_the_last_watch_is_a_gap_and_no_outage(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with watching(path) as process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    with History(path) as history:
        state = json.loads(history.kept(STATE) or "")
        state["wall"] -= 4000
        history.keep(STATE, json.dumps(state))
    with watching(path, "--jsonl") as process:
        assert process.stdout is not None
        gap = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert (gap["type"], gap["reason"]) == ("gap", "stopped")
    with History(path, write=False) as history:
        ((began, ended, reason),) = history.rows("SELECT began, ended, reason FROM gap")
    assert reason == "stopped"
    assert 4000 <= int(str(ended)) - int(str(began)) <= 4000 + 120


def test_what_the_last_watch_saw_just_before_its_end_is_still_news(tmp_path: Path) -> None:
    with Store(tmp_path / "h.db", "") as store:
        fresh = _since(store)
        assert abs(fresh - now()) <= 2
        store.save(json.dumps({"wall": now() - 60}))
        assert _since(store) == pytest.approx(now() - 60 - NOT_YET_TOLD, abs=2)
        store.save(json.dumps({"wall": now() - 10 * 86400}))
        assert _since(store) == pytest.approx(now() - WINDOW, abs=2)


@pytest.mark.parametrize("kind", [TickKind.RUN, TickKind.QUICK, TickKind.CONFIRM])
def test_what_a_larger_look_says_of_the_clock_holds_for_pulses_until_the_next_one(
    kind: TickKind,
) -> None:
    def told(kind: TickKind, *notes: str) -> Tick:
        return replace(tick(1), kind=kind, words={CONNECTION: Said("online", mechanisms=notes)})

    watcher = Watcher(
        asked=cast("Asked", None),
        schedule=Schedule(services={}),
        store=cast("Store", None),
        teller=cast("Teller", None),
        follower=cast("Follower", None),
    )
    pulse = Look(kind=TickKind.PULSE, reason=Reason.PULSE, at=0.0, services=())
    transfer = replace(pulse, kind=TickKind.TRANSFER)
    rows = Rows(services=(), controls=load().controls, guess=Guess())

    def asks(look: Look) -> bool:
        return bool(watcher._narrowed(rows, look).controls.sentinels)

    assert not asks(pulse)
    watcher._learn(told(kind, "clock_skew", "ipv6_missing"))
    watcher._learn(told(TickKind.PULSE))
    assert asks(pulse)
    assert asks(transfer)
    watcher._learn(told(kind, "ipv6_missing"))
    assert not asks(pulse)
    assert not asks(transfer)
