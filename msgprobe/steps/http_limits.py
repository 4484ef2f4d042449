"""How much of an HTTP answer is read, in bytes."""

HEADER_CAP = 16 * 1024
"""Status line and headers; more is ``TOO_LARGE``."""

BODY_CAP = 16 * 1024
"""Body bytes read; the rest is left where it is."""

BODY_KEPT = 2 * 1024
"""Body bytes that an observation holds."""

TOTAL_CAP = 64 * 1024
"""Everything for one request, chunk framing and interim answers included."""
