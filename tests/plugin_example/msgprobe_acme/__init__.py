"""A msgprobe plug-in for Acme, an invented messenger whose servers speak lines of ASCII.

The client says ``ACME hello NONCE`` and the server answers ``ACME welcome NONCE``, where NONCE is
16 hexadecimal digits of the client's choice. One class and one entry point (see pyproject.toml) are
all that msgprobe needs; its planner repeats the conversation, its rules judge what was recorded.
"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.observation import Proof
from msgprobe.model.task import Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.protocol import speak
from msgprobe.wire.error import WireError

NONCE_SIZE = 8
"""Bytes; enough that nobody can have guessed the answer."""


class AcmeCheck:
    """TCP, then one line each way. Option ``greeting``: the client's word (``hello``)."""

    name = "acme"  # what target files call it
    version = "1"  # changes whenever the observations would
    title = "First words of Acme's own protocol"
    # Optional; what is planned around it, such as a second path through a proxy, rests on it.
    traits = Traits(names_host=False, proxyable=True, usual_bytes=1_000)

    def max_bytes(self, task: Task) -> int:
        """Said by ``msgprobe plan`` before anything is sent; headers are counted for us."""
        return connect_bound(flow_of(task), sent=64, received=len(_welcome(b"-" * 2 * NONCE_SIZE)))

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record a TcpObservation and, once connected, a ProtocolObservation.

        Neither `opened` nor `speak` raises what the network does: a refusal, silence, a reset or
        an answer that is refused by ``WireError`` ends the block and is in the observation. Time is
        the task's; randomness comes from the context, so that a run can be replayed.
        """
        flow = flow_of(task)
        word = (flow.option("greeting") or "hello").encode("ascii")
        nonce = ctx.world.entropy(NONCE_SIZE).hex().encode("ascii")
        expected = _welcome(nonce)
        async with opened(ctx, flow) as stream:
            if stream is None:
                return  # did not connect; recorded
            async with speak(ctx, stream, "acme") as exchange:
                await exchange.send(b"ACME %b %b\n" % (word, nonce))
                if await exchange.receive_exactly(len(expected)) != expected:
                    raise WireError("not the welcome that our nonce asks for")
                # An answer bound to our own random numbers: no block page says that.
                exchange.reached("welcome", Proof.NONCE)


def _welcome(nonce: bytes) -> bytes:
    return b"ACME welcome %b\n" % nonce
