"""What each module of this package that tortures something gives: `run`, and what came of it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``keep`` is a folder for what is made; ``only`` takes cases whose names have one of these."""

    keep: Path
    only: tuple[str, ...] = ()
    seed: int = 1

    def wants(self, name: str) -> bool:
        """The case is to be tried."""
        return not self.only or any(word in name for word in self.only)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one kind: sums in words, and what broke a promise, one line each."""

    sums: tuple[str, ...]
    faults: tuple[str, ...]
