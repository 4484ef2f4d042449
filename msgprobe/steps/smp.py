"""What a SimpleX server says first, inside TLS."""

from msgprobe.model.observation import Proof
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.protocol import speak
from msgprobe.steps.tls_stream import TlsStream
from msgprobe.wire.smp import BLOCK_SIZE, ServerHello, parse_server_hello

PROTOCOL = "smp"


async def server_hello(
    ctx: StepContext, stream: TlsStream, *, timeout: float | None = None
) -> Done[ServerHello] | Failed:
    """Read the server's first block; records a ProtocolObservation. Nothing is sent.

    Stages: ``answered``, ``server_hello`` (``Proof.SHAPE``) and, where TLS knows the server by its
    certificate, ``server_authenticated`` (``Proof.CRYPTO``).
    """
    hello: ServerHello | None = None
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as exchange:
        hello = parse_server_hello(await exchange.receive_exactly(BLOCK_SIZE))
        versions = f"versions {hello.oldest} to {hello.newest}"
        if stream.verified:
            exchange.reached("server_authenticated", Proof.CRYPTO, versions)
        else:
            exchange.reached(
                "server_hello", Proof.SHAPE, f"{versions}; answered, not authenticated"
            )
    return exchange.outcome(hello)
