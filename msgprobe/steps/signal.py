"""Signal's socket for linking a device: the server speaks first, and says where we are found."""

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import Proof
from msgprobe.steps.classify import TooLarge
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.protocol import speak
from msgprobe.steps.websocket import ClosedByPeer, WebSocketStream
from msgprobe.wire.signal import MAX_MESSAGE, Provisioning, accepted, parse_provisioning

PROTOCOL = "signal"


async def provisioning(
    ctx: StepContext, stream: WebSocketStream, *, timeout: float | None = None
) -> Done[Provisioning] | Failed:
    """Wait for the server's first message and answer it; records a ProtocolObservation.

    Stages: ``answered``, ``provisioning_address`` (``Proof.SHAPE``: whose words they are is known
    from the TLS below). ``closed``: the server says that it closes, which is an answer and no
    failure. Nothing about an account is said, and the address is not kept.
    """
    found: Provisioning | None = None
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as exchange:
        try:
            message = await exchange.receive_some()
            while not stream.message_whole:
                message += await exchange.receive_some()
                if len(message) > MAX_MESSAGE:
                    raise TooLarge
        except ClosedByPeer as exc:
            exchange.reached("closed", Proof.BYTES, f"the server closes the WebSocket: {exc}")
            return Failed(Failure.EOF, Operation.PROTOCOL)
        found = parse_provisioning(message)
        size = len(found.address)
        exchange.reached("provisioning_address", Proof.SHAPE, f"an address of {size} bytes")
        await exchange.send(accepted(found.request))
    return exchange.outcome(found)
