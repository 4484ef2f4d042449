"""Names that lead inside: the lie about one service is evidence, a lie about all accuses nobody."""

from dataclasses import replace
from typing import Any

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.judging.connection import judge_connection
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.observation import DnsObservation, Proof
from msgprobe.model.target import Function, Pool
from msgprobe.model.task import Arm, Flow, ResolverKind
from msgprobe.model.verdict import ConnectionVerdict, Outcome, State
from msgprobe.planning.moment import Moment
from tests.evidence.story import ADDRESSES, CHAT, SENTINELS, SERVICE, SITES, Story, endpoint
from tests.judging.word import text

INSIDE = ("127.0.0.1", "0.0.0.0", "169.254.1.1", "10.0.0.7", "192.168.1.1", "100.64.0.9", "fd00::7")
OWN = "2a0f:77::99"
"""In this device's own network, as the step that resolved it has found."""
DEAD: dict[str, Any] = {"fails": "tls", "failure": Failure.TIMED_OUT}
FORGED: dict[str, Any] = {
    "fails": "tls",
    "failure": Failure.TLS_UNKNOWN_AUTHORITY,
    "issuer": "CN=router",
}


def led(story: Story, address: str, *, services: bool = True) -> Story:
    """Neutral names lead to ``address``, those of the service as well; encrypted DNS is honest."""
    for site in SITES:
        story.dns(site.host, ResolverKind.SYSTEM, address)
    for sentinel in SENTINELS:
        story.dns(sentinel.host, ResolverKind.SYSTEM, address)
    for host in CHAT if services else ():
        story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
        for n in (1, 2):
            story.asked(host, ResolverKind.DOH, ADDRESSES[host], resolver=f"resolver{n}")
    if address == OWN:
        story.told = [
            replace(
                m,
                observations=tuple(
                    replace(o, inside=(OWN,))
                    if isinstance(o, DnsObservation) and OWN in o.addresses
                    else o
                    for o in m.observations
                ),
            )
            for m in story.told
        ]
    return story


def sites(story: Story, **how: Any) -> Story:
    for site in SITES:
        story.site(site, **how)
    return story


def connection(story: Story) -> ConnectionVerdict:
    return judge_connection(ConnectionFacts(Facts(story.evidence())))


@pytest.mark.parametrize("address", [*INSIDE, OWN])
def test_a_resolver_that_leads_every_name_inside_is_broken_and_nobody_is_accused(
    address: str,
) -> None:
    story = sites(led(Story().local(route6=True), address))
    assert connection(story).state is State.DNS_FAULT
    found = text(story)
    assert found.outcome is Outcome.INCONCLUSIVE and found.rules == ("dns.led_inside",)


@pytest.mark.parametrize("how", [DEAD, FORGED], ids=["silence", "forgery"])
def test_whatever_is_met_there_says_nothing_about_the_service(how: dict[str, Any]) -> None:
    story = sites(led(Story().local(), "10.0.0.7"))
    for host in CHAT:
        story.target(host, times=3, address="10.0.0.7", **how)
    story.controls_again()
    found = text(story)
    assert (found.outcome, found.mechanisms) == (Outcome.INCONCLUSIVE, ())


def test_the_service_works_where_another_resolver_leads() -> None:
    story = sites(led(Story().local(), "127.0.0.1"))
    for host in CHAT:
        story.target(host, arm=Arm.OTHER_ADDRESS)
    assert text(story).rules == ("ok.other_resolver",)


@pytest.mark.parametrize(("dead", "works"), [(1, True), (2, False), (3, False)])
def test_it_works_there_only_where_it_answers_more_often_than_not(dead: int, works: bool) -> None:
    """Who drops half of what names it leaves some attempts alone; one lost packet is no censor."""
    story = sites(led(Story().local(), "127.0.0.1"))
    for host in CHAT:
        story.target(host, arm=Arm.OTHER_ADDRESS)
    story.target(CHAT[0], arm=Arm.OTHER_ADDRESS, times=dead, **DEAD)
    assert (text(story).rules == ("ok.other_resolver",)) is works


def test_a_tunnel_carries_what_proves_itself_at_such_an_address() -> None:
    story = sites(led(Story().local(tunnel=True), "198.18.0.7"))
    for host in CHAT:
        story.target(host, address="198.18.0.7")
    assert connection(story).state is State.ONLINE
    assert text(story).rules == ("ok.authenticated",)


def test_who_cannot_prove_himself_in_a_tunnel_is_not_tested() -> None:
    call = endpoint("turn", "calls", "stun", 3478)
    service = replace(
        SERVICE,
        pools=(*SERVICE.pools, Pool(name="calls", function=Function.CALLS)),
        endpoints=(*SERVICE.endpoints, call),
    )
    story = sites(led(Story(services=(service,)).local(tunnel=True), "198.18.0.7"))
    story.asked("turn.example", ResolverKind.SYSTEM, "198.18.0.9", arm=Arm.BASE)
    story.flow(  # its true address, which encrypted DNS gives
        "31.13.70.9",
        subject="acme",
        endpoint=call.name,
        arm=Arm.OTHER_ADDRESS,
        check="stun",
        host="turn.example",
        proof=Proof.NONCE,
    )
    for host in CHAT:
        story.target(host, address="198.18.0.7")
    (verdict,) = judge(story.evidence()).services
    words = {f.function: (f.outcome, f.rules) for f in verdict.functions}
    assert words[Function.CALLS] == (Outcome.NOT_TESTED, ("dns.in_a_tunnel",))
    assert verdict.outcome is Outcome.OK


