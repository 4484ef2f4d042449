"""Public keys and hashes in a check's options, and checks whose answer one of them signs."""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Flow, Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.protocol import READ_CAP


def octets(flow: Flow, option: str, *sizes: int) -> tuple[bytes, ...]:
    """The values of ``option``, hexadecimal with commas in between, each of one of ``sizes`` bytes.

    Raises ValueError when there are none or one is something else.
    """
    text = flow.option(option) or ""
    found = []
    for part in text.split(","):
        try:
            value = bytes.fromhex(part)
        except ValueError:
            value = b""
        if len(value) not in sizes:
            wanted = " or ".join(map(str, sizes))
            raise ValueError(
                f"option {option} = {text!r}: give {wanted} bytes in hexadecimal,"
                " several of them with commas"
            )
        found.append(value)
    return tuple(found)


class KeyedCheck:
    """TCP, then a service's own first words, which the holder of a known key answers.

    What a subclass says: the ``option`` that holds the keys, their ``size``, how many bytes are
    ``asked`` at most, and how the words are spoken.
    """

    version = "1"
    option = "server_keys"
    size: int
    asked: int

    def max_bytes(self, task: Task) -> int:
        """The first words out; reading stops at the cap of conversations."""
        return connect_bound(flow_of(task), sent=self.asked, received=READ_CAP)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """That whoever answers holds one of the known keys."""
        return Proof.CRYPTO if endpoint.option(self.option) else Proof.SHAPE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record every layer's observation. Raises ValueError for an unreadable option."""
        flow = flow_of(task)
        keys = octets(flow, self.option, self.size)
        async with opened(ctx, flow) as stream:
            if stream is not None:
                await self.speak(ctx, stream, keys)

    async def speak(self, ctx: StepContext, stream: Stream, keys: tuple[bytes, ...]) -> None:
        """The conversation on the connection that stands."""
        raise NotImplementedError
