"""This device's own addresses, asked of Linux's kernel itself (rtnetlink(7)).

ifaddr asks it through the C library: that takes 20 ms to import and starts another program.
"""

import socket
import struct
from collections.abc import Iterator
from typing import Final

_HEAD: Final = struct.Struct("=IHHII")
"""Length, type, flags, number, port (struct nlmsghdr)."""
_ADDRESS: Final = struct.Struct("=BBBBI")
"""Family, length of the prefix, flags, scope, device (struct ifaddrmsg)."""
_PART: Final = struct.Struct("=HH")
"""Length and type (struct rtattr)."""

_GET, _NEW, _DONE, _ERROR = 22, 20, 3, 2
_REQUEST_DUMP, _INTERRUPTED = 0x301, 0x10
_ADDRESS_PART, _LOCAL_PART, _LABEL_PART = 1, 2, 3

_ANSWERED: Final = 1.0
"""Seconds within which a kernel has long answered."""


def addresses() -> Iterator[tuple[str, str, int]]:
    """Device, address and length of the prefix. Raises OSError where that is not told."""
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError("no such sockets")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.settimeout(_ANSWERED)
        kernel.send(_HEAD.pack(_HEAD.size + 1, _GET, _REQUEST_DUMP, 1, 0) + b"\0")
        while True:
            data = kernel.recv(1 << 16)
            while data:
                length, kind, flags, _, _ = _HEAD.unpack_from(data)
                if kind == _DONE:
                    return
                if kind == _ERROR or flags & _INTERRUPTED or not _HEAD.size <= length <= len(data):
                    raise OSError("no whole list")
                if kind == _NEW:
                    yield from _address(data[_HEAD.size : length])
                data = data[_aligned(length) :]


def _address(message: bytes) -> Iterator[tuple[str, str, int]]:
    family, prefix, _, _, device = _ADDRESS.unpack_from(message)
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    parts = dict(_parts(message[_ADDRESS.size :]))
    # where both are there, the other one is that of the line's other end
    own = parts.get(_LOCAL_PART) or parts[_ADDRESS_PART]
    label = parts.get(_LABEL_PART, b"").rstrip(b"\0").decode("utf-8", "replace")
    name = label or socket.if_indextoname(device)
    yield name, socket.inet_ntop(family, own), prefix


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= _PART.size:
        length, kind = _PART.unpack_from(data)
        if length < _PART.size:
            raise OSError("no whole address")
        yield kind, data[_PART.size : length]
        data = data[_aligned(length) :]


def _aligned(length: int) -> int:
    return length + 3 & ~3
