"""Own addresses as Linux's kernel tells them: those that the C library knows, or none at all."""

import socket
import struct
import sys

import ifaddr
import pytest

from msgprobe.steps.accounts import linux, netlink
from msgprobe.steps.accounts.linux import Linux
from msgprobe.steps.machine import SystemMachine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a socket of Linux's own")

TUNNEL_LOCAL = bytes([10, 8, 0, 2])
TUNNEL_PEER = bytes([10, 8, 0, 1])


def part(kind: int, data: bytes) -> bytes:
    """rtnetlink(7): struct rtattr, filled up to a multiple of four."""
    return struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def message(kind: int, data: bytes = b"", flags: int = 0) -> bytes:
    return struct.pack("=IHHII", len(data) + 16, kind, flags, 1, 7) + data


def address(family: int, prefix: int, device: int, *parts: bytes) -> bytes:
    return message(20, struct.pack("=BBBBI", family, prefix, 0x80, 0, device) + b"".join(parts))


TUNNEL = address(
    socket.AF_INET, 32, 9, part(1, TUNNEL_PEER), part(2, TUNNEL_LOCAL), part(3, b"tun0\0")
)
END = message(3, bytes(4))


class Kernel:
    """Says what it was given, one answer after the other."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def settimeout(self, _: float) -> None:
        pass

    def send(self, data: bytes) -> int:
        return len(data)

    def recv(self, _: int) -> bytes:
        return self.answers.pop(0)


def told(monkeypatch: pytest.MonkeyPatch, *answers: bytes) -> list[tuple[str, str, int]]:
    monkeypatch.setattr(socket, "socket", lambda *_: Kernel(*answers))
    return list(netlink.addresses())


def test_the_kernel_tells_what_the_c_library_tells() -> None:
    known = {
        (one.name, own.ip if isinstance(own.ip, str) else own.ip[0], own.network_prefix)
        for one in ifaddr.get_adapters()
        for own in one.ips
    }
    assert set(netlink.addresses()) == known


def test_of_a_line_with_two_ends_the_near_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, TUNNEL + END) == [("tun0", "10.8.0.2", 32)]


def test_a_list_may_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    loopback = socket.inet_pton(socket.AF_INET6, "::1")
    index = socket.if_nametoindex("lo")
    six = address(socket.AF_INET6, 128, index, part(1, loopback))
    assert told(monkeypatch, TUNNEL, six, END) == [("tun0", "10.8.0.2", 32), ("lo", "::1", 128)]


@pytest.mark.parametrize(
    "answer",
    [
        message(2, struct.pack("=i", -13) + bytes(16)),  # an error: not permitted
        message(20, b"\2", flags=0x10),  # the list changed meanwhile
        TUNNEL[:20],
        TUNNEL.replace(part(1, TUNNEL_PEER), bytes(8)),
        b"\1",
    ],
    ids=["refused", "interrupted", "cut", "empty part", "no message"],
)
def test_no_whole_list_is_none(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    monkeypatch.setattr(linux, "adapters", lambda: [("eth0", "192.0.2.7", 24)])
    monkeypatch.setattr(socket, "socket", lambda *_: Kernel(answer))
    assert Linux().addresses() == [("eth0", "192.0.2.7", 24)]
    assert SystemMachine(Linux()).own_addresses() == ("192.0.2.7/24",)


def test_nothing_else_is_started_or_loaded_to_know_them() -> None:
    import subprocess

    code = (
        "import sys; from msgprobe.steps.machine import SystemMachine; "
        "print(bool(SystemMachine().own_addresses()), 'ctypes' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "True False\n"
