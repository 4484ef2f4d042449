"""The checks that are installed, and where each comes from."""

from collections.abc import Sequence

from msgprobe.report.columns import align
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.language import _

CheckRow = tuple[str, str, str, str]
"""Name, title, version, origin (``built in`` or the package)."""


def render(rows: Sequence[CheckRow], *, width: int | None = 80, unicode: bool = True) -> str:
    """One line per check."""
    head = (_("check"), _("version"), _("from"), _("what it does"))
    table = [
        head,
        *((printable(n), printable(v), printable(o), printable(_(t))) for n, t, v, o in rows),
    ]
    text = "\n".join(align(table, width=width, shares=(0, 0, 1, 3))) + "\n"
    return text if unicode else ascii_only(text)
