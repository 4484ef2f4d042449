"""QUIC in the plan of a run: little when all is well, experiments only where a name is silent."""

from dataclasses import replace

import pytest

from msgprobe.agenda.contacts import contacts
from msgprobe.agenda.planner import agenda
from msgprobe.catalog.loader import load, select
from msgprobe.checks.registry import registry
from msgprobe.model.failure import Failure
from msgprobe.model.observation import ProtocolObservation, Window
from msgprobe.model.run import Request
from msgprobe.model.task import Arm, Flow, Task
from msgprobe.model.traits import KnownTraits
from msgprobe.planning.moment import Moment
from tests.agenda.test_spared_lines import resent
from tests.evidence.story import TRAITS, under_way
from tests.hypotheses.connection.test_rules import sites
from tests.hypotheses.quic.test_rules import HOME, NAME, OTHER, SECOND, SERVER, Tale, tale

MAX_BYTES = {name: check.max_bytes for name, check in registry().items()}
KNOWN = KnownTraits(TRAITS)
BASE = f"b.acme.fast-443.{HOME}"
NEUTRAL = "q.site.site1"


def wanted(story: Tale, now: float = 100.0, **request: object) -> dict[str, Task]:
    evidence = replace(story.evidence(), request=Request(**request))  # type: ignore[arg-type]
    tasks = agenda(evidence, Moment(now=now, running={})).tasks
    return {t.id: t for t in tasks if t.check == "quic"}


def happened(story: Tale, task_id: str, start: float, *, says: bool, now: float = 100.0) -> None:
    """The task as the planner wants it, with what came of it."""
    task = wanted(story, now)[task_id]
    assert isinstance(task.probe, Flow)
    other = Tale(services=story.services, sites=story.sites)
    other.quic(task.arm, task.probe.address, start, says=says)
    (told,) = other.told
    story.told.append(replace(told, task=task, window=told.observations[0].window))


def silent(*, neutral: bool) -> Tale:
    """The service's name met silence; a neutral server answered, or did not."""
    story = tale()
    happened(story, BASE, 1.0, says=False)
    happened(story, NEUTRAL, 1.0, says=neutral)
    return story


def arms(tasks: dict[str, Task]) -> set[Arm]:
    return {t.arm for t in tasks.values()}


def test_when_all_is_well_one_address_and_one_neutral_server_are_asked() -> None:
    story = tale()
    assert set(wanted(story)) == {BASE, NEUTRAL}
    task = wanted(story)[BASE]
    assert isinstance(task.probe, Flow)
    assert (task.probe.server_name, task.probe.port, task.arm) == (NAME, 443, Arm.BASE)
    happened(story, BASE, 1.0, says=True)
    happened(story, NEUTRAL, 1.0, says=True)
    assert set(wanted(story)) == {BASE, NEUTRAL}


def test_a_quick_run_leaves_it_out() -> None:
    assert not wanted(tale(), quick=True)


def test_services_without_it_ask_nobody_over_quic() -> None:
    story = tale()
    story.services = (replace(story.services[0], pools=story.services[0].pools[:1]),)
    assert not wanted(story)


def test_nothing_before_the_connection_is_known_to_work() -> None:
    story = Tale(services=tale().services, sites=tale().sites)
    story.local()
    assert not wanted(story)


def test_where_no_neutral_server_answers_nothing_more_is_sent_for_the_name() -> None:
    found = wanted(silent(neutral=False))
    assert arms(found) == {Arm.BASE, Arm.QUIC_NEUTRAL}
    # Another address and another neutral server, each once.
    assert set(found) == {BASE, f"b.acme.fast-443.{SECOND}", NEUTRAL, "q.site.site2"}


