"""Nothing that the network says can do anything to a terminal."""

import unicodedata
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.report.escape import ascii_only, printable

ANYTHING = st.text(st.characters())


@given(ANYTHING)
def test_only_visible_characters_and_blanks_are_left(text: str) -> None:
    for char in printable(text):
        assert char == " " or unicodedata.category(char)[0] in "LMNPS"


@given(ANYTHING)
def test_escaping_twice_is_escaping_once(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(ANYTHING)
def test_ascii_is_ascii(text: str) -> None:
    assert ascii_only(printable(text)).isascii()
    assert ascii_only(printable(text)).isprintable()


@given(ANYTHING)
def test_xml_takes_it(text: str) -> None:
    body = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    fromstring(f"<a>{body}</a>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]52;c;AAAA\x07", "\\x1b]52;c;AAAA\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ud800", "\\ud800"),
        ("one\r\ntwo\tthree", "one  two three"),
        ("\U000e0041", "\\U000e0041"),
        ("日本 Ж é", "日本 Ж é"),
    ],
)
def test_what_becomes_of_it(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_flood_is_cut_and_the_cut_shown() -> None:
    assert printable("a" * 1000, limit=10) == "aaaaaaa..."
