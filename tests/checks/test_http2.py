"""HTTP/2 as browsers speak it: by HEAD, and HTTP/1.1 with whoever chooses that."""

import pytest

from msgprobe.checks.registry import registry
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.observation import HttpObservation, TlsObservation
from msgprobe.steps.context import StepContext
from tests.lab.world import http2
from tests.lab.world.http import Request, Response
from tests.model.tasks import task_of
from tests.steps.asked import tls_flow
from tests.steps.authority import root, server_context
from tests.steps.loopback import Pair, Speaker, context, listening, only, run
from tests.steps.test_mtproto_ways import folded

BROWSER = {OPTION: Hello.MODERN.value, "alpn": "h2,http/1.1", "method": "HEAD"}


def held(handler: Speaker, *chosen: str, **options: str) -> StepContext:
    """What the check records of a server that chooses one of these protocols."""
    check = registry()["http2"]

    async def main() -> StepContext:
        secure = server_context()
        secure.set_alpn_protocols(list(chosen))
        async with listening(handler, secure) as port:
            task = task_of("http2", tls_flow(port, "/where", **options))
            ctx = context(5.0, roots={"service": (root(),)})
            await check.run(ctx, task)
            cost = ctx.recorder.bytes_sent + ctx.recorder.bytes_received
            assert cost <= check.max_bytes(task)
            return ctx

    return run(main())


def test_a_page_is_asked_for_without_its_body() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(body=b"x" * 4000)

    ctx = held(lambda pair: http2.serve(*pair, answer), "h2", **BROWSER)
    assert [request.method for request in asked] == ["HEAD"]
    assert only(ctx, TlsObservation).alpn == "h2"
    assert only(ctx, TlsObservation).hello_size > 1448, "more than one segment takes"
    assert only(ctx, HttpObservation).status == 200 and folded(ctx).genuine


@pytest.mark.parametrize("chosen", [("http/1.1",), ()])
def test_who_chooses_http_1_1_is_asked_in_it(chosen: tuple[str, ...]) -> None:
    heard: list[bytes] = []

    async def answer(pair: Pair) -> None:
        heard.append(await pair[0].readuntil(b"\r\n\r\n"))
        pair[1].write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await pair[0].read()

    ctx = held(answer, *(chosen or ("other",)), **BROWSER)
    assert heard[0].startswith(b"HEAD /where HTTP/1.1\r\n")
    assert only(ctx, HttpObservation).status == 204 and folded(ctx).genuine


def test_where_it_was_not_offered_nothing_more_is_asked() -> None:
    async def listen(pair: Pair) -> None:
        assert await pair[0].read() == b""

    ctx = held(listen, "http/1.1")
    assert not any(isinstance(o, HttpObservation) for o in ctx.recorder.observations)
    assert folded(ctx).genuine
