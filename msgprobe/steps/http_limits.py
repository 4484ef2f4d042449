"""How much of an HTTP answer is read, and how much of that is kept, in bytes."""

from collections.abc import Iterable
from itertools import islice

from msgprobe.wire.printable import printable

HEADER_CAP = 16 * 1024
"""Status line and headers; more is ``TOO_LARGE``."""

BODY_CAP = 16 * 1024
"""Body bytes read where some text is expected in them; the rest is left where it is."""

BODY_KEPT = 2 * 1024
"""Body bytes that an observation holds, and that are read where nothing is expected in them."""

TOTAL_CAP = 64 * 1024
"""Everything for one request, chunk framing and interim answers included; a page that is searched
may be longer by that much."""

DRAINED = 192 * 1024
"""Bytes of a searched page that are read and dropped, so that its connection can be used again."""

HEADERS_KEPT = 64
"""Headers that an observation holds; honest answers have up to forty."""

_NAME_KEPT = 256
_VALUE_KEPT = 2 * 1024
_ALL_KEPT = 8 * 1024


def kept_headers(fields: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """The first headers of an answer as an observation holds them, names in lower case."""
    kept = []
    left = _ALL_KEPT
    for name, value in islice(fields, HEADERS_KEPT):
        left -= len(name) + len(value)
        if left < 0:
            break
        kept.append((printable(name, _NAME_KEPT).lower(), printable(value, _VALUE_KEPT)))
    return tuple(kept)
