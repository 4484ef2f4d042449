"""The table of licences, row by row: which evidence allows which word."""

import dataclasses
from typing import Any

import pytest

from msgprobe.judging.judge import judge
from msgprobe.judging.rules_outcome import OLD_FACTS
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof
from msgprobe.model.task import Arm, ResolverKind, Role
from msgprobe.model.verdict import Outcome, State, Strength
from msgprobe.report.advice import advise
from msgprobe.report.say import said
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story
from tests.judging.word import text


def test_an_authenticated_answer_is_ok_and_confirmed() -> None:
    verdict = text(Story().good_connection().names().all_targets(times=1))
    assert (verdict.outcome, verdict.strength) == (Outcome.OK, Strength.CONFIRMED)


def test_an_open_port_earns_nothing() -> None:
    story = Story().good_connection().names()
    story.all_targets(times=1, check="connect")
    assert text(story).outcome is Outcome.INCONCLUSIVE or text(story).outcome is Outcome.NOT_TESTED


def test_an_answer_in_the_own_protocol_is_ok_but_only_likely() -> None:
    story = Story().good_connection().names().all_targets(times=1, check="noise", proof=Proof.NONCE)
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.OK, Strength.LIKELY)


@pytest.mark.parametrize("check", ["noise", "mtproto", "acme"])
def test_a_cryptographic_answer_in_the_own_protocol_is_ok_and_confirmed(check: str) -> None:
    story = Story().good_connection().names().all_targets(times=1, check=check, proof=Proof.CRYPTO)
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.OK, Strength.CONFIRMED)


@pytest.mark.parametrize("check", ["noise", "mtproto", "acme"])
@pytest.mark.parametrize("stage", ["unknown_root", "unknown_key"])
@pytest.mark.parametrize("proof", [Proof.SHAPE, Proof.NONCE])
def test_an_answer_under_a_strange_key_is_not_the_services(
    check: str, stage: str, proof: Proof
) -> None:
    story = Story().good_connection().names().all_targets(check=check, proof=proof, stage=stage)
    verdict = text(story.controls_again())
    assert (verdict.outcome, verdict.strength) == (Outcome.INCONCLUSIVE, None)
    assert verdict.rules == ("protocol.impostor",)
    assert verdict.why[0].key == "protocol.impostor"


def test_a_stranger_inside_authenticated_tls_is_still_one() -> None:
    story = Story().good_connection().names()
    story.all_targets(check="https", proof=Proof.SHAPE, stage="unknown_root").controls_again()
    verdict = text(story)
    assert (verdict.outcome, verdict.rules) == (Outcome.INCONCLUSIVE, ("protocol.impostor",))


def test_a_protocol_that_ended_early_but_well_leaves_what_tls_proved() -> None:
    # The server closed the WebSocket by a frame of its own: whoever did is authenticated.
    story = Story().good_connection().names()
    story.all_targets(times=1, check="https", proof=Proof.BYTES, stage="closed")
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.OK, Strength.CONFIRMED)
    # Without TLS it is nobody's answer.
    story = Story().good_connection().names()
    story.all_targets(times=1, check="noise", proof=Proof.BYTES, stage="closed")
    assert text(story).outcome is not Outcome.OK


def test_a_protocol_that_fails_inside_authenticated_tls_is_not_ok() -> None:
    story = Story().good_connection().names()
    story.all_targets(check="https", proof=Proof.CONNECTED, fails="answer", stage="sent")
    assert text(story.controls_again()).outcome is Outcome.INCONCLUSIVE


def test_a_genuine_server_beside_a_stranger_is_ok() -> None:
    story = Story().good_connection().names()
    story.target(CHAT[0], check="noise", proof=Proof.CRYPTO)
    story.target(CHAT[1], times=3, check="noise", proof=Proof.SHAPE, stage="unknown_root")
    assert text(story).endpoints.ok == 1
    assert text(story).outcome is Outcome.OK


