"""A timeline for programs: JSON and CSV, every time in UTC and as it was on this device's clock."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgprobe import __version__
from msgprobe.model.history import CONNECTION, NOT_MEASURED
from msgprobe.model.timeline import Bracket, Change, Segment, Story, TimelineEvent
from msgprobe.report.escape import harmless
from msgprobe.report.timeline_words import local_iso, utc_iso

FORMAT_VERSION = 1

COLUMNS = (
    *("series", "network", "label", "service", "function", "word", "began_utc", "began_local"),
    *("ended_utc", "ended_local", "onset_earliest_utc", "onset_latest_utc", "mechanisms"),
    *("posterior", "looks", "supporting", "settled", "reason", "witnesses"),
)


def render_json(stories: Sequence[Story]) -> str:
    """One JSON object: by series its segments, events, notes and speeds."""
    found = {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "msgprobe", "version": __version__},
        "series": [_story(story) for story in stories],
    }
    # not indented: that takes ten times as long, and a year has a hundred thousand segments
    return json.dumps(found, allow_nan=False) + "\n"


def _story(story: Story) -> dict[str, Any]:
    return {
        "series": story.series.public,
        "network": story.series.kind.value,
        "resolver": story.series.resolver,
        "vpn": story.series.vpn,
        "label": story.series.label,
        **_time("began", story.began),
        **_time("ended", story.ended),
        "looks": story.ticks,
        "interval_s": story.interval,
        "rules_version": story.rules,
        "segments": [row for _, some in story.segments for row in _segments(some)],
        "events": [_event(event) for event in story.events],
        "notes": [
            {**_time("at", n.at), "note": n.kind, **_whose(n.subject), "value": n.value}
            for n in story.notes
        ],
        "speeds": [
            {
                **_time("at", p.at),
                **_whose(p.subject),
                "direction": p.direction,
                "ratio": p.ratio,
                "usual": p.usual,
            }
            for p in story.speeds
        ],
    }


def _time(name: str, at: int | None) -> dict[str, str | None]:
    if at is None:
        return {name: None, f"{name}_local": None}
    return {name: utc_iso(at), f"{name}_local": local_iso(at)}


def _whose(subject: str) -> dict[str, str | None]:
    """Service and function; none of them is the connection, or all."""
    service, _, function = subject.partition(".")
    if subject in ("", CONNECTION):
        return {"service": None, "function": None}
    return {"service": service, "function": function}


def _segments(some: Sequence[Segment]) -> Iterator[dict[str, Any]]:
    for one, following in pairwise((*some, None)):
        assert one is not None
        resolved = None if following is None else following.onset
        yield {
            **_whose(one.subject),
            "word": one.word,
            **_time("began", one.began),
            **_time("ended", one.ended),
            **_bracket("onset", one.onset),
            **_bracket("resolution", resolved),
            "mechanisms": list(one.mechanisms),
            "posterior": None if one.word == NOT_MEASURED else one.posterior,
            "looks": one.ticks,
            "supporting": one.supporting,
            "settled": one.settled,
            "reason": one.reason,
            "witnesses": list(one.witnesses),
        }


def _bracket(name: str, found: Bracket | None) -> dict[str, str | None]:
    """As OONI's records of events have it; null where it is not known, or has not come."""
    return {
        **_time(f"{name}_earliest", None if found is None else found.after),
        **_time(f"{name}_latest", None if found is None else found.until),
    }


def _event(event: TimelineEvent) -> dict[str, Any]:
    return {
        **_bracket("onset", event.bracket),
        "cause": event.cause.value,
        "changes": [_change(c) for c in event.changes],
        "absorbed": [_change(c) for c in event.absorbed],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        **_whose(change.subject),
        "before": change.before,
        "after": change.after,
        **_bracket("onset", change.bracket),
        "mechanisms": list(change.mechanisms),
        "posterior": change.posterior,
        "witnesses": list(change.witnesses),
    }


def render_csv(stories: Sequence[Story]) -> str:
    """One row a segment, as spreadsheets read it; what they would take for a formula is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for story in stories:
        head = (story.series.public, story.series.kind.value, story.series.label)
        for _, some in story.segments:
            for row in _segments(some):
                writer.writerow([*map(_cell, head), *map(_cell, _cells(row))])
    return text.getvalue()


def _cells(row: Mapping[str, Any]) -> Iterator[object]:
    yield row["service"] or CONNECTION
    yield row["function"] or ""
    yield row["word"]
    for name in ("began", "began_local", "ended", "ended_local"):
        yield row[name]
    yield row["onset_earliest"]
    yield row["onset_latest"]
    yield " ".join(row["mechanisms"])
    for name in ("posterior", "looks", "supporting", "settled", "reason"):
        yield row[name]
    yield " ".join(row["witnesses"])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return harmless(value) if isinstance(value, str) else str(value)
