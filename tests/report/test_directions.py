"""Pages and lines in languages that run from right to left, and texts with their joiners."""

import gettext
from collections.abc import Iterator

import pytest

from msgprobe.report import html
from msgprobe.report.escape import printable
from msgprobe.report.language import direction, spoken, tag


class Persian(gettext.NullTranslations):
    """No texts, only the name of the language."""

    def info(self) -> dict[str, str]:
        return {"language": "fa"}


class Chinese(Persian):
    """The same with a script."""

    def info(self) -> dict[str, str]:
        return {"language": "zh_Hans"}


@pytest.fixture
def persian() -> Iterator[None]:
    with spoken(Persian()):
        yield


def test_english_runs_from_left_to_right() -> None:
    assert (tag(), direction()) == ("en", "ltr")
    assert '<html lang="en" dir="ltr">' in html.page("x", "", "")


def test_a_tag_is_one_of_html() -> None:
    with spoken(Chinese()):
        assert (tag(), direction()) == ("zh-Hans", "ltr")


@pytest.mark.usefixtures("persian")
def test_a_page_says_where_its_lines_go() -> None:
    assert '<html lang="fa" dir="rtl">' in html.page("x", "", "")


@pytest.mark.usefixtures("persian")
@pytest.mark.parametrize(
    "word", ["web.example.org", "[2001:db8::1]:443", "140 kbit/s", "--quick", "tls.sni", "(TCP)"]
)
def test_what_runs_the_other_way_is_isolated(word: str) -> None:
    assert html.prose(f"نام {word} است.") == f'نام <bdi dir="ltr">{word}</bdi> است.'


@pytest.mark.usefixtures("persian")
def test_signs_around_it_belong_to_the_sentence() -> None:
    hosts = html.prose("نام a.example, b.example (و c.example).")
    for host in "abc":
        assert f'<bdi dir="ltr">{host}.example</bdi>' in hosts


@pytest.mark.parametrize("words", ["It's 5 & <b>", 'a "b"', "plain"])
def test_nothing_is_isolated_where_nothing_runs_the_other_way(words: str) -> None:
    assert html.prose(words) == html.text(words)


def test_a_label_in_hebrew_does_not_turn_round_what_is_beside_it() -> None:
    assert html.prose("at שלום 5") == 'at <bdi dir="rtl">שלום</bdi> 5'


@pytest.mark.usefixtures("persian")
def test_nothing_escapes_from_an_isolated_part() -> None:
    assert "<script>" not in html.prose("نام <script>alert(1)</script>")


def test_the_joiner_of_persian_is_kept_between_its_letters_alone() -> None:
    joiner = "\N{ZERO WIDTH NON-JOINER}"
    assert printable(f"می{joiner}شود") == f"می{joiner}شود"
    for text in (f"a{joiner}b", f"{joiner}می", f"می{joiner}", f"می{joiner}{joiner}شود"):
        assert printable(text) == text.replace(joiner, "\\u200c")
