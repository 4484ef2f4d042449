"""Rows as aligned columns: wrapped inside their column on a terminal, one line each elsewhere."""

import textwrap
from collections.abc import Sequence

_GAP = "  "


def align(rows: Sequence[Sequence[str]], *, width: int | None, shares: Sequence[int]) -> list[str]:
    """``rows`` (all of the same length) as lines without trailing blanks.

    ``width`` is the most columns, None for no wrapping. ``shares`` says how the room that is
    wanting is divided: a column of share 0 keeps its natural width, the others split the rest
    by their share.
    """
    if not rows:
        return []
    natural = [max(len(row[i]) for row in rows) for i in range(len(shares))]
    natural = [max(1, n) for n in natural]  # a column may be empty
    widths = natural if width is None else _fit(natural, width, shares)
    lines: list[str] = []
    for row in rows:
        cells = [
            textwrap.wrap(cell, size, break_on_hyphens=False) or [""]
            for cell, size in zip(row, widths, strict=True)
        ]
        for number in range(max(map(len, cells))):
            parts = [
                (cell[number] if number < len(cell) else "").ljust(size)
                for cell, size in zip(cells, widths, strict=True)
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
