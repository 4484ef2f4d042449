"""``tls``: does one address show a certificate that holds?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import opened, secured, tls_bound
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext


class TlsCheck:
    """TCP, then a TLS handshake.

    Option ``alpn``: the application protocols to offer instead of HTTP/1.1, with commas.
    Option ``sni = "none"``: the handshake names no server (whoever plans it sees to that).
    """

    name = "tls"
    version = "1"
    title = "TLS handshake with one address"
    traits = Traits(opens_tls=True, proxyable=True)

    def max_bytes(self, task: Task) -> int:
        """What a handshake may cost."""
        return tls_bound(flow_of(task))

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """A certificate for the name, or the very one that is known; a chain alone is no proof."""
        known = endpoint.host is not None or endpoint.certificate_sha256
        return Proof.CRYPTO if known else Proof.BYTES

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and TLS observations."""
        flow = flow_of(task)
        async with opened(ctx, flow) as stream:
            if stream is not None:
                await secured(ctx, flow, stream)