def test_an_answer_that_only_looks_right_is_ok_but_only_likely() -> None:
    # Without a library for the proof, as of WeChat's servers: answered, not authenticated.
    story = Story().good_connection().names()
    story.all_targets(times=1, check="mmtls", proof=Proof.SHAPE, stage="server_hello")
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.OK, Strength.LIKELY)


def test_nothing_is_blamed_when_the_controls_fail_too() -> None:
    story = Story().local().names()
    for site in SITES:
        story.site(site, fails="connect")
    story.all_targets(fails="connect")
    assert text(story).outcome is Outcome.INCONCLUSIVE
    assert judge(story.evidence()).connection.state is State.NO_INTERNET


def test_silence_everywhere_in_two_networks_with_good_controls_is_blocked_likely() -> None:
    story = Story().good_connection().names().all_targets(fails="connect").controls_again()
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert verdict.mechanisms == ("tcp.timeout",)


def test_silence_in_one_network_only_is_inconclusive() -> None:
    story = Story().good_connection().names()
    story.target(CHAT[0], times=3, fails="connect").controls_again()
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_silence_seen_once_is_inconclusive() -> None:
    story = Story().good_connection().names().all_targets(times=1, fails="connect").controls_again()
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_members_that_share_an_address_and_a_port_share_the_tries_of_it() -> None:
    twins = tuple(
        dataclasses.replace(e, name=f"twin{n}-443", member=f"twin{n}", host=f"twin{n}.example")
        for n, e in enumerate(SERVICE.endpoints)
    )
    service = dataclasses.replace(SERVICE, endpoints=(*SERVICE.endpoints, *twins))
    story = Story(services=(service,)).good_connection().names()
    story.all_targets(fails="connect").controls_again()
    for twin, host in zip(twins, CHAT, strict=True):
        name = twin.host or ""
        story.asked(name, ResolverKind.SYSTEM, ADDRESSES[host], arm=Arm.BASE)
        story.target(name, address=ADDRESSES[host], fails="connect")
    story.asked("twin0.example", ResolverKind.DOH, ADDRESSES[CHAT[0]], resolver="resolver1")
    story.asked("twin1.example", ResolverKind.DOH, ADDRESSES[CHAT[1]], resolver="resolver1")
    assert text(story).mechanisms == ("tcp.timeout",)
    # Another port of it is another matter.
    elsewhere = tuple(dataclasses.replace(t, port=5222) for t in twins)
    moved = dataclasses.replace(service, endpoints=(*SERVICE.endpoints, *elsewhere))
    story.services = (moved,)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_silence_with_controls_in_two_networks_only_is_inconclusive() -> None:
    story = Story().good_connection(sites=2).names().all_targets(fails="connect")
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_silence_is_confirmed_when_the_same_machines_answer_on_another_port() -> None:
    story = Story().good_connection().names().all_targets(fails="connect").controls_again()
    story.all_targets(times=1, arm=Arm.OTHER_PORT, port=80, check="connect")
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)


def test_refusal_by_every_address_alone_is_inconclusive() -> None:
    story = Story().good_connection().names().controls_again()
    story.all_targets(fails="connect", failure=Failure.CONNECTION_REFUSED)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_a_refusal_faster_than_the_path_is_blocked() -> None:
    story = Story().good_connection().names().controls_again()
    story.all_targets(fails="connect", failure=Failure.CONNECTION_REFUSED, took=0.005, min_rtt=0.0)
    story.all_targets(times=1, arm=Arm.OTHER_PORT, port=5222, check="connect")
    assert text(story).outcome is Outcome.BLOCKED


def swap(story: Story, *hosts: str) -> Story:
    for host in hosts:
        story.target(host, arm=Arm.OTHER_SNI, server_name="site1.example", check="tls")
    return story


def elsewhere(story: Story, host: str, *, times: int = 3, servers: int = 1, **how: Any) -> Story:
    for site in SITES[:servers]:
        story.elsewhere(host, site, times=times, **how)
        story.site(site, Arm.NEUTRAL_SNI_ELSEWHERE, check="tls")
    return story


