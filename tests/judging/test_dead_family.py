"""Where nothing answers over IPv4, or IPv6, silence over it tells nothing of a service."""

import pytest

from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome
from tests.evidence.story import SITES, Story
from tests.judging.word import text

TRIED = (Arm.CONNECTION, Arm.CONNECTION, Arm.AGAIN)


def line(*, four: bool) -> Story:
    """Neutral sites answer over IPv6, and over IPv4 where ``four``."""
    story = Story().local(route6=True).names()
    for number, site in enumerate(SITES, start=1):
        for arm in TRIED:
            story.site(site, arm, fails=None if four else "connect")
            story.flow(f"2a0e:{number}::1", subject=site.name, host=site.host, arm=arm)
    return story


@pytest.mark.parametrize(("four", "word"), [(True, Outcome.BLOCKED), (False, Outcome.INCONCLUSIVE)])
def test_silence_over_a_family_that_carries_nobody_accuses_nobody(
    four: bool, word: Outcome
) -> None:
    assert text(line(four=four).all_targets(fails="connect")).outcome is word
