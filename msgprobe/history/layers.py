"""Words under other rules than they were given by: judged once per version, and kept.

Evidence is judged again, not words. Of successive ticks with equal words the first and the last
evidence is judged and about one a day between, and more of it only where these come out
differently; the others take what their neighbour got. Where no evidence was kept, a tick takes what
the nearest evidence with the same words came to; without any its word stays as it was given.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from msgprobe.history import words
from msgprobe.history.file import told
from msgprobe.history.schema import FIRST
from msgprobe.history.store import History, kind_of, unpacked
from msgprobe.model.dataclass import dataclass
from msgprobe.model.history import Said, Series, Span, TickKind

Judge = Callable[[Sequence[str]], Sequence[Mapping[str, Said] | None]]
"""Documents to what they come to today; None for one that cannot be read any more."""

BETWEEN = 86400
"""Seconds between evidence that is judged though nothing around it changed, or more where the
history is so long that ..."""

MOST = 60
"""... there would be more of it than this."""

BATCH = 64
"""Documents that are read, judged and kept at once: memory stays bounded."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """A kept document: its tick, when that was, its row, and the rules of its words."""

    n: int
    at: int
    row: int
    rules: int


def layer_for(history: History, where: Series, first: int, rules: int, judge: Judge) -> int:
    """The layer with the words of ``where`` from tick ``first`` on under version ``rules``.

    Judges what was not judged under it, and keeps that where the file can be written to; else gives
    the layer of words as they were given.
    """
    other = history.rows(
        "SELECT 1 FROM span WHERE layer = ? AND series = ? AND last >= ? AND rules != ? LIMIT 1",
        *(FIRST, where.id, first, rules),
    )
    if not other or not history.writable:
        return FIRST
    for begin, end in _missing(history, where, first, rules):
        _fill(history, where, begin, end, rules, judge)
    return rules


def _missing(history: History, where: Series, first: int, rules: int) -> Iterator[tuple[int, int]]:
    """Ranges of ticks that the layer lacks."""
    last = _number(history, "SELECT max(n) FROM tick WHERE series = ?", where.id)
    found = history.rows(
        "SELECT since, upto FROM judged WHERE layer = ? AND series = ?", rules, where.id
    )
    if not found:
        yield first, last
        return
    since, upto = (int(str(n)) for n in found[0])
    if first < since:
        yield first, since - 1
    if upto < last:
        yield upto + 1, last


def _fill(history: History, where: Series, begin: int, end: int, rules: int, judge: Judge) -> None:
    with told(history.path):
        given = words.read(history.database, history.names, FIRST, where.id, begin)
        kinds = _Kinds(begin)
        for (kind,) in history.database.execute(
            "SELECT kind FROM tick WHERE series = ? AND n BETWEEN ? AND ? ORDER BY n",
            (where.id, begin, end),
        ):
            kinds.append(kind)
    evidence = _evidence(history, where, begin, end)
    found = _judged(history, evidence, given, rules, judge)
    known = sorted(found)
    rows = {
        subject: list(_again(spans, begin, end, subject, known, found, kinds, rules))
        for subject, spans in given.items()
    }
    with history.writing() as database:
        for table in ("span", "judged"):
            database.execute(
                f"DELETE FROM {table} WHERE series = ? AND layer NOT IN (?, ?)",
                (where.id, FIRST, rules),
            )
        database.execute("DELETE FROM rejudged WHERE rules != ?", (rules,))
        words.insert(database, history.names, rules, where.id, rows)
        database.execute(
            "INSERT INTO judged VALUES (?, ?, ?, ?) ON CONFLICT (layer, series) DO UPDATE "
            "SET since = min(since, excluded.since), upto = max(upto, excluded.upto)",
            (rules, where.id, begin, end),
        )


def _evidence(history: History, where: Series, begin: int, end: int) -> list[_Evidence]:
    rows = history.rows(
        "SELECT n, at, document.id, rules FROM document JOIN tick USING (series, n) "
        "WHERE document.series = ? AND n BETWEEN ? AND ? ORDER BY n",
        *(where.id, begin, end),
    )
    return [_Evidence(*(int(str(value)) for value in row)) for row in rows]


def _judged(
    history: History,
    evidence: Sequence[_Evidence],
    given: Mapping[str, Sequence[Span]],
    rules: int,
    judge: Judge,
) -> dict[int, Mapping[str, Said]]:
    """What the chosen evidence comes to, by tick."""
    turns = sorted({span.first for spans in given.values() for span in spans})
    groups: dict[int, list[_Evidence]] = {}
    for one in evidence:
        if one.rules != rules:
            groups.setdefault(bisect_right(turns, one.n), []).append(one)
    long = evidence[-1].at - evidence[0].at if evidence else 0
    between = max(BETWEEN, long // MOST)
    wanted = [one for group in groups.values() for one in _chosen(group, between)]
    found: dict[int, Mapping[str, Said]] = {}
    while wanted:
        found |= _ask(history, wanted, rules, judge)
        wanted = [one for group in groups.values() for one in _between(group, found)]
    return found


def _chosen(group: Sequence[_Evidence], between: int) -> Iterator[_Evidence]:
    """The first, the last, and one in ``between`` seconds."""
    held: _Evidence | None = None
    for one in group:
        if held is None or one.at - held.at >= between or one is group[-1]:
            held = one
            yield one


def _between(
    group: Sequence[_Evidence], found: Mapping[int, Mapping[str, Said]]
) -> Iterator[_Evidence]:
    """The middle between two neighbours that came out differently."""
    known = [i for i, one in enumerate(group) if one.n in found]
    for left, right in pairwise(known):
        if right - left > 1 and found[group[left].n] != found[group[right].n]:
            yield group[(left + right) // 2]


def _ask(
    history: History, wanted: Sequence[_Evidence], rules: int, judge: Judge
) -> dict[int, Mapping[str, Said]]:
    """What each comes to: from what is kept, else judged and kept."""
    found: dict[int, Mapping[str, Said]] = {}
    rest = []
    for one in wanted:
        kept = history.rows(
            "SELECT words FROM rejudged WHERE document = ? AND rules = ?", one.row, rules
        )
        if kept:
            found[one.n] = words.unpack_words(str(kept[0][0]))
        else:
            rest.append(one)
    for start in range(0, len(rest), BATCH):
        some = rest[start : start + BATCH]
        texts = [
            unpacked(
                history.path,
                history.rows("SELECT packed FROM document WHERE id = ?", one.row)[0][0],
            )
            for one in some
        ]
        new = {one: said or {} for one, said in zip(some, judge(texts), strict=True)}
        with history.writing() as database:
            database.executemany(
                "INSERT OR REPLACE INTO rejudged VALUES (?, ?, ?)",
                ((one.row, rules, words.pack_words(said)) for one, said in new.items()),
            )
        found |= {one.n: said for one, said in new.items()}
    return found


def _again(
    spans: Sequence[Span],
    begin: int,
    end: int,
    subject: str,
    known: Sequence[int],
    found: Mapping[int, Mapping[str, Said]],
    kinds: "_Kinds",
    rules: int,
) -> Iterator[Span]:
    """The spans of a subject within the range, under the new rules."""
    carried: dict[Said, Said] = {}
    for span in spans:
        first, last = max(span.first, begin), min(span.last, end)
        if first > last:
            continue
        if span.rules == rules:
            yield _cut(first, last, span.said, rules, kinds)
            continue
        inside = known[bisect_left(known, first) : bisect_right(known, last)]
        starts = [(n, found[n][subject]) for n in inside if subject in found[n]]
        again = rules if starts or span.said in carried else span.rules
        if not starts or starts[0][0] > first:
            nearest = starts[0][1] if starts else span.said
            starts = [(first, carried.get(span.said, nearest)), *starts]
        ends = [n - 1 for n, _ in starts[1:]] + [last]
        for (n, said), upto in zip(starts, ends, strict=True):
            yield _cut(n, upto, said, again, kinds)
        if again == rules:
            carried[span.said] = starts[-1][1]


def _cut(first: int, last: int, said: Said, rules: int, kinds: "_Kinds") -> Span:
    pulses, quicks = kinds.between(first, last)
    return Span(first, last, pulses, quicks, said, rules)


class _Kinds:
    """How many ticks of each weight lie between two ticks, from tick ``first`` on."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._pulses, self._quicks = array("q", [0]), array("q", [0])
        self._weights = {kind.value: words.weight(kind) for kind in TickKind}

    def append(self, kind: str) -> None:
        """The next tick."""
        pulse, quick = self._weights.get(kind) or words.weight(kind_of(kind))
        self._pulses.append(self._pulses[-1] + pulse)
        self._quicks.append(self._quicks[-1] + quick)

    def between(self, first: int, last: int) -> tuple[int, int]:
        """Pulses and quick looks from one tick to another, both included."""
        low, high = first - self._first, last - self._first + 1
        return self._pulses[high] - self._pulses[low], self._quicks[high] - self._quicks[low]


def _number(history: History, statement: str, *values: object) -> int:
    return int(str(history.rows(statement, *values)[0][0] or 0))
