"""Which datagrams are sent when: a day of the planner against made-up call servers."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from msgprobe.agenda.planner import agenda
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Request
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Role, Task
from msgprobe.planning.moment import Moment
from tests.evidence.story import Story, datagrams
from tests.hypotheses.throttling.test_plan import FAST, Day

TURN, META = "turn3.voip.signal.org", "stun.fbsbx.com"


def everybody(task: Task) -> tuple[float | None, ...]:
    return tuple([0.04] * count(task))


def count(task: Task) -> int:
    return int(flow(task).option("count") or 3)


def flow(task: Task) -> Flow:
    assert isinstance(task.probe, Flow)
    return task.probe


@dataclass
class Calls(Day):
    """``answers`` says which of a task's questions are answered, and when."""

    rate: Callable[[Task], float] = lambda task: FAST
    answers: Callable[[Task], tuple[float | None, ...]] = everybody
    request: Request = field(default_factory=lambda: Request(seed=3, quick=True))

    def _hold(self, task: Task, now: float) -> Measurement:
        told = super()._hold(task, now)
        if task.check != "stun":
            return told
        trips = self.answers(task)
        took = 1.0 if None in trips else 0.7
        window = dataclasses.replace(told.window, start=now, end=now + took)
        came = any(t is not None for t in trips)
        seen = datagrams(
            "stun",
            flow(task).address,
            flow(task).port,
            came=came,
            stage="bound" if came else "sent",
            transaction=told.observations[0].transaction,
            window=window,
            round_trips=trips,
        )
        return dataclasses.replace(told, window=window, observations=(seen,))

    @property
    def asked(self) -> list[Task]:
        return [t for t in self.begun if t.check == "stun"]

    def of(self, *arms: Arm) -> list[Task]:
        return [t for t in self.asked if t.arm in arms]


def silent_at(*hosts: str) -> Callable[[Task], tuple[float | None, ...]]:
    def answers(task: Task) -> tuple[float | None, ...]:
        gone = not hosts or flow(task).host in hosts
        return tuple([None] * count(task)) if gone else everybody(task)

    return answers


def test_neutral_servers_that_answered_are_asked_again_beside_one_that_does_not() -> None:
    day = Calls(answers=silent_at(TURN)).run()
    neutral = Counter(t.subject for t in day.of(Arm.NEUTRAL_CALL))
    assert set(neutral.values()) == {2}
    silent = next(t for t in day.asked if flow(t).host == TURN)
    again = [t for t in day.of(Arm.NEUTRAL_CALL) if t.attempt == 2]
    assert day.begun.index(again[0]) > day.begun.index(silent)


def test_where_everybody_answers_each_is_asked_once() -> None:
    day = Calls().run()
    assert not day.of(Arm.REPEAT, Arm.OTHER_PAYLOAD, Arm.OTHER_TRANSPORT, Arm.NEUTRAL_FORM)
    neutral = day.of(Arm.NEUTRAL_CALL)
    assert len(neutral) == 3
    assert len({t.subject for t in neutral}) == 3
    assert not day.of(Arm.TRAIN), "a quick run sends no trains"


def test_a_silent_server_is_asked_again_and_otherwise() -> None:
    day = Calls(answers=silent_at(TURN)).run()
    mine = [t for t in day.asked if flow(t).host == TURN]
    assert len([t for t in mine if t.arm is Arm.REPEAT]) == 2
    (form,) = [t for t in mine if t.arm is Arm.OTHER_PAYLOAD]
    (tcp,) = [t for t in mine if t.arm is Arm.OTHER_TRANSPORT]
    assert flow(form).option("form") == "classic"
    assert flow(tcp).option("transport") == "tcp"
    assert all(t.role is Role.TARGET for t in mine)
    # more neutral servers, to tell a closed port from a recognised protocol
    assert len({t.subject for t in day.of(Arm.NEUTRAL_CALL)}) == 6
    assert not day.of(Arm.NEUTRAL_FORM), "they answer"


def test_repeats_start_three_seconds_apart() -> None:
    day = Calls(answers=silent_at(META)).run()
    starts = sorted(
        m.window.start
        for m in day.done
        if m.task.check == "stun"
        and m.task.arm in (Arm.BASE, Arm.REPEAT)
        and m.task.subject == "messenger"
        and flow(m.task).host == META
    )
    assert len(starts) >= 3
    assert all(b - a >= 3.0 for a, b in itertools.pairwise(starts))


