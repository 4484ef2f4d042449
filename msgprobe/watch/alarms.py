"""What is told to the user's own channels, once; and when one that failed is tried again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgprobe.model.history import CONNECTION
from msgprobe.model.timeline import Change, TimelineEvent

NEAR = 900.0
"""Seconds by which two tellings of one event may lie apart: later looks move its bracket."""

WAITS = (10.0, 60.0, 300.0, 900.0)
"""Seconds after a failure until the next attempt; the last one again and again."""

TRIES = 6
"""Attempts of a command, which fails for reasons of this device: then it is given up. A webhook,
which fails with the line, is tried for as long as the alarm is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alarm that was raised at ``at``: ``id`` is random, ``changes`` are subjects with their new
    words, ``until`` is the end of its bracket, ``series`` the network's public name."""

    id: str
    at: int
    until: int
    series: str
    changes: Mapping[str, str]


def fresh(
    events: Iterable[TimelineEvent], told: Sequence[Told], series: str, since: int
) -> list[tuple[TimelineEvent, tuple[Change, ...]]]:
    """Real events from ``since`` on with those changes that no alarm has told: of a service of
    which one function was told, the others are the same event."""
    found = []
    for event in events:
        if not event.cause.real or event.bracket.until < since:
            continue
        near = [
            one
            for one in told
            if one.series == series and abs(one.until - event.bracket.until) <= NEAR
        ]
        new = tuple(c for c in event.changes if not any(_same(c, one) for one in near))
        if new:
            found.append((event, new))
    return found


def _same(change: Change, told: Told) -> bool:
    """That alarm told of this change, of its service, or of the connection, which explains it."""
    service = change.subject.partition(".")[0]
    for subject, word in told.changes.items():
        if subject == change.subject and word == change.after:
            return True
        other = subject.partition(".")[0]
        if subject != change.subject and other == service and change.subject != CONNECTION:
            return True
    return False


def due(failures: int, last: float) -> float:
    """When an attempt is due that has failed so often, the last time at ``last``."""
    return last if not failures else last + WAITS[min(failures, len(WAITS)) - 1]
