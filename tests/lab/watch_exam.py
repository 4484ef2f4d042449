"""``python -m tests.lab watch``: a country's day, ten times as fast, with a real watch in it.

All is well; what names WhatsApp is slowed down; the line comes and goes; what names Signal is
reset; all is shut off but for holes; it returns. Then the history's times are stretched back to a
day's, for the timeline knows how long things last, and what it tells is held against what was done
when.
"""

import argparse
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from tests.lab.censor import Action, Match, PassOnly, Throttle
from tests.lab.exam import Stage, stage
from tests.lab.exam_text import without_lab
from tests.lab.network import Lab
from tests.lab.scenarios.kinds import connection
from tests.lab.scenarios.shared import GATEWAY, RESOLVER, SIGNAL, WHATSAPP, reset, tcp_to, udp_to

FASTER: Final = 10
"""Times as fast as in real life."""

_POLICED: Final = Throttle(label="police", names=WHATSAPP, kbit=140)
OFF: Final = PassOnly(label="off", holes=(Match(to=(RESOLVER, GATEWAY)),))
_SHUT: Final = PassOnly(label="shut", holes=(tcp_to(ports=(179, 3785)), udp_to(ports=(53,))))
RESET: Final = reset(*SIGNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What the censor does for so many seconds, and the changes that this is: subject, words that
    are right, and a mechanism (or its beginning)."""

    name: str
    seconds: int
    actions: tuple[Action, ...]
    changes: tuple[tuple[str, str, str], ...] = ()


DAY: Final = (
    Act(name="fine", seconds=540, actions=()),
    Act(
        name="WhatsApp is policed",
        seconds=520,
        actions=(_POLICED,),
        changes=(("whatsapp.media", "throttled", "throttle.sni"),),
    ),
    Act(
        name="the line goes",
        seconds=110,
        actions=(OFF,),
        changes=(("connection", "no_internet|intermittent", ""),),
    ),
    Act(
        name="and comes",
        seconds=130,
        actions=(_POLICED,),
        changes=(("connection", "online", ""),),
    ),
    Act(
        name="goes again",
        seconds=110,
        actions=(OFF,),
        changes=(("connection", "no_internet|intermittent", ""),),
    ),
    Act(
        name="comes again",
        seconds=130,
        actions=(_POLICED,),
        changes=(("connection", "online", ""),),
    ),
    Act(
        name="Signal is reset by name",
        seconds=320,
        actions=(_POLICED, RESET),
        changes=(("signal.text", "blocked", "tls.reset"),),
    ),
    Act(
        name="shutdown with holes",
        seconds=320,
        actions=(_SHUT,),
        changes=(("connection", "shutdown", ""),),
    ),
    Act(
        name="return",
        seconds=520,
        actions=(),
        changes=(
            ("connection", "online", ""),
            ("signal.text", "ok", ""),
            ("whatsapp.media", "ok", ""),
        ),
    ),
)

SPEED_BRACKET: Final = 2 * 1800 * 4 // 3 + 400
"""Seconds of the day within which throttling is found: each service is moved at every second
transfer."""
BRACKET: Final = 2 * 120 + 60
"""Two pulses and a minute; ..."""
LOOK: Final = 15 * FASTER
"""... and what a pulse takes on a line on which nothing answers, which no haste makes shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One true change: whether it was told, rightly, and with how wide a bracket."""

    act: str
    subject: str
    wanted: str
    at: float
    told: str
    right: bool
    inside: bool
    width: float | None


def main(argv: Sequence[str]) -> int:
    """Play the day and judge it: 0 all right, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab watch", description=__doc__)
    parser.add_argument("--seeds", default="1", help="seeds, with commas; one day after another")
    parser.add_argument("--keep", type=Path, default=Path(".lab/watch"), help="where files stay")
    options = parser.parse_args(argv)
    status = without_lab("watch:")
    if status is not None:
        return status
    seeds = [int(s) for s in options.seeds.split(",")]
    passed = tuple(_day(seed, options.keep / f"day-{seed}") for seed in seeds)
    return 0 if all(passed) else 1


def _day(seed: int, folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    scene = stage(connection("day", "a country's day", "online", country="KZ"), seed, folder)
    history = folder.resolve() / "history.db"
    with scene.lab as lab:
        before = lab.counters()
        began, status = _play(scene, seed, history)
        used = lab.counters().ip_bytes - before.ip_bytes
        slow = folder.resolve() / "slow.db"
        day = slower(history)
        began = [(act, day(at)) for act, at in began]
        stretch(history, slow, day)
        told = scene.run("timeline", f"--history={slow}", "--json", timeout=200)
        picture = scene.run("timeline", f"--history={slow}", timeout=200)
    (folder / "timeline.json").write_text(told.stdout, "utf-8")
    (folder / "timeline.txt").write_text(picture.stdout, "utf-8")
    print(picture.stdout)
    story = json.loads(told.stdout)["series"]
    found = _judged(began, story)
    for one in found:
        print(_line(one, began[0][1]))
    extra = _extra(began, story)
    for text in extra:
        print(f"told, though it never was: {text}")
    print(f"seed {seed}: watch ended with {status}; {used / 1e6:.1f} MB on the wire")
    return not extra and status == 128 + signal.SIGTERM and all(o.right and o.inside for o in found)


def _play(scene: Stage, seed: int, history: Path) -> tuple[list[tuple[Act, float]], int]:
    """Run the watch through all acts; when each began, and its exit status."""
    chance = random.Random(seed)
    began: list[tuple[Act, float]] = []
    with watching(scene, FASTER, f"{20 * FASTER}MB/day", history, "--country", "KZ") as process:
        for act in DAY:
            _begin(scene.lab, act)
            began.append((act, time.time()))  # noqa: TID251 (beside the history's own times)
            print(f"{datetime.now():%H:%M:%S} {act.name}", flush=True)  # noqa: DTZ005
            time.sleep(act.seconds + chance.uniform(0, 12))
        process.send_signal(signal.SIGTERM)
        return began, process.wait(30)


@contextmanager
def watching(
    scene: Stage, factor: float, budget: str, history: Path, *more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A watch in the lab, so many times as fast as in real life; it is killed at the end."""
    words = ["watch", "--jsonl", "--budget", budget, *more, f"--history={history}", *scene.targets]
    command = [sys.executable, "-m", "tests.lab.hasty_watch", f"{factor:g}", *words]
    environment = {**scene.env, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with (
        (scene.workdir / "watch.jsonl").open("wb") as out,
        (scene.workdir / "watch.err").open("wb") as err,
        scene.lab.popen(command, environment, stdout=out, stderr=err) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _begin(lab: Lab, act: Act) -> None:
    lab.set_actions(act.actions)


Slower = Callable[[float], float]
"""From a time of the hasty day to that of the day that it stands for."""


def slower(history: Path) -> Slower:
    """Pulses came `FASTER` times as rarely; larger looks took as long as they did, for no haste
    makes them shorter."""
    with closing(sqlite3.connect(history)) as source:
        looks = source.execute(
            "SELECT at, CASE kind WHEN 'pulse' THEN NULL ELSE packed END "
            "FROM tick LEFT JOIN document USING (series, n) ORDER BY at"
        ).fetchall()
    starts = [float(at) for at, _ in looks]
    took = [1.0 if p is None else json.loads(zlib.decompress(p))["duration_s"] for _, p in looks]
    days = [starts[0]]
    for (one, following), seconds in zip(pairwise(starts), took, strict=False):
        days.append(days[-1] + _passed(following - one, seconds))

    def day(at: float) -> float:
        number = bisect_right(starts, at) - 1
        if number < 0:
            return starts[0] + FASTER * (at - starts[0])
        return days[number] + _passed(at - starts[number], took[number])

    return day


def _passed(seconds: float, took: float) -> float:
    return min(seconds, took) + FASTER * max(0.0, seconds - took)


def stretch(history: Path, copy: Path, day: Slower) -> None:
    """A copy of the history with the times of that day."""
    copy.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(history)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        target.create_function("day", 1, lambda at: int(day(at)))
        for table, column in (("tick", "at"), ("gap", "began"), ("gap", "ended")):
            target.execute(f"UPDATE {table} SET {column} = day({column})")
        target.commit()


# -- what was told ------------------------------------------------------------------------------


def _events(story: Sequence[Mapping[str, Any]]) -> list[tuple[float | None, float, str, str, str]]:
    """(after, until, subject, word, mechanisms) of every change that was told."""
    found = []
    for series in story:
        for event in series["events"]:
            for change in (*event["changes"], *event["absorbed"]):
                service = change["service"]
                subject = "connection" if service is None else f"{service}.{change['function']}"
                found.append(
                    (
                        _seconds(change["onset_earliest"]) if "onset_earliest" in change else None,
                        _seconds(change.get("onset_latest", event["onset_latest"])) or 0.0,
                        subject,
                        str(change["after"]),
                        ",".join(change["mechanisms"]),
                    )
                )
    return found


def _seconds(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


def _judged(began: Sequence[tuple[Act, float]], story: Sequence[Mapping[str, Any]]) -> list[Judged]:
    events = _events(story)
    found = []
    for number, (act, at) in enumerate(began):
        following = began[number + 1][1] if number + 1 < len(began) else at + 36_000
        for subject, words, mechanism in act.changes:
            allowed = SPEED_BRACKET if words == "throttled" else BRACKET + LOOK
            if words == "ok":  # of what did not work nobody can tell when a shutdown ended it
                allowed = 36_000
            mine = [
                e for e in events if e[2] == subject and at - LOOK <= e[1] <= following + allowed
            ]
            right = [e for e in mine if e[3] in words.split("|") and mechanism in e[4]]
            told = right[0] if right else (mine[0] if mine else None)
            after = None if told is None else told[0]
            # a look is dated by its beginning
            inside = told is not None and (after is None or after <= at) and at <= told[1] + LOOK
            width = None if told is None or after is None else told[1] - after
            narrow = width is None or width <= allowed
            found.append(
                Judged(
                    act=act.name,
                    subject=subject,
                    wanted=words,
                    at=at,
                    told="nothing" if told is None else f"{told[3]} [{told[4]}]",
                    right=bool(right) and narrow,
                    inside=inside,
                    width=width,
                )
            )
    return found


def _extra(began: Sequence[tuple[Act, float]], story: Sequence[Mapping[str, Any]]) -> list[str]:
    """Accusations of what nobody touched."""
    touched = ("whatsapp", "signal", "connection")
    return [
        f"{subject} {word}"
        for _, _, subject, word, _ in _events(story)
        if not subject.startswith(touched) and word in ("blocked", "throttled", "degraded", "down")
    ]


def _line(one: Judged, zero: float) -> str:
    sign = "right" if one.right and one.inside else "WRONG"
    width = "no width" if one.width is None else f"bracket of {one.width:.0f} s"
    inside = "truth inside" if one.inside else "truth OUTSIDE"
    return (
        f"{sign}  {one.at - zero:5.0f} s  {one.act}: {one.subject} {one.wanted}: told {one.told}, "
        f"{width}, {inside}"
    )
