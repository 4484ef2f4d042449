"""This machine's own account, exceptions into words, and the kernel's struct."""

import asyncio
import dataclasses
import errno
import socket
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.model.failure import Failure
from msgprobe.model.observation import LocalObservation
from msgprobe.steps.accounts.linux import Linux
from msgprobe.steps.classify import TooLarge, classify, errno_name
from msgprobe.steps.door import ConnectError
from msgprobe.steps.inspect import inspect
from msgprobe.steps.machine import SystemMachine
from msgprobe.steps.tcp_info import parse_tcp_info
from msgprobe.wire.error import WireError
from tests.steps.loopback import context, only, world

ROUTES = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "wg0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
)


class Routes:
    """Answers as a kernel would, for one source address per family."""

    def __init__(self, four: str | OSError, six: str | OSError) -> None:
        self._sources = {4: four, 6: six}

    def route(self, address: str) -> str:
        source = self._sources[6 if ":" in address else 4]
        if isinstance(source, OSError):
            raise source
        return source


def look(four: str | OSError, six: str | OSError, root: Path) -> LocalObservation:
    here = dataclasses.replace(
        world(),
        network=Routes(four, six),  # type: ignore[arg-type]
        machine=SystemMachine(Linux(root), {"https_proxy": "http://secret@proxy", "NO_PROXY": ""}),
    )
    ctx = context(here=here)
    inspect(ctx)
    return only(ctx, LocalObservation)


def test_routes_tunnels_resolvers_and_names_of_proxies(tmp_path: Path) -> None:
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "proc/net/route").write_text(ROUTES)
    (tmp_path / "etc/resolv.conf").write_text(
        "# x\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\n"
    )
    seen = look("192.0.2.9", OSError(errno.ENETUNREACH, "x"), tmp_path)
    assert (seen.route4, seen.errno4) == (True, None)
    assert (seen.route6, seen.errno6) == (False, "ENETUNREACH")
    assert seen.tunnel
    assert seen.resolvers == ("192.0.2.1", "fe80::1%eth0")
    assert seen.proxies == ("https_proxy",)
    assert seen.openssl == ssl.OPENSSL_VERSION


@pytest.mark.parametrize("source", ["fe80::1", "fd00::1", "::1", "::"])
def test_a_source_that_nobody_can_answer_is_no_route(tmp_path: Path, source: str) -> None:
    assert look("192.0.2.9", source, tmp_path).route6 is False


def test_a_machine_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    seen = look("192.0.2.9", "2001:db8::1", tmp_path)
    assert seen.route6 and not seen.tunnel and seen.resolvers == ("127.0.0.1",)  # resolv.conf(5)


@pytest.mark.parametrize(
    ("error", "failure", "name"),
    [
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "x"),
            Failure.CONNECTION_REFUSED,
            "ECONNREFUSED",
        ),
        (ConnectionResetError(errno.ECONNRESET, "x"), Failure.CONNECTION_RESET, "ECONNRESET"),
        (BrokenPipeError(errno.EPIPE, "x"), Failure.CONNECTION_RESET, "EPIPE"),
        (TimeoutError(), Failure.TIMED_OUT, None),
        (TimeoutError(errno.ETIMEDOUT, "x"), Failure.KERNEL_TIMED_OUT, "ETIMEDOUT"),
        (OSError(errno.EHOSTUNREACH, "x"), Failure.HOST_UNREACHABLE, "EHOSTUNREACH"),
        (OSError(errno.ENETUNREACH, "x"), Failure.NETWORK_UNREACHABLE, "ENETUNREACH"),
        (OSError(errno.ENETDOWN, "x"), Failure.NETWORK_DOWN, "ENETDOWN"),
        (OSError(errno.EADDRNOTAVAIL, "x"), Failure.ADDRESS_NOT_AVAILABLE, "EADDRNOTAVAIL"),
        (PermissionError(errno.EPERM, "x"), Failure.PERMISSION_DENIED, "EPERM"),
        (OSError(errno.ENOTTY, "x"), Failure.UNKNOWN, "ENOTTY"),
        (OSError("no number"), Failure.UNKNOWN, None),
        (socket.gaierror(socket.EAI_NONAME, "x"), Failure.DNS_NXDOMAIN, None),
        (ssl.SSLEOFError(8, "x"), Failure.EOF, None),
        (ssl.SSLError(1, "x"), Failure.TLS_FAILED, None),
        (asyncio.IncompleteReadError(b"", 1), Failure.EOF, None),
        (asyncio.CancelledError(), Failure.INTERRUPTED, None),
        (TooLarge(), Failure.TOO_LARGE, None),
        (WireError("x"), Failure.PROTOCOL_INVALID, None),
        (ZeroDivisionError(), Failure.UNKNOWN, None),
    ],
)
def test_exceptions_become_words(error: BaseException, failure: Failure, name: str | None) -> None:
    assert (classify(error), errno_name(error)) == (failure, name)
    if isinstance(error, OSError):
        wrapped = ConnectError(error, None, 0)
        assert (classify(wrapped), errno_name(wrapped)) == (failure, name)


@given(st.integers(-300, 300))
def test_every_errno_has_a_word(number: int) -> None:
    assert classify(OSError(number, "x")) in Failure


@given(st.binary(max_size=256))
def test_a_short_kernel_struct_is_absent_and_never_an_error(raw: bytes) -> None:
    info = parse_tcp_info(raw)
    assert (info is None) == (len(raw) < 216)


@pytest.mark.parametrize("named", [False, True])
def test_a_store_that_the_user_named_is_told(named: bool, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    ctx = context(here=world(str(roots) if named else None))
    inspect(ctx)
    assert only(ctx, LocalObservation).own_roots is named
