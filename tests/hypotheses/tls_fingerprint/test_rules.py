"""What greetings of another shape (D8) and many greetings at once (D13) license."""

import dataclasses
from typing import Any

import pytest

from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.observation import TcpObservation, TlsObservation, Window
from msgprobe.model.target import Function, Pool
from msgprobe.model.task import Arm, Flow, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome, State, Strength
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story
from tests.judging.word import text

KINDS = [
    (Failure.CONNECTION_RESET, "tls.reset"),
    (Failure.EOF, "tls.reset"),
    (Failure.TIMED_OUT, "tls.timeout"),
    (Failure.TLS_FAILED, "tls.alert"),
]


def dying(story: Story, *hosts: str, failure: Failure, times: int = 3, **how: Any) -> Story:
    """The usual greeting at 0, 3 and 6 seconds."""
    for host in hosts:
        for n in range(times):
            arm = Arm.BASE if n == 0 else Arm.REPEAT
            story.target(host, arm=arm, fails="tls", failure=failure, start=3.0 * n, **how)
    return story


def shaped(story: Story, host: str, shape: Hello, *starts: float, **how: Any) -> Story:
    for start in starts:
        story.target(host, arm=Arm.OTHER_HELLO, check="tls", start=start, **how)
        told = story.told[-1]
        assert isinstance(told.task.probe, Flow)
        probe = dataclasses.replace(told.task.probe, options=((OPTION, shape.value),))
        story.told[-1] = dataclasses.replace(told, task=dataclasses.replace(told.task, probe=probe))
    return story


def swap(story: Story, *hosts: str, **how: Any) -> Story:
    for host in hosts:
        story.target(host, arm=Arm.OTHER_SNI, server_name="site1.example", check="tls", **how)
    return story


def fine() -> Story:
    return Story().good_connection().names().controls_again()


@pytest.mark.parametrize(("failure", "path"), KINDS)
def test_a_cut_that_makes_the_server_answer_shows_who_reads_the_name(
    failure: Failure, path: str
) -> None:
    story = swap(dying(fine(), CHAT[0], failure=failure), CHAT[0])
    assert text(story).outcome is Outcome.INCONCLUSIVE, "alone it may be a dead backend"
    verdict = text(shaped(story, CHAT[0], Hello.SPLIT, 0.1, 3.1))
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert verdict.mechanisms == (f"{path}.sni",)


@pytest.mark.parametrize(("failure", "path"), KINDS)
def test_where_neutral_names_die_too_it_is_not_the_name(failure: Failure, path: str) -> None:
    story = swap(dying(fine(), CHAT[0], failure=failure), CHAT[0], fails="tls", failure=failure)
    verdict = text(shaped(story, CHAT[0], Hello.SPLIT, 0.1, 3.1))
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, (path,))


@pytest.mark.parametrize(
    ("starts", "how"),
    [
        ((0.1,), {}),
        ((6.2, 9.2), {}),
        ((0.1, 3.1), {"fails": "tls", "failure": Failure.CONNECTION_RESET}),
        ((0.1, 3.1), {"fails": "tls", "failure": Failure.TLS_UNKNOWN_AUTHORITY}),
    ],
    ids=["once", "when the usual one fails no more", "dies too", "somebody else answers"],
)
def test_less_than_that_licenses_nothing(starts: tuple[float, ...], how: dict[str, Any]) -> None:
    story = swap(dying(fine(), CHAT[0], failure=Failure.CONNECTION_RESET), CHAT[0])
    assert text(shaped(story, CHAT[0], Hello.SPLIT, *starts, **how)).outcome is Outcome.INCONCLUSIVE


def test_one_cut_greeting_that_dies_takes_the_licence_away() -> None:
    story = swap(dying(fine(), CHAT[0], failure=Failure.CONNECTION_RESET), CHAT[0])
    shaped(story, CHAT[0], Hello.SPLIT, 0.1, 3.1)
    shaped(story, CHAT[0], Hello.SPLIT, 3.2, fails="tls", failure=Failure.CONNECTION_RESET)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_two_failures_of_the_usual_greeting_are_too_few() -> None:
    story = swap(dying(fine(), CHAT[0], failure=Failure.CONNECTION_RESET, times=2), CHAT[0])
    assert text(shaped(story, CHAT[0], Hello.SPLIT, 0.1, 2.0)).outcome is Outcome.INCONCLUSIVE


