"""How old the facts of the catalogue are, and which of its rows are old."""

from calendar import monthrange
from datetime import date

from msgprobe.model.control import Controls
from msgprobe.model.target import Provenance, Service

STALE_MONTHS = 18
"""Months after which a row is said to be old. Audits of the shipped files against public sources
found wrong facts that were one to four years old, and hardly any that were younger."""

Dated = tuple[str, Provenance]
"""The name of a row, and whence and when its facts are."""


def day_of(text: str) -> date | None:
    """The day that an ISO 8601 day or month stands for; of a month the last, so that no row is
    called older than it can be. None for a text that is neither (a saved run may hold any)."""
    try:
        if len(text) == 7 and text[4] == "-":
            year, month = int(text[:4]), int(text[5:])
            return date(year, month, monthrange(year, month)[1])
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def age_days(provenance: Provenance, when: date) -> int | None:
    """Days from the date of the facts to ``when``; 0 for one that lies ahead, None without one."""
    day = day_of(provenance.date)
    return None if day is None else max(0, (when - day).days)


def stale(provenance: Provenance, when: date) -> bool:
    """The facts were more than `STALE_MONTHS` months old on ``when``."""
    day = day_of(provenance.date)
    if day is None:
        return False
    months = day.year * 12 + day.month - 1 + STALE_MONTHS
    year, month = divmod(months, 12)
    last = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return when > last


def service_rows(service: Service) -> tuple[Dated, ...]:
    """The rows of a service that carry a date: members of pools, assets, roots, keys, beacon."""
    rows: dict[str, Provenance] = {}
    for endpoint in service.endpoints:
        rows.setdefault(endpoint.member, endpoint.provenance)
    found = [
        *rows.items(),
        *((a.name, a.provenance) for a in service.assets),
        *((r.name, r.provenance) for r in service.roots),
        *((k.name, k.provenance) for k in service.keys),
    ]
    if service.beacon is not None:
        found.append(("beacon", service.beacon.provenance))
    return tuple(found)


def control_rows(controls: Controls) -> tuple[Dated, ...]:
    """The rows of the controls."""
    found = [(site.name, site.provenance) for site in controls.sites]
    found += [(sentinel.name, sentinel.provenance) for sentinel in controls.sentinels]
    found += [(resolver.name, resolver.provenance) for resolver in controls.resolvers]
    found += [(source.name, source.provenance) for source in controls.sources]
    found += [(server.name, server.provenance) for server in controls.calls]
    return tuple(found)
