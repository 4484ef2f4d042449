"""QUIC against aioquic's server on loopback, and against servers that behave badly."""

import asyncio
import socket
import sys
from typing import Any

import pytest
from aioquic._buffer import Buffer
from aioquic.quic.packet import pull_quic_header

from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.model.target import Trust
from msgprobe.steps.context import Done, StepContext
from msgprobe.steps.quic import MISSING, negotiate, shake_hands
from tests.steps.authority import NAME, root
from tests.steps.loopback import HOST, context, only, run
from tests.steps.quic_server import configuration, odd_server, quic_server


async def shake(ctx: StepContext, port: int, **how: Any) -> ProtocolObservation:
    wanted: dict[str, Any] = {"server_name": NAME, "trust": Trust.PINNED, "roots": (root(),), **how}
    ended = await shake_hands(ctx, HOST, port, **wanted)
    seen = only(ctx, ProtocolObservation)
    assert isinstance(ended, Done) == (seen.failure is None)
    assert (seen.protocol, seen.transport, seen.port) == ("quic", "udp", port)
    return seen


async def ask(ctx: StepContext, port: int) -> ProtocolObservation:
    ended = await negotiate(ctx, HOST, port)
    seen = only(ctx, ProtocolObservation)
    assert isinstance(ended, Done) == (seen.failure is None)
    return seen


def test_a_genuine_server_negotiates_versions() -> None:
    async def main() -> None:
        async with quic_server() as port:
            ctx = context()
            seen = await ask(ctx, port)
            assert (seen.stage, seen.proof) == ("version_negotiation", Proof.NONCE)
            assert "00000001" in seen.detail
            assert seen.bytes_sent == 1200
            assert ctx.recorder.bytes_sent == 1228  # with the headers of IPv4 and UDP

    run(main())


def test_a_genuine_server_proves_itself_inside_the_handshake() -> None:
    async def main() -> None:
        async with quic_server() as port:
            ctx = context()
            seen = await shake(ctx, port)
            assert (seen.failure, seen.stage, seen.proof) == (None, "handshake", Proof.CRYPTO)
            assert "certificate holds" in seen.detail
            # What a clean handshake may cost, the datagrams' headers included.
            assert ctx.recorder.bytes_sent + ctx.recorder.bytes_received <= 8000

    run(main())


def test_a_retry_is_followed() -> None:
    async def main() -> None:
        async with quic_server(retry=True) as port:
            seen = await shake(context(), port)
            assert (seen.stage, seen.proof) == ("handshake", Proof.CRYPTO)

    run(main())


@pytest.mark.parametrize(
    ("config", "how", "words"),
    [
        ({"name": "other.test"}, {}, "doesn't match"),
        ({"expired": True}, {}, "valid"),
        ({}, {"trust": Trust.PUBLIC, "roots": ()}, "certificate"),
    ],
)
def test_a_certificate_that_does_not_hold(
    config: dict[str, Any], how: dict[str, Any], words: str
) -> None:
    async def main() -> None:
        async with quic_server(configuration(**config)) as port:
            seen = await shake(context(), port, **how)
            assert (seen.failure, seen.stage) == (Failure.TLS_FAILED, "certificate_refused")
            assert seen.proof is Proof.NONCE
            assert words in seen.detail

    run(main())


def test_who_only_looks_proves_nothing_about_the_name() -> None:
    async def main() -> None:
        async with quic_server(configuration("other.test")) as port:
            seen = await shake(context(), port, trust=None, roots=())
            assert (seen.failure, seen.stage, seen.proof) == (None, "handshake", Proof.NONCE)
            assert "not checked" in seen.detail

    run(main())


def test_a_server_that_ends_it_has_answered() -> None:
    async def main() -> None:
        config = configuration()
        config.alpn_protocols = ["other"]  # it refuses h3: no_application_protocol, alert 120
        async with quic_server(config) as port:
            seen = await shake(context(), port)
            assert (seen.failure, seen.stage) == (Failure.TLS_FAILED, "closed")
            assert seen.proof is Proof.NONCE
            assert seen.detail.startswith("the server closes: error 0x1")  # 0x100 and a TLS alert

    run(main())


