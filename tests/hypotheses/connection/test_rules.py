"""States of the connection: what licenses each word, and what must not be taken for it."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe import session
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.outages import Outages
from msgprobe.judging.judge import judge
from msgprobe.model.control import Site
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation, HttpObservation, Proof
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.model.verdict import ConnectionVerdict, FunctionVerdict, Outcome, State
from tests.evidence.story import CHAT, SENTINELS, SERVICE, SITES, Story, certificate, somebody
from tests.judging.word import text

HOME = tuple(
    Site(
        **somebody("home", n, owner="home", network="homenet"),
        country="KZ",
        addresses=(f"92.46.{n}.1",),
    )
    for n in range(1, 4)
)


def state(story: Story) -> ConnectionVerdict:
    return judge(story.evidence()).connection


def kept_state(story: Story) -> ConnectionVerdict:
    """The same of what is kept after redaction, which tells as much."""
    _, verdict = session.judged(story.evidence())
    assert verdict == judge(story.evidence())
    return verdict.connection


def stretches(story: Story) -> Outages:
    return ConnectionFacts(Facts(story.evidence())).outages


def sites(
    story: Story, arm: Arm, start: float, *, dead: bool = False, only: int = 4, step: float = 0.0
) -> Story:
    """Neutral sites from ``start`` on, ``step`` seconds apart; the dead ones wait for 8 s."""
    for n, site in enumerate(story.sites[:only]):
        story.site(
            site,
            arm,
            check="tls",
            start=start + n * step,
            took=8.0 if dead else 0.1,
            fails="connect" if dead else None,
        )
    return story


# -- coming and going


def gap(*, back: bool = True) -> Story:
    """A line that works, is dead from second 4 to 12, and perhaps works again."""
    story = Story().good_connection().names()
    sites(story, Arm.AGAIN, 4.0, dead=True)
    return sites(story, Arm.MONITOR, 12.5, step=2.5) if back else story


def test_a_line_that_falls_silent_and_comes_back_is_intermittent() -> None:
    verdict = state(gap())
    assert verdict.state is State.INTERMITTENT
    assert verdict.rules == ("connection.intermittent",)
    assert verdict.evidence


def test_a_line_that_dies_and_stays_dead_is_so_too_since_no_chance_makes_such_runs() -> None:
    story = gap(back=False)
    assert stretches(story).changes == 1 and stretches(story).runs_too_few
    assert state(story).state is State.INTERMITTENT


def test_one_change_with_few_failures_is_a_line_that_was_slow_to_come_up() -> None:
    story = sites(Story().local(), Arm.CONNECTION, 0.0, dead=True, only=3)
    sites(story, Arm.CONNECTION, 3.0, dead=True, only=3)
    for n in range(8):
        sites(story, Arm.AGAIN, 9.0 + n)
    assert stretches(story).changes == 1
    assert not stretches(story).comes_and_goes


def test_a_lossy_line_has_no_dead_stretch() -> None:
    story = Story().good_connection()
    for n in range(3):
        sites(story, Arm.AGAIN, 4.0 * n + 1, dead=True, only=3)
        story.site(SITES[3], Arm.AGAIN, check="tls", start=4.0 * n + 3, took=0.2)
    assert stretches(story).dead == ()
    assert state(story).state is not State.INTERMITTENT


def test_one_network_that_falls_silent_is_not_the_line() -> None:
    story = Story(sites=tuple(replace(s, network="one") for s in SITES))
    sites(story.good_connection(), Arm.AGAIN, 4.0, dead=True)
    assert stretches(story).dead == ()


def test_a_service_that_answers_meanwhile_shows_that_the_line_lives() -> None:
    story = gap().target(CHAT[0], start=6.0, took=1.0)
    assert stretches(story).dead == ()


@pytest.mark.parametrize(
    ("start", "took", "spoilt"),
    [
        (4.0, 8.0, True),
        (4.0, 19.0, True),
        (4.0, 22.0, False),
        (10.0, 7.0, True),
        (10.0, 9.0, False),
        (0.5, 3.2, False),
        (13.0, 3.0, False),
    ],
)
def test_a_silence_that_goes_on_long_after_a_dead_stretch_is_not_its_doing(
    start: float, took: float, spoilt: bool
) -> None:
    """TCP sends again after as much time again: what was sent then met a line that worked."""
    story = gap()
    told = len(story.told)
    story.target(CHAT[0], fails="connect", start=start, took=took)
    (mine,) = [t for t in Facts(story.evidence()).conversations if t.transaction == told + 1]
    assert stretches(story).spoilt(mine) is spoilt


def test_no_service_is_blamed_for_failing_in_a_dead_stretch() -> None:
    story = gap().all_targets(fails="connect", start=4.0, took=8.0, over=0.0)
    verdict = text(story)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.rules[0] == "connection.explains"


def test_a_device_that_stood_still_itself_was_not_cut_off() -> None:
    story = sites(Story().good_connection(), Arm.AGAIN, 1.0)
    for site in SITES:  # begun just before the pause, timed out after it, nothing in between
        story.site(site, Arm.AGAIN, check="tls", start=1.2, took=8.0, fails="connect")
    sites(story, Arm.MONITOR, 9.3)
    assert stretches(story).dead == ()


def test_what_works_in_a_working_stretch_works() -> None:
    story = gap().all_targets(fails="connect", start=4.0, took=8.0)
    story.all_targets(times=1, start=13.0, took=0.1)
    assert text(story).outcome is Outcome.OK


def test_what_fails_while_neutral_sites_answer_is_still_judged() -> None:
    reset: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET, "start": 14.0}
    story = gap().all_targets(**reset)
    story.elsewhere(CHAT[0], **reset)
    story.site(SITES[0], Arm.NEUTRAL_SNI_ELSEWHERE, check="tls", start=14.0)
    assert state(story).state is State.INTERMITTENT
    assert text(story).outcome is Outcome.BLOCKED


# -- portals, lists, holes, proxies


def dead_abroad(story: Story) -> Story:
    story.local()
    return sites(story, Arm.CONNECTION, 0.0, dead=True)


def sentinels(story: Story, *, replaced: int) -> Story:
    for n, s in enumerate(SENTINELS):
        story.flow(
            f"30.0.{n}.1", subject=s.name, arm=Arm.CONNECTION, host=s.host, check="page", port=80
        )
        last = story.told[-1]
        seen = tuple(
            replace(o, matched=n >= replaced, status=302 if n < replaced else 204)
            if isinstance(o, HttpObservation)
            else o
            for o in last.observations
        )
        story.told[-1] = replace(last, observations=seen)
    return story


@pytest.mark.parametrize("reached", [0, 1])
def test_a_portal_that_lets_one_page_or_site_pass_is_a_portal(reached: int) -> None:
    story = sentinels(dead_abroad(Story()), replaced=2)
    sites(story, Arm.AGAIN, 1.0, only=reached)
    assert state(story).state is State.CAPTIVE_PORTAL


def test_replaced_pages_on_a_line_that_reaches_two_networks_are_no_portal() -> None:
    story = sites(sentinels(Story().local(), replaced=2), Arm.CONNECTION, 1.0)
    assert state(story).state is not State.CAPTIVE_PORTAL


def test_servers_that_answer_to_other_names_show_that_the_line_works() -> None:
    found = state(Story().one_site_of_four())
    assert (found.state, found.rules) == (State.ONLINE, ("connection.online.names",))


@pytest.mark.parametrize(
    ("two", "one_passes", "rule"),
    [
        (True, False, "connection.allowlist.one_name"),
        (True, True, "connection.online.names"),
        (False, False, "connection.online.names"),
    ],
)
def test_where_no_service_passes_either_the_one_name_that_does_was_chosen(
    two: bool, one_passes: bool, rule: str
) -> None:
    """What one service alone meets may be meant for it."""
    other = replace(SERVICE, name="other")
    story = Story(services=(SERVICE, other)).one_site_of_four()
    reset: dict[str, Any] = {"fails": "tls", "failure": Failure.CONNECTION_RESET}
    story.target(CHAT[0], **({} if one_passes else reset))
    if two:
        story.target(CHAT[1], **reset)
        told = story.told[-1]
        story.told[-1] = replace(told, task=replace(told.task, subject=other.name))
    assert state(story).rules == (rule,)


def test_one_site_alone_shows_a_poor_line() -> None:
    found = state(Story().one_site_of_four(other_names=False))
    assert (found.state, found.rules) == (State.BAD_LINK, ("connection.bad_link",))


def test_a_portal_may_answer_to_other_names() -> None:
    story = sentinels(Story().one_site_of_four(), replaced=2)
    assert state(story).state is State.CAPTIVE_PORTAL


def answering(story: Story, *, one: bool, only: int = 4) -> Story:
    """Somebody answers TLS in the place of neutral sites: with one certificate, or one a name."""
    for site in SITES[:only]:
        name = "login.example" if one else site.host
        shown = certificate("CN=Login", f"CN={name}", (name,))
        story.site(site, fails="tls", failure=Failure.TLS_UNKNOWN_AUTHORITY, chain=(shown,))
    return story


@pytest.mark.parametrize(("one", "replaced"), [(True, 3), (True, 2), (False, 2)])
def test_a_portal_that_answers_tls_is_a_portal(one: bool, replaced: int) -> None:
    story = answering(sentinels(Story().local(), replaced=replaced), one=one)
    found = kept_state(story)
    assert found.state is State.CAPTIVE_PORTAL and "tls_inspection" not in found.notes


def test_one_replaced_page_is_enough_beside_one_certificate_for_everything() -> None:
    story = sentinels(Story().local(), replaced=1)
    story.told = story.told[:2]
    assert kept_state(answering(story, one=True)).state is State.CAPTIVE_PORTAL
    other = sentinels(Story().local(), replaced=1)
    other.told = other.told[:2]
    assert kept_state(answering(other, one=False)).state is not State.CAPTIVE_PORTAL


@pytest.mark.parametrize("one", [True, False])
def test_pages_that_come_unchanged_are_no_portals(one: bool) -> None:
    found = kept_state(answering(sentinels(Story().local(), replaced=0), one=one))
    assert found.state is State.ONLINE and "tls_inspection" in found.notes


def test_inspection_that_lets_sites_answer_inside_is_no_portal() -> None:
    """Plain HTTP is forbidden there, and the user's own list holds the company's root."""
    story = sentinels(Story().local(own_roots=True), replaced=3)
    for site in SITES:
        shown = certificate("CN=Company", f"CN={site.host}", (site.host,))
        story.site(site, chain=(shown,), root_public=False)
    found = kept_state(story)
    assert found.state is State.ONLINE
    assert {"tls_inspection", "plain_http_tampered"} <= set(found.notes)


def at_home(story: Story, *, foreign_name_dies: bool) -> Story:
    for site in HOME:
        story.site(site)
        for _ in range(2):
            story.site(
                site,
                Arm.NEUTRAL_SNI_ELSEWHERE,
                host=SITES[0].host,
                check="tls",
                fails="tls" if foreign_name_dies else None,
            )
    return story


OURS: dict[str, Any] = {"fails": "tls", "failure": Failure.INTERRUPTED}
"""This device stood still, or had too little memory: the observation is void."""


def test_neutral_sites_that_this_device_lost_show_no_allow_list() -> None:
    """Services answer; every conversation with a neutral site ended by this device's own doing."""
    story = Story().local().names().all_targets(times=1)
    for site in SITES:
        story.site(site, **OURS)
    found = state(story)
    assert (found.state, found.rules) == (State.NO_INTERNET, ("connection.untested",))


