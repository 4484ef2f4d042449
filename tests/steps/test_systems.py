"""The real network's backend where the system is another one: its words, and what it cannot do."""

import asyncio
import dataclasses
import errno
import socket
import types

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation
from msgprobe.model.task import Lookup, Resolver, ResolverKind
from msgprobe.steps import machine, system, tcp_info
from msgprobe.steps.accounts.android import Android
from msgprobe.steps.classify import by_eai, classify, errno_name
from msgprobe.steps.machine import SystemMachine
from msgprobe.steps.resolve import resolve
from msgprobe.steps.system import SystemNetwork, denial
from tests.steps.accounts.recorded import Recorded
from tests.steps.loopback import HOST, context, only, run, world

WINDOWS_EAI = types.SimpleNamespace(
    EAI_AGAIN=11002, EAI_FAIL=11003, EAI_NODATA=11001, EAI_NONAME=11001, EAI_MEMORY=8
)
"""ws2tcpip.h: WSAHOST_NOT_FOUND stands for no name and for no data."""


def test_windows_says_no_such_name_by_a_number_of_its_own() -> None:
    words = by_eai(WINDOWS_EAI)
    assert words[11001] is Failure.DNS_NXDOMAIN
    assert words[11004] is Failure.DNS_NO_ANSWER
    assert words[11002] is Failure.DNS_TEMPORARY


@pytest.mark.parametrize(
    ("number", "failure", "name"),
    [
        (1225, Failure.CONNECTION_REFUSED, "ECONNREFUSED"),
        (1231, Failure.NETWORK_UNREACHABLE, "ENETUNREACH"),
        (1232, Failure.HOST_UNREACHABLE, "EHOSTUNREACH"),
        (121, Failure.KERNEL_TIMED_OUT, "ETIMEDOUT"),
        (64, Failure.CONNECTION_RESET, "ECONNRESET"),
    ],
)
def test_windows_overlapped_calls_end_with_its_own_errors(
    number: int, failure: Failure, name: str
) -> None:
    """Python gives most of them EINVAL."""
    error = OSError(errno.EINVAL, "x")
    error.winerror = number  # type: ignore[attr-defined]
    assert (classify(error), errno_name(error)) == (failure, name)


@pytest.mark.parametrize(
    ("name", "seconds", "failure"),
    [
        ("linux", 30.0, Failure.DNS_NXDOMAIN),
        ("darwin", 0.2, Failure.DNS_NXDOMAIN),
        ("darwin", 30.0, Failure.DNS_TEMPORARY),
        ("win32", 11.0, Failure.DNS_TEMPORARY),
        ("android", 5.0, Failure.DNS_TEMPORARY),
    ],
)
def test_silence_is_no_denial_where_the_system_calls_both_alike(
    name: str, seconds: float, failure: Failure
) -> None:
    error = socket.gaierror(socket.EAI_NONAME, "nodename nor servname provided, or not known")
    assert classify(denial(error, seconds, name)) is failure


class _Sock(socket.socket):
    """A socket as on macOS: who is connected may not be told whom to send to."""

    def sendto(self, *args: object) -> int:
        raise OSError(errno.EISCONN, "Socket is already connected")


def test_datagrams_are_sent_and_read_where_the_socket_is_connected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(system, "_SYSTEM", "darwin")
    monkeypatch.setattr(socket, "socket", _Sock)

    async def main() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind((HOST, 0))
            port = server.getsockname()[1]
            door = SystemNetwork().open_udp(HOST, port)
            await door.send(b"question")
            data, client = server.recvfrom(64)
            assert data == b"question"
            server.connect(client)
            server.send(b"answer")
            assert await door.receive() == (b"answer", HOST, port)
            door.close()

    run(main())


@pytest.mark.parametrize("how", ["reset", "nobody"])
def test_a_closed_port_is_refused_however_windows_says_it(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WSAECONNRESET by a selector, an answer from nobody by the loop of overlapped calls."""

    async def main() -> None:
        async def received(*_: object) -> tuple[bytes, None]:
            if how == "reset":
                raise ConnectionResetError(errno.ECONNRESET, "x")
            return b"", None

        monkeypatch.setattr(asyncio.get_running_loop(), "sock_recvfrom", received)
        door = SystemNetwork().open_udp(HOST, 9)
        with pytest.raises(ConnectionRefusedError) as caught:
            await door.receive()
        door.close()
        assert classify(caught.value) is Failure.CONNECTION_REFUSED

    run(main())


def test_no_echoes_where_sockets_give_more_than_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(system, "_SYSTEM", "darwin")
    with pytest.raises(OSError, match="rotocol not supported"):
        SystemNetwork().open_ping(HOST)


def test_where_the_kernel_tells_nothing_of_connections_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp_info, "_TCP_INFO", None)
    with socket.socket() as sock:
        assert tcp_info.read_tcp_info(sock) is None


def test_own_addresses_are_known_where_the_list_of_adapters_is_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ifaddr

    def hidden() -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(ifaddr, "get_adapters", hidden)
    monkeypatch.setattr(machine, "PUBLIC", (HOST, "::1"))
    assert HOST in SystemMachine(Android(Recorded({}))).own_addresses()


def test_where_the_system_hides_its_resolver_nobody_is_asked_in_its_place() -> None:
    class Silent:
        """Whoever is asked fails the test."""

    here = dataclasses.replace(
        world(),
        network=Silent(),  # type: ignore[arg-type]
        machine=SystemMachine(Android(Recorded({}))),
    )
    ctx = context(here=here)
    lookup = Lookup(
        name="a.example",
        resolver=Resolver(kind=ResolverKind.DIRECT, name="system"),
        families=(4,),
    )
    run(resolve(ctx, lookup))
    seen = only(ctx, DnsObservation)
    assert seen.failure is not None and seen.failure.is_ours
    assert seen.addresses == ()
