"""A service of the catalogue, whose file is understood when it is first asked for.

Of thirty shipped services a usual run asks four, and to understand the others took as long as the
interpreter takes to start, or twice that.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from msgprobe.catalog import control
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the catalogue has to know of a service before anybody asks for it."""

    name: str
    title: str
    core: bool
    endpoints: int
    service: Callable[[], Service]
    """The service itself. Raises CatalogError."""


def row_of(service: Service) -> Row:
    """One that is understood."""
    return Row(
        name=service.name,
        title=service.title,
        core=service.core,
        endpoints=len(service.endpoints),
        service=lambda: service,
    )


def unread(raw: Mapping[str, Any], service: Callable[[], Service]) -> Row | None:
    """One of a file whose data is ``raw`` and that ``service`` understands; None where that has to
    be done at once, for it has controls too, or is none."""
    if any(section in raw for section in control.SECTIONS):
        return None
    try:
        head = raw["service"]
        name, title, core = head["name"], head["title"], head.get("core", False)
        endpoints = sum(_endpoints(pool) for pool in raw["pool"])
    except (LookupError, TypeError, AttributeError):
        return None
    if not (isinstance(name, str) and isinstance(title, str) and isinstance(core, bool)):
        return None
    return Row(name=name, title=title, core=core, endpoints=endpoints, service=cache(service))


def _endpoints(pool: Mapping[str, Any]) -> int:
    usual = pool.get("ports", (443,))
    return sum(
        len(one.get("ports", usual)) * (1 if "host" in one else len(one["addresses"]))
        for one in pool["member"]
    )
