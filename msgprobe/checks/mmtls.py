"""``mmtls``: does one address answer WeChat's first words, signed with a key of WeChat's?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.keys import octets
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.mmtls import first_words
from msgprobe.steps.protocol import READ_CAP
from msgprobe.wire.mmtls import POINT_SIZE

_ASKED = 512
"""More than the hello with its two keys takes (226 bytes)."""


class MmtlsCheck:
    """TCP, then a hello and the server's signed answer. Stops before anything about an account.

    Option ``server_keys``: the service's static P-256 keys as uncompressed points (04, X and Y) in
    hexadecimal, with commas.
    """

    name = "mmtls"
    version = "1"
    title = "First words of WeChat's own protocol, with the server's signature"
    traits = Traits(names_host=False, proxyable=True, usual_bytes=2_500)

    def max_bytes(self, task: Task) -> int:
        """One hello out; reading stops at the cap of conversations."""
        return connect_bound(flow_of(task), sent=_ASKED, received=READ_CAP)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The signature by one of the known keys."""
        return Proof.CRYPTO if endpoint.option("server_keys") else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and protocol observations. Raises ValueError for an unreadable option."""
        flow = flow_of(task)
        keys = octets(flow, "server_keys", POINT_SIZE)
        async with opened(ctx, flow) as stream:
            if stream is not None:
                await first_words(ctx, stream, keys=keys)
