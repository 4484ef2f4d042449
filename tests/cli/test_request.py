"""Flags over environment over file; every fault names its place and what would be right."""

from pathlib import Path

import pytest

from msgprobe.cli import settings
from msgprobe.cli.option import Flags
from msgprobe.cli.request import UsageError, byte_count, duration, family, functions, wish
from msgprobe.cli.settings import SettingsError
from msgprobe.model.run import Vantage
from msgprobe.model.target import Function


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    for key in settings.KEYS:
        monkeypatch.delenv(f"MSGPROBE_{key.upper()}", raising=False)
    path = tmp_path / "msgprobe" / "config.toml"
    path.parent.mkdir()
    return path


def test_nothing_given_means_the_defaults(config: Path) -> None:
    found = wish(Flags())
    assert found.request.families == (4, 6)
    assert found.request.quick is False
    assert found.fail_on is None
    assert wish(Flags()).request.seed != wish(Flags()).request.seed


def test_flags_over_environment_over_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('max_time = 7\nmax_bytes = "2M"\nquick = true\nonly = ["web"]\nfamily = 6\n')
    request = wish(Flags()).request
    assert (request.max_time, request.max_bytes, request.quick) == (7.0, 2_000_000, True)
    assert (request.functions, request.families) == ((Function.WEB,), (6,))
    monkeypatch.setenv("MSGPROBE_MAX_TIME", "8s")
    monkeypatch.setenv("MSGPROBE_QUICK", "no")
    monkeypatch.setenv("MSGPROBE_ONLY", "text,media")
    request = wish(Flags()).request
    assert (request.max_time, request.quick) == (8.0, False)
    assert request.functions == (Function.TEXT, Function.MEDIA)
    request = wish(Flags(max_time="9", quick=True, only=["calls"], ipv4=True)).request
    assert (request.max_time, request.quick) == (9.0, True)
    assert (request.functions, request.families) == ((Function.CALLS,), (4,))


def test_a_deep_look_may_take_more_unless_told_otherwise(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = wish(Flags()).request
    assert (usual.throttle, usual.max_time, usual.max_bytes) == (False, 60.0, 5_000_000)
    deep = wish(Flags(throttle=True)).request
    assert (deep.throttle, deep.throttle_wait) == (True, 600.0)
    assert (deep.max_time, deep.max_bytes) == (840.0, 30_000_000)
    soon = wish(Flags(throttle=True, wait="30")).request
    assert (soon.throttle_wait, soon.max_time) == (30.0, 270.0)
    tight = wish(Flags(throttle=True, max_time="90", max_bytes="1M")).request
    assert (tight.max_time, tight.max_bytes) == (90.0, 1_000_000)
    monkeypatch.setenv("MSGPROBE_THROTTLE", "1")
    monkeypatch.setenv("MSGPROBE_WAIT", "1min")
    assert wish(Flags()).request.max_time == 300.0
    assert wish(Flags(throttle=False)).request.max_time == 60.0


def test_every_service_may_take_more_unless_told_otherwise(config: Path) -> None:
    wide = wish(Flags(everything=True)).request
    assert (wide.max_time, wide.max_bytes) == (120.0, 20_000_000)
    assert wish(Flags(everything=True, max_bytes="1M")).request.max_bytes == 1_000_000
    assert wish(Flags(everything=True, throttle=True)).request.max_bytes == 30_000_000


def test_quick_and_deep_exclude_each_other(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="--quick and --throttle exclude each other"):
        wish(Flags(quick=True, throttle=True))
    config.write_text("quick = true\n")
    request = wish(Flags(throttle=True)).request
    assert (request.quick, request.throttle) == (False, True)
    monkeypatch.setenv("MSGPROBE_THROTTLE", "yes")
    with pytest.raises(UsageError, match="exclude each other"):
        wish(Flags())
    request = wish(Flags(quick=True)).request
    assert (request.quick, request.throttle) == (True, False)


def test_a_wait_for_nothing_is_refused(config: Path) -> None:
    with pytest.raises(UsageError, match=r"--wait.*--throttle"):
        wish(Flags(wait="30"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("throttle = 3", ["config.toml: throttle", "true or false"]),
        ('throttle = true\nwait = "soon"', ["config.toml: wait", "30s"]),
        ("quik = true", ["config.toml", "'quik'", "quick"]),
        ("quick = 3", ["config.toml: quick", "true or false"]),
        ("family = 5", ["config.toml: family", "4 or 6"]),
        ('only = "calls,sms"', ["config.toml: only", "'sms'", "media"]),
        ("max_bytes = true", ["config.toml: max_bytes"]),
        ('max_bytes = "2X"', ["config.toml: max_bytes", "500k"]),
        ("targets = [1]", ["config.toml: targets"]),
        ('country = "KAZ"', ["config.toml: country", "KZ"]),
        ("quick = ", ["config.toml", "TOML"]),
        ("redact = false", ["'redact'"]),
    ],
)
def test_a_fault_in_the_file_names_file_and_key(config: Path, text: str, words: list[str]) -> None:
    config.write_text(text)
    with pytest.raises((SettingsError, UsageError)) as caught:
        wish(Flags())
    for word in words:
        assert word in str(caught.value)


def test_a_fault_in_the_environment_names_the_variable(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSGPROBE_MAX_BYTES", "lots")
    with pytest.raises(UsageError, match="MSGPROBE_MAX_BYTES"):
        wish(Flags())
    assert wish(Flags(max_bytes="1M")).request.max_bytes == 1_000_000


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("500k", 500_000),
        ("2M", 2_000_000),
        ("1.5 MB", 1_500_000),
        ("1MiB", 1_048_576),
        ("5000", 5000),
    ],
)
def test_byte_counts(text: str, count: int) -> None:
    assert byte_count(text) == count