def test_a_silent_name_is_asked_again_and_beside_it_another_and_none() -> None:
    found = wanted(silent(neutral=True), now=20.0)
    assert arms(found) == {
        Arm.BASE,
        Arm.REPEAT,
        Arm.QUIC_NEUTRAL,
        Arm.QUIC_OTHER_SNI,
        Arm.QUIC_NEGOTIATION,
        Arm.QUIC_NEUTRAL_ELSEWHERE,
    }
    assert {t for t in found if t.startswith(BASE)} == {BASE, f"{BASE}#2", f"{BASE}#3"}
    swap = found[f"q.sni.acme.fast-443.{HOME}"].probe
    nameless = found[f"q.negotiation.acme.fast-443.{HOME}"].probe
    assert isinstance(swap, Flow) and isinstance(nameless, Flow)
    assert (swap.address, nameless.address) == (HOME, HOME)
    assert swap.server_name not in (NAME, None) and swap.trust is None
    assert nameless.option("form") == "negotiation" and nameless.server_name is None


@pytest.mark.parametrize("failure", [Failure.CONNECTION_REFUSED, Failure.HOST_UNREACHABLE])
def test_a_closed_port_is_a_server_without_quic(failure: Failure) -> None:
    story = silent(neutral=True)
    told = next(m for m in story.told if m.task.id == BASE)
    seen = replace(told.observations[0], failure=failure)
    story.told = [m if m is not told else replace(m, observations=(seen,)) for m in story.told]
    assert set(wanted(story)) == {BASE, NEUTRAL}


def test_a_neutral_server_that_is_closed_calls_for_another() -> None:
    story = silent(neutral=False)
    story.told = [
        replace(m, observations=(replace(o, failure=Failure.CONNECTION_REFUSED),))
        if m.task.id in (BASE, NEUTRAL)
        else m
        for m in story.told
        for o in m.observations[:1]
    ]
    assert set(wanted(story)) == {BASE, NEUTRAL, "q.site.site2"}


def test_repeats_begin_three_seconds_apart() -> None:
    assert f"{BASE}#2" not in wanted(silent(neutral=True), now=3.9)
    found = wanted(silent(neutral=True), now=4.1)
    assert f"{BASE}#2" in found and f"{BASE}#3" not in found


def brisk(story: Tale) -> Tale:
    """The same on a line on which all else went quickly, and nothing was lost."""
    quick = Window(start=0.0, end=0.2)
    story.told = [
        m if m.task.check == "quic" else replace(resent(m, of=100, again=0), window=quick)
        for m in story.told
    ]
    return story


def test_on_a_brisk_line_they_begin_a_second_apart() -> None:
    story = brisk(silent(neutral=True))
    assert f"{BASE}#2" not in wanted(story, now=1.9)
    found = wanted(story, now=2.1)
    assert f"{BASE}#2" in found and f"{BASE}#3" not in found
    assert f"{BASE}#3" in wanted(story, now=3.1)


def test_what_hangs_on_a_brisk_line_is_soon_looked_into() -> None:
    """An Initial that was lost once has been sent again after a second, and answered."""
    story = brisk(tale())
    happened(story, NEUTRAL, 1.0, says=True)
    hanging = under_way([wanted(story, now=1.0)[BASE]], since=1.0)
    for now, looked_into in ((2.4, False), (2.6, True)):
        tasks = agenda(story.evidence(), Moment(now=now, running=hanging)).tasks
        assert any(t.arm is Arm.QUIC_OTHER_SNI for t in tasks) is looked_into


BEFORE, NAMED, MEANWHILE = (
    f"q.{kind}.acme.fast-443.site1" for kind in ("before", "elsewhere", "meanwhile")
)


def test_a_neutral_server_hears_a_neutral_name_first_then_the_services() -> None:
    story = silent(neutral=True)
    found = wanted(story)
    assert BEFORE in found and NAMED not in found
    probe = found[BEFORE].probe
    assert isinstance(probe, Flow)
    assert (probe.address, probe.server_name) == (SERVER, "site4.example")
    happened(story, BEFORE, 4.0, says=True)
    found = wanted(story)
    assert NAMED in found and MEANWHILE not in found
    named = found[NAMED].probe
    assert isinstance(named, Flow)
    assert (named.address, named.server_name) == (SERVER, NAME)
    happened(story, NAMED, 4.2, says=False)
    assert {f"{NAMED}#2", f"{NAMED}#3", MEANWHILE} <= set(wanted(story))


