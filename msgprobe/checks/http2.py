"""``http2``: what does one address answer over HTTP/2?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened_tls
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.http2 import ALPN, SENT_BOUND, ask
from msgprobe.steps.protocol import READ_CAP
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND


class Http2Check:
    """TCP, TLS with HTTP/2 by ALPN, then one GET.

    Option ``header``: the name of a header that the answer carries if it is the service's own. A
    server that does not agree on HTTP/2 has shown its certificate, and is asked nothing more.
    """

    name = "http2"
    version = "1"
    title = "One HTTP/2 request to one address"
    traits = Traits(opens_tls=True, proxyable=True)

    def max_bytes(self, task: Task) -> int:
        """Handshake, one request, and what one conversation reads."""
        flow = flow_of(task)
        sent = HELLO_BOUND + SENT_BOUND + len(flow.host or flow.address) + len(flow.path)
        return connect_bound(flow, sent=sent, received=HANDSHAKE_CAP + READ_CAP)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The certificate."""
        return Proof.CRYPTO if endpoint.host is not None else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS and protocol observations, and HTTP where there was an answer."""
        flow = flow_of(task)
        async with opened_tls(ctx, flow, (ALPN,)) as inside:
            if inside is not None and inside.alpn == ALPN:
                host = flow.host or flow.address
                await ask(ctx, inside, host=host, path=flow.path, header=flow.option("header"))
