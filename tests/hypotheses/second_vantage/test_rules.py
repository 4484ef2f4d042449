"""A second vantage: what answers there is not down, what fails there alike probably is."""

import dataclasses
from typing import Any

import pytest

from msgprobe.evidence.reports import elsewhere
from msgprobe.hypotheses.second_vantage.facts import FRESH
from msgprobe.judging.judge import judge
from msgprobe.model.codec import from_json, to_json
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof
from msgprobe.model.run import Elsewhere, ElsewhereFunction, Evidence
from msgprobe.model.target import Function
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome, State, Strength, Verdict
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story

ONE, TWO = CHAT
BLOCKED = (Outcome.BLOCKED, Strength.LIKELY)
DOWN = (Outcome.DOWN, Strength.LIKELY)
UNKNOWN = (Outcome.INCONCLUSIVE, None)

REFUSED: dict[str, Any] = {"fails": "connect", "failure": Failure.CONNECTION_REFUSED}
SILENT: dict[str, Any] = {"fails": "connect"}
RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}


def word(story: Story, *reports: Elsewhere) -> tuple[Outcome, Strength | None]:
    found = text(story, *reports)
    return found.outcome, found.strength


def verdict(story: Story, *reports: Elsewhere) -> Verdict:
    return judge(dataclasses.replace(story.evidence(), elsewhere=reports))


def text(story: Story, *reports: Elsewhere) -> FunctionVerdict:
    (service,) = verdict(story, *reports).services
    (function,) = service.functions
    return function


def failing(*hosts: str, **how: Any) -> Story:
    """The connection is fine; at ``hosts`` everything fails three times."""
    story = Story().good_connection().names()
    for host in hosts or (ONE,):
        story.target(host, times=3, **how)
    return story.controls_again()


def control(story: Story, *, start: float = 5.0, **how: Any) -> Story:
    site = SITES[0]
    return story.flow(
        site.host,
        subject=site.name,
        arm=Arm.SECOND_PATH,
        host=site.host,
        check="tls",
        start=start,
        **how,
    )


def second(story: Story, host: str = ONE, *, start: float = 10.0, **how: Any) -> Story:
    return story.target(host, arm=Arm.SECOND_PATH, start=start, **how)


def again(story: Story, host: str = ONE, *, start: float = 20.0, **how: Any) -> Story:
    return story.target(host, arm=Arm.REPEAT, start=start, **how)


@pytest.mark.parametrize(
    ("how", "mechanism"),
    [
        (SILENT, "tcp.timeout"),
        (REFUSED, "tcp.refused"),
        ({"fails": "connect", "failure": Failure.HOST_UNREACHABLE}, "ip.unreachable"),
        (RESET, "tls.reset"),
        ({"fails": "tls", "failure": Failure.EOF}, "tls.reset"),
        ({"fails": "tls"}, "tls.timeout"),
        ({"fails": "tls", "failure": Failure.TLS_FAILED}, "tls.alert"),
        ({"fails": "answer"}, "tls.post_handshake"),
    ],
)
def test_what_answers_through_the_proxy_while_it_fails_here_is_blocked(
    how: dict[str, Any], mechanism: str
) -> None:
    alone = failing(**how)
    assert word(alone) == UNKNOWN
    story = again(second(control(failing(**how))), **how)
    found = text(story)
    assert (found.outcome, found.strength) == BLOCKED
    assert found.mechanisms == (mechanism,)
    assert found.why[0].key.startswith("second.path.")


@pytest.mark.parametrize("check", ["noise", "mtproto", "mqtt", "threema"])
def test_a_protocol_of_its_own_counts_with_a_proof_that_the_proxy_could_not_give(
    check: str,
) -> None:
    how: dict[str, Any] = {"fails": "answer", "check": check, "proof": Proof.CONNECTED}

    def told(proof: Proof) -> Story:
        return again(second(control(failing(**how)), check=check, proof=proof), **how)

    found = text(told(Proof.CRYPTO))
    assert (found.outcome, found.strength) == BLOCKED
    assert found.mechanisms == (f"protocol.{check}",)
    assert word(told(Proof.NONCE)) == BLOCKED
    assert word(told(Proof.SHAPE)) == UNKNOWN


def test_an_outage_that_ended_in_between_is_not_blocking() -> None:
    # It failed here, then answered there; nobody tried from here again.
    brief: dict[str, Any] = {**SILENT, "over": 6.0}
    assert word(second(control(failing(**brief)))) == UNKNOWN
    # Tried again, and it is back.
    story = again(second(control(failing(**brief))))
    assert text(story).outcome is Outcome.OK
    # An attempt that began before the answer there was whole proves nothing either.
    story = again(second(control(failing(**brief)), took=15.0), **SILENT)
    assert word(story) == UNKNOWN


