"""What is remembered of one series in a window, under the rules of one version."""

from array import array
from collections.abc import Iterator, Sequence

from msgprobe.history import words
from msgprobe.history.file import told
from msgprobe.history.store import History, kind_of
from msgprobe.model.history import KIND_LETTERS, Recorded, Series, SpeedSeen, TickKind

_LETTERS = {kind.value: KIND_LETTERS[kind] for kind in TickKind}


def first_tick(history: History, where: Series, since: int | None) -> int | None:
    """The first tick at ``since`` (seconds since 1970; None: the first of all) or later; None
    where there is none."""
    if since is None:
        found = history.rows("SELECT min(n) FROM tick WHERE series = ?", where.id)
    else:
        found = history.rows(
            "SELECT min(n) FROM (SELECT n FROM tick WHERE series = ? AND at >= ? ORDER BY at "
            "LIMIT 1000)",
            where.id,
            since,
        )
    number = found[0][0]
    return None if number is None else int(str(number))


def recorded(history: History, where: Series, first: int, layer: int) -> Recorded:
    """All of ``where`` from tick ``first`` on, with the words of ``layer``.

    Times never go back: of a clock that was set back the latest time until then is taken.
    """
    times, kinds, catalogues = array("q"), [], []
    set_back: list[int] = []
    number, latest, before = None, 0, 0
    with told(history.path):
        for at, kind, one in history.database.execute(
            "SELECT at, kind, catalogue FROM tick WHERE series = ? AND n >= ? ORDER BY n",
            (where.id, first),
        ):
            if at < before:
                set_back.append(first + len(times))
            before = at
            latest = at if at > latest else latest
            times.append(latest)
            kinds.append(_LETTERS.get(kind) or KIND_LETTERS[kind_of(kind)])
            if one != number:
                number = one
                catalogues.append((first + len(times) - 1, number))
        spans = words.read(history.database, history.names, layer, where.id, first)
        known = dict(history.database.execute("SELECT id, sha256 FROM catalogue"))
        documents = history.database.execute(
            "SELECT n, run FROM document JOIN tick USING (series, n) "
            "WHERE document.series = ? AND n >= ? ORDER BY n",
            (where.id, first),
        ).fetchall()
        rtts = history.database.execute(
            "SELECT n, rtt_ms FROM tick WHERE series = ? AND n >= ? AND rtt_ms IS NOT NULL "
            "ORDER BY n",
            (where.id, first),
        ).fetchall()
    return Recorded(
        series=where,
        first=first,
        times=times,
        kinds="".join(kinds),
        spans=spans,
        documents=documents,
        catalogues=[(n, known[one]) for n, one in catalogues],
        gaps=history.gaps(where, times[0] if times else 0),
        speeds=list(_speeds(history, where, first)),
        rtts=rtts,
        set_back=set_back,
    )


def documents(
    history: History, since: int | None, until: int | None
) -> Iterator[tuple[Series, str, str | None]]:
    """The runs from ``since`` to before ``until`` (seconds since 1970; None: no end on that side),
    of all series in the order of time: series, run id, and the evidence as JSON text (None where
    the words alone were kept)."""
    known = {one.id: one for one in history.all_series()}
    rows = history.rows(
        "SELECT series, run FROM tick WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2) "
        "ORDER BY at, series, n",
        *(since, until),
    )
    for where, run in rows:
        yield known[int(str(where))], str(run), history.document(str(run))


def _speeds(history: History, where: Series, first: int) -> Iterator[tuple[int, SpeedSeen]]:
    with told(history.path):
        rows: Sequence[tuple[int, str, str, float, float, float]] = history.database.execute(
            "SELECT n, name, direction, ratio, target_kbit, control_kbit FROM speed "
            "JOIN subject ON subject.id = speed.subject WHERE series = ? AND n >= ? ORDER BY n",
            (where.id, first),
        ).fetchall()
    for n, name, direction, ratio, target, control in rows:
        yield n, SpeedSeen(name, direction, ratio, target, control)
