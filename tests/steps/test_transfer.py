"""Transfers over real sockets: whole, cut, stalled, refused, sent, and their curves."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.checks.transfer import TransferCheck
from msgprobe.model.failure import Failure
from msgprobe.model.observation import HttpObservation, TlsObservation, TransferObservation
from msgprobe.model.target import Trust
from msgprobe.model.task import Arm, Flow, Role, Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.transfer import CURVE_POINTS, found_path, stalls, thinned
from tests.steps.authority import NAME, root, server_context
from tests.steps.loopback import HOST, context, only, run

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SIZE = 40 * 1024


@asynccontextmanager
async def server(handle: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            await handle(reader, writer)
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()

    listening = await asyncio.start_server(guarded, HOST, 0, ssl=tls or server_context())
    async with listening:
        yield int(listening.sockets[0].getsockname()[1])


def _flow(port: int, path: str, options: dict[str, str]) -> Flow:
    return Flow(
        address=HOST,
        port=port,
        host=NAME,
        server_name=NAME,
        trust=Trust.PINNED,
        roots_of="service",
        path=path,
        options=tuple({"bytes": str(SIZE), **options}.items()),
    )


def _task(flow: Flow) -> Task:
    return Task(
        id="t",
        round=1,
        role=Role.TARGET,
        arm=Arm.TRANSFER,
        check="transfer",
        subject="service",
        probe=flow,
    )


def move(
    handle: Serve, seconds: float = 10.0, path: str = "/big", **options: str
) -> tuple[TransferObservation, StepContext]:
    async def main() -> tuple[TransferObservation, StepContext]:
        async with server(handle) as port:
            ctx = context(seconds, roots={"service": (root(),)})
            task = _task(_flow(port, path, options))
            await TransferCheck().run(ctx, task)
            spent = ctx.recorder.bytes_sent + ctx.recorder.bytes_received
            assert spent <= TransferCheck().max_bytes(task)
            return only(ctx, TransferObservation), ctx

    return run(main())


def honest(status: str = "206 Partial Content", size: int = SIZE) -> Serve:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode())
        writer.write(bytes(size))
        await writer.drain()

    return handle


def test_a_download_is_followed_to_its_end() -> None:
    seen, ctx = move(honest())
    assert (seen.failure, seen.status, seen.capped) == (None, 206, False)
    assert seen.authenticated and seen.wanted == SIZE
    assert SIZE <= seen.moved < SIZE + 4096, "TLS and headers add a little"
    assert seen.curve[-1][1] == seen.moved
    assert [size for size, _ in seen.milestones] == [8 * 1024, 32 * 1024]
    assert seen.stalls == ()
    assert only(ctx, TlsObservation).verified


def test_the_request_asks_for_no_more_than_is_wanted() -> None:
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc")

    seen, _ = move(handle)
    assert f"Range: bytes=0-{SIZE - 1}\r\n".encode() in heads[0]
    assert b"Accept-Encoding: identity\r\n" in heads[0]
    assert seen.failure is None and not seen.capped, "a short object is a whole one"


def test_a_server_without_ranges_is_left_once_there_is_enough() -> None:
    seen, ctx = move(honest("200 OK", 4_000_000))
    assert seen.failure is None and seen.moved >= SIZE
    assert ctx.recorder.bytes_received < 1_000_000


def test_patience_ends_a_slow_download_without_calling_it_failed() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 206 Partial Content\r\nContent-Length: {SIZE}\r\n\r\n".encode())
        writer.write(bytes(9000))
        await asyncio.sleep(60)

    seen, _ = move(handle, patience="1.5")
    assert seen.failure is None and seen.capped
    assert 9000 <= seen.moved < SIZE
    assert seen.stalls[-1][0] == seen.moved and seen.stalls[-1][1] > 1.0
    assert [size for size, _ in seen.milestones] == [8 * 1024]


def test_silence_is_a_failure() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(60)

    seen, _ = move(handle, patience="0.5")
    assert seen.failure is Failure.TIMED_OUT and seen.capped
    assert seen.moved < 1024, "nothing but TLS tickets"


def test_a_connection_that_ends_early_failed() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + bytes(500))

    seen, _ = move(handle)
    assert seen.failure is Failure.EOF


@pytest.mark.parametrize("answer", [b"\x16nonsense\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n"])
def test_what_is_not_http_failed(answer: bytes) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    seen, _ = move(handle)
    assert seen.failure is Failure.HTTP_INVALID


def test_an_upload_is_followed_by_what_the_kernel_acknowledges() -> None:
    heard: list[int] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        heard.append(len(await reader.readexactly(SIZE)))
        writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")

    seen, _ = move(handle, direction="up")
    assert heard == [SIZE]
    assert (seen.failure, seen.status, seen.capped) == (None, 405, False)
    assert seen.moved >= SIZE and seen.direction == "up"


def test_a_server_that_answers_and_takes_no_more_is_not_slow_but_unwilling() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(60)

    seen, _ = move(handle, direction="up", bytes=str(16 << 20))
    assert seen.failure is Failure.EOF and seen.status == 413


def test_a_page_names_the_object() -> None:
    asked: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        page = b'<script src="app-1f2e.js"></script>'
        for body in (page, bytes(SIZE)):
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head.split(b" ")[1].decode())
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()

    seen, ctx = move(handle, path="/k/", find='src="([^"]+[.]js)"')
    assert asked == ["/k/", "/k/app-1f2e.js"]
    assert seen.path == "/k/app-1f2e.js" and seen.moved >= SIZE
    assert only(ctx, HttpObservation).status == 200


def test_patience_holds_for_the_page_as_well() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(60)

    async def main() -> StepContext:
        async with server(handle) as port:
            ctx = context(20.0, roots={"service": (root(),)})
            flow = _flow(port, "/k/", {"find": "(x)", "patience": "0.5"})
            await TransferCheck().run(ctx, _task(flow))
            return ctx

    ctx = run(main())
    seen = only(ctx, HttpObservation)
    assert seen.failure is Failure.TIMED_OUT and seen.window.seconds < 10
    assert not [o for o in ctx.recorder.observations if isinstance(o, TransferObservation)]


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/a.js", "/a.js"),
        ("a.js?x=1", "/k/a.js?x=1"),
        ("../a.js", "/a.js"),
        ("https://elsewhere.example/a.js", None),
        ("//elsewhere.example/a.js", None),
        ("javascript:alert(1)", None),
        ("a b.js", None),
    ],
)
def test_links_stay_on_the_host(link: str, path: str | None) -> None:
    assert found_path(f'src="{link}"', 'src="([^"]+)"', "/k/") == path


@given(st.text(max_size=200))
def test_found_path_is_total(page: str) -> None:
    found = found_path(page, "(.+)", "/k/")
    assert found is None or (found.startswith("/") and found.isascii() and " " not in found)


points = st.lists(st.tuples(st.floats(0, 100), st.integers(0, 10**6)), min_size=1, max_size=400)


@given(points)
def test_thinning_keeps_the_ends(found: list[tuple[float, int]]) -> None:
    kept = thinned(found)
    assert len(kept) == min(len(found), CURVE_POINTS)
    assert kept[0][1] == found[0][1] and kept[-1][1] == found[-1][1]


def test_stalls_are_long_pauses_and_the_last_one_too() -> None:
    curve = [(0.1, 100), (0.2, 200), (1.9, 300), (2.0, 400)]
    assert stalls(curve, None, 1.0) == ((200, 1.7),)
    assert stalls(curve, 5.0, 1.0) == ((200, 1.7), (400, 3.0))
    assert stalls([], 2.0, 1.0) == ((0, 2.0),)
