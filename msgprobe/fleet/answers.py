"""Answers of an engine as values; whatever is no whole number or text is computed here."""

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any

from msgprobe.fleet import queries
from msgprobe.fleet.engine import Engine
from msgprobe.fleet.error import FleetError
from msgprobe.fleet.queries import STATES, Scope
from msgprobe.model.dataclass import dataclass
from msgprobe.model.fleet import Cell, CellState, National, Subject, Votes

Z = 1.959963984540054
"""The normal quantile of 95 %, both sides."""


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927), 95 %; all of it where nothing was tried."""
    if not trials:
        return 0.0, 1.0
    share, square = hits / trials, Z * Z / trials
    middle = (share + square / 2) / (1 + square)
    width = Z / (1 + square) * sqrt(share * (1 - share) / trials + square / trials / 4)
    return max(0.0, middle - width), min(1.0, middle + width)


def cells(engine: Engine, scope: Scope) -> list[Cell]:
    """Every cell, by subject, network and time."""
    found = []
    for country, asn, service, function, bucket, *counts, state in _rows(
        engine, queries.cells, "word", scope
    ):
        votes = _votes(counts)
        low, high = wilson(votes.hit, votes.known)
        found.append(
            Cell(
                subject=Subject(country=country, service=service, function=function),
                asn=int(asn),
                bucket=int(bucket),
                state=CellState(state),
                votes=votes,
                low=low,
                high=high,
            )
        )
    return sorted(found, key=lambda c: (_order(c.subject), c.asn, c.bucket))


def national(engine: Engine, scope: Scope) -> list[National]:
    """Every quarter of an hour of every subject, over all networks."""
    found = []
    for country, service, function, bucket, *counts in _rows(
        engine, queries.national, "word", scope
    ):
        votes = _votes(counts[:6])
        low, high = wilson(votes.hit, votes.known)
        states = zip(STATES, counts[6:], strict=True)
        found.append(
            National(
                subject=Subject(country=country, service=service, function=function),
                bucket=int(bucket),
                votes=votes,
                networks={CellState(state): int(n) for state, n in states if n},
                low=low,
                high=high,
            )
        )
    return sorted(found, key=lambda c: (_order(c.subject), c.bucket))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A network's change by its cells. ``last`` is the start of the last cell that said otherwise
    (None: none did), ``bucket`` that of the first one that says so. ``heard`` is how many of the
    lines that say so there were heard before."""

    subject: Subject
    asn: int
    hit: bool
    last: int | None
    bucket: int
    heard: int


def turns(engine: Engine, scope: Scope) -> list[Turn]:
    """Every change of every network, in the order of time."""
    found = [
        Turn(
            subject=Subject(country=country, service=service, function=function),
            asn=int(asn),
            hit=int(sign) < 0,
            last=None if int(last) < 0 else int(last),
            bucket=int(bucket),
            heard=int(heard),
        )
        for country, asn, service, function, bucket, sign, last, heard in _rows(
            engine, queries.turns, "word", scope
        )
    ]
    return sorted(found, key=lambda t: (t.bucket, _order(t.subject), t.asn))


Key = tuple[Subject, int, int]
"""Subject, network and bucket of a turn."""


def brackets(engine: Engine, scope: Scope) -> Mapping[Key, list[list[tuple[int, int]]]]:
    """The changes of single vantages that agree with a turn, for each vantage that has some: after
    when, at or before when."""
    found: dict[Key, dict[str, list[tuple[int, int]]]] = {}
    for country, asn, service, function, bucket, vantage, last, began in _rows(
        engine, queries.brackets, "word", scope
    ):
        subject = Subject(country=country, service=service, function=function)
        lines = found.setdefault((subject, int(asn), int(bucket)), {})
        lines.setdefault(vantage, []).append((int(last), int(began)))
    return {key: sorted(map(sorted, lines.values())) for key, lines in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """How many votes of a network named a mechanism on a day (its start)."""

    subject: Subject
    asn: int
    day: int
    mechanism: str
    votes: int


def mechanisms(engine: Engine, scope: Scope) -> list[Named]:
    """The mechanisms that interference was told with."""
    found = []
    for country, asn, service, function, names, day, n in _rows(
        engine, queries.mechanisms, "word", scope
    ):
        subject = Subject(country=country, service=service, function=function)
        found += [
            Named(subject=subject, asn=int(asn), day=int(day), mechanism=one, votes=int(n))
            for one in names.split(";")
        ]
    return sorted(found, key=lambda n: (_order(n.subject), n.asn, n.day, n.mechanism))


def lines(engine: Engine, scope: Scope) -> Mapping[str, Mapping[int, int]]:
    """How many vantages each network of each country has."""
    found: dict[str, dict[int, int]] = {}
    for country, asn, n in _rows(engine, queries.lines, "run", scope):
        found.setdefault(country, {})[int(asn)] = int(n)
    return found


def _rows(engine: Engine, query: Any, fact: str, scope: Scope) -> Iterator[tuple[Any, ...]]:
    try:
        yield from engine.rows(query(engine.source(fact), scope))
    except (TypeError, ValueError) as error:
        raise FleetError(f"the engine's answer is none to this question: {error}") from None


def _votes(counts: list[Any]) -> Votes:
    vantages, ok, degraded, throttled, blocked, down = map(int, counts)
    return Votes(
        vantages=vantages, ok=ok, degraded=degraded, throttled=throttled, blocked=blocked, down=down
    )


def _order(subject: Subject) -> tuple[str, str, str]:
    return subject.country, subject.service, subject.function
