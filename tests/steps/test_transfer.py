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

from msgprobe.checks.https import HttpsCheck
from msgprobe.checks.transfer import TransferCheck
from msgprobe.model.failure import Failure
from msgprobe.model.observation import HttpObservation, TlsObservation, TransferObservation
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.steps.context import StepContext
from msgprobe.steps.links import PAGE_CAP
from msgprobe.steps.transfer import CURVE_POINTS, stalls, thinned
from tests.model.tasks import task_of
from tests.steps.asked import tls_flow
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
    try:
        yield int(listening.sockets[0].getsockname()[1])
    finally:
        # Nobody waits for those who are still connected, as `async with` does since Python 3.12.
        listening.close()


def _flow(port: int, path: str, options: dict[str, str]) -> Flow:
    return tls_flow(port, path, **{"bytes": str(SIZE), **options})


def _task(flow: Flow) -> Task:
    return task_of("transfer", flow, arm=Arm.TRANSFER)


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


@asynccontextmanager
async def stopping(port: int, after: int) -> AsyncIterator[int]:
    """A way to that port on which nothing more comes after so many bytes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, port)

        async def up() -> None:
            while data := await reader.read(4096):
                back.write(data)

        try:
            async with asyncio.TaskGroup() as group:  # until whoever asked has gone
                group.create_task(up())
                left = after
                while left and (data := await there.read(left)):
                    left -= len(data)
                    writer.write(data)
        finally:
            for one in (back, writer):
                one.close()
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    listening = await asyncio.start_server(handle, HOST, 0)
    try:
        yield int(listening.sockets[0].getsockname()[1])
    finally:
        listening.close()
        await asyncio.sleep(0.1)


def test_it_is_left_at_the_byte_that_was_wanted_although_its_record_is_not_whole() -> None:
    """The rest of a record of 16 kB takes a second at 140 kbit/s, and tells nothing."""

    async def main() -> TransferObservation:
        async with server(honest("200 OK", 400_000)) as far, stopping(far, SIZE + 5_000) as port:
            ctx = context(10.0, roots={"service": (root(),)})
            await TransferCheck().run(ctx, _task(_flow(port, "/big", {"patience": "3"})))
            return only(ctx, TransferObservation)

    seen = run(main())
    assert (seen.failure, seen.capped) == (None, False)
    assert SIZE <= seen.moved < SIZE + 5_000


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

    seen, ctx = move(handle, path="/k/", find='src="[*.js]"')
    assert asked == ["/k/", "/k/app-1f2e.js"]
    assert seen.path == "/k/app-1f2e.js" and seen.moved >= SIZE
    assert only(ctx, HttpObservation).status == 200


def shelf(objects: dict[str, int | bytes], heads: list[str], refuse_head: bool = False) -> Serve:
    """A server of objects: so many bytes, or these; who asks for more gets 404."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            heads.append(head)
            method, path, _ = head.split(" ", 2)
            held = objects.get(path)
            body = bytes(held) if isinstance(held, int) else held or b""
            status = "404 Not Found" if held is None else "200 OK"
            if method == "HEAD" and refuse_head:
                status, body = "405 Method Not Allowed", b""
            length = f"Content-Length: {len(body)}\r\n\r\n"
            writer.write(f"HTTP/1.1 {status}\r\n{length}".encode())
            writer.write(b"" if method == "HEAD" else body)
            await writer.drain()

    return handle


def asked(heads: list[str]) -> list[str]:
    return [" ".join(head.split(" ")[:2]) for head in heads]


def linked(*names: str) -> bytes:
    return "".join(f'<script src="{name}"></script>' for name in names).encode()


FIND = 'src="[*.js]"'


