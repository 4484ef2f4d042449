"""The planner is a pure function from evidence to tasks: bounded, repeatable, one thing a time."""

import dataclasses
from typing import Any

import pytest

from msgprobe.agenda.budget import HELD, MOST, ON_A_SLOW_LINE
from msgprobe.agenda.planner import agenda
from msgprobe.catalog.loader import load, select
from msgprobe.model.cost import TYPICAL
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import Proof
from msgprobe.model.run import Evidence, Request
from msgprobe.model.target import Service, Trust
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Role, Task
from msgprobe.planning.moment import Moment
from tests.evidence.story import CHAT, SERVICE, SITES, TRAITS, Story, came_of, under_way


def wanted(story: Story, now: float = 100.0) -> list[Task]:
    return list(agenda(story.evidence(), Moment(now=now)).tasks)


def arms(tasks: list[Task]) -> set[Arm]:
    return {t.arm for t in tasks}


def test_the_first_thing_is_to_look_at_this_device_and_nothing_else() -> None:
    (only,) = wanted(Story())
    assert only.check == "local"


def test_without_a_route_nothing_is_sent() -> None:
    (only,) = wanted(Story().local(route4=False, route6=False))
    assert only.check == "local"


def test_flows_to_services_wait_for_the_gate() -> None:
    tasks = wanted(Story().local())
    assert not [t for t in tasks if t.role is Role.TARGET and isinstance(t.probe, Flow)]


@pytest.mark.parametrize("other_names", [True, False])
def test_services_are_asked_where_neutral_servers_answer_to_other_names_than_theirs(
    other_names: bool,
) -> None:
    """Whoever interferes with the names of neutral sites must not keep us from asking services."""
    story = Story().one_site_of_four(other_names=other_names)
    story.asked(CHAT[0], ResolverKind.SYSTEM, "31.13.70.1", arm=Arm.BASE)
    asked = [t for t in wanted(story) if t.role is Role.TARGET and isinstance(t.probe, Flow)]
    assert bool(asked) is other_names


def test_when_all_is_well_nothing_is_diagnosed() -> None:
    story = Story().good_connection()
    for host, address in (("chat1.example", "31.13.70.1"), ("chat2.example", "157.240.1.1")):
        story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
    base = [t for t in wanted(story) if t.arm is Arm.BASE and isinstance(t.probe, Flow)]
    for task in base:
        assert isinstance(task.probe, Flow)
        story.told.append(_succeeded(story, task))
    # What modern clients send is tried where all is well, too: at a neutral site first.
    assert arms(wanted(story)) <= {Arm.CONNECTION, Arm.BASE, Arm.BIG_HELLO}


def _succeeded(story: Story, task: Task) -> Measurement:
    other = Story()
    assert isinstance(task.probe, Flow) and task.endpoint is not None
    other.target(task.probe.host or "", address=task.probe.address)
    (told,) = other.told
    return dataclasses.replace(told, task=task)


def _failed(task: Task, stage: str, failure: Failure) -> Measurement:
    other = Story()
    assert isinstance(task.probe, Flow)
    other.target(task.probe.host or "", address=task.probe.address, fails=stage, failure=failure)
    (told,) = other.told
    return dataclasses.replace(told, task=task)


def failing(stage: str, failure: Failure, service: Service = SERVICE) -> Story:
    story = Story(services=(service,)).good_connection()
    for host, address in (("chat1.example", "31.13.70.1"), ("chat2.example", "157.240.1.1")):
        story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
    base = [t for t in wanted(story) if t.arm is Arm.BASE and isinstance(t.probe, Flow)]
    story.told += [_failed(t, stage, failure) for t in base]
    return story


@pytest.mark.parametrize(
    ("stage", "failure", "experiments"),
    [
        (
            "tls",
            Failure.CONNECTION_RESET,
            {Arm.REPEAT, Arm.OTHER_RESOLVER, Arm.NEUTRAL_SNI_ELSEWHERE, Arm.AGAIN},
        ),
        ("connect", Failure.TIMED_OUT, {Arm.REPEAT, Arm.OTHER_RESOLVER, Arm.OTHER_PORT, Arm.AGAIN}),
    ],
)
def test_a_failure_calls_for_the_experiments_that_tell_its_causes_apart(
    stage: str, failure: Failure, experiments: set[Arm]
) -> None:
    story = failing(stage, failure)
    assert experiments <= arms(wanted(story))
    found = arms(wanted(takes_names(story)))
    # Where no TLS was reached its name changes nothing.
    assert (Arm.TARGET_SNI_ELSEWHERE in found) is (stage == "tls")


