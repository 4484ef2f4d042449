"""TLS: every way in which a handshake can end, with the evidence that tells them apart."""

import contextlib
import socket
import ssl
import threading
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import trustme

from msgprobe.model.failure import Failure
from msgprobe.model.hello import Hello
from msgprobe.model.observation import TlsObservation
from msgprobe.model.target import Trust
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done, StepContext
from msgprobe.steps.hello import LARGE_BOUND
from msgprobe.steps.tls import HANDSHAKE_CAP, HELLO_BOUND, HTTP_ALPN, handshake
from tests.steps import deaths, loopback
from tests.steps.authority import NAME, root, root_sha256, server_context
from tests.steps.loopback import HOST, context, only, run, serve, serve_tls, world

Server = AbstractAsyncContextManager[int]


async def shake(
    ctx: StepContext,
    port: int,
    *,
    name: str | None = NAME,
    trust: Trust | None = Trust.PINNED,
    ours: bool = True,
    dates: bool = True,
    hello: Hello = Hello.USUAL,
    alpn: tuple[str, ...] = HTTP_ALPN,
) -> TlsObservation:
    outcome = await connect(ctx, HOST, port)
    assert isinstance(outcome, Done)
    async with closing(ctx, outcome.value):
        await handshake(
            ctx,
            outcome.value,
            server_name=name,
            trust=trust,
            roots=(root(),) if ours else (),
            check_dates=dates,
            hello=hello,
            alpn=alpn,
        )
    return only(ctx, TlsObservation)


def observe(server: Server, seconds: float = 5.0, **how: object) -> TlsObservation:
    async def main() -> TlsObservation:
        async with server as port:
            return await shake(context(seconds), port, **how)  # type: ignore[arg-type]

    return run(main())


def test_a_good_handshake_names_the_pinned_root_and_sends_one_517_byte_hello() -> None:
    seen = observe(serve_tls(server_context()))
    assert seen.failure is None and seen.verified and seen.checked
    assert seen.hello_size == 517
    assert seen.hello_acked in (True, None)
    assert seen.version == "TLSv1.3" and seen.cipher
    assert seen.root_sha256 == root_sha256() and seen.root_pinned
    assert len(seen.chain) == 1 and seen.chain[0].not_after.startswith("3000-01-01")
    assert seen.first_byte is not None and 0 <= seen.first_byte <= seen.window.seconds


def test_a_big_hello_takes_two_segments_and_is_answered_like_the_small_one() -> None:
    seen = observe(serve_tls(server_context()), hello=Hello.MODERN)
    assert seen.failure is None and seen.verified
    assert 1460 < seen.hello_size < HELLO_BOUND + LARGE_BOUND


def test_an_openssl_without_post_quantum_groups_pads_to_the_same_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ssl, "OPENSSL_VERSION_INFO", (3, 0, 0, 0, 0))
    seen = observe(serve_tls(server_context()), hello=Hello.MODERN)
    assert seen.failure is None and 1460 < seen.hello_size < HELLO_BOUND + LARGE_BOUND


def test_our_ca_is_unknown_to_the_public_store_and_the_chain_is_kept() -> None:
    seen = observe(serve_tls(server_context()), trust=Trust.PUBLIC)
    assert seen.failure is Failure.TLS_UNKNOWN_AUTHORITY
    assert not seen.verified and seen.verify_error
    assert len(seen.chain) == 1 and seen.root_sha256 is None
    assert (seen.alert, seen.alert_received) == ("unknown_ca", False)


def test_either_takes_the_pinned_root_too() -> None:
    seen = observe(serve_tls(server_context()), trust=Trust.EITHER)
    assert seen.failure is None and seen.root_pinned


def test_pinned_refuses_a_public_certificate(tmp_path: Path) -> None:
    """A censor's CA in the public store must not pass for a service with roots of its own."""
    other = trustme.CA()
    bundle = tmp_path / "public.pem"
    bundle.write_bytes(other.cert_pem.bytes())
    forged = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    other.issue_cert(NAME).configure_cert(forged)

    async def main(trust: Trust) -> TlsObservation:
        async with serve_tls(forged) as port:
            return await shake(context(here=world(str(bundle))), port, trust=trust)

    assert run(main(Trust.PINNED)).failure is Failure.TLS_UNKNOWN_AUTHORITY
    either = run(main(Trust.EITHER))
    assert either.failure is None
    assert either.root_sha256 == root_sha256(other) and not either.root_pinned


def test_another_name_is_an_invalid_hostname() -> None:
    seen = observe(serve_tls(server_context("other.test")))
    assert seen.failure is Failure.TLS_INVALID_HOSTNAME and seen.chain


def test_expired_is_its_own_word_and_passes_when_dates_are_not_checked() -> None:
    assert observe(serve_tls(server_context(expired=True))).failure is (
        Failure.TLS_INVALID_CERTIFICATE
    )
    undated = observe(serve_tls(server_context(expired=True)), dates=False)
    assert undated.failure is None and undated.verified
    assert undated.chain[0].not_after == "2001-01-01T00:00:00Z"


