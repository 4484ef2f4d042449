"""States of the connection, rehearsed ones and a sound line, under circumstances drawn by lot: who
is cut off must be told so, and nobody else."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, Final

from tests.lab import drawn_wider
from tests.lab.censor import ConnectionCap, Drop, Match, OnSni
from tests.lab.drawn_hits import DOH, ISP
from tests.lab.drawn_wider import Circumstance
from tests.lab.link import Link
from tests.lab.scenario import CORE, GOOD, Scenario
from tests.lab.scenarios import find
from tests.lab.world.config import ResolverPolicy

SOUND: Final = ("online", "bad_link", "dns_fault", "intermittent")
"""What may be said of a line that leads everywhere, however badly."""

_STATES: Final = find(
    *("C4", "C4b", "C4c", "C4d", "C5", "C7", "C8", "C10", "C11", "C15", "C16", "C16b", "C19"),
    *("C20", "E0", "G1", "G1n", "G2", "G3", "G4", "I10", "I11", "I11b", "I11c"),
    *("MP1", "MP2", "MP3", "MP4"),
)
_PORT_80: Final = "nothing passes to port 80"
"""Nothing there, where it is by pages that a portal is known."""


def drawn_state(lot: Random, number: int, line: tuple[str, Link]) -> Scenario:
    """Every other one is a state that some scenario rehearses, the rest a sound line. The states
    that are right are those of the scenario; services are what it says of them."""
    sound = bool(number % 2)
    (base,) = find("I0") if sound else (lot.choice(_STATES),)
    name, link = line if base.link == GOOD else (base.id, base.link)
    found = replace(base, link=link, states=SOUND if sound else base.states)
    texts = [name]
    for _ in range(lot.choice([2, 3] if sound else [1, 1, 2])):
        around = _circumstance(lot)
        fits = sound or not _hides(around, base)
        if around.text not in texts and fits and not set(around.world) & set(found.world):
            found = _under(found, around)
            texts.append(around.text)
    # Of a sound line that is bad enough, no clear result is honest.
    truths = {} if sound else {s: found.truths.get(s, found.others) for s in CORE}
    quiet: dict[str, Any] = {
        **dict.fromkeys(("fires", "spares", "notes", "never"), ()),
        "counts": {},
    }
    title = f"{'' if sound else f'{base.id}: '}{base.title}; {', '.join(texts)}"
    return replace(found, id=f"Z{number}", title=title, truths=truths, **quiet)


def _hides(around: Circumstance, base: Scenario) -> bool:
    """It takes away what the state is known by: names, what a favoured site says, or pages."""
    names = "resolvers" in around.world
    pages = around.text == _PORT_80 and "captive_portal" in base.states
    return names or pages or around.line(GOOD).black_hole_mtu > 0


def _under(scenario: Scenario, around: Circumstance) -> Scenario:
    return replace(
        scenario,
        actions=(*scenario.actions, *around.actions),
        world={**scenario.world, **around.world},
        lab={**scenario.lab, **({"ipv6": True} if around.six else {})},
        link=around.line(scenario.link),
    )


def _circumstance(lot: Random) -> Circumstance:
    return lot.choice((drawn_wider.circumstance, drawn_wider.circumstance, *_MORE))(lot)


def _dead_resolver(lot: Random) -> Circumstance:
    return Circumstance(
        text="the provider's resolver is dead", world={"resolvers": (ResolverPolicy(dead=True),)}
    )


def _no_port_80(lot: Random) -> Circumstance:
    drop = Drop(match=Match(proto=("tcp",), ports=(80,)))
    return Circumstance(text=_PORT_80, actions=(drop,))


def _no_udp(lot: Random) -> Circumstance:
    drop = Drop(match=Match(proto=("udp",), not_to=ISP))
    return Circumstance(text="no UDP but the provider's DNS", actions=(drop,))


def _hiccups(lot: Random) -> Circumstance:
    when = Match(direction="both", period_s=10.0, on_s=2.0, phase_s=lot.uniform(0.0, 10.0))
    return Circumstance(text="dead for 2 s every 10 s", actions=(Drop(match=when),))


def _few_flows(lot: Random) -> Circumstance:
    cap = ConnectionCap(shared=True, most=40, window_s=5.0)
    return Circumstance(text="40 new flows in 5 s", actions=(cap,))


def _no_doh(lot: Random) -> Circumstance:
    return Circumstance(text="DoH is reset", actions=(OnSni(names=DOH, do="rst"),))


_MORE: Final[tuple[Callable[[Random], Circumstance], ...]] = (
    _dead_resolver,
    _no_port_80,
    _no_udp,
    _hiccups,
    _few_flows,
    _no_doh,
)
