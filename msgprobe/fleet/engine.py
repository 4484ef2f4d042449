"""What an engine is: it says how it reads a table, and answers questions with rows."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from http.client import HTTPException
from typing import Any, Self

from msgprobe.fleet.error import FleetError
from msgprobe.interchange.facts import VOTE, columns

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


def nothing(fact: str) -> str:
    """What stands behind FROM for a table that a store has no file of."""
    kinds = {"VARCHAR": "''", "BOOLEAN": "FALSE"}
    typed = [f"{kinds.get(k, f'CAST(0 AS {k})')} AS {n}" for n, k in columns(fact).items()]
    return f"(SELECT {', '.join(typed)}, FALSE AS {VOTE} WHERE 1 = 0) AS nothing"


def refused(name: str, error: BaseException, secrets: Collection[str] = ()) -> FleetError:
    """What an engine that is called ``name`` said, in one line without ``secrets``; or why it said
    nothing, where the system told that."""
    told = _by_the_system(error)
    if told is not None:
        return FleetError(f"{name}: {told}")
    why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    for one in secrets:
        why = why.replace(one, "...")
    return FleetError(f"{name}: {why:.300}")


def _by_the_system(error: BaseException | None) -> str | None:
    """What the connection to it ended with, from the error that all others came of."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None and error.strerror:
            return f"cannot be reached ({error.strerror})"
        if isinstance(error, TimeoutError):
            return "cannot be reached (no answer in time)"
        if isinstance(error, HTTPException):
            return f"broke off, or is no such engine ({type(error).__name__})"
        error = error.__cause__ or error.__context__
    return None
