"""All faults of a target file at once: each is mended for the moment, and the rest read again.

What is read is the file's data alone, so that a fault can be put aside: a key that was misspelt
gets its right name, a value that has to be there another one, and what is left is taken out: the
key, or the whole table. What follows from that alone is no fault of the file's, and is not told.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any, TypeVar

from msgprobe.catalog.error import CatalogError
from msgprobe.catalog.table import StandIn

MOST = 20
"""Faults told at most: who has more has named the wrong file."""

T = TypeVar("T")
Path = tuple[str | int, ...]

_IN_ARRAY = 3
"""Steps to a key of a table in an array, as in pool, 0, name."""

_STAND_INS: dict[str, Any] = {
    "title": "-",
    "source": "-",
    "date": date(2000, 1, 1),
    "function": "text",
    "check": "https",
    "host": "stand-in.example",
}
"""Values of keys without which a table says nothing."""


def read_all(raw: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> T:
    """What ``read`` makes of ``raw``. Raises CatalogError with every fault of it that ``read``
    finds: the first one, and the others in its ``more``."""
    try:
        return read(raw)
    except CatalogError as first:
        found = [first]
    data, fault = deepcopy(raw), found[0]
    lost = False  # a whole table was taken out, so that others may miss it
    for _ in range(3 * MOST):
        path = fault.path
        mended = None if path is None else _mend(data, path, fault.meant)
        if mended is None or len(found) == MOST:
            break
        lost = lost or isinstance(mended[-1], int)
        try:
            read(data)
            break
        except CatalogError as next_one:
            fault = next_one
        if fault.path is None or (lost and len(fault.path) < _IN_ARRAY):
            break
        if not _follows(fault, fault.path, found):
            found.append(fault)
    found[0].more = tuple(found[1:])
    raise found[0]


def _follows(fault: CatalogError, path: Path, found: list[CatalogError]) -> bool:
    """It is there because what an earlier fault is about was put aside: at the same place or about
    the table around it, or a key that another one would have made unnecessary."""
    earlier = [one.path or () for one in found]
    beside = [at for at in earlier if at[:-1] == path[:-1] and at[-1] not in _STAND_INS]
    same = any(at[: len(path)] == path for at in earlier)
    return same or (fault.why == "missing" and path[-1] == "host" and bool(beside))


def _mend(data: dict[str, Any], path: Path, meant: str | None) -> Path | None:
    """Put aside what is wrong at ``path``: what was changed, the innermost that helps; None where
    that would be the whole file."""
    inside, last = _at(data, path[:-1]), path[-1]
    if isinstance(inside, dict) and isinstance(last, str):
        old = inside.pop(last, None)
        if meant is not None and meant not in inside:
            inside[meant] = old
            return path
        stand_in = _stand_in(data, path)
        if stand_in is not None and old != stand_in:
            inside[last] = stand_in
            return path
        if old is not None:
            return path
    if isinstance(inside, list) and isinstance(last, int) and last < len(inside):
        del inside[last]
        return path
    return _mend(data, path[:-1], None) if len(path) > 1 else None


def _stand_in(data: dict[str, Any], path: Path) -> Any:
    if path[-1] == "name":
        return StandIn("-".join(["stand-in", *(str(p) for p in path if isinstance(p, int))]))
    if path == ("service", "primary"):
        return _at(data, ("pool", 0, "function"))
    return _STAND_INS.get(str(path[-1]))


def _at(data: Any, path: Path) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
