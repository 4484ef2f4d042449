"""``noise``: does one address speak WhatsApp's protocol, and to us?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.task import Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.noise import first_words
from msgprobe.wire.noise import MAX_FRAME


class NoiseCheck:
    """TCP, then WhatsApp's 43-byte ClientHello. Stops before anything about an account."""

    name = "noise"
    version = "1"
    title = "First words of WhatsApp's own protocol"

    def max_bytes(self, task: Task) -> int:
        """43 bytes out, one frame back."""
        return connect_bound(flow_of(task), sent=43, received=MAX_FRAME)

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and protocol observations."""
        async with opened(ctx, flow_of(task)) as stream:
            if stream is not None:
                await first_words(ctx, stream)
