"""Deaths that a poor line explains: by neutral ones that were spoken to as services are."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.luck import by_luck
from msgprobe.model.failure import Failure
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.task import Arm, Flow
from msgprobe.model.verdict import FunctionVerdict, Outcome
from tests.evidence.story import CHAT, SITES, Story
from tests.judging.word import text

SILENT: dict[str, Any] = {"fails": "tls", "failure": Failure.TIMED_OUT}
SMALL: dict[str, Any] = {"mss": 1000}
OTHER: dict[str, Any] = {"options": ((OPTION, Hello.OTHER.value),)}


def spoken(story: Story, **how: Any) -> Story:
    """The last conversation was held in that way."""
    told = story.told[-1]
    assert isinstance(told.task.probe, Flow)
    task = replace(told.task, probe=replace(told.task.probe, **how))
    story.told[-1] = replace(told, task=task)
    return story


def line(own: dict[str, Any], **neutral: Any) -> Facts:
    """Neutral sites answer now and then what is said to them as ever, and each time what is said
    otherwise; the service is spoken to in its ``own`` way."""
    story = Story().good_connection()
    for n, site in enumerate(SITES * 3):
        story.site(site, Arm.AGAIN, check="tls", **(SILENT if n % 4 else {}))
        story.site(site, Arm.AGAIN, check="tls")
        spoken(story, **neutral)
    story.all_targets(times=3, **SILENT)
    for n, told in enumerate(story.told):
        if told.task.subject == "acme":
            assert isinstance(told.task.probe, Flow)
            task = replace(told.task, probe=replace(told.task.probe, **own))
            story.told[n] = replace(told, task=task)
    return Facts(story.evidence())


@pytest.mark.parametrize("otherwise", [SMALL, OTHER], ids=["small segments", "another ClientHello"])
def test_what_a_line_swallows_of_others_explains_nothing_that_is_said_otherwise(
    otherwise: dict[str, Any],
) -> None:
    assert lucky(line({}, **otherwise))
    assert not lucky(line(otherwise, **otherwise))


def lucky(facts: Facts) -> bool:
    """All that was said to the service may have died by luck."""
    own = [t for t in facts.conversations if t.task.subject == "acme"]
    assert len(own) == 6
    return by_luck(facts, own, own, silent=True)


@pytest.mark.parametrize(("died", "word"), [(SMALL, Outcome.INCONCLUSIVE), ({}, Outcome.OK)])
def test_what_was_not_said_as_services_are_spoken_to_is_no_share(
    died: dict[str, Any], word: Outcome
) -> None:
    """Two dozen answers in small segments, neutral ones as well, and a dozen deaths, each alone at
    its moment: too many to call it fine, if they are told apart by nothing else."""
    story = Story().good_connection().names()
    for _ in range(30):
        spoken(story.site(SITES[0], Arm.SHARE_NEUTRAL, host=SITES[1].host, check="tls"), **SMALL)
    for host in CHAT:
        spoken(story.target(host), **SMALL)
        for n in range(18):
            how: dict[str, Any] = {"arm": Arm.BASE, "check": "tls", "start": 1.0 + n}
            dies = n % 3 == 2
            story.target(host, **how, **(SILENT | {"took": 20.0} if dies else {}))
            spoken(story, **(died if dies else SMALL))
    assert text(story).outcome is word


CUT: dict[str, Any] = {"fails": "connect", "failure": Failure.TIMED_OUT}


def crowded(neutral: dict[str, Any]) -> FunctionVerdict:
    """A third of the neutral flows end so, none of them at the server where names are shown; of the
    service's own, and of those that bear its names at that server, a few do not connect, and all
    that connect are silent from then on."""
    story = Story().good_connection().names()
    for n, site in enumerate(SITES * 6):
        lost = site is not SITES[0] and n // 4 % 3
        story.site(site, Arm.AGAIN, check="tls", **(neutral if lost else {}))
    for host in CHAT:
        story.target(host, times=4, **SILENT).target(host, **CUT)
        named = {"host": SITES[3].host, "check": "tls"}
        story.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, **named)
        story.elsewhere(host, **SILENT).elsewhere(host, times=1, **CUT)
        story.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, **named)
    return text(story.controls_again())


@pytest.mark.parametrize(
    ("neutral", "word"), [(CUT, Outcome.BLOCKED), (SILENT, Outcome.INCONCLUSIVE)]
)
def test_what_lets_no_connection_stand_explains_no_handshake(
    neutral: dict[str, Any], word: Outcome
) -> None:
    found = crowded(neutral)
    assert found.outcome is word
    assert ("tls.timeout.sni" in found.mechanisms) is (word is Outcome.BLOCKED)
