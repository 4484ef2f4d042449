"""``https``: what does one address answer to a GET inside TLS?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, expectation, http_bound, opened, secured
from msgprobe.model.task import Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.http import HttpTalk
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND


class HttpsCheck:
    """TCP, TLS, then one GET."""

    name = "https"
    version = "1"
    title = "One HTTPS request to one address"

    def max_bytes(self, task: Task) -> int:
        """Handshake and request together."""
        flow = flow_of(task)
        sent, received = http_bound(flow)
        return connect_bound(flow, sent=HELLO_BOUND + sent, received=HANDSHAKE_CAP + received)

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP, TLS and HTTP observations."""
        flow = flow_of(task)
        async with opened(ctx, flow) as stream:
            if stream is None:
                return
            inside = await secured(ctx, flow, stream)
            if inside is not None:
                talk = HttpTalk(ctx=ctx, stream=inside, host=flow.host or flow.server_name)
                await talk.get(flow.path, expectation(flow, exact=False))