def test_the_name_is_said_there_whatever_else_has_been_paid_for() -> None:
    """What is silent at home alone may be a dead backend, and nothing else tells."""
    story = silent(neutral=True)
    quick = Window(start=0.0, end=0.2)
    story.told = [m if m.task.check == "quic" else replace(m, window=quick) for m in story.told]
    happened(story, BEFORE, 4.0, says=True)
    tasks = agenda(story.evidence(), Moment(now=20.0, running={}, spent=2_000_000)).tasks
    wanted_now = {t.id for t in tasks}
    assert NAMED in wanted_now and f"q.sni.acme.fast-443.{HOME}" not in wanted_now


def test_a_server_that_takes_no_foreign_name_is_passed_over() -> None:
    story = silent(neutral=True)
    happened(story, "q.site.site2", 4.0, says=True)
    happened(story, BEFORE, 4.0, says=False)
    next_server = BEFORE.replace("site1", "site2")
    assert not {NAMED, next_server} & set(wanted(story)), "the line may have been dead for seconds"
    happened(story, f"{BEFORE}#2", 7.0, says=False)
    found = wanted(story)
    assert NAMED not in found
    assert next_server in found


def test_but_not_one_that_was_silent_for_once() -> None:
    story = silent(neutral=True)
    happened(story, BEFORE, 4.0, says=False)
    happened(story, f"{BEFORE}#2", 7.0, says=True)
    assert NAMED in wanted(story)


@pytest.mark.parametrize("enough", [True, False])
def test_the_next_server_only_where_the_first_was_not_enough(enough: bool) -> None:
    story = silent(neutral=True)
    happened(story, "q.site.site2", 4.0, says=True)
    happened(story, f"q.sni.acme.fast-443.{HOME}", 4.1, says=enough)
    happened(story, BEFORE, 4.0, says=True)
    happened(story, NAMED, 4.2, says=False)
    happened(story, MEANWHILE, 4.3, says=enough)
    at_next = [t for t in wanted(story).values() if getattr(t.probe, "address", "") == OTHER]
    assert {t.arm for t in at_next} == (
        {Arm.QUIC_NEUTRAL} if enough else {Arm.QUIC_NEUTRAL, Arm.QUIC_NEUTRAL_ELSEWHERE}
    )


def test_an_answer_to_an_experiment_is_enough() -> None:
    story = silent(neutral=True)
    happened(story, f"q.sni.acme.fast-443.{HOME}", 4.1, says=True)
    assert f"q.sni.acme.fast-443.{HOME}#2" not in wanted(story)


# -- how long an answer is waited for


def patience(story: Tale, *, first_byte: float = 0.05, lost: int = 0) -> float:
    """Seconds for the name on a line on which other conversations take two seconds, that has lost
    so many of 100 segments, and on which the neutral server's answer took so long, if one came."""
    slow = Window(start=0.0, end=2.0)
    for place, measured in enumerate(story.told):
        (*_, seen) = measured.observations
        if measured.task.check != "quic":
            told = resent(measured, of=100, again=lost)
            story.told[place] = replace(told, window=slow)
        elif isinstance(seen, ProtocolObservation) and seen.first_byte is not None:
            answer = replace(seen, first_byte=first_byte)
            story.told[place] = replace(measured, observations=(answer,))
    return wanted(story, now=5.0)[BASE].timeout


def test_an_answer_is_waited_for_as_long_as_others_over_quic_took() -> None:
    unknown = patience(silent(neutral=False))
    prompt, slow = (patience(silent(neutral=True), first_byte=s) for s in (0.05, 2.0))
    assert 3.0 + 1.0 < prompt < slow < unknown
    assert slow >= 3.0 + 2.0 * 2.0, "as long again after the third of its packets"
    assert patience(silent(neutral=True), first_byte=9.0) == unknown


