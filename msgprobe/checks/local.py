"""``local``: what this machine says about its own connection."""

from msgprobe.model.task import Task
from msgprobe.model.traits import Traits, Transport
from msgprobe.steps.context import StepContext
from msgprobe.steps.inspect import inspect


class LocalCheck:
    """Looks at routes, resolvers and proxies. Sends nothing."""

    name = "local"
    version = "1"
    title = "This machine's own routes, resolvers and proxies"
    traits = Traits(transport=Transport.NONE)

    def max_bytes(self, task: Task) -> int:
        """Nothing."""
        return 0

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record one LocalObservation."""
        inspect(ctx)
