"""A messenger's own protocol: ends that come too early, and servers that die one by one."""

import dataclasses
from typing import Any

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, TcpObservation, Window
from msgprobe.model.task import Arm
from msgprobe.model.verdict import FunctionVerdict, Outcome, Strength
from tests.evidence.story import CHAT, RTT, SERVICE, Story
from tests.judging.word import text

ADDRESSES = {
    "chat1.example": ("31.13.70.1", "31.13.71.1"),
    "chat2.example": ("157.240.1.1", "157.240.2.1"),
}
TWO_EACH = dataclasses.replace(
    SERVICE,
    endpoints=tuple(
        dataclasses.replace(
            e, check="mtproto", host=None, addresses=ADDRESSES[f"{e.member}.example"]
        )
        for e in SERVICE.endpoints
    ),
)
"""Two servers with two addresses each, in four networks, that speak a protocol of their own."""

SILENT: dict[str, Any] = {"fails": "answer", "failure": Failure.TIMED_OUT}


def say(story: Story, host: str, address: str, arm: Arm = Arm.BASE, **how: Any) -> None:
    """An attempt in the server's own protocol; the number of a repeat is its attempt."""
    attempt = how.pop("attempt", 1)
    check = how.pop("check", "mtproto")
    proof = None if check == "connect" else how.pop("proof", Proof.CRYPTO)
    story.target(host, arm=arm, address=address, check=check, proof=proof, **how)
    told = story.told[-1]
    story.told[-1] = dataclasses.replace(told, task=dataclasses.replace(told.task, attempt=attempt))


def struck(story: Story, host: str, *, alive: bool = True, dead: bool = True) -> None:
    """The first address falls silent, its port then is dead; another port and address answer."""
    first, second = ADDRESSES[host]
    say(story, host, first, **SILENT)
    for n in (2, 3):
        how: dict[str, Any] = {"fails": "connect"} if dead else SILENT
        say(story, host, first, Arm.REPEAT, attempt=n, start=3.0 * n, **how)
    if alive:
        say(story, host, first, Arm.OTHER_PORT, port=80, check="connect", start=12.0)
    say(story, host, second)


def told(*hosts: str, **how: Any) -> FunctionVerdict:
    story = Story(services=(TWO_EACH,)).good_connection().controls_again()
    for host in CHAT:
        if host in hosts:
            struck(story, host, **how)
        else:
            for address in ADDRESSES[host]:
                say(story, host, address)
    return text(story)


def test_servers_in_two_networks_that_die_at_the_first_words_make_it_degraded() -> None:
    verdict = told(*CHAT)
    assert (verdict.outcome, verdict.strength) == (Outcome.DEGRADED, Strength.LIKELY)
    assert verdict.mechanisms == ("protocol.mtproto",)


@pytest.mark.parametrize(
    ("hosts", "how"),
    [((), {}), (CHAT[:1], {}), (CHAT, {"alive": False})],
    ids=["none", "one network", "the machines may be gone"],
)
def test_less_than_that_leaves_it_ok(hosts: tuple[str, ...], how: dict[str, Any]) -> None:
    assert told(*hosts, **how).outcome is Outcome.OK


def test_silence_at_the_first_words_each_time_is_a_half_that_fails() -> None:
    verdict = told(*CHAT, dead=False)
    assert (verdict.outcome, verdict.rules) == (Outcome.DEGRADED, ("pool.half.protocol.mtproto",))


@pytest.mark.parametrize("failure", [Failure.CONNECTION_RESET, Failure.EOF])
@pytest.mark.parametrize(("took", "outcome"), [(0.01, "blocked"), (0.04, "inconclusive")])
@pytest.mark.parametrize("check", ["mtproto", "noise"])
def test_an_end_at_the_first_words_sooner_than_the_server_could(
    check: str, took: float, outcome: str, failure: Failure
) -> None:
    story = Story().good_connection().names().controls_again()
    ended: dict[str, Any] = {"fails": "answer", "failure": failure, "took": took}
    story.all_targets(check=check, proof=Proof.CONNECTED, **ended)
    verdict = text(story)
    assert verdict.outcome == outcome
    if outcome == "blocked":
        assert verdict.strength is Strength.CONFIRMED
        assert verdict.mechanisms == (f"protocol.{check}",)


def _late(story: Story, check: str, late: float, heard: float) -> None:
    """Own attempts: the words went out so long after the connection stood, and ended after that."""
    for number, m in enumerate(story.told):
        if m.task.arm not in (Arm.BASE, Arm.REPEAT) or m.task.check != check:
            continue
        began = m.window.start
        stands = began + 0.04 + late
        told = tuple(
            dataclasses.replace(
                o,
                window=Window(start=began, end=stands)
                if isinstance(o, TcpObservation)
                else Window(start=stands, end=stands + heard),
            )
            for o in m.observations
        )
        story.told[number] = dataclasses.replace(m, observations=told)


