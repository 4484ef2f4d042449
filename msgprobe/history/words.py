"""Words as rows: runs of equal ones as one, in layers (see `msgprobe.history.schema`)."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from msgprobe.history.schema import FIRST
from msgprobe.model.history import Said, Span, TickKind

Rows = Mapping[str, Sequence[Span]]


class Vocabulary:
    """Numbers of subjects and words, looked up once."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._subjects: dict[str, int] = {}
        self._said: dict[Said, int] = {}
        self._words: dict[int, Said] = {}

    def subject(self, name: str) -> int:
        """The number of a subject, a new one if need be."""
        if name not in self._subjects:
            self._database.execute("INSERT OR IGNORE INTO subject (name) VALUES (?)", (name,))
            found = self._database.execute("SELECT id FROM subject WHERE name = ?", (name,))
            self._subjects[name] = found.fetchone()[0]
        return self._subjects[name]

    def subjects(self) -> dict[int, str]:
        """Every subject by its number."""
        return dict(self._database.execute("SELECT id, name FROM subject"))

    def said(self, said: Said) -> int:
        """The number of a word, a new one if need be."""
        if said not in self._said:
            row = (said.word, said.strength, int(said.partial), json.dumps(said.mechanisms))
            self._database.execute(
                "INSERT OR IGNORE INTO said (word, strength, partial, mechanisms) "
                "VALUES (?, ?, ?, ?)",
                row,
            )
            found = self._database.execute(
                "SELECT id FROM said WHERE word = ? AND strength = ? AND partial = ? "
                "AND mechanisms = ?",
                row,
            )
            self._said[said] = found.fetchone()[0]
        return self._said[said]

    def word(self, number: int) -> Said:
        """The word of a number."""
        if number not in self._words:
            for row in self._database.execute(
                "SELECT id, word, strength, partial, mechanisms FROM said"
            ):
                self._words[row[0]] = Said(row[1], row[2], bool(row[3]), tuple(json.loads(row[4])))
        return self._words[number]

    def forget(self) -> None:
        """Nothing that was looked up counts: a transaction was taken back."""
        self._subjects.clear()
        self._said.clear()
        self._words.clear()


def weight(kind: TickKind) -> tuple[int, int]:
    """How a tick of that kind is counted in a span: as a pulse, as another that sees no speed."""
    return int(kind is TickKind.PULSE), int(kind in (TickKind.QUICK, TickKind.CONFIRM))


def append(
    database: sqlite3.Connection,
    names: Vocabulary,
    series: int,
    n: int,
    kind: TickKind,
    words: Mapping[str, Said],
    rules: int,
) -> None:
    """The words of tick ``n``, the newest of its series: a run of equal ones grows."""
    pulse, quick = weight(kind)
    for subject, said in words.items():
        key = (FIRST, series, names.subject(subject))
        number = names.said(said)
        last = database.execute(
            "SELECT first, last, said, rules FROM span "
            "WHERE layer = ? AND series = ? AND subject = ? ORDER BY first DESC LIMIT 1",
            key,
        ).fetchone()
        if last is not None and last[1:] == (n - 1, number, rules):
            database.execute(
                "UPDATE span SET last = ?, pulses = pulses + ?, quicks = quicks + ? "
                "WHERE layer = ? AND series = ? AND subject = ? AND first = ?",
                (n, pulse, quick, *key, last[0]),
            )
        else:
            database.execute(
                "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, n, n, pulse, quick, number, rules),
            )


def insert(
    database: sqlite3.Connection, names: Vocabulary, layer: int, series: int, rows: Rows
) -> None:
    """Whole spans, as they are."""
    database.executemany(
        "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                *(layer, series, names.subject(subject), s.first, s.last),
                *(s.pulses, s.quicks, names.said(s.said), s.rules),
            )
            for subject, spans in rows.items()
            for s in spans
        ),
    )


def read(
    database: sqlite3.Connection, names: Vocabulary, layer: int, series: int, since: int
) -> dict[str, list[Span]]:
    """The spans that reach tick ``since`` or later, by subject, in order."""
    found: dict[int, list[Span]] = {}
    rows = database.execute(
        "SELECT subject, first, last, pulses, quicks, said, rules FROM span INDEXED BY span_last "
        "WHERE layer = ? AND series = ? AND last >= ?",
        (layer, series, since),
    )
    for subject, first, last, pulses, quicks, said, rules in rows:
        found.setdefault(subject, []).append(
            Span(first, last, pulses, quicks, names.word(said), rules)
        )
    known = names.subjects()
    for spans in found.values():
        spans.sort(key=_first)
    return {known[number]: spans for number, spans in found.items()}


def _first(span: Span) -> int:
    return span.first


def joined(words: Iterable[tuple[int, TickKind, Said, int]]) -> Iterator[Span]:
    """Spans of single words, given in the order of ticks as (tick, kind, word, rules)."""
    held: Span | None = None
    for n, kind, said, rules in words:
        pulse, quick = weight(kind)
        if held is not None and (held.last, held.said, held.rules) == (n - 1, said, rules):
            held = Span(held.first, n, held.pulses + pulse, held.quicks + quick, said, rules)
            continue
        if held is not None:
            yield held
        held = Span(n, n, pulse, quick, said, rules)
    if held is not None:
        yield held


def pack_words(words: Mapping[str, Said]) -> str:
    """Words as JSON text."""
    return json.dumps(
        {k: [s.word, s.strength, s.partial, list(s.mechanisms)] for k, s in words.items()},
        separators=(",", ":"),
    )


def unpack_words(text: str) -> dict[str, Said]:
    """The words of `pack_words`. Raises ValueError, KeyError or TypeError for anything else."""
    return {str(k): unpacked(v) for k, v in json.loads(text).items()}


def unpacked(row: Sequence[object]) -> Said:
    """One word of `pack_words`. Raises ValueError or TypeError for anything else."""
    word, strength, some, mechanisms = row
    if not isinstance(mechanisms, list):
        raise TypeError("mechanisms should be a list")
    return Said(str(word), str(strength), bool(some), tuple(map(str, mechanisms)))


packed = partial(json.dumps, separators=(",", ":"))