def test_foreign_sites_that_this_device_lost_are_not_cut_off() -> None:
    story = Story(sites=(*SITES, *HOME)).local()
    for site in SITES:
        story.site(site, **OURS)
    found = state(at_home(story, foreign_name_dies=False))
    assert found.state not in (State.DOMESTIC_ONLY, State.ALLOWLIST)


@pytest.mark.parametrize(
    ("failure", "noted"), [(Failure.TIMED_OUT, True), (Failure.INTERRUPTED, False)]
)
def test_what_this_device_lost_is_no_trouble_of_the_line(failure: Failure, noted: bool) -> None:
    story = Story().good_connection()
    for number, resolver in enumerate(("dns.google", "cloudflare", "quad9")):
        story.dns(CHAT[0], ResolverKind.DOH, failure=failure, resolver=resolver)
        six = replace(SITES[number], addresses=(f"2001:db8:{number}::1",))
        story.site(six, fails="connect", failure=failure)
    notes = state(story).notes
    assert ("encrypted_dns_blocked" in notes, "ipv6_broken" in notes) == (noted, noted)


@pytest.mark.parametrize(
    ("silent", "answering", "noted"),
    [(2, 0, True), (3, 1, True), (1, 0, False), (2, 1, False), (3, 2, False)],
)
def test_who_blocks_encrypted_dns_may_forget_one_resolver(
    silent: int, answering: int, noted: bool
) -> None:
    story = Story().good_connection()
    for number in range(silent):
        failed = Failure.TIMED_OUT
        story.dns(CHAT[0], ResolverKind.DOH, failure=failed, resolver=f"silent{number}")
    for number in range(answering):
        story.dns(CHAT[0], ResolverKind.DOH, "31.13.70.1", resolver=f"answering{number}")
    assert ("encrypted_dns_blocked" in state(story).notes) is noted


