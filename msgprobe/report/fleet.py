"""What many lines say together, as text, CSV and JSON. Every time is in UTC."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgprobe import __version__
from msgprobe.model.fleet import (
    Cell,
    CellState,
    CountryEvent,
    Episode,
    National,
    Onset,
    Subject,
    Votes,
)
from msgprobe.model.history import CONNECTION
from msgprobe.model.timeline import Bracket
from msgprobe.report.columns import align
from msgprobe.report.escape import ascii_only, harmless, printable
from msgprobe.report.language import N_, _, ngettext
from msgprobe.report.timeline_words import function

FORMAT_VERSION = 1

WORDS: Mapping[CellState, str] = {
    CellState.OK: N_("works"),
    CellState.DEGRADED: N_("degraded"),
    CellState.THROTTLED: N_("throttled"),
    CellState.BLOCKED: N_("blocked"),
    CellState.DOWN: N_("down"),
    CellState.MIXED: N_("lines differ"),
    CellState.INSUFFICIENT: N_("too few lines"),
}


def word(state: CellState, subject: Subject) -> str:
    """A state as people read it."""
    if subject.service == CONNECTION and state is CellState.BLOCKED:
        return _("cut off")
    return _(WORDS[state])


def utc(at: int | None) -> str | None:
    """A time as ISO 8601; None stays what it is."""
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def bracket(found: Bracket) -> str:
    """From when to when something changed."""
    after = _("unknown") if found.after is None else utc(found.after)
    return _("{began} to {ended}").format(began=after, ended=utc(found.until))


def end(event: CountryEvent) -> str:
    """Whether it goes on, or when it ended."""
    if event.resolution is None:
        return _("goes on")
    return _("ended {times}").format(times=bracket(event.resolution))


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
    rows = [
        (
            *(_("country"), _("network"), _("what"), _("when (UTC)")),
            *(_("state"), _("lines hit"), _("share (95 %)")),
        )
    ]
    rows += [
        (
            *(c.subject.country, network(c.asn), _what(c.subject), _minute(c.bucket)),
            *(word(c.state, c.subject), _some(c.votes.hit, c.votes.known), _share(c.low, c.high)),
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
    rows = [
        (
            *(_("country"), _("what"), _("when (UTC)"), _("networks")),
            *(_("lines hit"), _("share (95 %)")),
        )
    ]
    rows += [
        (
            *(c.subject.country, _what(c.subject), _minute(c.bucket)),
            _(", ").join(
                _("{count} {word}").format(count=n, word=word(s, c.subject))
                for s, n in sorted(c.networks.items())
            ),
            *(_some(c.votes.hit, c.votes.known), _share(c.low, c.high)),
        )
        for c in newest.values()
    ]
    return _table(rows, width, unicode, (0, 1, 1, 3, 0, 0))


def render_onsets(onsets: Sequence[Onset], *, width: int | None, unicode: bool) -> str:
    """Every change of a network, in order."""
    rows = [
        (
            *(_("country"), _("network"), _("what")),
            *(_("interference"), _("between (UTC)"), _("lines")),
        )
    ]
    rows += [
        (
            *(o.subject.country, network(o.asn), _what(o.subject)),
            *(_("began") if o.hit else _("ended"), bracket(o.bracket)),
            _some(o.vantages, o.of) if o.of else _("by votes alone"),
        )
        for o in onsets
    ]
    return _table(rows, width, unicode, (0, 0, 1, 0, 2, 1))


NO_EVENT = N_("No event: nowhere were there enough networks or lines at once.")


def render_events(events: Sequence[CountryEvent], *, width: int | None, unicode: bool) -> str:
    """Every event with its networks in the order of their onsets."""
    if not events:
        return _(NO_EVENT) + "\n"
    lines: list[str] = []
    for one in events:
        what = _(", ").join(name(one.service, f) for f in one.functions)
        how = f" [{', '.join(map(printable, one.mechanisms))}]" if one.mechanisms else ""
        lines.append(f"{one.country}: {what}{how}")
        began = _("began {times}").format(times=bracket(one.onset))
        lines.append(f"    {_('; ').join((began, end(one)))}")
        lines.append(f"    {_networks(one)}")
        lines += [f"      {_episode(e)}" for e in one.episodes]
    text = "\n".join(lines) + "\n"
    return text if unicode else ascii_only(text)


def _networks(event: CountryEvent) -> str:
    count = len(event.episodes)
    if event.all_networks:
        return ngettext(
            "all {count} network, in the order of their onsets:",
            "all {count} networks, in the order of their onsets:",
            count,
        )
    return ngettext(
        "{count} network, in the order of their onsets:",
        "{count} networks, in the order of their onsets:",
        count,
    )


def _episode(episode: Episode) -> str:
    places = {"network": network(episode.asn), "times": bracket(episode.onset.bracket)}
    if episode.resolution is None:
        return "{network}  {times}".format(**places)
    said = _("{network}  {times}, free again by {time}")
    return said.format(time=utc(episode.resolution.bracket.until), **places)


def _some(some: int, whole: int) -> str:
    return _("{some} of {whole}").format(some=some, whole=whole)


def _table(
    rows: Sequence[tuple[str, ...]], width: int | None, unicode: bool, shares: tuple[int, ...]
) -> str:
    if len(rows) == 1:
        return _("Nothing is known of that.") + "\n"
    text = "\n".join(align(rows, width=width, shares=shares)) + "\n"
    return text if unicode else ascii_only(text)


def network(asn: int) -> str:
    """``AS9198``."""
    return f"AS{asn}" if asn else _("unknown")


def _what(subject: Subject) -> str:
    return name(subject.service, subject.function)


def name(service: str, used: str) -> str:
    """``signal text``, or the connection."""
    if service == CONNECTION:
        return _("connection")
    return f"{printable(service, limit=24)} {function(used) if used else ''}".strip()


def _minute(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def _share(low: float, high: float) -> str:
    return f"{100 * low:.0f}-{100 * high:.0f} %"
