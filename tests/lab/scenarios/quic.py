"""Is QUIC interfered with, by the name in its Initial or altogether?"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from tests.lab.censor import Drop, Match
from tests.lab.link import Link
from tests.lab.scenario import OK, Scenario, Truth, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.load import few
from tests.lab.scenarios.shared import (
    ANY_LINK,
    MESSENGER,
    QUIET,
    WHATSAPP,
    HardLine,
    blocked,
    drop_udp,
    hosts,
    of,
    on_edge,
    on_half_a_second,
    swallow,
)
from tests.lab.world.config import HostPolicy

_NAMED: Final = drop_udp("quic", ports=(443,), quic_name=WHATSAPP)
"""Initial packets that bear the name; what belongs to no such packet passes."""
_DEGRADED: Final = truth("degraded", "quic.sni")
_UNSURE: Final = truth(
    "degraded|inconclusive",
    why="on a line as bad as this chance says how many answers over QUIC come in time",
)
"""Anything but fine, and nothing worse than it is."""
_BOTH: Final = blocked("tls.timeout.sni", "quic.sni")


def _named(id_: str, title: str, silent_s: float, deviation: str, **more: Truth) -> Scenario:
    """QUIC dies by name, and for so long whatever follows it."""
    return blocking(
        id_,
        title,
        of("whatsapp", _DEGRADED, web=_DEGRADED, text=OK, **more),
        replace(_NAMED, residual_s=silent_s),
        row="A38",
        deviation=deviation,
    )


def _on_hard_line(
    id_: str, title: str, named: Mapping[str, tuple[str, ...]], line: Callable[[str], HardLine]
) -> Scenario:
    """QUIC dies by the names of these services, on a line so hard that nobody can be sure of it."""
    truths = {k: t for service in named for k, t in of(service, _UNSURE, web=_UNSURE).items()}
    names = tuple(name for of_one in named.values() for name in of_one)
    dropped = replace(_NAMED, match=replace(_NAMED.match, quic_name=names))
    return blocking(id_, title, truths, dropped, **line("A38"))


_AT_TIMES: Final = "whether QUIC is asked often enough while the line works is chance"
_COMES_AND_GOES: Final = Drop(
    match=Match(direction="both", period_s=10.0, on_s=4.0, phase_s=3.1), label="dead"
)

_FAR: Final = Link(delay_ms=85, jitter_ms=15, down_kbit=3_000, up_kbit=800)

SCENARIOS: Final = (
    _named(
        "Q1",
        "QUIC that names WhatsApp is dropped, TCP works",
        0.0,
        "packets that bear the name, without 180 s of silence for the addresses after it",
        media=OK,
    ),
    _named(
        "Q5",
        "once WhatsApp is named over QUIC, that server is silent for 180 s",
        180.0,
        "whatever the ports; the Initial packet itself is dropped as well",
    ),
    blocking(
        "Q3",
        "WhatsApp is cut off by name, over TLS and over QUIC",
        of("whatsapp", _BOTH, web=_BOTH, text=OK),
        swallow(*WHATSAPP, label="tls"),
        _NAMED,
        row="A38, A19",
    ),
    innocent(
        "Q2",
        "all of UDP port 443 is dropped",
        drop_udp(ports=(443,), direction="both"),
        row="A39, C13",
        notes=("quic_blocked",),
        deviation="whatever the version; IPv6 works",
    ),
    innocent(
        "C13",
        "IPv6 and QUIC are switched off",
        Drop(label="six", match=Match(family=6, proto=("tcp", "udp"))),
        drop_udp("quic", ports=(443,), family=4),
        notes=("ipv6_broken",),
        fires=("six",),
    ),
    innocent(
        "Q4",
        "the fronts have no QUIC server behind them for one messenger's name",
        row="none (a dead backend behind a front that negotiates versions)",
        world=hosts(HostPolicy(names=WHATSAPP, quic="silent")),
    ),
    _on_hard_line(
        "Q1-edge",
        "QUIC that names WhatsApp is dropped, on a phone on EDGE",
        {"whatsapp": WHATSAPP},
        on_edge,
    ),
    _on_hard_line(
        "Q6-edge",
        "QUIC that names Messenger is dropped, on a phone on EDGE",
        {"messenger": MESSENGER},
        on_edge,
    ),
    _on_hard_line(
        "Q7-far",
        "QUIC that names both of Meta's messengers is dropped, on a line of half a second",
        {"messenger": MESSENGER, "whatsapp": WHATSAPP},
        on_half_a_second,
    ),
    blocking(
        "Q8",
        "QUIC that names WhatsApp is dropped, on a line that is dead for 4 s every 10 s",
        of("whatsapp", truth("degraded|inconclusive", why=_AT_TIMES), text=OK),
        _NAMED,
        _COMES_AND_GOES,
        row="A38 (an intermittent line)",
        states=("intermittent", *ANY_LINK),
    ),
    blocking(
        "Q10",
        "QUIC that names Messenger is dropped, behind a router that takes 40 new flows in 5 s",
        of(
            "messenger",
            truth("degraded|inconclusive", why="on such a line there is time for few questions"),
        ),
        replace(_NAMED, match=replace(_NAMED.match, quic_name=MESSENGER)),
        few(40, 5.0),
        row="A38 (a crowded line)",
        link=_FAR,
        states=ANY_LINK,
        others=QUIET,
        usable=False,
    ),
    innocent(
        "Q10i",
        "one messenger's name has no QUIC server, behind such a router",
        few(40, 5.0),
        row="none (a dead backend, a crowded line)",
        world=hosts(HostPolicy(names=MESSENGER, quic="silent")),
        link=_FAR,
        states=ANY_LINK,
    ),
    innocent(
        "Q9",
        "one messenger's name has no QUIC server, on a line that is dead for 4 s every 10 s",
        _COMES_AND_GOES,
        row="none (a dead backend, an intermittent line)",
        world=hosts(HostPolicy(names=WHATSAPP, quic="silent")),
        states=("intermittent", *ANY_LINK),
    ),
    innocent(
        "Q2-edge",
        "all of UDP port 443 is dropped, on a phone on EDGE",
        drop_udp(ports=(443,), direction="both"),
        **on_edge("A39"),
    ),
    innocent(
        "Q4-edge",
        "one messenger's name has no QUIC server behind its fronts, on a phone on EDGE",
        world=hosts(HostPolicy(names=WHATSAPP, quic="silent")),
        **on_edge("none (a dead backend)"),
    ),
)
