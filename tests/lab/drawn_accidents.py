"""What may be drawn for a service that nobody harms: some of what it needs is out of order for
seconds, for everybody, as servers are while they are begun again."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.lab.censor import (
    Action,
    DnsForge,
    Drop,
    IcmpUnreachable,
    Match,
    OnPattern,
    OnSni,
    RstOnSyn,
    Throttle,
)
from tests.lab.cut import Cut
from tests.lab.drawn_hits import ISP, Hit, addresses_of, names_of
from tests.lab.scenario import truth
from tests.lab.scenarios.shared import RELAYS, TELEGRAM_DC

LONGEST: Final = 13.5
"""Seconds; what lasts for longer than fifteen, nobody can tell from a block of addresses."""

_ONCE: Final = 1200.0
_TRUTH: Final = truth("ok|degraded|down|inconclusive")


def accident(lot: Random, service: str) -> Hit:
    """One of many ways, of all of its servers or some of them, from some moment on."""
    which, names = names_of(lot, service)
    to = addresses_of(names)
    if service == "telegram" and lot.random() < 0.5:
        which, to = f"{which} and its data centres", (*to, *TELEGRAM_DC)
    lasts, since = lot.uniform(2.0, LONGEST), lot.choice([0.0, 0.0, lot.uniform(0.0, 6.0)])

    def during(**more: Any) -> Match:
        usual: dict[str, Any] = {"to": to, "proto": ("tcp",), "direction": "both"}
        return Match(**{**usual, **more}, period_s=_ONCE, on_s=lasts, phase_s=since)

    kinds: dict[str, Callable[[], Action]] = {
        "are dead": lambda: Drop(match=during(proto=())),
        "take connections and say nothing": lambda: Drop(match=during(segment="data")),
        "refuse": lambda: RstOnSyn(match=during(ports=(443,)), early=False, at_rtt=1.0),
        "cannot be reached": lambda: IcmpUnreachable(match=during(), code="host", at_rtt=0.9),
        "reset": lambda: _at_words(during(), "rst"),
        "end": lambda: _at_words(during(), "fin"),
        "send alerts": lambda: _at_words(during(), "alert"),
        "answer nobody": lambda: OnPattern(match=during(), pattern="", do="drop_reply"),
        "break off": lambda: Cut(
            match=during(),
            after_bytes=lot.choice([6_000, 12_000, 24_000, 40_000]),
            end=lot.choice(["silence", "rst", "fin"]),
        ),
        "are slow": lambda: Throttle(match=during(), kbit=lot.choice([64, 140, 300])),
        "lose": lambda: Throttle(match=during(), do="lose", loss=lot.choice([0.1, 0.25, 0.5])),
        "do not hear UDP": lambda: Drop(
            match=during(to=(*to, *at_relays(service)), proto=("udp",))
        ),
        "have no names": lambda: DnsForge(
            names=names,
            answer=(lot.choice(["servfail", "drop"]),),
            servers=ISP,  # anywhere else DoH and TCP would fail as well, and nobody else answers
            for_s=lasts,
        ),
    }
    how = lot.choice(sorted(kinds))
    text = f"the servers of {which} {how} for {lasts:.1f} s from second {since:.1f} on"
    return Hit(text=text, actions=(kinds[how](),), truth=_TRUTH)


def _at_words(place: Match, do: Any) -> Action:
    return OnSni(match=place, names=("*",), do=do, at_rtt=1.0, copies=1)


def at_relays(service: str) -> tuple[str, ...]:
    """The addresses of its call servers, where it has such of its own."""
    return addresses_of(RELAYS) if service == "signal" else ()
