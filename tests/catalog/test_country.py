"""The country guessed from the time zone: offline, from every form in which a zone is given."""

import logging
import sys
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from msgprobe.catalog import country
from msgprobe.catalog.country import COUNTRIES, countries_of, guessed, local_zone


@pytest.fixture(autouse=True)
def no_zone_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(country, "_LOCAL", str(tmp_path / "localtime"))
    monkeypatch.setattr(country, "_NAMED", str(tmp_path / "timezone"))


@pytest.fixture
def without_tzdata(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "tzdata", None)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    yield
    zoneinfo.reset_tzpath(to=before)


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        ("Asia/Almaty", ("KZ",)),
        ("Asia/Aqtobe", ("KZ",)),
        ("Europe/Moscow", ("RU",)),
        ("Asia/Tehran", ("IR",)),
        ("Asia/Ashgabat", ("TM",)),
        ("Europe/Istanbul", ("TR",)),
        ("Europe/Simferopol", ("RU", "UA")),
        ("Asia/Yangon", ("MM", "CC")),
        # older names
        ("W-SU", ("RU",)),
        ("PRC", ("CN",)),
        ("Iran", ("IR",)),
        ("Asia/Rangoon", ("MM", "CC")),
        ("Asia/Ashkhabad", ("TM",)),
        # no country's, or nobody's
        ("UTC", ()),
        ("Etc/GMT-5", ()),
        ("Mars/Olympus", ()),
        ("KZT-5", ()),
        ("", ()),
        ("../../etc/passwd", ()),
    ],
)
def test_the_countries_of_a_zone(zone: str, found: tuple[str, ...]) -> None:
    assert countries_of(zone)[:3] == found


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ("Asia/Almaty", "Asia/Almaty"),
        (":Asia/Almaty", "Asia/Almaty"),
        ("/usr/share/zoneinfo/Asia/Almaty", "Asia/Almaty"),
        (":/var/db/timezone/zoneinfo/Europe/Moscow", "Europe/Moscow"),
        ("UTC", "UTC"),
    ],
)
def test_the_environment_names_the_zone(
    monkeypatch: pytest.MonkeyPatch, given: str, zone: str
) -> None:
    monkeypatch.setenv("TZ", given)
    assert local_zone() == zone


@pytest.mark.parametrize("given", ["KZT-5", "Nowhere/Land", ":/tmp/none", "/", ":", "\n", "UTC0"])
def test_a_zone_that_is_none_tells_no_country(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("TZ", given)
    if given not in (":", "\n"):  # these two are like none: the system is asked
        assert guessed() == ()


def test_without_any_table_no_country_is_guessed(
    monkeypatch: pytest.MonkeyPatch, without_tzdata: None
) -> None:
    monkeypatch.setenv("TZ", "Asia/Almaty")
    assert guessed() == ()


def test_without_the_package_the_systems_table_serves(
    monkeypatch: pytest.MonkeyPatch, without_tzdata: None, tmp_path: Path
) -> None:
    (tmp_path / "zone1970.tab").write_text(
        "# a comment\nKZ\t+4315+07657\tAsia/Almaty\tmost\nbroken line\nXX\t+0+0\tAsia/Nowhere\n"
    )
    (tmp_path / "tzdata.zi").write_text("# version x\nL Asia/Almaty Asia/Alma-Ata\nL\n")
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    monkeypatch.setenv("TZ", "Asia/Almaty")
    assert guessed() == ("KZ",)
    assert countries_of("Asia/Alma-Ata") == ("KZ",)
    assert countries_of("Asia/Nowhere") == ()  # no such country: nothing is claimed


def test_an_unreadable_table_is_none(
    monkeypatch: pytest.MonkeyPatch, without_tzdata: None, tmp_path: Path
) -> None:
    (tmp_path / "zone1970.tab").write_bytes(b"\xff\xfe\x00")
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    monkeypatch.setenv("TZ", "Asia/Almaty")
    assert guessed() == ()


def test_a_system_that_contradicts_itself_tells_no_country_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import tzlocal

    def contradicts() -> str:
        logging.getLogger("tzlocal").warning("/etc/timezone is deprecated")
        raise zoneinfo.ZoneInfoNotFoundError("Multiple conflicting time zone configurations")

    monkeypatch.setattr(tzlocal, "get_localzone_name", contradicts)
    assert local_zone() is None
    assert guessed() == ()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("target", "named", "zone"),
    [
        ("/usr/share/zoneinfo/Asia/Almaty", None, "Asia/Almaty"),
        ("../usr/share/zoneinfo/Asia/Almaty", "Asia/Almaty\n", "Asia/Almaty"),
        ("/var/db/timezone/zoneinfo/Europe/Moscow", "", "Europe/Moscow"),
        ("/usr/share/zoneinfo/Etc/UTC", b"\xff", "Etc/UTC"),
        # the library is to say: two that differ, a copy, and links to no zone
        ("/usr/share/zoneinfo/Asia/Almaty", "Europe/Moscow", None),
        (None, "Asia/Almaty", None),
        ("/etc/adjtime", None, None),
        ("/usr/share/zoneinfo/", None, None),
    ],
)
def test_the_systems_own_link_names_the_zone(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    target: str | None,
    named: str | bytes | None,
    zone: str | None,
) -> None:
    import tzlocal

    monkeypatch.setattr(tzlocal, "get_localzone_name", lambda: "Asia/Tehran")
    if target is None:
        (tmp_path / "localtime").write_bytes(b"TZif2")
    else:
        (tmp_path / "localtime").symlink_to(target)
    if named is not None:
        (tmp_path / "timezone").write_bytes(named.encode() if isinstance(named, str) else named)
    assert local_zone() == (zone or "Asia/Tehran")


def test_without_the_library_no_country_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tzlocal", None)
    assert guessed() == ()


def test_the_codes_are_those_of_the_tz_database() -> None:
    rows = [row.split("\t")[0] for row in country._lines("iso3166.tab") if row[:1] not in ("#", "")]
    assert rows and set(rows) == COUNTRIES
