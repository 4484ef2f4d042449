"""Messengers' own protocols over real sockets: who proves what, and what an impostor gets."""

import asyncio
import hashlib
import hmac
import socket
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.steps import noise
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done, StepContext
from msgprobe.wire.protobuf import bytes_field
from tests.steps import loopback
from tests.steps.loopback import HOST, context, only, run, serve


def answers(make: Callable[[bytes], bytes]) -> loopback.Handler:
    async def handle(sock: socket.socket) -> None:
        await loopback.send(sock, make(await loopback.receive(sock)))
        while await loopback.receive(sock):
            pass

    return handle


def whatsapp(handler: loopback.Handler, seconds: float = 5.0) -> ProtocolObservation:
    return _talk(handler, seconds, noise.first_words)


def _talk(handler: loopback.Handler, seconds: float, step: Callable) -> ProtocolObservation:  # type: ignore[type-arg]
    async def main() -> ProtocolObservation:
        async with serve(handler) as port:
            ctx = context(seconds)
            outcome = await connect(ctx, HOST, port)
            assert isinstance(outcome, Done)
            async with closing(ctx, outcome.value) as stream:
                await step(ctx, stream)
            return only(ctx, ProtocolObservation)

    return run(main())


def test_a_block_page_is_no_answer_and_is_shown() -> None:
    page = b"HTTP/1.1 403 Forbidden\r\n\r\nno"
    seen = whatsapp(answers(lambda _: page))
    assert (seen.failure, seen.proof) == (Failure.PROTOCOL_INVALID, Proof.BYTES)
    assert "403 Forbidden" in seen.detail


def test_the_ways_to_die_are_told_apart() -> None:
    died = whatsapp(loopback.reset)
    assert (died.failure, died.errno) == (Failure.CONNECTION_RESET, "ECONNRESET")
    assert (died.stage, died.proof) == ("sent", Proof.CONNECTED)
    assert whatsapp(loopback.fin).failure is Failure.EOF
    silent = whatsapp(loopback.silence, seconds=0.3)
    assert silent.failure is Failure.TIMED_OUT and silent.request_acked in (True, None)
    slow = whatsapp(loopback.drip(b"\0\x01\x5d" + bytes(20), 0.05), seconds=0.3)
    assert (slow.failure, slow.stage) == (Failure.TIMED_OUT, "answered")


def test_cancelled_is_interrupted_once() -> None:
    async def main() -> None:
        async with serve(loopback.silence) as port:
            ctx: StepContext = context()
            outcome = await connect(ctx, HOST, port)
            assert isinstance(outcome, Done)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1), closing(ctx, outcome.value) as stream:
                    await noise.first_words(ctx, stream)
            assert only(ctx, ProtocolObservation).failure is Failure.INTERRUPTED

    run(main())


def server_hello(hello: bytes, *, honest: bool = True) -> bytes:
    """The server's half of Noise_XX, written from the Noise specification, not from our client."""
    client = hello[11:43]
    own, static = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    public = own.public_key().public_bytes_raw()
    name = b"Noise_XX_25519_AESGCM_SHA256".ljust(32, b"\0")
    h = name
    for part in (b"WA\x06\x03", client, public):
        h = hashlib.sha256(h + part).digest()
    shared = own.exchange(X25519PublicKey.from_public_bytes(client)) if honest else bytes(32)
    secret = hmac.new(name, shared, hashlib.sha256).digest()
    first = hmac.new(secret, b"\1", hashlib.sha256).digest()
    key = hmac.new(secret, first + b"\2", hashlib.sha256).digest()
    sealed = AESGCM(key).encrypt(bytes(12), static.public_key().public_bytes_raw(), h)
    inner = bytes_field(1, public) + bytes_field(2, sealed) + bytes_field(3, b"c" * 200)
    body = bytes_field(3, inner)
    return len(body).to_bytes(3, "big") + body


def test_a_server_hello_that_opens_is_bound_to_our_key() -> None:
    seen = whatsapp(answers(server_hello))
    assert (seen.failure, seen.stage) == (None, "server_hello_decrypted")
    assert seen.proof is Proof.NONCE and seen.bytes_sent == 43


def test_a_recorded_server_hello_is_only_a_shape() -> None:
    seen = whatsapp(answers(lambda q: server_hello(q, honest=False)))
    assert (seen.failure, seen.proof) == (Failure.PROTOCOL_INVALID, Proof.SHAPE)


def test_without_cryptography_the_shape_is_all_that_is_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("msgprobe.steps.noise.public_key", lambda _: None)
    seen = whatsapp(answers(server_hello))
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_hello", Proof.SHAPE)
