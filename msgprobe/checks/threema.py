"""``threema``: does one address answer Threema's first words with a key of Threema's?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.keys import octets
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.protocol import READ_CAP
from msgprobe.steps.threema import first_words
from msgprobe.wire.threema import CLIENT_HELLO_SIZE, KEY_SIZE


class ThreemaCheck:
    """TCP, then a 48-byte hello and the server's 80-byte answer. Stops before the login.

    Option ``server_keys``: the servers' permanent public keys in hexadecimal, with commas.
    """

    name = "threema"
    version = "1"
    title = "First words of Threema's own protocol, with the server's seal"
    traits = Traits(names_host=False, proxyable=True, usual_bytes=1_000)

    def max_bytes(self, task: Task) -> int:
        """48 bytes out; an honest answer has 80, and reading stops at the cap of conversations."""
        return connect_bound(flow_of(task), sent=CLIENT_HELLO_SIZE, received=READ_CAP)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The seal by one of the known keys."""
        return Proof.CRYPTO if endpoint.option("server_keys") else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and protocol observations. Raises ValueError for an unreadable option."""
        flow = flow_of(task)
        keys = octets(flow, "server_keys", KEY_SIZE)
        async with opened(ctx, flow) as stream:
            if stream is not None:
                await first_words(ctx, stream, keys=keys)
