"""``page``: what does one address answer to a GET in the clear?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, expectation, http_bound, leave_rest, opened
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Role, Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.door import Licence
from msgprobe.steps.http import HttpExchange


class PageCheck:
    """TCP, then one plain GET: sentinels against captive portals, and looks for block pages."""

    name = "page"
    version = "1"
    title = "One plain HTTP request to one address"
    traits = Traits(usual_bytes=2_500)

    def max_bytes(self, task: Task) -> int:
        """Request and answer."""
        flow = flow_of(task)
        sent, received = http_bound(flow)
        return connect_bound(flow, sent=sent, received=received)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """An HTTP answer, which anybody on the way can give."""
        return Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and HTTP observations.

        A control's page has a known body, which must be exactly that; of a target's page the
        expected text need only be a part. The option ``match`` (``exact``, ``part``) overrides.
        """
        flow = flow_of(task)
        async with opened(ctx, flow) as stream:
            if stream is not None:
                if task.role is Role.CONTROL:
                    stream.allow(Licence.OPENING)  # what a sentinel is for: a portal answers it
                exchange = HttpExchange(ctx=ctx, stream=stream, host=flow.host)
                said = await exchange.get(
                    flow.path, expectation(flow, exact=task.role is Role.CONTROL)
                )
                leave_rest(ctx, stream, said)
