"""The commands that this program names, as they have to be typed here.

Who carries it as one file has no ``msgprobe`` to type, but Python and that file.
"""

from contextvars import ContextVar

NAME = "msgprobe"

_COMMANDS = (
    "checks explain export fleet help history judge plan report rules run schema seal serve "
    "services timeline verify watch"
)
_NAMED = rf"\b{NAME}(?= (?:(?:{'|'.join(_COMMANDS.split())})\b|\w+ --help))"
"""Where a text names a command, and not the program as such."""

_CALLED: ContextVar[tuple[str, str]] = ContextVar("called", default=(NAME, NAME))


def call(file: str, whole: str, python: str = "python3") -> None:
    """From now on commands are those of ``file``, as it was typed; ``whole`` is its path from
    anywhere. Whatever is no such file (``.pyz``) is the installed command."""
    if file.endswith(".pyz"):
        typed_, anywhere = (f"{python} {_quoted(one)}" for one in (file, whole))
        _CALLED.set((typed_, anywhere))
    else:
        _CALLED.set((NAME, NAME))


def _quoted(path: str) -> str:
    import shlex  # late: it costs start-up time

    return f'"{path}"' if "\\" in path else shlex.quote(path)  # Windows knows no other quotes


def typed(text: str, *, anywhere: bool = False) -> str:
    """``text`` with its commands as they are typed in this folder, or anywhere."""
    name = _CALLED.get()[anywhere]
    if name == NAME:
        return text
    import re  # late: it costs start-up time

    return re.sub(_NAMED, lambda _: name, text)
