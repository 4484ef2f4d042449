"""ClientHellos of other shapes (D8) on a line that swallows ClientHellos, whosever they are."""

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.hello import Hello
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome
from tests.evidence.story import CHAT, SITES, Story
from tests.hypotheses.tls_fingerprint.test_rules import dying, fine, shaped, swap
from tests.judging.word import text


def line(*, swallowed: int, of: int = 20) -> Story:
    """So many of the ClientHellos to neutral sites are never answered."""
    story = fine()
    for n in range(of):
        fails = "tls" if n < swallowed else None
        story.site(SITES[n % 3], Arm.TRANSFER_SOURCE, fails=fails)
    return story


@pytest.mark.parametrize(
    ("swallowed", "times", "blocked"),
    [(0, 3, True), (1, 3, True), (8, 3, False), (8, 5, False), (8, 12, True)],
    ids=["none", "hardly any", "four in ten", "four in ten, five tries", "four in ten, twelve"],
)
def test_that_all_of_a_name_die_is_luck_where_neutral_ones_die_too(
    swallowed: int, times: int, blocked: bool
) -> None:
    story = dying(line(swallowed=swallowed), CHAT[0], failure=Failure.TIMED_OUT, times=times)
    verdict = text(shaped(swap(story, CHAT[0]), CHAT[0], Hello.SPLIT, 0.1, 3.1))
    assert (verdict.outcome is Outcome.BLOCKED) is blocked
