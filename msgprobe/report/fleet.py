"""What many lines say together, as text, CSV and JSON. Every time is in UTC."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgprobe import __version__
from msgprobe.model.fleet import Cell, CellState, CountryEvent, National, Onset, Subject, Votes
from msgprobe.model.history import CONNECTION
from msgprobe.model.timeline import Bracket
from msgprobe.report.columns import align
from msgprobe.report.escape import ascii_only, harmless, printable

FORMAT_VERSION = 1

WORDS: Mapping[CellState, str] = {
    CellState.OK: "works",
    CellState.DEGRADED: "degraded",
    CellState.THROTTLED: "throttled",
    CellState.BLOCKED: "blocked",
    CellState.DOWN: "down",
    CellState.MIXED: "lines differ",
    CellState.INSUFFICIENT: "too few lines",
}


def word(state: CellState, subject: Subject) -> str:
    """A state as people read it."""
    if subject.service == CONNECTION and state is CellState.BLOCKED:
        return "cut off"
    return WORDS[state]


def utc(at: int | None) -> str | None:
    """A time as ISO 8601; None stays what it is."""
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def bracket(found: Bracket) -> str:
    """From when to when something changed."""
    after = f"{utc(found.after)}" if found.after is not None else "unknown"
    return f"{after} to {utc(found.until)}"


# -- rows for programs ---------------------------------------------------------------------------


def cell_rows(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """Networks by quarters of an hour."""
    return [
        {
            **_subject(c.subject),
            "asn": c.asn,
            "bucket_utc": utc(c.bucket),
            "state": c.state.value,
            **_votes(c.votes),
            "hit_low": round(c.low, 4),
            "hit_high": round(c.high, 4),
        }
        for c in cells
    ]


def national_rows(cells: Iterable[National]) -> list[dict[str, Any]]:
    """Countries by quarters of an hour."""
    return [
        {
            **_subject(c.subject),
            "bucket_utc": utc(c.bucket),
            **{f"networks_{s.value}": c.networks.get(s, 0) for s in CellState},
            **_votes(c.votes),
            "hit_low": round(c.low, 4),
            "hit_high": round(c.high, 4),
        }
        for c in cells
    ]


def onset_rows(onsets: Iterable[Onset]) -> list[dict[str, Any]]:
    """Changes of networks."""
    return [
        {
            **_subject(o.subject),
            "asn": o.asn,
            "change": "began" if o.hit else "ended",
            "earliest_utc": utc(o.bracket.after),
            "latest_utc": utc(o.bracket.until),
            "lines_agree": o.vantages,
            "lines_changed": o.of,
        }
        for o in onsets
    ]


def _subject(subject: Subject) -> dict[str, Any]:
    return {"country": subject.country, "service": subject.service, "function": subject.function}


def _votes(votes: Votes) -> dict[str, int]:
    return {
        "lines": votes.vantages,
        "can_tell": votes.known,
        "ok": votes.ok,
        "degraded": votes.degraded,
        "throttled": votes.throttled,
        "blocked": votes.blocked,
        "down": votes.down,
    }


def as_json(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """One JSON object with the rows under ``name``."""
    found = {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "msgprobe", "version": __version__},
        name: rows,
    }
    return json.dumps(found, allow_nan=False) + "\n"


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows with a header, no text of them a formula; without rows nothing at all."""
    text = io.StringIO(newline="")
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({n: harmless(v) if isinstance(v, str) else v for n, v in row.items()})
    return text.getvalue()


# -- text for people -----------------------------------------------------------------------------


