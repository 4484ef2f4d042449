"""Scenarios drawn by lot: a line, one or two censors or none, a service with troubles of its own,
and a circumstance that harms nobody.

Nobody rehearsed these combinations, and the truth follows from how each was made. The same number
is the same scenario, as long as nothing here changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from tests.lab import drawn_wider
from tests.lab.censor import Action, ConnectionCap, Drop, Match, OnSni
from tests.lab.drawn_accidents import accident
from tests.lab.drawn_hits import DOH, HITS, ISP, Hit, curtain, forged, frozen, own_trouble, slow
from tests.lab.drawn_states import drawn_state
from tests.lab.link import Link
from tests.lab.scenario import CORE, GOOD, Scenario
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.world.config import HostPolicy, ResolverPolicy

_USUAL: Final = ("online", "bad_link")

ACCIDENTS_FROM: Final = 1000
"""Scenarios from this number on may have an accident of some seconds in them as well; the others
stay what they were."""

CURTAINS_FROM: Final = 3000
"""From this number on networks of neutral mirrors may be cut, with a service in them or none."""

WIDER_FROM: Final = 5000
"""From this number on what `drawn_wider` has is drawn as well."""

STATES_FROM: Final = 7000
"""From this number on it is about the connection (see `drawn_states`)."""

LOSSY_FROM: Final = 9000
"""From this number on the line loses what the worst of radio does, and so not everything can be
told: no clear result is honest there, ``ok`` for what is hit never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A scenario; ``weaker`` maps a service to words that say less than is true, and no lie.

    ``stated``: the state of the connection is to be right as well.
    ``look_alike`` are services with troubles of their own that no single place can tell from what a
    censor does: all of their servers are silent to everybody, in several networks.
    """

    scenario: Scenario
    weaker: Mapping[str, tuple[str, ...]]
    look_alike: frozenset[str] = frozenset()
    stated: bool = False

    @property
    def hit(self) -> frozenset[str]:
        """The services that somebody harms on the way."""
        truths = self.scenario.truths.items()
        accused = {"blocked", "throttled"}
        return frozenset(s for s, true in truths if "." not in s and accused & set(true.words))


# --- lines --------------------------------------------------------------------------------------

_THIN: Final = ("umts", "satellite")
"""Lines on which nobody is slowed here, as on those that lose much: what can be seen on them is
`throttle_exam`'s matter."""

_UNSEEN_THERE: Final = (slow, frozen, drawn_wider.lossy)


def _line(lot: Random) -> tuple[str, Link]:
    lines = {
        "good": GOOD,
        "fibre": Link(delay_ms=5, down_kbit=100_000, up_kbit=50_000),
        "lte": Link(
            delay_ms=lot.uniform(20, 45),
            jitter_ms=lot.uniform(2, 10),
            down_kbit=lot.choice([5_000, 10_000, 20_000]),
            up_kbit=3_000,
            loss=0.003,
            queue_ms=400,
        ),
        "dsl": Link(delay_ms=15, down_kbit=6_000, up_kbit=700, loss=0.0005, queue_ms=600),
        "wifi": Link(
            delay_ms=20,
            jitter_ms=8,
            down_kbit=20_000,
            up_kbit=10_000,
            loss=lot.uniform(0.01, 0.03),
            burst=lot.choice([1, 3]),
        ),
        "far": Link(delay_ms=lot.uniform(80, 140), down_kbit=10_000, up_kbit=4_000, loss=0.003),
        "umts": Link(
            delay_ms=70, jitter_ms=20, down_kbit=2_000, up_kbit=600, loss=0.01, queue_ms=1000
        ),
        "satellite": Link(delay_ms=280, down_kbit=8_000, up_kbit=2_000, loss=0.002, queue_ms=800),
    }
    name = lot.choice(sorted(lines))
    return name, lines[name]


# --- what harms nobody --------------------------------------------------------------------------

DEAD: Final = "the provider's resolver is dead"
_FOREIGN: Final = ("discord.com", "x.com", "youtube.com", "viber.com")


def _hiccups(lot: Random) -> Drop:
    """The line is dead for a while, now and then."""
    dead = lot.choice([1.0, 2.0, 4.0])
    phase = lot.uniform(0.0, 10.0)
    return Drop(match=Match(direction="both", period_s=10.0, on_s=dead, phase_s=phase))


