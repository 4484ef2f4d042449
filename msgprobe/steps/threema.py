"""Threema's first words on a connected stream: who answers, and with whose key?"""

from msgprobe.model.observation import WRONG_KEY, Proof
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Licence, Stream
from msgprobe.steps.protocol import Exchange, speak
from msgprobe.wire.error import WireError
from msgprobe.wire.threema import (
    COOKIE_SIZE,
    KEY_SIZE,
    SERVER_HELLO_SIZE,
    ServerHello,
    client_hello,
    opening_key,
    parse_server_hello,
    public_key,
)

PROTOCOL = "threema"


async def first_words(
    ctx: StepContext, stream: Stream, *, keys: tuple[bytes, ...], timeout: float | None = None
) -> Done[ServerHello] | Failed:
    """Send a client hello and read the server's; records a ProtocolObservation.

    ``keys`` are the servers' permanent X25519 public keys. Stages: ``sent``, ``answered``,
    ``server_hello`` (``Proof.SHAPE``) and, where PyNaCl is installed, ``server_authenticated``
    (``Proof.CRYPTO``: sealed for us with one of ``keys``) or ``wrong_key`` (``Proof.SHAPE``).
    Nothing about an account is ever sent.
    """
    secret, cookie = ctx.world.entropy(KEY_SIZE), ctx.world.entropy(COOKIE_SIZE)
    public = public_key(secret)
    hello: ServerHello | None = None
    stream.allow(Licence.OPENING)
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as exchange:
        # Any 32 bytes pass for a key: without the library the answer is judged by its shape alone.
        await exchange.send(client_hello(public or secret, cookie))
        data = await exchange.receive_exactly(SERVER_HELLO_SIZE)
        if exchange.bytes_received != SERVER_HELLO_SIZE:
            # It is the client's turn now, so that an honest server has said no more than this.
            raise WireError("threema: more than a hello")
        hello = parse_server_hello(data, cookie)
        exchange.reached("server_hello", Proof.SHAPE)
        if public is None:
            exchange.detail = "answered, not authenticated"
        else:
            _authenticate(exchange, hello, secret, cookie, keys)
    return exchange.outcome(hello)


def _authenticate(
    exchange: Exchange, hello: ServerHello, secret: bytes, cookie: bytes, keys: tuple[bytes, ...]
) -> None:
    """Whose key is it? Raises WireError for an answer that was not made for us."""
    key = opening_key(hello, secret, cookie, keys)
    if key is None:
        exchange.reached(WRONG_KEY, Proof.SHAPE, "the answer is not sealed with a key of Threema's")
    else:
        exchange.reached("server_authenticated", Proof.CRYPTO, f"sealed with key {key.hex()[:8]}")
