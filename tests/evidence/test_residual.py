"""Who has named a target is punished for a while: what is our own doing, and what is the line's?"""

from typing import Any

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.residual import Showing
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm
from tests.evidence.story import ADDRESSES, CHAT, SITES, Story

SILENT = {"failure": Failure.TIMED_OUT, "took": 5.0}
SERVER, OTHER = SITES[0], SITES[2]


def showing(story: Story, name: str, n: int = 0) -> Showing:
    found = [s for s in Facts(story.evidence()).shown if s.name == name]
    return found[n]


def named(story: Story, host: str, start: float, *, dies: bool = True) -> None:
    story.elsewhere(host, SERVER, times=1, start=start, fails="tls" if dies else None, **SILENT)


def neutral(story: Story, start: float, *, answers: bool) -> None:
    """Another foreign name at the same server."""
    how = {} if answers else {"fails": "connect", **SILENT}
    story.site(
        SERVER, Arm.NEUTRAL_SNI_ELSEWHERE, host="site3.example", check="tls", start=start, **how
    )


def test_a_server_that_answered_until_it_was_shown_the_name_is_punished() -> None:
    story = Story().good_connection()
    neutral(story, 1.0, answers=True)
    named(story, CHAT[0], 2.0)
    neutral(story, 4.0, answers=False)
    seen = showing(story, CHAT[0])
    assert seen.punished and seen.telling and not seen.passes


@pytest.mark.parametrize(
    ("before", "dies", "after"),
    [
        (None, True, False),  # it may have been dead already
        (True, True, True),  # others are answered
        (True, False, False),  # the name was answered
        (True, True, None),  # nobody asked again
    ],
)
def test_anything_less_is_no_punishment(
    before: bool | None, dies: bool, after: bool | None
) -> None:
    story = Story()
    if before is not None:
        neutral(story, 1.0, answers=before)
    named(story, CHAT[0], 2.0, dies=dies)
    if after is not None:
        neutral(story, 4.0, answers=after)
    assert not showing(story, CHAT[0]).punished


def test_what_is_said_to_a_server_that_another_name_has_silenced_is_left_out() -> None:
    story = Story().good_connection()
    neutral(story, 1.0, answers=True)
    named(story, CHAT[0], 2.0)
    named(story, CHAT[1], 3.0)
    neutral(story, 4.0, answers=False)
    shown = Facts(story.evidence()).shown
    assert [s.name for s in shown] == [CHAT[0]]


def test_where_others_are_answered_a_second_name_counts() -> None:
    story = Story().good_connection()
    named(story, CHAT[0], 2.0)
    neutral(story, 3.0, answers=True)
    named(story, CHAT[1], 4.0)
    assert {s.name for s in Facts(story.evidence()).shown} == set(CHAT)


def again(story: Story, start: float, *, elsewhere: bool) -> Facts:
    """The named server is silent under its own name; another neutral site answers then, or not."""
    story.site(SERVER, Arm.AGAIN, check="tls", start=start, fails="connect", **SILENT)
    how = {} if elsewhere else {"fails": "connect", **SILENT}
    story.site(OTHER, Arm.AGAIN, check="tls", start=start + 1.0, **how)
    return Facts(story.evidence())


def test_its_silence_after_that_is_our_doing_and_tells_nothing_of_the_line() -> None:
    story = Story().good_connection()
    named(story, CHAT[0], 2.0)
    facts = again(story, 3.0, elsewhere=True)
    assert [s.name for s, _ in facts.site_conversations(Arm.AGAIN)] == [OTHER.name]


def test_but_not_where_everything_falls_silent_with_it() -> None:
    story = Story().good_connection()
    named(story, CHAT[0], 2.0)
    facts = again(story, 3.0, elsewhere=False)
    assert len(facts.site_conversations(Arm.AGAIN)) == 2


def test_what_failed_before_the_name_was_said_is_the_lines() -> None:
    story = Story().good_connection()
    facts = again(story, 3.0, elsewhere=True)
    named(story, CHAT[0], 20.0)
    facts = Facts(story.evidence())
    assert {s.name for s, _ in facts.site_conversations(Arm.AGAIN)} == {SERVER.name, OTHER.name}


def test_a_reset_before_is_evidence_still() -> None:
    story = Story().good_connection()
    neutral(story, 1.0, answers=True)
    reset = {"fails": "tls", "failure": Failure.CONNECTION_RESET, "took": 0.1}
    story.elsewhere(CHAT[0], SERVER, times=1, start=2.0, **reset)
    story.elsewhere(CHAT[0], SERVER, times=2, start=5.0, fails="connect", **SILENT)
    neutral(story, 3.0, answers=False)
    seen = showing(story, CHAT[0])
    assert seen.punished and seen.named[0].symptom == "tls.reset"
    assert ADDRESSES[CHAT[0]] not in {seen.address}


def spoken_at_once(story: Story, *, first: Failure) -> set[str]:
    """Two names are said to one server in the same moment, the server is silent to all since; the
    names that tell anything then. ``first``: how the first of them ends."""
    ends = {"failure": first, "took": 0.1 if first is not Failure.TIMED_OUT else 5.0}
    neutral(story, 1.0, answers=True)
    story.elsewhere(CHAT[0], SERVER, times=1, start=2.0, fails="tls", **ends)
    story.elsewhere(CHAT[1], SERVER, times=1, start=2.0, fails="tls", **SILENT)
    neutral(story, 9.0, answers=False)
    return {s.name for s in Facts(story.evidence()).shown if s.punished}


def test_of_two_names_said_at_once_the_one_that_is_broken_off_is_the_trigger() -> None:
    assert spoken_at_once(Story().good_connection(), first=Failure.CONNECTION_RESET) == {CHAT[0]}


def test_of_two_that_fall_silent_at_once_neither_is_known_to_be_it() -> None:
    assert spoken_at_once(Story().good_connection(), first=Failure.TIMED_OUT) == set()


def test_an_alert_is_nobodys_word_that_the_server_is_still_there() -> None:
    story = Story().good_connection()
    neutral(story, 1.0, answers=True)
    story.elsewhere(CHAT[0], SERVER, times=1, start=2.0, fails="tls", failure=Failure.TLS_FAILED)
    neutral(story, 4.0, answers=False)
    seen = showing(story, CHAT[0])
    assert seen.punished and not seen.passes


def counted(*ends: bool, own: bool = True) -> int:
    """Of neutral handshakes counted at the named server after the naming, True where one is
    answered, how many are our doing; the service is heard meanwhile (``own``), or nobody is."""
    story = Story().good_connection()
    named(story, CHAT[0], 2.0)
    for number, answers in enumerate(ends):
        how = {} if answers else {"fails": "connect", **SILENT}
        story.site(
            SERVER, Arm.SHARE_NEUTRAL, host=OTHER.host, check="tls", start=3.0 + 6 * number, **how
        )
    for number in range(2 * len(ends)):
        heard: dict[str, Any] = {} if own else {"fails": "connect", **SILENT}
        story.target(CHAT[1], start=4.0 + 6 * number, **heard)
    return len(Facts(story.evidence()).silenced)


@pytest.mark.parametrize(
    ("ends", "own", "ours"),
    [
        ((False, False, False), True, 3),
        ((False, False, False), False, 0),
        ((False, True, False), True, 1),
        ((True, False, False), True, 0),
    ],
    ids=["since then", "all others too", "until it is heard", "heard at once"],
)
def test_what_is_counted_at_a_punished_server_is_no_loss_of_the_line(
    ends: tuple[bool, ...], own: bool, ours: int
) -> None:
    assert counted(*ends, own=own) == ours
