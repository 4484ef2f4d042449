"""The history of a package: one line for each run, with the hash of the line before it."""

import hashlib
import json
from collections.abc import Iterable

START = "0" * 64
"""What the first line has instead of a hash."""


def chained(digests: Iterable[str]) -> bytes:
    """The lines for the runs whose lists of leaves have these SHA-256, in their order."""
    found, previous = [], START
    for number, digest in enumerate(digests, 1):
        row = {
            "run": f"{number:04}",
            "leaves_sha256": digest,
            "previous_sha256": previous,
        }
        line = json.dumps(row).encode() + b"\n"
        previous = hashlib.sha256(line).hexdigest()
        found.append(line)
    return b"".join(found)