def test_of_several_objects_the_first_that_is_large_enough_is_moved() -> None:
    heads: list[str] = []
    page = linked("/a.js", "/b.js", "/c.js")
    sizes: dict[str, int | bytes] = {"/a.js": 900, "/b.js": SIZE, "/c.js": 2 * SIZE}
    seen, ctx = move(shelf({"/k/": page, **sizes}, heads), path="/k/", find=FIND)
    assert asked(heads) == ["GET /k/", "HEAD /a.js", "HEAD /b.js", "GET /b.js"]
    assert seen.path == "/b.js" and seen.moved >= SIZE
    pages = [o for o in ctx.recorder.observations if isinstance(o, HttpObservation)]
    assert pages[0].links == ("/a.js", "/b.js", "/c.js")


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ({"/a.js": 900, "/b.js": 20_000, "/c.js": 3_000}, "/b.js"),
        ({"/c.js": 3_000}, "/c.js"),
        ({}, "/a.js"),
    ],
)
def test_where_none_is_large_enough_the_largest_is_moved(
    sizes: dict[str, int | bytes], chosen: str
) -> None:
    heads: list[str] = []
    seen, _ = move(shelf(sizes, heads), path="/a.js", more="/b.js /c.js")
    assert asked(heads) == ["HEAD /a.js", "HEAD /b.js", "HEAD /c.js", f"GET {chosen}"]
    assert seen.path == chosen


def test_a_server_that_answers_no_head_gives_the_first() -> None:
    heads: list[str] = []
    sizes: dict[str, int | bytes] = {"/a.js": SIZE, "/b.js": SIZE}
    seen, _ = move(shelf(sizes, heads, refuse_head=True), path="/a.js", more="/b.js")
    assert seen.path == "/a.js" and seen.moved >= SIZE


def test_no_more_than_four_objects_are_looked_at() -> None:
    heads: list[str] = []
    page = linked(*(f"/{n}.js" for n in range(9)))
    move(shelf({"/k/": page}, heads), path="/k/", find=FIND)
    assert len(heads) == 6


@pytest.mark.parametrize("size", [20_000, PAGE_CAP, PAGE_CAP + 100_000])
def test_a_page_longer_than_what_is_kept_of_it_names_its_object(size: int) -> None:
    heads: list[str] = []
    page = (b"." * 15_000 + linked("/a.js")).ljust(size, b".")
    seen, _ = move(shelf({"/": page, "/a.js": SIZE}, heads), path="/", find=FIND)
    assert asked(heads) == ["GET /", "GET /a.js"]
    assert seen.moved >= SIZE


def test_a_page_without_end_gives_no_object_and_is_left() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + linked("/a.js"))
        for _ in range(300):
            if writer.is_closing():
                return
            writer.write(bytes(16_384))
            await writer.drain()
            await asyncio.sleep(0)

    async def main() -> StepContext:
        async with server(handle) as port:
            ctx = context(20.0, roots={"service": (root(),)})
            task = _task(_flow(port, "/", {"find": FIND}))
            await TransferCheck().run(ctx, task)
            spent = ctx.recorder.bytes_sent + ctx.recorder.bytes_received
            assert spent <= TransferCheck().max_bytes(task)
            return ctx

    ctx = run(main())
    assert only(ctx, HttpObservation).links == ("/a.js",)
    assert not [o for o in ctx.recorder.observations if isinstance(o, TransferObservation)]


def read_page(page: bytes, **options: str) -> tuple[HttpObservation, StepContext]:
    """The page is read with the https check, as one that names objects on another host."""

    async def main() -> tuple[HttpObservation, StepContext]:
        async with server(shelf({"/s/": page}, [])) as port:
            ctx = context(10.0, roots={"service": (root(),)})
            task = _task(_flow(port, "/s/", options))
            await HttpsCheck().run(ctx, task)
            spent = ctx.recorder.bytes_sent + ctx.recorder.bytes_received
            assert spent <= HttpsCheck().max_bytes(task)
            return only(ctx, HttpObservation), ctx

    return run(main())


