"""The ways in which a conversation of a messenger's own protocol may die."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.steps.context import StepContext
from tests.steps import loopback


def are_told_apart(seen: Callable[[loopback.Handler, float], ProtocolObservation]) -> None:
    """``seen`` tells what is seen of a server like that within so many seconds."""
    died = seen(loopback.reset, 5.0)
    assert (died.failure, died.errno) == (Failure.CONNECTION_RESET, "ECONNRESET")
    assert (died.stage, died.proof) == ("sent", Proof.CONNECTED)
    assert seen(loopback.fin, 5.0).failure is Failure.EOF
    silent = seen(loopback.silence, 0.3)
    assert silent.failure is Failure.TIMED_OUT and silent.request_acked in (True, None)


async def cancelled(talk: Callable[[StepContext, int], Awaitable[object]]) -> StepContext:
    """Of a conversation with a silent server, called off half way."""
    async with loopback.serve(loopback.silence) as port:
        ctx = loopback.context()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await talk(ctx, port)
        return ctx
