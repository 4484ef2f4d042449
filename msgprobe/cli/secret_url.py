"""A URL that may hold a secret: where it may be given, and that nothing repeats it."""

import stat
import sys
from pathlib import Path

ASK = "ask"
"""Instead of a URL: it is asked for on the terminal, without showing what is typed."""
LARGEST = 4096
"""Bytes of a file that holds a URL."""


def elsewhere(flag: str) -> str:
    """The places of the URL of ``flag`` where nobody else reads it."""
    variable = f"MSGPROBE_{flag.removeprefix('--').upper()}"
    return f"{flag} ask (asked here, not shown), {flag}-file FILE or the variable {variable}"


def asked(flag: str, what: str) -> str:
    """What is typed on the terminal. Raises ValueError."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise ValueError(f"there is no terminal to ask on; give it by {elsewhere(flag)}")
    from getpass import getpass

    try:
        return getpass(f"URL of the {what} (not shown): ")
    except EOFError:
        raise ValueError("nothing was typed") from None


def in_file(name: str) -> str:
    """The URL that is all that the file ``name`` holds. Raises ValueError."""
    try:
        with Path(name).open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no name of a file"
        raise ValueError(f"{name!r:.100} cannot be read ({why})") from None
    if len(data) > LARGEST or not data.isascii():
        raise ValueError("holds more than a URL in plain ASCII")
    return data.decode("ascii")


def readable_by_others(name: str) -> bool:
    """Other users of this machine may read the file ``name``."""
    try:
        mode = Path(name).stat().st_mode
    except OSError:
        return False
    return sys.platform != "win32" and stat.S_ISREG(mode) and bool(mode & 0o044)
