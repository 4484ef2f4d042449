"""What a fleet's runs are read from: saved runs, lines of JSON, histories, folders of them all."""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from msgprobe.chronicle import first_story, speeds, words
from msgprobe.cli import saved
from msgprobe.cli.request import UsageError
from msgprobe.cli.streams import reason
from msgprobe.fleet.store import MARK
from msgprobe.history.exchange import FORMAT, LONGEST_LINE, everything, parsed
from msgprobe.history.file import HistoryError
from msgprobe.history.store import History
from msgprobe.interchange.facts import LineEvents, Look, Place, RunFacts, facts, line_events
from msgprobe.model.dataclass import dataclass
from msgprobe.model.fleet import UNKNOWN_ASN, UNKNOWN_COUNTRY
from msgprobe.model.history import CONNECTION, Said, Series, SpeedSeen, Tick
from msgprobe.model.run import Run
from msgprobe.model.timeline import Story

_SQLITE = b"SQLite format 3\0"
_SUFFIXES = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".zip", ".db")
_UNUSABLE = (UsageError, HistoryError, ValueError, KeyError, TypeError, AttributeError, zlib.error)


@dataclass(slots=True, kw_only=True)
class Sources:
    """The runs in ``names``. What cannot be read is told by ``refused`` and left out; ``place``
    stands in where a run does not say where it was made."""

    names: Iterable[str]
    place: Place
    check: Callable[[int], None]
    """Raises ValueError for a time at which no run can have begun."""
    refused: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[RunFacts | LineEvents]:
        for name in self.names:
            for file in _files(name):
                yield from self._of(file)

    def _of(self, name: str) -> Iterator[RunFacts | LineEvents]:
        try:
            for look, place in _looks(name):
                if isinstance(look, Story):
                    yield line_events(look, self._placed(place))
                    continue
                try:
                    self.check(look.began)
                except ValueError as error:
                    self.refused.append(f"{name}: run {look.run_id:.40}: {error}")
                    continue
                yield facts(look, self._placed(place))
        except _UNUSABLE as error:
            told = "is cut off, or nothing that msgprobe writes"
            if isinstance(error, UsageError | HistoryError):
                told = str(error)
            self.refused.append(told if told.startswith(name) else f"{name}: {told}")

    def _placed(self, place: Place) -> Place:
        """``place``, with what it does not say taken from that of the command line."""
        return Place(
            country=place.country if place.country != UNKNOWN_COUNTRY else self.place.country,
            asn=place.asn or self.place.asn,
            vantage=place.vantage or self.place.vantage,
        )


def _files(name: str) -> Iterator[str]:
    if not Path(name).is_dir():
        yield name
        return
    for path in sorted(Path(name).rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(name).parts)
        if path.name.endswith(_SUFFIXES) and path.name != MARK and not hidden and path.is_file():
            yield str(path)


def _looks(name: str) -> Iterator[tuple[Look | Story, Place]]:
    if name == "-" or saved.is_package(name) or not Path(name).is_file():
        yield of_run(saved.read(name))
        return
    try:
        with Path(name).open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise UsageError(f"{name}: {reason(error)}") from None
    if head == _SQLITE:
        yield from _of_history(Path(name))
    elif name.endswith((".jsonl", ".jsonl.gz")):
        yield from _of_lines(name)
    else:
        yield of_run(saved.read(name))


def of_run(run: Run) -> tuple[Look, Place]:
    """A saved run with its own words, as they were told. Raises UsageError."""
    request, vantage = run.evidence.request, run.vantage
    look = Look(
        run_id=run.run_id,
        began=_seconds(run.started_at),
        kind="quick" if request.quick else "run",
        rules=run.verdict.rules_version,
        catalogue=run.catalogue_sha256,
        words=words(run.verdict),
        speeds=tuple(speeds(run.verdict)),
    )
    return look, _place(request.country, vantage.asn, vantage.label or vantage.series)