RESET: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}


def test_one_name_reset_where_a_neutral_one_works_may_be_a_dead_backend() -> None:
    story = Story().good_connection().names().controls_again()
    swap(story.target(CHAT[0], times=3, **RESET), CHAT[0])
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_two_names_in_two_networks_reset_where_neutral_ones_work_is_blocked_likely() -> None:
    """They are reset at a neutral server as well, and whether it takes others is not known."""
    story = Story().good_connection().names().controls_again()
    swap(story.all_targets(**RESET), *CHAT).elsewhere(CHAT[0], times=2, **RESET)
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.LIKELY)
    assert verdict.mechanisms == ("tls.reset",), "the swap alone does not show the name as trigger"


def test_without_any_neutral_servers_word_a_service_may_turn_its_own_names_away() -> None:
    """A balancer that has lost what is behind it does, whatever others it takes."""
    story = Story().good_connection().names().controls_again()
    assert text(swap(story.all_targets(**RESET), *CHAT)).outcome is Outcome.INCONCLUSIVE


def test_the_same_while_a_neutral_server_answers_to_the_name_may_be_the_services_own_doing() -> (
    None
):
    story = Story().good_connection().names().controls_again()
    swap(story.all_targets(**RESET), *CHAT)
    verdict = text(elsewhere(story, CHAT[0]))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert OLD_FACTS in verdict.why


def test_a_name_that_was_once_lost_at_a_neutral_server_may_be_the_services_own_doing() -> None:
    """A service that resets whoever names it, and a line that loses: it was said elsewhere, where
    nobody resets it."""
    story = Story().good_connection().names().controls_again()
    swap(story.all_targets(**RESET), *CHAT).elsewhere(CHAT[0], times=1, fails="tls")
    assert text(story).outcome is Outcome.INCONCLUSIVE
    story.elsewhere(CHAT[0], times=2, **RESET)
    assert text(story).outcome is Outcome.BLOCKED, "a reset was not lost"


def test_a_fault_that_follows_the_name_to_a_neutral_server_is_confirmed() -> None:
    story = Story().good_connection().names().controls_again().all_targets(**RESET)
    verdict = text(elsewhere(story, CHAT[0], **RESET))
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert verdict.mechanisms == ("tls.reset.sni",)


def test_a_neutral_server_that_fails_under_its_own_name_too_shows_nothing() -> None:
    story = Story().good_connection().names().controls_again().all_targets(**RESET)
    story.elsewhere(CHAT[0], **RESET)
    story.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, check="tls", **RESET)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_a_hello_that_alone_goes_unacknowledged_is_confirmed_at_the_name() -> None:
    story = Story().good_connection().names().controls_again()
    swap(story.all_targets(fails="tls", acked=False), *CHAT)
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert verdict.mechanisms == ("tls.timeout.sni",)


@pytest.mark.parametrize("lossy", [False, True])
def test_where_neutral_hellos_are_swallowed_as_well_three_of_three_may_be_luck(lossy: bool) -> None:
    """Two in five of all ClientHellos are lost: three of one name's in a row, and the neutral one
    beside them answered, is what one service in fifteen meets there."""
    story = Story().good_connection().names().controls_again()
    silent: dict[str, Any] = {"fails": "tls", "acked": False}
    swap(story.all_targets(**silent), *CHAT)
    for n in range(30):
        bad = silent if lossy and n < 12 else {}
        story.site(SITES[1], Arm.SHARE_NEUTRAL, check="tls", **bad)
    verdict = text(elsewhere(story, CHAT[0], **silent))
    if lossy:
        assert verdict.outcome is Outcome.INCONCLUSIVE
    else:
        assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
        assert verdict.mechanisms == ("tls.timeout.sni",)


