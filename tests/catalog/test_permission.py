"""What a stranger's file may do: add services, and more only where file and user both say so."""

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.catalog.error import CatalogError
from msgprobe.catalog.limits import ALL_ENDPOINTS, ASSETS, ENDPOINTS, FILES, POOLS
from msgprobe.catalog.loader import each, load
from msgprobe.catalog.permission import EVERYTHING, Allowed
from msgprobe.catalog.reach import MAIL_PORTS, not_global
from msgprobe.model.liberty import Liberty, Override, Taken
from msgprobe.report.allowed import lines

HEAD = 'name = "{name}"\ntitle = "{title}"\nprimary = "text"\nsource = "a test"\ndate = "2026-01"\n'
POOL = '[[pool]]\nname = "chat"\nfunction = "text"\ncheck = "connect"\nports = [{port}]\n'
MEMBER = '[[pool.member]]\nname = "one"\n{where}\n'
ANYWHERE = 'addresses = ["192.0.2.1"]'


def service(
    name: str = "own",
    title: str = "Own",
    *,
    where: str = ANYWHERE,
    port: int = 443,
    allow: str = "",
) -> str:
    head = HEAD.format(name=name, title=title)
    pool = POOL.format(port=port) + MEMBER.format(where=where)
    return f"[service]\n{allow}\n{head}{pool}"


