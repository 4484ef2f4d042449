"""The ``msgprobe`` command, also as ``python -m msgprobe``.

Everything is imported late, so that signals are handled from the first line on and nothing that is
wrong with this machine ends in the interpreter's own exit status 1, which would read "blocked".
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_SIGINT, _CRASH = 130, 70

_OBJECTS = 10_000
"""New ones after which the interpreter looks for cycles that nobody holds, not 700: what a start
makes stays for good, and looking through it again and again is a twentieth of a run."""


def main() -> "NoReturn":
    """Run the command line and leave at once, past whatever would hold the interpreter up."""
    status: object = _CRASH
    try:
        _claim()
        import gc  # of these the only one that the interpreter has not imported yet

        gc.set_threshold(_OBJECTS)
        from msgprobe.interrupts import claim

        claim()
        from msgprobe.cli.main import main as command

        command()
    except SystemExit as end:
        status = end.code
    except KeyboardInterrupt:  # in the instant before that
        status = _SIGINT
    except BaseException as fault:
        _once_more()
        _tell(fault)
    os._exit(status if isinstance(status, int) else _CRASH)


def _claim() -> None:
    """The first signal ends the process, until `msgprobe.interrupts` knows better.

    With the interpreter's own half of `signal`, which is there at once: the other half is a file
    that imports more, for some milliseconds in which a signal would still end us its own way.
    """
    try:
        import _signal  # type: ignore[import-not-found]
    except ImportError:
        return
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(_signal, name, None)
        if number is None or (name == "SIGHUP" and _signal.getsignal(number) == _signal.SIG_IGN):
            continue
        _signal.signal(number, lambda number, _: os._exit(128 + number))


def _once_more() -> None:
    """Start anew, once, where this device had too little of something before anything was done: a
    passing shortage costs nobody his evidence. Returns where that is not to be."""
    try:
        from msgprobe.interrupts import AGAIN, committed

        if os.name == "posix" and AGAIN not in os.environ and not committed():
            os.environ[AGAIN] = "1"
            os.execv(sys.executable, sys.orig_argv)
    except BaseException:
        return


def _tell(fault: BaseException) -> None:
    """One line, without memory, imports or streams of Python's."""
    try:
        os.write(2, b"msgprobe itself failed; this says nothing about the network.")
        # what follows may fail for want of memory
        name = type(fault).__name__
        text = " ".join(str(fault).split()).encode("ascii", "backslashreplace")[:300]
        os.write(2, b" (" + name.encode("ascii", "replace") + b": " + text + b")\n")
    except BaseException:
        return


if __name__ == "__main__":
    main()
