"""A wrong clock that no page tells of: the dates of certificates do."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.judging.judge import judge
from msgprobe.model.control import Site
from msgprobe.model.failure import Failure
from msgprobe.model.observation import TlsObservation
from msgprobe.model.task import Flow
from msgprobe.model.verdict import State
from tests.evidence.story import SITES, Story

EARLY, LATE = "certificate is not yet valid", "certificate has expired"
UNKNOWN = "unable to get local issuer certificate"


def story_of(
    told: Sequence[str | None], sites: Sequence[Site] = SITES, *, dated: bool = True
) -> Story:
    """What is said of each site's certificate; None: it is believed."""
    story = Story(sites=tuple(sites))
    story.local()
    for site, error in zip(sites, told, strict=False):
        if error is None:
            story.site(site)
        else:
            story.site(site, fails="tls", failure=Failure.TLS_INVALID_CERTIFICATE)
        last = story.told[-1]
        assert isinstance(last.task.probe, Flow)
        probe = replace(last.task.probe, check_dates=dated)
        seen = [
            replace(o, verify_error=error) if isinstance(o, TlsObservation) else o
            for o in last.observations
        ]
        story.told[-1] = replace(
            last, task=replace(last.task, probe=probe), observations=tuple(seen)
        )
    return story


def wrong(story: Story) -> bool:
    return ConnectionFacts(Facts(story.evidence())).clock_wrong


@pytest.mark.parametrize("missed", [EARLY, LATE])
def test_where_every_certificate_is_missed_on_one_side_the_clock_is_wrong(missed: str) -> None:
    story = story_of([missed] * 3)
    assert wrong(story)
    said = judge(story.evidence()).connection
    assert said.state is not State.NO_INTERNET
    assert "clock_skew" in said.notes


@pytest.mark.parametrize(
    "told",
    [
        [EARLY, EARLY],
        [EARLY, EARLY, LATE],
        [EARLY, EARLY, EARLY, None],
        [EARLY, EARLY, EARLY, UNKNOWN],
        [UNKNOWN] * 3,
        [],
    ],
    ids=["two", "both sides", "one is believed", "one by nobody", "not by their dates", "none"],
)
def test_else_it_is_not_known_to_be(told: list[str | None]) -> None:
    assert not wrong(story_of(told))


def test_sites_of_one_owner_may_have_let_theirs_lapse_together() -> None:
    assert not wrong(story_of([LATE] * 3, [replace(s, owner="one") for s in SITES]))


def test_what_was_believed_without_its_dates_denies_nothing() -> None:
    story = story_of([EARLY] * 3)
    story.told += story_of([None], dated=False).told
    assert wrong(story)
