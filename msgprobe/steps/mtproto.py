"""Telegram's own protocol on a connected stream: does the holder of its RSA key answer?"""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from msgprobe.model.observation import UNKNOWN_KEY, WRONG_KEY, Proof
from msgprobe.model.target import Key
from msgprobe.steps.aside import aside
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.door import Licence, Stream
from msgprobe.steps.protocol import Exchange, speak
from msgprobe.wire.error import WireError
from msgprobe.wire.mtproto import (
    FLOOD,
    NONCE_SIZE,
    ResPQ,
    TransportError,
    parse_message,
    parse_res_pq,
    plain_message,
    req_pq_multi,
)
from msgprobe.wire.mtproto_proof import (
    NEW_NONCE_SIZE,
    PublicKey,
    ServerDH,
    parse_server_dh,
    req_dh_params,
)
from msgprobe.wire.mtproto_transport import Framing, Transport

PROTOCOL = "mtproto"

ASKED = "asked_for_proof"
"""The stage after ``respq``: the question that only the key's holder can read is on its way."""

Answer = ServerDH | ResPQ | TransportError


async def prove_server(
    ctx: StepContext,
    stream: Stream,
    *,
    keys: Sequence[Key],
    dc: int = 2,
    framing: Framing = Framing.INTERMEDIATE,
    obfuscated: bool = True,
    http: bool = False,
    any_key: bool = False,
    timeout: float | None = None,
) -> Done[Answer] | Failed:
    """Ask until the server has proved itself, then stop; records a ProtocolObservation.

    Stages: ``sent``, ``answered``, ``respq`` (``Proof.NONCE``: our nonce came back),
    ``asked_for_proof``, ``server_dh_params`` (``Proof.CRYPTO``: the sender holds the private half
    of one of ``keys``). Where that is in doubt the stage is ``unknown_key`` (it names none of
    ``keys``) or ``wrong_key`` (it names one and cannot use it), and the conversation has failed. A
    transport error is ``answered`` with ``Proof.SHAPE`` and no failure. Without ``keys``, and with
    ``any_key`` where it names none of them, the conversation ends after ``respq``.

    ``dc`` is the data centre, negative for media. With ``http`` each message is the body of a POST
    and its answer that of the answer; ``framing`` and ``obfuscated`` then do not matter. Raises
    ValueError as ``Transport.obfuscated`` and ``req_dh_params`` do.
    """
    entropy = ctx.world.entropy
    plain = http or not obfuscated
    transport = Transport(framing) if plain else Transport.obfuscated(framing, dc, entropy)
    answer: Answer | None = None
    if not http:  # a request in the clear is no opening of a proof
        stream.allow(Licence.OPENING)
    async with speak(ctx, stream, PROTOCOL, timeout=timeout) as exchange:
        carrier = _posts(exchange, stream) if http else _Packets(exchange, transport)
        line = _Line(carrier, int(ctx.world.clock.utcnow().timestamp()))
        nonce = entropy(NONCE_SIZE)
        match await line.ask(req_pq_multi(nonce)):
            case TransportError() as error:
                answer = error
                exchange.reached("answered", Proof.SHAPE, str(error))
            case body:
                answer = parse_res_pq(body, nonce)
                key = _chosen(answer, keys)
                exchange.reached("respq", Proof.NONCE, f"names {_named(answer)}")
                if keys and key is None and not any_key:
                    exchange.reached(UNKNOWN_KEY, Proof.NONCE)
                    raise WireError(f"mtproto: the server names only {_named(answer)}, all unknown")
                if key is not None:
                    answer = await _prove(ctx, exchange, line, answer, key, nonce, dc)
    return exchange.outcome(answer)


class _Carrier(Protocol):
    """Takes whole messages, and brings whole answers."""

    async def send(self, message: bytes) -> None: ...

    async def receive(self) -> bytes: ...


class _Packets:
    """Messages as the packets of one transport."""

    def __init__(self, exchange: Exchange, transport: Transport) -> None:
        self._exchange = exchange
        self._transport = transport

    async def send(self, message: bytes) -> None:
        await self._exchange.send(self._transport.pack(message))

    async def receive(self) -> bytes:
        packet = b""
        while more := self._transport.missing(packet):
            packet += self._transport.clear(await self._exchange.receive_exactly(more))
        return self._transport.payload(packet)


def _posts(exchange: Exchange, stream: Stream) -> _Carrier:
    # h11 takes its time to import: only who speaks HTTP waits for it.
    from msgprobe.steps.mtproto_http import Posts

    return Posts(exchange, stream.address, stream.port)


class _Line:
    """Plain messages over one carrier."""

    def __init__(self, carrier: _Carrier, now: int) -> None:
        self._carrier = carrier
        # Ids are unix time << 32 and grow (core.telegram.org/mtproto/description); servers accept
        # any before there is a key, so a wrong clock does not matter.
        self._next_id = now << 32

    async def send(self, body: bytes) -> None:
        message = plain_message(body, self._next_id)
        self._next_id += 4
        await self._carrier.send(message)

    async def receive(self) -> bytes | TransportError:
        return parse_message(await self._carrier.receive())

    async def ask(self, body: bytes) -> bytes | TransportError:
        await self.send(body)
        return await self.receive()


async def _prove(
    ctx: StepContext,
    exchange: Exchange,
    line: _Line,
    answer: ResPQ,
    key: Key,
    nonce: bytes,
    dc: int,
) -> ServerDH | ResPQ:
    new_nonce = ctx.world.entropy(NEW_NONCE_SIZE)
    public = PublicKey(int(key.modulus, 16), key.exponent, key.old_padding)
    # Factoring takes up to tens of milliseconds: in a thread, so that no other conversation's
    # times grow by them.
    asked = partial(req_dh_params, answer, public, nonce, new_nonce, dc, ctx.world.entropy)
    question = await aside(asked)
    await line.send(question)
    exchange.reached(ASKED, Proof.NONCE)
    match await line.receive():
        case TransportError(code=code) as error if code == FLOOD:
            exchange.reached(ASKED, Proof.NONCE, f"{error} instead of a proof")
            return answer
        case TransportError() as error:
            exchange.reached(WRONG_KEY, Proof.NONCE)
            raise WireError(f"mtproto: {error} instead of a proof of key {key.fingerprint}")
        case body:
            try:
                proved = parse_server_dh(body, nonce, answer.server_nonce, new_nonce)
            except WireError:
                exchange.reached(WRONG_KEY, Proof.NONCE)
                raise
    prime = "" if proved.usual_prime else ", with a new prime"
    exchange.reached("server_dh_params", Proof.CRYPTO, f"proved key {key.fingerprint}{prime}")
    return proved


def _chosen(answer: ResPQ, keys: Sequence[Key]) -> Key | None:
    """The first of ``keys`` that the server names too."""
    return next((key for key in keys if int(key.fingerprint, 16) in answer.fingerprints), None)


def _named(answer: ResPQ) -> str:
    return "key " + ", ".join(f"{f:016x}" for f in answer.fingerprints[:8])
