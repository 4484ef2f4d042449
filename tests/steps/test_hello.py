"""Greetings in other shapes, as a server's kernel and a real TLS server see them."""

import asyncio
import socket
import struct
import sys
from dataclasses import replace

import pytest

from msgprobe.checks.tls import TlsCheck
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.observation import TlsObservation
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm, Task
from msgprobe.steps.hello import pieces
from tests.lab.content import Kind, cipher_suites, first_words
from tests.model.tasks import task_of
from tests.steps.asked import tls_flow
from tests.steps.authority import NAME, root, server_context
from tests.steps.loopback import context, only, receive, run, serve, serve_tls

_DATA_SEGMENTS_IN = 152
"""Offset of ``tcpi_data_segs_in`` in Linux's ``struct tcp_info``."""


def task(port: int, hello: str | None, trust: Trust | None = None) -> Task:
    options = {} if hello is None else {OPTION: hello}
    flow = replace(tls_flow(port, roots_of="ours", **options), trust=trust)
    return task_of("tls", flow, subject="ours", arm=Arm.OTHER_HELLO, timeout=5.0)


def captured(hello: str | None) -> tuple[bytes, int]:
    """The greeting as a server reads it, and in how many segments with data it came."""
    came = bytearray()
    segments: list[int] = []

    async def take(sock: socket.socket) -> None:
        while first_words(bytes(came))[0] is Kind.UNDECIDED:
            came.extend(await receive(sock))
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        segments.append(struct.unpack_from("=I", info, _DATA_SEGMENTS_IN)[0])

    async def main() -> None:
        async with serve(take) as port:
            await TlsCheck().run(context(), task(port, hello))

    run(main())
    return bytes(came), segments[0]


linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's counts are Linux's")


@linux
@pytest.mark.parametrize("hello", [None, "usual", "split"])
def test_a_cut_greeting_leaves_in_two_segments_and_is_the_same_in_all_else(
    hello: str | None,
) -> None:
    stream, segments = captured(hello)
    usual, _ = captured(None)
    assert segments == (2 if hello == "split" else 1)
    assert first_words(stream) == (Kind.TLS, NAME)
    assert (len(stream), cipher_suites(stream)) == (517, cipher_suites(usual))


@pytest.mark.parametrize("name", [NAME, "a.b"])
def test_the_cut_is_inside_the_name(name: str) -> None:
    data = b"\x16\x03\x01" + b"." * 90 + name.encode() + b"." * 30
    first, second = pieces(data, name, Hello.SPLIT)
    assert first + second == data
    assert name.encode() not in first and name.encode() not in second
    assert pieces(data, name, Hello.LARGE) == (data,)


@pytest.mark.parametrize("name", [None, "bücher.example", "not-in-it.example"])
def test_without_a_name_it_is_cut_in_the_middle(name: str | None) -> None:
    assert pieces(b"0123456789", name, Hello.SPLIT) == (b"01234", b"56789")
    assert pieces(b"0", name, Hello.SPLIT) == (b"0",)


@linux
def test_another_program_s_greeting_has_other_ciphers_and_no_padding() -> None:
    usual, other = captured(None)[0], captured("other")[0]
    assert first_words(other) == (Kind.TLS, NAME)
    assert cipher_suites(other) and cipher_suites(other) != cipher_suites(usual)
    assert len(other) < len(usual)


@linux
def test_a_large_greeting_is_longer_than_a_segment_of_ethernet() -> None:
    stream, _ = captured("large")
    assert 1460 < len(stream) < 3072
    assert first_words(stream) == (Kind.TLS, NAME)


@linux
def test_an_unknown_shape_is_the_usual_one() -> None:
    assert captured("baroque")[0][:3] == captured(None)[0][:3]
    assert len(captured("baroque")[0]) == 517


@pytest.mark.parametrize("hello", list(Hello))
def test_a_real_server_answers_every_shape_and_is_verified(hello: Hello) -> None:
    async def main() -> TlsObservation:
        ctx = context(roots={"ours": (root(),)})
        async with serve_tls(server_context()) as port:
            wanted = task(port, hello.value, Trust.PINNED)
            await TlsCheck().run(ctx, wanted)
            assert ctx.recorder.bytes_sent + ctx.recorder.bytes_received <= TlsCheck().max_bytes(
                wanted
            )
        return only(ctx, TlsObservation)

    seen = run(main())
    assert seen.failure is None and seen.verified
    assert seen.hello_acked in (True, None)


def test_a_run_that_is_stopped_between_the_halves_records_what_was_sent() -> None:
    async def main() -> TlsObservation:
        ctx = context()

        async def take(sock: socket.socket) -> None:
            await receive(sock)
            talk.cancel()

        async with serve(take) as port:
            talk = asyncio.ensure_future(TlsCheck().run(ctx, task(port, "split")))
            with pytest.raises(asyncio.CancelledError):
                await talk
        return only(ctx, TlsObservation)

    seen = run(main())
    assert seen.failure is not None and 0 < seen.bytes_sent <= seen.hello_size == 517