@pytest.mark.parametrize("kind", [Failure.CONNECTION_RESET, Failure.TLS_FAILED])
def test_an_end_that_came_faster_than_the_path_is_an_artefact(kind: Failure) -> None:
    story = Story().good_connection().names().controls_again()
    # The path is known by three other sockets: a radio that wakes up delays the first packets.
    story.all_targets(times=4, fails="tls", failure=kind, took=0.01)
    verdict = text(story)
    assert verdict.outcome is Outcome.BLOCKED
    assert verdict.mechanisms in (("tls.reset",), ("tls.alert",))


@pytest.mark.parametrize(
    ("delays", "outcome"), [((0.04,), Outcome.BLOCKED), ((0.04, 0.3), Outcome.INCONCLUSIVE)]
)
def test_on_a_line_whose_queue_fills_and_empties_an_end_is_soon_early(
    delays: tuple[float, ...], outcome: Outcome
) -> None:
    """Every first packet to that address may have met the queue, and the end none any more."""
    story = Story().good_connection().names().controls_again()
    story.all_targets(times=4, fails="tls", failure=Failure.TLS_FAILED, took=0.01)
    for site in SITES:
        for n in range(4):
            story.site(site, Arm.AGAIN, check="tls", min_rtt=delays[n % len(delays)])
    assert text(story).outcome is outcome


def test_a_lost_syn_makes_no_answer_early() -> None:
    """The RTT must come from another socket than the one that failed."""
    story = Story().good_connection().names().controls_again()
    story.target(CHAT[0], times=3, fails="tls", failure=Failure.CONNECTION_RESET, took=0.04)
    assert text(story).outcome is Outcome.INCONCLUSIVE


FORGED: dict[str, Any] = {
    "fails": "tls",
    "failure": Failure.TLS_UNKNOWN_AUTHORITY,
    "issuer": "CN=Information Security CA",
}


def test_a_forged_certificate_that_follows_the_name_is_interception() -> None:
    story = Story().good_connection().names().controls_again().all_targets(**FORGED)
    story = elsewhere(swap(story, *CHAT), CHAT[0], servers=2, issuer=FORGED["issuer"])
    verdict = text(story)
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, ("tls.mitm",))
    judged = judge(story.evidence())
    assert "Do not log in" in str(advise(judged.connection, judged.services))


def test_a_bad_certificate_beside_a_front_s_good_one_may_be_the_service_s_own() -> None:
    story = Story().good_connection().names().controls_again().all_targets(**FORGED)
    verdict = text(swap(story, *CHAT))
    assert (verdict.outcome, verdict.rules) == (Outcome.INCONCLUSIVE, ("tls.mitm.swap",))
    assert "Do not log in" in said(verdict.why)


def test_the_same_new_issuer_for_every_name_may_be_the_service_itself() -> None:
    story = Story().good_connection().names().controls_again().all_targets(**FORGED)
    for host in CHAT:
        story.target(
            host,
            arm=Arm.OTHER_SNI,
            server_name="site1.example",
            check="tls",
            issuer=FORGED["issuer"],
        )
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_when_every_control_is_re_signed_too_no_service_is_blamed() -> None:
    story = Story().local().names()
    for site in SITES:
        story.site(
            site, fails="tls", failure=Failure.TLS_UNKNOWN_AUTHORITY, issuer="CN=Office Proxy"
        )
    story.all_targets(fails="tls", failure=Failure.TLS_UNKNOWN_AUTHORITY, issuer="CN=Office Proxy")
    verdict = judge(story.evidence())
    assert "tls_inspection" in verdict.connection.notes
    assert text(story).outcome is Outcome.INCONCLUSIVE


def liar(story: Story, *addresses: str, failure: Failure | None = None, asked: int = 3) -> Story:
    for host in CHAT:
        story.asked(host, ResolverKind.SYSTEM, *addresses, failure=failure, arm=Arm.BASE)
        for _ in range(asked):
            story.asked(host, ResolverKind.DIRECT, *addresses, failure=failure)
    return story.names(system=False)


