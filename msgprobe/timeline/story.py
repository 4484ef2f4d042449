"""The timeline of one series: what is remembered goes in, the story comes out. Nothing is kept."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace

from msgprobe.model.history import CONNECTION, NOT_MEASURED, GapReason, Recorded
from msgprobe.model.timeline import Segment, Story
from msgprobe.timeline.events import changes, events
from msgprobe.timeline.grid import Grid
from msgprobe.timeline.hmm import LINE, SERVICE, Model, Run
from msgprobe.timeline.notes import notes, speed_points
from msgprobe.timeline.segments import Teller

LEAD_IN = 86400
"""Seconds before what is asked for that are looked at too: what held then is told with it."""


def tell(
    recorded: Recorded,
    rules: int,
    *,
    since: int | None = None,
    until: int | None = None,
    wanted: Callable[[str], bool] = lambda _: True,
    service: Model = SERVICE,
    line: Model = LINE,
) -> Story:
    """The story of one series from ``since`` to ``until`` (both seconds since 1970, UTC).

    ``wanted`` chooses subjects; the connection is always told. After the last tick nothing was
    measured until ``until``.
    """
    grid = Grid(recorded)
    teller = Teller(grid, service, line)
    names = [n for n in sorted(recorded.spans) if n != CONNECTION and wanted(n)]
    names = [n for n in (CONNECTION, *names) if n in recorded.spans]
    told = {name: teller.segments(name) for name in names}
    told = {name: some for name, some in told.items() if some}
    found = [change for some in told.values() for change in changes(some)]
    points = [p for p in speed_points(recorded) if wanted(p.subject)]
    whole = Story(
        series=recorded.series,
        began=recorded.times[0],
        ended=recorded.times[-1],
        ticks=len(recorded.times),
        interval=grid.interval,
        rules=rules,
        segments=tuple((name, tuple(_ended(grid, some, until))) for name, some in told.items()),
        events=tuple(events(recorded, found, grid.interval)),
        notes=tuple(notes(recorded, points)),
        speeds=tuple(points),
    )
    return whole if since is None else _from(whole, recorded, since)


def _from(whole: Story, recorded: Recorded, since: int) -> Story:
    """What of a story reaches into the time from ``since`` on."""
    begin = max(since, whole.began)
    return replace(
        whole,
        began=begin,
        ticks=len(recorded.times) - bisect_left(recorded.times, begin),
        segments=tuple(
            (name, tuple(s for s in some if s.ended >= begin)) for name, some in whole.segments
        ),
        events=tuple(e for e in whole.events if e.bracket.until >= begin),
        notes=tuple(n for n in whole.notes if n.at >= begin),
        speeds=tuple(p for p in whole.speeds if p.at >= begin),
    )


def _ended(grid: Grid, told: list[Segment], until: int | None) -> list[Segment]:
    """With the time since the last tick, if that is longer than usual."""
    if not told or until is None:
        return told
    last = told[-1]
    runs = [piece for piece in grid.pieces(last.subject) if isinstance(piece, Run)]
    if until - last.ended <= grid.patience(runs):
        return told
    reason = grid.reason(last.ended, until)
    if last.word == NOT_MEASURED:
        return [*told[:-1], replace(last, ended=until)]
    rest = Segment(
        subject=last.subject,
        word=NOT_MEASURED,
        began=last.ended,
        ended=until,
        settled=False,
        reason=reason or GapReason.UNKNOWN.value,
    )
    return [*told, rest]
