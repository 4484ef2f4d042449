"""Sentences for users are short and literal: anybody with school English reads them one way."""

import re
from collections.abc import Iterator

import pytest

from msgprobe.model.verdict import Outcome, Strength
from msgprobe.report import narrate, wording
from msgprobe.report.advice import ABOUT
from msgprobe.report.advice_line import LINE, Advice
from msgprobe.report.page import words
from msgprobe.report.sentences.mechanisms import MECHANISMS, means
from msgprobe.report.sentences.table import WHY
from tests.report.sample import service_verdict

UNPLAIN = re.compile(
    r"\b(trigger|strangers|greetings?|first words|hands shaken|amiss|unnoticed|licen[cs]e|backend|"
    r"torn down|thrown away|erased|punished|unknown hand|who minds|cheap|nothing certain|"
    r"ignore certificate|your phone)\b",
    re.IGNORECASE,
)
"""What was misread, or is said by specialists alone."""

LONGEST = 60
"""Words between two full stops, colons or semicolons: nobody keeps more in mind."""


def pieces() -> Iterator[tuple[str, Advice]]:
    """All advice: whatever is saved, and however sure what is said about services is."""
    for saved in (True, False):
        yield from ((state, of(saved)) for state, of in LINE.items())
        for outcome, of_services in ABOUT.items():
            for strength in Strength:
                for several in ((outcome,), (outcome, Outcome.THROTTLED), (Outcome.THROTTLED,)):
                    about = [service_verdict(word, strength=strength) for word in several]
                    yield outcome, of_services(about, saved)


def sentences() -> Iterator[tuple[str, str]]:
    """All that a run, its explanation and its page say in words of ours, with where from."""
    yield from ((f"rule {key}", text) for key, text in WHY.items())
    yield from ((f"mechanism {name}", means(name) or "") for name in MECHANISMS)
    yield from ((f"note {name}", text) for name, text in wording.NOTE_WORDS.items())
    yield from ((f"state {state}", text) for state, text in wording.STATE_WORDS.items())
    yield from ((f"outcome {word}", text) for word, text in wording.OUTCOME_WORDS.items())
    yield from ((f"end {name}", text) for name, text in wording.INTERRUPTED_WORDS.items())
    yield from ((f"failure {name}", text) for name, text in narrate.FAILURES.items())
    for name, advice in pieces():
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
