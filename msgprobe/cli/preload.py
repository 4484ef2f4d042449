"""From one file, modules are compiled as they are imported: a device that does so hears late, and
what is late looks like a poor line. So a run has all that it may need before it begins."""

import contextlib
import pkgutil
from importlib import import_module
from typing import Final

_ROOMS: Final = (
    "agenda checks evidence hypotheses judging planning redaction runner steps wire"
).split()

_LIBRARIES: Final = "certifi dns.message h11 h2.connection wsproto".split()


def preload() -> None:
    """Nothing where the program is no single file: there modules are compiled already."""
    if type(__spec__.loader).__name__ != "zipimporter":
        return
    names = list(_LIBRARIES)
    for room in _ROOMS:
        package = import_module(f"msgprobe.{room}")
        names += [
            one.name for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        ]
    for name in names:
        with contextlib.suppress(ImportError):  # an extra that is not here
            import_module(name)
