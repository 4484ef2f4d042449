"""When greetings of another shape are tried, and one conversation alone; and what the plan says."""

import dataclasses
from typing import Any

import pytest

from msgprobe.agenda.budget import MOST, affordable
from msgprobe.agenda.planner import agenda
from msgprobe.catalog.loader import load, select
from msgprobe.checks.registry import registry
from msgprobe.model.failure import Failure
from msgprobe.model.hello import OPTION
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Proof
from msgprobe.model.run import Request
from msgprobe.model.target import Service, Trust
from msgprobe.model.task import Arm, Flow, ResolverKind, Running, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Moment
from msgprobe.session import planned
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, Story, came_of, under_way


def wanted(
    story: Story,
    now: float = 100.0,
    running: dict[str, Running] | None = None,
    quick: bool = False,
    spent: int = 0,
    *,
    opened: bool = True,
) -> list[Task]:
    """``opened``: the connections of what is running stand."""
    evidence = dataclasses.replace(story.evidence(), request=Request(quick=quick))
    stand = frozenset(running or {}) if opened else frozenset[str]()
    moment = Moment(now=now, running=running or {}, spent=spent, opened=stand)
    return list(agenda(evidence, moment).tasks)


def of(tasks: list[Task], *arms: Arm) -> list[Task]:
    return [t for t in tasks if t.arm in arms]


def flow(task: Task) -> Flow:
    assert isinstance(task.probe, Flow)
    return task.probe


