"""``signal``: does Signal's server speak first, as it does when a device asks to be linked?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import in_websocket, opened, websocket_bound
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.signal import provisioning

_ANSWER = 64
"""More than our answer takes."""


class SignalCheck:
    """TCP, TLS, a WebSocket at the endpoint's path, and in it the provisioning address.

    The certificate is the proof; the message shows that the service behind it is at work. Option
    ``transport`` = ``websocket`` only says so in the plan.
    """

    name = "signal"
    version = "1"
    title = "Signal's socket, up to the server's first message"
    traits = Traits(opens_tls=True, proxyable=True)

    def max_bytes(self, task: Task) -> int:
        """A WebSocket and one message each way."""
        return websocket_bound(flow_of(task), sent=_ANSWER)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The certificate; the message adds nothing to it."""
        return Proof.CRYPTO if endpoint.host is not None else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS, HTTP and protocol observations."""
        flow = flow_of(task)
        async with opened(ctx, flow) as stream:
            if stream is None:
                return
            inside = await in_websocket(ctx, flow, stream, browser=False)
            if inside is not None:
                await provisioning(ctx, inside)
