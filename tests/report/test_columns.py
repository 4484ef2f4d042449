"""Text keeps within its columns, of whatever width its characters are; nothing is lost."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.report.columns import align, cells, padded, wrap

CHINESE = "屏蔽：网络干扰。已确认：只有干扰能解释所见的现象，msgprobe run 之后会显示。"  # noqa: RUF001
PERSIAN = "مسدود: شبکه دخالت می\u200cکند و چیز دیگری آن را توضیح نمی\u200cدهد."  # noqa: RUF001
RUSSIAN = "Заблокировано: сеть вмешивается в соединение, и ничто другое этого не объясняет."


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("屏蔽", 4), ("é", 1), ("می\u200cکند", 5), ("", 0)]
)
def test_the_width_is_that_on_a_terminal(text: str, width: int) -> None:
    assert cells(text) == width
    assert cells(padded(text, 9)) == 9


@pytest.mark.parametrize("text", [CHINESE, PERSIAN, RUSSIAN])
@pytest.mark.parametrize("width", [20, 33, 80])
def test_each_language_keeps_within_the_columns(text: str, width: int) -> None:
    lines = wrap(text, width, first="  ", other="      ")
    assert max(map(cells, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line[6:7] not in set("：。，") for line in lines[1:])  # noqa: RUF001


@given(st.text(st.sampled_from("ab 屏蔽。é-")), st.integers(8, 40))
def test_nothing_is_lost_and_nothing_sticks_out(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(st.sampled_from("abc -."), max_size=80), st.integers(4, 40))
def test_english_is_wrapped_as_ever(text: str, width: int) -> None:
    assert wrap(text, width) == textwrap.wrap(text, width, break_on_hyphens=False)


def test_columns_stand_below_each_other() -> None:
    lines = align([("名字", "x"), ("a", "说明说明说明")], width=14, shares=(0, 1))
    assert lines == ["名字  x", "a     说明说明", "      说明"]
