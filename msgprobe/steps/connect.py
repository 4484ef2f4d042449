"""TCP: one connect to one address, and the way out of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import TcpInfo, TcpObservation
from msgprobe.steps.accounting import unconnected_bytes
from msgprobe.steps.classify import classify, errno_name
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import ConnectError, Stream, TcpOptions

_GOODBYE = 0.25
"""Seconds that a peer gets for its FIN; twice the measured round trip when that is less."""

NARROW = 12 * 1024
"""Bytes of receive buffer for conversations that want little: what a page holds beyond it is never
sent, which spares a metered line fifty kilobytes for every big one."""

WIDE = 0
"""The kernel's own receive buffer, for transfers, which want to be as fast as the line is."""


async def connect(
    ctx: StepContext,
    address: str,
    port: int,
    *,
    source_port: int = 0,
    mss: int = 0,
    window: int = NARROW,
    timeout: float | None = None,
) -> Done[Stream] | Failed:
    """Connect to one IP literal; records a TcpObservation. ``timeout`` is in seconds.

    ``window`` is the receive buffer in bytes, 0 for the kernel's own.

    The caller closes the stream: use ``async with closing(ctx, stream)``.
    """
    start = ctx.now()
    failure: Failure | None = Failure.INTERRUPTED
    errno: str | None = None
    info: TcpInfo | None = None
    port_used = source_port
    try:
        left = ctx.remaining(timeout)
        options = TcpOptions(source_port=source_port, mss=mss, window=window)
        async with ctx.patience.within(None):
            stream = await ctx.world.network.connect_tcp(
                address, port, timeout=left, options=options
            )
        failure, info, port_used = None, stream.tcp_info(), stream.source_port
        ctx.recorder.opened(stream)
        return Done(stream)
    except OSError as exc:
        failure, errno = classify(exc), errno_name(exc)
        if isinstance(exc, ConnectError):
            info, port_used = exc.info, exc.source_port
        return Failed(failure, Operation.CONNECT)
    finally:
        if failure not in (None, Failure.NOT_ALLOWED):
            sent, received = unconnected_bytes(address, info)
            ctx.recorder.count(sent=sent, received=received)
        seen = connect_seen(ctx, start, failure, address, port)
        ctx.record(replace(seen, source_port=port_used, errno=errno, info=info))


def connect_seen(
    ctx: StepContext, start: float, failure: Failure | None, address: str, port: int
) -> TcpObservation:
    """What is seen of a connect by whoever does not ask the kernel about it."""
    return TcpObservation(
        transaction=ctx.transaction,
        window=ctx.window(start),
        failure=failure,
        address=address,
        port=port,
    )


def abandon(ctx: StepContext, stream: Stream) -> None:
    """Close ``stream`` by a reset now: the peer would go on sending what nobody wants."""
    ctx.recorder.closing(stream, aborted=True)
    stream.close(abort=True)


@asynccontextmanager
async def closing(ctx: StepContext, stream: Stream) -> AsyncIterator[Stream]:
    """Close ``stream`` when the conversation is over, and settle what it cost.

    Politely (FIN, then the peer's) where the peer still listens; by a reset when we are stopped or
    when nothing that we sent is acknowledged any more, because the kernel would go on repeating it
    for a minute after we left.
    """
    aborted = True
    try:
        yield stream
        if not ctx.recorder.watches(stream):
            return  # abandoned
        info = stream.tcp_info()
        if info is None or info.unacked == 0:
            patience = _GOODBYE if info is None else min(_GOODBYE, 2 * info.rtt + 0.02)
            await stream.finish(min(patience, ctx.remaining()))
            aborted = False
    finally:
        ctx.recorder.closing(stream, aborted=aborted)
        stream.close(abort=aborted)
