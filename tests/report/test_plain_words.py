"""Sentences for users are short and literal: anybody with school English reads them one way."""

import re
from collections.abc import Iterator

import pytest

from msgprobe import session
from msgprobe.judging.advice import _ABOUT, _LINE
from msgprobe.judging.words import MECHANISMS
from msgprobe.report import narrate, wording
from msgprobe.report.page import words

UNPLAIN = re.compile(
    r"\b(trigger|strangers|greetings?|first words|hands shaken|amiss|unnoticed|licen[cs]e|backend|"
    r"torn down|thrown away|erased|punished|unknown hand|who minds|cheap|nothing certain|"
    r"ignore certificate|your phone)\b",
    re.IGNORECASE,
)
"""What was misread, or is said by specialists alone."""

LONGEST = 60
"""Words between two full stops, colons or semicolons: nobody keeps more in mind."""


def sentences() -> Iterator[tuple[str, str]]:
    """All that a run, its explanation and its page say in words of ours, with where from."""
    yield from ((f"rule {r.rule_id}", r.why) for r in session.rules())
    yield from ((f"mechanism {name}", text) for name, text in MECHANISMS.items())
    yield from ((f"note {name}", text) for name, text in wording.NOTE_WORDS.items())
    yield from ((f"state {state}", text) for state, text in wording.STATE_WORDS.items())
    yield from ((f"outcome {word}", text) for word, text in wording.OUTCOME_WORDS.items())
    yield from ((f"end {name}", text) for name, text in wording.INTERRUPTED_WORDS.items())
    yield from ((f"failure {name}", text) for name, text in narrate.FAILURES.items())
    for name, advice in (*_LINE.items(), *_ABOUT.items()):
        yield from ((f"advice {name}", text) for text in (advice.meaning, *advice.steps))
    yield from ((f"sure {key}", text) for key, text in words._SURE.items())


@pytest.mark.parametrize(("where", "text"), [*sentences()], ids=lambda text: text[:40])
def test_no_word_that_was_misread(where: str, text: str) -> None:
    assert not UNPLAIN.search(text), f"{where}: {text}"


@pytest.mark.parametrize(("where", "text"), [*sentences()], ids=lambda text: text[:40])
def test_no_sentence_without_a_rest(where: str, text: str) -> None:
    for part in re.split(r"[.:;()]", text):
        assert len(part.split()) <= LONGEST, f"{where}: {part}"


@pytest.mark.parametrize("text", [text for where, text in sentences() if "advice" in where])
def test_a_piece_of_advice_is_a_whole_sentence(text: str) -> None:
    assert text[0].isupper() or text.startswith("{"), text
    assert text.endswith("."), text
