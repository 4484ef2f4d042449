"""On a line with a short way that loses next to nothing, silence tells sooner, and names that die
take turns with names that do not."""

import dataclasses

import pytest

from msgprobe.agenda.planner import agenda
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement
from msgprobe.model.observation import HttpObservation, TcpObservation, TlsObservation, Window
from msgprobe.model.target import Function, Pool, Service
from msgprobe.model.task import Arm, Flow, Lookup, ResolverKind, Running, Task
from msgprobe.planning.context import PlanningContext
from msgprobe.planning.moment import Agenda, Moment
from msgprobe.planning.timetable import LEAST_AGAIN, SPAN
from tests.evidence.story import (
    ADDRESSES,
    CHAT,
    SERVICE,
    SITES,
    Story,
    came_of,
    endpoint,
    info,
    under_way,
)

WITH_INFO = (TcpObservation, TlsObservation, HttpObservation)
SWAPS = (Arm.TARGET_SNI_ELSEWHERE, Arm.NEUTRAL_SNI_ELSEWHERE)
PATIENCE = 2.4
"""Second at which a ClientHello of second 0.5, at 40 ms, has been waited for long enough."""


def on_line(told: Measurement, sent: int, lost: int, seconds: float) -> Measurement:
    seen = info(segs_out=sent, total_retrans=lost)
    observations = tuple(
        dataclasses.replace(o, info=seen) if isinstance(o, WITH_INFO) else o
        for o in told.observations
    )
    start = told.window.start
    window = Window(start=start, end=start + seconds)
    return dataclasses.replace(told, observations=observations, window=window)


