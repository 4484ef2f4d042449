"""macOS and Android by recorded words of their commands; where those are missing, by nothing."""

import sys
import time
from collections.abc import Callable

import pytest

from msgprobe.model.history import Attachment, NetworkKind
from msgprobe.steps.accounts.account import Account, Route
from msgprobe.steps.accounts.android import Android
from msgprobe.steps.accounts.command import SystemCommands, Told
from msgprobe.steps.accounts.linux import Linux
from msgprobe.steps.accounts.macos import MacOS
from msgprobe.steps.accounts.own import own_account, system_name
from msgprobe.steps.accounts.windows import Windows
from msgprobe.steps.attachment import attachment
from msgprobe.steps.machine import SystemMachine
from tests.steps.accounts import recorded as was
from tests.steps.accounts.recorded import PUBLIC_4, PUBLIC_6, Recorded


def mac(**more: str | Told) -> MacOS:
    said: dict[str, str | Told] = {
        f"/sbin/route -n get -inet {PUBLIC_4}": was.MAC_ROUTE_4,
        f"/sbin/route -n get -inet6 {PUBLIC_6}": was.MAC_ROUTE_6,
        "/usr/sbin/scutil --dns": was.MAC_DNS,
        "/usr/sbin/networksetup -listallhardwareports": was.MAC_PORTS,
        "/usr/sbin/arp -n 192.0.2.1": was.MAC_ARP,
    }
    named = {
        "four": f"/sbin/route -n get -inet {PUBLIC_4}",
        "six": f"/sbin/route -n get -inet6 {PUBLIC_6}",
        "dns": "/usr/sbin/scutil --dns",
        "arp": "/usr/sbin/arp -n 192.0.2.1",
        "power": "/usr/bin/pmset -g batt",
    }
    return MacOS(Recorded(said | {named[name]: text for name, text in more.items()}))


def android(
    four: str | Told, six: str | Told = was.ANDROID_NO_ROUTE, properties: str = ""
) -> Android:
    return Android(
        Recorded(
            {
                f"/system/bin/ip -4 route get {PUBLIC_4}": four,
                f"/system/bin/ip -6 route get {PUBLIC_6}": six,
                "/system/bin/getprop": properties,
            }
        )
    )


def test_a_mac_on_wifi() -> None:
    account = mac()
    assert account.routes() == (
        Route("en0", "192.0.2.1", NetworkKind.WIFI),
        Route("en0", "fe80::1%en0", NetworkKind.WIFI),
    )
    assert account.resolvers() == ("192.0.2.1", "fe80::1%en0")
    assert attachment(account) == Attachment(
        kind=NetworkKind.WIFI, gateway="00:00:5e:00:53:0a", resolver="192.0.2.1"
    )
    assert not SystemMachine(account).tunnel()


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ("en4", NetworkKind.ETHERNET),
        ("en7", NetworkKind.MOBILE),
        ("bridge0", NetworkKind.ETHERNET),
        ("en9", NetworkKind.OTHER),
    ],
)
def test_the_kind_is_that_of_the_macs_hardware_port(device: str, kind: NetworkKind) -> None:
    found = attachment(mac(four=was.MAC_ROUTE_4.replace("en0", device)))
    assert found.kind is kind


def test_a_tunnel_that_takes_half_of_the_internet_is_one() -> None:
    account = mac(four=was.MAC_ROUTE_TUNNEL)
    assert SystemMachine(account).tunnel()
    found = attachment(account)
    assert (found.kind, found.gateway, found.vpn) == (NetworkKind.VPN, "", True)


def test_a_mac_without_a_network_says_so() -> None:
    account = mac(four=was.MAC_NO_ROUTE, six=was.MAC_NO_ROUTE, dns=was.MAC_NO_DNS)
    assert attachment(account) == Attachment(kind=NetworkKind.NONE)
    assert account.resolvers() == ()


def test_a_gateway_whose_neighbour_is_not_known_yet_stands_for_itself() -> None:
    assert attachment(mac(arp=was.MAC_ARP_NOBODY)).gateway == "192.0.2.1"


