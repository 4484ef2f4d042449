"""When the user's proxy is wanted: only for what fails, by name and by address, neutral first."""

import dataclasses

from msgprobe.agenda.planner import agenda
from msgprobe.catalog.loader import load, select
from msgprobe.checks.registry import registry
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Request
from msgprobe.model.target import Endpoint
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Role, Task
from msgprobe.planning.moment import Moment
from msgprobe.session import planned
from tests.evidence.story import ADDRESSES, CHAT, SERVICE, SITES, Story, came_of


def wanted(story: Story, now: float = 100.0, via: str | None = "socks5") -> list[Task]:
    evidence = dataclasses.replace(story.evidence(), request=Request(via=via))
    return list(agenda(evidence, Moment(now=now)).tasks)


def second(tasks: list[Task]) -> list[Task]:
    return [t for t in tasks if t.arm is Arm.SECOND_PATH]


def targets(tasks: list[Task]) -> list[Task]:
    return [t for t in second(tasks) if t.role is Role.TARGET]


def place(task: Task) -> str:
    assert isinstance(task.probe, Flow)
    return task.probe.address


def told(task: Task, *, start: float = 0.0, fails: str | None = None) -> Measurement:
    """What came of a task: all went well, or it failed at the stage ``fails``."""
    return came_of(task, start=start, whole=1.0, fails=fails)


def failing(**hosts: str | None) -> Story:
    """A fine connection; the base conversations at ``hosts`` fail at that stage (None: go well)."""
    story = Story().good_connection()
    for host, address in ADDRESSES.items():
        story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
    base = [t for t in wanted(story) if t.arm is Arm.BASE and isinstance(t.probe, Flow)]
    for task in base:
        assert isinstance(task.probe, Flow) and task.probe.host is not None
        stage = hosts.get(task.probe.host.split(".")[0], "connect")
        story.told.append(told(task, fails=stage))
    return story


def test_without_a_proxy_or_without_a_failure_there_is_no_second_path() -> None:
    assert not second(wanted(failing(), via=None))
    assert not second(wanted(failing(chat1=None, chat2=None)))
    # one member that answers makes the pool work
    assert not second(wanted(failing(chat1=None)))


def test_a_connection_that_is_shut_asks_nothing_of_the_proxy() -> None:
    story = Story().local()
    for site in SITES:
        story.site(site, fails="connect")
    assert not second(wanted(story))


def test_what_fails_is_asked_for_by_name_and_by_the_address_that_failed() -> None:
    tasks = wanted(failing())
    flows = {place(t): t for t in targets(tasks)}
    assert set(flows) == {*CHAT, *ADDRESSES.values()}
    for task in flows.values():
        assert isinstance(task.probe, Flow)
        assert task.probe.via == "socks5"
        assert (task.check, task.probe.mss) == ("https", 0)
        assert task.probe.server_name in CHAT  # dialled by address, it is still named
    controls = [t for t in second(tasks) if t.role is Role.CONTROL]
    assert {place(t) for t in controls} <= {s.host for s in SITES}
    assert controls and all(t.check == "tls" for t in controls)


def test_an_address_that_no_public_service_has_is_not_asked_for() -> None:
    story = Story().good_connection()
    for host in CHAT:
        asked_for(story, host, "10.0.0.1")
    assert {place(t) for t in targets(wanted(story))} == set(CHAT)


def asked_for(story: Story, host: str, *addresses: str, failure: Failure | None = None) -> None:
    """The system's resolver was asked for a name of the service's."""
    story.asked(host, ResolverKind.SYSTEM, *addresses, failure=failure, arm=Arm.BASE)
    done = story.told[-1]
    task = dataclasses.replace(done.task, id=f"b.name.acme.{host}")
    story.told[-1] = dataclasses.replace(done, task=task)


def test_two_members_of_a_pool_and_no_datagrams() -> None:
    many = tuple(
        dataclasses.replace(
            SERVICE.endpoints[0], name=f"m{n}", member=f"m{n}", host=f"m{n}.example"
        )
        for n in range(5)
    )
    story = Story(services=(dataclasses.replace(SERVICE, endpoints=many),)).good_connection()
    for n, e in enumerate(many):
        story.dns(e.host or "", ResolverKind.SYSTEM, f"31.13.7{n}.1", role=Role.TARGET)
    for task in wanted(story):
        if task.arm is Arm.BASE and isinstance(task.probe, Flow):
            story.told.append(told(task, fails="connect"))
    assert len({t.endpoint for t in targets(wanted(story))}) == 2
    calls = tuple(dataclasses.replace(e, check="stun", port=3478) for e in SERVICE.endpoints)
    assert not _second_of(calls)
    assert not _second_of(tuple(dataclasses.replace(e, check="acme") for e in SERVICE.endpoints))
    assert _second_of(SERVICE.endpoints)


