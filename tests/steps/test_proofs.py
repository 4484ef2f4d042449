"""Threema, WeChat, SimpleX and Tor over real sockets: who proves what, and what impostors get.

The servers are the lab's, which share no code with the client.
"""

import asyncio
import dataclasses
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from nacl.public import PrivateKey

from msgprobe.checks.registry import registry
from msgprobe.model.failure import Failure
from msgprobe.model.observation import (
    IMPOSTOR_STAGES,
    Proof,
    ProtocolObservation,
    TcpObservation,
    TlsObservation,
)
from msgprobe.model.target import Trust
from msgprobe.model.task import Flow, Task
from msgprobe.steps.context import StepContext
from tests.lab.world import mmtls, smp, threema, tor
from tests.lab.world.pki import KNOWN_ISSUER, Pki, world_now
from tests.lab.world.proofs import Proofs
from tests.lab.world.talk import streams
from tests.model.tasks import task_of
from tests.steps import loopback
from tests.steps.loopback import HOST, context, only, run, serve

CHECKS = registry()
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def proofs(tmp_path: Path) -> Proofs:
    return Proofs(Pki(tmp_path, world_now(0)))


def on(serving: Serve, tls: ssl.SSLContext | None = None) -> loopback.Handler:
    async def handle(sock: socket.socket) -> None:
        reader, writer = await streams(sock, tls)
        try:
            await serving(reader, writer)
        finally:
            writer.close()

    return handle


def task(check: str, probe: Flow) -> Task:
    return task_of(check, probe)


def held(check: str, handler: loopback.Handler, seconds: float = 5.0, **flow: Any) -> StepContext:
    async def main() -> StepContext:
        async with serve(handler) as port:
            ctx = context(seconds)
            probe = dataclasses.replace(Flow(address=HOST, port=port), **flow)
            await CHECKS[check].run(ctx, task(check, probe))
            spent = ctx.recorder.bytes_sent + ctx.recorder.bytes_received
            assert spent <= CHECKS[check].max_bytes(task(check, probe))
            return ctx

    return run(main())


def talked(ctx: StepContext) -> ProtocolObservation:
    return only(ctx, ProtocolObservation)


def option(name: str, *values: str) -> tuple[tuple[str, str], ...]:
    return ((name, ",".join(values)),)


# --- Threema --------------------------------------------------------------------------------------

THREEMA, IMPOSTOR = PrivateKey.generate(), PrivateKey.generate()
THREEMA_KEYS = option("server_keys", "00" * 31 + "09", bytes(THREEMA.public_key).hex())


def threema_server(key: PrivateKey, *, more: bytes = b"") -> loopback.Handler:
    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(threema.server_hello(await reader.readexactly(48), key) + more)
        await writer.drain()
        await reader.read(1)

    return on(serving)


def test_threema_proves_itself_with_its_key() -> None:
    seen = talked(held("threema", threema_server(THREEMA), options=THREEMA_KEYS))
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_authenticated", Proof.CRYPTO)
    assert (seen.bytes_sent, seen.bytes_received) == (48, 80)


def test_another_key_than_threemas_is_an_impostors() -> None:
    seen = talked(held("threema", threema_server(IMPOSTOR), options=THREEMA_KEYS))
    assert (seen.failure, seen.proof) == (None, Proof.SHAPE) and seen.stage in IMPOSTOR_STAGES


def test_more_than_a_hello_is_no_threema_server() -> None:
    seen = talked(held("threema", threema_server(THREEMA, more=b"x"), options=THREEMA_KEYS))
    assert seen.failure is Failure.PROTOCOL_INVALID and seen.stage not in IMPOSTOR_STAGES


def test_without_pynacl_threema_has_answered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = threema_server(IMPOSTOR)
    monkeypatch.setitem(sys.modules, "nacl.bindings", None)
    seen = talked(held("threema", handler, options=THREEMA_KEYS))
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_hello", Proof.SHAPE)
    assert seen.detail == "answered, not authenticated"


# --- WeChat ---------------------------------------------------------------------------------------


def mmtls_keys(proofs: Proofs) -> tuple[tuple[str, str], ...]:
    return option("server_keys", mmtls.point(proofs.mmtls()).hex())


def mmtls_server(proofs: Proofs, name: str = "mmtls") -> loopback.Handler:
    key = proofs.mmtls(name)
    return on(lambda reader, writer: mmtls.serve(reader, writer, key))


def test_wechat_proves_itself_with_its_static_key(proofs: Proofs) -> None:
    seen = talked(held("mmtls", mmtls_server(proofs), options=mmtls_keys(proofs)))
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_authenticated", Proof.CRYPTO)


def test_another_key_than_wechats_may_be_a_new_one_and_proves_nothing(proofs: Proofs) -> None:
    seen = talked(held("mmtls", mmtls_server(proofs, "other"), options=mmtls_keys(proofs)))
    assert (seen.failure, seen.proof) == (None, Proof.SHAPE) and seen.stage in IMPOSTOR_STAGES