def test_a_proxy_that_no_neutral_site_answers_through_says_nothing() -> None:
    assert word(again(second(failing(**SILENT)), **SILENT)) == UNKNOWN
    dead = control(failing(**SILENT), fails="connect", failure=Failure.PROXY_FAILED)
    second(dead, fails="connect", failure=Failure.PROXY_FAILED)
    assert word(dead) == UNKNOWN
    assert "second_path_failed" in verdict(dead).connection.notes
    fine = control(failing(**SILENT))
    assert "second_path_failed" not in verdict(fine).connection.notes


def test_a_neutral_site_that_is_dead_by_itself_does_not_condemn_the_proxy() -> None:
    story = control(failing(**SILENT), start=4.0, took=8.0, fails="connect")
    control(story, start=7.0)
    assert word(again(second(story), **SILENT)) == BLOCKED
    control(story, start=9.0, fails="connect")
    assert word(again(second(story), **SILENT)) == UNKNOWN


def test_another_address_of_the_name_does_not_show_this_one_alive() -> None:
    story = control(failing(**SILENT))
    second(story, address=ONE)
    second(story, address="31.13.71.1")
    assert word(again(story, **SILENT)) == UNKNOWN
    assert word(again(second(story), **SILENT)) == BLOCKED


@pytest.mark.parametrize(
    ("how", "there"),
    [
        (SILENT, {"fails": "connect", "failure": Failure.HOST_UNREACHABLE}),
        (SILENT, SILENT),
        (REFUSED, REFUSED),
        (RESET, RESET),
        (RESET, {"fails": "tls", "failure": Failure.EOF}),
        # ssh -D says yes before it dials
        (SILENT, {"fails": "tls", "failure": Failure.EOF}),
    ],
)
def test_what_fails_alike_through_a_working_proxy_is_down(
    how: dict[str, Any], there: dict[str, Any]
) -> None:
    story = failing(**how)
    control(story)
    second(story, times=2, **there)
    control(story, start=15.0)
    found = text(story)
    assert (found.outcome, found.strength) == DOWN
    assert found.rules == ("second.path.alike",)
    assert [one.key for one in found.why] == ["second.path.alike"]


@pytest.mark.parametrize(
    ("how", "there"),
    [
        (SILENT, {"fails": "connect", "failure": Failure.PROXY_FAILED}),
        (SILENT, RESET),
        (RESET, {"fails": "connect", "failure": Failure.HOST_UNREACHABLE}),
        (RESET, {"fails": "tls"}),
        (SILENT, {"fails": "tls", "failure": Failure.TLS_UNKNOWN_AUTHORITY}),
        (SILENT, {"fails": "connect", "failure": Failure.INTERRUPTED}),
    ],
)
def test_what_fails_otherwise_there_says_nothing(
    how: dict[str, Any], there: dict[str, Any]
) -> None:
    story = control(failing(**how))
    second(story, times=3, **there)
    assert word(story) == UNKNOWN


def test_one_failure_there_or_a_proxy_that_died_meanwhile_is_no_outage() -> None:
    story = second(control(failing(**SILENT)), times=1, **SILENT)
    assert word(story) == UNKNOWN
    story = second(control(failing(**SILENT)), times=2, **SILENT)
    control(story, start=15.0, fails="connect", failure=Failure.PROXY_FAILED)
    assert word(story) == UNKNOWN


def test_a_port_that_the_proxy_was_not_shown_to_carry_is_no_outage() -> None:
    other = dataclasses.replace(
        SERVICE,
        endpoints=tuple(dataclasses.replace(e, port=5222) for e in SERVICE.endpoints),
    )
    story = second(control(failing(port=5222, **SILENT)), times=2, port=5222, **SILENT)
    assert word(story) == DOWN  # the catalogue says 443
    story.services = (other,)
    assert word(story) == UNKNOWN


def test_a_total_outage_is_no_longer_called_blocking() -> None:
    def dark() -> Story:
        return failing(ONE, TWO, **SILENT)

    assert word(dark()) == BLOCKED
    story = control(dark())
    second(story, ONE, times=2, **SILENT)
    assert word(story) == BLOCKED, "one of two servers is not all"
    second(story, TWO, times=2, **SILENT)
    assert word(story) == DOWN
    story = control(dark())
    again(second(story, ONE), ONE, **SILENT)
    found = text(story)
    assert (found.outcome, found.strength) == BLOCKED
    assert {"tcp.timeout.everywhere", "second.path.tcp.timeout"} <= set(found.rules)


