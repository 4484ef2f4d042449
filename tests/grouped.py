"""Cases of a test that are written by what they have in common."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key")
Case = TypeVar("Case")


def each(groups: Mapping[Key, Iterable[Case]]) -> list[tuple[Key, Case]]:
    """One pair for each case: what its group has in common, then the case."""
    return [(key, case) for key, cases in groups.items() for case in cases]