def test_controls_that_fail_take_the_licence_away() -> None:
    story = Story().good_connection(sites=2).names()
    swap(dying(story, CHAT[0], failure=Failure.CONNECTION_RESET), CHAT[0])
    assert text(shaped(story, CHAT[0], Hello.SPLIT, 0.1, 3.1)).outcome is Outcome.INCONCLUSIVE


def fingerprinted(*hosts: str, failure: Failure, **how: Any) -> Story:
    """Any name dies in our shape; another program's greeting is answered in between."""
    story = dying(fine(), *hosts, failure=failure, **how)
    for host in hosts:
        swap(story, host, fails="tls", failure=failure)
        shaped(story, host, Hello.OTHER, 0.1, 3.1)
    return story


def test_a_fingerprint_that_never_arrives_in_two_networks_is_blocked() -> None:
    verdict = text(fingerprinted(*CHAT, failure=Failure.TIMED_OUT, acked=False))
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert verdict.mechanisms == ("tls.fingerprint",)


@pytest.mark.parametrize(
    ("hosts", "acked"), [(CHAT[:1], False), (CHAT, True), (CHAT, None)], ids=str
)
def test_one_network_or_a_greeting_that_arrived_may_be_the_service_s_own_wall(
    hosts: tuple[str, ...], acked: bool | None
) -> None:
    verdict = text(fingerprinted(*hosts, failure=Failure.TIMED_OUT, acked=acked))
    assert (verdict.outcome, verdict.rules) == (Outcome.INCONCLUSIVE, ("tls.fingerprint.unclear",))


@pytest.mark.parametrize(
    ("hosts", "outcome"),
    [(CHAT, Outcome.BLOCKED), (CHAT[:1], Outcome.INCONCLUSIVE)],
    ids=["two_networks", "one_network"],
)
def test_networks_are_counted_over_all_functions_of_a_service(
    hosts: tuple[str, ...], outcome: Outcome
) -> None:
    """Text has one network and media the other: whether both fail there is what tells."""
    first, second = SERVICE.endpoints
    apart = dataclasses.replace(
        SERVICE,
        pools=(*SERVICE.pools, Pool(name="media", function=Function.MEDIA, ok_at=1)),
        endpoints=(first, dataclasses.replace(second, pool="media")),
    )
    story = fingerprinted(*hosts, failure=Failure.TIMED_OUT, acked=False)
    if hosts != CHAT:
        story.target(CHAT[1])
    evidence = dataclasses.replace(story.evidence(), services=(apart,))
    (service,) = judge(evidence).services
    assert service.functions[0].function is Function.TEXT
    assert service.functions[0].outcome is outcome


@pytest.mark.parametrize("failure", [k for k, _ in KINDS if k is not Failure.TIMED_OUT])
def test_a_fingerprint_broken_off_early_is_blocked_and_at_full_round_trip_is_not(
    failure: Failure,
) -> None:
    early = text(fingerprinted(*CHAT, failure=failure, took=0.01))
    assert early.outcome is Outcome.BLOCKED and "tls.fingerprint" in early.mechanisms
    late = text(fingerprinted(*CHAT, failure=failure, took=0.05))
    assert late.outcome is Outcome.INCONCLUSIVE


def test_a_neutral_name_that_is_answered_is_no_fingerprint() -> None:
    story = dying(fine(), *CHAT, failure=Failure.TIMED_OUT, acked=False)
    for host in CHAT:
        shaped(swap(story, host), host, Hello.OTHER, 0.1, 3.1)
    assert "tls.fingerprint" not in text(story).mechanisms


# -- an early end, and what its round trip is measured by


def test_an_acknowledgement_that_came_with_the_forgery_hides_nothing() -> None:
    # The box acknowledges the greeting, and every kernel takes that for a round trip.
    story = dying(fine(), CHAT[0], failure=Failure.EOF, took=0.012, min_rtt=0.04)
    for index, told in enumerate(story.told):
        seen = tuple(
            dataclasses.replace(o, info=dataclasses.replace(o.info, min_rtt=0.012))
            if isinstance(o, TlsObservation) and o.failure is Failure.EOF and o.info
            else o
            for o in told.observations
        )
        story.told[index] = dataclasses.replace(told, observations=seen)
    verdict = text(story)
    assert (verdict.outcome, verdict.rules) == (Outcome.BLOCKED, ("tls.early.eof",))


