"""Histories leave and come in: as lines of JSON for anybody, as the file between own devices.

What is exported has no name of a network but the series' random one, no label and no second; what
comes in is put beside what is there, each run once, wherever it was measured.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgprobe.history import words
from msgprobe.history.file import HistoryError
from msgprobe.history.reading import first_tick, recorded
from msgprobe.history.schema import FIRST
from msgprobe.history.store import SERIES, History, expand, pack, series, unpacked
from msgprobe.model.history import (
    KIND_LETTERS,
    Gap,
    GapReason,
    NetworkKind,
    Series,
    Span,
    SpeedSeen,
    Tick,
    TickKind,
)

FORMAT = "msgprobe-history"
FORMAT_VERSION = 1
_KINDS = {letter: kind for kind, letter in KIND_LETTERS.items()}
_MINUTE = 60
LONGEST_LINE = 100_000_000
"""Characters of one line that are read: more than any tick with its evidence."""

Item = tuple[Series, Tick | Gap]


def everything(history: History, since: int | None = None) -> Iterator[Item]:
    """Every tick and gap from ``since`` on, with its series, in the order of each series."""
    for where in history.all_series():
        first = first_tick(history, where, since)
        if first is None:
            continue
        for tick in _ticks(history, where, first):
            yield where, tick
        for gap in history.gaps(where, since or 0):
            yield where, gap


def _ticks(history: History, where: Series, first: int) -> Iterator[Tick]:
    found = recorded(history, where, first, FIRST)
    said = expand({k: _from(v, first) for k, v in found.spans.items()})
    speeds: dict[int, list[SpeedSeen]] = {}
    for n, speed in found.speeds:
        speeds.setdefault(n, []).append(speed)
    rows = history.rows(
        "SELECT n, at, run, sha256, rtt_ms FROM tick "
        "JOIN catalogue ON catalogue.id = tick.catalogue "
        "WHERE series = ? AND n >= ? ORDER BY n",
        *(where.id, first),
    )
    for number, at, run, sha256, rtt_ms in rows:
        n = int(str(number))
        mine = said.get(n, {})
        yield Tick(
            run_id=str(run),
            at=int(str(at)),
            kind=_KINDS[found.kinds[n - first]],
            rules=max((rules for _, rules in mine.values()), default=0),
            words={subject: word for subject, (word, _) in mine.items()},
            catalogue=str(sha256),
            packed=history.packed(str(run)),
            speeds=tuple(speeds.get(n, ())),
            rtt_ms=None if rtt_ms is None else float(str(rtt_ms)),
        )


def _from(spans: Iterable[Span], first: int) -> list[Span]:
    return [replace(s, first=max(s.first, first)) for s in spans if s.last >= first]


def lines(history: History, since: int | None = None, *, evidence: bool = True) -> Iterator[str]:
    """The history as lines of JSON text, without line feeds; ``evidence`` with what is kept of it.

    Raises HistoryError.
    """
    yield words.packed({"format": FORMAT, "version": FORMAT_VERSION})
    told_of: set[int] = set()
    for where, item in everything(history, since):
        if where.id not in told_of:
            told_of.add(where.id)
            yield words.packed(
                {
                    "series": where.public,
                    "kind": where.kind.value,
                    "resolver": where.resolver,
                    "vpn": where.vpn,
                }
            )
        yield words.packed(_row(history, where, item, evidence=evidence))


def _row(history: History, where: Series, item: Tick | Gap, *, evidence: bool) -> dict[str, Any]:
    if isinstance(item, Gap):
        return {
            "gap": where.public,
            "began": item.began // _MINUTE * _MINUTE,
            "ended": item.ended // _MINUTE * _MINUTE,
            "reason": item.reason.value,
        }
    return {
        "tick": where.public,
        "run_id": item.run_id,
        "at": item.at // _MINUTE * _MINUTE,
        "kind": item.kind.value,
        "rules": item.rules,
        "catalogue": item.catalogue,
        "rtt_ms": item.rtt_ms,
        "words": json.loads(words.pack_words(item.words)),
        "speeds": [
            [s.subject, s.direction, s.ratio, s.target_kbit, s.control_kbit] for s in item.speeds
        ],
        "document": None
        if item.packed is None or not evidence
        else json.loads(unpacked(history.path, item.packed)),
    }


def rows(history: History, since: int | None = None) -> Iterator[dict[str, Any]]:
    """The lines of the history as values, without evidence. Raises HistoryError."""
    for line in lines(history, since, evidence=False):
        found: dict[str, Any] = json.loads(line)
        yield found


def parsed(given: Iterable[str], name: str) -> Iterator[Item]:
    """The items of exported lines. Raises HistoryError naming ``name`` and the line."""
    known: dict[str, Series] = {}
    head = True
    for number, line in enumerate(given, 1):
        where = f"{name}: line {number}"
        if len(line) > LONGEST_LINE:
            raise HistoryError(f"{where}: is longer than any that msgprobe writes")
        try:
            data = json.loads(line)
            if head:
                _check_head(data, name)
                head = False
            elif "series" in data:
                known[str(data["series"])] = _series(data)
            elif "gap" in data:
                reason = GapReason(data["reason"])
                yield known[data["gap"]], Gap(int(data["began"]), int(data["ended"]), reason)
            else:
                yield known[data["tick"]], _tick(data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            if head:
                raise HistoryError(_stranger(name)) from None
            raise HistoryError(f"{where}: is cut off or damaged; export it again") from None
    if head:
        raise HistoryError(_stranger(name))


def _stranger(name: str) -> str:
    return f"{name}: is no exported history; make one with: msgprobe history export FILE"


def _check_head(data: Mapping[str, Any], name: str) -> None:
    if data["format"] != FORMAT:
        raise ValueError
    if int(data["version"]) > FORMAT_VERSION:
        raise HistoryError(f"{name}: was exported by a newer msgprobe; update msgprobe")


def _series(data: Mapping[str, Any]) -> Series:
    return Series(
        id=0,
        public=str(data["series"]),
        kind=NetworkKind(data["kind"]),
        resolver=str(data["resolver"]),
        vpn=bool(data["vpn"]),
    )


def _tick(data: Mapping[str, Any]) -> Tick:
    document, rtt_ms = data["document"], data["rtt_ms"]
    return Tick(
        run_id=str(data["run_id"]),
        at=int(data["at"]),
        kind=TickKind(data["kind"]),
        rules=int(data["rules"]),
        words={str(k): words.unpacked(v) for k, v in data["words"].items()},
        catalogue=str(data["catalogue"]),
        packed=None if document is None else pack(words.packed(document)),
        speeds=tuple(
            SpeedSeen(str(a), str(b), float(c), float(d), float(e))
            for a, b, c, d, e in data["speeds"]
        ),
        rtt_ms=None if rtt_ms is None else float(rtt_ms),
    )


def take_in(history: History, items: Iterable[Item]) -> int:
    """Put ticks and gaps beside those that are there; gives how many runs are new.

    All or nothing: a fault in ``items`` leaves the history as it was. A run that is known is not
    taken again, and tells which series of this history the other one is.
    """
    new: dict[str, dict[str, Tick]] = {}
    gaps: dict[str, list[Gap]] = {}
    whose: dict[str, Series] = {}
    home: dict[str, int] = {}
    with history.writing() as database:
        for where, item in items:
            whose[where.public] = where
            if isinstance(item, Gap):
                gaps.setdefault(where.public, []).append(item)
                continue
            known = history.rows("SELECT series FROM tick WHERE run = ?", item.run_id)
            if known:
                home.setdefault(where.public, int(str(known[0][0])))
            else:
                new.setdefault(where.public, {})[item.run_id] = item
        for public, where in whose.items():
            ticks = sorted(new.get(public, {}).values(), key=_at)
            if not ticks and public not in home:
                continue
            number = home.get(public) or _number(history, where)
            _put(history, number, ticks)
            database.executemany(
                "INSERT INTO gap (series, began, ended, reason) SELECT ?1, ?2, ?3, ?4 "
                "WHERE NOT EXISTS (SELECT 1 FROM gap WHERE began = ?2 AND ended = ?3 "
                "AND (series = ?1 OR series IS NULL))",
                [(number, g.began, g.ended, g.reason.value) for g in gaps.get(public, [])],
            )
    return sum(map(len, new.values()))


def _at(tick: Tick) -> int:
    return tick.at


def _number(history: History, where: Series) -> int:
    """The series of that random name, a new one if need be. Its gateway is another device's."""
    database = history.database
    found = database.execute(f"{SERIES} WHERE public = ?", (where.public,)).fetchone()
    if found is None:
        database.execute(
            "INSERT INTO series (public, kind, gateway, resolver, vpn, label) "
            "VALUES (?, ?, NULL, ?, ?, ?)",
            (where.public, f"{where.kind.value}", where.resolver, where.vpn, where.label),
        )
        found = database.execute(f"{SERIES} WHERE public = ?", (where.public,)).fetchone()
    return series(found).id


