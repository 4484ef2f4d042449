"""Deletes: by time, by series, or everything. Inside a transaction of the caller's."""

import sqlite3

SKEW = 86400
"""Seconds by which a time may lie ahead of now and still be believed."""


def forget(database: sqlite3.Connection, before: int | None, now: int, series: int | None) -> int:
    """Delete ticks before ``before`` (seconds since 1970; None: all) and what hangs on them.

    Gives the number of ticks. A series without ticks goes as well.
    """
    numbers = [n for (n,) in database.execute("SELECT id FROM series")]
    gone = 0
    for number in numbers if series is None else [series]:
        gone += _ticks(database, number, before, now)
    if series is None:
        for table, column in (("gap", "ended"), ("event", "at")):
            if before is None:
                database.execute(f"DELETE FROM {table}")
                database.execute("DELETE FROM meta WHERE key LIKE 'own.%'")
            else:
                database.execute(f"DELETE FROM {table} WHERE {column} < ?", (before,))
    if not gone:
        return 0
    database.execute("DELETE FROM series WHERE id NOT IN (SELECT series FROM tick)")
    database.execute("DELETE FROM judged WHERE series NOT IN (SELECT id FROM series)")
    database.execute("DELETE FROM gap WHERE series NOT IN (SELECT id FROM series)")
    database.execute("DELETE FROM catalogue WHERE id NOT IN (SELECT DISTINCT catalogue FROM tick)")
    database.execute("DELETE FROM subject WHERE id NOT IN (SELECT DISTINCT subject FROM span)")
    database.execute("DELETE FROM said WHERE id NOT IN (SELECT DISTINCT said FROM span)")
    return gone


def _ticks(database: sqlite3.Connection, series: int, before: int | None, now: int) -> int:
    """All up to the first one that is young enough, so that a clock that was wrong for a while
    neither deletes what is young nor keeps what is old."""
    (last,) = database.execute("SELECT max(n) FROM tick WHERE series = ?", (series,)).fetchone()
    if before is not None:
        (young,) = database.execute(
            "SELECT min(n) FROM tick WHERE series = ? AND at BETWEEN ? AND ?",
            (series, before, now + SKEW),
        ).fetchone()
        last = last if young is None else young - 1
    if last is None:
        return 0
    key = (series, last)
    _cut_spans(database, series, last)
    database.execute("DELETE FROM speed WHERE series = ? AND n <= ?", key)
    database.execute(
        "DELETE FROM rejudged WHERE document IN "
        "(SELECT id FROM document WHERE series = ? AND n <= ?)",
        key,
    )
    database.execute("DELETE FROM document WHERE series = ? AND n <= ?", key)
    return database.execute("DELETE FROM tick WHERE series = ? AND n <= ?", key).rowcount


def _cut_spans(database: sqlite3.Connection, series: int, last: int) -> None:
    """Spans end at or begin after tick ``last``: what they have before it goes."""
    database.execute("DELETE FROM span WHERE series = ? AND last <= ?", (series, last))
    astride = database.execute(
        "SELECT layer, subject, first, last, pulses, quicks, said, rules FROM span "
        "WHERE series = ? AND first <= ?",
        (series, last),
    ).fetchall()
    for layer, subject, first, end, pulses, quicks, said, rules in astride:
        kinds = dict(
            database.execute(
                "SELECT kind, count(*) FROM tick WHERE series = ? AND n BETWEEN ? AND ? "
                "GROUP BY kind",
                (series, first, last),
            )
        )
        database.execute(
            "DELETE FROM span WHERE layer = ? AND series = ? AND subject = ? AND first = ?",
            (layer, series, subject, first),
        )
        database.execute(
            "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(layer, series, subject, last + 1, end),
                pulses - kinds.get("pulse", 0),
                quicks - kinds.get("quick", 0) - kinds.get("confirm", 0),
                *(said, rules),
            ),
        )
