"""An IPv6 that loses much whoever is asked: what goes over it tells nothing of a service."""

import pytest

from msgprobe.evidence.facts import Facts
from msgprobe.evidence.six import comparable, lossy_six
from msgprobe.judging.judge import judge
from msgprobe.model.task import Arm, Flow, ResolverKind
from msgprobe.model.verdict import Outcome
from tests.evidence.story import ADDRESSES, CHAT, SITES, Story, losing

SENT = 10
"""Segments of each conversation."""


def told(*, line: int, service: int, four: int = 0, sites: int = 4) -> Story:
    """Each conversation over IPv6 loses so many of its segments: those with neutral sites
    (``line``), and those with the service, which is asked over both families."""
    story = Story().good_connection().controls_again()
    for number, site in enumerate(SITES[:sites]):
        story.flow(f"2001:db8:{number}::1", subject=site.name, arm=Arm.CONNECTION, host=site.host)
    for number, host in enumerate(CHAT):
        both = ADDRESSES[host], f"2a03:2880:{number}::1"
        story.asked(host, ResolverKind.SYSTEM, *both, arm=Arm.BASE)
        for arm in (Arm.BASE, *(4 * (Arm.REPEAT,))):
            for address in both:
                story.target(host, arm=arm, address=address)
    lost = {"six": {"control": line, "target": service}, "four": {"control": four, "target": four}}
    story.told = [
        losing(m, lost["six" if ":" in m.task.probe.address else "four"][m.task.role], SENT)
        if isinstance(m.task.probe, Flow)
        else m
        for m in story.told
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


def test_a_line_whose_ipv6_loses_blames_no_service_and_says_so() -> None:
    verdict = judge(told(line=4, service=4).evidence())
    assert "ipv6_lossy" in verdict.connection.notes
    assert verdict.services[0].functions[0].outcome is Outcome.OK


def test_a_service_that_loses_over_an_ipv6_that_is_fine_is_degraded() -> None:
    verdict = judge(told(line=0, service=4).evidence())
    assert "ipv6_lossy" not in verdict.connection.notes
    text = verdict.services[0].functions[0]
    assert (text.outcome, text.rules) == (Outcome.DEGRADED, ("tcp.loss",))
