"""The first few of each kind: sites of a network, pages of an owner, suspects of a pool."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Row = TypeVar("Row")


def first_of_each(rows: Iterable[Row], kind: Callable[[Row], Hashable], most: int = 1) -> list[Row]:
    """The first ``most`` rows of each ``kind``, in their order."""
    seen: Counter[Hashable] = Counter()
    found = []
    for row in rows:
        seen[kind(row)] += 1
        if seen[kind(row)] <= most:
            found.append(row)
    return found
