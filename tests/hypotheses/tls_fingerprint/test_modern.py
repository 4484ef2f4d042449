"""ClientHellos of modern clients (D19): what their end licenses."""

import dataclasses
from typing import Any

import pytest

from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.target import Function, Pool
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Outcome, Strength
from msgprobe.planning.timetable import BESIDE_MODERN
from tests.evidence.story import ADDRESSES, CHAT, SITES, Story, endpoint
from tests.judging.word import text

RESET, SILENCE = Failure.CONNECTION_RESET, Failure.TIMED_OUT


def fine(*, passes: bool = True, of: int = BESIDE_MODERN, lost: int = 0) -> Story:
    """Small ones are answered everywhere; and a neutral site's answers to so many modern ones, of
    which the first ``lost`` are reset."""
    story = Story().good_connection().names().all_targets(times=1)
    for n in range(of):
        fails = None if passes and n >= lost else "tls"
        story.site(SITES[0], Arm.BIG_HELLO, check="tls", fails=fails, failure=RESET)
    return story


def modern(story: Story, *ends: Failure | None, host: str = CHAT[0], took: float = 0.05) -> Story:
    """How one ClientHello after the other ends at the service's own address."""
    for n, failure in enumerate(ends):
        fails = None if failure is None else "tls"
        how: dict[str, Any] = {"fails": fails, "failure": failure or RESET, "took": took}
        story.target(host, arm=Arm.MODERN, check="tls", start=1.0 + 3.0 * n, **how)
    return story


def elsewhere(story: Story, *ends: Failure | None, served: bool = True) -> Story:
    """How they end at a neutral server, and whether it answers another name in that shape."""
    for failure in ends:
        fails = None if failure is None else "tls"
        how: dict[str, Any] = {"fails": fails, "failure": failure or RESET, "check": "tls"}
        address = SITES[0].addresses[0]
        story.target(CHAT[0], arm=Arm.MODERN_ELSEWHERE, address=address, **how)
    other = SITES[1].host
    how = {"host": other, "server_name": other, "fails": None if served else "tls"}
    return story.site(SITES[0], Arm.MODERN_NEUTRAL, check="tls", **how)


def lasting(story: Story, arm: Arm, seconds: float) -> Story:
    """The same, where conversations of that kind took so long."""

    def longer(m: Measurement) -> Measurement:
        window = dataclasses.replace(m.window, end=m.window.start + seconds)
        return dataclasses.replace(m, window=window) if m.task.arm is arm else m

    return dataclasses.replace(story, told=[longer(m) for m in story.told])


@pytest.mark.parametrize(
    ("failure", "path"),
    [
        (RESET, "tls.reset"),
        (Failure.EOF, "tls.reset"),
        (SILENCE, "tls.timeout"),
        (Failure.TLS_FAILED, "tls.alert"),
    ],
)
def test_a_fault_that_follows_the_name_is_done_to_it(failure: Failure, path: str) -> None:
    ends = (failure,) * 3
    verdict = text(elsewhere(modern(fine(), *ends), *ends))
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert verdict.mechanisms == (f"{path}.sni",)


def test_silence_beside_a_reset_is_a_lost_reset() -> None:
    mixed = (RESET, SILENCE, SILENCE)
    verdict = text(elsewhere(modern(fine(), *mixed), *mixed))
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, ("tls.reset.sni",))


def test_an_end_before_the_server_could_is_told_whatever_is_named() -> None:
    verdict = text(everywhere(fine(), took=0.012))
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, ("tls.reset",))


def everywhere(story: Story, took: float) -> Story:
    """All modern ones to the service are reset after so long."""
    for host in CHAT:
        modern(story, RESET, RESET, RESET, host=host, took=took)
    return story


@pytest.mark.parametrize("how", ["early", "elsewhere"])
@pytest.mark.parametrize(
    ("of", "lost", "blocked"), [(1, 0, False), (9, 0, True), (9, 3, False), (30, 3, True)]
)
def test_a_box_that_minds_some_of_them_whomever_they_name_accuses_nobody(
    how: str, of: int, lost: int, blocked: bool
) -> None:
    """That one neutral one was answered is luck as easily as that all of a service's died."""
    story = everywhere(fine(of=of, lost=lost), took=0.012 if how == "early" else 0.05)
    verdict = text(story if how == "early" else elsewhere(story, RESET, RESET, RESET))
    less = (Outcome.DEGRADED, Outcome.INCONCLUSIVE)
    assert verdict.outcome in ((Outcome.BLOCKED,) if blocked else less)


