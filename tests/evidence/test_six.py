"""An IPv6 that loses much whoever is asked: what goes over it tells nothing of a service."""

import pytest

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.facts import OWN_ARMS, Facts
from msgprobe.evidence.shares import Shares
from msgprobe.evidence.six import comparable, loses_alike, lossy_six
from msgprobe.judging.judge import judge
from msgprobe.model.measurement import Measurement
from msgprobe.model.task import Arm, Flow, ResolverKind
from msgprobe.model.verdict import Outcome
from tests.evidence.story import ADDRESSES, CHAT, SITES, Story, losing

SENT = 10
"""Segments of each conversation."""


def told(
    *, line: int, service: int, four: int = 0, sites: int = 4, other: int | None = None
) -> Story:
    """Each conversation over IPv6 loses so many of its segments: those with neutral sites
    (``line``), and those with the service, which is asked over both families; and those with
    another service (``other``; None: there is none)."""
    story = Story().good_connection().controls_again()
    for number, site in enumerate(SITES[:sites]):
        story.flow(f"2001:db8:{number}::1", subject=site.name, arm=Arm.CONNECTION, host=site.host)
    for number, host in enumerate(CHAT):
        both = ADDRESSES[host], f"2a03:2880:{number}::1"
        story.asked(host, ResolverKind.SYSTEM, *both, arm=Arm.BASE)
        for n, arm in enumerate((Arm.BASE, *(4 * (Arm.REPEAT,)))):
            for address in both:
                story.target(host, arm=arm, address=address, start=4.0 * n)
    for number in range(0 if other is None else 5):
        address = f"2a03:2880:1{number}::1"
        story.flow(address, subject="other", arm=Arm.BASE, endpoint="o-443", host="o.example")

    def lost(m: Measurement) -> int:
        assert isinstance(m.task.probe, Flow)
        if ":" not in m.task.probe.address:
            return four
        return {"acme": service, "other": other or 0}.get(m.task.subject, line)

    story.told = [
        losing(m, lost(m), SENT) if isinstance(m.task.probe, Flow) else m for m in story.told
    ]
    return story


def facts(story: Story) -> Facts:
    return Facts(story.evidence())


@pytest.mark.parametrize(
    ("line", "four", "sites", "lossy"),
    [(4, 0, 4, True), (0, 0, 4, False), (4, 4, 4, False), (4, 0, 1, False)],
    ids=["it loses", "it does not", "so does the other", "of one nobody can tell"],
)
def test_it_takes_neutral_sites_to_say_that_it_loses(
    line: int, four: int, sites: int, lossy: bool
) -> None:
    found = facts(told(line=line, service=4, four=four, sites=sites))
    assert bool(lossy_six(found)) is lossy
    own = found.arm(Arm.BASE, subject="acme")
    left = comparable(found, own)
    assert {":" in t.address for t in left} == ({False} if lossy else {False, True})


@pytest.mark.parametrize(
    ("line", "other", "lossy"),
    [(1, 4, True), (1, None, False), (1, 0, False), (0, 4, False)],
    ids=["all", "one service alone", "another is well", "no neutral site"],
)
def test_few_neutral_losses_are_enough_where_every_service_loses_as_well(
    line: int, other: int | None, lossy: bool
) -> None:
    """They are few, so that by luck they lose less than the line does."""
    found = facts(told(line=line, service=4, other=other, sites=2))
    assert bool(lossy_six(found)) is lossy


@pytest.mark.parametrize(
    ("line", "four", "sites", "alike"),
    [(3, 0, 4, True), (0, 0, 4, False), (0, 0, 0, True), (3, 4, 4, False)],
    ids=["the line loses", "it does not", "nobody can tell", "over the other as well"],
)
def test_what_is_lost_over_ipv6_alone_may_be_the_lines(
    line: int, four: int, sites: int, alike: bool
) -> None:
    found = facts(told(line=line, service=4, four=four, sites=sites))
    assert loses_alike(found, found.arm(*OWN_ARMS, subject="acme")) is alike


def test_a_line_whose_ipv6_loses_blames_no_service_and_says_so() -> None:
    verdict = judge(told(line=4, service=4).evidence())
    assert "ipv6_lossy" in verdict.connection.notes
    assert verdict.services[0].functions[0].outcome is Outcome.OK


def test_a_service_that_loses_over_an_ipv6_that_is_fine_is_degraded() -> None:
    verdict = judge(told(line=0, service=4).evidence())
    assert "ipv6_lossy" not in verdict.connection.notes
    text = verdict.services[0].functions[0]
    assert (text.outcome, text.rules) == (Outcome.DEGRADED, ("tcp.loss",))


def test_what_is_lost_over_ipv6_is_not_diluted_by_what_goes_over_ipv4() -> None:
    story = told(line=0, service=2, other=0)
    for host in CHAT:
        story.target(host, times=30, arm=Arm.REPEAT)
    text = judge(story.evidence()).services[0].functions[0]
    assert (text.outcome, text.rules) == (Outcome.DEGRADED, ("tcp.loss",))


@pytest.mark.parametrize(("line", "families"), [(4, {4}), (0, {4, 6})])
def test_neutral_handshakes_over_it_are_compared_with_no_service_either(
    line: int, families: set[int]
) -> None:
    neutral = Shares(facts(told(line=line, service=4))).neutral
    assert {ips.family(t.address) for t in neutral.every} == families
