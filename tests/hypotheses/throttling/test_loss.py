"""When conversations that end well say that something eats their packets."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.losing_services import oftener_disturbed, perhaps_disturbed_by_name
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TlsObservation
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, Flow, Role
from msgprobe.model.verdict import Outcome, Strength
from tests.evidence.story import CHAT, SERVICE, SITES, Story, losing
from tests.judging.word import text


def lossy(told: Sequence[Measurement], role: Role, lost: int, sent: int) -> list[Measurement]:
    """Every conversation of that role has sent ``sent`` segments, ``lost`` of them once more."""
    return [losing(m, lost, sent) if m.task.role is role else m for m in told]


def story(mine: int, neutral: int) -> Story:
    """Five good conversations with each server, a dozen with neutral sites, with those losses of
    ten segments each."""
    told = Story().good_connection().names().controls_again()
    told.all_targets(times=5)
    for site in SITES * 2:
        told.site(site)
    told.told = lossy(lossy(told.told, Role.TARGET, mine, 10), Role.CONTROL, neutral, 10)
    return told


def test_a_service_that_loses_far_more_than_all_others_is_degraded() -> None:
    found = text(story(2, 0))
    assert (found.outcome, found.strength) == (Outcome.DEGRADED, Strength.LIKELY)
    assert found.rules == ("tcp.loss",) and not found.mechanisms
    assert [one.key for one in found.why] == ["tcp.loss"] and found.evidence


@pytest.mark.parametrize(("mine", "neutral"), [(0, 0), (2, 2), (2, 1)])
def test_a_line_that_loses_everywhere_blames_nobody(mine: int, neutral: int) -> None:
    assert text(story(mine, neutral)).outcome is Outcome.OK


def test_another_service_that_loses_more_excuses_nobody() -> None:
    told = story(2, 0)
    for n in range(12):
        told.flow(
            f"31.13.9{n % 2}.1", subject="b", arm=Arm.BASE, endpoint="b-443", host="b.example"
        )
        told.told[-1] = losing(told.told[-1], 4, 10)
    assert text(told).outcome is Outcome.DEGRADED


def dies(sites: int) -> Story:
    """From second 5 to 9, and from 15 to 19, nobody is heard; every conversation with the service
    loses two segments in it, and so do those with so many neutral sites."""
    told = Story().good_connection().names().controls_again()
    for at in (5.0, 15.0):
        told.all_targets(times=3, start=at, took=4.0, over=0.0)
    told.told = lossy(told.told, Role.TARGET, 2, 10)
    for n, site in enumerate(SITES * 4):
        told.site(site, start=0.5, took=0.1)
        told.told[-1] = losing(told.told[-1], 0, 10)
        if n < sites:
            for at in (5.5, 15.5):
                told.site(site, start=at, took=3.5)
                told.told[-1] = losing(told.told[-1], 2, 10)
    return told


@pytest.mark.parametrize(
    ("sites", "word"), [(2, Outcome.OK), (1, Outcome.DEGRADED), (0, Outcome.DEGRADED)]
)
def test_what_a_dead_line_loses_is_nobodys(sites: int, word: Outcome) -> None:
    """Others lose something in the same seconds, in which nobody is heard at all."""
    assert text(dies(sites)).outcome is word


def test_what_is_lost_while_others_are_heard_is_the_services() -> None:
    told = dies(2)
    for n in range(32):
        told.site(SITES[3], start=4.0 + 0.5 * n)
        told.told[-1] = losing(told.told[-1], 0, 10)
    assert text(told).outcome is Outcome.DEGRADED


def flows(told: Story) -> list[int]:
    """Which of the measurements are conversations with the service, in order."""
    every = enumerate(told.told)
    return [n for n, m in every if isinstance(m.task.probe, Flow) and m.task.role is Role.TARGET]


@pytest.mark.parametrize(("first", "later", "word"), [(4, 0, Outcome.OK), (2, 2, Outcome.DEGRADED)])
def test_servers_that_hang_once_lose_what_everybody_sends_them_then(
    first: int, later: int, word: Outcome
) -> None:
    """As much in all, at one moment or at two."""
    told = dies(0)
    for place, n in enumerate(flows(told)):
        told.told[n] = losing(told.told[n], first if place < 6 else later, 10)
    assert text(told).outcome is word


@pytest.mark.parametrize(("twice", "word"), [(0, Outcome.OK), (12, Outcome.DEGRADED)])
def test_what_may_be_bad_luck_on_the_worst_way_is_not_told(twice: int, word: Outcome) -> None:
    """Nine segments in a hundred may be eight; twelve may not."""
    told = Story().good_connection().names().controls_again()
    told.all_targets(times=20)
    for site in SITES * 8:
        told.site(site)
        told.told[-1] = losing(told.told[-1], 0, 10)
    for place, n in enumerate(flows(told)):
        told.told[n] = losing(told.told[n], (place >= 4) + (place < twice), 10)
    assert text(told).outcome is word


def upload(told: Story, n: int, lost: int) -> None:
    """A transfer of a neutral source, whose certificate nobody looks at."""
    told.flow(f"20.9.0.{n}", subject="source1", arm=Arm.TRANSFER_SOURCE, check="tls")
    measured = losing(told.told[-1], lost, 50)
    seen = tuple(
        replace(o, verified=False, checked=False) if isinstance(o, TlsObservation) else o
        for o in measured.observations
    )
    told.told[-1] = replace(measured, observations=seen)


@pytest.mark.parametrize(("lost", "word"), [(10, Outcome.OK), (0, Outcome.DEGRADED)])
def test_what_neutral_sources_lose_counts_as_well(lost: int, word: Outcome) -> None:
    told = story(2, 0)
    for n in range(4):
        upload(told, n, lost)
    assert text(told).outcome is word


@pytest.mark.parametrize(("named", "word"), [(True, Outcome.DEGRADED), (False, Outcome.OK)])
def test_what_bears_no_name_does_not_dilute_what_is_lost_by_name(
    named: bool, word: Outcome
) -> None:
    """Two segments in ten of half of the conversations, none of the rest, which make up more; with
    ``named`` those that lose them are the ones that bear a name."""
    told = Story().good_connection().names().controls_again()
    told.all_targets(times=5)
    for site in SITES * 8:
        told.site(site)
    told.told = lossy(told.told, Role.CONTROL, 0, 10)
    for place, n in enumerate(flows(told)):
        told.told[n] = losing(told.told[n], 2 if named or place % 2 else 0, 10)
    for n in range(16):
        told.target(CHAT[n % 2], arm=Arm.TRANSFER, start=2.0 + n)
        told.told[-1] = losing(nameless(told.told[-1]), 0, 10)
    assert text(told).outcome is word


def nameless(measured: Measurement) -> Measurement:
    """The same without a name in its ClientHello."""
    assert isinstance(measured.task.probe, Flow)
    probe = replace(measured.task.probe, server_name=None)
    return replace(measured, task=replace(measured.task, probe=probe))


def often(mine: int, neutral: int, *, moments: int = 2) -> Facts:
    """Of twenty conversations with the service so many lose one segment in twenty, at so many
    moments; and so many of forty neutral ones."""
    told = Story().good_connection().names()
    told.all_targets(times=10, over=0.0)
    for n, place in enumerate(flows(told)):
        lost, at = int(n < mine), 5.0 + 10.0 * (n % moments)
        one = losing(told.told[place], lost, 20)
        shifted = tuple(
            replace(o, window=replace(o.window, start=at, end=at + 0.2)) for o in one.observations
        )
        told.told[place] = replace(
            one, window=replace(one.window, start=at, end=at + 0.2), observations=shifted
        )
    for n in range(40):
        told.site(SITES[n % 4], start=0.5 * n, took=0.1)
        told.told[-1] = losing(told.told[-1], int(n < neutral), 20)
    assert text(told).outcome is Outcome.OK
    return Facts(told.evidence())


@pytest.mark.parametrize(
    ("mine", "neutral", "more"),
    [
        (10, 0, True),
        (10, 1, True),
        (3, 0, False),
        (10, 8, False),
        (20, 12, False),
        (0, 0, False),
    ],
    ids=["far oftener", "once with others", "luck", "as others do", "a line that loses", "never"],
)
def test_little_that_is_lost_again_and_again_is_too_much_for_a_way_that_others_share(
    mine: int, neutral: int, more: bool
) -> None:
    """It degrades nothing by itself."""
    assert oftener_disturbed(often(mine, neutral), SERVICE) is more


@pytest.mark.parametrize("asks", [oftener_disturbed, perhaps_disturbed_by_name])
def test_what_is_lost_in_one_moment_is_an_accident(asks: Callable[[Facts, Service], bool]) -> None:
    assert not asks(often(10, 0, moments=1), SERVICE)


@pytest.mark.parametrize(
    ("mine", "neutral", "perhaps"),
    [(20, 12, True), (20, 35, False), (10, 8, False), (3, 0, False)],
    ids=["a line that loses", "a line that loses nearly always", "as others may", "luck"],
)
def test_what_names_it_may_be_lost_oftener_on_a_line_that_loses_as_well(
    mine: int, neutral: int, perhaps: bool
) -> None:
    """No share is some times that of such a line: whether the name decides is looked into."""
    assert perhaps_disturbed_by_name(often(mine, neutral), SERVICE) is perhaps


def _converses(m: Measurement) -> bool:
    return m.task.role is Role.TARGET and isinstance(m.task.probe, Flow)


@pytest.mark.parametrize("named", [True, False])
def test_what_bears_no_name_is_not_what_may_be_lost_by_name(named: bool) -> None:
    facts = often(20, 12)
    if not named:
        told = [nameless(m) if _converses(m) else m for m in facts.measurements]
        facts = Facts(replace(facts.evidence, measurements=tuple(told)))
    assert perhaps_disturbed_by_name(facts, SERVICE) is named