@pytest.mark.parametrize("hosts", [1, 2])
@pytest.mark.parametrize("lost", [0, 1, 4])
def test_where_some_of_everybody_s_die_a_few_of_a_service_s_may_have_died_by_luck(
    lost: int, hosts: int
) -> None:
    """Three or six of hers, all that were said, beside none, one or four of nine neutral ones."""
    story = fine(of=9, lost=lost)
    for host in CHAT[:hosts]:
        modern(story, RESET, RESET, RESET, host=host)
    likely = lost == 0 or (lost, hosts) == (1, 2)
    assert text(story).outcome is (Outcome.DEGRADED if likely else Outcome.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("answered", "late", "word"),
    [
        (True, False, Outcome.OK),
        (False, False, Outcome.DEGRADED),
        (True, True, Outcome.DEGRADED),
    ],
    ids=["answered", "another name was", "what comes after the handshake"],
)
def test_who_was_answered_there_in_another_pool_does_not_die_there(
    answered: bool, late: bool, word: Outcome
) -> None:
    story = fine()
    if late:
        dies = {"check": "https", "fails": "answer", "failure": SILENCE}
        story.target(CHAT[0], times=3, arm=Arm.MODERN, **dies)
    else:
        modern(story, RESET, RESET, RESET)
    service = story.services[0]
    pools = (*service.pools, Pool(name="spare", function=Function.MEDIA))
    endpoints = (*service.endpoints, endpoint("spare", "spare"))
    story.services = (dataclasses.replace(service, pools=pools, endpoints=endpoints),)
    story.flow(
        ADDRESSES[CHAT[0]],
        subject="acme",
        arm=Arm.MODERN,
        endpoint="spare-443",
        host=CHAT[0] if answered else "spare.example",
        check="tls",
        start=2.0,
    )
    assert text(story).outcome is word


@pytest.mark.parametrize("how", ["early", "elsewhere"])
@pytest.mark.parametrize(("die", "blocked"), [(0, True), (1, False), (2, False)])
def test_who_breaks_off_most_neutral_ones_as_well_accuses_nobody(
    how: str, die: int, blocked: bool
) -> None:
    """A box that minds their shape lets one through now and then."""
    story = fine()
    for site in SITES[1 : 1 + die]:
        story.site(site, Arm.BIG_HELLO, check="tls", fails="tls", failure=RESET)
    story = everywhere(story, took=0.012 if how == "early" else 0.05)
    verdict = text(story if how == "early" else elsewhere(story, RESET, RESET, RESET))
    assert verdict.outcome is (Outcome.BLOCKED if blocked else Outcome.DEGRADED)


def test_one_neutral_one_of_three_may_be_lost() -> None:
    story = fine().site(SITES[1], Arm.BIG_HELLO, check="tls")
    story.site(SITES[2], Arm.BIG_HELLO, check="tls", fails="tls", failure=SILENCE)
    verdict = text(everywhere(story, took=0.012))
    assert verdict.outcome is Outcome.BLOCKED


def late(*, twin: dict[str, Any] | None = None) -> Story:
    """The handshake goes well, and nothing comes of it: at home, and at a neutral server beside
    another name (``twin``: how that goes)."""
    story, dies = fine(), {"check": "https", "fails": "answer", "failure": SILENCE}
    story.target(CHAT[0], times=3, arm=Arm.MODERN, **dies)
    if twin is not None:
        address, other = SITES[0].addresses[0], SITES[1].host
        story.target(CHAT[0], times=3, arm=Arm.MODERN_ELSEWHERE, address=address, **dies)
        how = {"check": "https", "host": other, "server_name": other, **twin}
        story.site(SITES[0], Arm.MODERN_NEUTRAL, **how)
    return story


def test_what_dies_once_the_handshake_is_done_follows_the_name_too() -> None:
    verdict = text(late(twin={}))
    assert (verdict.outcome, verdict.mechanisms) == (
        Outcome.BLOCKED,
        ("tls.post_handshake.sni",),
    )


