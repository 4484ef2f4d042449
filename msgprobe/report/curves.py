"""The curves of one asset's transfers in plain characters: who was slow, and from when on."""

from collections.abc import Sequence

from msgprobe.model.target import Direction
from msgprobe.model.task import Arm
from msgprobe.report import wording
from msgprobe.report.columns import wrap
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.language import _
from msgprobe.report.transfers import ARMS, Picture

WIDTH = 76
"""Most columns."""
ROWS = 14
"""Rows of the picture: what is drawn, its axis and the numbers below; the legend follows."""

_MARKS = {
    Arm.TRANSFER: ("●", "#"),
    Arm.TRANSFER_NEUTRAL_SNI: ("○", "o"),
    Arm.TRANSFER_TARGET_SNI: ("\N{MULTIPLICATION SIGN}", "x"),
    Arm.TRANSFER_SOURCE: ("·", "."),
}
_LEAD = 9
_Cells = list[list[list[str]]]
"""Rows of columns of the marks that meet there."""


def render(picture: Picture, *, width: int = WIDTH, unicode: bool = True) -> str:
    """``picture`` as lines of at most ``width`` columns: heading, curves, legend.

    Across are seconds, upwards the kB moved. Marks tell the kinds of transfer apart without colour;
    where curves meet, they take turns.
    """
    width = max(40, min(width, WIDTH))
    heading = (
        _("{service}, {asset}: kB sent, by seconds")
        if picture.direction is Direction.UP
        else _("{service}, {asset}: kB received, by seconds")
    )
    lines = _wrapped(heading.format(service=picture.title, asset=picture.asset), "", width)
    drawn = [line.points for line in picture.lines if len(line.points) > 1]
    across = max((points[-1][0] for points in drawn), default=0.0)
    high = max((points[-1][1] for points in drawn), default=0)
    if high and across > 0:
        lines += _plot(picture, across, high, width, unicode)
    for arm in ARMS:
        if picture.of(arm):
            text = picture.legend(arm)
            lines += _wrapped(text, f"{_MARKS[arm][not unicode]} ", width)
    text = "\n".join(lines) + "\n"
    return text if unicode else ascii_only(text)


def _wrapped(text: str, lead: str, width: int) -> list[str]:
    return wrap(printable(text), width, first=lead, other="  ")


def _plot(picture: Picture, across: float, high: int, width: int, unicode: bool) -> list[str]:
    columns, rows = width - _LEAD - 1, ROWS - 2
    cells: _Cells = [[[] for _ in range(columns)] for _ in range(rows)]
    for arm in ARMS:
        for line in picture.of(arm):
            _draw(cells, line.points, across, high, _MARKS[arm][not unicode])
    wall, corner, dash = ("│", "└", "─") if unicode else ("|", "+", "-")
    lines = []
    for number, row in enumerate(cells):
        share = 1 - number / (rows - 1)
        shown = number in (0, rows // 2)
        label = wording.amount(round(high * share)) if shown else ""
        marks = "".join(cell[n % len(cell)] if cell else " " for n, cell in enumerate(row))
        lines.append(f"{label:>{_LEAD - 1}} {wall}{marks}".rstrip())
    lines.append(f"{'0':>{_LEAD - 1}} {corner}{dash * columns}")
    lines.append(" " * (_LEAD + 1) + _ticks(across, columns))
    return lines


def _draw(
    cells: _Cells,
    points: Sequence[tuple[float, int]],
    across: float,
    high: int,
    mark: str,
) -> None:
    """One curve as stairs: what has come by a moment stays until more comes."""
    top, right = len(cells) - 1, len(cells[0]) - 1
    if len(points) < 2:
        return
    end = round(points[-1][0] / across * right)
    number, before = 0, 0
    for column in range(end + 1):
        # the last column shows all that came, however the time was rounded
        until = points[-1][0] if column == end else column / right * across
        while number + 1 < len(points) and points[number + 1][0] <= until:
            number += 1
        level = round(points[number][1] / high * top)
        for row in range(before if level == before else before + 1, level + 1):
            if mark not in cells[top - row][column]:
                cells[top - row][column].append(mark)
        before = level


def _ticks(across: float, columns: int) -> str:
    """Numbers under the axis at its quarters, as far as there is room; the last has the unit."""
    last = f"{clock(across)} s"
    text = ""
    for quarter in range(4):
        label = clock(across * quarter / 4)
        place = max(0, round(quarter / 4 * (columns - 1)) - len(label) // 2)
        if place + len(label) < columns - len(last) and (place > len(text) or not quarter):
            text = text.ljust(place) + label
    return text.ljust(columns - len(last)) + last


def clock(seconds: float) -> str:
    """Seconds under an axis: two digits, all of those before the point."""
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.2g}"
