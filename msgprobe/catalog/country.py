"""Countries: their codes, and which ones this device may be in, by its time zone alone.

The tz database says which countries share a zone (zone1970.tab) and which other names a zone has
(the links of its file "backward", which tzdata.zi carries as its lines "L"). It is read from the
package tzdata, else from the system's folder. Nobody is asked and nothing is written down.
"""

import os
from collections.abc import Iterator
from typing import Final

COUNTRIES: Final = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
    EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
    GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
    KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
    MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
    QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM
    ZW
    """.split()
)
"""ISO 3166-1 alpha-2, as iso3166.tab of the tz database lists them (2026-07)."""

_FOLDER: Final = "/zoneinfo/"

_LOCAL: Final = "/etc/localtime"
_NAMED: Final = "/etc/timezone"
"""Debian's and others' name of the same."""


def guessed() -> tuple[str, ...]:
    """The countries that share the local time zone, in the order of the tz database.

    None for UTC and other zones of no country, for an unknown zone, and where the tz database is
    missing: nothing is claimed then.
    """
    name = local_zone()
    return countries_of(name) if name else ()


def local_zone() -> str | None:
    """The name of the local time zone: that in ``TZ``, else the system's; None if there is none.

    ``TZ`` may name a file (``:/usr/share/zoneinfo/Asia/Almaty``); what is in it is not looked at.
    """
    given = os.environ.get("TZ", "").removeprefix(":").strip()
    if given:
        return given.rpartition(_FOLDER)[2]
    return _linked_zone() or _zone_of_the_system()


def _linked_zone() -> str | None:
    """The zone that localtime(5) has this system's link name, unless another file names another;
    None where there is no such link. The library finds the same there; with it and
    `importlib.resources` the guess takes 10 ms, and without them 2."""
    try:
        _, folder, zone = os.readlink(_LOCAL).rpartition(_FOLDER)
    except (OSError, ValueError):
        return None
    try:
        with open(_NAMED, encoding="utf-8") as file:
            named = file.read().strip()
    except (OSError, ValueError):
        named = ""
    return zone if folder and zone and named in ("", zone) else None


def _zone_of_the_system() -> str | None:
    """The same from whatever else this system has."""
    import logging
    import warnings
    from subprocess import SubprocessError  # Android is asked through its own command

    logging.getLogger("tzlocal").addHandler(logging.NullHandler())  # it would speak on stderr
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from tzlocal import get_localzone_name

            return get_localzone_name()
    except (ImportError, OSError, LookupError, ValueError, SubprocessError):
        return None  # zones that contradict each other, or a system that tells none


def countries_of(zone: str) -> tuple[str, ...]:
    """The countries that share ``zone``, which may also be an older name of it."""
    table = dict(_shared())
    found = table.get(zone)
    if found is None:
        found = table.get(dict(_links()).get(zone, ""), ())
    return tuple(country for country in found if country in COUNTRIES)


def _shared() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Zones and the countries of each: codes with commas, coordinates, zone, remarks."""
    for row in _lines("zone1970.tab"):
        columns = row.split("\t")
        if len(columns) >= 3 and not row.startswith("#"):
            yield columns[2].strip(), tuple(columns[0].split(","))


def _links() -> Iterator[tuple[str, str]]:
    """Other names and the zone that each stands for."""
    for row in _lines("tzdata.zi"):
        words = row.split()
        if len(words) == 3 and words[0] == "L":
            yield words[2], words[1]


def _lines(name: str) -> list[str]:
    """The lines of a file of the tz database; none where it is missing or unreadable."""
    from pkgutil import get_data  # quicker to import than importlib.resources

    try:
        if (packed := get_data("tzdata", f"zoneinfo/{name}")) is not None:
            return packed.decode("utf-8").splitlines()
    except (ImportError, OSError, ValueError):
        pass
    from pathlib import Path
    from zoneinfo import TZPATH

    for folder in TZPATH:
        try:
            return (Path(folder) / name).read_text("utf-8").splitlines()
        except (OSError, ValueError):
            continue
    return []
