"""Transfers that die at the ClientHello although the name was answered when the run began."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from msgprobe.evidence.dying_transfers import refused
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.paired_transfers import PairedTransfers
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import TlsObservation
from msgprobe.model.task import Arm, Flow, ResolverKind, Role
from msgprobe.model.verdict import Outcome
from tests.evidence.story import CHAT, SITES, Story
from tests.hypotheses.throttling.test_rules import (
    ASSET,
    MOVING,
    NAMED,
    NEUTRAL,
    OWN,
    SOURCE,
    Race,
)

Death = Callable[[Measurement], Measurement]


@pytest.fixture
def race() -> Race:
    return Race(Story(services=(MOVING,)).good_connection().names().all_targets(times=1))


def dead(m: Measurement, failure: Failure, seconds: float) -> Measurement:
    """The same conversation, in which the ClientHello is the end."""
    tcp, secured, _ = m.observations
    assert isinstance(secured, TlsObservation)
    assert secured.info is not None
    end = secured.window.start + seconds
    info = replace(secured.info, bytes_received=0)
    ended = replace(
        secured,
        failure=failure,
        verified=False,
        window=replace(secured.window, end=end),
        info=info,
    )
    return replace(m, observations=(tcp, ended), window=replace(m.window, end=end))


def reset(m: Measurement) -> Measurement:
    return dead(m, Failure.CONNECTION_RESET, 0.05)


def silent(m: Measurement) -> Measurement:
    return dead(m, Failure.TIMED_OUT, 3.0)


def move(race: Race, arm: Arm, death: Death | None, **how: object) -> Race:
    race.move(arm, 15_000, **how)  # type: ignore[arg-type]
    if death is not None:
        race.story.told[-1] = death(race.story.told[-1])
    return race


def block(
    race: Race,
    number: int,
    death: Death,
    *,
    own: bool = True,
    neutral: bool = False,
    named: bool = True,
    twin: bool = False,
) -> Race:
    """A block of the comparison; which of its four die."""

    def how(dies: bool) -> Death | None:
        return death if dies else None

    source = f"src{number}"
    move(race, OWN, how(own), number=number)
    move(race, NEUTRAL, how(neutral), number=number)
    move(race, SOURCE, how(twin), number=number, source=source)
    return move(race, NAMED, how(named), number=number, source=source)


BOTH = pytest.mark.parametrize("death", [reset, silent], ids=["reset", "silent"])


@BOTH
def test_a_name_that_dies_here_and_at_a_neutral_server_where_others_live_is_not_fine(
    race: Race, death: Death
) -> None:
    move(race, OWN, death)
    assert block(race, 1, death).text.rules == ("transfer.dies",)
    assert race.text.outcome is Outcome.DEGRADED


@BOTH
@pytest.mark.parametrize(
    "lives",
    [
        {"named": False},
        {"own": False},
        {"neutral": True},
        {"twin": True},
    ],
    ids=[
        "its servers may be begun again",
        "its servers answer",
        "whatever is said there dies",
        "the neutral server is dead to all",
    ],
)
def test_where_a_server_may_be_dead_it_is_not_the_name(
    race: Race, death: Death, lives: dict[str, bool]
) -> None:
    for _ in range(2):
        move(race, OWN, death)
    assert "transfer.dies" not in block(race, 1, death, **lives).text.rules


@BOTH
def test_what_was_answered_since_is_over(race: Race, death: Death) -> None:
    move(race, OWN, death)
    block(race, 1, death)
    assert "transfer.dies" not in move(race, OWN, None, number=2).text.rules


@BOTH
def test_two_that_die_are_too_few(race: Race, death: Death) -> None:
    assert "transfer.dies" not in block(race, 1, death).text.rules


def minded_later(race: Race, names: int = 3) -> Race:
    """So many more names, each in a network of its own, were answered when the run began, and their
    later connections die as well."""
    for number in range(names):
        host, address = f"late{number}.example", f"31.13.{number + 4}.1"
        how: dict[str, Any] = {"address": address, "server_name": host}
        race.story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
        race.story.target(CHAT[0], start=1.0, **how)
        late: dict[str, Any] = {
            "arm": Arm.TRANSFER,
            "check": "tls",
            "start": race.now + 1.0 + number,
        }
        race.story.target(CHAT[0], fails="tls", failure=Failure.CONNECTION_RESET, **late, **how)
    for number, site in enumerate(SITES[:4]):
        race.story.site(site, Arm.MONITOR, check="tls", start=race.now + 1.5 + number)
    return race


@BOTH
def test_what_dies_by_name_settles_whether_many_fail_by_chance(race: Race, death: Death) -> None:
    """Nobody can tell from the other names alone; the word is no longer open once this one dies at
    a neutral server too."""
    move(race, OWN, death)
    alone = copy.deepcopy(race)
    assert minded_later(alone).text.rules == ("tls.share.unclear",)
    found = minded_later(block(race, 1, death)).text
    assert (found.outcome, found.rules) == (Outcome.DEGRADED, ("transfer.dies",))


@BOTH
def test_its_own_servers_alone_leave_the_doubt(race: Race, death: Death) -> None:
    move(race, OWN, death)
    found = minded_later(block(race, 1, death, named=False)).text
    assert found.outcome is not Outcome.DEGRADED


def test_a_silence_no_longer_than_neutral_servers_took_to_answer_is_late(race: Race) -> None:
    race.move(SOURCE, 15_000, source="src9", greeting=3.5)
    slow = race.story.told[-1]
    assert isinstance(slow.task.probe, Flow)
    named = replace(slow.task, probe=replace(slow.task.probe, server_name="mirror.example"))
    race.story.told[-1] = replace(slow, task=named)
    move(race, OWN, silent)
    assert "transfer.dies" not in block(race, 1, silent).text.rules


@pytest.mark.parametrize(
    ("deaths", "looked_into"),
    [
        ((reset, reset), True),
        ((reset,), False),
        ((reset, None), False),
        ((silent, silent), False),
    ],
    ids=["each is refused", "once may be an accident", "one passes", "slow ones are silent, too"],
)
def test_transfers_that_are_refused_are_looked_into(
    race: Race, deaths: tuple[Death | None, ...], looked_into: bool
) -> None:
    for death in deaths:
        move(race, OWN, death)
    assert refused(PairedTransfers(Facts(race.story.evidence()), MOVING, ASSET)) is looked_into


def test_where_the_service_dies_anyway_its_transfers_tell_nothing_new() -> None:
    story = Story(services=(MOVING,)).good_connection().names()
    race = Race(story.target(CHAT[0], fails="tls", failure=Failure.CONNECTION_RESET))
    for _ in range(2):
        move(race, OWN, reset)
    assert not refused(PairedTransfers(Facts(race.story.evidence()), MOVING, ASSET))


# --- broken off, where every mirror is --------------------------------------------------------


def others(race: Race, servers: int) -> Race:
    """Another service moves all of its object, from so many networks."""
    for n in range(servers):
        race.move(OWN, 15_000, address=f"77.{n}.2.3")
        told = race.story.told[-1]
        task = replace(told.task, subject="other", role=Role.TARGET)
        race.story.told[-1] = replace(told, task=task)
    return race


@pytest.mark.parametrize(
    ("servers", "rule"), [(2, "transfer.broken_alone"), (1, "ok.authenticated")]
)
def test_where_all_mirrors_are_cut_other_services_show_what_the_line_carries(
    race: Race, servers: int, rule: str
) -> None:
    for n in range(1, 4):
        race.move(SOURCE, 15_000, source=f"src{n}", stop_at=9_000, ends=Failure.CONNECTION_RESET)
    for place in (14_000, 30_000, 22_000):
        race.move(OWN, 15_000, stop_at=place)
    assert others(race, servers).text.rules[0] == rule
