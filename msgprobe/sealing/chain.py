"""The history of a package: one line for each run, with the hash of the line before it."""

import hashlib
import json
from collections.abc import Iterable

START = "0" * 64
"""What the first line has instead of a hash."""


def chained(lists: Iterable[bytes]) -> bytes:
    """The lines for the runs with these lists of leaves, in their order."""
    found, previous = [], START
    for number, listed in enumerate(lists, 1):
        row = {
            "run": f"{number:04}",
            "leaves_sha256": hashlib.sha256(listed).hexdigest(),
            "previous_sha256": previous,
        }
        line = json.dumps(row).encode() + b"\n"
        previous = hashlib.sha256(line).hexdigest()
        found.append(line)
    return b"".join(found)
