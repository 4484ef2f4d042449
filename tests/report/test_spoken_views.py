"""What people read is looked up in the language that is spoken; what is not, is named here."""

import re
from collections.abc import Iterator, Mapping

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from msgprobe.cli.app import app
from msgprobe.cli.help import texts
from msgprobe.model.run import Request
from msgprobe.report import help as topics
from msgprobe.report import plan, timers
from msgprobe.report.columns import cells
from msgprobe.report.language import spoken
from msgprobe.report.services import render_list, render_show
from tests.report.sample import service
from tests.report.test_other_views import LOOKUP


class Marked:
    """Each text in brackets, so that one sees what was looked up; and what it was."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def gettext(self, message: str) -> str:
        self.seen.append(message)
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def info(self) -> Mapping[str, str]:
        return {"x-read-by": "everybody"}


@pytest.fixture
def marked() -> Iterator[Marked]:
    found = Marked()
    with spoken(found):
        yield found


def test_the_help_of_every_command_is_looked_up(marked: Marked) -> None:
    known = set(texts(get_command(app)))
    for words in (["--help"], ["run", "--help"], ["fleet", "--help"], ["fleet", "pack", "--help"]):
        shown = CliRunner().invoke(app, words).stdout
        assert shown.startswith("⟦Usage:⟧") and "⟦Options⟧:" in shown
        assert "⟦Show this message and exit.⟧" in shown
    assert "[⟦required⟧]" in shown
    assert "Measure messengers: what works, what does not, and why." in known & set(marked.seen)
    assert {t for t in marked.seen if t.startswith("Search deeper")} <= known


def test_topics_are_looked_up_by_paragraph_and_code_is_not(marked: Marked) -> None:
    for topic in topics.TOPICS:
        shown = topics.render(topic, width=None)
        for line in re.findall(r"^.*$", shown, re.MULTILINE):
            plain = line.startswith("    ") or not line or topic == "mechanisms"
            assert plain or (line.startswith("⟦") and line.endswith("⟧")), line
    assert set(topics.texts()) <= set(marked.seen)


def test_the_manual_page_stays_english(marked: Marked) -> None:
    assert "⟦" not in topics.manual("1.0", (), "Settings.")


@pytest.mark.parametrize("name", timers.TIMERS)
def test_comments_of_timers_are_looked_up_and_commands_are_not(name: str, marked: Marked) -> None:
    lines = timers.render(name, "/usr/bin/msgprobe").splitlines()
    assert any("⟦" in line for line in lines)
    assert all(line.startswith("#") for line in lines if "⟦" in line or "⟧" in line)


def test_the_plan_and_the_services_are_looked_up(marked: Marked) -> None:
    short = plan.render((LOOKUP,), Request(), width=None)
    assert "⟦Resolvers: what addresses do the names have?⟧" in short
    assert "Nothing was sent.⟧" in short
    listed = render_list((service(),))
    assert "⟦functions⟧" in listed and "⟦web⟧" in listed
    shown = render_show(service())
    assert "⟦primary⟧" in shown and max(map(cells, shown.splitlines())) <= 80
