"""The layers that flows are made of, so that each check is a few lines."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.target import Root
from msgprobe.model.task import Flow
from msgprobe.steps.accounting import tcp_bound
from msgprobe.steps.connect import NARROW, abandon, closing, connect
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.hello import LARGE_BOUND
from msgprobe.steps.http import REQUEST_BOUND, Expectation, HttpAnswer
from msgprobe.steps.http_limits import HEADER_CAP, TOTAL_CAP
from msgprobe.steps.proxy import connect_through
from msgprobe.steps.tls import (
    HANDSHAKE_CAP,
    HELLO_BOUND,
    HTTP_ALPN,
    handshake,
)
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.steps.websocket import (
    FRAME_BOUND,
    FRAMED_CAP,
    UPGRADE_BOUND,
    WebSocketStream,
    upgrade,
)


@asynccontextmanager
async def opened_tls(
    ctx: StepContext, flow: Flow, alpn: tuple[str, ...] = HTTP_ALPN
) -> AsyncIterator[TlsStream | None]:
    """As `opened`, with TLS on it as `secured`; None when one of the two was not to be had."""
    async with opened(ctx, flow) as stream:
        yield None if stream is None else await secured(ctx, flow, stream, alpn=alpn)


@asynccontextmanager
async def opened(
    ctx: StepContext, flow: Flow, *, window: int = NARROW, timeout: float | None = None
) -> AsyncIterator[Stream | None]:
    """The flow's TCP stream, closed and accounted for afterwards; None when it did not connect,
    within ``timeout`` seconds if any.

    A flow that goes ``via`` the user's proxy gets a stream to the target all the same.
    """
    if flow.via is not None:
        match await connect_through(ctx, flow.address, flow.port):
            case Failed():
                yield None
            case Done(value=proxied):
                async with closing(ctx, proxied.below):
                    yield proxied
        return
    match await connect(
        ctx,
        flow.address,
        flow.port,
        source_port=flow.source_port,
        mss=flow.mss,
        window=window,
        timeout=timeout,
    ):
        case Failed():
            yield None
        case Done(value=stream):
            async with closing(ctx, stream):
                yield stream


def leave_rest(ctx: StepContext, stream: Stream, said: Done[HttpAnswer] | Failed) -> None:
    """Leave ``stream`` at once where more of the answer would come that nobody wants."""
    unread = isinstance(said, Done) and not said.value.complete
    if unread and ctx.recorder.watches(stream):
        abandon(ctx, stream)


async def secured(
    ctx: StepContext,
    flow: Flow,
    stream: Stream,
    timeout: float | None = None,
    alpn: tuple[str, ...] = HTTP_ALPN,
) -> TlsStream | None:
    """TLS as the flow wants it; None when the handshake failed. ``timeout`` is in seconds.

    Option ``alpn``: the application protocols to offer instead of ``alpn``, with commas.
    """
    offered = flow.option("alpn")
    match await handshake(
        ctx,
        stream,
        server_name=flow.server_name,
        trust=flow.trust,
        roots=roots_of(ctx, flow),
        known=flow.certificate_sha256,
        check_dates=flow.check_dates,
        alpn=alpn if offered is None else tuple(offered.split(",")),
        hello=shape_of(flow),
        timeout=timeout,
    ):
        case Failed():
            return None
        case Done(value=inside):
            return inside


async def in_websocket(
    ctx: StepContext,
    flow: Flow,
    stream: Stream,
    *,
    browser: bool = True,
    subprotocols: Sequence[str] = (),
) -> WebSocketStream | None:
    """A WebSocket inside TLS at the flow's path; None when there was none to be had.

    Option ``origin``: the page that asks, the host's own when absent; without ``browser`` no page.
    """
    secure = await secured(ctx, flow, stream)
    if secure is None:
        return None
    host = flow.host or flow.address
    origin = (flow.option("origin") or f"https://{host}") if browser else None
    match await upgrade(
        ctx, secure, host=host, path=flow.path, origin=origin, subprotocols=subprotocols
    ):
        case Failed():
            return None
        case Done(value=inside):
            return inside


def websocket_bound(flow: Flow, *, sent: int) -> int:
    """Most that ``in_websocket`` costs, ``sent`` bytes in one message included."""
    names = sum(map(len, (flow.host or "", flow.path, flow.option("origin") or "")))
    return connect_bound(
        flow,
        sent=HELLO_BOUND + UPGRADE_BOUND + 2 * names + FRAME_BOUND + sent,
        received=HANDSHAKE_CAP + HEADER_CAP + FRAMED_CAP,
    )


def roots_of(ctx: StepContext, flow: Flow) -> tuple[Root, ...]:
    """The pinned roots that apply to the flow."""
    return () if flow.roots_of is None else ctx.roots.get(flow.roots_of, ())


def expectation(flow: Flow, *, exact: bool) -> Expectation:
    """What the flow's answer should be; the option ``match`` (``exact``, ``part``) overrides.

    Option ``header``: a header that the answer must have (see `Expectation`).
    """
    match = flow.option("match")
    return Expectation(
        status=flow.expect_status,
        text=flow.expect_text,
        exact=exact if match is None else match == "exact",
        header=flow.option("header"),
    )


def connect_bound(flow: Flow, *, sent: int = 0, received: int = 0) -> int:
    """Most that a flow with these payloads costs on the wire."""
    return tcp_bound(flow.address, sent=sent, received=received)


def shape_of(flow: Flow) -> Hello:
    """The shape of the ClientHello that the flow wants (option ``hello``); the usual if unknown."""
    wanted = flow.option(OPTION)
    return next((shape for shape in Hello if shape == wanted), Hello.USUAL)


def tls_bound(flow: Flow) -> int:
    """Most that a handshake costs."""
    more = LARGE_BOUND if shape_of(flow) in (Hello.LARGE, Hello.MODERN) else 0
    return connect_bound(flow, sent=HELLO_BOUND + more, received=HANDSHAKE_CAP)


def http_bound(flow: Flow) -> tuple[int, int]:
    """Most payload that one GET sends and reads."""
    host = flow.host or flow.address
    return REQUEST_BOUND + len(host) + len(flow.path), TOTAL_CAP