def test_a_recorded_answer_was_not_made_for_us(proofs: Proofs) -> None:
    recorded: list[bytes] = []

    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = (await reader.read(1000))[5:]
        recorded.append(mmtls.answer(hello, proofs.mmtls()))
        writer.write(recorded[0])
        await writer.drain()
        await reader.read(1)

    first = talked(held("mmtls", on(serving), options=mmtls_keys(proofs)))
    again = talked(held("mmtls", on(serving), options=mmtls_keys(proofs)))
    assert first.proof is Proof.CRYPTO
    assert (again.failure, again.stage) == (Failure.PROTOCOL_INVALID, "server_hello")
    assert again.proof is Proof.SHAPE


def test_without_cryptography_wechat_has_answered_and_no_more(
    proofs: Proofs, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, keys = mmtls_server(proofs, "other"), mmtls_keys(proofs)
    # What the lab's server needs of it in this very process is loaded already.
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    seen = talked(held("mmtls", handler, options=keys))
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_hello", Proof.SHAPE)
    assert seen.detail == "answered, not authenticated"


# --- SimpleX --------------------------------------------------------------------------------------

HOST_NAME = "smp.messenger.test"


def smp_server(proofs: Proofs, said: bytes, flaw: str = "normal") -> loopback.Handler:
    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        await reader.read(1)

    return on(serving, proofs.pki.context(HOST_NAME, KNOWN_ISSUER, flaw))


def smp_flow(proofs: Proofs) -> dict[str, Any]:
    known = proofs.pki.known(HOST_NAME, KNOWN_ISSUER).fingerprint(hashes.SHA256()).hex()
    return {"trust": Trust.HASH, "certificate_sha256": (known,)}


def block(proofs: Proofs) -> bytes:
    return smp.block([proofs.pki.known(HOST_NAME, KNOWN_ISSUER).public_bytes(Encoding.DER)])


def test_a_simplex_server_is_known_by_its_authority_and_speaks_first(proofs: Proofs) -> None:
    ctx = held("smp", smp_server(proofs, block(proofs)), **smp_flow(proofs))
    seen, tls = talked(ctx), only(ctx, TlsObservation)
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_authenticated", Proof.CRYPTO)
    assert (seen.bytes_sent, seen.bytes_received) == (0, smp.BLOCK)
    assert tls.verified and tls.alpn == "smp/1" and tls.server_name is None


def test_another_authority_ends_it_in_tls(proofs: Proofs) -> None:
    ctx = held("smp", smp_server(proofs, block(proofs), "new_root"), **smp_flow(proofs))
    assert [type(o) for o in ctx.recorder.observations] == [TcpObservation, TlsObservation]
    assert only(ctx, TlsObservation).failure is Failure.TLS_UNKNOWN_AUTHORITY


def test_the_right_certificate_and_the_wrong_words_are_a_failure(proofs: Proofs) -> None:
    said = b"HTTP/1.1 200 OK\r\n\r\n".ljust(smp.BLOCK)
    seen = talked(held("smp", smp_server(proofs, said), **smp_flow(proofs)))
    assert seen.failure is Failure.PROTOCOL_INVALID and "HTTP/1.1 200" in seen.detail


def test_a_simplex_server_that_says_nothing_times_out(proofs: Proofs) -> None:
    seen = talked(held("smp", smp_server(proofs, b""), seconds=0.5, **smp_flow(proofs)))
    assert (seen.failure, seen.stage) == (Failure.TIMED_OUT, "connected")


# --- Tor ------------------------------------------------------------------------------------------


def relay(proofs: Proofs, folder: Path, *, name: str = "moria1", signer: str = "") -> tor.Relay:
    key = proofs.relay(name)
    signs = proofs.relay(signer) if signer else key
    return tor.relay(key, signs, world_now(0), folder / "relay.pem")


def tor_seen(proofs: Proofs, shown: tor.Relay) -> ProtocolObservation:
    wanted = option("fingerprint", tor.fingerprint(proofs.relay("moria1")))
    handler = on(lambda reader, writer: tor.serve(reader, writer, shown.cells), shown.context)
    return talked(held("tor", handler, options=wanted))


def test_a_relay_proves_the_identity_that_it_is_known_by(proofs: Proofs, tmp_path: Path) -> None:
    seen = tor_seen(proofs, relay(proofs, tmp_path))
    assert (seen.failure, seen.stage, seen.proof) == (None, "relay_authenticated", Proof.CRYPTO)


def test_another_relay_and_a_borrowed_identity_are_impostors(
    proofs: Proofs, tmp_path: Path
) -> None:
    other = tor_seen(proofs, relay(proofs, tmp_path, name="other"))
    assert (other.failure, other.stage, other.proof) == (None, "unknown_key", Proof.SHAPE)
    borrowed = tor_seen(proofs, relay(proofs, tmp_path, signer="other"))
    assert (borrowed.failure, borrowed.stage, borrowed.proof) == (None, "wrong_key", Proof.SHAPE)
    assert {other.stage, borrowed.stage} <= IMPOSTOR_STAGES


def test_a_genuine_relays_cells_in_somebody_elses_tls_are_an_impostors(
    proofs: Proofs, tmp_path: Path
) -> None:
    """A man in the middle can pass on what the relay says, and has not got its TLS key."""
    genuine = relay(proofs, tmp_path)
    between = relay(proofs, tmp_path, name="other")
    seen = tor_seen(proofs, dataclasses.replace(genuine, context=between.context))
    assert (seen.failure, seen.stage) == (None, "wrong_key")
    assert "another session" in seen.detail


def test_a_relay_whose_certificates_are_out_of_date_is_bound_to_us_and_no_more(
    proofs: Proofs, tmp_path: Path
) -> None:
    key = proofs.relay("moria1")
    seen = tor_seen(proofs, tor.relay(key, key, world_now(-90), tmp_path / "old.pem"))
    assert (seen.failure, seen.stage, seen.proof) == (None, "certificates", Proof.NONCE)


def test_without_cryptography_a_relay_has_answered_and_no_more(
    proofs: Proofs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = relay(proofs, tmp_path, name="other")
    wanted = option("fingerprint", tor.fingerprint(proofs.relay("moria1")))
    handler = on(lambda reader, writer: tor.serve(reader, writer, shown.cells), shown.context)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    seen = talked(held("tor", handler, options=wanted))
    assert (seen.failure, seen.stage, seen.proof) == (None, "certificates", Proof.SHAPE)
    assert seen.detail == "answered, not authenticated"


def test_without_cryptography_a_simplex_server_has_answered_and_no_more(
    proofs: Proofs, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, flow = smp_server(proofs, block(proofs)), smp_flow(proofs)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    ctx = held("smp", handler, **flow)
    seen, tls = talked(ctx), only(ctx, TlsObservation)
    assert (seen.failure, seen.stage, seen.proof) == (None, "server_hello", Proof.SHAPE)
    assert (tls.failure, tls.verified) == (None, False)
    assert "not authenticated" in seen.detail


def test_a_web_server_is_no_relay(proofs: Proofs) -> None:
    shown = tor.Relay(proofs.pki.context("web.test", "public"), b"HTTP/1.1 400 Bad Request\r\n\r\n")
    seen = tor_seen(proofs, shown)
    assert (seen.failure, seen.proof) == (Failure.PROTOCOL_INVALID, Proof.BYTES)
    assert "400 Bad Request" in seen.detail


# --- all of them ----------------------------------------------------------------------------------

OPTIONS = {
    "threema": THREEMA_KEYS,
    "mmtls": option("server_keys", "04" + "11" * 64),
    "smp": (),
    "tor": option("fingerprint", "ab" * 20),
}
OPEN = ("threema", "mmtls")
"""Those that speak without TLS."""


@pytest.mark.parametrize("check", OPEN)
def test_a_block_page_is_no_answer_and_is_shown(check: str) -> None:
    page = b"HTTP/1.1 403 Forbidden\r\nServer: filter\r\nContent-Length: 40\r\n\r\n" + b"no" * 20
    seen = talked(held(check, loopback.replies(page), options=OPTIONS[check]))
    assert (seen.failure, seen.proof) == (Failure.PROTOCOL_INVALID, Proof.BYTES)
    assert "403 Forbidden" in seen.detail and seen.stage not in IMPOSTOR_STAGES


@pytest.mark.parametrize("check", OPEN)
def test_the_ways_to_die_are_told_apart(check: str) -> None:
    died = talked(held(check, loopback.reset, options=OPTIONS[check]))
    assert (died.failure, died.errno, died.stage) == (
        Failure.CONNECTION_RESET,
        "ECONNRESET",
        "sent",
    )
    assert talked(held(check, loopback.fin, options=OPTIONS[check])).failure is Failure.EOF
    silent = talked(held(check, loopback.silence, seconds=0.3, options=OPTIONS[check]))
    assert silent.failure is Failure.TIMED_OUT and silent.proof is Proof.CONNECTED


@pytest.mark.parametrize("check", OPTIONS)
def test_a_dying_server_gives_one_observation_per_layer_reached(check: str) -> None:
    for handler in (loopback.reset, loopback.fin, loopback.silence):
        ctx = held(check, handler, seconds=0.3, options=OPTIONS[check], trust=Trust.HASH)
        last = ProtocolObservation if check in OPEN else TlsObservation
        assert [type(o) for o in ctx.recorder.observations] == [TcpObservation, last]
        assert ctx.recorder.observations[-1].failure is not None


@pytest.mark.parametrize("check", ["threema", "mmtls", "tor"])
@pytest.mark.parametrize("text", ["", "12", "zz" * 32, "00" * 32 + ",", "é"])
def test_an_unreadable_key_is_named(check: str, text: str) -> None:
    name = OPTIONS[check][0][0]
    with pytest.raises(ValueError, match=f"option {name} .*hexadecimal"):
        probe = Flow(address=HOST, port=9, options=((name, text),))
        run(CHECKS[check].run(context(), task(check, probe)))