def _seconds(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise UsageError(f"a run does not say when it began ({text!r:.40})") from None


def _place(country: object, asn: object, vantage: object) -> Place:
    two = isinstance(country, str) and len(country) == 2 and country.isascii() and country.isalpha()
    return Place(
        country=str(country).upper() if two else UNKNOWN_COUNTRY,
        asn=asn if isinstance(asn, int) and 0 < asn < 1 << 32 else UNKNOWN_ASN,
        vantage=str(vantage) if vantage else "",
    )


# -- histories -----------------------------------------------------------------------------------


def _of_history(path: Path) -> Iterator[tuple[Look | Story, Place]]:
    places: dict[str, Place] = {}
    with History(path, write=False) as history:
        for series, item in everything(history):
            if isinstance(item, Tick):
                look, places[series.public] = _of_tick(series, item)
                yield look, places[series.public]
        for series in history.all_series():
            story = first_story(history, series)
            if story is not None and series.public in places:
                yield story, places[series.public]


def _of_tick(series: Series, tick: Tick) -> tuple[Look, Place]:
    look = Look(
        run_id=tick.run_id,
        began=tick.at,
        kind=tick.kind.value,
        rules=tick.rules,
        catalogue=tick.catalogue,
        words=tick.words,
        speeds=tick.speeds,
    )
    said: Mapping[str, Any] = {}
    if tick.packed is not None:
        said = json.loads(zlib.decompressobj().decompress(tick.packed, saved.LARGEST))
    return look, _place(said.get("country"), said.get("asn"), series.label or series.public)


# -- lines of JSON -------------------------------------------------------------------------------


def _of_lines(name: str) -> Iterator[tuple[Look, Place]]:
    try:
        with Path(name).open("rb") as raw:
            packed = raw.peek(2).startswith(b"\x1f\x8b")
            with io.TextIOWrapper(gzip.open(raw) if packed else raw, "utf-8") as text:
                yield from _of_kind(name, text)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: is cut off or no text ({reason(error)})") from None


def _of_kind(name: str, text: io.TextIOWrapper) -> Iterator[tuple[Look, Place]]:
    head = text.readline(LONGEST_LINE)
    if json.loads(head).get("format") == FORMAT:
        for series, item in parsed(_again(head, text), name):
            if isinstance(item, Tick):
                yield _of_tick(series, item)
        return
    rows = ((n, _row(name, n, line)) for n, line in enumerate(_again(head, text), 1))
    for _, some in groupby(rows, key=lambda pair: pair[1]["run_id"]):
        yield _of_rows([row for _, row in some])


def _again(head: str, rest: Iterable[str]) -> Iterator[str]:
    yield head
    yield from rest


def _row(name: str, number: int, line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
        if isinstance(found["run_id"], str):
            return dict(found)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise UsageError(f"{name}: line {number}: is cut off, or no line that msgprobe writes")


def _of_rows(rows: list[Mapping[str, Any]]) -> tuple[Look, Place]:
    """One run's lines of ``export --format jsonl``, or of ``run --jsonl``."""
    first = rows[0]
    said: dict[str, Said] = {}
    seen: list[SpeedSeen] = []
    for row in rows:
        line = row["connection"]
        if isinstance(line, str):
            said[CONNECTION] = Said(
                line, row["connection_strength"], False, tuple(row["connection_notes"])
            )
            _flat(row, said, seen)
        else:
            said[CONNECTION] = Said(line["state"], line["strength"], False, tuple(line["notes"]))
            for one in row.get("functions", ()):
                _said(said, f"{row['service']}.{one['function']}", one)
    tool = first.get("tool", {})
    request = first.get("request", {})
    look = Look(
        run_id=first["run_id"],
        began=_seconds(first["started_at"]),
        kind="quick" if first.get("quick", request.get("quick")) else "run",
        rules=first.get("rules_version", tool.get("rules_version", 0)),
        catalogue=first["catalogue_sha256"],
        words=said,
        speeds=tuple(seen),
    )
    return look, _place(first["country"], first["asn"], first["label"] or first["series"])


def _flat(row: Mapping[str, Any], said: dict[str, Said], seen: list[SpeedSeen]) -> None:
    if row["function"] is None:
        return
    subject = f"{row['service']}.{row['function']}"
    _said(said, subject, row)
    target, neutral = row["speed_kbit"], row["neutral_kbit"]
    if target and neutral:
        ratio = round(neutral / target, 3)
        seen.append(SpeedSeen(subject, row["speed_direction"], ratio, target, neutral))


def _said(said: dict[str, Said], subject: str, row: Mapping[str, Any]) -> None:
    if row["outcome"] != "not_tested":
        said[subject] = Said(
            str(row["outcome"]),
            row["strength"] or "",
            bool(row["partial"]),
            tuple(row["mechanisms"]),
        )
