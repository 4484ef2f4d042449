"""WhatsApp's first words on a connected stream: who answers a Noise ClientHello, and how?"""

from collections.abc import Callable
from functools import partial

from msgprobe.model.failure import Failure, Operation
from msgprobe.model.observation import Proof
from msgprobe.steps.aside import aside
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Licence, Stream
from msgprobe.steps.protocol import Exchange, speak
from msgprobe.steps.websocket import ClosedByPeer
from msgprobe.wire.curve25519 import public_key
from msgprobe.wire.noise import (
    EPHEMERAL_SIZE,
    PROLOGUE,
    Opened,
    ServerHello,
    client_hello,
    frame_size,
    open_hello,
    parse_server_hello,
)
from msgprobe.wire.noise_chain import Chain, parse_chain

PROTOCOL = "noise"


async def first_words(
    ctx: StepContext,
    stream: Stream,
    *,
    root: bytes | None = None,
    prologue: bytes = PROLOGUE,
    timeout: float | None = None,
) -> Done[ServerHello] | Failed:
    """Send one ClientHello and read the ServerHello; records a ProtocolObservation.

    ``root`` is the pinned root's X25519 public key, ``prologue`` the service's first four bytes.
    Stages: ``sent``, ``answered``, ``server_hello`` (``Proof.SHAPE``), and one of
    ``server_authenticated`` (``Proof.CRYPTO``: the chain leads to ``root``), ``unknown_root``
    (``Proof.SHAPE``: a chain that does not), and ``server_hello_decrypted`` (``Proof.NONCE``:
    bound to our key; no root is known, or the clock contradicts the dates).
    ``closed``: a WebSocket's server says that it closes it, which is an answer and no failure.
    """
    private = ctx.world.entropy(EPHEMERAL_SIZE)
    public = public_key(private)
    hello: ServerHello | None = None
    stream.allow(Licence.OPENING)
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as exchange:
        await exchange.send(client_hello(public, prologue))
        try:
            header = await exchange.receive_exactly(3)
        except ClosedByPeer as exc:
            # Only inside a WebSocket. Who says so is known from the TLS below, not from this.
            exchange.reached("closed", Proof.BYTES, f"the server closes the WebSocket: {exc}")
            return Failed(Failure.EOF, Operation.PROTOCOL)
        body = await exchange.receive_exactly(frame_size(header))
        hello = parse_server_hello(body)
        exchange.reached("server_hello", Proof.SHAPE)
        opening = partial(open_hello, private, hello, prologue, public=public)
        # It takes some 8 ms, on a phone several times that: in a thread, so that no other
        # conversation's times grow by them.
        chain, flaw = await aside(partial(_proof, opening, root))
        _authenticate(ctx, exchange, chain, flaw, rooted=root is not None)
    return exchange.outcome(hello)


def _proof(opening: Callable[[], Opened], root: bytes | None) -> tuple[Chain, str | None]:
    """The chain, and why it does not lead to ``root``. Raises WireError for an answer that was not
    made for us."""
    opened = opening()
    chain = parse_chain(opened.chain)
    return chain, None if root is None else chain.flaw(static=opened.static, root=root)


def _authenticate(
    ctx: StepContext, exchange: Exchange, chain: Chain, flaw: str | None, *, rooted: bool
) -> None:
    """Whose key is it?"""
    if not rooted:
        exchange.reached(
            "server_hello_decrypted", Proof.NONCE, "no root key to check the chain with"
        )
    elif flaw is not None:
        exchange.reached(
            "unknown_root", Proof.SHAPE, f"the certificate chain does not hold: {flaw}"
        )
    elif not chain.holds_at(ctx.world.clock.utcnow().timestamp()):
        # Expired, or a wrong clock here: the key is the service's, but it may have lost it since.
        detail = "the certificate chain holds, but not on this device's date"
        exchange.reached("server_hello_decrypted", Proof.NONCE, detail)
    else:
        serial = chain.leaf.serial
        exchange.reached(
            "server_authenticated", Proof.CRYPTO, f"certificate {serial} by the root key"
        )
