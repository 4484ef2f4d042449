"""``smp``: does one address show the certificate of a SimpleX server, and speak first as one?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened_tls
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.protocol import READ_CAP
from msgprobe.steps.smp import server_hello
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND
from msgprobe.wire.smp import ALPN


class SmpCheck:
    """TCP, TLS without a server name (as the apps do), then the block that the server sends.

    The endpoint's ``certificate_sha256`` is the hash in the server's address, that of the authority
    which signed its certificate.
    """

    name = "smp"
    version = "1"
    title = "TLS with a SimpleX server, and its first block"
    traits = Traits(asks_proof=True, names_host=False, proxyable=True, usual_bytes=23_000)

    def max_bytes(self, task: Task) -> int:
        """A handshake, and a block of 16 kB."""
        return connect_bound(flow_of(task), sent=HELLO_BOUND, received=HANDSHAKE_CAP + READ_CAP)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The authority that the server's address names."""
        return Proof.CRYPTO if endpoint.certificate_sha256 else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS and protocol observations."""
        async with opened_tls(ctx, flow_of(task), (ALPN,)) as inside:
            if inside is not None:
                await server_hello(ctx, inside)
