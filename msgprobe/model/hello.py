"""The shapes in which a TLS ClientHello can be shown, and how a task asks for one."""

from enum import StrEnum

OPTION = "hello"
"""The option of a flow that names a shape; without it the usual one is shown."""


class Hello(StrEnum):
    """How a ClientHello looks on the wire; what it asks for stays the same."""

    USUAL = "usual"
    """One segment of about 517 bytes, the same for everybody."""
    SPLIT = "split"
    """The usual one, byte for byte, in two segments: the cut is inside the server's name."""
    LARGE = "large"
    """More than one segment long: many application protocols are offered, the name comes early."""
    MODERN = "modern"
    """Two segments, as programs with a post-quantum key share show it (where OpenSSL has none, as
    long as that by offering one protocol many times over)."""
    OTHER = "other"
    """Another program's: other ciphers, another curve, other extensions, another length."""
