"""Do datagrams reach the call servers, and are those of calls recognised or lost?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tests.lab.censor import Action, Drop, Match, OnPattern, Throttle
from tests.lab.scenario import OK, Scenario, at, truth
from tests.lab.scenarios.kinds import blocking, innocent, pair
from tests.lab.scenarios.shared import (
    NOT_TESTED,
    QUIET,
    RELAYS,
    UNCLEAR,
    HardLine,
    blocked,
    drop_udp,
    hosts,
    of,
    on_edge,
    on_half_a_second,
    tcp_to,
    udp_to,
)
from tests.lab.world.config import HostPolicy

_COOKIE: Final = "2112a442"
"""STUN's magic cookie (RFC 8489 §5)."""
_META: Final = ("stun.fbsbx.com",)
_NO_UDP: Final = Drop(label="udp", match=udp_to(*at(*RELAYS)))
_NO_STUN: Final = Drop(label="stun", match=udp_to(*at(*RELAYS), contains=_COOKIE))
_STUN: Final = blocked("udp.stun")
_LOST: Final = blocked("udp.drop")
_DEGRADED: Final = truth("degraded")
_UNSURE: Final = truth(
    "blocked|degraded|inconclusive",
    why="on a line as bad as this chance says how many answers of relays come in time",
)
"""Anything but fine."""
_ROW: Final = "calls only"
_NOBODY_ANSWERS: Final = {
    **of("signal", UNCLEAR, calls=UNCLEAR),
    **of("messenger", UNCLEAR, calls=UNCLEAR),
}


def _on_hard_line(
    id_: str, title: str, cut: Action, line: Callable[[str], HardLine] = on_edge
) -> Scenario:
    """Signal's relays are cut off, on a line so hard that nobody can be sure of it."""
    truths = of("signal", _UNSURE, calls=_UNSURE)
    return blocking(id_, title, truths, cut, **line(_ROW))


SCENARIOS: Final = (
    blocking(
        "U1",
        "STUN to Signal's relays is recognised by its cookie and dropped",
        {
            **of("signal", _STUN, calls=_STUN, text=OK),
            "messenger.calls": OK,
            "whatsapp.calls": NOT_TESTED,
            "telegram.calls": NOT_TESTED,
        },
        _NO_STUN,
        row=_ROW,
    ),
    blocking(
        "U2",
        "a country where nobody may call: STUN is recognised everywhere",
        {
            **of("signal", _STUN, calls=_STUN, text=OK),
            **of("messenger", _STUN, calls=_STUN, text=OK),
            **of("whatsapp", UNCLEAR, calls=UNCLEAR, text=OK),
            "telegram.calls": NOT_TESTED,
        },
        drop_udp("stun", contains=_COOKIE),
        row=_ROW,
        notes=("stun_recognised",),
    ),
    blocking(
        "U3",
        "all UDP to Signal's relays is dropped; over TCP they answer",
        of("signal", _LOST, calls=_LOST, text=OK),
        _NO_UDP,
        row=_ROW,
    ),
    blocking(
        "U6",
        "a third of all packets to Signal's relays is lost",
        of("signal", _DEGRADED, calls=_DEGRADED),
        Drop(label="loss", match=udp_to(*at(*RELAYS), probability=0.35)),
        row=_ROW,
    ),
    _on_hard_line(
        "U3-edge",
        "all UDP to Signal's relays is dropped, on a phone on EDGE; over TCP they answer",
        _NO_UDP,
    ),
    _on_hard_line(
        "U1-edge",
        "STUN to Signal's relays is recognised and dropped, on a phone on EDGE",
        _NO_STUN,
    ),
    _on_hard_line(
        "U3-far",
        "all UDP to Signal's relays is dropped on a line of half a second",
        _NO_UDP,
        on_half_a_second,
    ),
    innocent(
        "U9",
        "Signal's call servers do not hear UDP for 12 s, and all UDP loses a tenth",
        replace(_NO_UDP, match=udp_to(*at(*RELAYS), period_s=1200.0, on_s=12.0)),
        Throttle(
            label="lossy",
            match=Match(proto=("udp",), not_ports=(53,), direction="both"),
            do="lose",
            loss=0.1,
        ),
        row="none (innocent twin of U3)",
        fires=("udp",),
    ),
    innocent(
        "U5-edge",
        "Signal's relays do not answer strangers, on a phone on EDGE",
        truths=of("signal", QUIET, calls=UNCLEAR),
        world=hosts(HostPolicy(names=RELAYS, stun="silent")),
        **on_edge("own limits"),
    ),
    innocent(
        "I44-edge",
        "all UDP but port 53 is dropped, on a phone on EDGE",
        drop_udp(not_ports=(53,)),
        truths=dict.fromkeys(("signal", "messenger"), QUIET),
        fires=(),
        **on_edge("I44"),
    ),
    innocent(
        "U4",
        "hotel: every UDP port but 53 and 443 is closed",
        drop_udp(not_ports=(53, 443)),
        row="I44",
        truths=_NOBODY_ANSWERS,
        deviation="443 stays open, so that a neutral call server there answers",
    ),
    innocent(
        "I44",
        "hotel: all UDP but port 53 is dropped",
        drop_udp(not_ports=(53,)),
        truths=_NOBODY_ANSWERS,
        fires=(),
    ),
    innocent(
        "U8",
        "a firewall that drops whatever begins like STUN, old or new",
        drop_udp("stun", not_ports=(53, 443)),
        drop_udp("old", ports=(443,), contains=_COOKIE),
        row="I44",
        truths=_NOBODY_ANSWERS,
        notes=("stun_blocked",),
        fires=("stun",),
    ),
    innocent(
        "U5",
        "Meta's and Signal's call servers do not answer strangers",
        row="own outage",
        truths={**_NOBODY_ANSWERS, **of("signal", truth("degraded"), calls=UNCLEAR)},
        world=hosts(HostPolicy(names=(*RELAYS, *_META), stun="silent")),
    ),
    innocent(
        "U7",
        "Meta's call server rations its answers",
        row="own limits",
        world=hosts(HostPolicy(names=_META, stun="rationed")),
    ),
    *pair(
        "L10",
        "A40 (all protocols)",
        (
            "whatever Signal's relays are asked vanishes",
            of("signal", truth("degraded"), calls=UNCLEAR),
        ),
        (
            "Signal's relays ignore strangers",
            of("signal", truth("degraded"), calls=UNCLEAR),
        ),
        _NO_UDP,
        OnPattern(label="tcp", match=tcp_to(*at(*RELAYS), ports=(3478,)), do="drop_reply"),
        innocent_world=hosts(HostPolicy(names=RELAYS, stun="silent")),
    ),
)