@pytest.mark.parametrize(
    ("said", "low"),
    [
        (was.MAC_POWER.format(charge=4, state="discharging"), True),
        (was.MAC_POWER.format(charge=4, state="charging"), False),
        (was.MAC_POWER.format(charge=57, state="discharging"), False),
        (was.MAC_NO_BATTERY, False),
        ("", False),
    ],
)
def test_a_macs_battery(said: str, low: bool) -> None:
    assert mac(power=said).battery_low() is low


def test_android_on_wifi_and_mobile() -> None:
    account = android(was.ANDROID_WIFI)
    assert account.routes() == (Route("wlan0", "192.0.2.1", NetworkKind.WIFI),)
    six = android(was.ANDROID_NO_ROUTE, was.ANDROID_MOBILE_6)
    assert six.routes() == (Route("rmnet_data1", "fe80::1", NetworkKind.MOBILE),)
    assert attachment(six) == Attachment(kind=NetworkKind.MOBILE)


def test_androids_vpn_is_a_tunnel() -> None:
    account = android(was.ANDROID_TUNNEL)
    assert SystemMachine(account).tunnel()
    assert attachment(account).vpn


def test_android_that_forbids_to_ask_has_an_unknown_network_and_not_none() -> None:
    account = android(was.ANDROID_FORBIDDEN, was.ANDROID_FORBIDDEN)
    assert account.routes() is None
    assert attachment(account) == Attachment(kind=NetworkKind.OTHER)
    assert not SystemMachine(account).tunnel()
    gone = android(was.ANDROID_NO_ROUTE)
    assert attachment(gone) == Attachment(kind=NetworkKind.NONE)


def test_androids_resolvers_are_properties_until_they_are_nobodys_to_know() -> None:
    old = android(was.ANDROID_WIFI, properties=was.ANDROID_PROPERTIES)
    assert old.resolvers() == ("192.0.2.1", "2001:db8::53")
    assert android(was.ANDROID_WIFI, properties=was.ANDROID_NO_PROPERTIES).resolvers() == ()


ODD: tuple[Callable[[Recorded], Account], ...] = (
    MacOS,
    Android,
    lambda commands: Windows(commands=commands),
)


@pytest.mark.parametrize("make", ODD)
@pytest.mark.parametrize("words", ["", "\0\xff", "interface: \ndev\n[net.dns1]: [", "% :;" * 50])
def test_without_commands_and_with_odd_ones_nothing_is_known(
    make: Callable[[Recorded], Account], words: str
) -> None:
    """Here Windows has no libraries either."""
    account = make(Recorded({"/": words} if words else {}))
    assert account.routes() is None
    assert account.resolvers() == ()
    assert account.hardware("192.0.2.1") == ""
    assert not account.battery_low()
    assert not account.is_tunnel("en0")
    assert account.interfaces_up() >= 0
    assert attachment(account) == Attachment(kind=NetworkKind.OTHER)


def test_the_system_is_told_by_its_name_and_android_by_its_level() -> None:
    assert system_name("linux", api_level=False) == "linux"
    assert system_name("linux", api_level=True) == "android"
    assert system_name("android", api_level=True) == "android"
    kinds = {name: type(own_account(name)) for name in ("linux", "android", "darwin", "win32")}
    assert kinds == {"linux": Linux, "android": Android, "darwin": MacOS, "win32": Windows}
    assert isinstance(own_account("freebsd14"), Linux)


def test_commands_are_run_in_no_language_and_end_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    run = SystemCommands()
    told = run((sys.executable, "-c", "import os; print(os.environ['LC_ALL'], 'ü')"))
    assert told.ran and told.out.split()[0] == "C"
    assert run(("/no/such/command",)) == Told()
    monkeypatch.setattr("msgprobe.steps.accounts.command._PATIENCE", 0.1)
    begun = time.monotonic()
    assert run((sys.executable, "-c", "import time; time.sleep(9)")) == Told()
    assert time.monotonic() - begun < 5
