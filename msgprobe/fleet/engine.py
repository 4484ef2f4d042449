"""What an engine is: it says how it reads a table, and answers questions with rows."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol, Self

Rows = Sequence[tuple[Any, ...]]


class Engine(Protocol):
    """Answers questions of `msgprobe.fleet.queries`. Raises FleetError."""

    def __enter__(self) -> Self:
        """Use it in a ``with``."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""

    def source(self, fact: str) -> str:
        """What stands behind FROM for that table."""

    def rows(self, query: str) -> Rows:
        """The rows of the answer, in any order: whole numbers and texts."""
