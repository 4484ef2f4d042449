"""What real conversations with servers on loopback say about a row."""

import asyncio
import contextlib
import dataclasses
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import trustme

from msgprobe.checks.registry import registry
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import Proof
from msgprobe.model.row import Word
from msgprobe.model.task import Lookup, Probe, Resolver, ResolverKind
from msgprobe.runner.engine import Runner
from msgprobe.runner.given import Given
from msgprobe.runner.limits import Limits
from msgprobe.steps.world import system_world
from msgprobe.verification import answer
from msgprobe.verification.answer import Answer
from msgprobe.wire.dns_message import build_query
from tests.model.tasks import task_of
from tests.steps.asked import tls_flow
from tests.steps.authority import NAME, root, server_context
from tests.steps.loopback import HOST, closed_port, fin, replies, reset, run, serve, serve_tls

FLOW = tls_flow(0, roots_of="acme")
GIVEN = Given(controls=frozenset({HOST}))
"""The catalogue names this device itself, where the tests' servers are."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsuccess\n"


def said(status: str, *headers: str, body: str = "") -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return f"{head}\r\n\r\n{body}".encode()


def real_runner() -> Runner:
    """The runner with the real checks, which trusts our own authority."""
    return Runner(
        world=system_world(1),
        checks=registry(),
        roots={"acme": (root(),)},
        limits=Limits(),
        given=GIVEN,
        emit=lambda event: None,
    )


async def held(check: str, probe: Probe, timeout: float = 3.0) -> Measurement:
    """The conversation as the real runner holds it with the real check."""
    task = task_of(check, probe, subject="acme", timeout=timeout)
    async with real_runner() as runner:
        runner.submit([task])
        while not runner.idle:
            await runner.change(1.0)
    (measurement,) = runner.measurements
    return measurement


def of_https(reply: bytes, tls: ssl.SSLContext | None = None, **flow: Any) -> Answer:
    async def main() -> Measurement:
        async with serve_tls(tls or server_context(), reply) as port:
            return await held("https", dataclasses.replace(FLOW, port=port, **flow))

    return answer.of_service(run(main()), Proof.CRYPTO)


# -- rows of services ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["200 OK", "301 Moved", "403 Forbidden", "404 Not Found"])
def test_any_authenticated_answer_holds_where_nothing_is_expected(status: str) -> None:
    assert of_https(said(status)).word is Word.HOLDS


def test_what_is_expected_holds() -> None:
    assert of_https(OK, expect_status=(200,), expect_text="succ") == answer.HOLDS


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_is_told_and_could_be_expected(status: int) -> None:
    found = of_https(said(f"{status} Oops"))
    assert (found.word, found.what) == (Word.DIFFERS, f"status {status}")
    assert found.came.status == status
    assert of_https(said(f"{status} Oops"), expect_status=(status,)).word is Word.HOLDS


def test_another_status_says_which_and_whither() -> None:
    reply = said("302 Found", "Location: https://elsewhere.example/x")
    found = of_https(reply, expect_status=(200, 204))
    assert found.word is Word.DIFFERS
    assert found.what == "status 302, not 200 or 204, sent on to https://elsewhere.example/x"
    assert found.came.status == 302


def test_another_text_and_a_lacking_header_are_told() -> None:
    text = of_https(said("200 OK", body="sorry"), expect_status=(200,), expect_text="hello")
    assert text.word is Word.DIFFERS and text.what.endswith("it begins: sorry")
    header = of_https(OK, options=(("header", "X-Mark"),))
    assert header.word is Word.DIFFERS and header.what == "status 200 without the header X-Mark"


def test_another_authority_is_shown_with_its_chain() -> None:
    other = trustme.CA(organization_name="Another Trust")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    other.issue_cert(NAME, key_type=trustme.KeyType.RSA).configure_cert(context)
    found = of_https(OK, context)
    assert found.word is Word.DIFFERS
    assert "unknown authority" in found.what and "Another Trust" in found.what
    assert found.came.shown
    expired = of_https(OK, server_context(expired=True))
    assert expired.word is Word.DIFFERS and "expired" in expired.what


def test_a_certificate_for_another_name_differs() -> None:
    found = of_https(OK, server_name="other.test", host="other.test")
    assert found.word is Word.DIFFERS and "another name" in found.what


@pytest.mark.parametrize(("handler", "told"), [(reset, "reset"), (fin, "closed")])
def test_whoever_breaks_off_gives_no_answer(handler: Any, told: str) -> None:
    async def main() -> Measurement:
        async with serve(handler) as port:
            return await held("https", dataclasses.replace(FLOW, port=port))

    found = answer.of_service(run(main()), Proof.CRYPTO)
    assert found.word is Word.NO_ANSWER and told in found.what


def test_a_closed_port_gives_no_answer_and_says_where() -> None:
    with closed_port() as port:
        seen = run(held("https", dataclasses.replace(FLOW, port=port)))
    found = answer.of_service(seen, Proof.CRYPTO)
    assert (found.word, found.what) == (Word.NO_ANSWER, f"{HOST}:{port}: refused")


def test_plain_text_where_tls_was_due_differs() -> None:
    async def main() -> Measurement:
        async with serve(replies(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
            return await held("https", dataclasses.replace(FLOW, port=port))

    assert answer.of_service(run(main()), Proof.CRYPTO).word is Word.DIFFERS


def test_an_open_port_holds_only_where_no_more_is_promised() -> None:
    async def main() -> Measurement:
        async with serve(fin) as port:
            return await held("connect", dataclasses.replace(FLOW, port=port, trust=None))

    seen = run(main())
    assert answer.of_service(seen, Proof.CONNECTED).word is Word.HOLDS
    assert answer.of_service(seen, Proof.SHAPE).word is Word.DIFFERS


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("401 Unauthorized", Word.HOLDS),
        ("400 Bad Request", Word.HOLDS),
        ("404 Not Found", Word.DIFFERS),
        ("301 Moved", Word.DIFFERS),
        ("502 Bad Gateway", Word.DIFFERS),
    ],
)
def test_a_refused_websocket_is_an_answer_unless_the_path_is_gone(status: str, word: Word) -> None:
    async def main() -> Measurement:
        async with serve_tls(server_context(), said(status)) as port:
            flow = dataclasses.replace(FLOW, port=port, options=(("transport", "websocket"),))
            return await held("noise", flow)

    found = answer.of_service(run(main()), Proof.CRYPTO)
    assert found.word is word
    assert found.what == f"status {status[:3]} instead of a WebSocket"
    assert found.came.status is None  # no row can expect it


# -- rows of controls ----------------------------------------------------------------------------


def test_tls_for_a_foreign_name_counts_whoever_the_certificate_is_for() -> None:
    async def main(name: str) -> Measurement:
        async with serve_tls(server_context(), OK) as port:
            flow = dataclasses.replace(
                FLOW, port=port, host=name, server_name=name, trust=None, roots_of=None
            )
            return await held("tls", flow)

    assert answer.of_name_elsewhere(run(main("foreign.test"))).word is Word.HOLDS


def test_a_reset_for_a_foreign_name_differs() -> None:
    async def main() -> Measurement:
        async with serve(reset) as port:
            return await held("tls", dataclasses.replace(FLOW, port=port, trust=None))

    found = answer.of_name_elsewhere(run(main()))
    assert found.word is Word.DIFFERS and f"asked for {NAME}" in found.what


def _moved(reply: bytes, **options: str) -> Answer:
    async def main() -> Measurement:
        async with serve_tls(server_context(), reply) as port:
            given = tuple({"bytes": "4096", "patience": "2", **options}.items())
            return await held("transfer", dataclasses.replace(FLOW, port=port, options=given))

    return answer.of_transfer(run(main()))


@pytest.mark.parametrize(
    ("reply", "word", "told"),
    [
        (said("200 OK", body="x" * 9000), Word.HOLDS, ""),
        (said("206 Partial Content", body="x" * 4096), Word.HOLDS, ""),
        (said("404 Not Found", body="x" * 9000), Word.DIFFERS, "status 404"),
        (said("200 OK", body="x" * 100), Word.DIFFERS, "bytes came, of 4096"),
    ],
)
def test_an_object_is_given_or_not(reply: bytes, word: Word, told: str) -> None:
    found = _moved(reply)
    assert found.word is word and found.what.endswith(told)
    assert bool(found.what) is bool(told)


def test_a_page_that_names_no_object_is_told() -> None:
    found = _moved(said("200 OK", body="<html></html>"), find='src="[*]"')
    assert (found.word, found.what) == (Word.DIFFERS, "the page names no such object")


@contextlib.contextmanager
def _datagrams(reply: Callable[[bytes], bytes | None]) -> Iterator[int]:
    """A UDP server in a thread of its own."""
    import threading

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        sock.settimeout(0.1)
        over = threading.Event()

        def serve_them() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    data, client = sock.recvfrom(4096)
                    answered = reply(data)
                    if answered is not None:
                        sock.sendto(answered, client)

        thread = threading.Thread(target=serve_them)
        thread.start()
        try:
            yield int(sock.getsockname()[1])
        finally:
            over.set()
            thread.join()


def _dns(rcode: int, address: bytes | None = None) -> Callable[[bytes], bytes]:
    def reply(query: bytes) -> bytes:
        count = 1 if address else 0
        head = query[:2] + bytes((0x81, 0x80 | rcode)) + query[4:6] + bytes((0, count, 0, 0, 0, 0))
        end = query.index(b"\0", 12) + 5
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + address if address else b""
        return head + query[12:end] + record

    return reply


def _asked(port: int, timeout: float = 1.0) -> Coroutine[Any, Any, Measurement]:
    resolver = Resolver(kind=ResolverKind.UDP, name="r", address=HOST, port=port)
    lookup = Lookup(name="neutral.example", resolver=resolver, families=(4,))
    return held("resolve", lookup, timeout)


def test_the_dns_answers_of_these_tests_are_what_they_say() -> None:
    query = build_query("neutral.example", 4, 7)
    assert _dns(3)(query)[3] & 15 == 3


@pytest.mark.parametrize(
    ("reply", "word", "told"),
    [
        (_dns(0, bytes((8, 8, 4, 4))), Word.HOLDS, ""),
        (_dns(0, bytes((10, 0, 0, 1))), Word.DIFFERS, "neutral.example leads to 10.0.0.1"),
        (_dns(3), Word.DIFFERS, "NXDOMAIN"),
        (_dns(5), Word.DIFFERS, "REFUSED"),
        (_dns(2), Word.NO_ANSWER, "SERVFAIL"),
        (lambda query: None, Word.NO_ANSWER, "no answer in time"),
    ],
)
def test_a_resolver_s_answer(reply: Any, word: Word, told: str) -> None:
    with _datagrams(reply) as port:
        found = answer.of_resolver(run(_asked(port)))
    assert found.word is word and told in found.what


def test_where_silence_is_due_an_answer_differs_and_a_refusal_holds() -> None:
    with _datagrams(_dns(0, bytes((8, 8, 4, 4)))) as port:
        loud = answer.of_silence(run(_asked(port)))
    assert loud.word is Word.DIFFERS and "8.8.4.4" in loud.what
    with _datagrams(lambda query: None) as port:
        assert answer.of_silence(run(_asked(port))).word is Word.HOLDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        closed = int(sock.getsockname()[1])
    assert answer.of_silence(run(_asked(closed))).word is Word.HOLDS


def test_a_beacon_has_three_words() -> None:
    words = {}
    for last in (1, 2, 3):
        with _datagrams(_dns(0, bytes((127, 0, 0, last)))) as port:
            seen = run(_asked(port))
        words[last] = answer.of_beacon(seen, ("127.0.0.1",), ("127.0.0.2",))
    assert words[1].word is Word.HOLDS
    assert "the service says that it is down" in words[2].what
    assert words[3].word is Word.DIFFERS and "neither word" in words[3].what


def test_a_name_that_leads_nowhere_public_differs() -> None:
    with _datagrams(_dns(0, bytes((127, 0, 0, 1)))) as port:
        found = answer.of_name(run(_asked(port)))
    assert found.word is Word.DIFFERS and "127.0.0.1" in found.what
    with _datagrams(_dns(3)) as port:
        gone = answer.of_name(run(_asked(port)))
    assert gone.came.gone


# -- what was not held, and several conversations ------------------------------------------------


def test_what_was_stopped_says_nothing() -> None:
    async def main() -> Measurement:
        async def slow(sock: socket.socket) -> None:
            await asyncio.sleep(5)

        async with serve(slow) as port:
            flow = dataclasses.replace(FLOW, port=port)
            task = task_of("https", flow, subject="acme")
            async with real_runner() as runner:
                runner.submit([task])
                await runner.change(0.3)
                runner.stop("interrupted")
                await runner.change(1.0)
            return runner.measurements[0]

    seen = run(main())
    assert seen.status is Status.CANCELLED
    found = answer.of_service(seen, Proof.CRYPTO)
    assert found.word is Word.NOT_ASKED and found.cut


def test_a_fault_of_our_own_is_no_word_about_the_row() -> None:
    seen = run(held("mtproto", dataclasses.replace(FLOW, port=9, options=(("keys", "odd"),))))
    assert seen.status is Status.BUG
    found = answer.of_service(seen, Proof.CRYPTO)
    assert found.word is Word.NOT_ASKED and found.cut and "our own fault" in found.what


def _one(word: Word, what: str = "") -> Answer:
    return Answer(word=word, what=what)


def test_a_row_differs_if_one_address_does_and_holds_if_one_does() -> None:
    bad, good, mute = _one(Word.DIFFERS, "x"), answer.HOLDS, _one(Word.NO_ANSWER, "mute")
    assert answer.together([good, bad, mute]).word is Word.DIFFERS
    held_there = answer.together([mute, good], ("192.0.2.1", "192.0.2.2"))
    assert held_there.word is Word.HOLDS
    assert held_there.what == "at 1 of 2 addresses; mute"
    assert held_there.came.addresses == ("192.0.2.2",)
    assert answer.together([mute, mute]).word is Word.NO_ANSWER
    assert answer.together([]).cut


def test_what_answers_once_holds() -> None:
    mute, cut = _one(Word.NO_ANSWER), answer.unheld(None)
    assert answer.better(mute, answer.HOLDS).word is Word.HOLDS
    assert answer.better(answer.HOLDS, mute).word is Word.HOLDS
    assert answer.better(mute, cut) is mute
    assert answer.better(cut, cut).cut