def test_on_a_line_that_loses_much_it_is_waited_for_as_on_an_unknown_one() -> None:
    unknown = patience(silent(neutral=False), lost=30)
    assert patience(silent(neutral=True), lost=30) == unknown
    assert patience(silent(neutral=True), lost=5) < unknown


# -- where the line was dead when the name was asked for

AGAIN = f"{BASE}#again"


def dead_line(*, over: bool = True) -> Tale:
    """The name was asked for at seconds 4.5 to 10.5 of a line that was dead from 4 to 12."""
    story = tale()
    sites(story, Arm.AGAIN, 4.0, dead=True)
    happened(story, BASE, 4.5, says=False)
    happened(story, NEUTRAL, 1.0, says=True)
    for attempt, start in ((2, 7.5), (3, 10.5)):
        happened(story, f"{BASE}#{attempt}", start, says=False)
    if over:
        sites(story, Arm.MONITOR, 12.5, step=1.0)
    return story


def test_what_was_asked_while_the_line_was_dead_is_asked_again_when_it_is_back() -> None:
    assert AGAIN not in wanted(dead_line(over=False))
    story = dead_line()
    assert AGAIN in wanted(story)
    happened(story, AGAIN, 16.0, says=False)
    found = set(wanted(story))
    stem = f"acme.fast-443.{HOME}#again"
    assert {f"{AGAIN}#2", f"{AGAIN}#3", f"q.sni.{stem}", f"q.negotiation.{stem}"} <= found
    assert f"{BEFORE}#again" in found


def test_if_it_is_answered_then_nothing_more_is_asked_for_it() -> None:
    story = dead_line()
    happened(story, AGAIN, 16.0, says=True)
    assert {t for t in wanted(story) if "#again" in t} == {AGAIN}


def test_what_was_silent_while_the_line_worked_is_not_asked_again() -> None:
    story = silent(neutral=True)
    sites(story, Arm.AGAIN, 20.0, dead=True)
    sites(story, Arm.MONITOR, 28.5, step=1.0)
    assert AGAIN not in wanted(story)


# -- the plan that people read


def lines(**request: object) -> list[tuple[str, int, str, bool]]:
    catalogue = load()
    asked = Request(**request)  # type: ignore[arg-type]
    found = contacts(select(catalogue, ()), catalogue.controls, asked, MAX_BYTES, KNOWN)
    assert all(c.port == 443 and c.max_bytes > 0 for c in found if c.check == "quic")
    return [(c.target, c.round, c.transport, not c.condition) for c in found if c.check == "quic"]


def test_the_plan_lists_what_is_asked_over_udp() -> None:
    found = lines()
    assert {transport for _, _, transport, _ in found} == {"udp"}
    sure = [target for target, _, _, always in found if always]
    assert sure == ["www.facebook.com", "web.whatsapp.com", "dns.google"]  # three, at most
    assert ("one.one.one.one", 1, "udp", False) in found
    assert not lines(quick=True)


def test_every_task_of_a_run_is_in_the_plan() -> None:
    story = silent(neutral=True)
    for task_id, says in ((BEFORE, True), ("q.site.site2", True), (NAMED, False)):
        happened(story, task_id, 4.0, says=says)
    evidence = story.evidence()
    planned = contacts(evidence.services, evidence.controls, evidence.request, MAX_BYTES, KNOWN)
    doors = {c.target for c in planned if c.transport == "udp" and c.check == "quic"}
    sites = {a: s.host for s in story.sites for a in s.addresses}
    homes = {HOME: NAME, SECOND: NAME}
    for task in wanted(story).values():
        assert isinstance(task.probe, Flow)
        assert {**sites, **homes}[task.probe.address] in doors