@pytest.mark.parametrize(("lost", "word"), [({}, Outcome.BLOCKED), (OURS, Outcome.INCONCLUSIVE)])
def test_controls_that_this_device_lost_are_no_controls(
    lost: dict[str, Any], word: Outcome
) -> None:
    story = Story().good_connection().names().all_targets(fails="connect")
    for site in SITES:
        story.site(site, Arm.AGAIN, **lost)
    assert text(story).outcome is word


@pytest.mark.parametrize(("dies", "word"), [(True, State.ALLOWLIST), (False, State.DOMESTIC_ONLY)])
def test_listed_addresses_that_need_a_listed_name_are_an_allow_list(
    dies: bool, word: State
) -> None:
    story = at_home(dead_abroad(Story(sites=(*SITES, *HOME))), foreign_name_dies=dies)
    assert state(story).state is word


def ping(story: Story, proof: Proof) -> Story:
    return story.flow(
        SITES[0].addresses[0],
        subject=SITES[0].name,
        arm=Arm.HOLE,
        check="ping",
        port=0,
        proof=proof,
        fails=None if proof is Proof.NONCE else "answer",
    )


def without_connect(story: Story) -> Story:
    """Take the TCP observation away that `Story.flow` tells of every conversation."""
    last = story.told[-1]
    story.told[-1] = replace(last, observations=last.observations[1:])
    return story


