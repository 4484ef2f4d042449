"""Windows by an image of the tables that its libraries fill, laid out as the SDK's headers say."""

import ctypes
import socket
import struct

import pytest

from msgprobe.model.history import Attachment, NetworkKind
from msgprobe.steps.accounts.windows import Windows
from msgprobe.steps.accounts.windows_tables import Adapter, AdapterTable, adapters
from msgprobe.steps.attachment import attachment
from msgprobe.steps.machine import SystemMachine
from tests.steps.accounts.recorded import WINDOWS_ARP, WINDOWS_ARP_NOBODY, Recorded

ETHERNET, PPP, LOOPBACK, VIRTUAL, WIFI, TUNNEL, WWAN = 6, 23, 24, 53, 71, 131, 243

OFFSETS = {
    "length": 0,
    "index": 4,
    "next": 8,
    "name": 16,
    "first_unicast": 24,
    "first_dns_server": 48,
    "description": 64,
    "physical_address": 80,
    "physical_address_length": 88,
    "kind": 100,
    "state": 104,
    "index6": 108,
    "first_prefix": 176,
    "transmit_link_speed": 184,
    "first_gateway": 208,
}
"""Of IP_ADAPTER_ADDRESSES_LH on 64 bits, worked out from iptypes.h: pointers and ULONG64 lie at
multiples of eight."""

SIZE = 448


class Image:
    """Memory as GetAdaptersAddresses leaves it, packed octet by octet."""

    def __init__(self) -> None:
        self._kept: list[ctypes.Array[ctypes.c_char]] = []
        self._at = 0

    def put(self, data: bytes) -> int:
        room = ctypes.create_string_buffer(data, len(data))
        self._kept.append(room)
        return ctypes.addressof(room)

    def _list(self, addresses: tuple[str, ...]) -> int:
        at = 0
        for address in reversed(addresses):
            if ":" in address:
                host, _, zone = address.partition("%")
                packed = socket.inet_pton(socket.AF_INET6, host)
                raw = struct.pack("<HHI16sI", 23, 0, 0, packed, int(zone or 0))
            else:
                raw = struct.pack("<HH4s8x", 2, 0, socket.inet_aton(address))
            # Length, Reserved, Next, Address.lpSockaddr, Address.iSockaddrLength
            at = self.put(struct.pack("<IIQQi4x", 32, 0, at, self.put(raw), len(raw)))
        return at

    def adapter(
        self,
        description: str,
        *,
        index: int,
        kind: int,
        state: int = 1,
        resolvers: tuple[str, ...] = (),
        gateways: tuple[str, ...] = (),
    ) -> None:
        """One more, before those that are there."""
        table = bytearray(SIZE)
        for name, form, value in (
            ("length", "<I", SIZE),
            ("index", "<I", index),
            ("next", "<Q", self._at),
            ("name", "<Q", self.put(b"{%08d}\0" % index)),
            ("first_dns_server", "<Q", self._list(resolvers)),
            ("description", "<Q", self.put(f"{description}\0".encode("utf-16-le"))),
            ("kind", "<I", kind),
            ("state", "<I", state),
            ("index6", "<I", index),
            ("first_gateway", "<Q", self._list(gateways)),
        ):
            struct.pack_into(form, table, OFFSETS[name], value)
        self._at = self.put(bytes(table))

    def read(self) -> list[Adapter]:
        return list(adapters(self._at))


class Told:
    """Libraries that say what a test says."""

    def __init__(
        self, image: Image, best: dict[int, int | None], power: bytes | None = None
    ) -> None:
        self._image, self._best, self._power = image, best, power

    def adapters(self) -> list[Adapter]:
        return self._image.read()

    def best_interface(self, address: str) -> int | None:
        family = 6 if ":" in address else 4
        if family not in self._best:
            raise OSError(50, "ERROR_NOT_SUPPORTED")
        return self._best[family]

    def power(self) -> bytes:
        if self._power is None:
            raise OSError("none")
        return self._power