def test_silent_neutral_servers_are_asked_in_the_older_form() -> None:
    day = Calls(answers=silent_at()).run()
    forms = day.of(Arm.NEUTRAL_FORM)
    assert {t.subject for t in forms} == {t.subject for t in day.of(Arm.NEUTRAL_CALL)}
    assert all(flow(t).option("form") == "classic" for t in forms)


def test_trains_leave_together_and_only_losses_bring_a_second_one() -> None:
    full = Request(seed=3)
    day = Calls(request=full).run()
    own, neutral = day.of(Arm.TRAIN), day.of(Arm.NEUTRAL_TRAIN)
    assert own and len(neutral) == 3
    begun = {m.window.start for m in day.done if m.task.arm in (Arm.TRAIN, Arm.NEUTRAL_TRAIN)}
    assert len(begun) == 1

    def lossy(task: Task) -> tuple[float | None, ...]:
        if task.arm is not Arm.TRAIN:
            return everybody(task)
        return tuple(None if n % 3 == 1 else 0.04 for n in range(count(task)))

    again = Calls(request=full, answers=lossy).run()
    assert len(again.of(Arm.TRAIN)) == 2 * len(own)
    assert len(again.of(Arm.NEUTRAL_TRAIN)) == 6


def test_neutral_call_servers_are_known_by_the_time_that_services_are_asked() -> None:
    order = [t.id for t in Calls().run().begun]
    names = [n for n, i in enumerate(order) if i.startswith("u.name.")]
    flows = [n for n, i in enumerate(order) if i.startswith("b.") and ".name." not in i]
    assert len(names) == 3
    assert max(names) < min(flows)


def test_what_takes_longest_and_what_others_wait_for_begins_first() -> None:
    """Of the names that several conversations of the first look have, one begins, and before the
    rest; and so do questions to call servers, which take three datagrams' time."""
    day = Calls().run()
    base = [m for m in day.done if m.task.arm is Arm.BASE and isinstance(m.task.probe, Flow)]
    begins = min(m.window.start for m in base)
    before = tuple(m for m in day.done if m.window.end <= begins)
    evidence = dataclasses.replace(day.evidence, measurements=before)
    wanted = agenda(evidence, Moment(now=begins))
    flows = {t.id: t for t in wanted.tasks if t.arm is Arm.BASE and isinstance(t.probe, Flow)}
    hosts = Counter((m.task.subject, flow(m.task).server_name) for m in base)
    calls = {i for i, t in flows.items() if t.check == "stun"}
    several = {
        (t.subject, flow(t).server_name)
        for i, t in flows.items()
        if i in wanted.first and i not in calls
    }
    assert calls and calls <= wanted.first
    assert several == {one for one, n in hosts.items() if n > 1 and one[1] is not None}
    assert len(wanted.first & set(flows)) < len(flows) / 2


@dataclass
class Unresolved(Calls):
    """The connection's own resolver knows no neutral call server; encrypted ones do."""

    def _hold(self, task: Task, now: float) -> Measurement:
        told = super()._hold(task, now)
        if not isinstance(task.probe, Lookup) or not task.id.startswith("u.name."):
            return told
        asked = task.probe.resolver
        known = ("193.1.2.3",) if asked.kind is ResolverKind.DOH else ()
        failure = None if known else Failure.DNS_TEMPORARY
        (told,) = Story().dns(task.probe.name, asked.kind, *known, failure=failure, start=now).told
        return dataclasses.replace(told, task=task, window=told.observations[0].window)


def test_where_a_neutral_server_is_says_an_encrypted_resolver_if_the_own_one_does_not() -> None:
    """Else silence of a service's would be compared with nobody's."""
    day = Unresolved(answers=silent_at()).run()
    names = [t.probe for t in day.begun if t.id.startswith("u.name.")]
    asked = {(p.name, p.resolver.kind) for p in names if isinstance(p, Lookup)}
    hosts = {name for name, _ in asked}
    assert asked == {(h, k) for h in hosts for k in (ResolverKind.SYSTEM, ResolverKind.DOH)}
    assert {flow(t).address for t in day.of(Arm.NEUTRAL_CALL)} == {"193.1.2.3"}
    assert len({t.subject for t in day.of(Arm.NEUTRAL_CALL)}) == 6


def test_an_encrypted_resolver_is_not_asked_for_what_is_known() -> None:
    day = Calls(answers=silent_at(TURN)).run()
    names = [t.probe for t in day.begun if t.id.startswith("u.name.")]
    assert {p.resolver.kind for p in names if isinstance(p, Lookup)} == {ResolverKind.SYSTEM}
