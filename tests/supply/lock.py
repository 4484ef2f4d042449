"""The files that ``make lock`` writes, read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
LOCKS: Final = ROOT / ".locks"

_PIN: Final = "=="


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One version of one package, and the hashes of its files."""

    name: str
    version: str
    requirement: Requirement
    hashes: tuple[str, ...]


def pinned(lock: Path) -> tuple[Pinned, ...]:
    """What ``lock`` holds, in its order. Raises ValueError for a line that pins nothing."""
    found = []
    for words in _entries(lock.read_text("utf-8")):
        said, *options = words.split(" --hash=")
        requirement = Requirement(said)
        (only,) = requirement.specifier
        if only.operator != _PIN or "*" in only.version:
            raise ValueError(f"{lock.name}: {said} is no single version")
        found.append(
            Pinned(
                name=canonicalize_name(requirement.name),
                version=only.version,
                requirement=requirement,
                hashes=tuple(options),
            )
        )
    return tuple(found)


def _entries(text: str) -> Iterator[str]:
    """Requirements, each with its options in one line."""
    lines = (line.partition("#")[0].strip() for line in text.replace("\\\n", " ").splitlines())
    return (" ".join(line.split()) for line in lines if line)