def test_what_is_confirmed_stays_so_whatever_happens_elsewhere() -> None:
    story = failing(ONE, TWO, **SILENT)
    story.all_targets(times=1, arm=Arm.OTHER_PORT, port=80, check="connect")
    control(story)
    for host in CHAT:
        second(story, host, times=2, **SILENT)
    assert word(story) == (Outcome.BLOCKED, Strength.CONFIRMED)


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ({"fails": "tls", "failure": Failure.TLS_UNKNOWN_AUTHORITY}, "tls.certificate"),
        (
            {"check": "noise", "proof": Proof.NONCE, "stage": "unknown_root"},
            "protocol.impostor",
        ),
    ],
)
def test_who_answers_is_no_question_for_a_second_vantage(how: dict[str, Any], rule: str) -> None:
    story = again(second(control(failing(**how))), **how)
    found = text(story)
    assert (found.outcome, found.rules) == (Outcome.INCONCLUSIVE, (rule,))


def test_a_connection_in_trouble_lets_no_second_vantage_accuse() -> None:
    story = Story().good_connection(sites=2).names()
    story.target(ONE, times=3, **SILENT)
    again(second(control(story)), **SILENT)
    assert word(story) == UNKNOWN


def test_the_proxys_path_is_not_this_connections() -> None:
    # Refusals after 20 ms; the way to that address is known from nobody but the proxy (100 ms).
    story = failing(took=0.02, min_rtt=0.0, **REFUSED)
    second(control(story), times=2, min_rtt=0.1, took=0.2, **RESET)
    assert word(story) == UNKNOWN
    # What answers there is no proof of the name here: one address, nobody's word for it.
    story = Story().good_connection()
    story.asked(ONE, ResolverKind.SYSTEM, "45.1.1.1", arm=Arm.BASE)
    story.target(ONE, times=3, address="45.1.1.1", **SILENT)
    second(control(story.controls_again()), address="45.1.1.1")
    assert text(story).endpoints.ok == 0


def denied(failure: Failure) -> Story:
    story = Story().good_connection()
    story.asked(ONE, ResolverKind.SYSTEM, failure=failure, arm=Arm.BASE)
    return story.controls_again()


def asked_again(story: Story, failure: Failure, *, start: float = 25.0) -> Story:
    """The system is asked for the name once more, by default after all that was spoken."""
    return story.asked(ONE, ResolverKind.SYSTEM, failure=failure, arm=Arm.REPEAT, start=start)


def test_a_name_that_only_this_resolver_denies_is_blocked() -> None:
    alone = denied(Failure.DNS_NXDOMAIN)
    assert word(alone) == UNKNOWN
    story = second(control(denied(Failure.DNS_NXDOMAIN)), address=ONE)
    assert word(story) == UNKNOWN, "asked only before"
    found = text(asked_again(story, Failure.DNS_NXDOMAIN))
    assert (found.outcome, found.strength) == BLOCKED
    assert found.mechanisms == ("dns.nxdomain",)
    early = second(control(denied(Failure.DNS_NXDOMAIN)), address=ONE)
    assert word(asked_again(early, Failure.DNS_NXDOMAIN, start=2.0)) == UNKNOWN


@pytest.mark.parametrize(
    ("failure", "needed"),
    [
        (Failure.DNS_NXDOMAIN, 2),
        (Failure.DNS_REFUSED, 2),
        (Failure.DNS_SERVFAIL, 3),
        (Failure.TIMED_OUT, 3),
    ],
)
def test_a_name_that_resolved_elsewhere_must_be_denied_here_more_than_once(
    failure: Failure, needed: int
) -> None:
    """A resolver that fails one question in five must not look like a censor."""
    story = denied(failure)
    for asked in range(1, 4):
        if asked < needed:
            assert word(story, made(works())) == UNKNOWN
        else:
            assert word(story, made(works())) == BLOCKED
        story.dns(ONE, ResolverKind.DIRECT, failure=failure, arm=Arm.OTHER_RESOLVER)
    story.dns(ONE, ResolverKind.DIRECT, ADDRESSES[ONE], arm=Arm.OTHER_RESOLVER)
    assert word(story, made(works())) == UNKNOWN


@pytest.mark.parametrize("failure", [Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER])
@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param("2606:2800:3::1", UNKNOWN, id="no IPv4 address of any name"),
        pytest.param("20.4.0.1", BLOCKED, id="one neutral name's"),
    ],
)
def test_who_leaves_out_a_whole_family_denies_no_name_that_resolved_elsewhere(
    failure: Failure, last: str, expected: tuple[Outcome, Strength | None]
) -> None:
    """Nobody here says of which family the name's addresses are: they may well be IPv4's alone."""
    story = Story().local()
    given = ("2606:2800:0::1", "2606:2800:1::1", "2606:2800:2::1", last)
    for site, address in zip(SITES, given, strict=True):
        story.dns(site.host, ResolverKind.SYSTEM, address)
        story.site(site)
    story.asked(ONE, ResolverKind.SYSTEM, failure=failure, arm=Arm.BASE)
    for start in (1.0, 4.0, 20.0):
        story.asked(ONE, ResolverKind.DIRECT, failure=failure, start=start)
    assert word(story.controls_again(), made(works())) == expected
    proxied = asked_again(second(control(story), address=ONE), failure)
    assert word(proxied) == expected


