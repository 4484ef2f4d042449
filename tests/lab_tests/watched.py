"""What a program in the lab asks of the kernel, and what goes over its loopback interface.

The middlebox sees the line alone. What a program sends to itself is seen by a raw socket on ``lo``,
and what it tried by strace(1): both are needed to say that it did not even try.
"""

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.lab.network import Lab

_LOOPBACK: Final = """
import json, socket, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
sock.bind(("lo", 3))
print("ready", flush=True)
while True:
    data, where = sock.recvfrom(256)
    if where[2] != socket.PACKET_OUTGOING:
        continue
    six = data[0] >> 4 == 6
    far = socket.inet_ntop(*((socket.AF_INET6, data[24:40]) if six else (2, data[16:20])))
    print(json.dumps([far, data[6] if six else data[9], len(data)]), flush=True)
"""


@contextmanager
def loopback(lab: Lab, into: Path) -> Iterator[None]:
    """Note in ``into`` every packet that the client sends to itself meanwhile."""
    with into.open("w", encoding="utf-8") as file:
        sniffer = lab.popen([sys.executable, "-c", _LOOPBACK], stdout=file)
        try:
            for _ in range(200):
                if into.read_text(encoding="utf-8"):
                    break
                sniffer.poll()
                assert sniffer.returncode is None, "nobody listens on lo"
                _wait()
            yield
        finally:
            sniffer.terminate()
            sniffer.wait(5)


def _wait() -> None:
    subprocess.run(["sleep", "0.05"], check=True)


def sent_to_itself(noted: Path) -> list[tuple[str, int, int]]:
    """Destination, protocol number and length of each packet that `loopback` noted."""
    ready, *lines = noted.read_text(encoding="utf-8").splitlines()
    assert ready == "ready"
    return [(far, proto, size) for far, proto, size in map(json.loads, lines)]


def strace_or_skip() -> str:
    """Where strace is. Skips the test without it; in CI it must be there."""
    found = shutil.which("strace")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("strace is missing: .ci/run installs it")
    if found is None:
        pytest.skip("strace is missing: install it to see what the program tries")
    return found


def traced(strace: str, into: Path) -> tuple[str, ...]:
    """The beginning of a command that runs the rest of its line and notes what it asks for."""
    return (
        strace,
        "-ff",
        "--seccomp-bpf",
        "-yy",
        "-x",
        "-s",
        "96",
        "-e",
        "trace=%network",
        "-o",
        str(into),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request to the kernel. ``call`` is ``connect`` or ``send``, ``kind`` ``TCP`` or ``UDP``
    (or ``ICMP``), ``data`` how what is sent begins."""

    call: str
    kind: str
    address: str
    port: int
    size: int = 0
    data: bytes = b""


_CALL = re.compile(r"(connect|sendto|sendmsg|sendmmsg)\(\d+<([A-Z]+)(?:v6)?:\[(.*?)\]>, (.*)")
_PEER = re.compile(r"->(?:\[(.+)\]|([\d.]+)):(\d+)\Z")
_FOUR = re.compile(r'sin_port=htons\((\d+)\), sin_addr=inet_addr\("([\d.]+)"\)')
_SIX = re.compile(r'sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"')
_DATA = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?, (\d+)')


def asked(traces: Path) -> list[Asked]:
    """What the files that `traced` wrote tell of connections and of data, thread by thread."""
    found = []
    for file in sorted(traces.parent.glob(traces.name + ".*")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            match = _CALL.match(line)
            if match is not None:
                found.append(_read(*match.groups()))
    return [one for one in found if one is not None]


def _read(call: str, kind: str, ends: str, rest: str) -> Asked | None:
    far = _far(rest) or _far_of(ends)
    if far is None:
        return None
    address, port = far
    if call == "connect":
        return Asked(call="connect", kind=kind, address=address, port=port)
    said = _DATA.match(rest)
    data = said[1].encode("latin-1").decode("unicode_escape").encode("latin-1") if said else b""
    size = int(said[2]) if said else 0
    return Asked(call="send", kind=kind, address=address, port=port, size=size, data=data)


def _far(rest: str) -> tuple[str, int] | None:
    for pattern in (_FOUR, _SIX):
        if match := pattern.search(rest):
            return _plain(match[2]), int(match[1])
    return None


def _far_of(ends: str) -> tuple[str, int] | None:
    match = _PEER.search(ends)
    return None if match is None else (_plain(match[1] or match[2]), int(match[3]))


def _plain(address: str) -> str:
    return str(ipaddress.ip_address(address))
