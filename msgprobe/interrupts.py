"""INT, TERM and HUP end the process with 130, 143 and 129, whatever it is doing.

The command's first lines import this, and no signal is handled before: so it imports nothing that
the interpreter has not at hand anyway, `contextlib` and `typing` included.
"""

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

ENDING = 10.0
"""Seconds after the first signal when the process ends even if something holds it up, such as a
reader of its output that reads no more: several times what judging and writing take."""

AGAIN = "_MSGPROBE_AGAIN"
"""Set in the environment of a process that has been started a second time."""

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")

_committed = False
_polite: "Callable[[str], None] | None" = None
_asked: int | None = None


def claim() -> None:
    """Handle the signals from now on: the first one ends the process at once, or `Politely`.

    A SIGHUP that whoever started us has switched off (``nohup``) stays so. Raises ValueError
    outside the main thread.
    """
    for name in _NAMES:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is None:
            continue
        if name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN:
            continue
        signal.signal(number, _handle)


def claimed() -> bool:
    """Whether this process handles the signals, and is the command itself."""
    return signal.getsignal(signal.SIGTERM) is _handle


def status() -> int | None:
    """The exit status that a signal asked for, None when none came."""
    return None if _asked is None else 128 + _asked


def commit() -> None:
    """From now on nobody may start this process anew: it has asked something, or said something."""
    global _committed
    _committed = True


def committed() -> bool:
    """Whether `commit` was called."""
    return _committed


class Politely:
    """While something is known that would be lost: the first signal calls ``stop`` with its name.

    Whoever is inside then has `ENDING` seconds to say what it knows; a second signal ends the
    process at once. ``stop`` is called between any two instructions of the main thread.
    """

    def __init__(self, stop: "Callable[[str], None]") -> None:
        self._stop = stop

    def __enter__(self) -> None:
        global _polite
        _polite = self._stop
        claim()

    def __exit__(self, *exc: object) -> None:
        global _polite
        _polite = None


def _handle(number: int, _: "FrameType | None") -> None:
    global _asked
    if _polite is None or _asked is not None:
        _end(number)
    _asked = number
    if hasattr(signal, "setitimer"):  # Windows has none
        signal.signal(signal.SIGALRM, lambda *_: _end(number))
        signal.setitimer(signal.ITIMER_REAL, ENDING)
    _polite(signal.Signals(number).name)


def _end(number: int) -> "NoReturn":
    try:
        # a cursor that progress has hidden must come back
        if _polite is not None and sys.stderr.isatty():
            os.write(2, b"\x1b[?25h\n")
    except (OSError, ValueError, AttributeError):
        pass
    os._exit(status() or 128 + number)