def _second_of(endpoints: tuple[Endpoint, ...]) -> list[Task]:
    """The second path where the names of ``endpoints`` do not resolve."""
    story = Story(services=(dataclasses.replace(SERVICE, endpoints=endpoints),)).good_connection()
    for e in endpoints:
        asked_for(story, e.host or "", failure=Failure.DNS_NXDOMAIN)
    return targets(wanted(story))


def test_an_answer_there_calls_for_one_more_try_from_here() -> None:
    story = failing()
    before = wanted(story)
    assert not [t for t in before if t.id.startswith("d18.again.")]
    (asked,) = [t for t in targets(before) if place(t) == ADDRESSES[CHAT[0]] and t.attempt == 1]
    story.told.append(told(asked, start=20.0))
    (again,) = [t for t in wanted(story) if t.id.startswith("d18.again.")]
    assert (again.arm, again.role) == (Arm.REPEAT, Role.TARGET)
    assert isinstance(again.probe, Flow)
    assert (again.probe.via, again.probe.address) == (None, ADDRESSES[CHAT[0]])
    repeats = [t for t in targets(wanted(story)) if t.id.startswith(asked.id)]
    assert len(repeats) == 1, "what answered is not asked again"


def test_a_name_that_does_not_resolve_is_asked_again_from_here_too() -> None:
    asked = _second_of(SERVICE.endpoints)[0]
    story = Story(services=(SERVICE,)).good_connection()
    for host in CHAT:
        asked_for(story, host, failure=Failure.DNS_NXDOMAIN)
    story.told.append(told(asked, start=20.0))
    (again,) = [t for t in wanted(story) if t.id.startswith("d18.again.")]
    assert isinstance(again.probe, Lookup) and again.probe.name == place(asked)
    assert again.probe.resolver.kind is ResolverKind.SYSTEM


def test_failures_there_are_repeated_and_the_proxy_is_tried_after_them() -> None:
    story = failing()
    first = second(wanted(story))
    (control,) = [t for t in first if t.role is Role.CONTROL and t.attempt == 1][:1]
    story.told.append(told(control))
    assert not [t for t in wanted(story) if t.id.startswith("d18.after.")]
    for task in targets(first):
        if task.attempt == 1:
            story.told.append(told(task, fails="connect"))
    tasks = wanted(story)
    assert len([t for t in tasks if t.id.startswith("d18.after.")]) == 1
    counts = {place(t): 0 for t in targets(tasks)}
    for t in targets(tasks):
        counts[place(t)] += 1
    assert set(counts.values()) == {3}


def test_a_second_neutral_site_is_asked_for_before_the_proxy_is_given_up() -> None:
    story = failing()
    controls: set[str] = set()
    for _ in range(4):
        for task in second(wanted(story)):
            done = {m.task.id for m in story.told}
            if task.role is Role.CONTROL and task.id not in done:
                controls.add(place(task))
                story.told.append(told(task, fails="connect"))
    assert len(controls) == 2


def test_the_plan_lists_all_that_is_asked_of_the_proxy() -> None:
    catalogue = load()
    services = select(catalogue, [])
    lines = planned(services, catalogue.controls, Request(via="http"), checks=registry())
    (proxy,) = [c for c in lines if c.target == "your proxy"]
    assert (proxy.port, proxy.check) == (0, "http") and proxy.condition
    asked = {(c.subject, c.target, c.check) for c in lines if "http proxy" in c.over}
    for service in services:
        for e in service.endpoints:
            if e.check in ("https", "tls", "noise", "mtproto") and not e.reserve and e.host:
                listed = (service.name, e.host, e.check) in asked
                first = [c for c in lines if c.round == 1 and c.check != "transfer"]
                drawn = any(c.target == e.host for c in first)
                assert listed is drawn, e.name
    assert not [c for c in lines if "http proxy" in c.over and c.check in ("stun", "connect")]
    without = planned(services, catalogue.controls, Request(), checks=registry())
    assert set(without) < set(lines)
    assert not [c for c in without if "proxy" in c.over or "proxy" in c.target]
