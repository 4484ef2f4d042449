"""Are transfers slowed down or stopped, and does that follow the name, the address or neither?

The exam of throttling (`throttle_exam`) has these mechanisms on many lines and with many seeds.
"""

from collections.abc import Iterator
from typing import Any, Final

from msgprobe.catalog.loader import load
from tests.lab.censor import Freeze, Match, Throttle
from tests.lab.scenario import (
    Scenario,
    Truth,
    at,
    truth,
)
from tests.lab.scenarios.kinds import blocking, innocent, pair
from tests.lab.scenarios.shared import (
    ANY_LINK,
    CDN,
    LTE,
    MESSENGER,
    NOT_ABROAD,
    QUIET,
    SHARED,
    SILENT,
    TELEGRAM,
    TELEGRAM_DC,
    WHATSAPP,
    hosts,
    of,
    prefixes,
    tls_to_pep,
)
from tests.lab.world.config import HostPolicy, Pep

_BOTH_WAYS: Final = Match(direction="both")
_ABROAD: Final = Match(not_to=NOT_ABROAD, direction="both")
_ALL_OF_TELEGRAM: Final = (*at(*TELEGRAM), *TELEGRAM_DC)
_SLOW: Final = truth("throttled")
_HELD: Final = truth("degraded")
"""Slow at its own servers or by their addresses alone: nothing tells who holds it."""


_ALL_OF_IT: Final = truth(
    "throttled|degraded",
    why="every server of one owner, under any name: a bad way to that owner's network looks the "
    "same, and whether transfers are slow as well is chance",
)


def _frozen_by(mechanism: str) -> Truth:
    return truth(
        "blocked|degraded",
        mechanism,
        why="how much is fetched before it freezes is chance: all of an answer, or a part",
    )


# --- by name or address -------------------------------------------------------------------------


def _policed(id_: str, where: str, mechanism: str, **more: Any) -> Scenario:
    """What names WhatsApp is held to 140 kbit/s."""
    return blocking(
        id_,
        f"connections that name WhatsApp are policed to 140 kbit/s{where}",
        of("whatsapp", truth("throttled", mechanism)),
        Throttle(label="police", names=WHATSAPP, kbit=140),
        **more,
    )


_SLOWED: Final = (
    _policed("T1", "", "throttle.sni.policing", row="B1"),
    _policed(
        "W3",
        ", among strict servers",
        "throttle.sni",
        row="B1 (strict servers)",
        world={"strict_names": True},
    ),
    blocking(
        "T4",
        "connections that name Messenger lose 40 % of their packets",
        of("messenger", truth("throttled", "throttle.sni")),
        Throttle(label="lose", names=MESSENGER, do="lose", loss=0.4),
        row="B7",
        deviation="40 % lost, not 95 %",
    ),
    blocking(
        "T5",
        "40 % of what goes to Telegram's addresses is lost",
        of("telegram", truth("throttled")),
        Throttle(
            label="lose", match=Match(to=_ALL_OF_TELEGRAM, direction="up"), do="lose", loss=0.4
        ),
        row="B6",
    ),
    blocking(
        "W5",
        "a CDN that three messengers share is policed to 140 kbit/s by address",
        {**of("whatsapp", _HELD), **of("messenger", _HELD), "signal.web": _HELD, "signal": _HELD},
        Throttle(label="police", match=Match(to=prefixes(*CDN), direction="both"), kbit=140),
        row="B6 (shared addresses)",
        world=SHARED,
    ),
)


def _late_and_lossy() -> Iterator[Scenario]:
    """OONI's cases 44 and 45."""
    by_address = Match(to=_ALL_OF_TELEGRAM, direction="both")
    for number, service, told, how, match, names in (
        ("44", "telegram", _ALL_OF_IT, "address", by_address, ()),
        ("45", "messenger", _SLOW, "name", _BOTH_WAYS, MESSENGER),
    ):
        yield blocking(
            f"O{number}",
            f"{service} by {how}: 300 ms more, and a tenth of the packets is lost",
            of(service, told),
            Throttle(label="late", match=match, names=names, do="delay", delay_ms=150),
            Throttle(label="lose", match=match, names=names, do="lose", loss=0.1),
            row=f"OONI {number}",
        )


# --- stopped ------------------------------------------------------------------------------------


def _freeze(*to: str, **when: Any) -> Freeze:
    return Freeze(label="freeze", match=Match(to=to, direction="both"), **when)


