"""Smaller looks want less of what a run wants, and nothing that it would not."""

from msgprobe.agenda import looks
from msgprobe.agenda.planner import agenda
from msgprobe.model.failure import Failure
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Role
from msgprobe.planning.moment import Moment
from tests.agenda.test_planner import failing
from tests.evidence.story import Story

LATE = Moment(now=100.0)


def test_a_pulse_repeats_what_failed_and_looks_into_nothing() -> None:
    evidence = failing("tls", Failure.CONNECTION_RESET).evidence()
    whole, small = agenda(evidence, LATE), looks.pulse(agenda(evidence, LATE))
    assert {t.arm for t in whole.tasks} > {t.arm for t in small.tasks} >= {Arm.BASE, Arm.REPEAT}
    assert {t.arm for t in small.tasks} <= looks.PULSE
    assert {t.id for t in small.tasks} < {t.id for t in whole.tasks}


def test_in_a_pulse_neutral_sites_prove_themselves_and_show_no_page() -> None:
    small = looks.pulse(agenda(Story().local().evidence(), LATE)).tasks
    neutral = [t for t in small if t.role is Role.CONTROL and isinstance(t.probe, Flow)]
    assert {t.check for t in neutral if t.arm is Arm.CONNECTION} <= {"tls", "page"}
    asked = [t.probe for t in small if isinstance(t.probe, Lookup)]
    assert {probe.resolver.kind for probe in asked} == {ResolverKind.SYSTEM}


def test_of_a_name_that_fails_a_pulse_asks_all_that_a_run_asks() -> None:
    """Without the answers of others those of the service's own servers look like a lie."""
    evidence = failing("connect", Failure.TIMED_OUT).evidence()
    whole, small = agenda(evidence, LATE).tasks, looks.pulse(agenda(evidence, LATE)).tasks
    asked = {t.id for t in whole if t.arm in (Arm.OTHER_RESOLVER, Arm.OTHER_QUERY)}
    assert asked
    assert asked <= {t.id for t in small}


def test_a_small_transfer_moves_each_object_once_and_may_compare_it() -> None:
    evidence = failing("tls", Failure.CONNECTION_RESET).evidence()
    small = looks.transfer(agenda(evidence, LATE))
    assert {t.arm for t in small.tasks} <= looks.TRANSFER
    assert not [t for t in small.tasks if t.surveys and t.attempt_of]
