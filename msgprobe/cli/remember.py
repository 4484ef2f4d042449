"""Whether a run is to be remembered: found out without loading what remembers it."""

from typing import TYPE_CHECKING

from msgprobe.cli import settings
from msgprobe.cli.option import Flags

if TYPE_CHECKING:
    from msgprobe.cli.history import Memory


def memory(flags: Flags, label: str | None) -> "Memory | None":
    """What remembers the run, of the network that the user calls ``label``; None where nothing is
    to be kept. Raises UsageError."""
    setting = settings.read().get("history")
    wanted = flags.history is not None or (setting is not None and setting.value is not None)
    if not wanted:
        return None
    from msgprobe.cli.history import Memory, path

    return Memory(path(flags.history), label or "")