def render_cells(cells: Sequence[Cell], *, width: int | None, unicode: bool) -> str:
    """The newest cell of each network that says something, or else its newest."""
    newest: dict[tuple[Subject, int], Cell] = {}
    for one in cells:
        key = (one.subject, one.asn)
        before = newest.get(key)
        told = one.state is not CellState.INSUFFICIENT
        if before is None or told or before.state is CellState.INSUFFICIENT:
            newest[key] = one
    rows = [("country", "network", "what", "when (UTC)", "state", "lines hit", "share (95 %)")]
    rows += [
        (
            *(c.subject.country, _asn(c.asn), _what(c.subject), _minute(c.bucket)),
            *(word(c.state, c.subject), f"{c.votes.hit} of {c.votes.known}", _share(c.low, c.high)),
        )
        for c in newest.values()
    ]
    return _table(rows, width, unicode, (0, 0, 1, 1, 1, 0, 0))


def render_national(cells: Sequence[National], *, width: int | None, unicode: bool) -> str:
    """The newest quarter of an hour of each country's subject that says something of a network, or
    else the newest."""
    newest: dict[Subject, National] = {}
    for one in cells:
        told = one.networks.keys() - {CellState.INSUFFICIENT}
        before = newest.get(one.subject)
        if before is None or told or not before.networks.keys() - {CellState.INSUFFICIENT}:
            newest[one.subject] = one
    rows = [("country", "what", "when (UTC)", "networks", "lines hit", "share (95 %)")]
    rows += [
        (
            *(c.subject.country, _what(c.subject), _minute(c.bucket)),
            ", ".join(f"{n} {word(s, c.subject)}" for s, n in sorted(c.networks.items())),
            *(f"{c.votes.hit} of {c.votes.known}", _share(c.low, c.high)),
        )
        for c in newest.values()
    ]
    return _table(rows, width, unicode, (0, 1, 1, 3, 0, 0))


def render_onsets(onsets: Sequence[Onset], *, width: int | None, unicode: bool) -> str:
    """Every change of a network, in order."""
    rows = [("country", "network", "what", "interference", "between (UTC)", "lines")]
    rows += [
        (
            *(o.subject.country, _asn(o.asn), _what(o.subject), "began" if o.hit else "ended"),
            *(bracket(o.bracket), f"{o.vantages} of {o.of}" if o.of else "by votes alone"),
        )
        for o in onsets
    ]
    return _table(rows, width, unicode, (0, 0, 1, 0, 2, 1))


def render_events(events: Sequence[CountryEvent], *, width: int | None, unicode: bool) -> str:
    """Every event with its networks in the order of their onsets."""
    if not events:
        return "No event: nowhere were there enough networks or lines at once.\n"
    lines: list[str] = []
    for one in events:
        what = ", ".join(_name(one.service, f) for f in one.functions)
        end = "goes on" if one.resolution is None else f"ended {bracket(one.resolution)}"
        how = f" [{', '.join(map(printable, one.mechanisms))}]" if one.mechanisms else ""
        lines.append(f"{one.country}: {what}{how}")
        lines.append(f"    began {bracket(one.onset)}; {end}")
        every = "all " if one.all_networks else ""
        lines.append(f"    {every}{len(one.episodes)} networks, in the order of their onsets:")
        lines += [
            f"      {_asn(e.asn)}  {bracket(e.onset.bracket)}"
            + ("" if e.resolution is None else f", free again by {utc(e.resolution.bracket.until)}")
            for e in one.episodes
        ]
    text = "\n".join(lines) + "\n"
    return text if unicode else ascii_only(text)


def _table(
    rows: Sequence[tuple[str, ...]], width: int | None, unicode: bool, shares: tuple[int, ...]
) -> str:
    if len(rows) == 1:
        return "Nothing is known of that.\n"
    text = "\n".join(align(rows, width=width, shares=shares)) + "\n"
    return text if unicode else ascii_only(text)


def _asn(asn: int) -> str:
    return f"AS{asn}" if asn else "unknown"


def _what(subject: Subject) -> str:
    return _name(subject.service, subject.function)


def _name(service: str, function: str) -> str:
    return printable(f"{service} {function}".strip(), limit=40)


def _minute(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def _share(low: float, high: float) -> str:
    return f"{100 * low:.0f}-{100 * high:.0f} %"