def test_a_login_page_that_answers_every_name_is_one_though_nobody_asks_it() -> None:
    """It lives in this device's own network, where no answer leads us."""
    for address in ("192.168.1.1", OWN):
        story = sites(led(Story().local(route6=True), address), **DEAD)
        assert connection(story).state is State.CAPTIVE_PORTAL
        assert text(story).outcome is Outcome.INCONCLUSIVE


def test_a_dead_line_that_leads_to_this_device_is_no_login_page() -> None:
    story = sites(led(Story().local(), "127.0.0.1"), fails="connect")
    assert connection(story).state is State.NO_INTERNET


@pytest.mark.parametrize("address", INSIDE)
def test_a_lie_about_the_service_alone_is_evidence(address: str) -> None:
    story = Story().good_connection()
    for host in CHAT:
        story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
        for n in (1, 2):
            story.asked(host, ResolverKind.DOH, ADDRESSES[host], resolver=f"resolver{n}")
    story.controls_again()
    found = text(story)
    assert found.outcome is Outcome.BLOCKED
    assert "dns.injection.bogon" in found.mechanisms


def test_what_we_did_not_do_is_no_failure_of_the_service() -> None:
    story = Story().good_connection().names().controls_again()
    for host in CHAT:
        story.target(host, times=3, fails="connect", failure=Failure.NOT_ALLOWED)
    assert text(story).outcome is Outcome.NOT_TESTED


def dialled(story: Story) -> set[tuple[str, str]]:
    """Address and check of every conversation wanted that an answer led to."""
    wanted = agenda(story.evidence(), Moment(now=60.0)).tasks
    flows = [(t.probe.address, t.check) for t in wanted if isinstance(t.probe, Flow)]
    known = {a for s in SITES for a in s.addresses} | set(ADDRESSES.values())
    return {(address, check) for address, check in flows if address not in known}


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "169.254.1.1", "::1", OWN])
def test_no_plan_leads_to_this_device_or_its_networks(address: str) -> None:
    assert dialled(sites(led(Story().local(route6=True), address))) == set()


def test_a_plan_leads_to_private_addresses_only_where_a_tunnel_may_be() -> None:
    everywhere = sites(led(Story().local(), "10.0.0.7"))
    assert dialled(everywhere) == {("10.0.0.7", "https"), ("10.0.0.7", "page")}
    for n in range(4):
        for host in CHAT:
            everywhere.target(host, address="10.0.0.7", times=3, start=float(n), **DEAD)
    assert {check for _, check in dialled(everywhere)} == {"https", "page"}
    pages = [
        t
        for t in agenda(everywhere.evidence(), Moment(now=60.0)).tasks
        if t.check == "page" and t.role.value == "target"
    ]
    assert pages == [], "no request in the clear for the service's name"
    alone = Story().good_connection()
    for host in CHAT:
        alone.asked(host, ResolverKind.SYSTEM, "10.0.0.7", arm=Arm.BASE)
    assert ("10.0.0.7", "https") not in dialled(alone)


FAKE = "198.18.0.7"
"""What a tunnel gives the first of the names that it carries."""


def carries(*hosts: str) -> Story:
    """Neutral names lead out; those of the service to addresses that a tunnel makes up."""
    story = Story().good_connection().controls_again()
    for n, host in enumerate(CHAT):
        fake = f"198.18.0.{7 + n}"
        story.asked(host, ResolverKind.SYSTEM, fake, arm=Arm.BASE)
        for r in (1, 2):
            story.asked(host, ResolverKind.DOH, ADDRESSES[host], resolver=f"resolver{r}")
        if host in hosts:
            story.target(host, address=fake)
        else:
            story.target(host, address=fake, fails="connect")
    return story


def test_a_tunnel_may_carry_the_services_names_alone() -> None:
    assert text(carries(*CHAT)).rules == ("ok.authenticated",)
    assert text(carries(CHAT[0])).outcome is Outcome.OK, "one of the pool is enough"


def test_what_a_tunnel_carries_is_no_lie_where_its_server_fails() -> None:
    service = replace(SERVICE, pools=(replace(SERVICE.pools[0], ok_at=2),))
    story = carries(CHAT[0])
    story.services = (service,)
    found = text(story)
    assert found.outcome is not Outcome.BLOCKED and found.mechanisms == ()


def test_an_address_of_tunnels_where_nobody_proves_himself_is_evidence() -> None:
    found = text(carries())
    assert (found.outcome, found.mechanisms) == (Outcome.BLOCKED, ("dns.injection.bogon",))


def test_one_host_is_asked_whether_a_tunnel_is_there_and_the_others_once_it_is() -> None:
    story = Story().good_connection()
    for host in CHAT:
        story.asked(host, ResolverKind.SYSTEM, FAKE, arm=Arm.BASE)
    wanted = agenda(story.evidence(), Moment(now=60.0)).tasks
    hosts = {t.probe.host for t in wanted if isinstance(t.probe, Flow) and t.probe.address == FAKE}
    assert hosts == {CHAT[0]}
    story.target(CHAT[0], address=FAKE)
    wanted = agenda(story.evidence(), Moment(now=60.0)).tasks
    hosts = {t.probe.host for t in wanted if isinstance(t.probe, Flow) and t.probe.address == FAKE}
    assert hosts == set(CHAT)