def _put(history: History, where: int, ticks: list[Tick]) -> None:
    """Add ticks to a series, in the order of time: what is younger comes behind them anew."""
    if not ticks:
        return
    (own,) = [one for one in history.all_series() if one.id == where]
    first = first_tick(history, own, ticks[0].at + 1)
    younger = [] if first is None else list(_ticks(history, own, first))
    if first is not None:
        _take_out(history, where, first)
    for tick in sorted([*ticks, *younger], key=_at):
        history.append(where, tick)


def _take_out(history: History, where: int, first: int) -> None:
    """Tick ``first`` and all behind it, and every layer that was made of them."""
    database = history.database
    database.execute("DELETE FROM span WHERE series = ? AND layer != ?", (where, FIRST))
    database.execute("DELETE FROM judged WHERE series = ?", (where,))
    rows = database.execute(
        "SELECT subject, first, last, pulses, quicks, said, rules FROM span "
        "WHERE layer = ? AND series = ? AND last >= ?",
        (FIRST, where, first),
    ).fetchall()
    database.execute(
        "DELETE FROM span WHERE layer = ? AND series = ? AND last >= ?", (FIRST, where, first)
    )
    kinds = dict(
        database.execute("SELECT n, kind FROM tick WHERE series = ? AND n >= ?", (where, first))
    )
    for subject, begin, last, pulses, quicks, said, rules in rows:
        if begin >= first:
            continue
        gone = [words.weight(TickKind(kinds[n])) for n in range(first, last + 1)]
        database.execute(
            "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(FIRST, where, subject, begin, first - 1),
                pulses - sum(p for p, _ in gone),
                quicks - sum(q for _, q in gone),
                *(said, rules),
            ),
        )
    for table in ("speed", "document", "tick"):
        database.execute(f"DELETE FROM {table} WHERE series = ? AND n >= ?", (where, first))


def merge(history: History, other: Path) -> int:
    """Take in all of another history's file; its labels come along, its networks' hashes do not.

    Gives how many runs are new. Raises HistoryError.
    """
    with History(other, write=False) as from_there:
        return take_in(history, everything(from_there))