@pytest.mark.parametrize(
    ("failure", "mechanism"),
    [
        (Failure.DNS_NXDOMAIN, "dns.nxdomain"),
        (Failure.DNS_REFUSED, "dns.refused"),
    ],
)
def test_a_denied_name_that_works_elsewhere_is_confirmed(failure: Failure, mechanism: str) -> None:
    story = liar(Story().good_connection(), failure=failure)
    story.all_targets(times=1, arm=Arm.OTHER_ADDRESS)
    verdict = text(story)
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert verdict.mechanisms == (mechanism,)


@pytest.mark.parametrize(
    ("failure", "mechanism"),
    [(Failure.DNS_SERVFAIL, "dns.servfail"), (Failure.TIMED_OUT, "dns.timeout")],
)
@pytest.mark.parametrize("others", [True, False])
def test_a_name_that_fails_at_one_resolver_alone_may_be_out_of_its_reach(
    failure: Failure, mechanism: str, others: bool
) -> None:
    story = liar(Story().good_connection(), failure=failure)
    for host in CHAT:
        story.target(host, arm=Arm.OTHER_ADDRESS)
        story.asked(
            host,
            ResolverKind.UDP,
            *(() if others else (ADDRESSES[host],)),
            failure=failure if others else None,
            resolver="resolver1",
        )
    verdict = text(story)
    if others:
        assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, (mechanism,))
    else:
        assert (verdict.outcome, verdict.rules) == (Outcome.INCONCLUSIVE, ("dns.one_resolver",))


@pytest.mark.parametrize("asked", [1, 2])
def test_a_resolver_that_failed_once_or_twice_for_a_name_may_fail_for_any(asked: int) -> None:
    story = liar(Story().good_connection(), failure=Failure.DNS_SERVFAIL, asked=asked)
    story.all_targets(times=1, arm=Arm.OTHER_ADDRESS)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_a_resolver_that_answers_in_between_does_not_deny_the_name() -> None:
    story = liar(Story().good_connection(), failure=Failure.DNS_SERVFAIL)
    for host in CHAT:
        answer = (host, ResolverKind.DIRECT, ADDRESSES[host])
        story.asked(*answer)
        story.target(host, arm=Arm.OTHER_ADDRESS)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_a_resolver_that_gives_the_name_more_often_than_not_has_only_stumbled() -> None:
    story = liar(Story().good_connection(), failure=Failure.DNS_SERVFAIL, asked=1)
    for host in CHAT:
        for _ in range(2):
            story.asked(host, ResolverKind.DIRECT, ADDRESSES[host])
        story.target(host, arm=Arm.OTHER_ADDRESS)
    assert text(story).rules == ("ok.authenticated",)


@pytest.mark.parametrize("failure", [Failure.DNS_NXDOMAIN, Failure.DNS_REFUSED])
def test_a_resolver_that_denies_the_name_now_and_then_denies_it(failure: Failure) -> None:
    story = liar(Story().good_connection(), failure=failure, asked=1)
    for host in CHAT:
        for _ in range(2):
            story.asked(host, ResolverKind.DIRECT, ADDRESSES[host])
        story.target(host, arm=Arm.OTHER_ADDRESS)
    assert text(story).outcome is Outcome.BLOCKED


def test_a_denied_name_on_a_resolver_that_fails_for_all_is_no_blocking() -> None:
    story = Story().local()
    for site in SITES:
        story.dns(site.host, ResolverKind.SYSTEM, failure=Failure.DNS_TEMPORARY)
        story.site(site)
    liar(story, failure=Failure.DNS_TEMPORARY)
    story.all_targets(times=1, arm=Arm.OTHER_ADDRESS)
    verdict = judge(story.evidence())
    assert verdict.connection.state is State.DNS_FAULT
    assert text(story).outcome is Outcome.OK


def test_a_bogon_that_encrypted_dns_never_gives_is_an_artefact() -> None:
    verdict = text(liar(Story().good_connection(), "10.10.34.36"))
    assert (verdict.outcome, verdict.strength) == (Outcome.BLOCKED, Strength.CONFIRMED)
    assert verdict.mechanisms == ("dns.injection.bogon",)


