"""The country from the command line's point of view: given, switched off, or guessed."""

import json

import pytest

from msgprobe.cli import settings
from msgprobe.cli.option import Flags
from msgprobe.cli.request import UsageError, country_code, wish
from tests.cli.process import Msgprobe, isolated, one_line

ABROAD = "if nothing abroad answers"


@pytest.mark.parametrize(
    ("text", "code"), [("kz", "KZ"), ("RU", "RU"), ("none", "none"), ("None", "none")]
)
def test_a_country_or_none(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize("text", ["", "K", "KAZ", "nobody", "K Z", "ҚЗ"])
def test_no_country(text: str) -> None:
    with pytest.raises(ValueError, match="write it like KZ, or none"):
        country_code(text)


def test_only_who_gives_no_country_has_it_guessed(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    for key in settings.KEYS:
        monkeypatch.delenv(f"MSGPROBE_{key.upper()}", raising=False)
    assert (wish(Flags()).request.country, wish(Flags()).guesses) == (None, True)
    assert wish(Flags(country="kz")).request.country == "KZ"
    assert wish(Flags(country="kz")).guesses is False
    assert wish(Flags(country="none")).request.country is None
    assert wish(Flags(country="none")).guesses is False
    monkeypatch.setenv("MSGPROBE_COUNTRY", "none")
    assert wish(Flags()).guesses is False
    assert wish(Flags(country="RU")).request.country == "RU"
    monkeypatch.setenv("MSGPROBE_COUNTRY", "nowhere")
    with pytest.raises(UsageError, match="MSGPROBE_COUNTRY"):
        wish(Flags())


def domestic(msgprobe: Msgprobe, zone: str, *words: str) -> dict[str, set[str]]:
    """Conditions of the lines about the domestic hosts of Kazakhstan and Russia, by host."""
    done = msgprobe("plan", "signal", "--json", *words, env={"TZ": zone})
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, set[str]] = {}
    for line in json.loads(done.stdout)["contacts"]:
        host = line["asks"] or line["target"]
        if host.endswith((".kz", ".ru")):
            found.setdefault(host, set()).add(line["condition"])
    return found


def test_the_plan_follows_the_time_zone(msgprobe: Msgprobe) -> None:
    assert domestic(msgprobe, "UTC") == {}
    assert domestic(msgprobe, "Nowhere/Land") == {}
    almaty = domestic(msgprobe, "Asia/Almaty")
    assert set(almaty) == {"egov.kz", "kaspi.kz", "telecom.kz", "www.nur.kz"}
    assert set.union(*almaty.values()) == {ABROAD}
    assert "ya.ru" in domestic(msgprobe, "W-SU")


def test_none_switches_the_guess_off_and_a_country_outweighs_it(msgprobe: Msgprobe) -> None:
    assert domestic(msgprobe, "Asia/Almaty", "--country", "none") == {}
    moscow = domestic(msgprobe, "Asia/Almaty", "--country", "RU")
    assert "ya.ru" in moscow and "egov.kz" not in moscow
    assert "" in moscow["ya.ru"]


@isolated
def test_a_saved_run_does_not_tell_the_guess(msgprobe: Msgprobe) -> None:
    """Without any network nothing abroad can even be dialled: no domestic site is met."""
    done = msgprobe("run", "signal", "--json", "--evidence", alone=True, env={"TZ": "Asia/Almaty"})
    document = json.loads(done.stdout)
    evidence = document["evidence"]
    assert evidence["request"]["country"] is None
    assert {s["country"] for s in evidence["controls"]["sites"]} == {None}
    plain = msgprobe("run", "signal", "--json", "--evidence", alone=True)
    assert json.loads(plain.stdout)["evidence"]["controls"] == evidence["controls"]
    assert "Almaty" not in done.stdout + done.stderr


def test_a_country_that_is_none_is_refused(msgprobe: Msgprobe) -> None:
    one_line(msgprobe("run", "--country", "Kazakhstan"), 2, "--country", "KZ", "none")
    one_line(msgprobe("run", "--country", "XX"), 2, "--country", "ISO 3166-1", "KZ")
