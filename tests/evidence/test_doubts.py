"""What leaves a doubt: names that are not called fine, though nobody is accused of anything."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome
from tests.evidence.story import CHAT, SERVICE, SITES, Story
from tests.judging.word import text

RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
HANGS: dict[str, Any] = {"fails": "connect", "failure": Failure.TIMED_OUT, "took": 9.0}


def said(story: Story) -> Outcome:
    return text(story.controls_again()).outcome


def cut_off_later(*, names: int = 3, answered: bool = False, failing: bool = False) -> Outcome:
    """All names were answered; of so many, each in a network of its own, every transfer dies later.
    Others are answered meanwhile; ``answered``: one of the service's as well; ``failing``: a
    neutral one is not."""
    hosts = [f"late{number}.example" for number in range(3)]
    story = Story().good_connection()
    for number, host in enumerate((*CHAT, *hosts)):
        story.asked(host, ResolverKind.SYSTEM, f"31.13.{number}.1", arm=Arm.BASE)
        story.target(CHAT[number % 2], address=f"31.13.{number}.1", server_name=host, start=1.0)
    for number, host in enumerate(hosts[:names]):
        how: dict[str, Any] = {"address": f"31.13.{number + 2}.1", "server_name": host}
        story.target(CHAT[0], arm=Arm.TRANSFER, check="tls", start=9.0 + number, **how, **RESET)
    if answered:
        story.target(CHAT[1], start=14.0)
    for number, site in enumerate(SITES[:4]):
        bad = RESET if failing and not number else {}
        story.site(site, Arm.MONITOR, check="tls", start=9.5 + number, **bad)
    return said(story)


def test_what_was_answered_before_says_nothing_of_names_that_all_die_since() -> None:
    """As where somebody joins who minds them once a run is half over."""
    assert cut_off_later() is Outcome.INCONCLUSIVE
    assert cut_off_later(names=2) is Outcome.OK, "two may be two servers' own doing"
    assert cut_off_later(answered=True) is Outcome.OK, "one name of the service is answered since"
    assert cut_off_later(failing=True) is Outcome.OK, "neutral ones die as well"


def over_six(
    *,
    places: int = 4,
    names: int = 2,
    networks: int = 4,
    answered: int = 0,
    neutral_failed: int = 0,
    first: float = 2.0,
) -> Outcome:
    """Names that are answered over IPv4 one second into the run are reset twice at each of so many
    IPv6 addresses from second ``first`` on; ``answered``: so often the first
    of these is not."""
    story = Story().good_connection().names()
    for host in CHAT:
        story.target(host, start=1.0)
    for number in range(places):
        how: dict[str, Any] = {"address": f"2a10:{number % networks}::{number + 1}", "check": "tls"}
        for attempt in range(2 if number else 2 + answered):
            how.update(start=first + attempt / 9, arm=Arm.REPEAT if attempt else Arm.BASE)
            story.target(CHAT[number % names], **how, **(RESET if attempt < 2 else {}))
    for number, site in enumerate((*SITES, *SITES)):
        bad = RESET if number < neutral_failed else {}
        how = {"subject": site.name, "arm": Arm.CONNECTION, "host": site.host, "start": 1.0}
        story.flow(f"2a11:{number}::1", **how, **bad)
    return said(story)


def test_a_family_over_which_no_name_of_a_service_is_answered_is_not_fine() -> None:
    assert over_six() is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "how",
    [
        {"places": 2, "networks": 2},
        {"names": 1},
        {"networks": 1},
        {"answered": 1},
        {"neutral_failed": 8},
        {"first": 0.2},
    ],
    ids=["seldom", "one name", "one network", "some are answered", "as neutral ones", "an outage"],
)
def test_what_another_cause_may_do_over_one_family_leaves_no_doubt(how: dict[str, Any]) -> None:
    assert over_six(**how) is Outcome.OK


def never_answered(
    *,
    times: int = 5,
    networks: int = 2,
    last: float = 9.0,
    way: Mapping[str, Any] = RESET,
    neutral_failed: int = 0,
    shown: bool = False,
    need: int = 1,
) -> FunctionVerdict:
    """One name of two, of which so many are needed, fails that way so often, in so many networks,
    until second ``last``, and a neutral server answers to it where it is ``shown`` to one; the
    other name is answered at second 5, and another foreign one there 50 times."""
    service = replace(SERVICE, pools=(replace(SERVICE.pools[0], ok_at=need),))
    story = Story(services=(service,)).good_connection().names().target(CHAT[1], start=5.0)
    for number in range(times):
        address = f"31.13.{number % networks + 70}.1"
        arm, start = Arm.REPEAT if number else Arm.BASE, last - (times - 1 - number) / 9
        story.target(CHAT[0], arm=arm, address=address, start=start, **way)
    for number in range(50):
        bad = RESET if number < neutral_failed else {}
        story.site(SITES[0], Arm.SHARE_NEUTRAL, host=SITES[1].host, check="tls", **bad)
    return text((story.elsewhere(CHAT[0], times=1) if shown else story).controls_again())


def test_a_name_that_always_dies_and_was_shown_to_nobody_else_is_not_fine() -> None:
    assert never_answered().outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "how",
    [
        {"times": 2},
        {"networks": 1},
        {"last": 4.0},
        {"way": HANGS},
        {"neutral_failed": 40},
        {"shown": True},
    ],
    ids=["seldom", "one network", "before all others", "a SYN", "as neutral ones", "shown"],
)
def test_what_another_cause_may_do_to_one_name_leaves_no_doubt(how: dict[str, Any]) -> None:
    assert never_answered(**how).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("shown", "rule"), [(False, "tls.share.unclear"), (True, "pool.one_member")]
)
def test_a_member_is_no_retired_one_before_its_name_was_shown_elsewhere(
    shown: bool, rule: str
) -> None:
    assert never_answered(need=2, shown=shown).rules[0] == rule
