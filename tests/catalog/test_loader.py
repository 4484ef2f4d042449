"""Loading, overriding, choosing; target files of plug-ins; and any TOML whatever."""

import copy
import hashlib
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from msgprobe.catalog.error import CatalogError, UnknownService
from msgprobe.catalog.loader import load, select
from msgprobe.catalog.permission import EVERYTHING
from msgprobe.checks.registry import examiner, registry
from msgprobe.model.target import Function
from tests.interpreter import python

HERE = Path(__file__).parent
CHECKS = registry()
PIGEON = HERE / "good" / "pigeon.toml"
SHIPPED = HERE.parents[1] / "targets"


def test_a_third_party_file_adds_a_service() -> None:
    catalogue = load([PIGEON])
    pigeon = catalogue.service("pigeon")
    assert [(e.name, e.port, e.reserve) for e in pigeon.endpoints] == [
        ("main-443", 443, False),
        ("main-8443", 8443, True),
    ]
    assert pigeon.endpoints[0].provenance.date == "2026-01-31"
    assert pigeon.primary is Function.TEXT and not pigeon.core
    assert len(catalogue.services) == len(load().services) + 1


def test_the_hash_is_of_all_bytes_in_order() -> None:
    files = [*sorted(SHIPPED.glob("*.toml")), PIGEON]
    expected = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    assert load([PIGEON]).sha256 == expected
    assert load().sha256 != expected


