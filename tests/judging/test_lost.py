"""A function of which nothing answers leaves no ``ok`` for its service."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.judging.judge import judge
from msgprobe.judging.rules_outcome import OLD_FACTS
from msgprobe.model.failure import Failure
from msgprobe.model.target import Function, Pool
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import Outcome, ServiceVerdict
from msgprobe.report.summary import summary
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, Story, endpoint
from tests.hypotheses.connection.test_rules import gap
from tests.judging.test_dead_resolver import dead, dialled

MEDIA = endpoint("media", "media")


def word(story: Story, *, caveat: str = "", primary: Function = Function.TEXT) -> ServiceVerdict:
    """What is said of a service with chat servers in two networks, and one for media."""
    media = Pool(name="media", function=Function.MEDIA, ok_at=1)
    (chat,) = SERVICE.pools
    service = replace(
        SERVICE,
        primary=primary,
        pools=(replace(chat, caveat=caveat), media),
        endpoints=(*SERVICE.endpoints, MEDIA),
    )
    (verdict,) = judge(replace(story.evidence(), services=(service,))).services
    return verdict


REFUSED: dict[str, Any] = {"fails": "connect", "failure": Failure.CONNECTION_REFUSED}


def line() -> Story:
    """A good line on which the media server answers."""
    story = Story().good_connection(sites=2).names().controls_again()
    story.asked("media.example", ResolverKind.SYSTEM, "31.13.71.1")
    return story.target("media.example", address="31.13.71.1")


def refusing(story: Story, *hosts: str, times: int = 3, **how: Any) -> Story:
    for host in hosts:
        story.target(host, times=times, fails="connect", failure=Failure.CONNECTION_REFUSED, **how)
    return story


def test_two_hosts_in_two_networks_leave_it_impaired() -> None:
    verdict = word(refusing(line(), *CHAT))
    text = next(f for f in verdict.functions if f.function is Function.TEXT)
    assert (verdict.outcome, verdict.partial) == (Outcome.DEGRADED, True)
    assert text.outcome is Outcome.INCONCLUSIVE
    assert verdict.mechanisms == ()
    assert summary(verdict).startswith("Acme works in part. Working: media. Failed: text. ")


def test_who_is_silenced_after_the_first_words_fails_in_two_ways_and_fails_all_the_same() -> None:
    """Whoever punishes what was said drops what follows: handshakes die first, then connections."""
    story = line()
    for host in CHAT:
        story.target(host, fails="tls", failure=Failure.TIMED_OUT)
        again: dict[str, Any] = {
            "fails": "connect",
            "failure": Failure.TIMED_OUT,
            "arm": Arm.REPEAT,
        }
        story.target(host, start=4.0, **again).target(host, start=8.0, **again)
    assert word(story).outcome is Outcome.DEGRADED


@pytest.mark.parametrize("reached", [True, False])
def test_another_resolver_s_help_shows_what_does_not_work(reached: bool) -> None:
    """The connection's own is dead for every name; of what nobody could ask nothing is known."""
    story = dead()
    story.asked("media.example", ResolverKind.SYSTEM, failure=Failure.TIMED_OUT)
    story.asked("media.example", ResolverKind.DOH, "31.13.71.1", resolver="resolver1")
    story.target("media.example", address="31.13.71.1", arm=Arm.OTHER_ADDRESS)
    if reached:
        dialled(story, fails="tls", failure=Failure.EOF)
    outcome = Outcome.DEGRADED if reached else Outcome.INCONCLUSIVE
    assert word(story.controls_again()).outcome is outcome


def test_also_where_the_primary_function_works() -> None:
    assert word(refusing(line(), *CHAT), primary=Function.MEDIA).outcome is Outcome.DEGRADED


@pytest.mark.parametrize("primary", [Function.TEXT, Function.MEDIA])
def test_a_single_host_may_be_a_fact_out_of_date(primary: Function) -> None:
    verdict = word(refusing(line(), CHAT[0]), primary=primary)
    text = next(f for f in verdict.functions if f.function is Function.TEXT)
    assert (verdict.outcome, verdict.partial) == (Outcome.INCONCLUSIVE, True)
    assert OLD_FACTS in text.why
    assert summary(verdict).startswith(
        "Acme works in part. Working: media. No clear result: text. "
    )


def test_two_hosts_in_one_network_may_be_one_outage() -> None:
    story = refusing(line(), CHAT[0])
    refusing(story, CHAT[1], address=ADDRESSES[CHAT[0]].rpartition(".")[0] + ".9")
    assert word(story).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("told", [True, False])