def late_device(
    *, acked: bool | None = True, segments: int = 1, sent_again: int = 0, rtt: float = 0.012
) -> FunctionVerdict:
    """All was read late, from a path of 40 ms; the kernel took the greeting for acknowledged after
    ``rtt``, by the last of so many segments since the connection stood."""
    story = dying(fine(), CHAT[0], failure=Failure.EOF, took=0.08, min_rtt=0.04)
    for index, told in enumerate(story.told):
        seen = tuple(
            dataclasses.replace(
                o,
                bytes_received=0,
                hello_acked=acked,
                info=dataclasses.replace(
                    o.info, min_rtt=rtt, segs_in=1 + segments, total_retrans=sent_again
                ),
            )
            if isinstance(o, TlsObservation) and o.failure is Failure.EOF and o.info
            else dataclasses.replace(o, info=dataclasses.replace(o.info, segs_in=1))
            if isinstance(o, TcpObservation) and o.info
            else o
            for o in told.observations
        )
        story.told[index] = dataclasses.replace(told, observations=seen)
    return text(story)


def test_an_end_is_early_by_the_kernel_where_this_device_was_late() -> None:
    assert late_device().rules == ("tls.early.eof",)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"segments": 2}, "who acknowledges early, as some accelerators do, need not end it"),
        ({"rtt": 0.039}, "the end came all the way"),
        ({"acked": None}, "it is not known what was acknowledged"),
        ({"acked": False}, "the end came before the greeting was heard"),
        ({"sent_again": 1}, "which of the two was acknowledged is not known"),
    ],
)
def test_what_the_kernel_says_is_early_only_of_the_end_itself(
    told: dict[str, Any], why: str
) -> None:
    assert late_device(**told).outcome is Outcome.INCONCLUSIVE, why


def test_one_slow_first_packet_makes_no_answer_early() -> None:
    story = fine()
    story.target(CHAT[0], fails="tls", failure=Failure.EOF, took=0.05, min_rtt=0.3)
    for n in (1, 2):
        story.target(
            CHAT[0], arm=Arm.REPEAT, fails="tls", failure=Failure.EOF, took=0.05, start=3.0 * n
        )
    assert text(story).outcome is Outcome.INCONCLUSIVE


# -- many at once


def together(story: Story, host: str, *steps: tuple[Arm, float, bool]) -> Story:
    for arm, start, well in steps:
        story.target(
            host,
            arm=arm,
            start=start,
            took=0.1 if well else 4.0,
            fails=None if well else "tls",
        )
    return story


ALONE, CROWD = Arm.ALONE, Arm.TOGETHER
COUNTED = ((ALONE, 20, True), (CROWD, 22, False), (CROWD, 22, False), (ALONE, 28, True))


def test_what_freezes_together_and_works_alone_twice_is_counted() -> None:
    story = together(dying(fine(), *CHAT, failure=Failure.TIMED_OUT), CHAT[0], *COUNTED)
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.DEGRADED, Strength.LIKELY)
    assert verdict.mechanisms == ("tls.conn_count",)


@pytest.mark.parametrize(
    "steps",
    [
        COUNTED[:1],
        COUNTED[:3],
        (COUNTED[0], (CROWD, 22, True), (CROWD, 22, True), COUNTED[3]),
        (COUNTED[0], (CROWD, 22, True), COUNTED[2], COUNTED[3]),
        (COUNTED[0], COUNTED[1], COUNTED[3]),
        ((ALONE, 20, False), *COUNTED[1:]),
    ],
    ids=["alone", "not alone again", "the outage ended", "some freeze", "no crowd", "never works"],
)
def test_less_than_both_turns_counts_nothing(steps: tuple[tuple[Arm, float, bool], ...]) -> None:
    story = together(dying(fine(), *CHAT, failure=Failure.TIMED_OUT), CHAT[0], *steps)
    assert "tls.conn_count" not in text(story).mechanisms


def test_names_that_are_answered_alone_and_freeze_again_together_are_counted() -> None:
    """Two names, each alone once, do for one that is alone twice."""
    story = dying(fine(), *CHAT, failure=Failure.TIMED_OUT)
    together(story, CHAT[0], *COUNTED[:3])
    assert text(together(story, CHAT[1], (ALONE, 21, True))).mechanisms == ("tls.conn_count",)


