"""Neutral sites that are asked only where certificates look strange, and for nothing else."""

from dataclasses import replace

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.hypotheses.connection.plan_repeats import controls_again
from msgprobe.model.control import Site
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Moment
from msgprobe.planning.name_swaps import answering
from tests.evidence.story import Story, certificate, somebody
from tests.planning.test_country import renamed

SITES = tuple(
    Site(**somebody("site", n), addresses=(f"20.{n}.0.1",), any_name=True) for n in range(1, 9)
)
"""More than a run asks."""
SPARE = {s.name for s in SITES[5:]}


def wanted(story: Story) -> list[Task]:
    evidence = story.evidence()
    evidence = replace(evidence, controls=replace(evidence.controls, sites=SITES))
    return list(agenda(evidence, Moment(now=9.0, running={})).tasks)


def line(*, strange: int, asked: int = 5) -> Story:
    """The first ``strange`` sites show certificates by an authority that nobody knows."""
    story = Story(sites=SITES).local()
    for number, site in enumerate(SITES[:asked]):
        if number < strange:
            shown = certificate("CN=Box", f"CN={site.host}", (site.host,))
            unknown = Failure.TLS_UNKNOWN_AUTHORITY
            story.site(site, fails="tls", failure=unknown, chain=(shown,))
        else:
            story.site(site)
    return renamed(story)


@pytest.mark.parametrize(("strange", "more"), [(0, set()), (1, SPARE), (2, SPARE), (3, set())])
def test_they_are_asked_while_too_few_sites_tell_who_re_signs(strange: int, more: set[str]) -> None:
    tasks = wanted(line(strange=strange))
    asked = {t.subject for t in tasks if isinstance(t.probe, Flow) and t.arm is Arm.CONNECTION}
    assert asked & SPARE == more


def test_they_take_part_in_no_other_experiment() -> None:
    evidence = line(strange=1, asked=len(SITES)).evidence()
    context = PlanningContext(evidence, Moment(now=9.0, running={}))
    answered = {v.site.name for v in context.connection.abroad if v.reached}
    assert answered > SPARE
    again = {t.subject for t in controls_again(context)}
    servers = {site.name for site, _ in answering(context)}
    assert again and servers and not (again | servers) & SPARE
