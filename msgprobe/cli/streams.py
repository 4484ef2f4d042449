"""The standard streams: stdout is data, stderr talk. Imports next to nothing: it starts first."""

import contextlib
import os
import sys

from msgprobe import interrupts
from msgprobe.report.called import typed


class OutputError(Exception):
    """Output could not be written; the text says where and why. Exit status 74."""


def claim_streams() -> None:
    """Put the null device where a standard stream is closed.

    Otherwise the first socket would get its number, and progress would be sent to a messenger.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # read-only for 1 and 2, so that output is still found to be impossible
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDONLY)


def put(text: str) -> None:
    """Write ``text`` to standard output at once. Raises OutputError."""
    stream = sys.stdout
    if stream is None:
        raise OutputError("standard output is closed")
    interrupts.commit()
    data = text.encode(stream.encoding or "ascii", "backslashreplace")
    try:
        buffer = getattr(stream, "buffer", None)
        if buffer is None:
            stream.write(data.decode(stream.encoding or "ascii"))
        else:
            stream.flush()
            buffer.write(data)
        stream.flush()
    except (OSError, ValueError) as error:
        raise OutputError(f"standard output: {reason(error)}") from error


def say(text: str) -> None:
    """One message on standard error; when that is gone, so is the message."""
    stream = sys.stderr
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError):
        encoding = stream.encoding or "ascii"
        said = typed(text).encode(encoding, "backslashreplace").decode(encoding)
        stream.write(said + "\n")
        stream.flush()


def reason(error: BaseException) -> str:
    """Why the system refused, without Python's decoration."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def silence_stdout() -> None:
    """After a failed write: keep the interpreter from failing again when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