@pytest.mark.parametrize(
    ("proof", "word"), [(Proof.NONCE, State.SHUTDOWN), (Proof.NONE, State.NO_INTERNET)]
)
def test_an_echo_that_comes_back_is_a_hole(proof: Proof, word: State) -> None:
    assert state(without_connect(ping(dead_abroad(Story()), proof))).state is word


def test_nothing_direct_and_a_proxy_may_mean_that_only_the_proxy_leads_out() -> None:
    story = sites(Story().local(proxies=("HTTPS_PROXY",)), Arm.CONNECTION, 0.0, dead=True)
    verdict = state(story)
    assert (verdict.state, verdict.rules) == (State.NO_INTERNET, ("connection.proxy_only",))
    assert "proxy_only" in verdict.notes and "proxy_configured" not in verdict.notes


def test_a_proxy_on_a_working_line_is_only_configured() -> None:
    story = sites(Story().local(proxies=("HTTPS_PROXY",)), Arm.CONNECTION, 0.0)
    assert "proxy_configured" in state(story).notes and "proxy_only" not in state(story).notes


# -- quality


def test_hosts_that_never_answer_do_not_make_the_line_poor() -> None:
    story = sites(Story().local(), Arm.CONNECTION, 0.0)
    story.told.pop()
    for _ in range(3):
        story.site(SITES[3], fails="tls")
    assert state(story).state is State.ONLINE


def test_hosts_that_answer_one_time_in_two_do() -> None:
    story = sites(Story().local(), Arm.CONNECTION, 0.0)
    for site in SITES[:3]:
        for n in range(2):
            story.site(site, Arm.AGAIN, start=5.0 + n, fails="tls")
    assert state(story).state is State.BAD_LINK


def trickle(story: Story, *, seconds: float, size: int, rtt: float = 0.04) -> Story:
    """Neutral conversations of ``size`` bytes each, all at once, that took ``seconds``."""
    story.local()
    for site in story.sites:
        story.site(site, min_rtt=rtt)
        window = replace(story.told[-1].window, start=0.0, end=seconds)
        story.told[-1] = replace(story.told[-1], window=window, bytes_received=size)
    return story


def test_a_quick_path_that_never_gave_more_than_a_trickle_looks_like_a_used_up_plan() -> None:
    verdict = state(trickle(Story(), seconds=4.0, size=8_000))
    assert "plan_cap" in verdict.notes
    assert verdict.state is State.BAD_LINK


@pytest.mark.parametrize(
    "how",
    [
        {"seconds": 0.3, "size": 8_000},  # nothing had to wait
        {"seconds": 4.0, "size": 80_000},  # slow, but no trickle
        {"seconds": 4.0, "size": 8_000, "rtt": 0.6},  # EDGE is slow by itself
    ],
)
def test_other_lines_do_not(how: dict[str, Any]) -> None:
    assert "plan_cap" not in state(trickle(Story(), **how)).notes


