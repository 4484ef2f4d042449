"""What takes long without waiting for the network runs aside, so that no conversation stalls."""

import _thread
import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SMALL = 512 * 1024
"""Bytes of stack that getaddrinfo does with, where the usual eight megabytes of address space for
each of many threads are too much for a small device."""


def begin(function: Callable[[], T], *, stack: int = 0) -> "asyncio.Future[T]":
    """Call ``function`` in a thread that holds nobody up at the end. Its outcome comes in a future.

    It may never come, for want of memory: whoever waits for it needs a deadline. ``stack`` is in
    bytes, 0 for the system's own. Raises RuntimeError where there is no thread.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(found: T | None, fault: BaseException | None) -> None:
        if outcome.done():
            return
        if fault is not None:
            outcome.set_exception(fault)
        else:
            outcome.set_result(found)  # type: ignore[arg-type]

    def call() -> None:
        found, fault = None, None
        try:
            found = function()
        except Exception as raised:
            fault = raised
        # The loop is closed when the run ended before the outcome came.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, found, fault)

    before = _thread.stack_size(stack)
    try:
        # not threading.Thread, which waits for ever for a thread that has no memory to begin with
        _thread.start_new_thread(call, ())
    finally:
        _thread.stack_size(before)
    return outcome


async def aside(function: Callable[[], T]) -> T:
    """What ``function`` returns or raises: from a thread, or from here where there is none.

    Wait for it with a deadline (see `begin`).
    """
    try:
        outcome = begin(function)
    except (RuntimeError, MemoryError):
        return function()
    return await outcome
