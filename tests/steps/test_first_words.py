"""Messengers' own protocols over real sockets: who proves what, and what an impostor gets."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.steps import noise
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done, StepContext
from tests.lab.world.noise import chain, montgomery, server_hello
from tests.steps import deaths, loopback
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
    deaths.are_told_apart(whatsapp)
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


NOW = datetime.now(UTC).timestamp()
ROOT = Ed25519PrivateKey.generate()
STATIC = X25519PrivateKey.generate()
PUBLIC = STATIC.public_key().public_bytes_raw()


def says(payload: bytes) -> loopback.Handler:
    """The lab's Noise server, which shares no code with our client, with any chain."""
    return answers(lambda q: server_hello(q[:4], q[11:43], STATIC, payload))


def proved(handler: loopback.Handler, prologue: bytes = b"WA\x06\x03") -> ProtocolObservation:
    step = partial(noise.first_words, root=montgomery(ROOT), prologue=prologue)
    return _talk(handler, 5.0, step)


def test_a_chain_to_the_pinned_root_is_cryptographic_proof() -> None:
    seen = proved(says(chain(ROOT, PUBLIC, NOW)))
    assert (seen.failure, seen.stage) == (None, "server_authenticated")
    assert seen.proof is Proof.CRYPTO and seen.bytes_sent == 43
    assert "certificate 99" in seen.detail


def test_another_prologue_is_said_and_counted_in() -> None:
    seen = proved(says(chain(ROOT, PUBLIC, NOW)), prologue=b"WA\x05\x03")
    assert (seen.failure, seen.proof) == (None, Proof.CRYPTO)


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        (chain(Ed25519PrivateKey.generate(), PUBLIC, NOW), "pinned root"),
        (chain(ROOT, PUBLIC, NOW, leaf_signer=ROOT), "leaf"),
        (chain(ROOT, bytes(32), NOW), "another key"),
    ],
)
def test_a_well_formed_chain_that_does_not_hold_is_only_a_shape(forged: bytes, why: str) -> None:
    seen = proved(says(forged))
    assert (seen.failure, seen.stage, seen.proof) == (None, "unknown_root", Proof.SHAPE)
    assert why in seen.detail


def test_a_chain_out_of_its_dates_is_bound_to_us_and_no_more() -> None:
    for shift in (-60, 60):
        seen = proved(says(chain(ROOT, PUBLIC, NOW + shift * 86400)))
        assert (seen.failure, seen.stage) == (None, "server_hello_decrypted")
        assert seen.proof is Proof.NONCE and "date" in seen.detail


def test_without_a_root_key_nobody_is_authenticated_and_nobody_accused() -> None:
    seen = whatsapp(says(chain(ROOT, PUBLIC, NOW)))
    assert (seen.failure, seen.stage) == (None, "server_hello_decrypted")
    assert seen.proof is Proof.NONCE


def test_no_chain_where_one_should_be_is_no_answer() -> None:
    seen = proved(says(b"c" * 200))
    assert (seen.failure, seen.proof) == (Failure.PROTOCOL_INVALID, Proof.SHAPE)


def test_a_server_hello_that_was_made_for_somebody_else_is_only_a_shape() -> None:
    recorded = server_hello(b"WA\x06\x03", PUBLIC, STATIC, chain(ROOT, PUBLIC, NOW))
    seen = proved(answers(lambda _: recorded))
    assert (seen.failure, seen.proof) == (Failure.PROTOCOL_INVALID, Proof.SHAPE)