def takes_names(story: Story, moment: Moment | None = None) -> Story:
    """The neutral servers that are asked for foreign names answer to neutral ones."""
    tasks = agenda(story.evidence(), moment or Moment(now=100.0)).tasks
    for task in [t for t in tasks if t.arm is Arm.NEUTRAL_SNI_ELSEWHERE]:
        _told(story, task, fails=None)
    return story


def at_a_price(story: Story) -> Story:
    """Everything cost as much as a ClientHello does that is sent again and again."""
    story.told = [dataclasses.replace(m, bytes_sent=3_400) for m in story.told]
    return story


def test_what_tells_most_is_asked_while_there_are_bytes_for_it() -> None:
    story = at_a_price(takes_names(failing("tls", Failure.TIMED_OUT)))
    every = agenda(story.evidence(), Moment(now=50.0)).tasks
    most = int(MOST * ON_A_SLOW_LINE)  # neutral conversations of the story take a second each
    scarce = agenda(story.evidence(), Moment(now=50.0, spent=most - TYPICAL)).tasks
    left_out = {t.id for t in every} - {t.id for t in scarce}
    assert left_out and not [t for t in scarce if t.arm in (Arm.REPEAT, Arm.SAME_TUPLE)]
    assert [t.arm for t in scarce if t.arm is Arm.TARGET_SNI_ELSEWHERE]
    controls = {t.id for t in every if t.role is Role.CONTROL}
    assert not left_out & controls, "without controls nothing else means anything"


@pytest.mark.parametrize(
    ("given", "families"),
    [
        (("2a10:9::9",), (4, 6)),
        (("2a10:9::9", "31.13.70.1"), (4,)),
        (("31.13.70.1",), (4,)),
        (("64:ff9b::1f0d:4601",), (4,)),
    ],
    ids=["IPv6 alone", "both", "IPv4 alone", "IPv4 behind NAT64"],
)
def test_others_are_asked_about_the_families_that_the_system_gives(
    given: tuple[str, ...], families: tuple[int, ...]
) -> None:
    """An IPv6 address is not contradicted by who tells of IPv4 alone."""
    host = "chat1.example"
    story = Story().local(route6=True).asked(host, ResolverKind.SYSTEM, *given, arm=Arm.BASE)
    for number, site in enumerate(SITES):
        story.dns(site.host, ResolverKind.SYSTEM, site.addresses[0]).site(site, took=0.1)
        six: dict[str, Any] = {"subject": site.name, "host": site.host, "took": 0.1}
        story.flow(f"2a11:{number}::1", arm=Arm.CONNECTION, **six)
    base = [t for t in wanted(story) if t.arm is Arm.BASE and isinstance(t.probe, Flow)]
    story.told += [_failed(t, "tls", Failure.TIMED_OUT) for t in base]
    asked = [t.probe for t in wanted(story) if t.arm is Arm.OTHER_RESOLVER]
    assert {p.families for p in asked if isinstance(p, Lookup) and p.name == host} == {families}


_RESERVE = dataclasses.replace(SERVICE.endpoints[0], name="chat1-8443", port=8443, reserve=True)


@pytest.mark.parametrize(
    ("stage", "failure", "joins"),
    [("tls", Failure.CONNECTION_RESET, False), ("connect", Failure.TIMED_OUT, True)],
)
def test_who_joins_because_others_failed_is_left_out_without_bytes_unless_it_costs_few(
    stage: str, failure: Failure, joins: bool
) -> None:
    service = dataclasses.replace(SERVICE, endpoints=(*SERVICE.endpoints, _RESERVE))
    story = failing(stage, failure, service)

    def joined(spent: int) -> bool:
        found = agenda(story.evidence(), Moment(now=50.0, spent=spent)).tasks
        return _RESERVE.name in {t.endpoint for t in found if t.arm is Arm.BASE}

    assert joined(0), "others failed"
    assert joined(MOST) is joins


_BY_HASH = [
    dataclasses.replace(e, trust=Trust.HASH, certificate_sha256=("ab" * 32,))
    for e in SERVICE.endpoints
]
NAMELESS = dataclasses.replace(
    SERVICE,
    endpoints=(
        dataclasses.replace(_BY_HASH[0], check="smp"),
        dataclasses.replace(_BY_HASH[1], check="tls", options=(("sni", "none"),)),
    ),
)
"""Two servers known by a hash, spoken to without naming them."""


