"""Is QUIC interfered with, by the name in its Initial or altogether?"""

from dataclasses import replace
from typing import Final

from tests.lab.censor import Drop, Match
from tests.lab.scenario import OK, Scenario, Truth, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    MESSENGER,
    ON_EDGE,
    ON_HALF_A_SECOND,
    WHATSAPP,
    blocked,
    drop_udp,
    hosts,
    of,
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
    blocking(
        "Q1-edge",
        "QUIC that names WhatsApp is dropped, on a phone on EDGE",
        of("whatsapp", _UNSURE, web=_UNSURE),
        _NAMED,
        row="A38 (EDGE)",
        **ON_EDGE,
    ),
    blocking(
        "Q6-edge",
        "QUIC that names Messenger is dropped, on a phone on EDGE",
        of("messenger", _UNSURE, web=_UNSURE),
        replace(_NAMED, match=replace(_NAMED.match, quic_name=MESSENGER)),
        row="A38 (EDGE)",
        **ON_EDGE,
    ),
    blocking(
        "Q7-far",
        "QUIC that names both of Meta's messengers is dropped, on a line of half a second",
        {**of("messenger", _UNSURE, web=_UNSURE), **of("whatsapp", _UNSURE, web=_UNSURE)},
        replace(_NAMED, match=replace(_NAMED.match, quic_name=(*MESSENGER, *WHATSAPP))),
        row="A38 (half a second)",
        **ON_HALF_A_SECOND,
    ),
    innocent(
        "Q2-edge",
        "all of UDP port 443 is dropped, on a phone on EDGE",
        drop_udp(ports=(443,), direction="both"),
        row="A39 (EDGE)",
        **ON_EDGE,
    ),
    innocent(
        "Q4-edge",
        "one messenger's name has no QUIC server behind its fronts, on a phone on EDGE",
        row="none (a dead backend, EDGE)",
        world=hosts(HostPolicy(names=WHATSAPP, quic="silent")),
        **ON_EDGE,
    ),
)
