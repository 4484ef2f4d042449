"""Which controls are asked where: those that are fair there, others only where these are too few.

The country may be only a guess. What comes out is what a run plans with; its evidence keeps the
catalogue's own rows (see `kept`), so that nothing that is saved tells the guess.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from msgprobe.model.control import (
    CallServer,
    Controls,
    Guess,
    PublicResolver,
    Sentinel,
    Site,
    Source,
)
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Request
from msgprobe.model.task import Role
from msgprobe.planning.timetable import COMPARED, FAIR_RESOLVERS, SENTINELS, SITES

Row = TypeVar("Row", Site, Sentinel, PublicResolver, Source, CallServer)


def fitted(controls: Controls, request: Request, guess: Guess) -> Controls:
    """The rows to plan with: without those that are unfair in the country given or guessed, as far
    as enough others remain, and with the domestic sites of a guess."""
    countries = {request.country} if request.country is not None else set(guess.countries)
    if not countries:
        return controls
    home = guess.sites if request.country is None else ()
    unfair = _unfair_in({c for c in countries if c is not None})
    return replace(
        controls,
        sites=(*_sites(controls.abroad, unfair), *controls.domestic, *home),
        sentinels=_fair(
            controls.sentinels, unfair, lambda rows: len({s.owner for s in rows}) >= SENTINELS
        ),
        resolvers=(
            *_fair([r for r in controls.resolvers if not r.filters], unfair, _ways_to_ask),
            *(r for r in controls.resolvers if r.filters),
        ),
        sources=(
            *_fair([s for s in controls.sources if s.country is None], unfair, _comparable),
            *(s for s in controls.sources if s.country is not None),
        ),
        calls=_fair(controls.calls, unfair, lambda rows: len(_networks(rows)) >= COMPARED),
    )


def kept(controls: Controls, guess: Guess, seen: Iterable[Measurement]) -> Controls:
    """The rows that belong to the evidence: the catalogue's, and those domestic sites of a guess
    that were really contacted."""
    met = {m.task.subject for m in seen if m.task.role is Role.CONTROL and m.observations}
    known = {site.name for site in controls.sites}
    home = tuple(s for s in guess.sites if s.name in met and s.name not in known)
    return replace(controls, sites=(*controls.sites, *home)) if home else controls


def _unfair_in(countries: set[str]) -> Callable[[Row], bool]:
    return lambda row: bool(countries.intersection(row.unfair_in))


def _fair(
    rows: Iterable[Row],
    unfair: Callable[[Row], bool],
    enough: Callable[[list[Row]], bool],
) -> tuple[Row, ...]:
    """The fair rows, and as many of the others, in their order, as it takes to have enough."""
    every = list(rows)
    picks = [row for row in every if not unfair(row)]
    for row in every:
        if enough(picks):
            break
        if unfair(row):
            picks.append(row)
    return tuple(picks)


def _sites(abroad: tuple[Site, ...], unfair: Callable[[Site], bool]) -> tuple[Site, ...]:
    """Enough for the look at the connection; and beyond these, to compare with over QUIC alone,
    those that speak it where no fair one does."""
    picks = _fair(abroad, unfair, lambda rows: len(_networks(rows)) >= SITES)
    quic = [s for s in abroad if s.quic and s not in picks]
    return picks if any(s.quic and not unfair(s) for s in picks) else (*picks, *quic)


def _networks(rows: Iterable[Site | Source | CallServer]) -> set[str]:
    return {row.network for row in rows}


def _ways_to_ask(rows: list[PublicResolver]) -> bool:
    """Two operators can be asked in the open, and two of them over DoH."""
    encrypted = {r.owner for r in rows if r.doh_host is not None}
    return len({r.owner for r in rows}) >= FAIR_RESOLVERS and len(encrypted) >= FAIR_RESOLVERS


def _comparable(rows: list[Source]) -> bool:
    """Downloads from several networks, an upload, and an object under any name."""
    return (
        len(_networks(rows)) >= COMPARED
        and any(s.upload_path is not None for s in rows)
        and any(s.any_name for s in rows)
    )
