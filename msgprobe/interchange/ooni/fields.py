"""Values out of foreign JSON, each of the type that it must have, with the path of every fault."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

MOST_ENTRIES = 5_000
"""Of a list; their longest real ones have some hundreds."""

MOST_TEXT = 4_096
"""Characters of a name, word or URL that is read."""

MOST_DER = 64_000
"""Characters of a certificate in base64; real ones have some thousands."""


class ForeignError(ValueError):
    """This is no measurement that can be read; the text says where and what should be there."""


class Place:
    """A value and where it stands, like ``$.test_keys.queries[3]``."""

    def __init__(self, value: object, path: str = "$") -> None:
        self.value = value
        self.path = path

    def at(self, key: str) -> "Place":
        """The value of ``key``, null where there is none. Raises ForeignError."""
        if not isinstance(self.value, Mapping):
            raise ForeignError(f"{self.path}: should be an object")
        return Place(self.value.get(key), f"{self.path}.{key}")

    def each(self) -> "list[Place]":
        """The entries of a list, none where it is null. Raises ForeignError."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise ForeignError(f"{self.path}: should be a list")
        if len(self.value) > MOST_ENTRIES:
            raise ForeignError(f"{self.path}: has more than {MOST_ENTRIES} entries")
        return [Place(one, f"{self.path}[{n}]") for n, one in enumerate(self.value)]

    def text(self, most: int = MOST_TEXT) -> str | None:
        """A text or null. Raises ForeignError."""
        found = self._of(str, "text")
        if found is not None and len(found) > most:
            raise ForeignError(f"{self.path}: is longer than {most} characters")
        return found

    def needed(self) -> str:
        """A text. Raises ForeignError."""
        found = self.text()
        if found is None:
            raise ForeignError(f"{self.path}: is missing; it should be text")
        return found

    def flag(self) -> bool | None:
        """True, false or null. Raises ForeignError."""
        return self._of(bool, "true or false")

    def whole(self, least: int, most: int) -> int | None:
        """A whole number of a range or null. Raises ForeignError."""
        found = self._of(int, "a whole number")
        if found is None:
            return None
        if isinstance(found, bool) or not least <= found <= most:
            raise ForeignError(f"{self.path}: should be a whole number from {least} to {most}")
        return found

    def seconds(self) -> float | None:
        """Seconds from 0 to a day or null. Raises ForeignError."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float | None):
            raise ForeignError(f"{self.path}: should be a number of seconds")
        if self.value is None:
            return None
        return min(max(float(self.value), 0.0), 86_400.0)

    def read(self, convert: Callable[[str], T], what: str) -> T | None:
        """What ``convert`` makes of a text, None of null or an empty one. Raises ForeignError."""
        found = self.text()
        if not found:
            return None
        try:
            return convert(found)
        except ValueError:
            raise ForeignError(f"{self.path}: {found!r:.60} is no {what}") from None

    def _of(self, kind: type[T], words: str) -> T | None:
        found: Any = self.value
        if found is None:
            return None
        if not isinstance(found, kind):
            raise ForeignError(f"{self.path}: should be {words}")
        return found
