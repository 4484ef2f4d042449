"""The state as JSON text: times as how long ago they were, for the steady clock begins anew with
the machine."""

import json
from dataclasses import replace
from typing import Any

from msgprobe.model.history import GapReason
from msgprobe.watch.budget import slot
from msgprobe.watch.state import Line, State, Surprise
from msgprobe.watch.timetable import Timetable

VERSION = 1


def dumps(
    state: State,
    timetable: Timetable,
    now: float,
    wall: float,
    waits_for: GapReason | None = None,
) -> str:
    """The state at ``now``, when the wall clock (UTC, seconds since 1970) says ``wall``;
    ``waits_for``: why nothing is looked at."""
    here = slot(timetable, now)
    found = {
        "version": VERSION,
        "wall": wall,
        "waits_for": waits_for,
        "line": state.line,
        "spent": [[here - at, *counts] for at, counts in state.spent.items()],
        "costs": dict(state.costs),
        "turns": dict(state.turns),
        "lines": {name: _line(line, now) for name, line in state.lines.items()},
    }
    return json.dumps(found, separators=(",", ":"))


def _line(line: Line, now: float) -> dict[str, Any]:
    surprise = line.surprise
    return {
        "words": dict(line.words),
        "changed": line.changed,
        "concerned": list(line.concerned),
        "last": {k: now - at for k, at in line.last.items()},
        "asked": {k: now - at for k, at in line.asked.items()},
        "doubted": {k: [now - until, long] for k, (until, long) in line.doubted.items()},
        "surprise": None
        if surprise is None
        else {
            "words": dict(surprise.words),
            "since": now - surprise.since,
            "looked": None if surprise.looked is None else now - surprise.looked,
            "speed": surprise.speed,
        },
    }


def loads(text: str, timetable: Timetable, now: float, wall: float) -> tuple[State, float] | None:
    """The state that `dumps` wrote, and how many seconds ago that was; None where it cannot be
    read. What a clock that was set back makes of that time is none at all."""
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            return None
        ago = max(0.0, wall - float(data["wall"]))
        then = now - ago
        here = slot(timetable, then)
        state = State(
            line=str(data["line"]),
            spent={here - int(age): (int(a), int(b)) for age, a, b in data["spent"]},
            costs={str(k): float(v) for k, v in data["costs"].items()},
            turns={str(k): int(v) for k, v in data["turns"].items()},
            lines={str(k): _read(v, then) for k, v in data["lines"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return state, ago


def saved_at(text: str | None) -> float | None:
    """When the state was saved, by the wall clock; None where it cannot be read."""
    try:
        return float(json.loads(text or "")["wall"])
    except (ValueError, KeyError, TypeError):
        return None


def waited_for(text: str | None) -> GapReason | None:
    """Why nothing was looked at when the state was saved; None: something was, or who knows."""
    try:
        return GapReason(json.loads(text or "")["waits_for"])
    except (ValueError, KeyError, TypeError):
        return None


def _read(data: dict[str, Any], then: float) -> Line:
    line = Line(
        words={str(k): str(v) for k, v in data["words"].items()},
        changed=bool(data["changed"]),
        concerned=tuple(str(s) for s in data.get("concerned", ())),
        last={str(k): then - float(v) for k, v in data["last"].items()},
        asked={str(k): then - float(v) for k, v in data["asked"].items()},
        doubted={str(k): (then - float(a), float(b)) for k, (a, b) in data["doubted"].items()},
    )
    found = data["surprise"]
    if found is None:
        return line
    looked = found["looked"]
    surprise = Surprise(
        words={str(k): str(v) for k, v in found["words"].items()},
        since=then - float(found["since"]),
        looked=None if looked is None else then - float(looked),
        speed=bool(found["speed"]),
    )
    return replace(line, surprise=surprise)