def test_a_bogon_that_nobody_else_was_asked_about_accuses_nobody() -> None:
    """A run that was cut short: whoever has the name may have given it that address himself."""
    story = Story().good_connection()
    for host in CHAT:
        story.asked(host, ResolverKind.SYSTEM, "10.10.34.36", arm=Arm.BASE)
        for _ in range(3):
            story.asked(host, ResolverKind.DIRECT, "10.10.34.36")
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_another_public_address_that_proves_itself_is_no_lie() -> None:
    """CDNs answer differently by place: the certificate decides, not the address."""
    story = Story().good_connection()
    for host in CHAT:
        story.asked(host, ResolverKind.SYSTEM, "31.13.99.9", arm=Arm.BASE)
        story.target(host, address="31.13.99.9")
    assert text(story.names(system=False)).outcome is Outcome.OK


def test_a_wrong_public_address_is_a_lie_when_the_true_one_proves_itself() -> None:
    story = liar(Story().good_connection(), "198.51.1.9")
    for host in CHAT:
        story.target(host, times=3, address="198.51.1.9", fails="connect")
        story.target(host, arm=Arm.OTHER_ADDRESS)
    verdict = text(story)
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, ("dns.injection",))


def test_two_contradicting_answers_to_one_question_are_an_artefact() -> None:
    story = liar(Story().good_connection(), "198.51.1.9")
    story.asked(
        CHAT[0], ResolverKind.UDP, "198.51.1.9", later=(ADDRESSES[CHAT[0]],), resolver="resolver1"
    )
    story.target(CHAT[0], times=3, address="198.51.1.9", fails="connect")
    assert "dns.injection.race" in text(story).rules


def test_a_filter_of_the_users_own_is_named_and_not_called_blocking() -> None:
    story = liar(Story().good_connection(), "0.0.0.0")
    story.dns("adverts.example", ResolverKind.SYSTEM, "0.0.0.0", arm=Arm.OTHER_QUERY)
    story.all_targets(times=1, arm=Arm.OTHER_ADDRESS)
    verdict = judge(story.evidence())
    assert text(story).outcome is Outcome.OK
    assert "local_dns_filter" in verdict.connection.notes


def test_the_same_null_answer_from_a_resolver_that_hides_no_adverts_is_blocking() -> None:
    story = liar(Story().good_connection(), "0.0.0.0")
    story.dns("adverts.example", ResolverKind.SYSTEM, "20.9.9.9", arm=Arm.OTHER_QUERY)
    assert text(story).outcome is Outcome.BLOCKED


@pytest.mark.parametrize("status", [403, 429, 451])
def test_an_authenticated_refusal_is_never_blocked(status: int) -> None:
    verdict = text(Story().good_connection().names().all_targets(times=1, status=status))
    assert verdict.outcome is Outcome.OK


def test_names_that_fail_everywhere_are_the_services_own_fault() -> None:
    story = Story().good_connection()
    for host in CHAT:
        story.asked(host, ResolverKind.SYSTEM, failure=Failure.DNS_TEMPORARY, arm=Arm.BASE)
        for n in (1, 2):
            story.asked(
                host, ResolverKind.DOH, failure=Failure.DNS_SERVFAIL, resolver=f"resolver{n}"
            )
    assert text(story).outcome is Outcome.DOWN


def test_a_name_that_is_gone_everywhere_says_the_catalogue_is_old() -> None:
    story = Story().good_connection().names()
    story.told = [m for m in story.told if getattr(m.task.probe, "name", "") != CHAT[1]]
    story.dns(CHAT[1], ResolverKind.SYSTEM, failure=Failure.DNS_NXDOMAIN, role=Role.TARGET)
    for n in (1, 2):
        story.dns(
            CHAT[1],
            ResolverKind.DOH,
            failure=Failure.DNS_NXDOMAIN,
            resolver=f"resolver{n}",
            role=Role.TARGET,
        )
    story.target(CHAT[0])
    verdict = text(story)
    assert verdict.outcome is Outcome.OK
    assert (verdict.endpoints.tested, verdict.endpoints.ok) == (1, 1)


