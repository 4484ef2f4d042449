"""What an engine is: it says how it reads a table, and answers questions with rows."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

from msgprobe.fleet.error import FleetError

Rows = Sequence[tuple[Any, ...]]


class Engine(ABC):
    """Answers questions of `msgprobe.fleet.queries`. Use it in a ``with``. Raises FleetError."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""

    @abstractmethod
    def source(self, fact: str) -> str:
        """What stands behind FROM for that table."""

    @abstractmethod
    def rows(self, query: str) -> Rows:
        """The rows of the answer, in any order: whole numbers and texts."""


def refused(name: str, error: Exception) -> FleetError:
    """What an engine that is called ``name`` said, in one line."""
    why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return FleetError(f"{name}: {why:.300}")
