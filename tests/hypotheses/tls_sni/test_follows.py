"""Plan and rule ask one question: does the fault follow the name to a neutral server?"""

import dataclasses
from itertools import product

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.name_swaps import Shown, follows
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.tls_sni.rules import TLS_RULES
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, Flow, ResolverKind, Role
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Moment
from msgprobe.planning.name_swaps import dying_names
from msgprobe.planning.name_swaps import follows as planned
from msgprobe.planning.suspects import suspects
from tests.evidence.story import ADDRESSES, SERVICE, SITES, Story

RESET, SILENCE = Failure.CONNECTION_RESET, Failure.TIMED_OUT
WAYS: tuple[tuple[Failure | None, ...], ...] = (
    (None, None, None),
    (RESET, RESET, RESET),
    (RESET, SILENCE, SILENCE),
    (SILENCE, RESET, Failure.INTERRUPTED),
    (RESET, None, SILENCE),
)
PLACES = tuple(product(WAYS, (True, False)))
"""What a server says to the service's name, and whether it answers other foreign names."""


@pytest.mark.parametrize("places", [p for n in (1, 2) for p in product(PLACES, repeat=n)])
def test_plan_and_rule_agree(
    places: tuple[tuple[tuple[Failure | None, ...], bool], ...],
) -> None:
    story = Story().good_connection()
    host = next(iter(ADDRESSES))
    for name, address in ADDRESSES.items():
        story.dns(name, ResolverKind.SYSTEM, address, role=Role.TARGET, arm=Arm.BASE)
        for _ in range(3):
            story.target(name, address=address, fails="tls", failure=Failure.CONNECTION_RESET)
    for site, (way, others) in zip(SITES, places, strict=False):
        for attempt, failure in enumerate(way, start=1):
            story.flow(
                site.addresses[0],
                subject=SERVICE.name,
                arm=Arm.TARGET_SNI_ELSEWHERE,
                endpoint=SERVICE.endpoints[0].name,
                host=host,
                server_name=host,
                fails=None if failure is None else "tls",
                failure=failure or RESET,
            )
            stem = f"d7.{SERVICE.name}.{host}.{site.name}"
            _rename(story, stem if attempt == 1 else f"{stem}#{attempt}")
        story.flow(
            site.addresses[0],
            subject=site.name,
            arm=Arm.NEUTRAL_SNI_ELSEWHERE,
            host="site3.example",
            server_name="site3.example",
            fails=None if others else "tls",
            failure=Failure.CONNECTION_RESET,
        )
        _rename(story, f"d7.neutral.{site.name}")
    evidence = story.evidence()
    # the planner's own base tasks are those that failed
    wanted = agenda(evidence, Moment(now=50.0)).tasks
    base = [t for t in wanted if t.arm is Arm.BASE and isinstance(t.probe, Flow)]
    told = []
    for m in evidence.measurements:
        own = [t for t in base if m.task.arm is Arm.BASE and t.endpoint == m.task.endpoint]
        told.append(
            dataclasses.replace(m, task=dataclasses.replace(m.task, id=own[0].id)) if own else m
        )
    context = PlanningContext(
        dataclasses.replace(evidence, measurements=tuple(told)), Moment(now=50.0)
    )
    dying = dying_names(context, suspects(context, SERVICE))
    pool = SERVICE.pools[0]
    asked = planned(context, SERVICE, dying, pool.name)
    facts = Facts(evidence)
    view = PoolFacts(facts, ConnectionFacts(facts), SERVICE, pool)
    (rule,) = [r for r in TLS_RULES if r.info.rule_id == "tls.sni.elsewhere.reset"]
    assert bool(asked) is bool(rule.holds(view))


def _rename(story: Story, task_id: str) -> None:
    last = story.told[-1]
    story.told[-1] = dataclasses.replace(last, task=dataclasses.replace(last.task, id=task_id))


def _dead(*silences: bool, others: bool | None = True, more: bool = False) -> Shown:
    return Shown(answered=False, died=silences, more=more, others=others)


ANSWERS = Shown(answered=True, died=(), others=True)


@pytest.mark.parametrize(
    ("places", "word"),
    [
        ([], False),
        ([_dead(False, False)], True),
        ([_dead(False, True, True)], True),
        ([_dead(True, True, True)], True),
        ([_dead(True, True)], False),
        ([_dead(False, True)], False),
        ([_dead(False, more=True)], True),
        ([Shown(answered=False, died=(), hangs=True, more=True, others=True)], True),
        ([Shown(answered=True, died=(False, False), others=True)], False),
        ([_dead(False, False, others=False)], False),
        ([_dead(False, False, others=None)], None),
        ([Shown(answered=False, died=(), more=True, others=True)], None),
    ],
)
def test_what_one_server_says(places: list[Shown], word: bool | None) -> None:
    assert follows(places) is word


def test_a_server_that_turns_every_foreign_name_away_does_not_hide_another() -> None:
    silent = _dead(True, True, True, others=False)
    assert follows([silent, _dead(False, False)]) is True
    assert follows([silent, ANSWERS]) is False
    assert follows([silent, _dead(False, False, others=None)]) is None
