"""What of the country? Guessed from the time zone alone, and one day of one country.

Where no option is given the probe has its time zone alone, as on the line of somebody who knows no
options.
"""

from typing import Final, TypedDict

from tests.lab.censor import Drop, Match, PassOnly
from tests.lab.scenario import at, truth
from tests.lab.scenarios.kinds import blocking, connection, innocent
from tests.lab.scenarios.shared import (
    CHAT,
    GATEWAY,
    KZ_HOME,
    LISTED_RU,
    LTE,
    RESOLVER,
    RU_HOME,
    SIGNAL,
    TELEGRAM,
    TELEGRAM_DC,
    WHATSAPP,
    blocked,
    drop,
    of,
    reset,
    swallow,
)


class Place(TypedDict):
    """A device with that time zone, in a world with that country."""

    env: dict[str, str]
    world: dict[str, str]


def _lives(zone: str, country: str) -> Place:
    return {"env": {"TZ": zone}, "world": {"country": country}}


AT_HOME_KZ: Final = _lives("Asia/Almaty", "KZ")
AT_HOME_RU: Final = _lives("Europe/Moscow", "RU")
_NOWHERE: Final = _lives("UTC", "KZ")


def watch(home: tuple[str, ...]) -> Drop:
    """Counts, and drops, all that goes to domestic hosts."""
    return drop("home", *home, direction="up")


def _cut(home: tuple[str, ...]) -> PassOnly:
    """Only the country's own network is left, and the provider's resolver."""
    return PassOnly(label="off", holes=(Match(to=(*home, RESOLVER)),))


def _listed(home: tuple[str, ...]) -> PassOnly:
    """Connections open everywhere; what is said passes to listed hosts only."""
    holes = (Match(to=(*home, RESOLVER)),)
    return PassOnly(label="list", holes=holes, pass_handshake=True, direction="up")


_NAMELESS: Final = truth(
    "ok|inconclusive", why="who sends no name in TLS gets through, others wait for theirs to pass"
)

_GUESSED: Final = (
    connection(
        "G1",
        "everything abroad is cut off; no option, the time zone of Almaty",
        "domestic_only",
        _cut(KZ_HOME),
        row="C5",
        link=LTE,
        **AT_HOME_KZ,
    ),
    connection(
        "G1u",
        "the same with the clock on UTC: nobody knows which domestic sites to ask",
        "no_internet",
        _cut(KZ_HOME),
        row="C5",
        link=LTE,
        **_NOWHERE,
    ),
    connection(
        "G1n",
        "the same with the time zone of Almaty and --country none",
        "no_internet",
        _cut(KZ_HOME),
        row="C5",
        link=LTE,
        args=("--country", "none"),
        **AT_HOME_KZ,
    ),
    connection(
        "G2",
        "everything abroad is cut off; no option, the time zone of Moscow",
        "domestic_only",
        _cut(RU_HOME),
        row="C5",
        link=LTE,
        **AT_HOME_RU,
    ),
    connection(
        "G3",
        "allow-list of hosts; no option, the time zone of Moscow",
        "allowlist",
        _listed(RU_HOME),
        row="C10",
        link=LTE,
        **AT_HOME_RU,
    ),
    connection(
        "G4",
        "allow-list of hosts; no option, the time zone of Almaty",
        "allowlist",
        _listed(KZ_HOME),
        row="C10",
        link=LTE,
        **AT_HOME_KZ,
    ),
    connection(
        "G5",
        "allow-list of names that pass at every address; no option, the time zone of Moscow",
        "allowlist",
        swallow("*", label="names", but=LISTED_RU),
        row="C11",
        link=LTE,
        others=_NAMELESS,
        **AT_HOME_RU,
    ),
    connection(
        "G5u",
        "five neutral names die at every address, all others pass; the clock on UTC",
        "allowlist",
        reset(
            "python.org",
            "debian.org",
            "gnu.org",
            "dns.google",
            "one.one.one.one",
            label="names",
        ),
        row="C11",
        link=LTE,
        others=_NAMELESS,
        **_NOWHERE,
    ),
    connection(
        "G5o",
        "allow-list of names that pass at every address, one neutral site's among them",
        "allowlist",
        swallow("*", label="names", but=("www.gnu.org",)),
        row="C11",
    ),
    innocent(
        "G6",
        "a clean line with the time zone of Almaty: no domestic host is contacted",
        watch(KZ_HOME),
        row="I0",
        **AT_HOME_KZ,
        fires=(),
        spares=("home",),
    ),
    connection(
        "G7",
        "a dead line with the time zone of Almaty",
        "no_internet",
        PassOnly(label="off", holes=(Match(to=(RESOLVER, GATEWAY)),)),
        row="C15",
        **AT_HOME_KZ,
    ),
)

_BY_NAME: Final = blocked("tls.timeout.sni")
_BY_ADDRESS: Final = blocked("tcp.timeout")
_BOTH: Final = blocked("tls.timeout.sni", "tcp.timeout")

_KAZAKHSTAN: Final = blocking(
    "C2",
    "Kazakhstan, 4 January 2022: messengers blocked, the web works",
    {
        **of("whatsapp", _BOTH, text=_BY_ADDRESS),
        **of("telegram", _BOTH, text=_BY_ADDRESS),
        **of("signal", _BY_NAME, text=_BY_NAME),
    },
    drop("null", *TELEGRAM_DC, *at(*CHAT)),
    swallow(*WHATSAPP, *TELEGRAM, *SIGNAL),
    link=LTE,
    country="KZ",
    deviation="the mechanism of that day was never published: Kazakhstan's documented one",
)

SCENARIOS: Final = (*_GUESSED, _KAZAKHSTAN)