def test_a_later_file_replaces_a_service_as_a_whole_and_in_place(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(PIGEON.read_text().replace('"pigeon"', '"signal"'))
    catalogue = load([own], allowed=EVERYTHING)
    assert [s.name for s in catalogue.services] == [s.name for s in load().services]
    signal = catalogue.service("signal")
    assert (signal.title, signal.roots, signal.core) == ("Pigeon", (), False)
    later = tmp_path / "later"
    later.mkdir()
    (later / "x.toml").write_text(own.read_text().replace("Pigeon", "Dove"))
    assert load([own, later], allowed=EVERYTHING).service("signal").title == "Dove"


CONTROLS = """
[controls]
source = "a test"
date = "2026-01"
silent = ["192.0.2.53"]

[[site]]
name = "wikipedia"
host = "mirror.example.org"
owner = "Somebody"
network = "home"

[[site]]
name = "mine"
host = "Mine.Example.org"
owner = "Me"
network = "mine"
addresses = ["2001:DB8:0::1"]
"""


def test_controls_are_replaced_by_name_and_lists_as_a_whole(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(CONTROLS)
    before, after = load().controls, load([own], allowed=EVERYTHING).controls
    assert after.site("wikipedia").host == "mirror.example.org"
    assert [s.name for s in after.sites] == [*(s.name for s in before.sites), "mine"]
    assert after.silent == ("192.0.2.53",)
    assert after.holes == before.holes and after.advert_host == before.advert_host
    assert after.sentinels == before.sentinels
    mine = after.site("mine")
    assert (mine.host, mine.addresses) == ("mine.example.org", ("2001:db8::1",))


def test_a_control_cannot_take_the_name_of_another_kind(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(CONTROLS.replace('"mine"', '"quad9"', 1))
    with pytest.raises(CatalogError, match='"quad9" is already a resolver; give the site another'):
        load([own], allowed=EVERYTHING)


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes(b"\xef\xbb\xbf" + PIGEON.read_bytes().replace(b"\n", b"\r\n"))
    assert load([own]).service("pigeon").title == "Pigeon"


def test_services_are_chosen_by_name_and_the_core_ones_by_none() -> None:
    catalogue = load([PIGEON])
    assert [s.name for s in select(catalogue, ["WhatsApp", "pigeon", "whatsapp"])] == [
        "whatsapp",
        "pigeon",
    ]
    assert {s.name for s in select(catalogue, [])} == {
        "whatsapp",
        "telegram",
        "signal",
        "messenger",
    }


def test_an_unknown_service_is_answered_with_the_nearest_or_all() -> None:
    with pytest.raises(UnknownService, match='"telegrm"; did you mean telegram') as caught:
        select(load(), ["telegrm"])
    assert caught.value.near == ("telegram",)
    with pytest.raises(UnknownService, match="known are: bip, deltachat"):
        select(load(), ["qqqqq\x1b[2J"])


def installed(folder: Path, name: str, value: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[msgprobe.targets]\n{name} = {value}\n")


def test_an_installed_package_brings_its_target_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "pigeonpost"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('finding must not import')\n")
    (package / "pigeon.toml").write_bytes(PIGEON.read_bytes())
    installed(tmp_path, "pigeonpost", "pigeonpost")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert load(plugins=True).service("pigeon").title == "Pigeon"
    assert "pigeon" not in {s.name for s in load().services}


def test_a_package_whose_module_is_gone_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, "lostpost", "lostpost_module")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(CatalogError, match=r"lostpost = lostpost_module .* reinstall or remove"):
        load(plugins=True)


def test_a_package_that_fails_to_be_found_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "brokenpost").mkdir()
    (tmp_path / "brokenpost" / "__init__.py").write_text("raise RuntimeError('\\x1b[2J')\n")
    installed(tmp_path, "brokenpost", "brokenpost.targets")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(CatalogError, match=r"brokenpost.*cannot be imported") as caught:
        load(plugins=True)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("whole", [True, False])
def test_the_shipped_files_are_found_inside_a_zip_archive(tmp_path: Path, whole: bool) -> None:
    archive = tmp_path / "msgprobe.pyz"
    with zipfile.ZipFile(archive, "w") as pack:
        for file in (SHIPPED.parent / "msgprobe").rglob("*.py"):
            pack.write(file, file.relative_to(SHIPPED.parent))
        for file in SHIPPED.glob("*.toml") if whole else ():
            pack.write(file, f"msgprobe/_targets/{file.name}")
    code = "from msgprobe.catalog.loader import load; print(load().sha256)"
    done = python(f"import sys; sys.path.insert(0, {str(archive)!r}); {code}", cwd=tmp_path)
    if whole:
        assert done.stdout.strip() == load().sha256
    else:
        assert "msgprobe itself are missing; install it again" in done.stderr


KEYS = st.sampled_from(
    "service pool member root beacon controls site sentinel resolver name title primary core "
    "prefixes untestable source date function ok_at sample check ports trust path expect_status "
    "expect_text options host addresses always pem key fingerprint old_padding sha256 "
    "up down silent holes advert_host owner "
    "network country unfair_in any_name status body doh_host doh_path filters calls other".split()
)
SCALARS = (
    st.text(max_size=12)
    | st.sampled_from(["text", "calls", "tls", "public", "pinned", "2026-01", "a.example", "::1"])
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(0, 600)
    | st.booleans()
    | st.floats()
    | st.dates()
    | st.datetimes()
    | st.times()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


def toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(f"\\U{ord(c):08x}" for c in value) + '"'
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return f"{{{', '.join(f'{k} = {toml(v)}' for k, v in value.items())}}}"
        case int() | float():
            return str(value)
        case _:
            return str(value.isoformat())


def refused_plainly_or_loaded(path: Path, data: dict[str, Any]) -> None:
    path.write_text("".join(f"{key} = {toml(value)}\n" for key, value in data.items()))
    try:
        known = tuple(CHECKS)
        load([path], known_checks=known, examine=examiner(CHECKS), allowed=EVERYTHING)
    except CatalogError as error:
        assert str(error).startswith(str(path))
        assert str(error).isprintable() and error.why and error.right


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_toml_is_loaded_or_refused_with_one_printable_line(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]
) -> None:
    refused_plainly_or_loaded(tmp_path_factory.getbasetemp() / "any.toml", data)


def places(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place inside a parsed document, as the keys that lead there."""
    found = [here] if here else []
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, below in inner:
        found += places(below, (*here, key))
    return found


DOCUMENTS = [tomli.loads((SHIPPED / n).read_text()) for n in ("signal.toml", "_controls.toml")]


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_one_value_replaced_by_anything_is_refused_plainly_or_loaded(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    *way, last = data.draw(st.sampled_from(places(document)))
    inside: Any = document
    for key in way:
        inside = inside[key]
    inside[last] = data.draw(VALUES)
    refused_plainly_or_loaded(tmp_path_factory.getbasetemp() / "replaced.toml", document)


GOOD = PIGEON.read_text()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 8), st.binary(max_size=4))
def test_a_good_file_with_a_few_bytes_changed_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, put: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "changed.toml"
    path.write_bytes(GOOD[:at].encode() + put + GOOD[at + cut :].encode())
    try:
        load([path])
    except CatalogError as error:
        assert str(error).isprintable()


@pytest.mark.parametrize("text", ["x = " + "[" * 20000, "x = " + "9" * 20000, "x = 1" + ".0" * 9])
def test_hostile_toml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hostile.toml"
    path.write_text(text)
    with pytest.raises(CatalogError):
        load([path])