def _harmless(lot: Random) -> tuple[str, tuple[Action, ...], dict[str, Any]]:
    """A text, actions and fields of the world."""
    hiccups, most = _hiccups(lot), lot.choice([40, 80])
    foreign = lot.choice(_FOREIGN)
    provider = Match(ports=(53,), not_to=ISP)
    dead = lot.choice(["www.python.org", "www.gnu.org", "www.debian.org", "dns.google"])
    found: list[tuple[str, tuple[Action, ...], dict[str, Any]]] = [
        ("", (), {}),
        ("", (), {}),
        (f"{foreign} is reset", (OnSni(names=(foreign,), do="rst"),), {}),
        ("UDP 443 dropped", (Drop(match=Match(proto=("udp",), ports=(443,))),), {}),
        ("only the provider's DNS", (Drop(match=provider),), {}),
        ("DoH is reset", (OnSni(names=DOH, do="rst"),), {}),
        (f"{dead} is dead", (), {"hosts": (HostPolicy(names=(dead,), connect="silent"),)}),
        ("strict servers", (), {"strict_names": True}),
        (
            "one resolver fails now and then",
            (),
            {"resolvers": (ResolverPolicy(at=("isp",), servfail_share=0.2),)},
        ),
        (DEAD, (), {"resolvers": (ResolverPolicy(dead=True),)}),
        (f"dead for {hiccups.match.on_s} s every 10 s", (hiccups,), {}),
        (
            f"{most} new flows in 5 s",
            (ConnectionCap(shared=True, most=most, window_s=5.0),),
            {},
        ),
    ]
    return lot.choice(found)


# --- a whole one --------------------------------------------------------------------------------


def _wider(number: int) -> bool:
    return WIDER_FROM <= number < LOSSY_FROM


def _hits(lot: Random, number: int, line: str) -> dict[str, Hit]:
    """What is done to services, by whomever, and what befalls them."""
    hit = lot.sample(CORE, lot.choice([0, 1, 1, 1, 2]))
    known = (*HITS, *drawn_wider.HITS) if _wider(number) else HITS
    blind = line in _THIN or number >= LOSSY_FROM
    fitting = [h for h in known if not (blind and h in _UNSEEN_THERE)]
    hits = {service: lot.choice(fitting)(lot, service) for service in sorted(hit)}
    if len(hits) == 1 and lot.random() < 0.1:
        hits = {service: forged(lot, service) for service in hits}
    others = sorted(set(CORE) - set(hits))
    if lot.random() < 0.35:
        troubled = lot.choice(others)
        hits[troubled] = own_trouble(lot, troubled)
    if number >= ACCIDENTS_FROM and lot.random() < 0.6:
        befallen = lot.choice(sorted(set(CORE) - set(hits)))
        hits[befallen] = accident(lot, befallen)
    return hits


def draw(number: int) -> Drawn:
    """The scenario of that number."""
    lot = Random(f"drawn/{number}")
    line, link = _line(lot)
    lossy = number >= LOSSY_FROM
    if lossy:
        link = replace(link, loss=lot.uniform(0.04, 0.15), burst=lot.choice([1.0, 1.0, 2.0]))
    elif number >= STATES_FROM:
        scenario = drawn_state(lot, number, (line, link))
        return Drawn(scenario=scenario, weaker=dict.fromkeys(CORE, ()), stated=True)
    hits = _hits(lot, number, line)
    text, actions, world = _harmless(lot)
    if number >= CURTAINS_FROM and line not in _THIN and lot.random() < 0.3:
        inside = lot.choice([*sorted(set(CORE) - set(hits)), None])
        drawn = curtain(lot, inside)
        if inside is None:
            text, actions = f"{text}; {drawn.text}", (*actions, *drawn.actions)
        else:
            hits[inside] = drawn
    if text == DEAD and any(h.text.endswith("provider") for h in hits.values()):
        text, actions, world = "", (), {}  # who forges what a dead resolver says harms nobody
    for h in hits.values():
        actions += h.actions
        hosts = (*h.world.get("hosts", ()), *world.get("hosts", ()))
        world = {**world, **h.world, "hosts": hosts}
    lab = {"ipv6": lot.random() < 0.6}
    if _wider(number) and lot.random() < 0.7:
        around = drawn_wider.circumstance(lot)
        text = "; ".join(filter(None, (text, around.text)))
        actions, link = (*actions, *around.actions), around.line(link)
        hosts = (*world.get("hosts", ()), *around.world.get("hosts", ()))
        world = {**world, **around.world, "hosts": hosts}
        lab |= {"ipv6": True} if around.six else {}
    parts = [f"{service}: {h.text}" for service, h in hits.items()] + [text]
    named = f"{line} losing {link.loss:.0%}" if lossy else line
    title = f"{named}, {'' if lab['ipv6'] else 'no '}IPv6; " + "; ".join(filter(None, parts))
    more: Any = {"link": link, "world": world, "lab": lab, "states": _USUAL, "fires": ()}
    truths = {service: h.truth for service, h in hits.items()}
    for service, h in hits.items():
        truths |= {f"{service}.{function}": true for function, true in h.functions.items()}
    unclear = ("inconclusive",) if lossy else ()
    truths = {k: replace(t, words=(*t.words, *unclear)) for k, t in truths.items()}
    censored = any({"blocked", "throttled"} & set(t.words) for t in truths.values())
    if censored:
        scenario = blocking(f"Z{number}", title, truths, *actions, **more)
    else:
        scenario = innocent(f"Z{number}", title, *actions, truths=truths, **more)
    return Drawn(
        scenario=scenario,
        weaker={service: (*h.weaker, *unclear) for service, h in hits.items()},
        look_alike=frozenset(service for service, h in hits.items() if h.look_alike),
    )