def written(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


OVERRIDES = {
    "service": (service("telegram", "Something"), "service.name", '"telegram"', "telegram"),
    "title": (service("other", "\uff34ELE-gram"), "service.title", '"telegram"', "telegram"),
    "site": (
        '[[site]]\nname = "wikipedia"\nhost = "a.example.org"\nowner = "me"\nnetwork = "mine"\n'
        'source = "a test"\ndate = "2026-01"\n',
        "site[wikipedia].name",
        '"wikipedia"',
        "wikipedia",
    ),
    "controls": (
        '[controls]\nsilent = ["192.0.2.1"]\nsource = "a test"\ndate = "2026-01"\n',
        "controls.silent",
        "silent",
        "silent",
    ),
}


@pytest.mark.parametrize("kind", OVERRIDES)
def test_what_replaces_msgprobes_own_needs_the_flag_and_is_noted(tmp_path: Path, kind: str) -> None:
    text, key, what, name = OVERRIDES[kind]
    path = written(tmp_path, text)
    with pytest.raises(CatalogError) as caught:
        load([path])
    assert (caught.value.file, caught.value.key) == (str(path), key)
    assert what in caught.value.why and "--allow-override" in caught.value.right
    noted = load([path], allowed=Allowed(override=True)).allowances
    assert noted.overrides == (Override(kind=kind, name=name, file=str(path)),)
    (told,) = lines(noted)
    assert not noted.taken and name in told and str(path) in told
    assert noted.without_folders().overrides[0].file == "own.toml"


def test_a_second_file_may_not_replace_the_first_ones_service_either(tmp_path: Path) -> None:
    paths = [written(tmp_path, service(), "a.toml"), written(tmp_path, service(), "b.toml")]
    with pytest.raises(CatalogError, match=r"b\.toml.*a\.toml"):
        load(paths)


def test_what_adds_needs_no_leave(tmp_path: Path) -> None:
    found = load([written(tmp_path, service())])
    assert found.service("own").name == "own" and not lines(found.allowances)


PRIVATE = {
    "127.0.0.1": "this device",
    "0.0.0.0": "this device",
    "::1": "this device",
    "::": "this device",
    "10.1.2.3": "private",
    "172.31.255.254": "private",
    "192.168.1.1": "private",
    "fd00::1": "private",
    "169.254.169.254": "same link",
    "fe80::1": "same link",
    "2606:4700::1%eth0": "same link",
    "100.64.0.1": "provider",
    "198.18.0.1": "benchmark",
    "224.0.0.251": "many",
    "ff02::1": "many",
    "255.255.255.255": "many",
    "240.0.0.1": "nobody",
    "4000::1": "nobody",
    "::ffff:127.0.0.1": "this device",
    "64:ff9b::7f00:1": "this device",
    "64:ff9b::169.254.169.254": "same link",
    "64:ff9b:1::1": "own use",
    "2002:c0a8:101::1": "private",
    "::10.0.0.1": "private",
}


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_none_of_the_internet_are_told(address: str) -> None:
    kind = not_global(address)
    assert kind is not None and PRIVATE[address] in kind


@pytest.mark.parametrize(
    "address", ["149.154.167.51", "2001:67c:4e8:f002::a", "64:ff9b::808:808", "192.0.2.1"]
)
def test_addresses_of_the_internet_and_of_examples_are_free(address: str) -> None:
    assert not_global(address) is None


@given(st.ip_addresses())
def test_whatever_python_holds_for_private_is_told_but_for_documentation(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    told = not_global(str(address))
    if address.is_loopback or address.is_link_local or address.is_multicast:
        assert told is not None
    elif isinstance(address, ipaddress.IPv4Address) and address.is_global:
        assert told in (None, "a protocol's own use")


WAYS = {
    "addresses": ('addresses = ["127.0.0.1"]', 443, "addresses", Liberty.PRIVATE_ADDRESSES),
    "hints": ('host = "a.example"\naddresses = ["10.0.0.1"]', 443, "addresses", None),
    "home": ('host = "printer.local"', 443, "host", Liberty.PRIVATE_ADDRESSES),
    "mail": (ANYWHERE, 25, "ports", Liberty.MAIL_PORTS),
    "submission": (ANYWHERE, 587, "ports", Liberty.MAIL_PORTS),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_liberty_needs_the_key_in_the_file_and_the_flag(tmp_path: Path, way: str) -> None:
    where, port, key, given = WAYS[way]
    liberty = given or Liberty.PRIVATE_ADDRESSES
    path = written(tmp_path, service(where=where, port=port))
    with pytest.raises(CatalogError) as caught:
        load([path], allowed=EVERYTHING)
    assert caught.value.key == f"pool[chat].member[one].{key}"
    assert f'allow = ["{liberty}"]' in caught.value.right and liberty.flag in caught.value.right
    written(tmp_path, service(where=where, port=port, allow=f'allow = ["{liberty}"]'))
    with pytest.raises(CatalogError) as caught:
        load([path], allowed=Allowed(override=True, liberties=frozenset(Liberty) - {liberty}))
    assert liberty.flag in caught.value.right and "trust" in caught.value.right
    noted = load([path], allowed=Allowed(liberties=frozenset({liberty}))).allowances
    assert noted.taken == (Taken(liberty=liberty, owner="service own", file=str(path)),)


CONTROLS = {
    "silent": 'silent = ["127.0.0.1"]',
    "holes": "holes = [25]",
    "resolver": '[[resolver]]\nname = "r"\nowner = "o"\nnetwork = "n"\naddresses = ["10.0.0.1"]',
    "stun": '[[stun]]\nname = "r"\nowner = "o"\nnetwork = "n"\nhost = "a.example"\nport = 25',
    "site": '[[site]]\nname = "r"\nowner = "o"\nnetwork = "n"\nhost = "x.localhost"',
    "transfer": (
        '[[transfer]]\nname = "r"\nowner = "o"\nnetwork = "n"\nhost = "a.example"\npath = "/"\n'
        'addresses = ["fe80::1"]'
    ),
}


@pytest.mark.parametrize("kind", CONTROLS)
def test_controls_need_leave_as_well(tmp_path: Path, kind: str) -> None:
    head = '[controls]\nsource = "a test"\ndate = "2026-01"\n'
    path = written(tmp_path, f"{head}{CONTROLS[kind]}\n")
    with pytest.raises(CatalogError, match=r"allow = \[.*to \[controls\]"):
        load([path], allowed=EVERYTHING)
    both = 'allow = ["private_addresses", "mail_ports"]\n'
    written(tmp_path, f"{head}{both}{CONTROLS[kind]}\n")
    assert len(load([path], allowed=EVERYTHING).allowances.taken) == 1


def test_shipped_files_ask_for_their_mail_ports_too() -> None:
    mail = {s.name for s in load().services for e in s.endpoints if e.port in MAIL_PORTS}
    assert mail == {"deltachat", "kakaotalk"} and not lines(load().allowances)


def test_shipped_files_declare_what_they_take() -> None:
    # each of them read as one of a user who allows everything
    assert len(each([Path(__file__).parents[2] / "targets"])) > 20


@pytest.mark.parametrize("host", ["127.0.0.0x1", "a.0x7f", "10.0.0.1", "1.2.3.0x"])
def test_a_number_is_no_host(tmp_path: Path, host: str) -> None:
    with pytest.raises(CatalogError, match="is not a host name"):
        load([written(tmp_path, service(where=f'host = "{host}"'))])


MANY = [f'"192.0.2.{n}"' for n in range(100)]
TOO_MUCH = {
    "pools": (
        service()
        + "".join(
            POOL.format(port=443).replace("chat", f"p{n}")
            + MEMBER.format(where=ANYWHERE).replace('"one"', f'"m{n}"')
            for n in range(POOLS)
        ),
        "give 1 to",
    ),
    "endpoints": (
        f"[service]\n{HEAD.format(name='own', title='Own')}{POOL.format(port='1,2,3')}"
        + MEMBER.format(where=f"addresses = [{','.join(MANY)}]"),
        str(ENDPOINTS),
    ),
    "assets": (
        service() + '[[asset]]\nname = "a"\nfunction = "text"\nhost = "a.example"\n' * (ASSETS + 1),
        "give 1 to",
    ),
    "text": (service(where=ANYWHERE + f'\nexpect_text = "{"a" * 10_001}"'), "10001 characters"),
    "file": (service() + "# " + "x" * (256 * 1024), "larger than 256 KiB"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_too_much_is_refused(tmp_path: Path, what: str) -> None:
    text, why = TOO_MUCH[what]
    with pytest.raises(CatalogError) as caught:
        load([written(tmp_path, text)])
    assert why in str(caught.value)


def test_many_files_are_too_much_together(tmp_path: Path) -> None:
    each = service(where=f"addresses = [{','.join(MANY)}]", port=443)
    for number in range(ALL_ENDPOINTS // 100):
        text = each.replace('"own"', f'"own{number}"').replace('"Own"', f'"Own {number}"')
        written(tmp_path, text, f"{number}.toml")
    with pytest.raises(CatalogError, match="name fewer target files"):
        load([tmp_path])


def test_a_folder_of_very_many_files_is_refused(tmp_path: Path) -> None:
    for number in range(FILES + 1):
        written(tmp_path, "", f"{number}.toml")
    with pytest.raises(CatalogError, match=str(FILES)):
        load([tmp_path])
