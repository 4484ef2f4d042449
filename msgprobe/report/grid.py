"""The measures of the grid of services and functions, its legend, and the time above it."""

from collections.abc import Sequence
from datetime import datetime

from msgprobe.model.target import Function
from msgprobe.model.verdict import ServiceVerdict
from msgprobe.report import wording
from msgprobe.report.escape import printable
from msgprobe.report.language import _


def cell_len(text: str) -> int:
    """Columns of a terminal that ``text`` takes."""
    from rich.cells import cell_len as columns  # late: it costs start-up time

    return columns(text)


class Grid:
    """A row a service: name, word, and a column for each function that any of them has."""

    def __init__(self, services: Sequence[ServiceVerdict]) -> None:
        self.services = services
        self.words = [wording.verdict_words(s.outcome, s.strength, s.partial) for s in services]
        every = {v.function for s in services for v in s.functions}
        self.columns = [f for f in Function if f in every]
        names = [cell_len(printable(s.name, limit=20)) for s in services]
        self.name_width = max(names, default=0)
        self.word_width = max((2 + cell_len(w) for w in ("", *self.words)), default=0)
        """With the sign before it."""
        self.word_width = max(self.word_width, cell_len(_("result")))

    @property
    def width(self) -> int:
        """Columns that it takes with all functions beside the word."""
        beside = sum(2 + cell_len(wording.function_word(f)) for f in self.columns)
        return self.name_width + 2 + self.word_width + beside


def legend(services: Sequence[ServiceVerdict], *, unicode: bool) -> str:
    """The signs that stand in the grid, and what they mean."""
    there = {f.outcome for s in services for f in s.functions} | {s.outcome for s in services}
    return _(", ").join(
        f"{sign.sign if unicode else sign.plain} {wording.outcome_word(outcome)}"
        for outcome, sign in wording.SIGNS.items()
        if outcome in there
    )


def local_time(started_at: str) -> str:
    """``Sunday 22 November 2026, 14:23 (UTC+05:00)`` in this device's zone; what is no time as it
    is."""
    try:
        then = datetime.fromisoformat(started_at)
    except ValueError:
        return started_at
    if then.tzinfo is None:
        return started_at
    try:
        here = then.astimezone()
    except (OverflowError, OSError):
        return started_at
    offset = f"{here:%z}"
    zone = "UTC" if offset in ("+0000", "") else f"UTC{offset[:3]}:{offset[3:5]}"
    # translations that have no names of days and months say it in numbers
    return _("{then:%a %d %b %Y, %H:%M} ({zone})").format(then=here, zone=zone)
