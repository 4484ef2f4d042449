"""WeChat's first words on a connected stream: who answers an mmtls hello, and with whose key?"""

from msgprobe.model.observation import WRONG_KEY, Proof
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Licence, Stream
from msgprobe.steps.protocol import Exchange, speak
from msgprobe.wire.mmtls import (
    HEADER_SIZE,
    RANDOM_SIZE,
    Secrets,
    ServerHello,
    body_size,
    client_hello,
    open_signature,
    parse_server_hello,
    record,
    signing_key,
    transcript,
)

PROTOCOL = "mmtls"


async def first_words(
    ctx: StepContext, stream: Stream, *, keys: tuple[bytes, ...], timeout: float | None = None
) -> Done[ServerHello] | Failed:
    """Send a client hello, read the server's and its signature; records a ProtocolObservation.

    ``keys`` are the service's static P-256 keys, as uncompressed points. Stages: ``sent``,
    ``answered``, ``server_hello`` (``Proof.SHAPE``) and, where ``cryptography`` is installed,
    ``server_authenticated`` (``Proof.CRYPTO``: both hellos are signed with one of ``keys``) or
    ``wrong_key`` (``Proof.SHAPE``). Nothing about an account is ever sent.
    """
    secrets = Secrets()
    seconds = int(ctx.world.clock.utcnow().timestamp())
    hello = client_hello(secrets.points, ctx.world.entropy(RANDOM_SIZE), seconds)
    answer: ServerHello | None = None
    stream.allow(Licence.OPENING)
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as exchange:
        await exchange.send(record(hello))
        header = await exchange.receive_exactly(HEADER_SIZE)
        answer = parse_server_hello(await exchange.receive_exactly(body_size(header)))
        exchange.reached("server_hello", Proof.SHAPE)
        if secrets.first is None:
            exchange.detail = "answered, not authenticated"
        else:
            await _authenticate(exchange, secrets, hello, answer, keys)
    return exchange.outcome(answer)


async def _authenticate(
    exchange: Exchange, secrets: Secrets, hello: bytes, answer: ServerHello, keys: tuple[bytes, ...]
) -> None:
    """Whose key is it? Raises what reading raises, and WireError for what was not made for us."""
    header = await exchange.receive_exactly(HEADER_SIZE)
    sealed = await exchange.receive_exactly(body_size(header))
    signature = open_signature(secrets, hello, answer, header, sealed)
    key = signing_key(transcript(hello, answer), signature, keys)
    if key is None:
        exchange.reached(WRONG_KEY, Proof.SHAPE, "the hellos are not signed with a key of WeChat's")
    else:
        exchange.reached("server_authenticated", Proof.CRYPTO, f"signed with key {key.hex()[2:10]}")
