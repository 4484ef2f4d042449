"""HTTP over our own stream: honest, hostile and dying servers."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import HttpObservation
from msgprobe.model.target import Trust
from msgprobe.steps.browser import USER_AGENT
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done, Failed, StepContext
from msgprobe.steps.http import NOTHING_EXPECTED, Expectation, HttpAnswer, HttpExchange
from msgprobe.steps.http_limits import BODY_CAP, BODY_KEPT, TOTAL_CAP
from msgprobe.steps.tls import handshake
from tests.steps import deaths, loopback
from tests.steps.authority import NAME, root, server_context
from tests.steps.loopback import HOST, Pair, context, listening, only, run, serve, serve_tls

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsuccess\n"


async def get(
    ctx: StepContext, port: int, expect: Expectation = NOTHING_EXPECTED, path: str = "/"
) -> Done[HttpAnswer] | Failed:
    opened = await connect(ctx, HOST, port)
    assert isinstance(opened, Done)
    async with closing(ctx, opened.value):
        talk = HttpExchange(ctx=ctx, stream=opened.value, host="page.test")
        return await talk.get(path, expect)


def fetch(
    handler: loopback.Handler, seconds: float = 5.0, expect: Expectation = NOTHING_EXPECTED
) -> HttpObservation:
    async def main() -> HttpObservation:
        async with serve(handler) as port:
            ctx = context(seconds)
            await get(ctx, port, expect)
            return only(ctx, HttpObservation)

    return run(main())


def answer(data: bytes, expect: Expectation = NOTHING_EXPECTED) -> HttpObservation:
    return fetch(loopback.replies(data), expect=expect)


@pytest.mark.parametrize(
    "last", [b"HTTP/1.1 200 OK\r\nConnection: close\r\n", b"HTTP/1.0 200 OK\r\n"]
)
def test_a_server_that_answers_once_is_not_asked_again_and_not_cut(last: bytes) -> None:
    async def main() -> None:
        async with serve(loopback.replies(last + b"Content-Length: 2\r\n\r\nok")) as port:
            ctx = context()
            opened = await connect(ctx, HOST, port)
            assert isinstance(opened, Done)
            async with closing(ctx, opened.value):
                talk = HttpExchange(ctx=ctx, stream=opened.value, host="page.test", last=False)
                assert isinstance(await talk.get("/"), Done)
                again = await talk.get("/again")
            assert isinstance(again, Failed) and again.failure is Failure.HTTP_INVALID
            first, second = (o for o in ctx.recorder.observations if isinstance(o, HttpObservation))
            assert (first.status, first.failure) == (200, None)
            assert (second.status, second.path) == (None, "/again")
            assert second.failure is Failure.HTTP_INVALID

    run(main())


def test_a_page_is_read_and_described() -> None:
    seen = answer(
        b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\n"
        b"Date: Mon, 05 Jan 2026 10:30:00 GMT\r\n\r\nhello"
    )
    assert (seen.failure, seen.status, seen.body) == (None, 200, "hello")
    assert (seen.body_bytes, seen.body_complete, seen.matched) == (5, True, None)
    assert ("server", "nginx") in seen.headers
    assert seen.date == "2026-01-05T10:30:00Z"
    expected = (datetime(2026, 1, 5, 10, 30, tzinfo=UTC) - datetime.now(UTC)).total_seconds()
    assert seen.clock_offset == pytest.approx(expected, abs=5)
    assert not seen.tls and not seen.authenticated and seen.first_byte is not None


def test_the_request_is_a_common_browsers_and_asks_for_nothing_compressed() -> None:
    heard: list[bytes] = []

    async def handler(sock: socket.socket) -> None:
        heard.append(await loopback.receive(sock))
        await loopback.send(sock, OK)

    async def main() -> None:
        async with serve(handler) as port:
            await get(context(), port, path="/where?q=1")

    run(main())
    head = heard[0].decode()
    assert head.startswith("GET /where?q=1 HTTP/1.1\r\nHost: page.test:")
    assert f"User-Agent: {USER_AGENT}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head
    assert "Upgrade-Insecure-Requests: 1\r\n" in head
    assert "Sec-Fetch" not in head, "browsers say it inside TLS alone"
    assert "msgprobe" not in head.lower()


@pytest.mark.parametrize(
    ("expect", "matched"),
    [
        (Expectation(status=(200, 204)), True),
        (Expectation(status=(204,)), False),
        (Expectation(text="ucc"), True),
        (Expectation(text="ucc", exact=True), False),
        (Expectation(text="success", exact=True), True),
        (Expectation(status=(200,), text="failure"), False),
        (Expectation(text="", exact=True), False),
        (Expectation(), None),
        (Expectation(header="content-length"), True),
        (Expectation(header="CONTENT-LENGTH: 8"), True),
        (Expectation(header="Content-Length: 9"), False),
        (Expectation(header="Content"), False),
        (Expectation(header="X-Mark"), False),
        (Expectation(status=(200,), text="ucc", header="X-Mark"), False),
        (Expectation(status=(204,), header="Content-Length"), False),
    ],
)
def test_expectations(expect: Expectation, matched: bool | None) -> None:
    assert answer(OK, expect).matched is matched


def test_an_empty_204_is_what_a_sentinel_wants() -> None:
    seen = answer(
        b"HTTP/1.1 204 No Content\r\n\r\n", Expectation(status=(204,), text="", exact=True)
    )
    assert seen.failure is None and seen.matched is True and seen.body_complete


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b"220 mail.test ESMTP\r\n\r\n", Failure.HTTP_INVALID),
        (b"\x00\x01\x02\xff" * 40 + b"\r\n\r\n", Failure.HTTP_INVALID),
        (b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n", Failure.HTTP_INVALID),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", Failure.HTTP_INVALID),
        (b"", Failure.EOF),
        (b"HTTP/1.1 200 O", Failure.EOF),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", Failure.EOF),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 40_000 + b"\r\n\r\n", Failure.TOO_LARGE),
    ],
)
def test_answers_that_are_not_whole_http(data: bytes, failure: Failure) -> None:
    assert answer(data).failure is failure


def test_a_body_cut_short_keeps_what_came() -> None:
    seen = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")
    assert (seen.status, seen.body, seen.body_complete) == (200, "half", False)


@pytest.mark.parametrize(("expect", "most"), [(None, BODY_KEPT), ("never there", BODY_CAP)])
def test_an_endless_body_is_read_up_to_a_cap(expect: str | None, most: int) -> None:
    wanted = Expectation(text=expect) if expect else NOTHING_EXPECTED
    seen = fetch(loopback.junk(b"a" * 8192, b"HTTP/1.1 200 OK\r\n\r\n"), expect=wanted)
    assert seen.failure is None and not seen.body_complete
    assert seen.body_bytes == most and len(seen.body) == BODY_KEPT


def test_endless_interim_answers_are_cut() -> None:
    seen = fetch(loopback.junk(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50))
    assert seen.failure is Failure.TOO_LARGE and seen.status is None


def test_tiny_chunks_are_bounded_by_what_is_read_in_all() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    seen = fetch(loopback.junk((b"1;" + b"e" * 1000 + b"\r\nx\r\n") * 8, head))
    assert seen.failure is None and not seen.body_complete
    assert seen.body_bytes < TOTAL_CAP


def test_a_compressed_body_is_never_unpacked() -> None:
    import gzip

    bomb = gzip.compress(bytes(2_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    seen = answer(head.encode() + bomb)
    assert seen.failure is None and seen.body_bytes == len(bomb)


def test_a_slow_answer_is_stopped_by_the_deadline() -> None:
    seen = fetch(loopback.drip(OK, 0.05), seconds=0.4)
    assert seen.failure is Failure.TIMED_OUT and seen.window.seconds < 0.8


def test_silence_and_reset_are_told_apart() -> None:
    assert fetch(loopback.silence, seconds=0.2).failure is Failure.TIMED_OUT
    seen = fetch(loopback.reset)
    assert (seen.failure, seen.errno) == (Failure.CONNECTION_RESET, "ECONNRESET")


def test_a_reset_in_the_middle_of_the_body_keeps_the_status() -> None:
    async def handler(sock: socket.socket) -> None:
        await loopback.receive(sock)
        await loopback.send(sock, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
        await asyncio.sleep(0.1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    seen = fetch(handler)
    assert (seen.status, seen.failure) == (200, Failure.CONNECTION_RESET)
    assert (seen.body, seen.errno) == ("abc", "ECONNRESET")


def test_a_freeze_in_the_middle_of_the_body_is_a_timeout_with_a_status() -> None:
    async def handler(sock: socket.socket) -> None:
        await loopback.receive(sock)
        await loopback.send(sock, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
        await asyncio.sleep(60)

    seen = fetch(handler, seconds=0.3)
    assert (seen.status, seen.failure, seen.body) == (200, Failure.TIMED_OUT, "abc")


def test_control_bytes_of_the_network_do_not_survive() -> None:
    seen = answer(
        b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n\x1b[2Jred\x07\x00\xe2\x80\xae"[:-1]
    )
    assert "\x1b" not in seen.body and "\x07" not in seen.body


@pytest.mark.parametrize("date", ["yesterday", "Mon, 99 Foo 99999 99:99:99 GMT", ""])
def test_a_nonsense_date_is_no_date(date: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n"
    seen = answer(head.encode())
    assert seen.failure is None and seen.date is None and seen.clock_offset is None


@contextlib.asynccontextmanager
async def inside(ctx: StepContext, port: int) -> AsyncIterator[HttpExchange]:
    """HTTP inside TLS."""
    opened = await connect(ctx, HOST, port)
    assert isinstance(opened, Done)
    async with closing(ctx, opened.value) as stream:
        secured = await handshake(
            ctx, stream, server_name=NAME, trust=Trust.PINNED, roots=(root(),)
        )
        assert isinstance(secured, Done)
        yield HttpExchange(ctx=ctx, stream=secured.value, host=NAME)


def test_inside_tls_the_answer_is_authenticated_and_a_later_reset_is_http() -> None:
    async def main(*, reset: bool) -> HttpObservation:
        async with serve_tls(server_context(), b"" if reset else OK, then_reset=reset) as port:
            ctx = context()
            async with inside(ctx, port) as talk:
                await talk.get("/")
            return only(ctx, HttpObservation)

    seen = run(main(reset=False))
    assert seen.tls and seen.authenticated and seen.body_complete
    died = run(main(reset=True))
    assert died.failure in (Failure.CONNECTION_RESET, Failure.EOF) and died.tls


@pytest.mark.parametrize(
    ("method", "extra", "mode"),
    [
        ("GET", {}, "navigate"),
        ("GET", {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, "no-cors"),
        ("POST", {}, None),
    ],
)
def test_inside_tls_a_page_is_asked_for_as_a_browser_opens_it(
    method: str, extra: dict[str, str], mode: str | None
) -> None:
    heads: list[bytes] = []

    async def speak(pair: Pair) -> None:
        heads.append(await pair[0].readuntil(b"\r\n\r\n"))
        pair[1].write(OK)

    async def main() -> None:
        ctx = context()
        content = b"x" if method != "GET" else b""
        async with listening(speak, server_context()) as port, inside(ctx, port) as talk:
            await talk.ask(method, "/", headers=extra, content=content)

    run(main())
    head = heads[0].decode()
    said = dict(line.partition(": ")[::2] for line in head.split("\r\n")[1:] if line)
    assert said.get("Sec-Fetch-Mode") == mode
    usual = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none", "Sec-Fetch-User": "?1"}
    assert (usual.items() <= said.items()) is (mode == "navigate")
    assert ("Upgrade-Insecure-Requests" in said) is (mode == "navigate")


def test_a_request_cancelled_half_way_is_one_interrupted_observation() -> None:
    ctx = run(deaths.cancelled(get))
    assert only(ctx, HttpObservation).failure is Failure.INTERRUPTED
