"""Judging beside labs that run in threads."""

from threading import Lock
from typing import Final

ONE_AT_A_TIME: Final = Lock()
"""Judging is for one thread: until Python 3.12 each `functools.cached_property` has one lock for
all instances, and two threads that need two of them the other way round wait for ever
(bpo-43468)."""
