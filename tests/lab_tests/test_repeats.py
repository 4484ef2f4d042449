"""What is counted of wrong words that come twice running, of looks made by hand."""

import pytest

from msgprobe.model.history import TickKind
from msgprobe.timeline.hmm import APART, LINE_ERRORS, PULSES, SERVICE_ERRORS
from tests.lab.confusion import Look, repeats

TEXT = "telegram.text"


def looks(
    told: str,
    true: str = "ok",
    *,
    kind: TickKind = TickKind.PULSE,
    scenario: str = "I3",
) -> list[Look]:
    """A letter a look: what was told (o: ok, i: inconclusive, b: blocked, d: degraded); a capital
    one of a line that is said not to work."""
    words = {"o": "ok", "i": "inconclusive", "b": "blocked", "d": "degraded"}
    return [
        Look(
            place=("", scenario, "own", kind.value),
            seed=number,
            date="2026-11-26",
            words={TEXT: (true, words[letter.lower()]), "telegram": (true, words[letter.lower()])},
            line=("online", "no_internet" if letter.isupper() else "online"),
            usable=letter.islower(),
        )
        for number, letter in enumerate(told, 1)
    ]


@pytest.mark.parametrize(
    ("told", "wrong", "same"),
    [
        ("oooooo", 0, 0),
        ("oiiooo", 2, 1),
        ("oiboob", 2, 0),  # the last one is followed by nothing
        ("oiiiio", 4, 3),
        ("oioioi", 2, 0),
        ("oioi", 0, 0),  # too few looks
        ("iiiiii", 0, 0),  # as it is there, from beginning to end
        ("iiiiib", 5, 4),
    ],
)
def test_a_wrong_word_that_comes_twice_running_is_counted(told: str, wrong: int, same: int) -> None:
    assert repeats(looks(told))[SERVICE_ERRORS, PULSES] == (wrong, same)
    assert repeats(looks(told))[SERVICE_ERRORS, APART] == (0, 0)
    apart = repeats(looks(told, kind=TickKind.QUICK))
    assert apart[SERVICE_ERRORS, APART] == (wrong, same)


def test_scenarios_and_kinds_of_looks_do_not_follow_each_other() -> None:
    mixed = [
        *looks("ooooi", scenario="A"),
        *looks("ioooo", scenario="B"),
        *looks("ioooo", scenario="A", kind=TickKind.QUICK),
    ]
    assert repeats(mixed)[SERVICE_ERRORS, PULSES] == (1, 0)
    assert repeats(mixed)[SERVICE_ERRORS, APART] == (1, 0)
    backwards = list(reversed(looks("ooiib")))
    assert repeats(backwards)[SERVICE_ERRORS, PULSES] == (2, 1)


def test_a_line_that_does_not_work_is_its_own_error_and_explains_its_services() -> None:
    found = repeats(looks("oIIoo"))
    assert found[SERVICE_ERRORS, PULSES] == (0, 0)
    assert found[LINE_ERRORS, PULSES] == (2, 1)


def test_what_such_a_look_cannot_see_or_would_not_be_asked_is_no_error() -> None:
    assert repeats(looks("ooodo", "throttled"))[SERVICE_ERRORS, PULSES] == (1, 0)
    whole = looks("ooodo", "throttled", kind=TickKind.RUN)
    assert repeats(whole)[SERVICE_ERRORS, APART] == (4, 2)
    assert repeats(looks("iiiob", "blocked"))[SERVICE_ERRORS, PULSES] == (0, 0)
    asked = looks("iiiob", "blocked", kind=TickKind.QUICK)
    assert repeats(asked)[SERVICE_ERRORS, APART] == (4, 2)