# -- a report made elsewhere


def made(story: Story, *, age: float = 3600.0) -> Elsewhere:
    evidence = story.evidence()
    return elsewhere(
        evidence,
        judge(evidence),
        (SERVICE,),
        run_id="r",
        made_at="2026-01-05T10:30:00Z",
        age_s=age,
    )


def works() -> Story:
    return Story().good_connection().names().all_targets(times=1)


def test_a_report_keeps_what_matters_and_survives_json() -> None:
    story = Story().good_connection().names().target(ONE).target(TWO, times=3, **RESET)
    report = made(story)
    (said,) = report.functions
    assert (said.service, said.function, said.outcome) == ("acme", Function.TEXT, Outcome.OK)
    assert said.answered == ("chat1-443",)
    assert said.failed == (("chat2-443", "tls.reset"),)
    assert report.state is State.ONLINE
    assert from_json(Elsewhere, to_json(report)) == report


@pytest.mark.parametrize(("how", "mechanism"), [(SILENT, "tcp.timeout"), (RESET, "tls.reset")])
def test_a_fresh_report_that_reached_it_makes_it_likely_blocked(
    how: dict[str, Any], mechanism: str
) -> None:
    found = text(failing(**how), made(works()))
    assert (found.outcome, found.strength) == BLOCKED
    assert found.mechanisms == (mechanism,)
    assert found.why[0].key.startswith("second.report.")


def test_a_report_of_a_day_ago_is_named_as_too_old() -> None:
    for age in (FRESH + 1, -3600.0):
        told = verdict(failing(**SILENT), made(works(), age=age))
        assert told.services[0].outcome is Outcome.INCONCLUSIVE
        assert "report_too_old" in told.connection.notes
    told = verdict(failing(**SILENT), made(works(), age=FRESH - 1))
    assert told.services[0].outcome is Outcome.BLOCKED
    assert "report_too_old" not in told.connection.notes


def test_a_report_about_something_else_says_nothing() -> None:
    only_two = Story().good_connection().names().target(TWO)
    assert word(failing(**SILENT), made(only_two)) == UNKNOWN
    moved = dataclasses.replace(
        SERVICE, endpoints=tuple(dataclasses.replace(e, port=80) for e in SERVICE.endpoints)
    )
    other = works()
    other.services = (moved,)
    assert word(failing(**SILENT), made(other)) == UNKNOWN
    report = made(works())
    (said,) = report.functions
    calls = dataclasses.replace(said, function=Function.CALLS)
    assert word(failing(**SILENT), dataclasses.replace(report, functions=(calls,))) == UNKNOWN


def test_a_report_that_fails_alike_supports_an_outage_only_if_it_was_online() -> None:
    report = made(failing(**SILENT))
    found = text(failing(**SILENT), report)
    assert (found.outcome, found.strength) == DOWN
    assert found.why[0].key == "second.report.alike"
    assert word(failing(**RESET), report) == UNKNOWN
    for state in State:
        if state is not State.ONLINE:
            poor = dataclasses.replace(report, state=state)
            assert word(failing(**SILENT), poor) == UNKNOWN
    assert word(failing(**SILENT), report, made(works())) == BLOCKED


def test_a_proxy_and_a_report_that_contradict_each_other_say_nothing() -> None:
    story = second(control(failing(**SILENT)), times=2, **SILENT)
    assert word(story) == DOWN
    assert word(story, made(works())) == UNKNOWN
    reached = again(second(control(failing(**SILENT))), **SILENT)
    assert word(reached, made(failing(**SILENT))) == BLOCKED


def test_the_evidence_alone_gives_the_same_verdict_in_any_order() -> None:
    story = again(second(control(failing(**SILENT))), **SILENT)
    evidence = dataclasses.replace(story.evidence(), elsewhere=(made(works()),))
    saved = from_json(Evidence, to_json(evidence))
    assert judge(saved) == judge(evidence)
    backwards = dataclasses.replace(evidence, measurements=evidence.measurements[::-1])
    assert judge(backwards) == judge(evidence)


def test_nothing_is_ever_confirmed_by_a_report() -> None:
    report = ElsewhereFunction(
        service="acme",
        function=Function.TEXT,
        outcome=Outcome.OK,
        strength=Strength.CONFIRMED,
        answered=("chat1-443", "chat2-443"),
    )
    told = dataclasses.replace(made(works()), functions=(report,))
    found = text(failing(ONE, TWO, **SILENT), told)
    assert (found.outcome, found.strength) == BLOCKED
    assert ADDRESSES[ONE] != ADDRESSES[TWO]
