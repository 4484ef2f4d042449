"""Whether a saved run is as it was written: the hash in it, and what is said of that.

The hash is of what the document says, not of how it is laid out, so that a program may format it
anew. Whoever changes a document on purpose can make the hash anew as well: it shows accidents and
careless hands. Only a sealed package shows more.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from msgprobe.model.integrity import Integrity
from msgprobe.model.run import Run
from msgprobe.report.language import N_, _

KEY = "content_sha256"
"""Its name in the document. Nothing else of the document can be taken out of a package without it:
from it, what is gone could be found by trying."""

MARK = "altered"
"""The name of what a document says that was made of an altered one."""

_WORDS = {
    Integrity.ALTERED: N_(
        "ALTERED: this run contradicts its own hash. It was changed after it was saved; do not "
        "rely on it."
    ),
    Integrity.UNSEALED: N_(
        "Not sealed: this file proves no integrity, anybody could have changed it "
        "(see: msgprobe seal --help)."
    ),
    Integrity.SEALED: N_(
        "Sealed: unchanged since it was put into its package, whoever did that "
        "(see: msgprobe verify)."
    ),
}
"""Each as a sentence for people."""


def content_hash(document: Mapping[str, Any]) -> str:
    """The SHA-256 of ``document`` without that key: as JSON in ASCII, keys sorted, no blanks."""
    rest = {key: value for key, value in document.items() if key != KEY}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def integrity(document: Mapping[str, Any]) -> Integrity:
    """What a document that was read says of itself; older ones have no hash."""
    if document.get(MARK) is True:
        return Integrity.ALTERED
    if KEY not in document:
        return Integrity.UNSEALED
    try:
        right = content_hash(document)
    except (RecursionError, ValueError):  # nothing of that shape was ever written
        return Integrity.ALTERED
    return Integrity.UNSEALED if document[KEY] == right else Integrity.ALTERED


def words(run: Run) -> str:
    """What is said of it, in a sentence."""
    return _(_WORDS[run.integrity])


def warning(run: Run) -> str | None:
    """What everybody has to be told first, if anything."""
    return words(run) if run.integrity is Integrity.ALTERED else None
