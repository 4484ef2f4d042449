"""Connections that are counted (D13): of which of them it is known that they were alone."""

from dataclasses import replace

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Window
from msgprobe.model.task import Arm
from tests.evidence.story import CHAT, Story
from tests.hypotheses.tls_fingerprint.test_rules import (
    ALONE,
    COUNTED,
    CROWD,
    dying,
    fine,
    together,
)
from tests.judging.word import text


def timed(story: Story) -> Story:
    """Each measurement lasts as long as what was seen in it."""

    def one(m: Measurement) -> Measurement:
        seen = [o.window for o in m.observations]
        window = Window(start=min(w.start for w in seen), end=max(w.end for w in seen))
        return replace(m, window=window)

    story.told = [one(m) if m.observations else m for m in story.told]
    return story


def in_company(pairs: int = 6) -> Story:
    """Whatever began at the same time as another froze."""
    story = fine()
    for n in range(pairs):
        for _ in range(2):
            arm = Arm.BASE if n == 0 else Arm.REPEAT
            story.target(
                CHAT[0], arm=arm, start=3.0 * n, took=2.0, fails="tls", failure=Failure.TIMED_OUT
            )
    return story


@pytest.mark.parametrize(("frozen", "counted"), [(0, True), (1, True), (12, False)])
def test_what_froze_alone_speaks_against_it_unless_company_did_far_oftener(
    frozen: int, counted: bool
) -> None:
    """Whoever counts does not see the end of what he froze, and may count it with the next. But
    where single ones freeze now and then, their number is not what silences them."""
    story = together(in_company(), CHAT[0], *COUNTED)
    for n in range(24):
        together(story, CHAT[0], (Arm.SHARE, 40.0 + 5.0 * n, n >= frozen))
    assert ("tls.conn_count" in text(timed(story)).mechanisms) is counted


@pytest.mark.parametrize(("starts", "counted"), [((24.0, 24.1), True), ((24.0, 29.0), False)])
def test_those_that_had_to_wait_for_their_turn_were_not_together(
    starts: tuple[float, float], counted: bool
) -> None:
    turns = ((CROWD, 21.0, True), (CROWD, 22.0, True), *((CROWD, at, False) for at in starts))
    story = dying(fine(), *CHAT, failure=Failure.TIMED_OUT)
    together(story, CHAT[0], COUNTED[0], *turns, (ALONE, 35.0, True))
    assert ("tls.conn_count" in text(timed(story)).mechanisms) is counted
