"""WhatsApp's first words on a connected stream: who answers a Noise ClientHello, and how?"""

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import Proof
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Stream
from msgprobe.steps.protocol import speak
from msgprobe.wire.noise import (
    EPHEMERAL_SIZE,
    ServerHello,
    client_hello,
    frame_size,
    open_static,
    parse_server_hello,
    public_key,
)

PROTOCOL = "noise"


async def first_words(
    ctx: StepContext, stream: Stream, *, timeout: float | None = None
) -> Done[ServerHello] | Failed:
    """Send one ClientHello and read the ServerHello; records a ProtocolObservation.

    Stages: ``sent``, ``answered``, ``server_hello`` (``Proof.SHAPE``) and, where ``cryptography``
    is installed, ``server_hello_decrypted`` (``Proof.NONCE``: bound to our ephemeral key).
    """
    private = ctx.world.entropy(EPHEMERAL_SIZE)
    public = public_key(private)
    hello: ServerHello | None = None
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as talk:
        # Any 32 bytes are a point on the curve: without the library nobody knows its secret, and
        # the answer is then judged by its shape alone.
        await talk.send(client_hello(public or private))
        body = await talk.receive_exactly(frame_size(await talk.receive_exactly(3)))
        hello = parse_server_hello(body)
        talk.reached("server_hello", Proof.SHAPE)
        if public is not None:
            open_static(private, hello)
            talk.reached("server_hello_decrypted", Proof.NONCE)
    if talk.failure is not None or hello is None:
        return Failed(talk.failure or Failure.PROTOCOL_INVALID, Operation.PROTOCOL)
    return Done(hello)