def test_looking_only_checks_nothing_and_says_so() -> None:
    seen = observe(serve_tls(server_context("other.test")), trust=None)
    assert seen.failure is None and not seen.verified and not seen.checked
    assert seen.chain and seen.root_sha256 is None


def test_without_a_name_the_chain_alone_is_checked() -> None:
    seen = observe(serve_tls(server_context()), name=None)
    assert seen.failure is None and not seen.verified and seen.root_pinned


def test_a_reset_after_the_hello() -> None:
    seen = observe(serve(loopback.reset))
    assert (seen.failure, seen.errno) == (Failure.CONNECTION_RESET, "ECONNRESET")
    assert (seen.bytes_sent, seen.bytes_received) == (517, 0)
    assert seen.first_byte is None and seen.hello_acked in (True, None)


def test_a_fin_after_the_hello() -> None:
    seen = observe(serve(loopback.fin))
    assert (seen.failure, seen.errno) == (Failure.EOF, None)


def test_silence_after_the_hello_keeps_the_deadline_and_the_acknowledgement() -> None:
    seen = observe(serve(loopback.silence), seconds=0.3)
    assert seen.failure is Failure.TIMED_OUT and seen.window.seconds < 0.6
    assert seen.hello_acked in (True, None)


def test_a_block_page_on_443_is_kept() -> None:
    page = b"HTTP/1.1 403 Forbidden\r\n\r\n<html>blocked by order</html>"
    seen = observe(serve(loopback.replies(page)))
    assert seen.failure is Failure.TLS_FAILED
    assert seen.plain is not None and "blocked by order" in seen.plain
    assert seen.alert is None


def test_a_forged_alert_is_named_and_told_from_ours() -> None:
    seen = observe(serve(loopback.replies(bytes.fromhex("15030300020228"))))
    assert seen.failure is Failure.TLS_FAILED
    assert (seen.alert, seen.alert_received) == ("handshake_failure", True)


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_does_not_know_the_name_sends_an_alert_of_its_own(
    newest: ssl.TLSVersion,
) -> None:
    strict = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    strict.maximum_version = newest
    strict.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    def serve_once(listener: socket.socket) -> None:
        raw, _ = listener.accept()
        # asyncio's TLS would swallow the alert.
        with contextlib.suppress(OSError), strict.wrap_socket(raw, server_side=True):
            pass

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve_once, args=(listener,))
        thread.start()
        seen = run(shake(context(), listener.getsockname()[1]))
        thread.join(5)
    assert seen.failure is Failure.TLS_FAILED
    assert (seen.alert, seen.alert_received) == ("unrecognized_name", True)


def test_tls_1_2_shows_its_chain_in_the_same_way() -> None:
    seen = observe(serve_tls(server_context(newest=ssl.TLSVersion.TLSv1_2)), trust=Trust.PUBLIC)
    assert seen.failure is Failure.TLS_UNKNOWN_AUTHORITY and seen.chain


@pytest.mark.parametrize("unit", [b"\x16\x03\x03\x40\x00" + bytes(0x4000), b"x" * 4096])
def test_endless_junk_is_stopped_by_a_cap(unit: bytes) -> None:
    lead = b"" if unit[:1] == b"x" else bytes.fromhex("160303400002010000")
    seen = observe(serve(loopback.junk(unit, lead)))
    assert seen.failure in (Failure.TOO_LARGE, Failure.TLS_FAILED)
    assert seen.bytes_received <= HANDSHAKE_CAP + 16 * 1024
    assert seen.window.seconds < 2


def test_one_byte_now_and_then_is_stopped_by_the_deadline() -> None:
    hello = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(111)
    seen = observe(serve(loopback.drip(hello, 0.05)), seconds=0.4)
    assert seen.failure is Failure.TIMED_OUT
    assert seen.window.seconds < 0.8 and seen.bytes_received >= 2


def test_a_handshake_cancelled_half_way_is_one_interrupted_observation() -> None:
    seen = only(run(deaths.cancelled(shake)), TlsObservation)
    assert seen.failure is Failure.INTERRUPTED and seen.hello_size == 517


def test_contexts_are_shared() -> None:
    store = world().trust
    assert store.context(Trust.PUBLIC) is store.context(Trust.PUBLIC)
    assert store.context(Trust.PUBLIC) is not store.context(None)


def test_each_handshake_offers_its_own_application_protocol_with_one_store() -> None:
    secure = server_context()
    secure.set_alpn_protocols(["imap", "http/1.1"])

    async def main() -> list[str | None]:
        here, ways = world(), (("imap",), (), ("http/1.1",), ("push",))
        async with serve_tls(secure) as port:
            return [(await shake(context(here=here), port, alpn=way)).alpn for way in ways]

    assert run(main()) == ["imap", None, "http/1.1", None]