def test_who_is_not_named_is_known_by_the_hash_and_not_tried_under_other_names() -> None:
    story = failing("tls", Failure.CONNECTION_RESET, NAMELESS)
    base = [m.task for m in story.told if m.task.role is Role.TARGET and m.task.endpoint]
    flows = [t.probe for t in base if isinstance(t.probe, Flow)]
    assert {t.check for t in base} == {"smp", "tls"} and len(flows) == 2
    assert {(f.server_name, f.trust, f.certificate_sha256) for f in flows} == {
        (None, Trust.HASH, ("ab" * 32,))
    }
    named = {Arm.OTHER_SNI, Arm.TARGET_SNI_ELSEWHERE, Arm.NEUTRAL_SNI_ELSEWHERE, Arm.SAME_TUPLE}
    found = arms(wanted(story))
    assert Arm.REPEAT in found and not named & found


def test_repeats_are_three_seconds_apart_and_three_at_most() -> None:
    story = failing("tls", Failure.CONNECTION_RESET)
    early = [t for t in wanted(story, now=1.0) if t.arm is Arm.REPEAT]
    assert early == []
    late = [t for t in wanted(story, now=1000.0) if t.arm is Arm.REPEAT]
    per_base: dict[str, int] = {}
    for t in late:
        stem = t.id.split("#")[0]
        per_base[stem] = per_base.get(stem, 0) + 1
    assert set(per_base.values()) == {2}


def test_the_swap_changes_the_name_alone() -> None:
    story = failing("tls", Failure.CONNECTION_RESET)
    for t in wanted(story):
        if t.arm is Arm.OTHER_SNI:
            assert isinstance(t.probe, Flow)
            assert t.probe.address in ("31.13.70.1", "157.240.1.1")
            assert t.probe.port == 443
            assert t.probe.server_name not in CHAT


def test_planning_is_pure_and_ids_are_unique() -> None:
    story = failing("tls", Failure.CONNECTION_RESET)
    one, other = wanted(story), wanted(story)
    assert one == other
    assert len({t.id for t in one}) == len(one)


def test_planning_does_not_depend_on_the_order_of_measurements() -> None:
    story = failing("tls", Failure.CONNECTION_RESET)
    backwards = dataclasses.replace(
        story.evidence(), measurements=story.evidence().measurements[::-1]
    )
    forwards = agenda(story.evidence(), Moment(now=50.0))
    assert {t.id for t in forwards.tasks} == {
        t.id for t in agenda(backwards, Moment(now=50.0)).tasks
    }


def test_a_run_of_the_shipped_catalogue_is_bounded_however_much_fails() -> None:
    """Everything that connects fails at TLS, for ever: the planner must come to an end."""
    catalogue = load()
    services = select(catalogue, [])
    story = Story(services=services)
    evidence = Evidence(
        request=Request(seed=3),
        services=services,
        controls=catalogue.controls,
        traits=TRAITS,
    )
    story.good_connection()
    measured: dict[str, Measurement] = {}
    for step in range(12):
        now = 10.0 * step
        current = dataclasses.replace(evidence, measurements=tuple(measured.values()))
        tasks = agenda(current, Moment(now=now)).tasks
        fresh = [t for t in tasks if t.id not in measured]
        if step and not fresh:
            break
        for t in fresh:
            measured[t.id] = _answer(t, now)
    else:
        pytest.fail("the planner still wants more after twelve rounds of failures")
    assert len(measured) < 1500


