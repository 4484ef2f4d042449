"""What may come before an event: remarks that begin, speeds and round trips out of the usual."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from statistics import median

from msgprobe.model.history import CONNECTION, Recorded
from msgprobe.model.timeline import SpeedPoint, TimelineNote

PRECURSORS = frozenset(
    (
        *("quic_blocked", "udp_blocked", "encrypted_dns_blocked", "transparent_dns"),
        *("dns_intercepted", "plain_http_tampered", "tls_fingerprint", "pq_intolerant"),
        *("lossy", "slow_line", "slow_abroad", "networks_cut", "stun_blocked", "stun_recognised"),
        *("state_root_kz", "state_root_ru", "ipv6_broken", "ipv6_lossy"),
    )
)
"""Remarks on a connection of which the beginning is told: QUIC and resolvers failed before the
shutdown of June 2025 in Iran (net4people/bbs 648)."""

TWICE = 2
"""Looks in a row that make a remark, and that must have been without it."""

WEEK = 7 * 86400
"""Seconds over which the usual value is taken, and for which an unusual one does not count into it
(as IODA does: CAIDA/watchtower-sentry, MovingStat)."""

FRESH = 3600
"""Seconds for which a median of a week is as good as a new one."""

KNOWN = 3
"""Values that a median needs."""

SLOWER = 2.0
"""Times the usual that a transfer must take, ..."""

LONGER = 3.0
"""... and round trips, twice in a row, for a remark."""


def notes(recorded: Recorded, speeds: Sequence[SpeedPoint]) -> list[TimelineNote]:
    """Every note, in the order of time."""
    found = [*_remarks(recorded), *_slower(speeds), *_round_trips(recorded)]
    found += [TimelineNote(at=recorded.at(n), kind="clock_back") for n in recorded.set_back]
    return sorted(found, key=lambda n: (n.at, n.kind, n.subject))


def _remarks(recorded: Recorded) -> Iterator[TimelineNote]:
    """Those that whole looks had not before and have now, each at least twice in a row."""
    without = dict.fromkeys(PRECURSORS, 0)
    within: dict[str, tuple[int, int]] = {}
    for span in recorded.spans.get(CONNECTION, ()):
        whole = span.count - span.pulses - span.quicks
        if not whole:
            continue
        for note in PRECURSORS:
            if note not in span.said.mechanisms:
                without[note] = without[note] + whole if note not in within else whole
                within.pop(note, None)
                continue
            first, count = within.get(note, (max(span.first, recorded.first), 0))
            within[note] = first, count + whole
            if count < TWICE <= count + whole and without[note] >= TWICE:
                yield TimelineNote(at=recorded.at(first), kind=note)


def speed_points(recorded: Recorded) -> list[SpeedPoint]:
    """Every comparison with neutral transfers, beside the usual one."""
    by: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for n, one in recorded.speeds:
        by.setdefault((one.subject, one.direction), []).append((recorded.at(n), one.ratio))
    found = [
        SpeedPoint(at=at, subject=subject, direction=direction, ratio=ratio, usual=usual)
        for (subject, direction), values in sorted(by.items())
        for at, ratio, usual in _beside_usual(values, SLOWER)
    ]
    return found


def _beside_usual(
    values: Sequence[tuple[int, float]], factor: float
) -> Iterator[tuple[int, float, float | None]]:
    """Each value with the median of the week before. One that is out of the usual counts as the
    usual one, until it has been so for a week."""
    times: list[int] = []
    taken: list[float] = []
    unusual_since: int | None = None
    usual: float | None = None
    due = 0
    for at, value in values:
        if at >= due:
            recent = taken[bisect_left(times, at - WEEK) :]
            usual = median(recent) if len(recent) >= KNOWN else None
            due = at if usual is None else at + FRESH
        yield at, value, usual
        times.append(at)
        if usual is not None and value > factor * usual:
            unusual_since = at if unusual_since is None else unusual_since
            taken.append(usual if at - unusual_since < WEEK else value)
        else:
            unusual_since = None
            taken.append(value)


def _slower(points: Sequence[SpeedPoint]) -> Iterator[TimelineNote]:
    by: dict[str, list[tuple[int, float, float | None]]] = {}
    for p in points:
        by.setdefault(f"{p.subject} {p.direction}", []).append((p.at, p.ratio, p.usual))
    for name, values in by.items():
        subject = name.partition(" ")[0]
        for at, times in _twice(values, SLOWER):
            yield TimelineNote(at=at, kind="slower", subject=subject, value=round(times, 1))


def _round_trips(recorded: Recorded) -> Iterator[TimelineNote]:
    values = [(recorded.at(n), rtt) for n, rtt in recorded.rtts]
    for at, times in _twice(list(_beside_usual(values, LONGER)), LONGER):
        yield TimelineNote(at=at, kind="round_trips", value=round(times, 1))


def _twice(
    values: Sequence[tuple[int, float, float | None]], factor: float
) -> Iterator[tuple[int, float]]:
    """Where values begin to be out of the usual: when, and how many times it they are."""
    row: list[tuple[int, float]] = []
    for at, value, usual in values:
        if usual is None or value <= factor * usual:
            row = []
            continue
        row.append((at, value / usual if usual else factor))
        if len(row) == TWICE:
            yield row[0]
