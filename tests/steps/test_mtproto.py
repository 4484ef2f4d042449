"""Telegram's own protocol over real sockets: who proves what, and what an impostor gets."""

import dataclasses
import socket
import struct
from collections.abc import Callable
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from msgprobe.checks.mtproto import MtprotoCheck
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.model.target import Key, Provenance
from msgprobe.model.task import Flow
from msgprobe.steps.context import StepContext
from tests.lab.world import mtproto
from tests.lab.world.config import Keeper
from tests.lab.world.datacentre import DataCentre, Exchange, fingerprint
from tests.model.tasks import task_of
from tests.steps import deaths, loopback
from tests.steps.loopback import HOST, Pair, context, listening, only, run, serve

NOW = 1_700_000_000.0
CHECK = MtprotoCheck()
Options = dict[str, str]


@cache
def private(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pinned(number: int = 0, *, old: bool = False) -> Key:
    public = private(number).public_key()
    numbers = public.public_numbers()
    return Key(
        name=f"key-{number}",
        modulus=f"{numbers.n:x}",
        exponent=numbers.e,
        fingerprint=f"{fingerprint(public):016x}",
        old_padding=old,
        provenance=Provenance(source="test", date="2026-01"),
    )


async def talk(port: int, keys: tuple[Key, ...], options: Options, seconds: float) -> StepContext:
    ctx = dataclasses.replace(context(seconds), keys={"telegram": keys})
    flow = Flow(address=HOST, port=port, options=tuple(options.items()))
    task = task_of("mtproto", flow, subject="telegram")
    await CHECK.run(ctx, task)
    assert ctx.recorder.bytes_sent + ctx.recorder.bytes_received <= CHECK.max_bytes(task)
    return ctx


def with_centre(
    keeper: Keeper = "normal",
    *keys: Key,
    seconds: float = 5.0,
    change: Callable[[bytes | None], bytes | None] = lambda answer: answer,
    options: Options | None = None,
) -> ProtocolObservation:
    """What the check sees of a data centre; ``change`` turns its answers into others."""

    class Changed(Exchange):
        def reply(self, message: bytes) -> bytes | None:
            return change(super().reply(message))

    async def main() -> ProtocolObservation:
        exchange = Changed(DataCentre(private(0), private(1)), NOW, keeper)

        async with listening(lambda pair: mtproto.serve(*pair, exchange)) as port:
            return only(await talk(port, keys, options or {}, seconds), ProtocolObservation)

    return run(main())


def with_socket(handler: loopback.Handler, seconds: float = 5.0) -> ProtocolObservation:
    async def main() -> ProtocolObservation:
        async with serve(handler) as port:
            return only(await talk(port, (pinned(),), {}, seconds), ProtocolObservation)

    return run(main())


def dh_only(change: Callable[[bytes], bytes | None]) -> Callable[[bytes | None], bytes | None]:
    """Let resPQ pass and change what comes after it."""

    def changed(answer: bytes | None) -> bytes | None:
        later = answer is not None and answer[20:24] == struct.pack("<I", 0xD0E8075C)
        return change(answer) if answer is not None and later else answer

    return changed


@pytest.mark.parametrize(
    ("transport", "framing"),
    [("obfuscated", "intermediate"), ("obfuscated", "abridged")]
    + [("plain", framing) for framing in ("abridged", "intermediate", "full")],
)
@pytest.mark.parametrize("old", [False, True])
def test_the_keys_holder_is_proved(transport: str, framing: str, old: bool) -> None:
    options = {"transport": transport, "framing": framing, "dc": "-2"}
    seen = with_centre("normal", pinned(old=old), options=options)
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_dh_params", Proof.CRYPTO)
    assert seen.detail == f"proved key {pinned().fingerprint}"


def test_the_default_is_what_the_apps_send() -> None:
    sent: list[bytes] = []

    async def listen(sock: socket.socket) -> None:
        sent.append(await loopback.receive(sock))

    with_socket(listen)
    # 64 bytes of obfuscated2, and one intermediate packet of 40 bytes: none of it in the open.
    assert len(sent[0]) == 64 + 4 + 40
    assert b"\xee" * 4 not in sent[0] and b"\xf1\x8e\x7e\xbe" not in sent[0]


def test_the_first_pinned_key_that_the_server_names_is_used() -> None:
    seen = with_centre("normal", pinned(2), pinned(0))
    assert (seen.proof, seen.detail) == (Proof.CRYPTO, f"proved key {pinned(0).fingerprint}")


def test_without_a_pinned_key_only_the_nonce_is_claimed() -> None:
    seen = with_centre("normal")
    assert (seen.failure, seen.stage, seen.proof) == (None, "respq", Proof.NONCE)
    assert pinned().fingerprint in seen.detail


def test_an_impostor_with_the_right_fingerprint_and_another_key_is_found_out() -> None:
    seen = with_centre("wrong_key", pinned())
    assert (seen.failure, seen.stage) == (Failure.PROTOCOL_INVALID, "wrong_key")
    assert seen.proof is Proof.NONCE
    assert "not made with our new_nonce" in seen.detail


def test_an_impostor_with_a_fingerprint_of_its_own_is_found_out() -> None:
    seen = with_centre("unknown_key", pinned())
    assert (seen.failure, seen.stage) == (Failure.PROTOCOL_INVALID, "unknown_key")
    assert seen.proof is Proof.NONCE
    assert pinned(1).fingerprint in seen.detail and "unknown" in seen.detail


def test_where_other_keys_are_allowed_an_unknown_one_accuses_nobody() -> None:
    seen = with_centre("unknown_key", pinned(), options={"keys": "any"})
    assert (seen.failure, seen.stage, seen.proof) == (None, "respq", Proof.NONCE)
    assert pinned(1).fingerprint in seen.detail
    known = with_centre("normal", pinned(), options={"keys": "any"})
    assert known.proof is Proof.CRYPTO


def test_an_error_instead_of_a_proof_is_an_impostors() -> None:
    seen = with_centre("normal", pinned(), change=dh_only(lambda _: None))
    assert (seen.failure, seen.stage) == (Failure.PROTOCOL_INVALID, "wrong_key")
    assert "-404" in seen.detail and seen.proof is Proof.NONCE


def test_a_flood_error_instead_of_a_proof_is_no_accusation() -> None:
    flood = struct.pack("<i", -429)
    seen = with_centre("normal", pinned(), change=dh_only(lambda _: flood))
    assert (seen.failure, seen.stage, seen.proof) == (None, "asked_for_proof", Proof.NONCE)
    assert "-429" in seen.detail and "too many requests" in seen.detail


def test_another_nonce_proves_only_bytes() -> None:
    def other(answer: bytes | None) -> bytes | None:
        return None if answer is None else answer[:24] + bytes(16) + answer[40:]

    seen = with_centre("normal", pinned(), change=other)
    assert (seen.failure, seen.stage) == (Failure.PROTOCOL_INVALID, "answered")
    assert seen.proof is Proof.BYTES


@pytest.mark.parametrize(
    ("code", "meaning"), [(-404, "not understood"), (-429, "too many"), (-444, "data centre")]
)
@pytest.mark.parametrize("transport", ["obfuscated", "plain"])
def test_a_transport_error_is_only_a_shape(code: int, meaning: str, transport: str) -> None:
    error, options = struct.pack("<i", code), {"transport": transport}
    seen = with_centre("normal", pinned(), change=lambda _: error, options=options)
    assert (seen.failure, seen.stage, seen.proof) == (None, "answered", Proof.SHAPE)
    assert str(code) in seen.detail and meaning in seen.detail


def test_a_number_that_nobody_can_factor_accuses_nobody() -> None:
    def prime(answer: bytes | None) -> bytes | None:
        return answer and answer[:57] + (2**61 - 1).to_bytes(8) + answer[65:]

    seen = with_centre("normal", pinned(), change=prime)
    assert (seen.failure, seen.stage) == (Failure.PROTOCOL_INVALID, "respq")


def test_a_server_that_falls_silent_after_res_pq_times_out() -> None:
    async def main() -> ProtocolObservation:
        exchange = Exchange(DataCentre(private(0), private(1)), NOW)

        async def fall_silent(pair: Pair) -> None:
            reader, writer = pair
            head = await reader.readexactly(1 + 1 + 40)
            answer = exchange.reply(head[2:]) or b""
            writer.write(bytes((len(answer) // 4,)) + answer)
            await reader.read()

        async with listening(fall_silent) as port:
            ctx = await talk(port, (pinned(),), {"transport": "plain"}, 0.6)
            return only(ctx, ProtocolObservation)

    seen = run(main())
    assert (seen.failure, seen.stage) == (Failure.TIMED_OUT, "asked_for_proof")
    assert seen.proof is Proof.NONCE


def test_a_block_page_is_no_answer_and_is_shown() -> None:
    page = b"HTTP/1.1 403 Forbidden\r\n\r\nno"
    seen = with_socket(loopback.replies(page))
    assert (seen.failure, seen.proof) == (Failure.PROTOCOL_INVALID, Proof.BYTES)
    assert "403 Forbidden" in seen.detail


def test_the_ways_to_die_are_told_apart() -> None:
    deaths.are_told_apart(with_socket)


@pytest.mark.parametrize(
    "options",
    [
        {"transport": "smoke"},
        {"framing": "thick"},
        {"dc": "two"},
        {"framing": "full"},
        {"keys": "all"},
    ],
)
def test_an_unusable_option_is_a_bug_that_names_it(options: Options) -> None:
    ((name, text),) = options.items()
    with pytest.raises(ValueError, match=f"{name}.*{text}"):
        with_centre("normal", pinned(), options=options)
