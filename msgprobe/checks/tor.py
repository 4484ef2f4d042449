"""``tor``: is one address the Tor relay that it should be?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.keys import octets
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import Done, StepContext
from msgprobe.steps.protocol import READ_CAP
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND, handshake
from msgprobe.steps.tor import first_words
from msgprobe.wire.tor import FINGERPRINT_SIZE

_ASKED = 64
"""More than a VERSIONS cell in its TLS record takes."""


class TorCheck:
    """TCP, TLS without a server name, then the relay's certificates.

    The TLS certificate proves nothing by itself: it is new every few hours, and the relay's
    identity signs for it inside. Option ``fingerprint``: the SHA-1 of that identity in hexadecimal,
    several with commas.
    """

    name = "tor"
    version = "1"
    title = "Link handshake with one Tor relay, with its identity"
    traits = Traits(names_host=False, proxyable=True, usual_bytes=7_000)

    def max_bytes(self, task: Task) -> int:
        """A handshake, one cell out, and what conversations may read."""
        return connect_bound(
            flow_of(task), sent=HELLO_BOUND + _ASKED, received=HANDSHAKE_CAP + READ_CAP
        )

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The identity that the list of authorities names."""
        return Proof.CRYPTO if endpoint.option("fingerprint") else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS and protocol observations. Raises ValueError for an unusable option."""
        flow = flow_of(task)
        known = octets(flow, "fingerprint", FINGERPRINT_SIZE)
        async with opened(ctx, flow) as stream:
            if stream is None:
                return
            match await handshake(ctx, stream, server_name=None, trust=None, alpn=()):
                case Done(value=inside):
                    await first_words(ctx, inside, fingerprints=known)
                case _:
                    return
