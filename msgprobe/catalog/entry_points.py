"""What installed packages announce to this program, without reading the metadata of all of them."""

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def announced(group: str) -> "Iterable[EntryPoint]":
    """The entry points of ``group``."""
    if not any(_may_announce(place, group.encode()) for place in sys.path):
        return ()
    # 50 ms and 2 MB to import, and only those with plug-ins need it.
    from importlib.metadata import entry_points

    return entry_points(group=group)


def _may_announce(place: str, group: bytes) -> bool:
    """Some package that is installed there does, or its files do not tell."""
    try:
        names = os.listdir(place or os.curdir)
    except NotADirectoryError:
        return True  # an archive
    except OSError:
        return False
    infos = [name for name in names if name.endswith((".dist-info", ".egg-info", ".egg"))]
    return any(n.endswith(".egg") or _names(os.path.join(place, n), group) for n in infos)


def _names(info: str, group: bytes) -> bool:
    try:
        with open(os.path.join(info, "entry_points.txt"), "rb") as points:
            return group in points.read()
    except OSError:
        return False