_LIKE_A_SERVER: Final = truth(
    "blocked|degraded",
    why="whatever is named, at the addresses of one network: a server that stops after so many "
    "bytes looks the same, so that no mechanism need be named",
)


def _frozen() -> Iterator[Scenario]:
    to = at(*MESSENGER)
    sites = tuple(s.host for s in load().controls.sites)
    for row, words, told, freeze in (
        ("A23", "18 kB", _LIKE_A_SERVER, _freeze(*to, after_bytes=18_000)),
        ("A24", "25 packets", _frozen_by("tcp.freeze.packets"), _freeze(*to, after_packets=25)),
        (
            "A25",
            "18 kB unless they name a listed site",
            _frozen_by("tcp.freeze"),
            _freeze(*to, after_bytes=18_000, names=sites),
        ),
    ):
        yield blocking(
            row,
            f"connections to Messenger's addresses freeze after {words}",
            of("messenger", told),
            freeze,
        )
    yield blocking(
        "T6",
        "connections to WhatsApp's addresses freeze after 16 kB",
        of("whatsapp", _LIKE_A_SERVER),
        _freeze(*at(*WHATSAPP), after_bytes=16_000),
        row="D11",
    )
    yield blocking(
        "P10",
        "connections to the data centres freeze after 16 kB",
        of("telegram", truth("blocked", "tcp.freeze"), text=truth("blocked", "tcp.freeze")),
        _freeze(*TELEGRAM_DC, after_bytes=16_000),
        row="D11 (a server's own protocol)",
    )


# --- slow for all -------------------------------------------------------------------------------


def _plan(id_: str, how: str, cap: Throttle) -> Scenario:
    return innocent(
        id_,
        f"the data plan is used up: all traffic together is {how}",
        cap,
        row="I39",
        link=LTE,
        others=SILENT,
        states=("bad_link",),
        notes=("plan_cap",),
        usable=False,
    )


_FOR_ALL: Final = (
    innocent(
        "T2",
        "every connection is policed to 140 kbit/s",
        Throttle(label="police", kbit=140),
        row="B13",
        others=QUIET,
        states=ANY_LINK,
        usable=False,
        deviation="140 kbit/s for each connection, at home and abroad",
    ),
    innocent(
        "T7",
        "everything abroad is policed to 200 kbit/s, the country itself is not",
        Throttle(label="dim", match=_ABROAD, kbit=200),
        row="B13",
        country="KZ",
        states=("bad_link",),
        notes=("slow_line", "slow_abroad"),
    ),
    _plan(
        "I39",
        "held to 64 kbit/s",
        Throttle(label="cap", kbit=64, bucket_bytes=8000, shared=True, match=_BOTH_WAYS),
    ),
    _plan(
        "I39b",
        "queued to 128 kbit/s",
        Throttle(label="cap", do="shape", kbit=128, queue_ms=1500, shared=True, match=_BOTH_WAYS),
    ),
    innocent(
        "I43",
        "peak hour: everything abroad gets 400 kbit/s and loses 8 %, the country is fine",
        Throttle(label="rate", do="shape", kbit=400, shared=True, match=_ABROAD),
        Throttle(label="loss", do="lose", loss=0.08, match=_ABROAD),
        country="KZ",
        others=SILENT,
        states=ANY_LINK,
        usable=False,
    ),
)


def _slow_servers(service: str, upload_rate: int = 0) -> dict[str, Any]:
    """A world in which a service's servers send 300 kbit/s, to everybody."""
    names = (f"service:{service}", f"asset:{service}")
    return hosts(HostPolicy(names=names, pace="slow", rate=37_500, upload_rate=upload_rate))


_SERVERS: Final = (
    innocent(
        "T3",
        "WhatsApp's servers send 300 kbit/s, to everybody",
        row="I38",
        world=_slow_servers("whatsapp", upload_rate=37_500),
        truths=of("whatsapp", _HELD),
    ),
    *pair(
        "L11",
        "B9 (by address)",
        (
            "a proxy on the way hands on 300 kbit/s of each connection to Messenger",
            of("messenger", _HELD),
        ),
        ("Messenger's servers send 300 kbit/s, to everybody", of("messenger", _HELD)),
        tls_to_pep("split", to=at(*MESSENGER)),
        world={"pep": Pep(kbit=300)},
        innocent_world=_slow_servers("messenger"),
    ),
)

SCENARIOS: Final = (*_SLOWED, *_late_and_lossy(), *_frozen(), *_FOR_ALL, *_SERVERS)
