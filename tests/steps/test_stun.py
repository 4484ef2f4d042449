"""STUN over real sockets: answered, refused, silent, lossy, hostile."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from msgprobe.checks.stun import StunCheck
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, ProtocolObservation, TcpObservation
from msgprobe.model.task import Flow, Task
from tests.lab.world.stun import CallServer
from tests.model.tasks import task_of
from tests.steps.loopback import HOST, closed_port, context, only, run, serve

Reply = Callable[[bytes, tuple[str, int]], list[bytes]]


@asynccontextmanager
async def datagrams(reply: Reply, host: str = HOST) -> AsyncIterator[int]:
    """A UDP server; gives the port."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((host, 0))

        def receive() -> None:
            data, client = sock.recvfrom(4096)
            for answer in reply(data, client[:2]):
                sock.sendto(answer, client)

        loop.add_reader(sock, receive)
        try:
            yield int(sock.getsockname()[1])
        finally:
            loop.remove_reader(sock)


def honest(data: bytes, client: tuple[str, int]) -> list[bytes]:
    answered = CallServer("relay.test").datagram(data, client)
    return [] if answered is None else [answered]


def task(port: int, host: str = HOST, **options: str) -> Task:
    flow = Flow(address=host, port=port, trust=None, options=tuple(options.items()))
    return task_of("stun", flow, subject="acme")


def ask(
    reply: Reply, *, seconds: float = 5.0, host: str = HOST, **options: str
) -> ProtocolObservation:
    async def main() -> ProtocolObservation:
        async with datagrams(reply, host) as port:
            ctx = context(seconds)
            what = task(port, host, **{"spacing": "0.02", **options})
            await StunCheck().run(ctx, what)
            seen = only(ctx, ProtocolObservation)
            spent = ctx.recorder.bytes_sent + ctx.recorder.bytes_received
            if reply is honest:
                assert 0 < spent <= StunCheck().max_bytes(what)
            return seen

    return run(main())


@pytest.mark.parametrize("form", ["binding", "classic", "relay"])
def test_an_answer_with_our_ids_is_bound_to_us(form: str) -> None:
    seen = ask(honest, form=form)
    assert (seen.failure, seen.stage, seen.proof) == (None, "bound", Proof.NONCE)
    assert (seen.protocol, seen.transport) == ("stun", "udp")
    assert len(seen.round_trips) == 3
    assert None not in seen.round_trips


def test_a_relay_names_its_realm_and_nobody_his_address() -> None:
    seen = ask(honest, form="relay")
    assert "error 401, realm relay.test" in seen.detail
    assert HOST not in seen.detail


def test_over_ipv6() -> None:
    assert ask(honest, host="::1").proof is Proof.NONCE


def test_lost_datagrams_are_counted_where_they_were_lost() -> None:
    count = 0

    def every_other(data: bytes, client: tuple[str, int]) -> list[bytes]:
        nonlocal count
        count += 1
        return honest(data, client) if count % 2 else []

    seen = ask(every_other, count="6", patience="0.3")
    assert [trip is None for trip in seen.round_trips] == [False, True] * 3
    assert seen.failure is None


def test_some_answers_are_told_before_the_deadline_of_an_attempt() -> None:
    """The last question is lost; our patience after it would last longer than the attempt may."""
    asked: list[bytes] = []

    def deaf_at_last(data: bytes, client: tuple[str, int]) -> list[bytes]:
        asked.append(data)
        return [] if len(asked) == 3 else honest(data, client)

    seen = ask(deaf_at_last, seconds=1.5)
    assert (seen.failure, seen.stage, seen.proof) == (None, "bound", Proof.NONCE)
    assert seen.round_trips[2] is None and None not in seen.round_trips[:2]


def test_silence_is_a_timeout() -> None:
    seen = ask(lambda data, client: [], patience="0.2")
    assert (seen.failure, seen.stage) == (Failure.TIMED_OUT, "sent")
    assert seen.round_trips == (None, None, None)


@pytest.mark.parametrize("lost", [3, 4, 5])
def test_questions_that_met_one_moment_are_sent_again(lost: int) -> None:
    """A firewall that takes no new flows for a few seconds loses the first three together."""
    count = 0

    def deaf_at_first(data: bytes, client: tuple[str, int]) -> list[bytes]:
        nonlocal count
        count += 1
        return honest(data, client) if count > lost else []

    seen = ask(deaf_at_first, seconds=9.0)
    answered = lost < 5
    assert (seen.failure is None, count) == (answered, min(lost + 1, 5))
    assert [trip is None for trip in seen.round_trips] == [True] * lost + [False] * answered


def test_a_train_repeats_nothing() -> None:
    count = 0

    def deaf(data: bytes, client: tuple[str, int]) -> list[bytes]:
        nonlocal count
        count += 1
        return []

    ask(deaf, count="4", patience="2")
    assert count == 4


def test_a_closed_port_is_refused_by_the_kernel() -> None:
    async def main() -> ProtocolObservation:
        with closed_port() as port:
            ctx = context()
            await StunCheck().run(ctx, task(port))
            return only(ctx, ProtocolObservation)

    assert run(main()).failure is Failure.CONNECTION_REFUSED


def test_ids_of_others_prove_nothing() -> None:
    def forged(data: bytes, client: tuple[str, int]) -> list[bytes]:
        return honest(data[:8] + bytes(12), client)

    seen = ask(forged, patience="0.2")
    assert (seen.failure, seen.stage) == (Failure.PROTOCOL_INVALID, "answered")
    assert seen.proof is Proof.BYTES


def test_rubbish_beside_the_answer_does_no_harm() -> None:
    def noisy(data: bytes, client: tuple[str, int]) -> list[bytes]:
        return [b"\x1b[2J", b"", *honest(data, client), *honest(data, client)]

    seen = ask(noisy)
    assert seen.failure is None
    assert None not in seen.round_trips


def test_a_flood_ends_the_conversation() -> None:
    seen = ask(lambda data, client: [b"x" * 1200] * 600, patience="1")
    assert seen.failure is not None
    assert seen.bytes_received <= 501 * 1200


def test_a_cancelled_train_is_still_one_observation() -> None:
    async def main() -> ProtocolObservation:
        async with datagrams(lambda data, client: []) as port:
            ctx = context()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await StunCheck().run(ctx, task(port))
            return only(ctx, ProtocolObservation)

    assert run(main()).failure is Failure.INTERRUPTED


def test_over_tcp_too() -> None:
    async def handle(sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        data = await loop.sock_recv(sock, 4096)
        answered = CallServer("relay.test").answer(data, (HOST, 1))
        assert answered is not None
        for byte in answered:
            await loop.sock_sendall(sock, bytes([byte]))
        await loop.sock_recv(sock, 1)

    async def main() -> None:
        async with serve(handle) as port:
            ctx = context()
            await StunCheck().run(ctx, task(port, transport="tcp"))
            assert only(ctx, TcpObservation).failure is None
            seen = only(ctx, ProtocolObservation)
            assert (seen.proof, seen.transport) == (Proof.NONCE, "tcp")

    run(main())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("form", "sip"),
        ("transport", "sctp"),
        ("count", "0"),
        ("count", "many"),
        ("spacing", "60"),
        ("patience", "nan"),
    ],
)
def test_an_unusable_option_is_named(option: str, value: str) -> None:
    async def main() -> None:
        await StunCheck().run(context(), task(9, **{option: value}))

    with pytest.raises(ValueError, match=option):
        run(main())
