"""``noise``: does one address speak WhatsApp's protocol, and is it WhatsApp?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, opened
from msgprobe.model.task import Flow, Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.noise import first_words
from msgprobe.wire.noise import MAX_FRAME, PROLOGUE
from msgprobe.wire.xeddsa import KEY_SIZE


class NoiseCheck:
    """TCP, then WhatsApp's 43-byte ClientHello. Stops before anything about an account.

    Options: ``root_key``, the X25519 public key (hexadecimal) that the server's certificate chain
    must lead to, without which an answer is only bound to our key; ``prologue``, the service's
    first four bytes (hexadecimal; WhatsApp's when absent).
    """

    name = "noise"
    version = "2"
    title = "First words of WhatsApp's own protocol, with its certificate chain"

    def max_bytes(self, task: Task) -> int:
        """43 bytes out, one frame back."""
        return connect_bound(flow_of(task), sent=43, received=MAX_FRAME)

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and protocol observations. Raises ValueError for an unreadable option."""
        flow = flow_of(task)
        root = _octets(flow, "root_key", KEY_SIZE)
        prologue = _octets(flow, "prologue", len(PROLOGUE)) or PROLOGUE
        async with opened(ctx, flow) as stream:
            if stream is not None:
                await first_words(ctx, stream, root=root, prologue=prologue)


def _octets(flow: Flow, option: str, size: int) -> bytes | None:
    text = flow.option(option)
    if text is None:
        return None
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != size:
        raise ValueError(f"option {option} = {text!r}: give {size} bytes in hexadecimal")
    return found
