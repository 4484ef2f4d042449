"""The chains of a package: lines that each hold the hash of the line before it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

_LINK = "previous_sha256"
START = "0" * 64
"""What the first line has instead of a hash."""


def chained(digests: Iterable[str]) -> bytes:
    """The lines for the runs whose lists of leaves have these SHA-256, in their order."""
    return linked(
        {"run": f"{number:04}", "leaves_sha256": digest} for number, digest in enumerate(digests, 1)
    )


def linked(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A line for each of the rows: what it says, and the hash of the line before it."""
    found, previous = [], START
    for row in rows:
        line = json.dumps({**row, _LINK: previous}).encode() + b"\n"
        previous = hashlib.sha256(line).hexdigest()
        found.append(line)
    return b"".join(found)


def unbroken(lines: bytes) -> bool:
    """Whether each line holds the hash of the one before it."""
    previous = START
    *rows, rest = lines.split(b"\n")
    for row in rows:
        try:
            said = json.loads(row)
        except (ValueError, RecursionError):
            return False
        if not isinstance(said, dict) or said.get(_LINK) != previous:
            return False
        previous = hashlib.sha256(row + b"\n").hexdigest()
    return not rest
