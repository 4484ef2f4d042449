"""What can be wrong with a target file, said so that its author can mend it."""

from collections.abc import Iterable


class CatalogError(ValueError):
    """A target file cannot be used, and neither can anything else of that load.

    ``file`` is the path as given. ``line`` and ``column`` (both from 1) are known when the file is
    not TOML at all; otherwise ``key`` names the place, as in ``pool[dc].member[dc1].ports``.
    ``why`` says what is wrong with it and ``right`` what would be right. ``path`` is the same place
    as keys and indices, where it is one place; ``meant`` the key that was probably meant; ``more``
    the other faults of the same file.
    """

    def __init__(
        self,
        file: str,
        why: str,
        right: str,
        *,
        key: str = "",
        line: int | None = None,
        column: int | None = None,
        path: tuple[str | int, ...] | None = None,
    ) -> None:
        self.file = file
        self.why = why
        self.right = right
        self.key = key
        self.line = line
        self.column = column
        self.path = path
        self.meant: str | None = None
        self.more: tuple[CatalogError, ...] = ()
        super().__init__(str(self))

    def __str__(self) -> str:
        place = printable(self.file)
        if self.line is not None:
            place += f", line {self.line}"
        if self.column is not None:
            place += f", column {self.column}"
        if self.key:
            place += f": {printable(self.key)}"
        return f"{place}: {printable(self.why)}; {printable(self.right)}"


class UnknownService(ValueError):
    """A service was asked for that the catalogue does not have. ``near`` are similar names."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        self.near = nearest(name.lower(), self.known)
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"unknown service {quoted(self.name)}; "
        if self.near:
            return text + f"did you mean {' or '.join(self.near)}?"
        return text + f"known are: {', '.join(self.known) or 'none'}"


def nearest(word: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """The words of ``known`` that ``word`` may have been meant to be, most similar first."""
    from difflib import get_close_matches  # only ever needed on the way to an error

    return tuple(get_close_matches(word[:100], list(known), n=most, cutoff=0.6))


def quoted(value: object) -> str:
    """``value`` as it may be shown inside a message: short, on one line, nothing unprintable."""
    try:
        text = str(value)
    except ValueError:  # an integer of more digits than Python converts
        text = "a huge number"
    text = printable(text if len(text) <= 60 else text[:57] + "...")
    return f'"{text}"' if isinstance(value, str) else text


def printable(text: str) -> str:
    """``text`` with everything that could steer a terminal written as an escape."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text
    )
