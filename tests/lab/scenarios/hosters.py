"""Are connections to whole networks of hosters cut after so many bytes, for everybody there?

As in Russia since 2025 (net4people/bbs issues 490 and 662): neutral servers are hit as well, and
what is listed passes. Who sits in no such network is not harmed.
"""

from typing import Final

from msgprobe.catalog.loader import load
from tests.lab.censor import Freeze, Match, OnSni
from tests.lab.cut import Cut
from tests.lab.scenario import OK, Scenario, at, truth
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    LTE,
    SIGNAL,
    TELEGRAM,
    TELEGRAM_DC,
    WHATSAPP,
    blocked,
    hosts,
    of,
    reset,
)
from tests.lab.world.config import HostPolicy

_CUT: Final = truth("blocked", "tcp.freeze")
_LAST: Final = truth(
    "blocked|degraded",
    why="servers of pools are asked last: the time may be over before a second one was",
)
_SOURCES: Final = {s.name: s.host for s in load().controls.sources if s.country is None}
_HOSTERS: Final = tuple(_SOURCES[n] for n in ("ovh", "hetzner", "leaseweb", "cachefly"))
_LISTED: Final = (_SOURCES["cloudflare-speed"], "dns.google")
"""Names that are spared wherever they are said."""


def _there(*names: str, more: tuple[str, ...] = ()) -> Match:
    return Match(to=(*at(*names), *more), direction="both")


def _curtain(*names: str, more: tuple[str, ...] = (), **when: int | tuple[str, ...]) -> Freeze:
    match = _there(*names, more=more)
    return Freeze(label="curtain", match=match, **when)  # type: ignore[arg-type]


_SERVICES: Final = (
    blocking(
        "HC1",
        "four hosters' networks and those of Signal are cut after 16 kB",
        of("signal", _CUT),
        _curtain(*_HOSTERS, *SIGNAL, after_bytes=16_000),
        row="A23 (whole networks)",
        notes=("networks_cut",),
    ),
    blocking(
        "HC2",
        "every neutral mirror's network and WhatsApp's are cut after 20 kB, but for listed names",
        of("whatsapp", _CUT),
        _curtain(*_SOURCES.values(), *WHATSAPP, after_bytes=20_000, names=_LISTED),
        row="A25 (whole networks)",
        link=LTE,
        notes=("networks_cut",),
    ),
    blocking(
        "HC3",
        "four hosters' networks, Signal's and Telegram's data centres are cut after 18 kB",
        {**of("signal", _CUT), **of("telegram", _LAST)},
        _curtain(*_HOSTERS, *SIGNAL, more=TELEGRAM_DC, after_bytes=18_000),
        row="A23 (whole networks)",
        notes=("networks_cut",),
    ),
    blocking(
        "HC4",
        "four hosters' networks and those of Signal are reset after 20 kB",
        of("signal", _CUT),
        Cut(label="cut", match=_there(*_HOSTERS, *SIGNAL), after_bytes=20_000, end="rst"),
        row="A23 (whole networks)",
        notes=("networks_cut",),
    ),
    blocking(
        "HC5",
        "four hosters' networks and those of Signal are cut after 25 packets",
        of("signal", _CUT),
        _curtain(*_HOSTERS, *SIGNAL, after_packets=25),
        row="A24 (whole networks)",
    ),
)

_BESIDE: Final = blocking(
    "HC6",
    "every neutral mirror's network is reset after 30 kB, and what names WhatsApp is ended",
    of("whatsapp", blocked("tls.reset.sni"), text=OK),
    Cut(label="cut", match=_there(*_SOURCES.values()), after_bytes=30_000, end="rst"),
    OnSni(label="end", names=WHATSAPP, do="fin", at_rtt=0.5),
    row="A16 (beside whole networks)",
)

_LATE: Final = blocking(
    "HC7",
    "every neutral mirror's network is reset after 20 kB, and from the fourth second on what names"
    " Telegram",
    of("telegram", blocked("tls.reset.sni")),
    Cut(label="cut", match=_there(*_SOURCES.values()), after_bytes=20_000, end="rst"),
    reset(*TELEGRAM, match=Match(proto=("tcp",), period_s=1200.0, on_s=1100.0, phase_s=3.5)),
    row="A17 (begun during the run, beside whole networks)",
)

_NOBODY: Final = (
    innocent(
        "HC1i",
        "four hosters' networks are cut after 16 kB, and no messenger is in them",
        _curtain(*_HOSTERS, after_bytes=16_000),
        row="none (innocent twin of HC1)",
        notes=("networks_cut",),
    ),
    innocent(
        "HC2i",
        "every neutral mirror's network is cut after 16 kB, and no messenger is in them",
        _curtain(*_SOURCES.values(), after_bytes=16_000),
        row="none (innocent twin of HC2)",
        notes=("networks_cut",),
    ),
    innocent(
        "HC3i",
        "everything is cut after 16 kB, whoever it comes from",
        Freeze(label="curtain", match=Match(ports=(443,), direction="both"), after_bytes=16_000),
        row="none (innocent twin of HC2)",
        states=("bad_link",),
        never=("networks_cut", "slow_line"),
        others=truth("ok|degraded", why="what fits into so many bytes works: by chance all of it"),
        usable=False,
    ),
    innocent(
        "HC4i",
        "four hosters' networks are cut after 20 kB; Signal's servers stop after 9 kB themselves",
        _curtain(*_HOSTERS, after_bytes=20_000),
        row="none (innocent twin of HC1)",
        truths=of("signal", truth("degraded"), text=OK),
        world=hosts(
            HostPolicy(
                names=("service:signal", "asset:signal"),
                whole_server=True,
                stops_after=9_000,
                pause_s=60.0,
            )
        ),
    ),
)

SCENARIOS: Final[tuple[Scenario, ...]] = (*_SERVICES, _BESIDE, _LATE, *_NOBODY)
