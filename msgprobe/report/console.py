"""Where rich writes to: a text in memory, coloured only where the stream can show it."""

import io
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

_UNWRAPPED = 100_000
"""Columns of what is not to be wrapped."""


def console(buffer: io.StringIO, width: int | None, *, color: bool) -> "Console":
    """A console of ``width`` columns (None: as many as a line needs) that asks no terminal and no
    variable how it looks, so that the same run always gives the same text."""
    from rich.console import Console  # late: it costs start-up time

    return Console(
        file=buffer,
        width=width or _UNWRAPPED,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )


def live(stream: TextIO, *, color: bool) -> "Console":
    """A console on the terminal behind ``stream``, for what is drawn again and again.

    What other code writes to standard error meanwhile is shown as it is: nothing in it is markup
    or the name of an emoji.
    """
    from rich.console import Console

    return Console(file=stream, no_color=not color, highlight=False, markup=False, emoji=False)