def test_a_function_of_which_the_line_let_nobody_know_anything_leaves_no_ok(told: bool) -> None:
    """Whatever failed while the line was dead may be harmed for itself as well."""
    story = gap()
    story.asked("media.example", ResolverKind.SYSTEM, "31.13.71.1")
    story.target("media.example", address="31.13.71.1")
    story.all_targets(fails="connect", start=4.0, took=8.0, over=0.0)
    if told:
        story.all_targets(times=1, start=13.0, took=0.1)
    verdict = word(story, primary=Function.MEDIA)
    media = next(f for f in verdict.functions if f.function is Function.MEDIA)
    assert media.outcome is Outcome.OK
    assert verdict.outcome is (Outcome.OK if told else Outcome.INCONCLUSIVE)


def test_one_attempt_each_is_too_little() -> None:
    assert word(refusing(line(), *CHAT, times=1)).outcome is Outcome.INCONCLUSIVE


def test_a_certificate_that_nobody_knows_is_no_failure_of_the_function() -> None:
    story = line()
    for host in CHAT:
        failure = Failure.TLS_UNKNOWN_AUTHORITY
        story.target(host, times=3, fails="tls", failure=failure)
    assert word(story).outcome is not Outcome.DEGRADED


def test_what_cannot_show_that_it_works_cannot_show_that_it_fails() -> None:
    verdict = word(refusing(line(), *CHAT), caveat="only a front", primary=Function.MEDIA)
    assert verdict.outcome is Outcome.OK


def test_one_member_that_answers_keeps_the_function() -> None:
    story = refusing(line(), CHAT[0]).target(CHAT[1])
    assert word(story).outcome is Outcome.OK


def test_a_kind_of_servers_that_is_lost_leaves_no_ok_though_another_one_works() -> None:
    story = line()
    story.asked("store.example", ResolverKind.SYSTEM, "31.13.72.1")
    refusing(story, "store.example", address="31.13.72.1")
    story.all_targets(times=1)
    store = Pool(name="store", function=Function.MEDIA, ok_at=1)
    media = Pool(name="media", function=Function.MEDIA, ok_at=1)
    service = replace(
        SERVICE,
        pools=(*SERVICE.pools, media, store),
        endpoints=(*SERVICE.endpoints, MEDIA, endpoint("store", "store")),
    )
    (verdict,) = judge(replace(story.evidence(), services=(service,))).services
    assert (verdict.outcome, verdict.partial) == (Outcome.INCONCLUSIVE, True)


@pytest.mark.parametrize(
    ("missing", "outcome"),
    [
        ({CHAT[0]: None, "film.example": "31.13.72.1"}, Outcome.DEGRADED),
        ({CHAT[0]: None}, Outcome.INCONCLUSIVE),
        ({"film.example": "31.13.72.1"}, Outcome.OK),
        ({CHAT[0]: None, "film.example": ADDRESSES[CHAT[0]]}, Outcome.INCONCLUSIVE),
    ],
    ids=["in two networks", "of the one kind", "of the other", "in one network"],
)
def test_a_member_of_each_of_two_kinds_is_no_single_fact_out_of_date(
    missing: dict[str, str | None], outcome: Outcome
) -> None:
    assert _two_kinds(missing, REFUSED).outcome is outcome


def test_what_hangs_after_a_good_handshake_is_told_by_other_rules() -> None:
    hangs: dict[str, Any] = {"fails": "answer", "failure": Failure.TIMED_OUT}
    missing = {CHAT[0]: None, "film.example": "31.13.72.1"}
    assert _two_kinds(missing, hangs).outcome is not Outcome.DEGRADED


def _two_kinds(missing: dict[str, str | None], how: dict[str, Any]) -> ServiceVerdict:
    """Two chat servers and two of media, of which the ``missing`` fail each time."""
    story = line()
    at = missing.get("film.example") or "31.13.72.1"
    story.asked("film.example", ResolverKind.SYSTEM, at)
    places = {CHAT[0]: ADDRESSES[CHAT[0]], CHAT[1]: ADDRESSES[CHAT[1]], "film.example": at}
    for host, address in places.items():
        if host in missing:
            story.target(host, times=3, address=address, **how)
        else:
            story.target(host, address=address)
    (chat,) = SERVICE.pools
    media = Pool(name="media", function=Function.MEDIA, ok_at=2)
    service = replace(
        SERVICE,
        pools=(replace(chat, ok_at=2), media),
        endpoints=(*SERVICE.endpoints, MEDIA, endpoint("film", "media")),
    )
    (verdict,) = judge(replace(story.evidence(), services=(service,))).services
    return verdict
