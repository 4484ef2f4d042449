"""Rows as aligned columns: wrapped inside their column on a terminal, one line each elsewhere.

Widths are columns of a terminal: a Chinese character takes two, a mark above a letter none.
"""

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

_GAP = "  "

_NO_BEGINNING = "，。、；：？！）》」』】…,.;:?!)]}"  # noqa: RUF001
"""What may not begin a line where words have no blanks between them."""


def cells(text: str) -> int:
    """How many columns ``text`` takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def padded(text: str, size: int) -> str:
    """``text`` with blanks behind it, ``size`` columns wide or wider."""
    return text + " " * (size - cells(text))


def wrap(text: str, width: int, *, first: str = "", other: str = "") -> list[str]:
    """``text`` as lines of ``width`` columns at most, the first one behind ``first`` and those that
    follow behind ``other``; none where there is nothing to show."""
    if cells(text) == len(text):
        return textwrap.wrap(
            text, width, initial_indent=first, subsequent_indent=other, break_on_hyphens=False
        )
    lines, line, empty = [], first, True
    for piece in _pieces(text, max(2, width - cells(other))):
        if not empty and cells(line) + cells(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line, piece = other, piece.lstrip()
        line, empty = line + piece, False
    return lines if empty else [*lines, line.rstrip()]


def _pieces(text: str, most: int) -> Iterator[str]:
    """What a line may end behind: words with the blank after them, characters that are words."""
    for word in re.findall(r"\S+\s*", " ".join(text.split())):
        piece = ""
        for char in word:
            alone = _cells(char) == 2 or (piece and _cells(piece[-1]) == 2)
            apart = alone and char not in _NO_BEGINNING and not char.isspace()
            if piece and (apart or cells(piece) + _cells(char) > most):
                yield piece
                piece = ""
            piece += char
        yield piece


def align(rows: Sequence[Sequence[str]], *, width: int | None, shares: Sequence[int]) -> list[str]:
    """``rows`` (all of the same length) as lines without trailing blanks.

    ``width`` is the most columns, None for no wrapping. ``shares`` says how the room that is
    wanting is divided: a column of share 0 keeps its natural width, the others split the rest
    by their share.
    """
    if not rows:
        return []
    natural = [max(cells(row[i]) for row in rows) for i in range(len(shares))]
    natural = [max(1, n) for n in natural]  # a column may be empty
    widths = natural if width is None else _fit(natural, width, shares)
    lines: list[str] = []
    for row in rows:
        wrapped = [wrap(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
        for number in range(max(map(len, wrapped))):
            parts = [
                padded(cell[number] if number < len(cell) else "", size)
                for cell, size in zip(wrapped, widths, strict=True)
            ]
            lines.append(_GAP.join(parts).rstrip())
    return lines


def _fit(natural: list[int], width: int, shares: Sequence[int]) -> list[int]:
    room = width - len(_GAP) * (len(natural) - 1)
    if sum(natural) <= room:
        return [max(1, n) for n in natural]
    left = room - sum(n for n, share in zip(natural, shares, strict=True) if not share)
    whole = sum(shares) or 1
    flexible = [max(8, left * share // whole) if share else 0 for share in shares]
    # a column that needs less than its share gives the rest to the others
    wanting = [
        need - size if share else 0
        for size, need, share in zip(flexible, natural, shares, strict=True)
    ]
    spare = -sum(w for w in wanting if w < 0)
    extra = spare // max(1, sum(w > 0 for w in wanting))
    return [
        min(need, size + extra) if lacks > 0 else max(1, need)
        for size, need, lacks in zip(flexible, natural, wanting, strict=True)
    ]
