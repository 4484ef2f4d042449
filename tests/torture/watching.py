"""kill -9 of a watch at random moments: no look is lost but the one under way.

Most of them hit a process that writes looks and its own state as a watch does, as fast as it can;
some (``--lab``) hit the command itself in the lab, where there is something to look at. What was
said to have been made must be in the history afterwards.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from msgprobe.history.file import HistoryError
from msgprobe.history.store import History
from tests.lab.exam import Stage, stage
from tests.lab.netns import why_not
from tests.lab.scenarios import find

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 120.0
"""Seconds in which any look has ended, however busy the machine is."""

EXPORTED_EVERY = 20
"""Kills after which the history is read by the command, too."""

HASTE = "60"
"""Times as fast as in real life: a pulse a second."""


_WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from msgprobe.cli.watch_store import Store
from msgprobe.model.history import Attachment, Gap, GapReason, NetworkKind
from tests.history.ticks import tick
path, first = Path(sys.argv[1]), int(sys.argv[2])
network = Attachment(kind=NetworkKind.WIFI, gateway="02:00:00:00:00:01")
with Store(path, "") as store:
    state = store.saved()
    print("ready", state or "-", flush=True)
    number = first
    while True:
        number += 1
        one = tick(number, "ok" if number % 7 else "blocked", document="x" * 40_000)
        store._write(lambda: store._add(network, one))
        store.save(str(number))
        if number % 5 == 0:
            store.gap(Gap(number, number + 1, GapReason.ASLEEP))
        print(one.run_id, flush=True)
"""


def main(argv: list[str]) -> int:
    """Kill, open, compare: 0 where nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture watching", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lab", action="store_true", help="kill the command itself, in the lab")
    parser.add_argument("--at-once", type=int, default=2, help="watches in that lab")
    options = parser.parse_args(argv)
    reason = why_not() if options.lab else None
    if reason is not None:
        print(f"watching: skipped: {reason}")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="msgprobe-watching-"))
    chance = random.Random(options.seed)
    try:
        if options.lab:
            broken, lost, told = _in_lab(folder, options.kills, chance, options.at_once)
        else:
            broken, lost, told = _writers(folder, options.kills, chance)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{options.kills} killed: {broken} histories did not open, {lost} of {told} looks lost")
    return 1 if lost or broken or not told else 0


def _in_lab(folder: Path, kills: int, chance: random.Random, at_once: int) -> tuple[int, int, int]:
    """Histories that did not open, looks lost, and looks that were told of."""
    (scenario,) = find("I0")
    scene = stage(scenario, 1, folder)
    shares = [len(range(first, kills, at_once)) for first in range(at_once)]
    chances = [random.Random(chance.random()) for _ in shares]
    with scene.lab, ThreadPoolExecutor(at_once) as pool:
        numbers = range(1, at_once + 1)
        found = list(pool.map(partial(_one_history, scene, folder), numbers, shares, chances))
    return (
        sum(broken for broken, _, _ in found),
        sum(lost for _, lost, _ in found),
        sum(told for _, _, told in found),
    )


def _one_history(
    scene: Stage, folder: Path, number: int, kills: int, chance: random.Random
) -> tuple[int, int, int]:
    """The same of one history, whose watch is killed again and again."""
    path, told, lost, broken = folder / f"history-{number}.db", set[str](), 0, 0
    for count in range(1, kills + 1):
        told |= _killed(scene, path, chance, first=count == 1)
        kept = _sound(path)
        if count % EXPORTED_EVERY == 0 or count == kills:
            exported = _exported(scene, path)
            kept = None if kept is None or exported is None else kept & exported
        broken += kept is None
        lost += 0 if kept is None else len(told - kept)
        if count % EXPORTED_EVERY == 0 or count == kills:
            said = f"{count} killed, {broken} did not open, {lost} of {len(told)} looks lost"
            print(f"history {number}: {said}", flush=True)
    return broken, lost, len(told)


def _writers(folder: Path, kills: int, chance: random.Random) -> tuple[int, int, int]:
    """The same of processes that write and do nothing else."""
    path, told, lost, broken = folder / "history.db", set[str](), 0, 0
    for number in range(kills):
        words = [sys.executable, "-c", _WRITER, str(path), str(100_000 * (number + 1))]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.3))
            process.send_signal(signal.SIGKILL)
            said = process.stdout.read().split("\n")
        told |= set(said[:-1])  # what was cut off was not said
        kept = _sound(path)
        if kept is None:
            broken += 1
            continue
        lost += len(told - kept)
    return broken, lost, len(told)


def _sound(path: Path) -> set[str] | None:
    """The looks that a history has; None: it does not open, or is damaged."""
    try:
        with History(path, write=False) as history:
            kept = {str(run) for (run,) in history.rows("SELECT run FROM tick")}
            ((sound,),) = history.rows("PRAGMA integrity_check")
    except HistoryError as error:
        print(error)
        return None
    return kept if sound == "ok" else None


def _killed(scene: Stage, history: Path, chance: random.Random, *, first: bool) -> set[str]:
    """The looks that a watch has told of until it was killed."""
    out = history.with_suffix(".jsonl")
    words = ["watch", "--jsonl", "--budget", "1GB/day", f"--history={history}", *scene.targets]
    command = [sys.executable, "-m", "tests.lab.hasty_watch", HASTE, *words]
    environment = {**scene.env, "PYTHONPATH": str(ROOT)}
    with out.open("wb") as file:
        process = scene.lab.popen(command, environment, stdout=file, stderr=subprocess.PIPE)
        assert process.stderr is not None
        while (said := process.stderr.readline()) and not said.startswith(b"Watching"):
            pass
        # The first look is a whole run, then a pulse follows a pulse. Most kills come while one is
        # under way or written, some before anything is.
        _wait_for(out, 1 if first else chance.choice((0, 0, 1, 1, 2)))
        time.sleep(chance.choice((chance.uniform(0.0, 0.3), chance.uniform(0.0, 2.0))))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
    found = set()
    for line in out.read_text("utf-8").splitlines(keepends=True):
        if line.endswith("\n") and '"type":"tick"' in line:
            found.add(str(json.loads(line)["run_id"]))
    out.unlink()
    return found


def _wait_for(out: Path, looks: int) -> None:
    """Until so many are told of."""
    deadline = time.monotonic() + LONGEST
    while out.read_bytes().count(b'"type":"tick"') < looks and time.monotonic() < deadline:
        time.sleep(0.05)


def _exported(scene: Stage, history: Path) -> set[str] | None:
    """The looks that the history has, as the command exports them; None: it does not open."""
    done = scene.run("history", "export", "-", f"--history={history}")
    if done.rc or '"format":"msgprobe-history"' not in done.stdout:
        print(f"did not open: {done.stderr.strip()[-300:]}")
        return None
    lines = (json.loads(line) for line in done.stdout.splitlines())
    return {str(one["run_id"]) for one in lines if "run_id" in one}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
