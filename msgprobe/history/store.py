"""The history itself: ticks, gaps and events go in, what is remembered of a series comes out."""

import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from msgprobe.history import forget, words
from msgprobe.history.file import HistoryError, connect, told, transaction, truncate_log
from msgprobe.model.history import (
    Attachment,
    Gap,
    GapReason,
    Logged,
    NetworkKind,
    Said,
    Series,
    Span,
    SpeedSeen,
    Tick,
    TickKind,
)

RETENTION = 30 * 86400
"""Seconds for which ticks are kept unless something else is asked for: long enough for a story, and
a device that is taken away tells no more than a month."""

DAMAGED_DOCUMENT = "evidence of a run in it is damaged; move the file away, or purge that time"

SERIES = "SELECT id, public, kind, resolver, vpn, label FROM series"


class History:
    """One open history. Every method raises HistoryError, naming the file and the remedy; whatever
    was written before stays.

    Everything that is written is on the disk when the method returns; whoever is killed meanwhile
    leaves all of it or nothing. Use it in a ``with``.
    """

    def __init__(self, path: Path, *, create: bool = False, write: bool = True) -> None:
        self.path = path
        self.database = connect(path, create=create, write=write)
        self.names = words.Vocabulary(self.database)

    def __enter__(self) -> "History":
        return self

    def __exit__(self, *exc: object) -> None:
        with told(self.path):
            self.database.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of what is inside or nothing."""
        with told(self.path):
            try:
                with transaction(self.database):
                    yield self.database
            except BaseException:
                self.names.forget()
                raise

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """What a question gives."""
        with told(self.path):
            return self.database.execute(statement, values).fetchall()

    @property
    def writable(self) -> bool:
        """It can be written to: what is computed can be kept."""
        with told(self.path):
            try:
                with transaction(self.database):
                    pass
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:
                    return False
                raise
        return True

    # -- what goes in ----------------------------------------------------------------------------

    def series_of(self, attachment: Attachment, label: str = "") -> Series:
        """The series of a network, a new one for one that was never seen under that label."""
        with self.writing() as database:
            gateway = self._gateway(attachment.gateway)
            key = (attachment.kind.value, gateway, attachment.resolver, attachment.vpn, label)
            found = database.execute(
                f"{SERIES} WHERE kind = ? AND gateway IS ? AND resolver = ? AND vpn = ? "
                "AND label = ?",
                key,
            ).fetchone()
            if found is None:
                database.execute(
                    "INSERT INTO series (public, kind, gateway, resolver, vpn, label) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (token_hex(8), *key),
                )
                found = database.execute(
                    f"{SERIES} WHERE id = last_insert_rowid()",
                ).fetchone()
        return series(found)

    def _gateway(self, identity: str) -> int | None:
        """16 bits of a salted hash: networks of one device are told apart, nobody's is found."""
        if not identity:
            return None
        (salt,) = self.database.execute("SELECT value FROM meta WHERE key = 'salt'").fetchone()
        return int.from_bytes(sha256(salt + identity.encode()).digest()[:2])

    def add(self, where: Series, tick: Tick) -> bool:
        """Remember one tick; False where its run is known already."""
        with self.writing() as database:
            known = database.execute("SELECT 1 FROM tick WHERE run = ?", (tick.run_id,)).fetchone()
            if known is None:
                self.append(where.id, tick)
        return known is None

    def append(self, where: int, tick: Tick) -> None:
        """The same inside a transaction of the caller's, who knows that the run is new."""
        database = self.database
        (newest,) = database.execute(
            "SELECT max(n) FROM tick WHERE series = ?", (where,)
        ).fetchone()
        n = 1 + (newest or 0)
        database.execute(
            "INSERT INTO tick VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(where, n, tick.at, tick.kind.value, tick.run_id),
                *(catalogue(database, tick.catalogue), tick.rtt_ms),
            ),
        )
        if tick.packed is not None:
            database.execute(
                "INSERT INTO document (series, n, rules, packed) VALUES (?, ?, ?, ?)",
                (where, n, tick.rules, tick.packed),
            )
        words.append(database, self.names, where, n, tick.kind, tick.words, tick.rules)
        self.add_speeds(where, n, tick.speeds)

    def add_speeds(self, where: int, n: int, speeds: Sequence[SpeedSeen]) -> None:
        """What a tick says of speeds, inside a transaction of the caller's."""
        self.database.executemany(
            "INSERT INTO speed VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    *(where, n, self.names.subject(s.subject), s.direction),
                    *(s.ratio, s.target_kbit, s.control_kbit),
                )
                for s in speeds
            ),
        )

    def add_gap(self, gap: Gap, where: Series | None = None) -> None:
        """Remember why nobody looked; without ``where`` it holds for every series."""
        with self.writing() as database:
            database.execute(
                "INSERT INTO gap (series, began, ended, reason) VALUES (?, ?, ?, ?)",
                (where and where.id, gap.began, gap.ended, gap.reason.value),
            )

    def log(self, what: Logged) -> None:
        """Append to the list of what happened."""
        with self.writing() as database:
            database.execute(
                "INSERT INTO event (at, kind, body) VALUES (?, ?, ?)",
                (what.at, what.kind, what.body),
            )

    def keep(self, key: str, text: str) -> None:
        """Keep a text under a name of the caller's, in place of the one before."""
        with self.writing() as database:
            database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"own.{key}", text))

    def kept(self, key: str) -> str | None:
        """The text that was kept under that name."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", f"own.{key}")
        return str(found[0][0]) if found else None

    # -- what comes out --------------------------------------------------------------------------

    def all_series(self) -> tuple[Series, ...]:
        """Every series, in the order in which they were first seen."""
        return tuple(series(row) for row in self.rows(f"{SERIES} ORDER BY id"))

    def events(self, since: int = 0) -> tuple[Logged, ...]:
        """What happened from ``since`` on, in order."""
        found = self.rows("SELECT at, kind, body FROM event WHERE at >= ? ORDER BY id", since)
        return tuple(Logged(int(str(at)), str(kind), str(body)) for at, kind, body in found)

    def gaps(self, where: Series, since: int = 0) -> tuple[Gap, ...]:
        """The gaps of a series that end at ``since`` or later, in order."""
        found = self.rows(
            "SELECT began, ended, reason FROM gap WHERE (series = ? OR series IS NULL) "
            "AND ended >= ? ORDER BY began",
            where.id,
            since,
        )
        return tuple(
            Gap(int(str(began)), int(str(ended)), reason_of(str(reason)))
            for began, ended, reason in found
        )

    def document(self, run_id: str) -> str | None:
        """The kept evidence of a run as JSON text; None where the words alone were kept."""
        packed = self.packed(run_id)
        return None if packed is None else unpacked(self.path, packed)

    def packed(self, run_id: str) -> bytes | None:
        """The same as it is kept."""
        found = self.rows(
            "SELECT packed FROM document JOIN tick USING (series, n) WHERE run = ?", run_id
        )
        return found[0][0] if found and isinstance(found[0][0], bytes) else None

    # -- what goes away --------------------------------------------------------------------------

    def purge(self, *, before: int | None, now: int, where: Series | None = None) -> int:
        """Delete what is older than ``before`` (None: everything), of one series or of all; gives
        the number of ticks. What is deleted is overwritten in the file and in its log."""
        with self.writing() as database:
            gone = forget.forget(database, before, now, None if where is None else where.id)
        with told(self.path):
            if gone or before is None:
                truncate_log(self.database)
        self.names.forget()
        return gone


def series(row: Sequence[object]) -> Series:
    """A row of the table as a value."""
    number, public, kind, resolver, vpn, label = row
    return Series(
        id=int(str(number)),
        public=str(public),
        kind=NetworkKind(str(kind)),
        resolver=str(resolver),
        vpn=bool(vpn),
        label=str(label),
    )


def reason_of(text: str) -> GapReason:
    """A reason by name; one that this version does not know is unknown."""
    try:
        return GapReason(text)
    except ValueError:
        return GapReason.UNKNOWN


def kind_of(text: str) -> TickKind:
    """A kind of ticks by name; one that this version does not know saw the least."""
    try:
        return TickKind(text)
    except ValueError:
        return TickKind.PULSE


def catalogue(database: sqlite3.Connection, sha256_hex: str) -> int:
    """The number of a catalogue, a new one if need be."""
    database.execute("INSERT OR IGNORE INTO catalogue (sha256) VALUES (?)", (sha256_hex,))
    found = database.execute("SELECT id FROM catalogue WHERE sha256 = ?", (sha256_hex,))
    number: int = found.fetchone()[0]
    return number


def pack(document: str) -> bytes:
    """A document as it is kept."""
    return zlib.compress(document.encode(), 6)


def unpacked(path: Path, packed: object) -> str:
    """A document's text. Raises HistoryError where it is damaged."""
    try:
        if not isinstance(packed, bytes):
            raise ValueError
        return zlib.decompress(packed).decode()
    except (zlib.error, ValueError):
        raise HistoryError(f"{path}: {DAMAGED_DOCUMENT}") from None


def expand(spans: Mapping[str, Sequence[Span]]) -> dict[int, dict[str, tuple[Said, int]]]:
    """Spans as single words: by tick, by subject, with the version of the rules."""
    found: dict[int, dict[str, tuple[Said, int]]] = {}
    for subject, some in spans.items():
        for span in some:
            for n in range(span.first, span.last + 1):
                found.setdefault(n, {})[subject] = (span.said, span.rules)
    return found