@pytest.fixture
def laptop() -> Image:
    """Wi-Fi with a router, Ethernet without a cable, a tunnel that is up beside them."""
    image = Image()
    image.adapter("Software Loopback Interface 1", index=1, kind=LOOPBACK)
    image.adapter(
        "WireGuard Tunnel", index=30, kind=VIRTUAL, resolvers=("198.51.100.1",), gateways=()
    )
    image.adapter("Realtek PCIe GbE Family Controller", index=9, kind=ETHERNET, state=2)
    image.adapter(
        "Intel(R) Wi-Fi 6 AX201 — Привет",
        index=12,
        kind=WIFI,
        resolvers=("192.0.2.1", "fe80::1%12", "fec0:0:0:ffff::1"),
        gateways=("192.0.2.1", "fe80::1%12"),
    )
    return image


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the offsets are those of 64 bits")
def test_the_layout_is_that_of_the_headers() -> None:
    assert {name: getattr(AdapterTable, name).offset for name in OFFSETS} == OFFSETS


def test_adapters_are_read_from_memory(laptop: Image) -> None:
    wifi, ethernet, tunnel, loopback = laptop.read()
    assert wifi.description == "Intel(R) Wi-Fi 6 AX201 — Привет"
    assert (wifi.name, wifi.index, wifi.kind, wifi.up) == ("{00000012}", 12, WIFI, True)
    assert wifi.gateways == ("192.0.2.1", "fe80::1%12")
    assert not ethernet.up and ethernet.resolvers == ()
    assert (tunnel.kind, loopback.kind) == (VIRTUAL, LOOPBACK)


def test_wifi_with_a_tunnel_that_packets_do_not_take(laptop: Image) -> None:
    account = Windows(Told(laptop, {4: 12, 6: None}), Recorded({"": WINDOWS_ARP}))
    assert attachment(account) == Attachment(
        kind=NetworkKind.WIFI, gateway="00:00:5e:00:53:0a", resolver="192.0.2.1"
    )
    assert account.resolvers() == ("192.0.2.1", "fe80::1%12", "198.51.100.1")
    assert account.interfaces_up() == 2
    assert not SystemMachine(account).tunnel()
    assert account.is_tunnel("{00000030}") and not account.is_tunnel("{00000012}")


def test_a_tunnel_that_packets_take(laptop: Image) -> None:
    account = Windows(Told(laptop, {4: 30}))
    assert SystemMachine(account).tunnel()
    assert attachment(account) == Attachment(
        kind=NetworkKind.VPN, resolver="198.51.100.1", vpn=True
    )


@pytest.mark.parametrize(
    ("kind", "description", "found"),
    [
        (ETHERNET, "Realtek", NetworkKind.ETHERNET),
        (ETHERNET, "TAP-Windows Adapter V9", NetworkKind.VPN),
        (WWAN, "Quectel", NetworkKind.MOBILE),
        (PPP, "WAN Miniport", NetworkKind.VPN),
        (TUNNEL, "Teredo", NetworkKind.VPN),
        (1, "?", NetworkKind.OTHER),
    ],
)
def test_kinds_of_adapters(kind: int, description: str, found: NetworkKind) -> None:
    image = Image()
    image.adapter(description, index=5, kind=kind)
    assert attachment(Windows(Told(image, {4: 5}))).kind is found


def test_no_network_and_no_answer_are_two_things(laptop: Image) -> None:
    assert attachment(Windows(Told(laptop, {4: None, 6: None}))).kind is NetworkKind.NONE
    assert attachment(Windows(Told(laptop, {}))).kind is NetworkKind.OTHER
    assert Windows(Told(Image(), {4: None})).resolvers() == ()


def test_a_gateway_whose_neighbour_is_not_known_yet(laptop: Image) -> None:
    account = Windows(Told(laptop, {4: 12}), Recorded({"": WINDOWS_ARP_NOBODY}))
    assert attachment(account).gateway == "192.0.2.1"


@pytest.mark.parametrize(
    ("said", "low"),
    [
        (bytes((0, 4, 5)), True),
        (bytes((1, 8, 5)), False),
        (bytes((0, 1, 80)), False),
        (bytes((0, 128, 255)), False),
        (bytes((255, 255, 255)), False),
        (b"", False),
        (None, False),
    ],
)
def test_the_battery(said: bytes | None, low: bool) -> None:
    """ACLineStatus, BatteryFlag, BatteryLifePercent (winbase.h)."""
    assert Windows(Told(Image(), {}, said)).battery_low() is low