def test_a_question_that_vanished_once_accuses_nobody() -> None:
    story = liar(Story().good_connection(), failure=Failure.TIMED_OUT, asked=1)
    story.all_targets(times=1, arm=Arm.OTHER_ADDRESS)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_vanished_questions_mean_nothing_where_neutral_ones_vanish_too() -> None:
    story = liar(Story().good_connection(), failure=Failure.TIMED_OUT)
    story.all_targets(times=1, arm=Arm.OTHER_ADDRESS)
    for _ in range(2):
        story.dns("site1.example", ResolverKind.UDP, failure=Failure.TIMED_OUT, resolver="x")
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_a_dead_cache_of_the_services_own_in_this_network_accuses_nobody() -> None:
    """One name, another public address that is merely silent; the true one works elsewhere."""
    story = Story().good_connection()
    story.asked(CHAT[0], ResolverKind.SYSTEM, "95.56.1.9", arm=Arm.BASE)
    story.names(system=False).controls_again()
    story.target(CHAT[0], times=3, address="95.56.1.9", fails="connect")
    story.target(CHAT[0], arm=Arm.OTHER_ADDRESS)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_a_wrong_address_that_shows_a_foreign_certificate_is_a_lie() -> None:
    story = Story().good_connection()
    story.asked(CHAT[0], ResolverKind.SYSTEM, "95.56.1.9", arm=Arm.BASE)
    story.names(system=False).controls_again()
    story.target(CHAT[0], times=3, address="95.56.1.9", **FORGED)
    story.target(CHAT[0], arm=Arm.OTHER_ADDRESS)
    assert "dns.injection" in text(story).mechanisms


def test_a_tunnel_that_gives_every_name_an_address_of_its_own_accuses_nobody() -> None:
    """198.18.0.0/15 for neutral names as well: a proxy on this device, not a censor."""
    story = Story().local(tunnel=True)
    for n, site in enumerate(SITES):
        story.dns(site.host, ResolverKind.SYSTEM, f"198.18.0.{n + 1}")
        story.site(site)
    liar(story, "198.18.7.7")
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_a_neutral_server_that_rejects_every_foreign_name_shows_nothing() -> None:
    story = Story().good_connection().names().controls_again()
    alert: dict[str, Any] = {"fails": "tls", "failure": Failure.TLS_FAILED}
    story.all_targets(**alert)
    story.elsewhere(CHAT[0], **alert)
    story.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, host="site2.example", check="tls", **alert)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_servers_that_answer_every_name_with_an_alert_dislike_our_hello() -> None:
    story = Story().good_connection().names().controls_again()
    alert: dict[str, Any] = {"fails": "tls", "failure": Failure.TLS_FAILED}
    story.all_targets(**alert)
    story.all_targets(times=1, arm=Arm.OTHER_SNI, server_name="site1.example", check="tls", **alert)
    assert text(story).outcome is Outcome.INCONCLUSIVE


def test_two_answers_that_are_both_the_services_own_contradict_nobody() -> None:
    story = liar(Story().good_connection(), "198.51.1.9")
    story.asked(
        CHAT[0], ResolverKind.UDP, "157.240.9.9", later=(ADDRESSES[CHAT[0]],), resolver="resolver1"
    )
    assert "dns.injection.race" not in text(story).rules


@pytest.mark.parametrize("named", [False, True])
def test_roots_of_the_user_s_own_are_noted_and_change_no_word(named: bool) -> None:
    story = Story()
    story.good_connection().local(own_roots=named)
    story.told = [m for m in story.told if m.task.id != "g.local" or m is story.told[-1]]
    found = judge(story.names().all_targets(times=1).evidence())
    assert ("own_roots" in found.connection.notes) is named
    assert found.services[0].outcome is Outcome.OK