def test_what_is_answered_alone_does_not_die_of_its_name() -> None:
    story = dying(fine(), *CHAT, failure=Failure.TIMED_OUT).elsewhere(
        CHAT[0], fails="tls", failure=Failure.TIMED_OUT
    )
    other = SITES[1].host
    story.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, check="tls", host=other, server_name=other)
    assert text(story).mechanisms == ("tls.timeout.sni",)
    verdict = text(together(story, CHAT[0], (ALONE, 20, True)))
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.DEGRADED, ())
    assert verdict.rules == ("tls.answered_alone",)


def test_where_as_many_together_are_answered_as_well_their_number_is_nothing() -> None:
    story = dying(fine(), *CHAT, failure=Failure.TIMED_OUT)
    together(story, CHAT[0], (ALONE, 20, True), (CROWD, 22, True), (CROWD, 22, True))
    assert text(story).rules != ("tls.answered_alone",)


@pytest.mark.parametrize("single", [Arm.SHARE, Arm.SHARE_ELSEWHERE, Arm.TARGET_SNI_ELSEWHERE])
def test_where_one_that_was_alone_froze_as_well_their_number_is_nothing(single: Arm) -> None:
    story = together(dying(fine(), *CHAT, failure=Failure.TIMED_OUT), CHAT[0], (ALONE, 20, True))
    assert text(story).rules == ("tls.answered_alone",)
    story.target(CHAT[0], arm=single, start=40, took=4.0, fails="tls", failure=Failure.TIMED_OUT)
    story.told[-1] = dataclasses.replace(story.told[-1], window=Window(start=40, end=44))
    assert text(story).rules != ("tls.answered_alone",)


@pytest.mark.parametrize(
    ("host", "starts", "alone"),
    [(CHAT[0], (30, 33), True), (CHAT[0], (30,), False), (CHAT[1], (30, 33), False)],
    ids=["twice", "once", "another name"],
)
def test_transfers_that_nothing_else_named_are_alone(
    host: str, starts: tuple[int, ...], alone: bool
) -> None:
    story = dying(fine(), CHAT[0], failure=Failure.TIMED_OUT)
    story.elsewhere(CHAT[0], fails="tls", failure=Failure.TIMED_OUT)
    other = SITES[1].host
    story.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, check="tls", host=other, server_name=other)
    for start in starts:
        story.target(host, arm=Arm.TRANSFER, start=start)
        window = Window(start=start, end=start + 1)
        story.told[-1] = dataclasses.replace(story.told[-1], window=window)
    assert (text(story).rules == ("tls.answered_alone",)) is alone
    assert ("tls.timeout.sni" in text(story).mechanisms) is not alone


def test_one_path_of_a_name_that_works_is_not_counted() -> None:
    story = fine().all_targets(times=1)
    dying(story, CHAT[0], failure=Failure.TIMED_OUT, address="31.13.70.9")
    story.asked(CHAT[0], ResolverKind.SYSTEM, ADDRESSES[CHAT[0]], "31.13.70.9", arm=Arm.BASE)
    assert text(together(story, CHAT[0], *COUNTED)).outcome is Outcome.OK


# -- a shape that dies everywhere


def shape_dies_everywhere(*answering: int, usual: int | None = None) -> Story:
    """Every neutral site dies in the usual shape; those answer another (``usual``: ours too)."""
    story = Story().local()
    for number, site in enumerate(story.sites, start=1):
        how: dict[str, Any] = {"subject": site.name, "arm": Arm.CONNECTION, "host": site.host}
        dies = None if number == usual else "tls"
        story.flow(site.addresses[0], fails=dies, **how)
        if number in answering:
            story.flow(site.addresses[0], **how)
            told = story.told[-1]
            assert isinstance(told.task.probe, Flow)
            probe = dataclasses.replace(told.task.probe, options=((OPTION, Hello.OTHER.value),))
            story.told[-1] = dataclasses.replace(
                told, task=dataclasses.replace(told.task, probe=probe)
            )
    return story


def test_another_program_that_is_let_through_makes_it_no_allow_list() -> None:
    connection = judge(shape_dies_everywhere(1, 2).evidence()).connection
    assert connection.state is State.ONLINE and "tls_fingerprint" in connection.notes


@pytest.mark.parametrize(
    "story",
    [
        shape_dies_everywhere(),
        shape_dies_everywhere(1),
        shape_dies_everywhere(1, 2, usual=3),
        Story().good_connection(),
    ],
    ids=["nobody answers", "one network", "ours is answered too", "all is well"],
)
def test_a_fingerprint_is_noted_only_where_two_networks_answer_the_other_alone(
    story: Story,
) -> None:
    assert "tls_fingerprint" not in judge(story.evidence()).connection.notes
