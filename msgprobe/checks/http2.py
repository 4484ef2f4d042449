"""``http2``: what does one address answer over HTTP/2?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import (
    connect_bound,
    http_bound,
    leave_rest,
    opened,
    secured,
    tls_bound,
)
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.http import HttpExchange
from msgprobe.steps.http2 import ALPN, SENT_BOUND, ask
from msgprobe.steps.protocol import READ_CAP

_OLDER = "http/1.1"


class Http2Check:
    """TCP, TLS with HTTP/2 by ALPN, then one request.

    Options: ``header``, the name of a header that the answer carries if it is the service's own;
    ``method``, ``GET`` (default) or ``HEAD``; ``alpn = "h2,http/1.1"``: as browsers do, what the
    server chooses of the two is spoken. A server that does not agree
    on what was offered has shown its certificate, and is asked nothing more.
    """

    name = "http2"
    version = "1"
    title = "One HTTP/2 request to one address"
    traits = Traits(opens_tls=True, proxyable=True)

    def max_bytes(self, task: Task) -> int:
        """Handshake, one request, and what one conversation reads."""
        flow = flow_of(task)
        asked, read = http_bound(flow) if _OLDER in (flow.option("alpn") or "") else (0, 0)
        sent = SENT_BOUND + len(flow.host or flow.address) + len(flow.path)
        most = connect_bound(flow, sent=max(sent, asked), received=max(READ_CAP, read))
        return tls_bound(flow) + most

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The certificate."""
        return Proof.CRYPTO if endpoint.host is not None else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS and protocol observations, and HTTP where there was an answer."""
        flow = flow_of(task)
        host = flow.host or flow.address
        async with opened(ctx, flow) as stream:
            inside = None if stream is None else await secured(ctx, flow, stream, alpn=(ALPN,))
            if stream is None or inside is None:
                return
            method, header = flow.option("method") or "GET", flow.option("header")
            if inside.alpn == ALPN:
                await ask(ctx, inside, host=host, path=flow.path, method=method, header=header)
            elif _OLDER in (flow.option("alpn") or "") and inside.alpn in (None, _OLDER):
                said = await HttpExchange(ctx=ctx, stream=inside, host=host).ask(method, flow.path)
                leave_rest(ctx, stream, said)
