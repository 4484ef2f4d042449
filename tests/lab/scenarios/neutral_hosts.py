"""What if the hosts that all is compared with are targets themselves?"""

from typing import Final

from msgprobe.catalog.loader import load
from tests.lab.censor import OnHost
from tests.lab.scenario import at
from tests.lab.scenarios.countries import AT_HOME_RU, watch
from tests.lab.scenarios.kinds import blocking, innocent
from tests.lab.scenarios.shared import (
    ANY_LINK,
    RU_HOME,
    SIGNAL,
    UNCLEAR,
    blocked,
    drop,
    of,
    reset,
    swallow,
)

_RESET: Final = of("signal", blocked("tls.reset.sni"))

# --- two resolvers of ours ----------------------------------------------------------------------

_RESOLVERS_ROW: Final = "R (RU: public resolvers blocked by name)"
_OWN_NAMES: Final = reset("dns.google", "one.one.one.one", label="controls")
_SIGNAL_TOO: Final = reset(*SIGNAL, "whispersystems.org", label="signal")

_RESOLVERS: Final = (
    innocent(
        "G8",
        "dns.google and one.one.one.one are reset by name, all else works",
        _OWN_NAMES,
        row=_RESOLVERS_ROW,
    ),
    innocent(
        "G8m",
        "the same with the time zone of Moscow: these two are not even asked",
        reset("one.one.one.one", "=dns.google", label="controls"),
        watch(RU_HOME),
        row=_RESOLVERS_ROW,
        **AT_HOME_RU,
        fires=(),
        spares=("controls", "home"),
    ),
    blocking(
        "G9",
        "dns.google and one.one.one.one are reset by name, and so is Signal",
        _RESET,
        _OWN_NAMES,
        _SIGNAL_TOO,
        row="A3",
    ),
    blocking(
        "G9m",
        "the same with the time zone of Moscow",
        _RESET,
        _OWN_NAMES,
        _SIGNAL_TOO,
        row="A3",
        **AT_HOME_RU,
        fires=("signal",),
    ),
)

# --- some neutral sites -------------------------------------------------------------------------

_SITES: Final = drop("sites", *at("www.wikipedia.org", "www.debian.org", "www.gnu.org"))

_SOME: Final = (
    blocking(
        "W8",
        "three of five neutral sites are cut off, and Signal's names are dropped",
        of("signal", blocked("tls.timeout.sni")),
        _SITES,
        swallow(*SIGNAL),
        row="A19 (controls cut off too)",
    ),
    innocent(
        "W9",
        "three of five neutral sites are cut off, and every messenger works",
        _SITES,
        row="- (controls cut off)",
        states=ANY_LINK,
    ),
)

_ALL_BUT_ONE: Final = (
    reset("dns.google", "one.one.one.one", label="resolvers"),
    swallow("www.debian.org", "www.python.org", label="sites"),
)
"""Of those that every run asks, one answers under its own name; the others' servers answer to other
names."""

_ONE: Final = (
    innocent(
        "W10i",
        "four of five neutral sites are cut off by name, and every messenger works",
        *_ALL_BUT_ONE,
        row="- (controls cut off)",
    ),
    blocking(
        "W10",
        "the same, and Signal is reset",
        of("signal", blocked("tls.reset")),
        *_ALL_BUT_ONE,
        reset(*SIGNAL, "whispersystems.org", label="signal"),
        row="A17 (controls cut off too)",
    ),
)

# --- all of them --------------------------------------------------------------------------------


def _neutral() -> tuple[str, ...]:
    controls = load().controls
    return (
        *(s.host for s in controls.sites),
        *(s.host for s in controls.sources),
        *(s.host for s in controls.sentinels),
        *(r.doh_host for r in controls.resolvers if r.doh_host is not None),
    )


_TLS: Final = reset(*_neutral(), label="tls")
_HTTP: Final = OnHost(label="http", names=_neutral())

_ALL: Final = (
    innocent(
        "O7",
        "all neutral sites are reset by name, the messengers work",
        _TLS,
        _HTTP,
        row="OONI 7",
        states=("online", "allowlist", "bad_link"),
        usable=False,
    ),
    blocking(
        "O7b",
        "the same, and Signal is reset too",
        of("signal", UNCLEAR, text=UNCLEAR),
        _TLS,
        _HTTP,
        reset(*SIGNAL, label="signal"),
        row="OONI 7",
        states=("online", "allowlist", "bad_link"),
        usable=False,
    ),
)

SCENARIOS: Final = (*_RESOLVERS, *_SOME, *_ONE, *_ALL)
