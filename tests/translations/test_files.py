"""Every language is complete and sound; machine output is the same in all; faults are one word."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from msgprobe.report import translations
from msgprobe.report.compiled import Compiled, key
from msgprobe.report.language import direction, safely, spoken, tag, unread
from msgprobe.report.translations import LANGUAGES, LanguageError, asked, load, of_locale, taken
from tests.packaging.translations import compile_all
from tests.packaging.translations import compiled as compiled_file
from tests.translations import checks, files
from tests.translations.texts import ROOT, texts


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    compile_all(ROOT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_complete_and_sound(language: str) -> None:
    catalogue = files.read(language)
    assert catalogue is not None, "make translations ARGS=--update"
    assert list(checks.faults(catalogue, texts())) == []
    assert catalogue.metadata["Plural-Forms"] == files.plural_forms(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_loads_and_speaks(language: str) -> None:
    with spoken(load(language)):
        assert tag() == language
        assert (direction() == "rtl") is (language == "fa")
        assert safely("Set the clock.") != "Set the clock."


def test_english_stands_beneath_what_nobody_has_read() -> None:
    with spoken(load("ru")):
        assert unread()
        assert safely("Do not click through certificate warnings.").endswith(
            "(Do not click through certificate warnings.)"
        )


@pytest.mark.parametrize(
    ("english", "form", "fault"),
    [
        ("{name} works.", "Работает.", "places"),
        ("{name} works.", "{Name} работает.", "places"),
        ("See --lang.", "См. --язык.", "typed"),
        ("Run msgprobe report FILE.", "Запустите отчёт FILE.", "typed"),
        ("It works.", "Работает", "full stop"),
        ("It works.", "Работает. ", "blanks"),
        ("It works.", "Рабо\u202eтает.", "control"),
        ("calls", "телефонные разговоры", "wider"),
    ],
)
def test_a_fault_is_seen(english: str, form: str, fault: str) -> None:
    assert any(fault in found for found in checks._form(english, form, plural=False))


def test_missing_and_old_texts_are_seen() -> None:
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="Said once.", msgstr="Раз."))
    found = list(checks.faults(catalogue, texts()))
    assert any(f.startswith("missing") for f in found)
    assert any(f.startswith("said no longer") for f in found)


@pytest.mark.parametrize(
    ("settings", "language"),
    [
        ({"LANG": "kk_KZ.UTF-8"}, "kk"),
        ({"LC_ALL": "fa_IR", "LANG": "ru_RU.UTF-8"}, "fa"),
        ({"LANG": "zh_Hans_CN"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:uk:ru"}, "uk"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "ru"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_of_the_devices_settings(settings: dict[str, str], language: str) -> None:
    assert of_locale(settings) == language


def test_the_option_may_stand_anywhere_and_wins() -> None:
    given = {"LANG": "ru_RU.UTF-8", "MSGPROBE_LANG": "kk"}
    assert taken(["run", "--lang", "fa", "signal"], given) == (["run", "signal"], "fa")
    assert taken(["--lang=be", "run"], given) == (["run"], "be")
    assert taken(["run"], given) == (["run"], "kk")
    assert taken(["run", "--", "--lang", "fa"], given) == (["run", "--", "--lang", "fa"], "kk")


@pytest.mark.parametrize("wrong", ["xx", "", "en-", "../ru", "русский"])
def test_a_language_that_does_not_exist_is_one_clear_word(wrong: str) -> None:
    if wrong == "en-":
        assert asked(wrong) == "en"
        return
    with pytest.raises(LanguageError, match=r"there are: be, en, es, fa, kk, ru, tr, uk, zh"):
        asked(wrong)


@pytest.mark.parametrize(
    "content", [b"", b"\xde\x12\x04\x95", b"rubbish" * 9, b"\xde\x12\x04\x95" + b"\xff" * 60]
)
def test_a_broken_file_is_one_clear_word(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "ru.mo").write_bytes(content)
    monkeypatch.setattr(translations, "files", lambda _: tmp_path)
    with pytest.raises(LanguageError, match=r"ru\.mo cannot be used: the file is damaged"):
        load("ru")
    with pytest.raises(LanguageError, match="is not there"):
        load("fa")


SOME = """msgid ""
msgstr ""
"Language: ru\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);\\n"

msgid "It works."
msgstr "Работает."

msgid "Nobody has translated this."
msgstr ""

msgid "{n} server"
msgid_plural "{n} servers"
msgstr[0] "{n} сервер"
msgstr[1] "{n} сервера"
msgstr[2] "{n} серверов"
"""


def test_what_is_stored_by_short_keys_is_found_by_its_english(tmp_path: Path) -> None:
    source = tmp_path / "ru.po"
    source.write_text(SOME, encoding="utf-8")
    with compiled_file(source, key).open("rb") as stream:
        found = Compiled(stream)
    assert found.gettext("It works.") == "Работает."
    assert found.info()["language"] == "ru"
    plurals = [found.ngettext("{n} server", "{n} servers", n) for n in (1, 3, 5)]
    assert plurals == ["{n} сервер", "{n} сервера", "{n} серверов"]
    for unknown in ("Nobody has translated this.", "Nobody wrote this.", ""):
        assert found.gettext(unknown) == unknown
    assert [found.ngettext("a", "b", n) for n in (1, 2)] == ["a", "b"]


def test_two_texts_of_one_key_are_not_compiled(tmp_path: Path) -> None:
    source = tmp_path / "ru.po"
    source.write_text(SOME, encoding="utf-8")
    with pytest.raises(ValueError, match="the same key"):
        compiled_file(source, lambda _: "k")


def said(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What the command says, with these settings of the device."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "MSGPROBE_"))}
    return subprocess.run(
        [sys.executable, "-m", "msgprobe", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**kept, "PYTHONUTF8": "1", **settings},
        timeout=120,
    )


def test_machine_output_is_the_same_in_every_language(tmp_path: Path) -> None:
    from msgprobe.report.document import document, dumps
    from tests.report import sample

    run = sample.run(sample.blocked(), sample.throttled(), notes=("vpn",))
    path = tmp_path / "run.json"
    path.write_text(dumps(document(run, exit_code=1, evidence=True)), "utf-8")
    for form in ("--json", "--jsonl", "--csv", "--github", "--nagios"):
        english = said("judge", str(path), form).stdout
        assert english
        for language in ("ru", "fa", "zh") if form == "--json" else ("fa",):
            assert said("judge", str(path), form, "--lang", language).stdout == english, form
    cases = tmp_path / "cases.xml"
    written = []
    for language in ("en", "kk"):
        said("judge", str(path), "--junit", str(cases), "--lang", language)
        written.append(cases.read_bytes())
    assert written[0] == written[1]
    assert json.loads(said("judge", str(path), "--json", "--lang", "kk").stdout)


def test_the_devices_language_is_spoken_where_it_can_be_shown() -> None:
    assert "Использование" in said("--help", LANG="ru_RU.UTF-8").stdout
    assert (
        "Usage"
        in said("--help", LANG="ru_RU.UTF-8", PYTHONUTF8="0", PYTHONIOENCODING="ascii").stdout
    )
    assert "Usage" in said("--help", LANG="de_DE.UTF-8").stdout
    wrong = said("--help", "--lang", "tlh")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert len(wrong.stderr.splitlines()) == 1