def shapes(tasks: list[Task]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for task in of(tasks, Arm.OTHER_HELLO):
        found.setdefault(flow(task).host or "", []).append(flow(task).option(OPTION) or "")
    return {host: sorted(seen) for host, seen in found.items()}


def told(
    task: Task, start: float, took: float, failure: Failure | None, stage: str = "tls"
) -> Measurement:
    fails = None if failure is None else stage
    return came_of(task, start=start, took=took, fails=fails, failure=failure or Failure.EOF)


def begun(service: Service = SERVICE) -> Story:
    story = Story(services=(service,)).good_connection()
    for host, address in ADDRESSES.items():
        story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
    return story


SWAPPED = (Arm.TARGET_SNI_ELSEWHERE, Arm.NEUTRAL_SNI_ELSEWHERE)


def elsewhere(story: Story, failure: Failure | None, now: float = 100.0, **more: Any) -> Story:
    """A neutral server answers other foreign names, and to the service's own as ``failure``
    says."""
    while tasks := unasked(story, now=now, **more):
        for task in tasks:
            foreign = task.arm is Arm.NEUTRAL_SNI_ELSEWHERE
            story.told.append(told(task, 0.1, 0.1, None if foreign else failure))
    return story


def unasked(story: Story, **more: Any) -> list[Task]:
    """What is wanted of neutral servers, and has not been asked yet."""
    known = {m.task.id for m in story.told}
    return [t for t in of(wanted(story, **more), *SWAPPED) if t.id not in known]


def failing(
    failure: Failure, took: float = 0.05, stage: str = "tls", service: Service = SERVICE
) -> Story:
    """The base conversations fail at 0 s."""
    story = begun(service)
    for task in of(wanted(story), Arm.BASE):
        if isinstance(task.probe, Flow):
            story.told.append(told(task, 0.0, took, failure, stage))
    return story


def at_home(failure: Failure) -> Story:
    """The base conversations fail; a neutral server answers to the same names."""
    return elsewhere(failing(failure), None)


def test_shapes_wait_for_what_a_neutral_server_says_to_the_name() -> None:
    story = failing(Failure.CONNECTION_RESET)
    assert not of(wanted(story, now=1.0), Arm.OTHER_HELLO), "nothing is known yet"
    assert of(wanted(elsewhere(story, None), now=1.0), Arm.OTHER_HELLO)


def test_where_the_fault_follows_the_name_neither_shape_nor_another_name_is_tried() -> None:
    failed = failing(Failure.CONNECTION_RESET)
    assert not of(wanted(failed, now=1.0), Arm.OTHER_HELLO, Arm.OTHER_SNI), "nothing is known yet"
    story = elsewhere(failed, Failure.CONNECTION_RESET)
    for now in (1.0, 20.0):
        assert not of(wanted(story, now=now), Arm.OTHER_HELLO, Arm.OTHER_SNI)
    assert of(wanted(at_home(Failure.CONNECTION_RESET), now=1.0), Arm.OTHER_SNI)


def test_a_neutral_server_that_turns_every_foreign_name_away_tells_nothing() -> None:
    story = failing(Failure.CONNECTION_RESET)
    while tasks := unasked(story):
        story.told += [told(t, 0.1, 0.1, Failure.CONNECTION_RESET) for t in tasks]
    assert of(wanted(story, now=1.0), Arm.OTHER_HELLO)


def test_names_that_die_at_the_greeting_are_shown_in_other_shapes() -> None:
    tasks = of(wanted(at_home(Failure.CONNECTION_RESET), now=1.0), Arm.OTHER_HELLO)
    assert shapes(tasks) == {host: ["other", "split"] for host in CHAT}
    for task in tasks:
        seen = flow(task)
        assert (seen.address, seen.server_name) == (ADDRESSES[seen.host or ""], seen.host)
        assert (task.check, seen.port, seen.trust) == ("tls", 443, Trust.PUBLIC)
        assert task.changes.startswith("ClientHello: ")


@pytest.mark.parametrize(("check", "alpn"), [("https", None), ("http2", "h2")])
def test_shapes_and_other_names_offer_the_same_protocol(check: str, alpn: str | None) -> None:
    """Who minds HTTP/2 must not look like who minds the name, or the shape."""
    ends = tuple(dataclasses.replace(e, check=check) for e in SERVICE.endpoints)
    service = dataclasses.replace(SERVICE, endpoints=ends)
    story = elsewhere(failing(Failure.CONNECTION_RESET, service=service), None)
    tasks = of(wanted(story, now=1.0), Arm.OTHER_HELLO, Arm.OTHER_SNI)
    assert {t.arm for t in tasks} == {Arm.OTHER_HELLO, Arm.OTHER_SNI}
    assert {flow(t).option("alpn") for t in tasks} == {alpn}


def test_what_hangs_is_tried_before_it_has_failed() -> None:
    story = begun()
    running = under_way(t for t in of(wanted(story), Arm.BASE) if isinstance(t.probe, Flow))
    assert not of(wanted(story, now=1.0, running=running), Arm.OTHER_HELLO)
    elsewhere(story, None, now=3.5, running=running)
    assert shapes(wanted(story, now=3.5, running=running)) == {h: ["other", "split"] for h in CHAT}


def test_whose_connection_hangs_has_said_no_name_and_shown_no_shape() -> None:
    story = begun()
    running = under_way(t for t in of(wanted(story), Arm.BASE) if isinstance(t.probe, Flow))
    asked = wanted(story, now=3.5, running=running, opened=False)
    assert not of(asked, *SWAPPED, Arm.OTHER_SNI, Arm.OTHER_HELLO)


def test_a_connect_that_fails_or_a_run_that_is_to_be_quick_has_no_shapes() -> None:
    assert not shapes(wanted(failing(Failure.TIMED_OUT, stage="connect")))
    assert not shapes(wanted(failing(Failure.CONNECTION_RESET), quick=True))


def test_a_shape_is_shown_again_after_it_went_well_and_not_after_it_failed() -> None:
    story = at_home(Failure.CONNECTION_RESET)
    (split,) = [
        t
        for t in of(wanted(story), Arm.OTHER_HELLO)
        if (flow(t).host, flow(t).option(OPTION)) == (CHAT[0], "split")
    ]
    story.told.append(told(split, 0.1, 0.1, None))
    assert shapes(wanted(story, now=1.0))[CHAT[0]] == ["other", "split"]
    assert shapes(wanted(story, now=4.0))[CHAT[0]] == ["other", "split", "split"]
    story.told[-1] = told(split, 0.1, 0.1, Failure.CONNECTION_RESET)
    assert shapes(wanted(story, now=4.0))[CHAT[0]] == ["other", "split"]


@pytest.mark.parametrize(
    ("neutral", "other", "due"),
    [
        (None, None, ["other", "split", "split"]),
        (Failure.CONNECTION_RESET, None, ["other", "other", "split", "split"]),
        (Failure.CONNECTION_RESET, Failure.CONNECTION_RESET, ["large", "other", "split", "split"]),
    ],
)
def test_another_program_and_another_size_are_looked_into_only_where_that_may_tell_more(
    neutral: Failure | None, other: Failure | None, due: list[str]
) -> None:
    story = at_home(Failure.CONNECTION_RESET)
    tasks = wanted(story, now=1.0)
    story.told += [told(t, 0.1, 0.1, neutral) for t in of(tasks, Arm.OTHER_SNI)]
    for task in of(tasks, Arm.OTHER_HELLO):
        shape = flow(task).option(OPTION)
        story.told.append(told(task, 0.2, 0.1, other if shape == "other" else None))
    assert shapes(wanted(story, now=4.0)) == dict.fromkeys(CHAT, due)


# -- alone and together

LONELY = (Arm.ALONE, Arm.TOGETHER)


def frozen() -> Story:
    """Base and repeats froze at overlapping times, and the name at a neutral server beside them."""
    story = failing(Failure.TIMED_OUT, took=8.0)
    for task in of(wanted(story, now=9.0), Arm.REPEAT):
        story.told.append(told(task, 3.0 * (task.attempt - 1), 8.0, Failure.TIMED_OUT))
    while tasks := unasked(story, now=9.0):
        for task in tasks:
            foreign = task.arm is Arm.NEUTRAL_SNI_ELSEWHERE
            story.told.append(told(task, 4.0, 8.0, None if foreign else Failure.TIMED_OUT))
    return story


def test_one_alone_waits_until_nothing_names_the_host() -> None:
    story = frozen()
    assert not of(wanted(story, now=14.5), *LONELY), "what named it has only just ended"
    (due,) = of(wanted(story, now=16.0), *LONELY)
    own = flow(due)
    neutral = dataclasses.replace(own, server_name="neutral.example")
    for arm, probe in (
        (Arm.REPEAT, own),
        (Arm.TARGET_SNI_ELSEWHERE, dataclasses.replace(own, address="20.1.0.1")),
        (Arm.TRANSFER, dataclasses.replace(own, host="cdn.example", server_name="cdn.example")),
        (Arm.OTHER_PORT, dataclasses.replace(own, server_name=None, port=80)),
    ):
        busy = under_way([dataclasses.replace(due, id="busy", arm=arm, probe=probe)], 10.0)
        assert not of(wanted(story, now=16.0, running=busy), *LONELY)
    for arm in (Arm.SAME_TUPLE, Arm.OTHER_SNI):
        harmless = under_way([dataclasses.replace(due, id="busy", arm=arm, probe=neutral)], 10.0)
        assert of(wanted(story, now=16.0, running=harmless), *LONELY)
    (only,) = of(wanted(story, now=16.0), *LONELY)
    assert (only.arm, only.check) == (Arm.ALONE, "https")
    assert flow(only).server_name in CHAT and flow(only).option(OPTION) is None


def test_after_one_alone_come_those_together_and_one_alone_again() -> None:
    story = frozen()
    (first,) = of(wanted(story, now=16.0), *LONELY)
    story.told.append(told(first, 16.0, 0.2, None))
    crowd = of(wanted(story, now=18.0), Arm.TOGETHER)
    assert len(crowd) >= 2 and {flow(t).server_name for t in crowd} == {flow(first).server_name}
    story.told += [told(t, 18.0, 4.0, Failure.TIMED_OUT) for t in crowd]
    assert len(of(wanted(story, now=22.5), Arm.ALONE)) == 1
    assert len(of(wanted(story, now=24.0), Arm.ALONE)) == 2
    story.told[-1] = told(crowd[-1], 18.0, 0.2, None)
    assert len(of(wanted(story, now=24.0), Arm.ALONE)) == 1, "not all froze: nobody counts"


def test_the_steps_with_the_first_name_are_not_left_out_for_want_of_bytes() -> None:
    story = frozen()
    story.told = [  # on a line that is not slow
        dataclasses.replace(m, window=dataclasses.replace(m.window, end=m.window.start + 0.2))
        if m.task.arm is Arm.CONNECTION
        else m
        for m in story.told
    ]
    assert len(of(wanted(story, now=16.0, spent=MOST), *LONELY)) == 1
    (first,) = of(wanted(story, now=16.0), *LONELY)
    story.told.append(told(first, 16.0, 0.2, None))
    assert len(of(wanted(story, now=18.0, spent=MOST), Arm.TOGETHER)) >= 2
    another = dataclasses.replace(first.flow, server_name="another.example")
    other = dataclasses.replace(first, id="d13.acme.other.1.0", probe=another)
    context = PlanningContext(story.evidence(), Moment(now=18.0, spent=MOST))
    assert affordable(context, [other]) == ()


def test_one_alone_that_freezes_as_well_ends_it() -> None:
    story = frozen()
    (first,) = of(wanted(story, now=16.0), *LONELY)
    story.told.append(told(first, 16.0, 4.0, Failure.TIMED_OUT))
    assert of(wanted(story, now=30.0), *LONELY) == [first]


def test_nobody_is_tried_alone_where_something_else_explains_it() -> None:
    story = frozen()
    answered = frozen()
    answered.told = [m for m in answered.told if m.task.arm is not Arm.TARGET_SNI_ELSEWHERE]
    elsewhere(answered, None, now=9.0)
    for task in of(wanted(answered, now=9.0), Arm.OTHER_HELLO):
        if flow(task).option(OPTION) == "split":
            story.told.append(told(task, 3.1, 0.1, None))
            again = dataclasses.replace(task, id=f"{task.id}#2", attempt=2)
            story.told.append(told(again, 6.1, 0.1, None))
    assert not of(wanted(story, now=16.0), *LONELY)
    assert not of(wanted(failing(Failure.CONNECTION_RESET), now=16.0), *LONELY)


# -- not too many at once by ourselves

TWICE = dataclasses.replace(
    SERVICE,
    endpoints=(
        *SERVICE.endpoints,
        dataclasses.replace(SERVICE.endpoints[0], name="again", member="again", check="tls"),
    ),
)
"""A second member with the name of the first."""


def of_base(tasks: list[Task]) -> set[str | None]:
    return {t.endpoint for t in of(tasks, Arm.BASE) if isinstance(t.probe, Flow)}


def test_conversations_with_one_name_take_turns() -> None:
    story = begun(TWICE)
    bases = of(wanted(story, now=0.0), Arm.BASE)
    first = under_way(t for t in bases if isinstance(t.probe, Flow))
    assert of_base(wanted(story, now=0.0)) == {"chat1-443", "chat2-443"}
    assert "again" not in of_base(wanted(story, now=0.5, running=first))
    assert "again" in of_base(wanted(story, now=2.5, running=first)), "nobody waits for ever"
    (task,) = [t for t in of(wanted(story), Arm.BASE) if t.endpoint == "chat1-443"]
    story.told.append(told(task, 0.0, 0.1, None))
    assert "again" in of_base(wanted(story, now=0.2))


def test_the_plan_lists_every_shape_where_it_may_be_shown() -> None:
    catalogue = load()
    lines = planned(
        select(catalogue, ["signal"]), catalogue.controls, Request(seed=3), checks=registry()
    )
    listed = {(c.target, c.port) for c in lines if "ClientHello cut" in c.reason}
    assert ("chat.signal.org", 443) in listed
    named = {
        (e.host, e.port)
        for e in select(catalogue, ["signal"])[0].endpoints
        if e.check in ("tls", "https") and e.host is not None
    }
    assert {(c.target, c.port) for c in lines if c.round == 1} & named <= listed
    assert all(c.condition and c.max_bytes > 0 for c in lines if "ClientHello cut" in c.reason)


# -- where ours dies at every neutral site


def dying_connection(died: int) -> Story:
    story = Story().local()
    for number, site in enumerate(story.sites):
        base = next(t for t in wanted(story, now=0.1) if t.id == f"g.site.{site.name}")
        failure = Failure.CONNECTION_RESET if number < died else None
        story.told.append(told(base, 0.1, 0.1, failure))
    return story


def neutral(tasks: list[Task]) -> list[Task]:
    return [t for t in of(tasks, Arm.CONNECTION) if t.id.startswith("g.shape.")]


def test_another_program_is_tried_where_ours_dies_at_all_neutral_sites() -> None:
    tasks = neutral(wanted(dying_connection(4), now=1.0))
    assert len(tasks) == 3
    assert {(t.round, t.check, flow(t).option(OPTION)) for t in tasks} == {(0, "https", "other")}
    assert not neutral(wanted(dying_connection(2), now=1.0)), (
        "two networks answer: nothing is wrong"
    )
    assert not neutral(wanted(dying_connection(0), now=1.0))


def test_services_are_then_asked_as_that_program_would() -> None:
    story = dying_connection(4)
    story.told += [told(t, 1.0, 0.1, None) for t in neutral(wanted(story, now=1.0))]
    for host, address in ADDRESSES.items():
        story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
    base = [t for t in of(wanted(story), Arm.BASE) if isinstance(t.probe, Flow)]
    assert {flow(t).option(OPTION) for t in base} == {"other"}
    usual = [t for t in of(wanted(begun()), Arm.BASE) if isinstance(t.probe, Flow)]
    assert {flow(t).option(OPTION) for t in usual} == {None}


# -- servers that die at their own protocol's first words


@pytest.mark.parametrize(("later", "asked"), [("connect", 2), ("answer", 0)])
def test_a_port_that_died_is_compared_with_another_of_the_same_machine(
    later: str, asked: int
) -> None:
    own = tuple(
        dataclasses.replace(e, check="mtproto", host=None, addresses=(ADDRESSES[e.host or ""],))
        for e in SERVICE.endpoints
    )
    story = Story(services=(dataclasses.replace(SERVICE, endpoints=own),)).good_connection()

    def silent(task: Task, stage: str, start: float) -> Measurement:
        other = Story()
        other.flow(
            flow(task).address,
            subject="acme",
            arm=task.arm,
            endpoint=task.endpoint,
            check="mtproto",
            proof=Proof.CONNECTED,
            fails=stage,
            start=start,
        )
        return dataclasses.replace(other.told[0], task=task)

    story.told += [silent(t, "answer", 0.0) for t in of(wanted(story), Arm.BASE)]
    assert not of(wanted(story), Arm.OTHER_PORT)
    for task in of(wanted(story), Arm.REPEAT):
        story.told.append(silent(task, later, 3.0 * (task.attempt - 1)))
    ports = of(wanted(story), Arm.OTHER_PORT)
    assert len(ports) == asked
    assert {flow(t).port for t in ports} <= {80}
