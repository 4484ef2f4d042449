"""``connect``: does one address accept a TCP connection?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext


class ConnectCheck:
    """TCP only."""

    name = "connect"
    version = "1"
    title = "TCP connection to one address"
    traits = Traits(names_host=False, usual_bytes=1_000)

    def max_bytes(self, task: Task) -> int:
        """Headers alone."""
        return connect_bound(flow_of(task))

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """An open port."""
        return Proof.CONNECTED

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record a TcpObservation."""
        async with opened(ctx, flow_of(task)):
            pass