def test_a_page_that_names_objects_elsewhere_is_left_once_there_are_enough() -> None:
    links = linked(*(f"https://cdn.example/{n}.js" for n in range(9)), "/own.js")
    page = (bytes(9_000) + links).ljust(400_000, b".")
    seen, ctx = read_page(page, find=FIND, find_host="cdn.example")
    assert seen.links == tuple(f"/{n}.js" for n in range(4))
    assert seen.failure is None and not seen.body_complete
    assert seen.body_bytes < 20_000 and ctx.recorder.bytes_received < 200_000


def test_a_page_is_searched_no_further_than_is_kept_of_it() -> None:
    late = linked("https://cdn.example/b.js")
    page = linked("https://cdn.example/a.js") + bytes(PAGE_CAP) + late
    seen, _ = read_page(page, find=FIND, find_host="cdn.example")
    assert seen.links == ("/a.js",) and seen.body_bytes == PAGE_CAP


def fields(head: str) -> dict[str, str]:
    lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
    return {name: value for name, _, value in lines}


def test_an_object_is_asked_for_as_a_browser_would() -> None:
    heads: list[str] = []
    sizes: dict[str, int | bytes] = {"/k/": linked("/a.js", "/b.js"), "/a.js": 5, "/b.js": SIZE}
    move(shelf(sizes, heads), path="/k/", find=FIND)
    page, first, _, script = map(fields, heads)
    assert (page["Sec-Fetch-Mode"], page["Sec-Fetch-Dest"]) == ("navigate", "document")
    assert (page["Sec-Fetch-Site"], page["Sec-Fetch-User"]) == ("none", "?1")
    for head in (first, script):
        assert (head["Sec-Fetch-Mode"], head["Sec-Fetch-Dest"]) == ("no-cors", "script")
        assert head["Sec-Fetch-Site"] == "same-origin" and head["Referer"] == f"https://{NAME}/"
        assert "Sec-Fetch-User" not in head


def test_what_another_hosts_page_names_is_asked_for_as_its_part() -> None:
    heads: list[str] = []
    sizes: dict[str, int | bytes] = {"/file/a.jpg": SIZE}
    move(shelf(sizes, heads), path="/file/a.jpg", page_host="page.example")
    head = fields(heads[0])
    assert (head["Sec-Fetch-Dest"], head["Sec-Fetch-Site"]) == ("image", "cross-site")
    assert head["Referer"] == "https://page.example/"


@pytest.mark.parametrize("direction", ["down", "up"])
def test_only_what_is_opened_says_that_it_is(direction: str) -> None:
    heads: list[str] = []
    move(shelf({"/big": SIZE}, heads), direction=direction)
    assert ("Sec-Fetch-Mode: navigate" in heads[0]) is (direction == "down")


def test_patience_holds_for_the_page_as_well() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(60)

    async def main() -> StepContext:
        async with server(handle) as port:
            ctx = context(20.0, roots={"service": (root(),)})
            flow = _flow(port, "/k/", {"find": 'src="[*]"', "patience": "0.5"})
            await TransferCheck().run(ctx, _task(flow))
            return ctx

    ctx = run(main())
    seen = only(ctx, HttpObservation)
    assert seen.failure is Failure.TIMED_OUT and seen.window.seconds < 10
    assert not [o for o in ctx.recorder.observations if isinstance(o, TransferObservation)]


points = st.lists(st.tuples(st.floats(0, 100), st.integers(0, 10**6)), min_size=1, max_size=400)


@given(points)
def test_thinning_keeps_the_ends(found: list[tuple[float, int]]) -> None:
    kept = thinned(found)
    assert len(kept) == min(len(found), CURVE_POINTS)
    assert kept[0][1] == found[0][1] and kept[-1][1] == found[-1][1]


def test_stalls_are_long_pauses_and_the_last_one_too() -> None:
    curve = [(0.1, 100), (0.2, 200), (1.9, 300), (2.0, 400)]
    assert stalls(curve, None, None) == ((200, 1.7),)
    assert stalls(curve, 5.0, None) == ((200, 1.7), (400, 3.0))
    assert stalls([], 2.0, None) == ((0, 2.0),)
