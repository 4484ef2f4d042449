"""Networks are told apart by what the system's own files say; where they are hidden, by nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from msgprobe.model.history import NetworkKind
from msgprobe.steps.accounts.linux import Linux
from msgprobe.steps.attachment import attachment
from tests.cli.process import ALONE, isolated

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
    hidden = Linux(tmp_path / "b")
    assert attachment(hidden, lambda: True).kind is NetworkKind.OTHER
    assert attachment(hidden, lambda: False).kind is NetworkKind.NONE


def test_a_route_whose_device_hangs_on_nothing_leads_nowhere(tmp_path: Path) -> None:
    routes = route("eth0", metric=100) + route("wwan0", metric=700)
    more = {"sys/class/net/eth0/type": "1\n", "sys/class/net/eth0/carrier": "1\n"}
    account = machine(tmp_path, routes, more=more)
    assert attachment(account).kind is NetworkKind.ETHERNET
    (tmp_path / "sys/class/net/eth0/carrier").write_text("0\n")
    assert attachment(account).kind is NetworkKind.MOBILE
    (tmp_path / "sys/class/net/wwan0").mkdir(parents=True)
    (tmp_path / "sys/class/net/wwan0/carrier").write_text("0\n")
    assert attachment(account).kind is NetworkKind.NONE


_ASKED = (
    "from msgprobe.steps.attachment import attachment, routed; "
    "print(attachment().kind.value, routed())"
)


@isolated
def test_a_real_cable_that_is_pulled_out_is_no_network() -> None:
    script = (
        "mount -t sysfs none /sys && ip link add here type veth peer name there && "
        "ip address add 192.168.7.2/24 dev here && ip link set here up && ip link set there up && "
        'python="$0"; ask() { "$python" -c "$1"; }; ask "$1"; '
        'ip route add default via 192.168.7.1; ask "$1"; ip link set there down; ask "$1"'
    )
    words = [*(ALONE or []), "--mount", "sh", "-c", script, sys.executable, _ASKED]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if not done.stdout:
        pytest.skip(f"no such devices here: {done.stderr.strip()[-200:]}")
    # the kernel keeps a route of which the cable is out, and would send there
    assert done.stdout.split("\n")[:3] == ["none False", "ethernet True", "none True"]


def test_files_of_an_unknown_form_break_nothing(tmp_path: Path) -> None:
    found = attachment(machine(tmp_path, "eth0 00000000 zz 1\n" + route("eth0", gateway="xyz")))
    assert found.kind is NetworkKind.NONE
