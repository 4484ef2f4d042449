"""What a system's own commands say: a second's patience, no input, nothing in its language."""

import os
import time
from collections.abc import Callable

from msgprobe.model.dataclass import dataclass

_PATIENCE = 1.0
"""Seconds; they read tables of the kernel, or of a service beside it, which takes some ms."""

_FRESH = 1.0
"""Seconds for which an answer is used again: networks change while a run is under way, but not
between two packets."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said; nothing at all where there is none, or it was too slow."""

    out: str = ""
    err: str = ""
    ran: bool = False


Commands = Callable[[tuple[str, ...]], Told]


class SystemCommands:
    """Runs them."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, ...], tuple[float, Told]] = {}

    def __call__(self, argv: tuple[str, ...]) -> Told:
        """Never raises."""
        now = time.monotonic()
        then, told = self._told.get(argv, (now - 2 * _FRESH, Told()))
        if now > then + _FRESH:
            told = _run(argv)
            self._told[argv] = now, told
        return told


def _run(argv: tuple[str, ...]) -> Told:
    import subprocess

    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            env={**os.environ, "LC_ALL": "C"},
            # no window that comes and goes, on Windows
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, ValueError, RuntimeError, subprocess.SubprocessError):
        return Told()
    out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return Told(out, err, ran=True)