@pytest.mark.parametrize("form", ["negotiation", "initial"])
def test_silence_is_a_timeout_after_repeated_questions(form: str) -> None:
    async def main() -> None:
        async with odd_server(lambda data: ()) as (port, heard):
            ctx = context(1.6)
            seen = await (ask(ctx, port) if form == "negotiation" else shake(ctx, port))
            assert (seen.failure, seen.stage) == (Failure.TIMED_OUT, f"{form}_sent")
            assert (seen.proof, seen.bytes_received) == (Proof.NONE, 0)
            assert len(heard) >= 2  # one lost datagram accuses nobody
            assert all(len(data) >= 1200 for data in heard)

    run(main())


@pytest.mark.parametrize("form", ["negotiation", "initial"])
def test_a_closed_port_refuses(form: str) -> None:
    async def main() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((HOST, 0))
            port = int(sock.getsockname()[1])
        ctx = context(4)
        seen = await (ask(ctx, port) if form == "negotiation" else shake(ctx, port))
        assert (seen.failure, seen.errno) == (Failure.CONNECTION_REFUSED, "ECONNREFUSED")

    run(main())


@pytest.mark.parametrize("form", ["negotiation", "initial"])
@pytest.mark.parametrize(
    "junk",
    [b"", b"\x00", b"\xff" * 1200, b"HTTP/1.1 403 Forbidden\r\n\r\n", bytes(1200), b"\xc0" * 30],
)
def test_junk_is_no_answer(form: str, junk: bytes) -> None:
    async def main() -> None:
        async with odd_server(lambda data: (junk,)) as (port, _):
            ctx = context(0.7)
            seen = await (ask(ctx, port) if form == "negotiation" else shake(ctx, port))
            assert seen.failure in (Failure.TIMED_OUT, Failure.PROTOCOL_INVALID)
            assert seen.stage in ("answered", f"{form}_sent")
            assert seen.proof <= Proof.BYTES

    run(main())


def test_a_mirror_is_no_server() -> None:
    """Our own datagrams sent back carry our own ids, but not swapped."""

    async def main() -> None:
        async with odd_server(lambda data: (data,)) as (port, _):
            seen = await ask(context(0.7), port)
            assert (seen.failure, seen.proof) == (Failure.TIMED_OUT, Proof.BYTES)
            seen = await shake(context(0.7), port)
            assert seen.failure is not None
            assert seen.proof <= Proof.BYTES

    run(main())


@pytest.mark.parametrize("form", ["negotiation", "initial"])
def test_a_flood_ends(form: str) -> None:
    async def main() -> None:
        async with odd_server(lambda data: (bytes(50),) * 700) as (port, _):
            ctx = context(10)
            seen = await (ask(ctx, port) if form == "negotiation" else shake(ctx, port))
            assert seen.failure in (Failure.TOO_LARGE, Failure.TIMED_OUT)

    run(main())


def test_whoever_knows_no_version_of_ours_has_answered() -> None:
    def other_versions(data: bytes) -> tuple[bytes, ...]:
        header = pull_quic_header(Buffer(data=data))
        ids = b"\x08" + header.source_cid + b"\x08" + header.destination_cid
        return (b"\xc0" + bytes(4) + ids + b"\xff\x00\x00\x1d",)

    async def main() -> None:
        async with odd_server(other_versions) as (port, _):
            seen = await shake(context(), port)
            assert (seen.failure, seen.stage) == (Failure.PROTOCOL_INVALID, "version_negotiation")
            assert seen.proof is Proof.NONCE

    run(main())


def test_interrupted_is_recorded_once() -> None:
    async def main() -> None:
        async with odd_server(lambda data: ()) as (port, _):
            ctx = context()
            async with asyncio.TaskGroup() as group:
                task = group.create_task(shake(ctx, port))
                await asyncio.sleep(0.2)
                task.cancel()
            assert only(ctx, ProtocolObservation).failure is Failure.INTERRUPTED

    run(main())


def test_without_the_library_versions_are_negotiated_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [m for m in sys.modules if m.split(".")[0] == "aioquic"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "msgprobe.steps.quic_handshake", raising=False)
    import msgprobe.steps

    monkeypatch.delattr(msgprobe.steps, "quic_handshake", raising=False)
    monkeypatch.setitem(sys.modules, "aioquic", None)  # what "not installed" is to an import

    async def main() -> None:
        async with odd_server(lambda data: ()) as (port, heard):
            seen = await shake(context(0.7), port)
            assert (seen.stage, seen.detail) == ("negotiation_sent", MISSING)
            assert NAME.encode() not in heard[0]

    run(main())