def big(story: Story, *, dead: int, alive: int = 0) -> Story:
    for n, site in enumerate(SITES[: dead + alive]):
        for _ in range(2):
            story.site(site, Arm.BIG_HELLO, check="tls", fails="tls" if n < dead else None)
    return story


@pytest.mark.parametrize(
    ("dead", "alive", "noted"), [(2, 0, True), (3, 0, True), (1, 0, False), (2, 1, False)]
)
def test_big_greetings_that_vanish_at_two_sites_while_small_ones_pass_are_noted(
    dead: int, alive: int, noted: bool
) -> None:
    story = big(Story().good_connection(), dead=dead, alive=alive)
    assert ("pq_intolerant" in state(story).notes) is noted


# -- a resolver that the user chose

FAMILY = "94.140.14.14"


def chosen(
    resolver: str,
    *,
    others: str,
    page: str = "203.0.113.9",
    tried: tuple[str, ...] = ("chat1.example", "chat2.example"),
) -> Story:
    """The system's resolver sends every name to ``page``; other resolvers say ``others``, and the
    addresses of the names ``tried`` work."""
    story = Story()
    story.good_connection()
    story.told[0] = Story().local(resolvers=(resolver,)).told[0]
    for host, address in (("chat1.example", "31.13.70.1"), ("chat2.example", "157.240.1.1")):
        story.asked(host, ResolverKind.SYSTEM, page, arm=Arm.BASE)
        if host not in tried:
            continue
        story.asked(host, ResolverKind.UDP, others or address, resolver="resolver1")
        for n in (1, 2):
            story.asked(host, ResolverKind.DOH, address, resolver=f"resolver{n}")
        story.target(host, arm=Arm.OTHER_ADDRESS, address=address)
    return story


def known_filter(story: Story) -> FunctionVerdict:
    evidence = story.evidence()
    listed = replace(evidence.controls.resolvers[0], name="family", addresses=(FAMILY,))
    resolvers = (*evidence.controls.resolvers, replace(listed, doh_host=None, filters=True))
    controls = replace(evidence.controls, resolvers=resolvers)
    (service,) = judge(replace(evidence, controls=controls)).services
    return service.functions[0]


def test_a_chosen_family_resolver_that_alone_lies_is_a_filter_of_the_users_own() -> None:
    verdict = known_filter(chosen(FAMILY, others=""))
    assert (verdict.outcome, verdict.rules[0]) == (Outcome.OK, "ok.own_filter")


def test_a_hidden_name_that_nobody_tried_elsewhere_does_not_hide_the_filter() -> None:
    story = chosen(FAMILY, others="", page="0.0.0.0", tried=("chat1.example",))
    assert known_filter(story).rules[0] == "ok.own_filter"
    untried = chosen(FAMILY, others="", page="0.0.0.0", tried=())
    assert known_filter(untried).outcome is Outcome.INCONCLUSIVE


def test_other_answers_over_udp_that_nothing_bears_out_acquit_no_lie() -> None:
    story = chosen(FAMILY, others="")
    for number, told in enumerate(story.told):
        seen = told.observations[0]
        if isinstance(seen, DnsObservation) and seen.resolver is ResolverKind.UDP:
            another = replace(seen, addresses=("198.51.99.9",), answers=())
            story.told[number] = replace(told, observations=(another,))
    assert known_filter(story).rules[0] != "ok.own_filter"


@pytest.mark.parametrize(
    ("resolver", "others"),
    [("198.18.0.53", ""), (FAMILY, "203.0.113.9")],
    ids=["an ordinary resolver", "everybody is made to say it"],
)
def test_the_same_lie_from_others_is_an_accusation(resolver: str, others: str) -> None:
    assert known_filter(chosen(resolver, others=others)).outcome is Outcome.BLOCKED


# -- this device


@pytest.mark.parametrize(
    ("seconds", "word"),
    [((0.0004, 0.0009, 0.05, 0.016), State.LOCAL_FAULT), ((0.02,) * 4, State.NO_INTERNET)],
    ids=["at once, on a busy machine", "by somebody on the way"],
)
def test_refusals_at_once_are_this_devices_own(seconds: tuple[float, ...], word: State) -> None:
    story = Story().local()
    for site, took in zip(SITES, seconds, strict=True):
        story.site(site, fails="connect", failure=Failure.CONNECTION_REFUSED, took=took)
    assert state(story).state is word