class Day:
    """Neutral sites have answered; the service's names lead somewhere. Of ``sent`` segments of each
    conversation ``lost`` were sent again, and it took ``seconds``."""

    def __init__(
        self,
        lost: int = 0,
        seconds: float = 0.2,
        sent: int = 20,
        services: tuple[Service, ...] = (SERVICE,),
    ) -> None:
        self.waiting: list[tuple[float, Task]] = []
        """Conversations that hang, and since when."""
        self.opens = True
        """Their connections stand."""
        self.story = Story().good_connection()
        self.story.told = [on_line(told, sent, lost, seconds) for told in self.story.told]
        self.story.services = services
        for host, address in ADDRESSES.items():
            self.story.asked(host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
        self.own = [t for t in self.plan(0.5).tasks if t.arm is Arm.BASE and _flows(t)]

    def plan(self, now: float) -> Agenda:
        running = {t.id: Running(task=t, since=at) for at, t in self.waiting}
        opened = frozenset(running) if self.opens else frozenset[str]()
        return agenda(self.story.evidence(), Moment(now=now, running=running, opened=opened))

    def new(self, now: float, *arms: Arm) -> list[Task]:
        known = {m.task.id for m in self.story.told} | {t.id for _, t in self.waiting}
        return [t for t in self.plan(now).tasks if t.arm in arms and t.id not in known]

    def hang(self, since: float, *tasks: Task) -> None:
        self.waiting += [(since, task) for task in tasks]

    def tell(self, task: Task, start: float, failure: Failure | None = None) -> None:
        took = 0.1 if failure is None or not failure.is_silence else 2.9
        fails = None if failure is None else "tls"
        failure = failure or Failure.EOF
        self.story.told.append(came_of(task, start=start, took=took, fails=fails, failure=failure))


def _flows(task: Task) -> bool:
    return isinstance(task.probe, Flow)


def brisk(day: Day) -> bool:
    return PlanningContext(day.story.evidence(), Moment(now=0.5)).brisk


def test_a_line_is_brisk_where_next_to_nothing_is_lost_or_slow() -> None:
    assert brisk(Day())
    assert not brisk(Day(lost=1)), "one segment in twenty"
    assert not brisk(Day(seconds=0.8)), "the device, or the line, takes its time"


def test_no_line_is_brisk_of_which_few_segments_are_known() -> None:
    assert not brisk(Day(sent=2))


def hanging(lost: int = 0, services: tuple[Service, ...] = (SERVICE,)) -> Day:
    """The service's own conversations hang since half a second after the start."""
    day = Day(lost, services=services)
    day.hang(0.5, *day.own)
    return day


def test_what_hangs_is_looked_into_after_its_clienthello_was_sent_three_times() -> None:
    assert not hanging().new(1.5, *SWAPS)
    assert hanging().new(1.7, *SWAPS)
    assert not hanging(lost=2).new(2.1, *SWAPS), "a lost SYN or two take their time there"
    assert hanging(lost=2).new(3.6, *SWAPS)


def said(day: Day) -> tuple[Task, Task]:
    """A neutral server has answered to a neutral name, and hangs at one of the service's."""
    (twin,) = day.new(2.1, *SWAPS)
    day.tell(twin, 2.1)
    (named,) = day.new(2.2, Arm.TARGET_SNI_ELSEWHERE)
    return twin, named


def in_turn(day: Day, failure: Failure) -> list[str]:
    """The names that the neutral server is asked for from then on, as those of the service die."""
    asked: list[str] = []
    swaps: list[tuple[float, Task]] = []
    for tick in range(22, 140):
        now = tick / 10
        for at, task in [w for w in swaps if now >= w[0] + (2.9 if failure.is_silence else 0.1)]:
            swaps.remove((at, task))
            day.waiting.remove((at, task))
            day.tell(task, at, failure)
        for task in day.new(now, *SWAPS):
            asked.append(task.flow.server_name or "")
            if task.arm is Arm.TARGET_SNI_ELSEWHERE:
                swaps.append((now, task))
                day.hang(now, task)
            else:
                day.tell(task, now)
    return asked


@pytest.mark.parametrize(
    ("failure", "times"), [(Failure.TIMED_OUT, 3), (Failure.CONNECTION_RESET, 2)]
)
def test_a_name_that_dies_takes_turns_with_one_that_does_not(failure: Failure, times: int) -> None:
    """What is broken off twice is enough, for it was not lost."""
    day = hanging()
    (twin,) = day.new(2.1, *SWAPS)
    day.tell(twin, 2.1)
    asked = in_turn(day, failure)
    mine, neutral = asked[0], twin.flow.server_name
    assert mine in CHAT
    turns = [name for name in asked if name in (mine, neutral)]
    assert turns == [mine, neutral] * times


def test_the_next_attempt_waits_until_the_server_has_answered_another_name() -> None:
    day = hanging()
    twin, named = said(day)
    day.hang(2.2, named)
    asked = {t.id for t in day.new(4.0, *SWAPS)}
    assert f"{twin.id}#2" in asked and f"{named.id}#2" not in asked
    day.tell(twin.again(2), 3.4)
    assert f"{named.id}#2" in {t.id for t in day.new(4.0, *SWAPS)}


def silent_elsewhere(
    times: int, *, served: bool = True, services: tuple[Service, ...] = (SERVICE,)
) -> Day:
    """One name was silent so often at a neutral server, others answered there in between, or no
    more."""
    day = hanging(services=services)
    twin, named = said(day)
    for number in range(1, times + 1):
        at = 2.2 + 1.3 * (number - 1)
        day.tell(named if number == 1 else named.again(number), at, Failure.TIMED_OUT)
        day.tell(twin.again(number + 1), at + 1.1, None if served else Failure.TIMED_OUT)
    return day


def test_what_is_known_to_follow_the_name_is_waited_for_no_longer() -> None:
    day = silent_elsewhere(3)
    assert day.plan(8.0).decided == {t.id for t in day.own}, "the other name is of the same pool"
    assert not day.plan(PATIENCE - 0.2).decided, "not before any experiment would be over"


def test_what_may_still_be_answered_is_waited_for() -> None:
    assert not silent_elsewhere(2).plan(8.0).decided, "two silences may be chance"
    assert not silent_elsewhere(3, served=False).plan(8.0).decided, "it is silent to everybody"
    day = silent_elsewhere(3)
    running = under_way(day.own, 0.5)
    moment = Moment(now=8.0, running=running)
    assert not agenda(day.story.evidence(), moment).decided, "no connection stands"


def test_who_begins_late_on_a_brisk_line_waits_no_longer_than_a_repeat() -> None:
    def patience(lost: int, now: float) -> set[float]:
        day = Day(lost)
        return {t.timeout for t in day.new(now, Arm.BASE) if _flows(t)}

    assert patience(0, SPAN) == {LEAST_AGAIN}
    assert patience(0, 0.5) == patience(2, SPAN) != {LEAST_AGAIN}


def thirds(day: Day) -> list[Task]:
    return [t for t in day.new(7.0, Arm.REPEAT) if t.attempt == 3]


def test_own_addresses_get_no_third_attempt_where_a_name_dies_elsewhere() -> None:
    assert thirds(hanging()), "nothing is known of the names"
    assert not thirds(silent_elsewhere(2))
    assert thirds(silent_elsewhere(2, served=False))


TWO_POOLS = dataclasses.replace(
    SERVICE,
    pools=(*SERVICE.pools, Pool(name="socket", function=Function.TEXT)),
    endpoints=(
        *SERVICE.endpoints,
        dataclasses.replace(SERVICE.endpoints[0], name="socket-443", pool="socket"),
    ),
)
"""The first name of its first pool is that of its second pool as well."""


def test_of_the_names_that_die_one_of_several_pools_is_shown_first() -> None:
    """What is learned of it tells of all of these."""
    (_, alone), (_, shared) = said(hanging()), said(hanging(services=(TWO_POOLS,)))
    assert (shared.flow.server_name, alone.flow.server_name) == CHAT


def test_a_name_that_dies_elsewhere_is_said_again_for_one_pool_alone() -> None:
    day = silent_elsewhere(2, services=(TWO_POOLS,))
    (socket,) = [t for t in day.new(3.0, Arm.BASE) if _flows(t)]
    assert (socket.endpoint, socket.flow.server_name) == ("socket-443", CHAT[0])
    day.hang(3.0, socket)
    assert socket.again(2).id in {t.id for t in day.new(7.0, Arm.REPEAT)}
    day.hang(3.6, *(t.again(2, arm=Arm.REPEAT) for t in day.own))
    assert socket.again(2).id not in {t.id for t in day.new(7.0, Arm.REPEAT)}


def test_a_page_is_waited_for_as_long_as_any_further_attempt() -> None:
    def page(lost: int) -> Task:
        day = hanging(lost)
        for task in day.own:
            day.tell(task, 0.5, Failure.TIMED_OUT)
        (found,) = day.new(9.0, Arm.PLAIN_PAGE)
        return found

    assert page(lost=0).timeout == LEAST_AGAIN < page(lost=2).timeout


def test_later_attempts_last_until_all_have_spanned_what_a_restart_takes() -> None:
    soon, late = hanging(), Day()
    late.hang(8.0, *late.own)
    patience = late.own[0].timeout
    assert {t.timeout for t in soon.new(4.0, Arm.REPEAT) if t.attempt == 2} == {patience}
    (last, *_) = [t for t in late.new(12.0, Arm.REPEAT) if t.attempt == 2]
    assert LEAST_AGAIN <= last.timeout <= SPAN - 11.0 < patience


def test_where_nothing_was_heard_the_third_attempts_end_with_the_second_ones() -> None:
    story = Story().local().names()
    for site in SITES:
        story.dns(site.host, ResolverKind.SYSTEM, site.addresses[0])
    first = [t for t in wanted_at(story, 0.2, {}) if t.id.startswith("g.site.")]
    running = under_way(first, 0.2) | under_way([t.again(2) for t in first], 3.2)
    thirds = [
        t for t in wanted_at(story, 6.3, running) if t.attempt == 3 and t.id.startswith("g.site.")
    ]
    assert thirds and all(LEAST_AGAIN <= t.timeout < first[0].timeout for t in thirds)
    assert all(6.3 + t.timeout <= 3.2 + first[0].timeout + 0.5 for t in thirds)


def wanted_at(story: Story, now: float, running: dict[str, Running]) -> tuple[Task, ...]:
    return agenda(story.evidence(), Moment(now=now, running=running)).tasks


def test_a_strange_certificate_is_soon_seen_again() -> None:
    """No accident is over in between; what looks like one is asked about again when it would be."""
    shown, reset = Day(), Day()
    for day, failure in ((shown, Failure.TLS_UNKNOWN_AUTHORITY), (reset, Failure.CONNECTION_RESET)):
        for task in day.own:
            day.tell(task, 0.5, failure)
    assert {t.attempt for t in shown.new(1.6, Arm.REPEAT)} == {2}
    assert not reset.new(1.6, Arm.REPEAT)
    assert {t.attempt for t in reset.new(3.6, Arm.REPEAT)} == {2}


THREE_NAMES = dataclasses.replace(
    SERVICE, endpoints=(*SERVICE.endpoints, endpoint("chat3", "chat")), prefixes=()
)
"""Nothing vouches for what a resolver says of its names."""


def names_of(tasks: list[Task]) -> set[str]:
    """Those of the service that are asked for."""
    mine = [t for t in tasks if t.subject == SERVICE.name]
    return {t.probe.name for t in mine if isinstance(t.probe, Lookup)}


def asked_late(times: int, *, injected: bool = False, served: bool = True) -> bool:
    """Whether other resolvers are asked for a name that comes up late, after another of its pool
    was silent so often at a neutral server."""
    day = silent_elsewhere(times, served=served, services=(THREE_NAMES,))
    early = day.new(2.1, Arm.OTHER_RESOLVER, Arm.NON_RESOLVER)
    assert names_of(early) == set(CHAT)
    for task in early:
        if injected and task.arm is Arm.NON_RESOLVER and task.subject == SERVICE.name:
            assert isinstance(task.probe, Lookup)
            day.story.dns(task.probe.name, ResolverKind.UDP, "20.9.0.1")
            lie = day.story.told.pop()
            day.story.told.append(dataclasses.replace(lie, task=task))
        else:
            day.hang(2.1, task)
    day.story.asked("chat3.example", ResolverKind.SYSTEM, "157.240.2.1", arm=Arm.BASE)
    (late,) = [t for t in day.new(4.4, Arm.BASE) if _flows(t)]
    day.hang(4.4, late)
    return "chat3.example" in names_of(day.new(6.0, Arm.OTHER_RESOLVER, Arm.NON_RESOLVER))


def test_no_resolver_is_asked_for_a_name_that_comes_up_when_its_pool_is_known_to_die() -> None:
    assert not asked_late(2)
    assert asked_late(2, served=False), "the neutral server serves nobody"
    assert asked_late(2, injected=True), "somebody lies about names as well"
