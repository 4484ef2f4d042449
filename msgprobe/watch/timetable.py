"""How often is looked, how long is waited, and what share of the budget is for what."""

from dataclasses import replace

from msgprobe.model.dataclass import dataclass

DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """All times are in seconds, ``budget`` in bytes a day.

    ``every`` is the mean time between pulses where the budget allows it. Each wait is drawn between
    two thirds and four thirds of what is due, so that nobody can tell the next one.
    """

    budget: int = 20_000_000
    every: float = 60.0
    apart: float = 60.0
    """Least time between a surprise's first look and the one that confirms it."""
    transfers: float = 1800.0
    """Between small transfers, of which each moves objects of some services."""
    longest_transfer: float = 3600.0
    """So often there are always bytes for one, whatever else was spent."""
    runs: float = DAY
    """Between whole runs on a line on which nothing happens."""
    runs_apart: float = 1800.0
    """Between whole runs on one on which much happens."""
    rarely: float = 1800.0
    """Between looks at what was found blocked: watching must not prolong a punishment, ..."""
    first_again: float = 600.0
    """... of which the longest known lasts for minutes. So soon comes the first look after a
    change, for what has just changed is likely to change again; each next wait is twice as long."""
    patience: float = 300.0
    """After a surprise that was not confirmed, until the next one of the same subject is looked
    into; it doubles each time, ..."""
    longest_patience: float = 3600.0
    """... up to this."""
    day: float = DAY
    """What the budget is for."""

    for_transfers: float = 0.3
    """Share of the budget for small transfers, ..."""
    for_runs: float = 0.15
    """... for whole runs, ..."""
    for_blocked: float = 0.15
    """... for looks at what was found blocked, ..."""
    least_for_pulses: float = 0.25
    """... and what pulses always have of it, whatever else was spent."""
    kept: float = 0.1
    """Share for looks that find out what changed; pulses may use half of it, and a quarter of it is
    for pulses and transfers alone."""

    longest_pulse: float = 3600.0
    """A budget that allows pulses only more rarely is too small."""

    def hastened(self, factor: float) -> "Timetable":
        """The same days in less time: for tests of a whole story on real lines."""
        names = ("every", "apart", "transfers", "runs", "runs_apart", "rarely", "patience")
        more = ("first_again", "longest_patience", "day", "longest_pulse", "longest_transfer")
        found = {name: getattr(self, name) / factor for name in (*names, *more)}
        return replace(self, **found)


COSTS = {"pulse": 18_500, "transfer": 190_000, "quick": 250_000, "confirm": 250_000, "run": 2e6}
"""Bytes that a look at four services costs before anything is known; measured in the lab."""

FOUR = 4
"""Services that `COSTS` are of."""