@pytest.mark.parametrize(
    ("late", "heard", "outcome"),
    [
        (0.001, 0.012, "blocked"),
        (0.031, 0.009, "inconclusive"),
        (0.020, 0.020, "inconclusive"),
        (0.020, 0.003, "blocked"),
    ],
    ids=[
        "at once",
        "it hung up on whoever connects",
        "it did, twice as late",
        "late and too early",
    ],
)
@pytest.mark.parametrize("check", ["mtproto", "https"])
def test_a_server_that_hangs_up_on_everybody_is_not_early_where_we_were_late(
    check: str, late: float, heard: float, outcome: str
) -> None:
    """The path takes 40 ms: the connection stands then, and whoever hangs up unheard is heard of
    40 ms later. Our first words went out ``late``, and the end came ``heard`` seconds after."""
    story = Story().good_connection().names().controls_again()
    stage = "tls" if check == "https" else "answer"
    proof = None if check == "https" else Proof.CONNECTED
    ended: dict[str, Any] = {"fails": stage, "failure": Failure.CONNECTION_RESET}
    story.all_targets(check=check, proof=proof, **ended)
    _late(story, check, late, heard)
    verdict = text(story)
    assert verdict.outcome == outcome
    if outcome == "blocked":
        assert any("early" in rule for rule in verdict.rules)


@pytest.mark.parametrize("answered", [True, False])
def test_a_server_that_answers_another_name_does_not_hang_up_on_everybody(answered: bool) -> None:
    story = Story().good_connection().names().controls_again()
    story.all_targets(fails="tls", failure=Failure.CONNECTION_RESET)
    for host in CHAT:
        swap = {"fails": None} if answered else {"fails": "tls", "failure": Failure.EOF}
        story.target(host, arm=Arm.OTHER_SNI, server_name="neutral.example", **swap)
    _late(story, "https", 0.031, 0.009)
    rules = text(story).rules
    assert any("early" in rule for rule in rules) is answered


def test_an_alert_is_an_answer_to_our_words_however_late_they_were() -> None:
    story = Story().good_connection().names().controls_again()
    story.all_targets(fails="tls", failure=Failure.TLS_FAILED)
    _late(story, "https", 0.031, 0.009)
    assert "tls.early.alert" in text(story).rules


def test_silence_at_the_first_words_is_never_early() -> None:
    story = Story().good_connection().names().controls_again()
    story.all_targets(check="noise", proof=Proof.CONNECTED, took=0.01, **SILENT)
    assert text(story).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("soon", "outcome"),
    [
        ({CHAT[0]: (2, 3)}, "blocked"),
        ({CHAT[0]: (2,), CHAT[1]: (3,)}, "blocked"),
        ({CHAT[0]: (2,)}, "inconclusive"),
    ],
    ids=["twice at one address", "once each in two networks", "once"],
)
def test_one_end_that_came_too_early_may_be_an_accident(
    soon: dict[str, tuple[int, ...]], outcome: str
) -> None:
    """The others came late, for this device was busy."""
    story = Story().good_connection().names().controls_again()
    for host in CHAT:
        for n in (1, 2, 3):
            took = 0.01 if n in soon.get(host, ()) else 0.06
            ends: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
            arm = Arm.BASE if n == 1 else Arm.REPEAT
            story.target(host, arm=arm, start=3.0 * n, took=took, **ends)
    assert text(story).outcome == outcome


def test_an_end_from_a_place_that_is_near_this_time_is_not_early() -> None:
    """One address stands for several places: the end came as soon as this connection's own SYN was
    answered."""
    story = Story().good_connection().names().controls_again()
    for host in CHAT:
        for n in (1, 2, 3):
            near = n == 3
            ends: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
            ends |= {"took": 0.01 if near else 0.06, "min_rtt": 0.01 if near else RTT}
            arm = Arm.BASE if n == 1 else Arm.REPEAT
            story.target(host, arm=arm, start=3.0 * n, **ends)
    assert text(story).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("neutral_too", "stage", "outcome"),
    [
        (0, "tls", "blocked"),
        (1, "tls", "blocked"),
        (6, "tls", "inconclusive"),
        (6, "answer", "blocked"),
    ],
)
def test_ends_that_neutral_names_meet_as_often_accuse_nobody(
    neutral_too: int, stage: str, outcome: str
) -> None:
    """A box on the line breaks off some of everybody's connections: that three of one name were
    among them may be luck. One neutral connection in twenty is no excuse, nor what is broken off
    when it is secured."""
    story = Story().good_connection().names()
    for _ in range(3):
        story.controls_again()
    for n in range(neutral_too):
        site = story.sites[n % len(story.sites)]
        how: dict[str, Any] = {"fails": stage, "failure": Failure.CONNECTION_RESET}
        story.site(site, Arm.AGAIN if stage == "tls" else Arm.TRANSFER_SOURCE, **how)
    for n in (1, 2, 3):
        ends: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
        arm = Arm.BASE if n == 1 else Arm.REPEAT
        story.target(CHAT[0], arm=arm, start=3.0 * n, took=0.01, **ends)
    assert text(story).outcome == outcome
