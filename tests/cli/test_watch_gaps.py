"""Time in which this device slept, was stopped, had no battery or hung on no network: a gap with
its reason in the history and in the timeline, and no outage. With processes, signals and files.

No test can send a machine to sleep: its clocks are moved as sleep moves them, all but the one that
stands.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from msgprobe.cli.history import now
from msgprobe.cli.watch_store import STATE
from msgprobe.history.store import History
from msgprobe.model.history import GapReason
from tests.cli.process import ALONE, Msgprobe, isolated
from tests.history.ticks import home, pulse

LATE = 1.0
"""Seconds here after which a process was stopped, not only late."""
SLEPT = 4000
AGO = 5000
"""Seconds by which the whole story lies back."""

_WATCH = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from msgprobe.cli import main, watch_loop
from msgprobe.steps.system import SystemClock
from msgprobe.watch import gaps

watch_loop.NAP, watch_loop.ABSENT, gaps.LATE = 0.6, LATE, LATE
slept, ago = Path(sys.argv.pop(1)), float(sys.argv.pop(1))
steady, wall, awake = SystemClock.monotonic, SystemClock.utcnow, SystemClock.awake

def passed():
    return float(slept.read_text()) if slept.exists() else 0.0

SystemClock.monotonic = lambda self: steady(self) + passed()
SystemClock.utcnow = lambda self: wall(self) + timedelta(seconds=passed() - ago)

def looked(self):
    slept.with_name("began").touch()
    if (halt := slept.with_name("halt")).exists():
        halt.unlink()
        os.kill(os.getpid(), signal.SIGSTOP)
    return awake(self)

SystemClock.awake = looked
main.main(sys.argv[1:])
""".replace("LATE, LATE", f"{LATE}, {LATE}")

CABLE = (
    "ip link add here type veth peer name there && ip address add 192.168.7.2/24 dev here && "
    "ip link set here up && ip link set there up && ip route add default via 192.168.7.1 && "
)
BATTERY = (
    "mount -t tmpfs none /sys/class/power_supply && mkdir /sys/class/power_supply/BAT0 && "
    "(cd /sys/class/power_supply/BAT0; echo Battery > type; echo Discharging > status; "
    "echo 4 > capacity) && "
)


class Watching:
    """A watch that tells in lines of JSON, and may be put to sleep."""

    def __init__(self, process: "subprocess.Popen[str]", slept: Path) -> None:
        self.process, self._slept = process, slept

    def begun(self) -> None:
        """Wait until it has looked at its clocks."""
        deadline = time.monotonic() + 30
        while not self._slept.with_name("began").exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def sleep(self, seconds: int) -> None:
        """Every clock but one moves on."""
        self.begun()
        part = self._slept.with_suffix(".part")
        part.write_text(str(seconds))
        os.replace(part, self._slept)

    def gap(self) -> dict[str, Any]:
        """The next line, which is a gap."""
        assert self.process.stdout is not None
        ready, *_ = select.select([self.process.stdout], [], [], 60)
        assert ready, "nothing was told"
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert told["type"] == "gap"
        return told


@contextmanager
def watching(path: Path, ago: int = 0, setup: str = "") -> Iterator[Watching]:
    """One in a namespace of its own."""
    slept = path.with_name("slept")
    words = [sys.executable, "-c", _WATCH, str(slept), str(ago)]
    words += ["watch", "--jsonl", f"--history={path}"]
    with subprocess.Popen(
        [*(ALONE or []), "--mount", "sh", "-c", f'{setup}exec "$@"', "sh", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "HOME": str(path.parent)},
    ) as process:
        try:
            assert process.stderr is not None
            first = process.stderr.readline()
            if setup and "Watching" not in first:
                pytest.skip(f"cannot be set up here: {first}")
            assert first.startswith("Watching")
            yield Watching(process, slept)
        finally:
            process.kill()
            process.communicate(timeout=20)


def ended(watch: Watching) -> None:
    """Politely."""
    watch.process.send_signal(signal.SIGTERM)
    watch.process.wait(20)


