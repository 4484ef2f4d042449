"""The layers that flows are made of, so that each check is a few lines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgprobe.model.target import Root
from msgprobe.model.task import Flow
from msgprobe.steps.accounting import tcp_bound
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.http import REQUEST_BOUND, Expectation
from msgprobe.steps.http_limits import TOTAL_CAP
from msgprobe.steps.tls import BIG_HELLO_BOUND, HANDSHAKE_CAP, HELLO_BOUND, handshake
from msgprobe.steps.tls_stream import TlsStream


@asynccontextmanager
async def opened(ctx: StepContext, flow: Flow) -> AsyncIterator[Stream | None]:
    """The flow's TCP stream, closed and accounted for afterwards; None when it did not connect."""
    match await connect(ctx, flow.address, flow.port, source_port=flow.source_port, mss=flow.mss):
        case Failed():
            yield None
        case Done(value=stream):
            async with closing(ctx, stream):
                yield stream


async def secured(
    ctx: StepContext, flow: Flow, stream: Stream, timeout: float | None = None
) -> TlsStream | None:
    """TLS as the flow wants it; None when the handshake failed. ``timeout`` is in seconds."""
    match await handshake(
        ctx,
        stream,
        server_name=flow.server_name,
        trust=flow.trust,
        roots=_roots(ctx, flow),
        check_dates=flow.check_dates,
        big=_big(flow),
        timeout=timeout,
    ):
        case Failed():
            return None
        case Done(value=inside):
            return inside


def _big(flow: Flow) -> bool:
    """The option ``hello`` says so: ``big`` is a greeting of post-quantum size."""
    return flow.option("hello") == "big"


def _roots(ctx: StepContext, flow: Flow) -> tuple[Root, ...]:
    return () if flow.roots_of is None else ctx.roots.get(flow.roots_of, ())


def expectation(flow: Flow, *, exact: bool) -> Expectation:
    """What the flow's answer should be; the option ``match`` (``exact``, ``part``) overrides."""
    match = flow.option("match")
    return Expectation(
        status=flow.expect_status,
        text=flow.expect_text,
        exact=exact if match is None else match == "exact",
    )


def connect_bound(flow: Flow, *, sent: int = 0, received: int = 0) -> int:
    """Most that a flow with these payloads costs on the wire."""
    return tcp_bound(flow.address, sent=sent, received=received)


def tls_bound(flow: Flow) -> int:
    """Most that a handshake costs."""
    hello = BIG_HELLO_BOUND if _big(flow) else HELLO_BOUND
    return connect_bound(flow, sent=hello, received=HANDSHAKE_CAP)


def http_bound(flow: Flow) -> tuple[int, int]:
    """Most payload that one GET sends and reads."""
    host = flow.host or flow.address
    return REQUEST_BOUND + len(host) + len(flow.path), TOTAL_CAP
