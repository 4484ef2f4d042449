"""Networks are told apart by what the system's own files say; where they are hidden, by nothing."""

from pathlib import Path

import pytest

from msgprobe.model.history import Attachment, NetworkKind
from msgprobe.steps.accounts.linux import Linux
from msgprobe.steps.attachment import attachment

HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


def route(device: str, *, gateway: str = "0101A8C0", metric: int = 100) -> str:
    return f"{device}\t00000000\t{gateway}\t0003\t0\t0\t{metric}\t00000000\t0\t0\t0\n"


def machine(root: Path, routes: str, *, arp: str = "", more: dict[str, str] | None = None) -> Linux:
    files = {
        "proc/net/route": HEAD + routes,
        "proc/net/arp": "IP address HW type Flags HW address Mask Device\n" + arp,
        "etc/resolv.conf": "nameserver 192.168.1.1\n",
    }
    for name, text in (files | (more or {})).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Linux(root)


ARP = "192.168.1.1 0x1 0x2 02:00:00:00:00:07 * wlan0\n"


@pytest.mark.parametrize(
    ("device", "more", "kind"),
    [
        ("wlan0", {"sys/class/net/wlan0/wireless/x": ""}, NetworkKind.WIFI),
        ("eth0", {"sys/class/net/eth0/type": "1\n"}, NetworkKind.ETHERNET),
        ("wwan0", {}, NetworkKind.MOBILE),
        ("rmnet_data0", {}, NetworkKind.MOBILE),
        ("usb0", {"sys/class/net/usb0/uevent": "DEVTYPE=wwan\n"}, NetworkKind.MOBILE),
        ("wg0", {}, NetworkKind.VPN),
        ("odd0", {}, NetworkKind.OTHER),
    ],
)
def test_the_kind_is_that_of_the_default_routes_device(
    tmp_path: Path, device: str, more: dict[str, str], kind: NetworkKind
) -> None:
    found = attachment(machine(tmp_path, route(device), arp=ARP, more=more))
    assert found.kind is kind
    assert found.vpn is (kind is NetworkKind.VPN)
    assert found.resolver == "192.168.1.1"
    carried = kind in (NetworkKind.MOBILE, NetworkKind.VPN)
    assert found.gateway == ("" if carried else "02:00:00:00:00:07")


def test_the_best_route_counts_and_others_do_not(tmp_path: Path) -> None:
    routes = route("wwan0", metric=700) + route("eth0", metric=100)
    routes += "eth1\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    found = attachment(machine(tmp_path, routes, more={"sys/class/net/eth0/type": "1\n"}))
    assert found.kind is NetworkKind.ETHERNET
    assert found.gateway == "192.168.1.1"  # no neighbour of that address is known


def test_a_network_of_ipv6_alone_is_known_by_its_router(tmp_path: Path) -> None:
    line = (
        f"{'0' * 32} 00 {'0' * 32} 00 fe80000000000000000000000000000a 00000064 "
        "00000001 00000000 00000003 eth0\n"
    )
    loop = line.replace("eth0", "lo")
    more = {"proc/net/ipv6_route": loop + line, "sys/class/net/eth0/type": "1\n"}
    found = attachment(machine(tmp_path, "", more=more))
    assert (found.kind, found.gateway) == (NetworkKind.ETHERNET, "fe80::a")


def test_no_route_is_no_network_and_hidden_files_are_an_unknown_one(tmp_path: Path) -> None:
    assert attachment(machine(tmp_path / "a", "")).kind is NetworkKind.NONE
    assert attachment(Linux(tmp_path / "b")) == Attachment(
        kind=NetworkKind.OTHER, resolver="127.0.0.1"
    )


def test_files_of_an_unknown_form_break_nothing(tmp_path: Path) -> None:
    found = attachment(machine(tmp_path, "eth0 00000000 zz 1\n" + route("eth0", gateway="xyz")))
    assert found.kind is NetworkKind.NONE
