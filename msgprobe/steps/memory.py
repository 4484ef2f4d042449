"""How much memory this process may have (ulimit -v), and how to do with it."""

import contextlib

LEAST = 170_000_000
"""Bytes of address space that a run needs, as measured (Linux, CPython 3.11, all of the core
services), and a tenth. With less a library may end the whole process without a word."""

_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's mallopt(3)."""


def lacking() -> str | None:
    """One sentence where the limit is too low for a run; None: it is not.

    Under any limit glibc is told to keep one pool of memory for all threads: it would set 64 MB of
    address space aside for each, of which next to nothing is used.
    """
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError, AttributeError):
        return None
    if limit == resource.RLIM_INFINITY:
        return None
    if limit < LEAST:
        allowed, needed = limit // 10**6, LEAST // 10**6
        return f"this device allows it {allowed} MB of memory, {needed} are needed (see: ulimit -v)"
    with contextlib.suppress(ImportError, OSError, AttributeError, MemoryError):
        import ctypes

        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
    return None
