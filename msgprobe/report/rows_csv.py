"""A run as CSV (RFC 4180), one row a function: what spreadsheets open and pandas reads.

Several values in one cell are parted by a semicolon and a space. A text that a spreadsheet would
take for a formula gets an apostrophe in front of it; nothing else is changed but what cannot be
seen.
"""

import csv
import io
from collections.abc import Iterable
from typing import BinaryIO

from msgprobe.interchange.rows import COLUMNS, Cell, Row, rows
from msgprobe.model.run import Run
from msgprobe.report.escape import harmless
from msgprobe.report.messages import english
from msgprobe.report.view import View


def render(run: Run, view: View) -> str:
    """The header and the rows of one run."""
    return header() + body(run)


def header() -> str:
    """The line with the names of the columns."""
    return _lines([COLUMNS])


def write(runs: Iterable[Run], out: BinaryIO) -> None:
    """The header once and the rows of all ``runs``, in UTF-8."""
    out.write(header().encode())
    for run in runs:
        out.write(body(run).encode("utf-8", "backslashreplace"))


def body(run: Run) -> str:
    """The rows of one run, without the header."""
    return _lines(_texts(row) for row in rows(run, english))


def _lines(cells: Iterable[Iterable[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    return text.getvalue()


def _texts(row: Row) -> list[str]:
    return [_text(cell) for cell in row.cells()]


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int() | float():
            return str(cell)
        case tuple():
            return harmless("; ".join(cell))
        case str():
            return harmless(cell)