def halted(pid: int) -> None:
    """Wait until it stands still."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.05)
    pytest.fail("it did not stop")


def kept(path: Path) -> list[tuple[int, int, str]]:
    """The gaps that the history has."""
    with History(path, write=False) as history:
        rows = history.rows("SELECT began, ended, reason FROM gap ORDER BY ended - began DESC")
        return [(int(str(a)), int(str(b)), str(reason)) for a, b, reason in rows]


@isolated
def test_sleep_is_told_by_two_clocks_and_is_no_outage_in_the_timeline(
    tmp_path: Path, msgprobe: Msgprobe
) -> None:
    path = tmp_path / "h.db"
    with watching(path, AGO) as watch:
        watch.sleep(SLEPT)
        told = watch.gap()
        ended(watch)
    assert told["reason"] == "asleep"
    began, end, _ = next(one for one in kept(path) if one[2] == GapReason.ASLEEP.value)
    assert SLEPT <= end - began <= SLEPT + 60
    assert abs(end - (now() - AGO + SLEPT)) <= 60
    times = [*range(began - 3000, began, 60), *range(end + 1, now() - 30, 60)]
    with History(path) as history:
        where = home(history)
        for number, at in enumerate(times):
            history.add(where, replace(pulse(number), at=at))
    done = msgprobe("timeline", f"--history={path}", "--json")
    (story,) = (s for s in json.loads(done.stdout)["series"] if s["label"] == "home")
    assert story["events"] == []
    words: dict[str | None, list[tuple[str, str | None]]] = {}
    for one in story["segments"]:
        words.setdefault(one["service"], []).append((one["word"], one["reason"] or None))
    before, gap, after = words["telegram"][:3]
    assert (before[0], gap, after[0]) == ("ok", ("not_measured", "asleep"), "ok")
    assert not any(word in ("shutdown", "no_internet") for word, _ in words[None])


@isolated
def test_a_process_that_is_stopped_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with watching(path) as watch:
        watch.begun()
        watch.process.send_signal(signal.SIGSTOP)
        time.sleep(3 * LATE)
        watch.process.send_signal(signal.SIGCONT)
        assert watch.gap()["reason"] == "stopped"
        ended(watch)


@isolated
@pytest.mark.parametrize("when", ["at once", "later"])
def test_a_process_that_is_stopped_while_it_looks_at_its_clocks_is_a_gap(
    tmp_path: Path, when: str
) -> None:
    path = tmp_path / "h.db"
    halt = tmp_path / "halt"
    if when == "at once":
        halt.touch()
    with watching(path) as watch:
        if when == "later":
            watch.begun()
            halt.touch()
        halted(watch.process.pid)
        time.sleep(3 * LATE)
        watch.process.send_signal(signal.SIGCONT)
        assert watch.gap()["reason"] == "stopped"
        ended(watch)


@isolated
def test_no_network_is_a_gap_and_nothing_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with watching(path) as watch:
        watch.begun()
        time.sleep(2 * LATE)
        watch.process.send_signal(signal.SIGTERM)
        assert watch.gap()["reason"] == "no_interface"
        watch.process.wait(20)
    assert [reason for *_, reason in kept(path)] == ["no_interface"]
    with History(path, write=False) as history:
        assert history.rows("SELECT count(*) FROM tick") == [(0,)]


@isolated
def test_an_empty_battery_is_a_gap_also_where_the_device_died_of_it(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with watching(path, setup=CABLE + BATTERY) as watch:
        watch.begun()
        time.sleep(2 * LATE)
        watch.process.send_signal(signal.SIGKILL)
        watch.process.wait(20)
    assert kept(path) == []  # nobody was left to tell it
    with History(path) as history:
        state = json.loads(history.kept(STATE) or "")
        history.keep(STATE, json.dumps({**state, "wall": state["wall"] - 4000}))
    with watching(path, setup=CABLE + BATTERY) as watch:
        assert watch.gap()["reason"] == "battery"
        time.sleep(2 * LATE)
        watch.process.send_signal(signal.SIGTERM)
        assert watch.gap()["reason"] == "battery"
        watch.process.wait(20)
    (first, second) = kept(path)
    assert (first[2], second[2]) == ("battery", "battery")
    assert first[1] - first[0] >= 4000
    with History(path, write=False) as history:
        assert history.rows("SELECT count(*) FROM tick") == [(0,)]