def _answer(task: Task, now: float) -> Measurement:
    """Neutral flows and questions go well; the services' flows all end at TLS."""
    story = Story()
    if task.check == "local":
        story.local()
    elif isinstance(task.probe, Flow):
        dies = "tls" if task.role is Role.TARGET else None
        return came_of(task, start=now, whole=0.1, fails=dies, failure=Failure.CONNECTION_RESET)
    else:
        story.dns(task.probe.name, ResolverKind.SYSTEM, "31.13.70.1")  # type: ignore[union-attr]
    (told,) = story.told
    window = dataclasses.replace(told.window, start=now, end=now + 0.1)
    return dataclasses.replace(told, task=task, window=window)


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ((("dc", "2"),), [{"dc": "2", "transport": t} for t in ("plain", "http")]),
        ((("framing", "abridged"),), [{"transport": t} for t in ("plain", "http")]),
        (
            (("transport", "plain"), ("framing", "full")),
            [{"transport": t} for t in ("obfuscated", "http")],
        ),
        ((("transport", "http"),), [{"transport": t} for t in ("obfuscated", "plain")]),
        ((("transport", "websocket"),), []),
    ],
)
def test_where_the_protocol_dies_it_is_tried_in_its_other_forms(
    own: tuple[tuple[str, str], ...], other: list[dict[str, str]]
) -> None:
    endpoints = tuple(
        dataclasses.replace(e, check="mtproto", host=None, addresses=(address,), options=own)
        for e, address in zip(SERVICE.endpoints, ("31.13.70.1", "157.240.1.1"), strict=True)
    )
    story = Story(services=(dataclasses.replace(SERVICE, endpoints=endpoints),)).good_connection()
    for task in [t for t in wanted(story) if t.arm is Arm.BASE]:
        assert isinstance(task.probe, Flow) and task.probe.options == own
        dead = Story().target(
            CHAT[0],
            address=task.probe.address,
            check="mtproto",
            fails="answer",
            proof=Proof.CONNECTED,
        )
        story.told.append(dataclasses.replace(dead.told[0], task=task))
    payload = [t for t in wanted(story) if t.arm is Arm.OTHER_PAYLOAD]
    pages = [t for t in payload if t.check == "page"]
    forms = [t for t in payload if t.check == "mtproto"]
    assert len(pages) == (2 if other else 0)
    for address in ("31.13.70.1", "157.240.1.1"):
        here = [t.probe for t in forms if isinstance(t.probe, Flow) and t.probe.address == address]
        assert [dict(flow.options) for flow in here] == other
        assert all(flow.port == 443 for flow in here)
    assert len({t.id for t in forms}) == len(forms) == 2 * len(other)
    assert all(t.changes.startswith("payload") for t in forms)


def test_what_dies_after_the_handshake_is_asked_with_a_request() -> None:
    tasks = wanted(takes_names(failing("answer", Failure.TIMED_OUT)))
    named = [t for t in tasks if t.arm is Arm.TARGET_SNI_ELSEWHERE]
    twins = [t for t in tasks if t.arm is Arm.NEUTRAL_SNI_ELSEWHERE]
    assert named and twins and {t.check for t in (*named, *twins)} == {"https"}
    for task in (*named, *twins):
        assert isinstance(task.probe, Flow)
        assert task.probe.trust is None and task.probe.host == task.probe.server_name
    assert {t.probe.host for t in named if isinstance(t.probe, Flow)} <= set(CHAT)
    assert not arms(tasks) & {Arm.OTHER_SNI, Arm.OTHER_HELLO}, "not before that is answered"


def _told(story: Story, task: Task, *, fails: str | None) -> None:
    other = Story()
    assert isinstance(task.probe, Flow)
    other.target(CHAT[0], address=task.probe.address, arm=task.arm, fails=fails)
    story.told.append(dataclasses.replace(other.told[0], task=task))


@pytest.mark.parametrize("follows", [True, False])
def test_a_neutral_name_is_asked_for_at_its_address_unless_the_fault_follows_its_own(
    follows: bool,
) -> None:
    story = takes_names(failing("answer", Failure.TIMED_OUT))
    for task in [t for t in wanted(story) if t.arm is Arm.TARGET_SNI_ELSEWHERE]:
        dies = follows and task.arm is Arm.TARGET_SNI_ELSEWHERE
        _told(story, task, fails="answer" if dies else None)
    swaps = [t for t in wanted(story) if t.arm is Arm.OTHER_SNI]
    assert bool(swaps) is not follows
    for task in swaps:
        assert task.check == "https" and isinstance(task.probe, Flow)
        assert task.probe.host == task.probe.server_name not in CHAT


def test_a_greeting_that_was_answered_is_not_taken_for_one_that_hangs() -> None:
    story = Story().good_connection()
    for host, address in (("chat1.example", "31.13.70.1"), ("chat2.example", "157.240.1.1")):
        story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
    base = under_way(
        [t for t in wanted(story) if t.arm is Arm.BASE and isinstance(t.probe, Flow)], 90.0
    )
    for secured, check in ((frozenset[str](), "tls"), (frozenset(base), "https")):
        moment = Moment(now=100.0, running=base, opened=frozenset(base), secured=secured)
        takes_names(story, moment)
        found = agenda(story.evidence(), moment).tasks
        assert {t.check for t in found if t.arm is Arm.TARGET_SNI_ELSEWHERE} == {check}


def test_some_bytes_are_kept_for_what_dies_after_its_greeting() -> None:
    story = at_a_price(takes_names(failing("answer", Failure.TIMED_OUT)))
    most = int(MOST * ON_A_SLOW_LINE)
    found = agenda(story.evidence(), Moment(now=50.0, spent=most - HELD)).tasks
    assert Arm.TARGET_SNI_ELSEWHERE in arms(list(found))
    assert not [t for t in found if t.arm is Arm.REPEAT]
