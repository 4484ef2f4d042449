"""Stories of one run by lot: what the line is like, and what somebody does, or what breaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from tests.evidence.story import ADDRESSES, SITES
from tests.luck.line import NEW_SYNS, OLD_SYNS, How, Line, Out

OWN: Final = frozenset(ADDRESSES.values())
NAMES: Final = frozenset(ADDRESSES)

LONGEST: Final = 14.9
"""Seconds that an accident of all of a service's servers lasts at most, from the run's first packet
on: what lasts for longer than fifteen nobody can tell from a block of addresses."""

LOSSES: Final = (0.0, 0.005, 0.02, 0.1, 0.2, 0.3)
ROUND_TRIPS: Final = (0.02, 0.04, 0.1, 0.25)
DEAD: Final = (1.0, 2.0, 4.0)
"""Seconds in every ten in which the line of some stories carries nothing."""

RUN: Final = 60.0
"""Seconds, more than any run takes."""

QUIET: Final = 0.02
"""Share of packets that a quiet line loses at most; it has no bursts either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """``censored``: somebody blocks the service; else nobody may be accused."""

    kind: str
    line: Line
    censored: bool

    @property
    def quiet(self) -> bool:
        """Its line loses little, and everywhere."""
        bursts = any(not o.addresses and not o.names for o in self.line.outs)
        return self.line.loss <= QUIET and not bursts


def _line(lot: Random) -> Line:
    """Any line: how far it is, what it loses, and in which bursts."""
    bursts: tuple[Out, ...] = ()
    if lot.random() < 0.3:
        lasts, phase = lot.choice(DEAD), lot.uniform(0.0, 10.0)
        begins = [phase + 10.0 * n for n in range(-1, round(RUN / 10))]
        bursts = tuple(Out(how=How.SILENT, since=at, until=at + lasts) for at in begins)
    return Line(
        rtt=lot.choice(ROUND_TRIPS),
        loss=lot.choice(LOSSES),
        syns=lot.choice((OLD_SYNS, NEW_SYNS)),
        outs=bursts,
    )


def _accident(lot: Random) -> tuple[Out, ...]:
    """Its servers, all of them or one, are begun again."""
    since = lot.choice((0.0, 0.0, lot.uniform(-5.0, 8.0)))
    which = lot.choice((OWN, frozenset((lot.choice(sorted(OWN)),))))
    lasts = lot.uniform(1.0, LONGEST)
    return (Out(how=lot.choice(list(How)), since=since, until=since + lasts, addresses=which),)


def _mistake(lot: Random) -> tuple[Out, ...]:
    """Its servers take no words that name it, for good: a balancer has lost its table, or what is
    behind it."""
    how = lot.choice((How.HANGS, How.RESETS))
    return (Out(how=how, addresses=OWN, names=NAMES),)


def _mistake_and_accident(lot: Random) -> tuple[Out, ...]:
    """Besides, a neutral server is out for a while."""
    (site,) = lot.sample(SITES, 1)
    since, lasts = lot.uniform(0.0, 10.0), lot.uniform(1.0, 20.0)
    there = frozenset(site.addresses)
    how = lot.choice(list(How))
    return (*_mistake(lot), Out(how=how, since=since, until=since + lasts, addresses=there))


def _nothing(lot: Random) -> tuple[Out, ...]:
    return ()


def _drops_names(lot: Random) -> tuple[Out, ...]:
    return (Out(how=How.SILENT, names=NAMES),)


def _resets_names(lot: Random) -> tuple[Out, ...]:
    return (Out(how=How.RESETS, names=NAMES),)


def _drops_addresses(lot: Random) -> tuple[Out, ...]:
    return (Out(how=How.SILENT, addresses=OWN),)


Deed = Callable[[Random], tuple[Out, ...]]

INNOCENT: Final[Mapping[str, Deed]] = {
    "nothing happens": _nothing,
    "its servers are out for seconds": _accident,
    "its servers take no words for it": _mistake,
    "the same, and a neutral one is out": _mistake_and_accident,
}
CENSORED: Final[Mapping[str, Deed]] = {
    "its name is dropped everywhere": _drops_names,
    "its name is reset everywhere": _resets_names,
    "its addresses are dropped": _drops_addresses,
}
KINDS: Final = {**INNOCENT, **CENSORED}


def story(kind: str, lot: Random) -> Story:
    """One of that kind."""
    line = _line(lot)
    outs = (*line.outs, *KINDS[kind](lot))
    return Story(kind=kind, line=replace(line, outs=outs), censored=kind in CENSORED)
