"""``noise``: does one address speak WhatsApp's protocol, and is it WhatsApp?"""

from msgprobe.checks.base import flow_of
from msgprobe.checks.layers import connect_bound, in_websocket, opened, websocket_bound
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.task import Flow, Task
from msgprobe.model.traits import Traits
from msgprobe.steps.context import StepContext
from msgprobe.steps.noise import first_words
from msgprobe.wire.curve25519 import KEY_SIZE
from msgprobe.wire.noise import MAX_FRAME, PROLOGUE

HELLO_SIZE = 43
"""Prologue, frame header and ClientHello, in bytes."""


class NoiseCheck:
    """TCP, then WhatsApp's 43-byte ClientHello. Stops before anything about an account.

    Options: ``root_key``, the X25519 public key (hexadecimal) that the server's certificate chain
    must lead to, without which an answer is only bound to our key; ``prologue``, the service's
    first four bytes (hexadecimal; WhatsApp's when absent); ``transport = "websocket"``: the same
    inside a WebSocket over TLS at the endpoint's path, with ``origin`` (the host's own when absent)
    as the page that asks.
    """

    name = "noise"
    version = "2"
    title = "First words of WhatsApp's own protocol, with its certificate chain"
    traits = Traits(asks_proof=True, names_host=False, proxyable=True, usual_bytes=2_500)

    def max_bytes(self, task: Task) -> int:
        """43 bytes out, one frame back; with TLS and an upgrade around it in a WebSocket."""
        flow = flow_of(task)
        if flow.option("transport") is None:
            return connect_bound(flow, sent=HELLO_SIZE, received=MAX_FRAME)
        return websocket_bound(flow, sent=HELLO_SIZE)

    def proves(self, service: Service, endpoint: Endpoint) -> Proof:
        """The root key's holder, or a certificate around it; else an answer bound to our key."""
        known = {"root_key", "transport"} & dict(endpoint.options).keys()
        return Proof.CRYPTO if known else Proof.NONCE

    async def run(self, ctx: StepContext, task: Task) -> None:
        """Record TCP and protocol observations, in a WebSocket those of TLS and HTTP too.

        Raises ValueError for an unreadable option.
        """
        flow = flow_of(task)
        root = _octets(flow, "root_key", KEY_SIZE)
        prologue = _octets(flow, "prologue", len(PROLOGUE)) or PROLOGUE
        transport = flow.option("transport")
        if transport not in (None, "websocket"):
            raise ValueError(f'option transport = {transport!r}: give "websocket", or leave it out')
        async with opened(ctx, flow) as stream:
            if stream is None:
                return
            exchange = stream if transport is None else await in_websocket(ctx, flow, stream)
            if exchange is not None:
                await first_words(ctx, exchange, root=root, prologue=prologue)


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
