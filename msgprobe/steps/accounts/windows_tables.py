"""Windows' IP helper (iphlpapi.dll) and power status (kernel32.dll): tables in memory, read.

Sources: iptypes.h, ifdef.h, ws2def.h and winbase.h of the Windows SDK. Types are of fixed width, so
that the tables can be read, and their layout tested, wherever ctypes is. They are the same in every
language of Windows, which what its commands say is not.
"""

import ctypes
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Protocol

from msgprobe.model.dataclass import dataclass

_U32, _U64, _POINTER = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p

_MANY = 4096
"""Members of a list after which it is taken for none."""

_INET, _INET6 = 2, 23
"""AF_INET and AF_INET6 as Windows has them (ws2def.h)."""


class _Address(ctypes.Structure):
    """SOCKET_ADDRESS."""

    _fields_ = [("sockaddr", _POINTER), ("length", ctypes.c_int32)]


class _Listed(ctypes.Structure):
    """The beginning that IP_ADAPTER_DNS_SERVER_ADDRESS and IP_ADAPTER_GATEWAY_ADDRESS share."""

    _fields_ = [("length", _U32), ("reserved", _U32), ("next", _POINTER), ("address", _Address)]


class AdapterTable(ctypes.Structure):
    """IP_ADAPTER_ADDRESSES_LH, up to the last member that is read."""

    _fields_ = [
        ("length", _U32),
        ("index", _U32),
        ("next", _POINTER),
        ("name", ctypes.c_char_p),
        ("first_unicast", _POINTER),
        ("first_anycast", _POINTER),
        ("first_multicast", _POINTER),
        ("first_dns_server", _POINTER),
        ("dns_suffix", _POINTER),
        ("description", _POINTER),
        ("friendly_name", _POINTER),
        ("physical_address", ctypes.c_uint8 * 8),
        ("physical_address_length", _U32),
        ("flags", _U32),
        ("mtu", _U32),
        ("kind", _U32),
        ("state", _U32),
        ("index6", _U32),
        ("zone_indices", _U32 * 16),
        ("first_prefix", _POINTER),
        ("transmit_link_speed", _U64),
        ("receive_link_speed", _U64),
        ("first_wins_server", _POINTER),
        ("first_gateway", _POINTER),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One adapter, as far as we ask."""

    name: str
    """A GUID in braces."""
    description: str
    index: int
    index6: int
    kind: int
    """IANAifType: 6 Ethernet, 23 PPP, 24 loopback, 53 virtual, 71 Wi-Fi, 131 tunnel, 243, 244."""
    up: bool
    resolvers: tuple[str, ...]
    gateways: tuple[str, ...]


def adapters(at: int) -> Iterator[Adapter]:
    """The list of adapters that begins at that place in memory; 0: none."""
    for _ in range(_MANY):
        if not at:
            return
        table = AdapterTable.from_address(at)
        yield Adapter(
            name=(table.name or b"").decode("ascii", "replace"),
            description=_wide(table.description),
            index=table.index,
            index6=table.index6,
            kind=table.kind,
            up=table.state == 1,  # IfOperStatusUp
            resolvers=tuple(_addresses(table.first_dns_server)),
            gateways=tuple(_addresses(table.first_gateway)),
        )
        at = table.next or 0


def _addresses(at: int | None) -> Iterator[str]:
    for _ in range(_MANY):
        if not at:
            return
        listed = _Listed.from_address(at)
        found = _literal(listed.address.sockaddr, listed.address.length)
        if found is not None:
            yield found
        at = listed.next


def _literal(at: int | None, length: int) -> str | None:
    """The address in a sockaddr_in or sockaddr_in6."""
    raw = ctypes.string_at(at, length) if at and 0 < length <= 128 else b""
    family = int.from_bytes(raw[:2], "little")
    if family == _INET and len(raw) >= 8:
        return str(IPv4Address(raw[4:8]))
    if family == _INET6 and len(raw) >= 28:
        address, zone = IPv6Address(raw[8:24]), int.from_bytes(raw[24:28], "little")
        return f"{address}%{zone}" if zone and address.is_link_local else str(address)
    return None


def _wide(at: int | None) -> str:
    """A text of UTF-16 that ends with a zero, whatever ``wchar_t`` is here."""
    raw = bytearray()
    for n in range(256):
        unit = ctypes.string_at(at + 2 * n, 2) if at else b"\0\0"
        if unit == b"\0\0":
            break
        raw += unit
    return raw.decode("utf-16-le", "replace")


class Tables(Protocol):
    """What is asked of Windows. Raises OSError."""

    def adapters(self) -> list[Adapter]:
        """All network adapters."""
        ...

    def best_interface(self, address: str) -> int | None:
        """The index of the one through which packets to ``address`` go; None: there is no way."""
        ...

    def power(self) -> bytes:
        """The first three octets of SYSTEM_POWER_STATUS: on the mains, state, per cent."""
        ...


class SystemTables:
    """Asks the system's libraries; on other systems there are none (OSError)."""

    _FLAGS = 0x02 | 0x04 | 0x80
    """GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_MULTICAST, GAA_FLAG_INCLUDE_GATEWAYS."""

    _OVERFLOW, _NO_ROUTE = 111, (1231, 1232)
    """ERROR_BUFFER_OVERFLOW; ERROR_NETWORK_UNREACHABLE, ERROR_HOST_UNREACHABLE."""

    def adapters(self) -> list[Adapter]:
        """GetAdaptersAddresses."""
        ask = self._library("iphlpapi").GetAdaptersAddresses
        size = _U32(15_000)
        for _ in range(4):  # others may appear meanwhile
            room = ctypes.create_string_buffer(size.value)
            status = ask(_U32(0), _U32(self._FLAGS), None, room, ctypes.byref(size))
            if status != self._OVERFLOW:
                break
        return list(adapters(ctypes.addressof(room))) if status == 0 else []

    def best_interface(self, address: str) -> int | None:
        """GetBestInterfaceEx."""
        index = _U32(0)
        where = ctypes.create_string_buffer(_sockaddr(address))
        status = self._library("iphlpapi").GetBestInterfaceEx(where, ctypes.byref(index))
        if status in self._NO_ROUTE:
            return None
        if status:
            raise OSError(status, "GetBestInterfaceEx")
        return index.value

    def power(self) -> bytes:
        """GetSystemPowerStatus."""
        room = ctypes.create_string_buffer(12)
        done = self._library("kernel32").GetSystemPowerStatus(room)
        return room.raw[:3] if done else b""

    @staticmethod
    def _library(name: str) -> Any:
        load = getattr(ctypes, "WinDLL", None)
        if load is None:
            raise OSError("this is not Windows")
        return load(name)


def _sockaddr(address: str) -> bytes:
    if ":" in address:
        packed = socket.inet_pton(socket.AF_INET6, address)
        return _INET6.to_bytes(2, "little") + bytes(6) + packed + bytes(4)
    return _INET.to_bytes(2, "little") + bytes(2) + socket.inet_aton(address) + bytes(8)