@pytest.mark.parametrize(
    "twin",
    [None, {"fails": "answer"}, {"issuer": "CN=another"}, {"check": "tls"}],
    ids=["at home alone", "no name is answered", "a front of the service", "not so far"],
)
def test_a_dead_backend_hangs_there_too(twin: dict[str, Any] | None) -> None:
    assert text(late(twin=twin)).outcome is Outcome.DEGRADED


@pytest.mark.parametrize(
    "story",
    [
        modern(fine(), RESET, RESET, RESET),
        elsewhere(modern(fine(), RESET, RESET, RESET), None),
        elsewhere(modern(fine(), RESET, RESET, RESET), RESET, RESET, RESET, served=False),
        elsewhere(modern(fine(), RESET, RESET, RESET), RESET),
        modern(fine(), SILENCE, SILENCE, SILENCE),
    ],
    ids=["at home alone", "passes elsewhere", "no name passes", "once elsewhere", "silence"],
)
def test_what_the_service_s_own_servers_may_do_accuses_nobody(story: Story) -> None:
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.DEGRADED, Strength.LIKELY)
    assert verdict.mechanisms == ()


@pytest.mark.parametrize(
    "story",
    [
        modern(fine(), None),
        modern(fine(), RESET),
        modern(fine(), RESET, RESET, None),
        modern(fine(passes=False), RESET, RESET, RESET, took=0.012),
        modern(fine(), *((Failure.TLS_UNKNOWN_AUTHORITY,) * 3)),
    ],
    ids=["all is well", "once", "one passes", "for everybody", "another fault"],
)
def test_less_than_that_leaves_it_working(story: Story) -> None:
    assert text(story).outcome is Outcome.OK


def test_where_one_of_several_neutral_sites_answers_them_it_is_not_about_the_service() -> None:
    story = modern(fine(), RESET, RESET, RESET)
    for site in SITES[1:3]:
        story.site(site, Arm.BIG_HELLO, check="tls", fails="tls", failure=RESET)
    verdict = text(story)
    assert (verdict.outcome, verdict.rules) == (Outcome.DEGRADED, ("tls.modern.most",))


def test_two_that_die_and_none_that_is_answered_leave_it_open() -> None:
    verdict = text(modern(fine(), SILENCE, SILENCE))
    assert (verdict.outcome, verdict.rules) == (Outcome.INCONCLUSIVE, ("tls.modern.unfinished",))


def test_what_was_not_waited_for_as_long_as_small_ones_take_is_late_and_not_dead() -> None:
    """Whoever delays a name delays each of its round trips: small ones were waited for."""
    story = lasting(modern(fine(), *((SILENCE,) * 3)), Arm.BASE, 3.5)
    assert text(lasting(story, Arm.MODERN, 3.0)).outcome is Outcome.OK
    verdict = text(lasting(story, Arm.MODERN, 6.0))
    assert (verdict.outcome, verdict.rules) == (Outcome.DEGRADED, ("tls.modern.unclear",))


def test_where_small_ones_die_too_other_rules_speak() -> None:
    story = Story().good_connection().names().all_targets(fails="tls", failure=RESET)
    story.site(SITES[0], Arm.BIG_HELLO, check="tls")
    ends = (RESET,) * 3
    verdict = text(elsewhere(modern(story, *ends), *ends))
    assert not any("modern" in rule for rule in verdict.rules)


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        ({}, Outcome.BLOCKED),
        ({"fails": "tls", "failure": SILENCE}, Outcome.INCONCLUSIVE),
    ],
    ids=["answered since", "still dying"],
)
def test_small_ones_that_died_at_first_excuse_no_modern_ones(
    later: dict[str, Any], outcome: Outcome
) -> None:
    """What the line's first seconds swallowed is no reason for what dies alone after them."""
    ends = (SILENCE,) * 3
    story = fine(of=9)
    story.target(CHAT[1], times=3, arm=Arm.BASE, fails="tls", failure=SILENCE, over=0.6)
    elsewhere(modern(story, *ends), *ends)
    story.target(CHAT[0], times=6, arm=Arm.REPEAT, start=2.0)
    story.target(CHAT[1], times=6, arm=Arm.REPEAT, start=2.0, **later)
    verdict = text(story)
    modern_rules = [rule for rule in verdict.rules if "modern" in rule]
    assert (verdict.outcome, bool(modern_rules)) == (outcome, True)
