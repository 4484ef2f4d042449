"""``ping``: does one address answer an ICMP echo?"""

from msgprobe.checks.base import flow_of
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits, Transport
from msgprobe.steps.accounting import udp_bytes
from msgprobe.steps.context import StepContext
from msgprobe.steps.ping import ping
from msgprobe.wire.icmp import PAYLOAD

COUNT = 3
SPACING = 1.0
"""Seconds between echoes, as ping(8) does by default."""

PATIENCE = 2.0


class PingCheck:
    """ICMP echo from an unprivileged socket; without the right to one it says so and sends
    nothing."""

    name = "ping"
    version = "1"
    title = "ICMP echo to one address"
    traits = Traits(transport=Transport.ICMP)

    def max_bytes(self, task: Task) -> int:
        """Echoes and their answers, as long as each other (ICMP's header is as long as UDP's)."""
        return 2 * COUNT * udp_bytes(flow_of(task).address, PAYLOAD)

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record a ProtocolObservation over ICMP."""
        address = flow_of(task).address
        await ping(ctx, address, count=COUNT, spacing=SPACING, patience=PATIENCE)