@pytest.mark.parametrize("text", ["", "-1", "0", "999", "2T", "9" * 400, "1e6", "k", "nan"])
def test_no_byte_counts(text: str) -> None:
    with pytest.raises(ValueError):
        byte_count(text)


@pytest.mark.parametrize(("text", "value"), [("30", 30.0), ("2min", 120.0), ("0.5s", 0.5)])
def test_durations(text: str, value: float) -> None:
    assert duration(text) == value


@pytest.mark.parametrize("text", ["", "0", "-3", "inf", "nan", "1h", "99999"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError):
        duration(text)


def test_functions_come_once_in_the_order_asked() -> None:
    assert functions(["web,TEXT", "web"]) == (Function.WEB, Function.TEXT)


def test_both_families_at_once_are_refused() -> None:
    assert family(False, False) is None
    with pytest.raises(UsageError, match="-4 and -6"):
        family(True, True)


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {"HOME": "/h"}, "/h/.config/msgprobe"),
        ("linux", {"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/x/msgprobe"),
        ("linux", {"HOME": "/h", "XDG_CONFIG_HOME": "relative"}, "/h/.config/msgprobe"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Application Support/msgprobe"),
        ("win32", {"APPDATA": "/a"}, "/a/msgprobe"),
        ("linux", {}, None),
    ],
)
def test_each_platform_has_its_folder(
    platform: str, environ: dict[str, str], folder: str | None
) -> None:
    found = settings.folder(environ, platform)
    assert (None if found is None else found.as_posix()) == folder


def test_where_it_is_measured_is_written_down_as_the_user_says(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wish(Flags()).vantage == Vantage()
    config.write_text('asn = 9198\nlabel = "office"\n')
    assert wish(Flags()).vantage == Vantage(asn=9198, label="office")
    monkeypatch.setenv("MSGPROBE_ASN", "AS13335")
    assert wish(Flags(label="home")).vantage == Vantage(asn=13335, label="home")
    assert wish(Flags(asn="as4294967295")).vantage.asn == 4294967295


@pytest.mark.parametrize("asn", ["0", "4294967296", "AS", "-1", "9198a", "", "\u0669"])
def test_what_is_no_network_is_refused(config: Path, asn: str) -> None:
    with pytest.raises(UsageError, match=r"--asn: .*AS9198"):
        wish(Flags(asn=asn))


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "\x1b[2J", "\u202egnp", "x" * 65])
def test_a_label_is_short_and_can_be_seen(config: Path, label: str) -> None:
    with pytest.raises(UsageError, match=r"--label: .*1 to 64"):
        wish(Flags(label=label))
